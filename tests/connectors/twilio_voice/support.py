"""A connector without a hub around it, and the smallest hub that a telephone can be answered with."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Self

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.twilio_voice import TwilioVoice
from connectors.twilio_voice.conformance import ACCOUNT, APP, CUSTOMER, NUMBER
from connectors.twilio_voice.simulator import TwilioVoiceSimulator
from hub.contract import (
    Address,
    CallUpdate,
    Context,
    Event,
    HangUp,
    Leg,
    Raw,
    Step,
    Unverified,
)
from hub.registry import validate
from hub.testkit import HOOK_URL

TOKEN = "a-token-of-these-tests"
KEY = ("SK" + "7b" * 16, "a-secret-of-these-tests")
AGENT = "0198c7a2-41d0-7e11-9a0b-5f2c8d3e4a10"
ROBIN = "+4915100000099"
PACE = 0.02
NO_HTTP: Any = None


def build(http: aiohttp.ClientSession = NO_HTTP, hook: str = HOOK_URL, **settings: Any) -> TwilioVoice:
    context = Context(
        http=http,
        log=logging.getLogger("test"),
        now=lambda: datetime.now(UTC),
        public_url="https://hub.example",
        hook_url=hook,
        sign=str,
    )
    given = {"account_sid": ACCOUNT, "auth_token": TOKEN, "number": NUMBER, **settings}
    return TwilioVoice(validate(TwilioVoice, given), context)  # type: ignore[arg-type]


def provider(hook: str = HOOK_URL, **more: Any) -> TwilioVoiceSimulator:
    given = {"number": NUMBER, "key": KEY, "app": APP, "hook_url": hook, "pace": PACE, **more}
    return TwilioVoiceSimulator(ACCOUNT, TOKEN, **given)


def leg(to: str = CUSTOMER, role: str = "customer", **more: Any) -> Leg:
    """To a telephone, unless it is an agent's id."""
    address = Address("agent" if to == AGENT else "phone", to)
    given: dict[str, Any] = {"id": f"l-{role}-7f3a", "room": "call-5b2e", "caller": NUMBER, **more}
    return Leg(role=role, to=address, **given)


class SmallHub:
    """Takes what Twilio delivers, in one process with it: each request once, asked for steps by `decide`."""

    def __init__(self, **settings: Any) -> None:
        self.updates: list[CallUpdate] = []
        self.events: list[Event] = []
        self.refused = 0
        self.repeated = 0
        self.down = 0
        """So many requests are answered with 503."""
        self.decide: Callable[[CallUpdate], tuple[Leg, Sequence[Step]]] = lambda update: (leg(), [HangUp()])
        self._settings = settings
        self._seen: set[str] = set()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/hooks/1", self._hook)
        self._server = TestServer(app)
        await self._server.start_server()
        self.http = aiohttp.ClientSession()
        hook = str(self._server.make_url("/hooks/1"))
        self.twilio = provider(hook)
        await self.twilio.start()
        self.connector = build(self.http, hook, **{**self._settings, **self.twilio.settings()})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.twilio.stop()
        await self.http.close()
        await self._server.close()

    async def _hook(self, request: web.Request) -> web.Response:
        if self.down:
            self.down -= 1
            return web.Response(status=503)
        url = str(self._server.make_url("")).rstrip("/") + request.raw_path
        headers = {name.lower(): value for name, value in request.headers.items()}
        raw = Raw(request.method, url, headers, await request.read(), datetime.now(UTC))
        try:
            answer = self.connector.verify(raw)
        except Unverified as error:
            self.refused += 1
            return web.Response(status=401, text=str(error))
        for update in self.take(raw) if not answer.final else ():
            if update.asks:
                answer = self.connector.script(*self.decide(update))
        return web.Response(text=answer.body, content_type=answer.content_type)

    def take(self, raw: Raw) -> list[CallUpdate]:
        """A repetition is answered and changes nothing."""
        events = list(self.connector.normalise(raw))
        updates = [event for event in events if isinstance(event, CallUpdate)]
        key = self.connector.dedup_key(raw)
        if key in self._seen:
            self.repeated += 1
        else:
            self._seen.add(key)
            self.events += events
            self.updates += updates
        return updates

    def states(self, ref: str) -> list[str]:
        return [update.state for update in self.updates if update.ref == ref and update.state]
