"""The base of provider simulators: a server that plays the provider, strictly, and misbehaves on command."""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import TracebackType
from typing import Any, ClassVar, Self

import aiohttp
from aiohttp import web

from hub.contract import Raw


class Fault(StrEnum):
    """How the provider fails one of our sends."""

    REFUSED = "refused"
    """It will never take this message (a 400)."""
    UNAUTHORISED = "unauthorised"
    """It doesn't know our credentials (a 401)."""
    BUSY = "busy"
    """It asks us to wait `retry_after` seconds (a 429)."""
    DOWN = "down"
    """It fails by itself (a 503)."""
    DROPPED = "dropped"
    """It takes the message and cuts the line before it answers."""
    MOVED = "moved"
    """It redirects to another address, as a mistyped one often does (a 302)."""
    SLOW = "slow"
    """It answers, after `delay` seconds."""


class Mischief(StrEnum):
    """How the provider's deliveries to us go wrong."""

    DUPLICATE = "duplicate"
    """Everything comes twice, at the same time."""
    REORDER = "reorder"
    """Everything comes in another order."""
    FORGED = "forged"
    """Somebody else signs."""


@dataclass(frozen=True)
class Shown:
    """One message of ours as the customer sees it at the provider's."""

    key: str
    to: str
    text: str
    files: tuple[bytes, ...] = ()


class Simulator(ABC):
    """A provider in this process: strict about what it takes. `shown` is what customers got, doubles included."""

    plays: ClassVar[frozenset[Fault]] = frozenset(Fault)
    """The faults this provider can have."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self.faults: deque[Fault] = deque()
        self.retry_after: float | None = 7
        """None where the provider's protocol can't say it."""
        self.delay = 0.2

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """What to change in the settings so that the connector talks to this simulator; asked after the start."""

    @abstractmethod
    async def start(self) -> None: ...

    @abstractmethod
    async def stop(self) -> None: ...

    def misbehave(self, *faults: Fault) -> None:
        """Fail the next sends, one fault each."""
        self.faults.extend(faults)

    def next_fault(self) -> Fault | None:
        return self.faults.popleft() if self.faults else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


class HttpSimulator(Simulator):
    """A provider with an HTTP API and signed webhooks, on a free port of the loopback."""

    def __init__(self) -> None:
        super().__init__()
        self.url = ""
        self._runner: web.AppRunner | None = None

    @abstractmethod
    def routes(self) -> Sequence[web.RouteDef]:
        """The provider's API."""

    @abstractmethod
    def sign(self, raw: Raw) -> Raw:
        """What the provider adds to prove that a webhook is its own."""

    async def start(self) -> None:
        app = web.Application(middlewares=[self._misbehaving])
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = "http://127.0.0.1:{1}".format(*self._runner.addresses[0])

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    @web.middleware
    async def _misbehaving(self, request: web.Request, handler: Any) -> web.StreamResponse:
        fault = self.next_fault()
        match fault:
            case Fault.REFUSED:
                return self.failure(400, "The recipient does not exist")
            case Fault.UNAUTHORISED:
                return self.failure(401, "Unknown credentials")
            case Fault.BUSY:
                busy = self.failure(429, "Too many requests")
                busy.headers["Retry-After"] = str(int(self.retry_after or 0))
                return busy
            case Fault.DOWN:
                return self.failure(503, "Down for maintenance")
            case Fault.MOVED:
                return web.Response(status=302, headers={"Location": f"{self.url}/elsewhere"})
            case Fault.SLOW:
                await asyncio.sleep(self.delay)
        response: web.StreamResponse = await handler(request)
        if fault is Fault.DROPPED and request.transport:
            request.transport.abort()
        return response

    def failure(self, status: int, reason: str) -> web.Response:
        """An error as this provider words it."""
        return web.json_response({"error": reason}, status=status)

    async def deliver(self, *raws: Raw, mischief: Mischief | None = None) -> list[int]:
        """Send webhooks to their `url` the way the provider does; returns the hub's status codes in that order."""
        order = list(raws)
        if mischief is Mischief.REORDER:
            random.Random(len(order)).shuffle(order)
        signed = [self.sign(raw) if mischief is not Mischief.FORGED else self.forge(raw) for raw in order]
        async with aiohttp.ClientSession() as session:
            if mischief is Mischief.DUPLICATE:
                return list(await asyncio.gather(*(self._post(session, raw) for raw in signed for _ in range(2))))
            return [await self._post(session, raw) for raw in signed]

    def forge(self, raw: Raw) -> Raw:
        """The same signed by somebody who guesses: a signature over other bytes."""
        return replace(self.sign(replace(raw, body=raw.body + b" ")), body=raw.body)

    async def _post(self, session: aiohttp.ClientSession, raw: Raw) -> int:
        async with session.request(raw.method, raw.url, data=raw.body, headers=dict(raw.headers)) as response:
            await response.read()
            return response.status
