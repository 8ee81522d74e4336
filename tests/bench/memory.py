"""P16: what a thousand people with the chat open cost in memory, beside a bare Socket.IO server."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp

from tests.bench.meter import Meter
from tests.bench.report import Figure, at_most, say
from tests.bench.stage import Product, Stage
from tests.support.sockets import Socket

SOCKETS = 500

Open = Callable[[], Awaitable[Socket]]


async def measure(stage: Stage) -> list[Figure]:
    say("idle widgets")
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        async with stage.reference() as reference:
            url = reference.url.removesuffix("/in")
            bare = await per_socket(reference.meter, lambda: Socket.connect(session, url))
        async with stage.product(stage.new_database()) as product:
            chat = await product.owner.new_inbox("chat", name="Shop")
            ours = await per_socket(product.meter, lambda: visitor(session, product, chat["id"]))
    behind = f"{ours / 1024:.1f} kB beside {bare / 1024:.1f} kB"
    return [at_most("P16", "memory per idle widget: times bare Socket.IO", [ours / bare], 1.3, 1.0, behind=behind)]


async def visitor(session: aiohttp.ClientSession, product: Product, inbox: str) -> Socket:
    origin = {"Origin": product.hub.url}
    return await Socket.connect(session, product.hub.url, namespace="/visitor", auth={"inbox": inbox}, headers=origin)


async def per_socket(meter: Meter, connect: Open) -> float:
    """Bytes; the first ones pay for what all share, so they are not counted."""
    sockets = [await connect() for _ in range(20)]
    before = meter.memory()
    sockets += [await connect() for _ in range(SOCKETS)]
    await asyncio.sleep(1)
    grown = meter.memory() - before
    for socket in sockets:
        await socket.close()
    return grown / SOCKETS
