"""Both connectors without a hub around them."""

import base64
import hashlib
import hmac
import json
import logging
from typing import Any

import aiohttp

from connectors.meta.conformance import APP
from connectors.meta.connector import MetaConnector
from connectors.meta.instagram import Instagram
from connectors.meta.instagram.conformance import ACCOUNT as INSTAGRAM_ID
from connectors.meta.messenger import Messenger
from connectors.meta.messenger.conformance import ACCOUNT as PAGE_ID
from connectors.meta.people import Person
from connectors.meta.simulator import MetaSimulator
from hub.contract import Address, Context, Outgoing, Raw
from hub.registry import validate
from hub.testkit import HOOK_URL, MOMENT

TOKEN, SECRET, WORD = "a-token-of-these-tests", "a-secret-of-these-tests", "a-word-of-these-tests"
OLD_SECRET = "an-old-secret-of-these-tests"
COMMON: dict[str, Any] = {"access_token": TOKEN, "app_id": APP, "app_secret": SECRET, "verify_token": WORD}
CUSTOMER = "5678901234567890"
NO_HTTP: Any = None


def sign(text: str) -> str:
    digest = hmac.new(b"these tests", text.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:20]


def context(http: aiohttp.ClientSession = NO_HTTP) -> Context:
    return Context(http, logging.getLogger("test"), lambda: MOMENT, "https://hub.example", HOOK_URL, sign)


def instagram(http: aiohttp.ClientSession = NO_HTTP, **settings: Any) -> Instagram:
    given = {**COMMON, "instagram_id": INSTAGRAM_ID, **settings}
    return Instagram(validate(Instagram, given), context(http))  # type: ignore[arg-type]


def messenger(http: aiohttp.ClientSession = NO_HTTP, **settings: Any) -> Messenger:
    given = {**COMMON, "page_id": PAGE_ID, **settings}
    return Messenger(validate(Messenger, given), context(http))  # type: ignore[arg-type]


def at_instagram() -> MetaSimulator:
    return MetaSimulator(
        "instagram", INSTAGRAM_ID, token=TOKEN, app_id=APP, app_secret=SECRET, verify_token=WORD, hook_url=HOOK_URL
    )


def at_messenger() -> MetaSimulator:
    return MetaSimulator(
        "page", PAGE_ID, token=TOKEN, app_id=APP, app_secret=SECRET, verify_token=WORD, hook_url=HOOK_URL
    )


def who_wrote(meta: MetaSimulator, name: str = "Ada") -> Person:
    """Somebody whose window is open, and who is told of nothing yet."""
    person = meta.person(name)
    person.writes("Hello")
    meta.hook_url = ""
    return person


def answer(
    to: Person | str = CUSTOMER, text: str = "It left this morning.", key: str = "d-7f3a", **more: Any
) -> Outgoing:
    return Outgoing(key, Address("messenger", to if isinstance(to, str) else to.id), text, author="Robin", **more)


def request(connector: MetaConnector[Any], *events: Any, **entry: Any) -> Raw:
    """An unsigned request for this connector's account."""
    told = {
        "id": connector.account_id,
        "time": 1767323045423,
        **({"messaging": list(events)} if events else {}),
        **entry,
    }
    body = json.dumps({"object": connector.object, "entry": [told]}).encode()
    return Raw("POST", HOOK_URL, {"content-type": "application/json"}, body, MOMENT)


def event(connector: MetaConnector[Any], **kinds: Any) -> dict[str, Any]:
    return {
        "sender": {"id": CUSTOMER},
        "recipient": {"id": connector.account_id},
        "timestamp": 1767323045123,
        **kinds,
    }
