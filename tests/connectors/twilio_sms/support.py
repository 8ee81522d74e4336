"""A connector without a hub around it."""

import logging
from typing import Any

import aiohttp

from connectors.twilio_sms import TwilioSms
from connectors.twilio_sms.conformance import ACCOUNT, CUSTOMER, NUMBER
from connectors.twilio_sms.simulator import TwilioSimulator
from hub.contract import Address, Context, Outgoing
from hub.registry import validate
from hub.testkit import HOOK_URL, MOMENT

TOKEN = "a-token-of-these-tests"
SERVICE = "MG" + "3c" * 16
KEY = ("SK" + "7b" * 16, "a-secret-of-these-tests")
NO_HTTP: Any = None


def build(http: aiohttp.ClientSession = NO_HTTP, **settings: Any) -> TwilioSms:
    context = Context(
        http=http,
        log=logging.getLogger("test"),
        now=lambda: MOMENT,
        public_url="https://hub.example",
        hook_url=HOOK_URL,
        sign=str,
    )
    given = {"account_sid": ACCOUNT, "auth_token": TOKEN, "number": NUMBER, **settings}
    return TwilioSms(validate(TwilioSms, given), context)  # type: ignore[arg-type]


def provider(token: str = TOKEN) -> TwilioSimulator:
    return TwilioSimulator(ACCOUNT, token, number=NUMBER, service=SERVICE, key=KEY, hook_url=HOOK_URL)


def answer(text: str = "It left this morning.", to: str = CUSTOMER, key: str = "d-7f3a") -> Outgoing:
    return Outgoing(key, Address("phone", to), text, author="Robin")
