"""The simulator is faithful: Twilio's own client gets along with it, and hears the same errors."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from connectors.twilio.simulator import PAGING
from connectors.twilio_sms.conformance import ACCOUNT, CUSTOMER, NUMBER
from connectors.twilio_sms.read import ON_ITS_WAY, STATES
from connectors.twilio_sms.simulator import Picture, TwilioSimulator
from connectors.twilio_sms.tables import FILTERS, FLAGS, MEDIA_FILTERS, NUMBERS, PARAMETERS, REPEATED
from hub.testkit import Fault
from tests.connectors.twilio_sms.support import TOKEN, provider
from tests.support.specs import published


class _Local(TwilioHttpClient):  # type: ignore[misc]  # it has no types
    """Twilio's client has no setting for its address; its HTTP part can be told another."""

    def __init__(self, url: str) -> None:
        super().__init__(pool_connections=False)
        self._here = urlsplit(url)

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Response:
        there = urlsplit(url)._replace(scheme=self._here.scheme, netloc=self._here.netloc)
        return super().request(method, urlunsplit(there), *args, **more)


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSimulator]:
    async with provider() as running:
        yield running


def client(twilio: TwilioSimulator, token: str = TOKEN) -> Client:
    return Client(ACCOUNT, token, http_client=_Local(twilio.url))


async def test_it_sends_and_asks_for_the_account(twilio: TwilioSimulator) -> None:
    theirs = client(twilio)
    callback = "https://hub.example/hooks/1?delivery=d-1"
    sent = await asyncio.to_thread(
        lambda: theirs.messages.create(to=CUSTOMER, from_=NUMBER, body="Hello ’", status_callback=callback)
    )
    assert (sent.status, sent.num_segments, sent.body, sent.direction) == ("queued", "1", "Hello ’", "outbound-api")
    assert twilio.taken[0].sid == sent.sid
    assert twilio.taken[0].asked["StatusCallback"] == callback
    account = await asyncio.to_thread(lambda: theirs.api.accounts(ACCOUNT).fetch())
    assert (account.friendly_name, account.status) == ("Example", "active")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [(Fault.REFUSED, 400, 21211), (Fault.UNAUTHORISED, 401, 20003), (Fault.BUSY, 429, 20429), (Fault.DOWN, 503, 20503)],
)
async def test_it_hears_the_simulators_faults(twilio: TwilioSimulator, fault: Fault, status: int, code: int) -> None:
    twilio.misbehave(fault)
    theirs = client(twilio)
    with pytest.raises(TwilioRestException) as raised:
        await asyncio.to_thread(lambda: theirs.messages.create(to=CUSTOMER, from_=NUMBER, body="Hello"))
    assert (raised.value.status, raised.value.code) == (status, code)


async def test_it_lists_and_filters_messages_over_pages(twilio: TwilioSimulator) -> None:
    theirs = client(twilio)
    for number in range(5):
        twilio.says(CUSTOMER, str(number))
    twilio.says("+4915100000018", "somebody else")
    await asyncio.to_thread(lambda: theirs.messages.create(to=CUSTOMER, from_=NUMBER, body="ours"))
    day = datetime.now(UTC)
    listed = await asyncio.to_thread(
        lambda: theirs.messages.list(to=NUMBER, from_=CUSTOMER, date_sent_after=day - timedelta(days=1), page_size=2)
    )
    assert [(one.body, one.direction, one.status) for one in listed] == [
        (str(number), "inbound", "received") for number in (4, 3, 2, 1, 0)
    ]
    assert abs(listed[0].date_sent - day) < timedelta(minutes=1)
    none = await asyncio.to_thread(lambda: theirs.messages.list(date_sent_before=day - timedelta(days=1)))
    assert none == []
    waiting = await asyncio.to_thread(lambda: theirs.messages.list(to=CUSTOMER, date_sent=day))
    assert waiting == [], "what still waits at Twilio has no such date"
    one = await asyncio.to_thread(lambda: theirs.messages(listed[0].sid).fetch())
    assert (one.sid, one.body, one.num_media) == (listed[0].sid, "4", "0")
    assert await asyncio.to_thread(lambda: theirs.messages(listed[0].sid).delete())
    with pytest.raises(TwilioRestException) as raised:
        await asyncio.to_thread(lambda: theirs.messages(listed[0].sid).fetch())
    assert (raised.value.status, raised.value.code) == (404, 20404)


async def test_it_sends_files_and_reads_those_that_came(twilio: TwilioSimulator) -> None:
    theirs = client(twilio)
    urls = [twilio.store.keep(b"GIF89a", "image/gif"), twilio.store.keep(b"%PDF", "application/pdf")]
    sent = await asyncio.to_thread(lambda: theirs.messages.create(to=CUSTOMER, from_=NUMBER, media_url=urls))
    assert (sent.sid[:2], sent.num_media) == ("MM", "2")
    assert twilio.shown[0].files == (b"GIF89a", b"%PDF")
    listed = await asyncio.to_thread(lambda: theirs.messages(sent.sid).media.list())
    assert [(part.content_type, part.parent_sid) for part in listed] == [
        ("image/gif", sent.sid),
        ("application/pdf", sent.sid),
    ]
    one = await asyncio.to_thread(lambda: theirs.messages(sent.sid).media(listed[1].sid).fetch())
    assert one.content_type == "application/pdf"
    assert await asyncio.to_thread(lambda: theirs.messages(sent.sid).media(listed[0].sid).delete())
    left = await asyncio.to_thread(lambda: theirs.messages(sent.sid).media.list())
    assert [part.sid for part in left] == [listed[1].sid]
    with pytest.raises(TwilioRestException, match="exceeds allowed limit of 10"):
        await asyncio.to_thread(lambda: theirs.messages.create(to=CUSTOMER, from_=NUMBER, media_url=urls[:1] * 11))


async def test_it_hears_that_a_customer_opted_out(twilio: TwilioSimulator) -> None:
    theirs = client(twilio)
    twilio.says(CUSTOMER, "STOP")
    with pytest.raises(TwilioRestException) as raised:
        await asyncio.to_thread(lambda: theirs.messages.create(to=CUSTOMER, from_=NUMBER, body="Hello"))
    assert (raised.value.status, raised.value.code) == (400, 21610)


async def test_the_simulator_reports_by_itself_where_it_is_told_to(twilio: TwilioSimulator) -> None:
    told: list[tuple[str, str]] = []
    all_told = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        proof = request.headers["X-Twilio-Signature"]
        assert RequestValidator(TOKEN).validate(str(request.url), form, proof)
        told.append((form["MessageSid"], form["MessageStatus"]))
        if len(told) == 2:
            all_told.set()
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    twilio.reports = ("sent", "delivered")
    async with TestServer(app) as server:
        url = f"{server.make_url('/hook')}?delivery=d-1"
        theirs = client(twilio)
        sent = await asyncio.to_thread(
            lambda: theirs.messages.create(to=CUSTOMER, from_=NUMBER, body="Hello", status_callback=url)
        )
        await asyncio.wait_for(all_told.wait(), 10)
    assert told == [(sent.sid, "sent"), (sent.sid, "delivered")]


# --- the tables, held against what Twilio publishes ---

MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"


def described() -> dict[str, Any]:
    """Twilio's own description is not ours to keep a copy of."""
    return published("twilio_api_v2010.json")


def test_the_simulator_knows_the_parameters_that_twilio_publishes_and_their_types() -> None:
    whole = described()
    form = whole["paths"][MESSAGES]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    if "$ref" in form:
        form = whole["components"]["schemas"][form["$ref"].rpartition("/")[2]]
    kinds = {name: one.get("type") for name, one in form["properties"].items()}
    assert set(kinds) == PARAMETERS
    assert {name for name, kind in kinds.items() if kind == "array"} == REPEATED
    assert {name for name, kind in kinds.items() if kind == "boolean"} == FLAGS
    assert {name for name, kind in kinds.items() if kind in ("integer", "number")} == NUMBERS


def test_the_simulator_filters_lists_by_what_twilio_publishes() -> None:
    media = MESSAGES.replace(".json", "/{MessageSid}/Media.json")
    for path, known in [(MESSAGES, FILTERS), (media, MEDIA_FILTERS)]:
        named = {part["name"] for part in described()["paths"][path]["get"]["parameters"]}
        assert named - {"AccountSid", "MessageSid"} == known | PAGING


async def test_the_simulators_answers_have_the_published_fields(twilio: TwilioSimulator) -> None:
    schemas = described()["components"]["schemas"]
    twilio.says(CUSTOMER, "", [Picture("image/png")])
    (kept,) = twilio.kept.values()
    async with aiohttp.ClientSession(headers={"authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}) as session:
        root = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Messages"
        async with session.get(f"{root}/{kept.sid}.json") as response:
            assert set(await response.json()) == set(schemas["api.v2010.account.message"]["properties"])
        async with session.get(f"{root}/{kept.sid}/Media.json") as response:
            (part,) = (await response.json())["media_list"]
            named = next(name for name in schemas if name.endswith("message.media"))
            assert set(part) == set(schemas[named]["properties"])


def test_every_published_state_has_a_meaning() -> None:
    states = next(
        schema["enum"] for name, schema in described()["components"]["schemas"].items() if name == "message_enum_status"
    )
    assert set(states) == set(STATES) | ON_ITS_WAY | {"receiving", "received"}
