"""The API as every connector to Twilio asks it: pages, forms with repeated fields, and what errors mean."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.twilio.api import Api
from connectors.twilio.errors import raise_answer
from connectors.twilio.settings import TwilioSettings
from connectors.twilio.webhook import is_sid
from connectors.twilio_sms.conformance import ACCOUNT, CUSTOMER
from connectors.twilio_sms.simulator import TwilioSimulator
from hub.contract import Refused, Unauthorised, Unavailable, Uncertain
from tests.connectors.twilio_sms.support import TOKEN, provider


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSimulator]:
    async with provider() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def api(http: aiohttp.ClientSession, url: str) -> Api:
    return Api(TwilioSettings.model_validate({"account_sid": ACCOUNT, "auth_token": TOKEN, "api": url}), http)


async def test_a_list_is_read_page_after_page(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    for number in range(7):
        twilio.says(CUSTOMER, str(number))
    twilio.says("+4915100000018", "somebody else")
    pages = api(http, twilio.url).pages("/Messages.json", "messages", {"From": CUSTOMER, "PageSize": "3"})
    assert [one["body"] async for one in pages] == ["6", "5", "4", "3", "2", "1", "0"]


async def test_the_next_page_is_never_looked_for_on_another_host(http: aiohttp.ClientSession) -> None:
    asked: list[str] = []

    async def page(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        onward = ["/2010-04-01/Accounts/more", "https://evil.example/2010-04-01/"][len(asked) - 1]
        return web.json_response({"calls": [{"n": len(asked)}, "no object"], "next_page_uri": onward})

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    async with TestServer(app) as server:
        found = [one async for one in api(http, str(server.make_url(""))).pages("/Calls.json", "calls", {"To": "+1"})]
    assert found == [{"n": 1}, {"n": 2}]
    assert asked == [f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json?To=%2B1", "/2010-04-01/Accounts/more"]


async def test_a_field_with_several_values_is_sent_once_for_each(http: aiohttp.ClientSession) -> None:
    came: list[tuple[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        came.extend((await request.post()).items())
        assert request.content_type == "application/x-www-form-urlencoded"
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    async with TestServer(app) as server:
        form = {"To": "+1", "StatusCallbackEvent": ["initiated", "ringing"]}
        await api(http, str(server.make_url(""))).post("/Calls.json", form)
    assert came == [("To", "+1"), ("StatusCallbackEvent", "initiated"), ("StatusCallbackEvent", "ringing")]


async def test_what_is_gone_is_no_wrong_account(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    """Otherwise a message that somebody deleted would pause the inbox."""
    gone = "SM" + "0f" * 16
    with pytest.raises(Refused, match="no longer"):
        await api(http, twilio.url).get(f"/Messages/{gone}.json")
    with pytest.raises(Unauthorised, match="20404"):
        raise_answer(404, '{"code": 20404, "message": "Not found"}', {})


@pytest.mark.parametrize(("unsure", "kind"), [("", Unavailable), ("The call may have been placed", Uncertain)])
async def test_only_what_does_harm_twice_is_uncertain(
    http: aiohttp.ClientSession, unsure: str, kind: type[Exception]
) -> None:
    async def break_off(request: web.Request) -> web.Response:
        assert request.transport
        request.transport.abort()
        return web.Response()

    app = web.Application()
    app.router.add_post("/{path:.*}", break_off)
    async with TestServer(app) as server:
        with pytest.raises(kind) as raised:
            await api(http, str(server.make_url(""))).post("/Calls.json", {"To": "+1"}, unsure)
    assert type(raised.value) is kind
    assert unsure in str(raised.value)


async def test_something_is_deleted(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    twilio.says(CUSTOMER, "Forget me")
    (sid,) = twilio.kept
    await api(http, twilio.url).delete(f"/Messages/{sid}.json")
    assert twilio.kept == {}


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("SM" + "0a" * 16, True),
        ("MM" + "0a" * 16, True),
        ("CA" + "0a" * 16, False),
        ("SM" + "0A" * 16, False),
        ("SM" + "0a" * 15, False),
        ("SM" + "٠a" * 16, False),
        ("SM" + "0a" * 16 + "\n", False),
        ("", False),
    ],
)
def test_an_id_is_two_letters_and_32_digits(text: str, good: bool) -> None:
    assert is_sid(text, "SM", "MM") is good
