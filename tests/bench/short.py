"""The short form, for every change: CPU and statements per message against bounds that were recorded before.

Neither moves with the machine's mood: CPU is taken as a ratio to the reference in turns, statements are counted.
"""

import json
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.intake import watch
from tests.bench.load import Receiver
from tests.bench.report import Figure, at_most, say
from tests.bench.stage import Product, Stage
from tests.bench.statements import counted
from tests.support.postgres import PostgresServer

BOUNDS = Path(__file__).with_name("bounds.json")
TURNS = 3
SECONDS = 2.0
ROOM = 1.5
"""What is recorded is this much above what was measured; what was counted is recorded as it is."""

Measured = dict[str, float]


async def measure(stage: Stage) -> Measured:
    async with (
        stage.reference() as reference,
        stage.product(stage.new_database()) as scaled,
        stage.product() as embedded,
        watch(reference),
    ):
        receivers = {"postgresql": scaled.receiver(), "sqlite": embedded.receiver()}
        for receiver in (reference, *receivers.values()):
            await receiver.closed_loop(1)
        measured = await cpu(reference, receivers)
        return measured | await statements(stage.server, scaled)


async def cpu(reference: Receiver, receivers: dict[str, Receiver]) -> Measured:
    """Times the reference's CPU per message; the median of the turns."""
    ratios: dict[str, list[float]] = {name: [] for name in receivers}
    for turn in range(TURNS):
        say(f"short form, turn {turn + 1} of {TURNS}")
        base = (await reference.closed_loop(SECONDS)).cpu_us
        for name, receiver in receivers.items():
            ratios[name].append((await receiver.closed_loop(SECONDS)).cpu_us / base)
    return {f"CPU per message on {name}, times reference": median(values) for name, values in ratios.items()}


async def statements(server: PostgresServer, product: Product) -> Measured:
    """What every message takes when it comes alone, and all that is done per message when 32 share their commits."""
    say("counting statements")
    receiver = product.receiver()
    with counted(server) as count:
        alone = await receiver.closed_loop(SECONDS, 1)
        before = count.so_far
        together = await receiver.closed_loop(SECONDS)
        total = (count.so_far - before).total()
    # what runs by the clock is done less often than once a message and falls out
    every = sum(int(times / len(alone.acks) + 0.1) for times in before.values())
    return {"statements for one message": every, "statements per message among 32": total / len(together.acks)}


def against(bounds: dict[str, Any], measured: Measured) -> list[Figure]:
    return [at_most("short", name, [value], bounds[name], bounds[name], unit="") for name, value in measured.items()]


def record(measured: Measured) -> None:
    bounds = {name: value if isinstance(value, int) else round(value * ROOM, 2) for name, value in measured.items()}
    BOUNDS.write_text(json.dumps(bounds, indent=2) + "\n")


def recorded() -> dict[str, Any]:
    bounds: dict[str, Any] = json.loads(BOUNDS.read_text())
    return bounds
