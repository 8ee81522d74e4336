"""P1, P2, P5, P7 and the idle memory of P16: messages from a signed webhook, on PostgreSQL, beside the reference."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.bench.load import Load, Receiver, percentile
from tests.bench.posts import post
from tests.bench.report import Figure, at_least, at_most, say
from tests.bench.stage import Product, Stage
from tests.support.sockets import Socket

PEER = 0.024
"""The fastest help desk measured takes this share of the reference's messages, side by side on one machine."""
WATCHED = 24


@dataclass
class Pair:
    """What the reference and the hub showed in the same turn."""

    reference: Load
    product: Load

    def ratio(self, of: str) -> float:
        return float(getattr(self.product, of) / getattr(self.reference, of))

    def p99(self, of: str) -> float:
        return percentile(getattr(self.product, of), 99) / percentile(getattr(self.reference, of), 99)


async def measure(stage: Stage, runs: int, seconds: float) -> list[Figure]:
    async with stage.reference() as reference, stage.product(stage.new_database()) as product, watch(reference):
        memory = product.meter.memory() / reference.meter.memory()
        receiver = product.receiver()
        full, paced = [], []
        await warm_up(reference, receiver)
        for run in range(runs):
            say(f"intake, turn {run + 1} of {runs}")
            full.append(Pair(await reference.closed_loop(seconds), await receiver.closed_loop(seconds)))
        async with following(product) as watched:
            for run in range(runs):
                say(f"paced intake, turn {run + 1} of {runs}")
                paced.append(Pair(await reference.paced(seconds), await watched.paced(seconds)))
    check_all_was_shown(paced)
    return [*throughput(full), *latency(paced), idle_memory(memory)]


async def warm_up(*receivers: Receiver) -> None:
    for receiver in receivers:
        await receiver.closed_loop(1)


def throughput(pairs: list[Pair]) -> list[Figure]:
    last = pairs[-1]
    rates = f"{last.product.per_second:.0f}/s beside {last.reference.per_second:.0f}/s"
    cpu = f"{last.product.cpu_us:.0f} µs beside {last.reference.cpu_us:.0f} µs"
    share = [pair.ratio("per_second") for pair in pairs]
    return [
        at_least("P1", "webhook intake, acks/s, 32 callers: of reference", share, 0.35, 0.6, behind=rates),
        at_least("P1", "the same: times the fastest help desk", [one / PEER for one in share], 15, 25),
        at_most(
            "P2", "CPU per webhook message: times reference", [p.ratio("cpu_us") for p in pairs], 4, 2.5, behind=cpu
        ),
    ]


def latency(pairs: list[Pair]) -> list[Figure]:
    last = pairs[-1]
    acks, pushes = [p.p99("acks") for p in pairs], [p.p99("pushes") for p in pairs]
    later = [(percentile(p.product.pushes, 50) - percentile(p.product.acks, 50)) * 1000 for p in pairs]
    return [
        at_most("P5", "ack p99 at 200/s: times reference", acks, 3, 1.5, behind=both(last, "acks")),
        at_most("P7", "POST to agent's screen, p99: times reference", pushes, 3, 1.5, behind=both(last, "pushes")),
        at_most("P7", "POST to agent's screen, p50: after the ack", later, 2, 1, unit="ms"),
    ]


def both(pair: Pair, of: str) -> str:
    one, other = (percentile(getattr(load, of), 99) * 1000 for load in (pair.product, pair.reference))
    return f"{one:.1f} ms beside {other:.1f} ms"


def idle_memory(ratio: float) -> Figure:
    return at_most("P16", "resident memory, idle: times reference", [ratio], 2.5, 2)


def check_all_was_shown(pairs: list[Pair]) -> None:
    """A message that no agent saw has no time at which they did."""
    for load in (load for pair in pairs for load in (pair.reference, pair.product)):
        assert len(load.pushes) == len(load.acks), f"{len(load.acks)} taken, {len(load.pushes)} shown"


@asynccontextmanager
async def watch(reference: Receiver) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as session:
        url = reference.url.removesuffix("/in")
        socket = await Socket.connect(session, url, heard=lambda _, value: reference.heard(value["ref"]))
        yield
        await socket.close()


@asynccontextmanager
async def following(product: Product) -> AsyncIterator[Receiver]:
    """A receiver whose every message is of a thread that an agent has open on the screen."""
    receiver = product.receiver(WATCHED)

    def heard(event: str, value: Any) -> None:
        if event == "thread":
            for entry in value["entries"]:
                receiver.heard(entry["text"].partition(" ")[0])

    async with aiohttp.ClientSession() as session:
        threads = await threads_of(product)
        origin = {"Cookie": product.owner.cookie, "Origin": product.hub.url}
        socket = await Socket.connect(session, product.hub.url, namespace="/agent", headers=origin, heard=heard)
        for thread in threads:
            answer = await socket.call("open", {"thread": thread})
            assert answer["ok"], answer
        yield receiver
        await socket.close()


async def threads_of(product: Product) -> list[str]:
    """The threads of the watched senders, each opened by a first message."""
    async with aiohttp.ClientSession() as session:
        for n in range(WATCHED):
            first = post(f"first-{n}-{product.inbox['id']}", f"+1555{n:07d}", "The first message")
            async with session.post(product.receiver().url, data=first.body, headers=first.headers) as response:
                assert response.status == 200, await response.text()
    await asyncio.sleep(1)
    page = await product.owner.get("/cases", view="all", sort="newest", limit=WATCHED)
    return [case["thread_id"] for case in page["items"]]
