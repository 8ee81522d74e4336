"""What Twilio lists afterwards: lost webhooks are made up for, and a send without an answer is found, or is not."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from connectors.twilio_sms import TwilioSms
from connectors.twilio_sms.conformance import CUSTOMER, NUMBER
from connectors.twilio_sms.simulator import Kept, Picture, TwilioSimulator
from hub.contract import Consent, Message, Outgoing, OutgoingFile, Raw, Refused, State, Status, Unavailable, Uncertain
from hub.testkit import Fault
from tests.connectors.twilio_sms.support import SERVICE, answer, build, provider

HOUR = timedelta(hours=1)


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSimulator]:
    async with provider() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def now() -> datetime:
    return datetime.now(UTC)


def later(http: aiohttp.ClientSession, **settings: Any) -> TwilioSms:
    """A connector an hour from now: what Twilio took has long been in its list."""
    ours = build(http, **settings)
    ours.context = replace(ours.context, now=lambda: now() + HOUR)
    return ours


async def listed(ours: TwilioSms, since: datetime) -> list[Raw]:
    return [raw async for raw in ours.reconcile(since)]


def earlier(kept: Kept, by: timedelta) -> None:
    kept.created, kept.updated = kept.created - by, kept.updated - by


def a_file() -> OutgoingFile:
    async def read() -> bytes:
        return b""

    return OutgoingFile("a.png", "image/png", 0, read)


async def test_what_the_webhook_lost_comes_as_the_same_request(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    ours = later(http, **twilio.settings())
    lost = [
        twilio.says(CUSTOMER, "Where’s my parcel? 📦"),
        twilio.says(CUSTOMER, "", [Picture("image/png", b"\x89PNG 1"), Picture("audio/amr", b"#!AMR")]),
        twilio.says(CUSTOMER, "stop"),
    ]
    found = await listed(ours, now() - HOUR)
    assert [ours.dedup_key(raw) for raw in found] == [ours.dedup_key(raw) for raw in lost]
    assert [ours.lane(raw) for raw in found] == [CUSTOMER] * 3
    for one, other in zip(found, lost, strict=True):
        ours.verify(one)
        mine, theirs = list(ours.normalise(one)), list(ours.normalise(other))
        assert [replace(event, at=None) for event in mine if isinstance(event, Message | Consent)] == theirs
        assert all(abs(event.at - now()) < HOUR for event in mine if isinstance(event, Message | Consent) and event.at)
    photo = next(iter(ours.normalise(found[1])))
    assert isinstance(photo, Message)
    assert (await ours.fetch(photo.files[1], 100)).content == b"#!AMR"


async def test_only_what_came_since_is_listed_the_oldest_first_over_all_pages(
    twilio: TwilioSimulator, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.twilio_sms.listing.PAGE", "2")
    ours = later(http, **twilio.settings())
    for hours in range(30):
        twilio.says(CUSTOMER, f"{hours} hours ago")
    for hours, kept in enumerate(twilio.kept.values()):
        earlier(kept, hours * HOUR)
    found = await listed(ours, now() - 5.5 * HOUR)
    events = [event for raw in found for event in ours.normalise(raw)]
    assert [event.text for event in events if isinstance(event, Message)] == [
        f"{n} hours ago" for n in (5, 4, 3, 2, 1, 0)
    ]


async def test_missed_reports_are_made_up_for(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    """A message that was sent before the outage may have failed during it."""
    ours = later(http, **twilio.settings())
    for text in ("delivered", "undelivered", "waiting", "long ago"):
        await ours.send(answer(text))
    sids = [taken.sid for taken in twilio.taken]
    twilio.tells(twilio.taken[0], "delivered")
    twilio.tells(twilio.taken[1], "undelivered", 30003)
    twilio.tells(twilio.taken[3], "delivered")
    twilio.kept[sids[1]].created -= 20 * HOUR
    earlier(twilio.kept[sids[3]], 20 * HOUR)
    found = await listed(ours, now() - HOUR)
    events = [event for raw in found for event in ours.normalise(raw)]
    assert [(event.ref, event.state) for event in events if isinstance(event, Status)] == [
        (sids[1], State.FAILED),
        (sids[0], State.DELIVERED),
    ]
    assert ours.dedup_key(found[0]) == ours.dedup_key(twilio.tells(twilio.taken[1], "undelivered"))


async def test_a_report_that_is_on_its_way_is_not_anticipated(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    """It says which delivery it is about, while a list knows only Twilio's id."""
    ours = later(http, **twilio.settings())
    await ours.send(answer("Hello"))
    twilio.tells(twilio.taken[0], "delivered")
    ours.context = replace(ours.context, now=lambda: now() + timedelta(seconds=50))
    assert await listed(ours, now() - HOUR) == []
    ours.context = replace(ours.context, now=lambda: now() + timedelta(seconds=70))
    assert len(await listed(ours, now() - HOUR)) == 1


async def test_a_messaging_service_finds_what_came_to_each_of_its_numbers(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    ours = later(http, number="", messaging_service_sid=SERVICE, **twilio.settings())
    twilio.says(CUSTOMER, "to the one")
    twilio.says(CUSTOMER, "to the other")
    twilio.says(CUSTOMER, "to a number of somebody else")
    _, other, strange = twilio.kept.values()
    other.to, strange.to, strange.service = "+15005550007", "+15005550008", "MG" + "00" * 16
    twilio.says("whatsapp:+4915100000017", "by WhatsApp")
    await ours.send(answer("ours"))
    twilio.tells(twilio.taken[0], "sent")
    events = [event for raw in await listed(ours, now() - HOUR) for event in ours.normalise(raw)]
    assert [event.text for event in events if isinstance(event, Message)] == ["to the one", "to the other"]
    assert [event.ref for event in events if isinstance(event, Status)] == [twilio.taken[0].sid]


async def test_a_list_that_fails_is_asked_for_again(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    ours = later(http, **twilio.settings())
    twilio.misbehave(Fault.DOWN)
    with pytest.raises(Unavailable):
        await listed(ours, now() - HOUR)


# --- a send without an answer ---


async def dropped(ours: TwilioSms, twilio: TwilioSimulator, outgoing: Outgoing) -> None:
    twilio.misbehave(Fault.DROPPED)
    with pytest.raises(Uncertain):
        await ours.send(outgoing)


@pytest.mark.parametrize("settings", [{}, {"number": "", "messaging_service_sid": SERVICE}])
async def test_a_message_that_was_taken_is_found(
    twilio: TwilioSimulator, http: aiohttp.ClientSession, settings: Mapping[str, Any]
) -> None:
    ours, began, outgoing = later(http, **settings, **twilio.settings()), now(), answer("  Hello’s \n")
    twilio.says(CUSTOMER, "Hello’s")
    await ours.send(answer("Something else"))
    await ours.send(answer("Hello’s", to="+4915100000018"))
    await dropped(ours, twilio, outgoing)
    assert await ours.look_up(outgoing, began) == twilio.taken[-1].sid


async def test_a_message_that_was_not_taken_is_not_found(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    ours = later(http, **twilio.settings())
    await ours.send(answer("Hello"))
    assert await ours.look_up(answer("Hello again"), now() - HOUR) is None


async def test_a_message_that_is_listed_a_moment_later_is_waited_for(
    twilio: TwilioSimulator, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        twilio.kept.update(late)

    ours, began = later(http, **twilio.settings()), now()
    ours.context = replace(ours.context, now=now)
    await dropped(ours, twilio, answer("Hello"))
    late = dict(twilio.kept)
    twilio.kept.clear()
    monkeypatch.setattr("connectors.twilio_sms.listing.asyncio.sleep", sleep)
    assert await ours.look_up(answer("Hello"), began) == twilio.taken[0].sid
    assert len(slept) == 1
    assert 0 < slept[0] <= 10


async def test_two_messages_with_the_same_words_can_not_be_told_apart(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    ours, began = later(http, **twilio.settings()), now()
    await ours.send(answer("Hello", key="d-1"))
    await dropped(ours, twilio, answer("Hello"))
    with pytest.raises(Uncertain, match="lists 2 messages with these words"):
        await ours.look_up(answer("Hello"), began)


async def test_the_same_words_from_shortly_before_leave_it_open(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    """Clocks differ: a message must be neither lost nor sent twice because of that."""
    ours = later(http, **twilio.settings())
    await ours.send(answer("Hello"))
    (kept,) = twilio.kept.values()
    earlier(kept, timedelta(seconds=30))
    with pytest.raises(Uncertain):
        await ours.look_up(answer("Hello"), now())
    earlier(kept, timedelta(seconds=60))
    assert await ours.look_up(answer("Hello"), now() - timedelta(seconds=11)) is None


@pytest.mark.parametrize(
    ("body", "files", "found"),
    [
        ("Sent from your Twilio trial account - Hello", 0, True),
        ("", 0, True),
        ("Hello there", 0, False),
        ("Hello there", 1, True),
    ],
)
async def test_words_may_be_listed_otherwise_than_they_were_sent(
    twilio: TwilioSimulator, http: aiohttp.ClientSession, body: str, files: int, found: bool
) -> None:
    """A trial account's are preceded, hidden ones are empty, and files become links where telephones take none."""
    ours, began = later(http, **twilio.settings()), now() - timedelta(seconds=1)
    await ours.send(answer("Hello"))
    (kept,) = twilio.kept.values()
    kept.body = body
    outgoing = replace(answer("Hello"), files=(a_file(),) * files)
    assert (await ours.look_up(outgoing, began) is not None) == found


async def test_one_that_failed_is_told_as_failed(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    ours, began = later(http, **twilio.settings()), now()
    await dropped(ours, twilio, answer("Hello"))
    twilio.tells(twilio.taken[0], "failed", 30005)
    with pytest.raises(Refused, match=r"unknown.*30005"):
        await ours.look_up(answer("Hello"), began)


async def test_whoever_opted_out_is_not_written_to_until_they_allow_it(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    ours = later(http, **twilio.settings())
    twilio.says(CUSTOMER, "Stop")
    with suppress(Refused):
        await ours.send(answer("Hello"))
    assert twilio.shown == []
    twilio.says(CUSTOMER, "START")
    await ours.send(answer("Hello"))
    assert [shown.to for shown in twilio.shown] == [CUSTOMER]
    assert twilio.taken[0].asked["From"] == NUMBER
