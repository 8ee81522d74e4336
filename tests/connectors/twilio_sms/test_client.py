"""The simulator is faithful: Twilio's own client gets along with it, and hears the same errors."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from connectors.twilio_sms.conformance import ACCOUNT, CUSTOMER, NUMBER
from connectors.twilio_sms.simulator import PARAMETERS, TwilioSimulator
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


def test_the_simulator_knows_the_parameters_that_twilio_publishes() -> None:
    """Twilio's own description is not ours to keep a copy of."""
    described = published("twilio_api_v2010.json")
    create = described["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["post"]
    form = create["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    if "$ref" in form:
        form = described["components"]["schemas"][form["$ref"].rpartition("/")[2]]
    assert set(form["properties"]) == PARAMETERS
