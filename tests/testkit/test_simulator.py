"""The base of simulators: each misbehaviour on command, once, and then as if nothing had been."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from hub.contract import Raw
from hub.testkit import MOMENT, Fault, HttpSimulator, Mischief


class Echoing(HttpSimulator):
    def __init__(self) -> None:
        super().__init__()
        self.posts = 0

    def settings(self) -> dict[str, Any]:
        return {}

    def routes(self) -> Sequence[web.RouteDef]:
        return [web.post("/", self._take)]

    def sign(self, raw: Raw) -> Raw:
        return replace(raw, headers={**raw.headers, "x-proof": str(len(raw.body))})

    async def _take(self, request: web.Request) -> web.Response:
        self.posts += 1
        return web.Response(text=await request.text())


class Hub:
    """What webhooks are delivered to: remembers them, and lets those through whose proof is right."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[str] = []

    async def take(self, request: web.Request) -> web.Response:
        body = await request.text()
        if request.headers["x-proof"] != str(len(body)):
            return web.Response(status=401)
        self.got.append(body)
        return web.Response()


@pytest.fixture
async def provider() -> AsyncIterator[Echoing]:
    async with Echoing() as running:
        yield running


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    hub, app = Hub(), web.Application()
    app.router.add_post("/", hub.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hub.url = "http://127.0.0.1:{1}/".format(*runner.addresses[0])
    yield hub
    await runner.cleanup()


async def post(provider: Echoing) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.post(provider.url, data="Hello") as response:
        return response.status, response.headers.get("Retry-After", "")


@pytest.mark.parametrize(
    ("fault", "answer", "taken"),
    [
        (Fault.REFUSED, (400, ""), 0),
        (Fault.UNAUTHORISED, (401, ""), 0),
        (Fault.BUSY, (429, "7"), 0),
        (Fault.DOWN, (503, ""), 0),
        (Fault.MOVED, (404, ""), 0),
        (Fault.SLOW, (200, ""), 1),
    ],
)
async def test_a_fault_happens_once(provider: Echoing, fault: Fault, answer: tuple[int, str], taken: int) -> None:
    provider.misbehave(fault)
    started = time.monotonic()
    assert await post(provider) == answer
    assert provider.posts == taken
    assert (time.monotonic() - started >= provider.delay) == (fault is Fault.SLOW)
    assert await post(provider) == (200, "")


async def test_a_dropped_line_comes_after_the_message_was_taken(provider: Echoing) -> None:
    provider.misbehave(Fault.DROPPED)
    with pytest.raises(aiohttp.ClientConnectionError):
        await post(provider)
    assert provider.posts == 1


def events(hub: Hub, *texts: str) -> list[Raw]:
    return [Raw("POST", hub.url, {}, text.encode(), MOMENT) for text in texts]


async def test_it_delivers_in_order_twice_shuffled_or_forged(provider: Echoing, hub: Hub) -> None:
    texts = [str(number) for number in range(8)]
    assert await provider.deliver(*events(hub, *texts)) == [200] * 8
    assert hub.got == texts

    hub.got.clear()
    assert await provider.deliver(*events(hub, *texts), mischief=Mischief.DUPLICATE) == [200] * 16
    assert sorted(hub.got) == sorted(texts * 2)

    hub.got.clear()
    assert await provider.deliver(*events(hub, *texts), mischief=Mischief.REORDER) == [200] * 8
    assert hub.got != texts
    assert sorted(hub.got) == texts

    hub.got.clear()
    assert await provider.deliver(*events(hub, *texts), mischief=Mischief.FORGED) == [401] * 8
    assert hub.got == []


async def test_it_stops_at_once_even_with_a_client_connected(provider: Echoing) -> None:
    async with aiohttp.ClientSession() as http, http.post(provider.url, data="Hello"):
        async with asyncio.timeout(2):
            await provider.stop()
