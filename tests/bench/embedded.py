"""P4 and P17: the hub as it starts without anything else, on SQLite with a full fsync for every commit."""

import tempfile
import time
from pathlib import Path

from tests.bench.floor import Floor
from tests.bench.intake import PEER
from tests.bench.load import Load
from tests.bench.report import Figure, at_least, at_most, say
from tests.bench.stage import Stage, on_core
from tests.bench.words import sentence
from tests.support.hub import Hub


async def measure(stage: Stage, runs: int, seconds: float) -> list[Figure]:
    shares, loads, factors = [], [], []
    async with stage.product() as product, stage.reference() as reference:
        receiver = product.receiver()
        await receiver.closed_loop(1)
        for run in range(runs):
            say(f"SQLite intake, turn {run + 1} of {runs}")
            floor = await rows_per_second(stage, seconds)
            loads.append(await receiver.closed_loop(seconds))
            peer = (await reference.closed_loop(seconds)).per_second * PEER
            shares.append(loads[-1].per_second / floor)
            factors.append(loads[-1].per_second / peer)
    starts = [cold_start(stage) for _ in range(runs)]
    return [
        at_least(
            "P4", "webhook intake on SQLite, acks/s, 32 callers: of row floor", shares, 0.04, 0.08, behind=seen(loads)
        ),
        at_least("P4", "the same: times the fastest help desk", factors, 10, 15),
        at_most("P17", "cold start on SQLite to the first 200", starts, 1.5, 1.0, unit="s"),
    ]


def seen(loads: list[Load]) -> str:
    return f"{loads[-1].per_second:.0f}/s, {loads[-1].cpu_us:.0f} µs"


async def rows_per_second(stage: Stage, seconds: float) -> float:
    path = Path(tempfile.mkdtemp(dir=stage.folder)) / "floor.db"
    return await Floor(path).rows_per_second(seconds, sentence(60))


def cold_start(stage: Stage) -> float:
    """From nothing: an empty folder, migrations included."""
    say("cold start")
    hub = Hub(Path(tempfile.mkdtemp(dir=stage.folder)))
    started = time.perf_counter()
    with on_core(0):
        hub.start()
    took = time.perf_counter() - started
    hub.kill()
    return took
