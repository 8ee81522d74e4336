"""P15: what a message costs when a million are stored, beside what it costs when hardly any are. On PostgreSQL."""

from collections.abc import Iterator
from itertools import count
from uuid import uuid4

import asyncpg

from tests.bench import dataset
from tests.bench.dataset import Size
from tests.bench.load import Load, Receiver
from tests.bench.posts import SENDERS, WORDS, Post, post
from tests.bench.reading import GIANTS
from tests.bench.report import Figure, at_most, say
from tests.bench.stage import Product, Stage
from tests.bench.words import sentence


async def measure(stage: Stage, runs: int, seconds: float, threads: int) -> list[Figure]:
    """The same people write to both hubs, and every message answers one of theirs that is stored."""
    full_database, small_database = await stage.filled(Size(threads, GIANTS)), await stage.filled(Size(SENDERS))
    async with stage.product(full_database) as full, stage.product(small_database) as small:
        sides = [answering(full), answering(small)]
        for product, database in ((full, full_database), (small, small_database)):
            await own_the_stored(product, database)
        for side in sides:
            await side.closed_loop(1)
        pairs = []
        for run in range(runs):
            say(f"growth, turn {run + 1} of {runs}")
            pairs.append([await side.closed_loop(seconds) for side in sides])
    return figures(pairs, f"{threads:,} threads")


def figures(pairs: list[list[Load]], size: str) -> list[Figure]:
    cpu = [one.cpu_us / other.cpu_us for one, other in pairs]
    wait = [other.per_second / one.per_second for one, other in pairs]
    return [
        at_most("P15", f"CPU per answer with {size} stored: times empty", cpu, 1.15, 1.05),
        at_most("P15", "time per answer, 32 callers: times empty", wait, 1.15, 1.05),
    ]


def answering(product: Product) -> Receiver:
    return Receiver(f"{product.hub.url}/hooks/{product.inbox['id']}", product.meter, answers)


def answers() -> Iterator[Post]:
    run, text = uuid4().hex[:8], sentence(WORDS)
    for n in count():
        person = n % SENDERS
        yield post(f"{run}-{n}", dataset.address(person), f"{run}-{n} {text}", reply_to=dataset.ref(person))


async def own_the_stored(product: Product, database: str) -> None:
    """The stored messages came through this very inbox, so that its ids are known here."""
    connection = await asyncpg.connect(database)
    space = product.inbox["id"].replace("-", "")
    refs = [dataset.ref(n) for n in range(SENDERS)]
    await connection.execute("UPDATE entry SET ref_space = $1 WHERE ref = ANY($2)", space, refs)
    await connection.execute("VACUUM ANALYZE entry")
    await connection.close()
