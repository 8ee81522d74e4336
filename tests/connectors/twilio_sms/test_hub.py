"""SMS through a real hub process: signed texts come in once, answers go out, reports climb."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from connectors.twilio_sms.conformance import ACCOUNT, CUSTOMER, NUMBER
from connectors.twilio_sms.simulator import Picture, TwilioSimulator
from hub.testkit import Fault, Mischief
from tests.connectors.twilio_sms.support import TOKEN
from tests.support.hub import StartHub
from tests.support.owner import ApiError, Owner
from tests.support.processes import wait_until


class Shop:
    """An SMS inbox of a running hub, and Twilio as it sees it."""

    def __init__(self, owner: Owner, twilio: TwilioSimulator, inbox: dict[str, Any]) -> None:
        self.owner, self.twilio, self.inbox = owner, twilio, inbox

    async def thread(self) -> dict[str, Any]:
        """The customer's one thread."""
        page = await self.owner.get("/customers", limit=100)
        (found,) = [customer for customer in page["items"] if CUSTOMER in customer["addresses"]]
        thread: dict[str, Any] = await self.owner.get(f"/threads/{found['thread_id']}")
        return thread

    async def said(self) -> list[dict[str, Any]]:
        return [entry for entry in (await self.thread())["entries"] if entry["kind"] == "message"]

    async def consents(self) -> list[dict[str, Any]]:
        """What the thread says of them, in order."""
        events = [entry["event"] for entry in (await self.thread())["entries"] if entry["kind"] == "event"]
        return [event for event in events if event["type"] == "consent"]

    async def envelopes(self) -> int:
        states = ("new", "done", "ignored", "dead")
        return sum([len((await self.owner.get("/envelopes", state=state, limit=100))["items"]) for state in states])

    async def upload(self, picture: Picture) -> str:
        url, headers = f"{self.owner.hub.url}/api/attachments", {"X-File-Name": quote(picture.name)}
        proof = {"Cookie": self.owner.cookie, "X-CSRF-Token": self.owner.csrf, "Content-Type": picture.type}
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=picture.content, headers=headers | proof) as answer,
        ):
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["id"])

    async def file(self, path: str) -> bytes:
        async with (
            aiohttp.ClientSession(headers={"Cookie": self.owner.cookie}) as session,
            session.get(self.owner.hub.url + path) as answer,
        ):
            assert answer.status == 200
            return await answer.read()

    async def reply(self, text: str, *attachments: str) -> None:
        thread = await self.thread()
        body = {
            "client_key": f"answer-{len(self.twilio.taken)}-0001",
            "last_seen_seq": thread["last_seq"],
            "inbox_id": self.inbox["id"],
            "to": {"kind": "phone", "address": CUSTOMER},
            "text": text,
            "attachments": list(attachments),
            "undo_s": 0,
        }
        await self.owner.post(f"/threads/{thread['id']}/replies", body)

    async def until(self, reached: Callable[[], bool]) -> None:
        await asyncio.to_thread(wait_until, reached, 10, lambda: self.owner.hub.log)

    async def shows(self, state: str) -> dict[str, Any]:
        """The last message's delivery, once it is in this state."""
        for _ in range(200):
            (delivery,) = (await self.said())[-1]["deliveries"]
            if delivery["state"] == state:
                break
            await asyncio.sleep(0.05)
        assert delivery["state"] == state, self.owner.hub.log
        return dict(delivery)


@pytest.fixture
async def shop(start_hub: StartHub) -> AsyncIterator[Shop]:
    async with Owner(start_hub()) as owner, TwilioSimulator(ACCOUNT, TOKEN, number=NUMBER) as twilio:
        inbox = await owner.new_inbox(
            "twilio_sms", account_sid=ACCOUNT, auth_token=TOKEN, number=NUMBER, rate_per_s=50, **twilio.settings()
        )
        twilio.hook_url = inbox["hook_url"]
        yield Shop(owner, twilio, inbox)


async def test_a_text_comes_in_its_answer_goes_out_and_the_reports_climb(shop: Shop) -> None:
    twilio = shop.twilio
    text = twilio.says(CUSTOMER, "Where’s my parcel? 📦")
    assert await twilio.deliver(text, mischief=Mischief.DUPLICATE) == [200, 200]
    (entry,) = await shop.said()
    assert (entry["text"], entry["channel"], entry["proof"]) == ("Where’s my parcel? 📦", "sms", "provider")

    await shop.reply("It left this morning.")
    await shop.until(lambda: bool(twilio.taken))
    (taken,) = twilio.taken
    assert (taken.asked["To"], taken.asked["Body"]) == (CUSTOMER, "It left this morning.")

    await shop.shows("sent")
    for told, shown in [
        ("queued", "sent"),
        ("delivered", "delivered"),
        ("sent", "delivered"),
        ("sending", "delivered"),
    ]:
        report = twilio.tells(taken, told)
        assert await twilio.deliver(report, report) == [200, 200]
        await shop.shows(shown)


async def test_a_forged_text_leaves_no_trace(shop: Shop) -> None:
    before = await shop.envelopes()
    assert await shop.twilio.deliver(shop.twilio.says(CUSTOMER, "Hello"), mischief=Mischief.FORGED) == [401]
    assert await shop.envelopes() == before
    assert (await shop.owner.get("/customers", limit=100))["items"] == []


async def test_nobody_can_pass_a_request_off_as_listed_by_ourselves(shop: Shop) -> None:
    """What the hub lists carries no signature: the method that marks it must not come from outside."""
    before, text = await shop.envelopes(), shop.twilio.says(CUSTOMER, "Hello")
    async with (
        aiohttp.ClientSession() as session,
        session.request("LIST", text.url, data=text.body, headers=dict(text.headers)) as response,
    ):
        assert response.status in (400, 405)  # most often it is no method at all for the server
    assert await shop.envelopes() == before


async def test_a_send_without_an_answer_is_settled_by_twilios_report(shop: Shop) -> None:
    """The line broke before Twilio's id came: our own key in the address finds the delivery."""
    twilio = shop.twilio
    await twilio.deliver(twilio.says(CUSTOMER, "Hello"))
    twilio.misbehave(Fault.DROPPED)
    await shop.reply("Hello too")
    await shop.until(lambda: bool(twilio.taken))
    await twilio.deliver(twilio.tells(twilio.taken[0], "delivered"))
    await shop.shows("delivered")
    assert len(twilio.taken) == 1


async def test_a_send_without_an_answer_is_found_in_twilios_list(shop: Shop) -> None:
    """No report comes either: neither is it sent twice, nor is the agent left with a doubt."""
    twilio = shop.twilio
    await twilio.deliver(twilio.says(CUSTOMER, "Hello"))
    twilio.misbehave(Fault.DROPPED)
    await shop.reply("Hello too")
    await shop.until(lambda: bool(twilio.taken))
    await shop.shows("sent")
    await twilio.deliver(twilio.tells(twilio.taken[0], "delivered"))
    await shop.shows("delivered")
    assert len(twilio.taken) == 1


async def test_a_failure_is_shown_in_words(shop: Shop) -> None:
    twilio = shop.twilio
    await twilio.deliver(twilio.says(CUSTOMER, "Hello"))
    await shop.reply("Hello too")
    await shop.shows("sent")
    await twilio.deliver(twilio.tells(twilio.taken[0], "undelivered", 30005))
    assert "The customer's number is unknown" in (await shop.shows("failed"))["reason"]


async def test_a_long_answer_is_several_messages_and_delivered_when_all_of_them_are(shop: Shop) -> None:
    twilio, text = shop.twilio, "It left this morning. " * 150
    await twilio.deliver(twilio.says(CUSTOMER, "Tell me all"))
    await shop.reply(text.strip())
    await shop.shows("sent")
    assert " ".join(taken.asked["Body"] for taken in twilio.taken).split() == text.split()
    assert [len(taken.asked["Body"]) <= 1600 for taken in twilio.taken] == [True] * 3
    for taken in twilio.taken[1:]:
        await twilio.deliver(twilio.tells(taken, "delivered"))
    await shop.shows("sent")
    await twilio.deliver(twilio.tells(twilio.taken[0], "delivered"))
    await shop.shows("delivered")


async def test_pictures_come_in_and_go_out(shop: Shop) -> None:
    twilio, cup = shop.twilio, Picture("image/png", b"\x89PNG\r\n\x1a\n" + b"a broken cup" * 99, "cup.png")
    await twilio.deliver(twilio.says(CUSTOMER, "One cup is broken", [cup, Picture("text/x-vcard", b"BEGIN:VCARD")]))
    for _ in range(200):
        (entry,) = await shop.said()
        if all(file["state"] == "ready" for file in entry["attachments"]):
            break
        await asyncio.sleep(0.05)
    kept = [(file["name"], file["type"], await shop.file(file["url"])) for file in entry["attachments"]]
    assert kept == [("cup.png", "image/png", cup.content), ("file-2.vcf", "text/x-vcard", b"BEGIN:VCARD")]
    assert len(twilio.store.asked) == 2

    new = Picture("image/png", b"\x89PNG\r\n\x1a\n" + b"a new cup" * 99, "new cup é.png")
    await shop.reply("This one is on its way", await shop.upload(new))
    await shop.shows("sent")
    (shown,) = twilio.shown
    assert (shown.text, shown.files) == ("This one is on its way", (new.content,))
    assert twilio.taken[0].media[0].startswith(shop.owner.hub.url)


async def test_what_was_said_and_told_during_an_outage_is_there_afterwards(shop: Shop) -> None:
    """The hub is killed; Twilio's single retry is over when it is back."""
    twilio, hub = shop.twilio, shop.owner.hub
    await twilio.deliver(twilio.says(CUSTOMER, "Hello"))
    await shop.reply("Hello too")
    await shop.shows("sent")
    await asyncio.to_thread(hub.kill)
    lost = twilio.says(CUSTOMER, "Are you there?", [Picture("image/gif", b"GIF89a")])
    twilio.says(CUSTOMER, "STOP")
    twilio.tells(twilio.taken[0], "delivered")
    twilio.kept[twilio.taken[0].sid].updated -= timedelta(minutes=2)
    await asyncio.to_thread(hub.start)

    async def texts() -> list[str]:
        return [entry["text"] for entry in await shop.said()]

    for _ in range(200):
        if len(await texts()) == 4:
            break
        await asyncio.sleep(0.05)
    assert await twilio.deliver(lost) == [200], "and a retry that comes after all changes nothing"
    assert sorted(await texts()) == ["Are you there?", "Hello", "Hello too", "STOP"]
    assert [(event["said"], event["allowed"]) for event in await shop.consents()] == [("STOP", False)]
    ours = next(entry for entry in await shop.said() if entry["text"] == "Hello too")
    assert [delivery["state"] for delivery in ours["deliveries"]] == ["delivered"]
    with pytest.raises(ApiError, match="stopped messages"):
        await shop.reply("One more thing")
    assert len(twilio.taken) == 1


async def test_stop_is_kept_as_consent_beside_the_message_and_start_lifts_it(shop: Shop) -> None:
    twilio = shop.twilio
    for text in ("Hello", "Yes", "STOP", "Start"):
        await twilio.deliver(twilio.says(CUSTOMER, text))
    assert [entry["text"] for entry in await shop.said()] == ["Hello", "Yes", "STOP", "Start"]
    assert [(event["said"], event["allowed"], event["source"]) for event in await shop.consents()] == [
        ("STOP", False, "word"),
        ("Start", True, "word"),
    ]


async def test_a_stop_that_only_twilio_heard_is_kept_too(shop: Shop) -> None:
    """Somebody wrote STOP before the number was ours: the refusal tells."""
    twilio = shop.twilio
    await twilio.deliver(twilio.says(CUSTOMER, "Hello"))
    twilio.opted_out.add(CUSTOMER)
    await shop.reply("Hello too")
    assert "opted out by STOP" in (await shop.shows("failed"))["reason"]
    assert [(event["allowed"], event["source"]) for event in await shop.consents()] == [(False, "provider")]


async def test_the_connection_is_tried_from_the_settings(shop: Shop) -> None:
    settings = {"account_sid": ACCOUNT, "auth_token": TOKEN, "number": NUMBER, **shop.twilio.settings()}
    form = {"connector": "twilio_sms", "name": "SMS", "settings": settings}
    tried = await shop.owner.post("/inboxes/test", form)
    assert (tried["ok"], tried["message"]) == (True, "Connected to the Twilio account “Example”.")
    shop.twilio.status = "suspended"
    tried = await shop.owner.post("/inboxes/test", form)
    assert not tried["ok"]
    assert "suspended" in tried["message"]


async def test_behind_a_proxy_the_address_that_twilio_called_is_the_signed_one(shop: Shop) -> None:
    outside, settings = "https://shop.example/sms", shop.twilio.settings()
    inbox = await shop.owner.new_inbox(
        "twilio_sms", account_sid=ACCOUNT, auth_token=TOKEN, number=NUMBER, webhook_url=outside, **settings
    )
    text = shop.twilio.sign(replace(shop.twilio.says(CUSTOMER, "Hello"), url=outside + "?from=a%2Fb+c"))
    async with aiohttp.ClientSession() as session:
        for query, status in [("from=a/b+c", 401), ("", 401), ("from=a%2Fb+c", 200)]:
            url = URL(f"{inbox['hook_url']}?{query}", encoded=True)
            async with session.post(url, data=text.body, headers=dict(text.headers)) as response:
                assert (response.status, query) == (status, query)
                body = await response.text()
    assert (response.content_type, body.endswith("<Response/>")) == ("text/xml", True)
    assert [entry["text"] for entry in await shop.said()] == ["Hello"]
