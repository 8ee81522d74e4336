"""P12 to P14: search in a million entries through the API, and intake with search on beside search off."""

import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from statistics import median
from uuid import uuid4

import aiohttp
import asyncpg

from tests.bench.dataset import Size, address, fill
from tests.bench.load import percentile
from tests.bench.polling import until
from tests.bench.posts import post
from tests.bench.reading import GIANTS
from tests.bench.report import Figure, at_least, at_most, say
from tests.bench.stage import Product, Stage
from tests.bench.words import VOCABULARY

EACH = 12
"""Different words of a class; every one is asked once per turn."""
CLASSES = {
    "rare word": [f"{word} " for word in VOCABULARY[15_000 : 15_000 + EACH]],
    "mid word": [f"{word} " for word in VOCABULARY[400 : 400 + EACH]],
    "common word": [f"{word} " for word in VOCABULARY[10 : 10 + EACH]],
    "two words": [f"{VOCABULARY[60 + n]} {VOCABULARY[300 + n]} " for n in range(EACH)],
    "half a word": [word[:3] for word in VOCABULARY[400 : 400 + EACH]],
}
"""A space at the end says that the word is typed to its end."""
NEWEST = "SELECT entry_id FROM search_entry WHERE words @@ $1::tsquery ORDER BY at DESC, entry_id DESC LIMIT 20"
MATCHES_FIRST = (
    "WITH hit AS MATERIALIZED (SELECT entry_id, at FROM search_entry WHERE words @@ $1::tsquery)"
    " SELECT entry_id FROM hit ORDER BY at DESC, entry_id DESC LIMIT 20"
)
FORGET = "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
SEARCH_OFF = "CREATE TRIGGER search_off BEFORE INSERT ON unindexed FOR EACH ROW EXECUTE FUNCTION forget()"
SEARCH_ON = "DROP TRIGGER search_off ON unindexed"

Ask = Callable[[str], Awaitable[object]]


async def measure(stage: Stage, runs: int, seconds: float, threads: int) -> list[Figure]:
    size = Size(threads, GIANTS)
    database = await stage.filled(size)
    async with stage.product(database) as product:
        figures = await on_postgres(product, database, runs)
        figures += [await found_after(product, runs), await beside_intake(product, database, runs, seconds)]
    embedded = f"sqlite:///{stage.folder}/searched.db"
    say(f"making a workspace of {size.entries:,} entries on SQLite")
    await fill(embedded, size)
    async with stage.product(embedded) as product:
        return figures + await on_sqlite(product, runs)


async def on_postgres(product: Product, database: str, runs: int) -> list[Figure]:
    connection = await asyncpg.connect(database)
    empty = median(await times(api(product), ["qqqqqqqq "] * EACH))
    figures = []
    for name, words in CLASSES.items():
        say(f"search on PostgreSQL: {name}")
        ours = [await times(api(product), words) for _ in range(runs)]
        slowest = [percentile(run, 95) for run in ours]
        figures.append(at_most("P12", f"search on PostgreSQL, {name}, p95", slowest, 100, 50, unit="ms"))
        if " " in words[0]:
            best = min([median(await times(raw(connection, plan), words)) for plan in (NEWEST, MATCHES_FIRST)])
            ratios = [median(run) / (best + empty) for run in ours]
            behind = f"best plan {best:.1f} ms"
            figures.append(
                at_most("P12", "the same: times the better raw plan and a call", ratios, 5, 2, behind=behind)
            )
    await connection.close()
    return figures


async def on_sqlite(product: Product, runs: int) -> list[Figure]:
    figures = []
    for name, words in CLASSES.items():
        say(f"search on SQLite: {name}")
        slowest = [percentile(await times(api(product), words), 95) for _ in range(runs)]
        figures.append(at_most("P13", f"search on SQLite, {name}, p95", slowest, 20, 5, unit="ms"))
    return figures


def api(product: Product) -> Ask:
    return lambda words: product.owner.get("/search", q=words)


def raw(connection: asyncpg.Connection, plan: str) -> Ask:
    return lambda words: connection.fetch(plan, " & ".join(f"'{word}'" for word in words.split()))


async def times(ask: Ask, words: Sequence[str]) -> list[float]:
    taken = []
    for word in words:
        started = time.perf_counter()
        await ask(word)
        taken.append((time.perf_counter() - started) * 1000)
    return taken


async def found_after(product: Product, runs: int) -> Figure:
    """Seconds from the ack of a message to its first appearance in a search."""
    taken = []
    async with aiohttp.ClientSession() as session:
        for _ in range(runs):
            word = f"w{uuid4().hex}"
            one = post(word, address(5), f"where is {word}")
            async with session.post(product.receiver().url, data=one.body, headers=one.headers) as response:
                assert response.status == 200
            taken.append(await until(partial(found, product, word), 30))
    return at_most("P14", "a new message is found after", taken, 2, 1, unit="s")


async def found(product: Product, word: str) -> bool:
    answer = await product.owner.get("/search", q=word)
    return bool(answer["entries"]["items"])


async def beside_intake(product: Product, database: str, runs: int, seconds: float) -> Figure:
    """A trigger in the database keeps the indexer's queue empty: the same hub with search off."""
    connection = await asyncpg.connect(database)
    await connection.execute(FORGET)
    receiver = product.receiver()
    await receiver.closed_loop(1)
    shares = []
    for run in range(runs):
        say(f"intake with search on and off, turn {run + 1} of {runs}")
        on = (await receiver.closed_loop(seconds)).per_second
        await connection.execute(SEARCH_OFF)
        off = (await receiver.closed_loop(seconds)).per_second
        await connection.execute(SEARCH_ON)
        shares.append(on / off)
    await connection.close()
    return at_least("P14", "intake with search on: of search off", shares, 0.85, 0.95)
