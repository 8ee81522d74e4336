"""P9 to P11: does a screen open as fast in a huge history as in a small one? On PostgreSQL, through the API."""

import time
from collections.abc import Awaitable, Callable

from tests.bench.dataset import Size, thread_id
from tests.bench.load import percentile
from tests.bench.report import Figure, at_least, at_most, say
from tests.bench.stage import Product, Stage

GIANTS = (100_000, 10_000, 50)
GIANT, LARGE, SMALL = range(3)
"""Which customers of the data set have so many entries."""
FEW_THREADS = 10_000
CALLS = 60
PEER_THREAD_MS = 924
"""What the fastest help desk measured needs to open 500 entries, and below for its list at 100,000 tickets."""
PEER_LIST_MS = 1557

Ask = Callable[[], Awaitable[object]]


async def measure(stage: Stage, runs: int, threads: int) -> list[Figure]:
    many, few = await stage.filled(Size(threads, GIANTS)), await stage.filled(Size(FEW_THREADS))
    async with stage.product(many) as product, stage.product(few) as small:
        return [
            *await opening(product, runs),
            await paging(product, runs),
            *await listing(product, small, runs, f"{threads:,} threads"),
        ]


async def opening(product: Product, runs: int) -> list[Figure]:
    def of(n: int) -> Ask:
        return lambda: product.owner.get(f"/threads/{thread_id(n)}")

    say("opening threads")
    ratios, times = await compared(runs, of(LARGE), of(SMALL))
    faster = [PEER_THREAD_MS / ms for ms in times]
    behind = f"{times[-1]:.1f} ms"
    return [
        at_most("P9", "open a thread of 10,000 entries, p95: times one of 50", ratios, 1.3, 1.1, behind=behind),
        at_least("P9", "the same: times faster than the fastest help desk", faster, 30, 100),
    ]


async def paging(product: Product, runs: int) -> Figure:
    def before(seq: int) -> Ask:
        return lambda: product.owner.get(f"/threads/{thread_id(GIANT)}/entries", before=seq)

    say("paging")
    ratios, times = await compared(runs, before(42), before(GIANTS[GIANT]))
    behind = f"{times[-1]:.1f} ms"
    return at_most("P10", "oldest page of 100,000 entries, p95: times newest", ratios, 1.3, 1.1, behind=behind)


async def listing(many: Product, few: Product, runs: int, size: str) -> list[Figure]:
    def of(product: Product) -> Ask:
        return lambda: product.owner.get("/cases", view="all", status="open", limit=50)

    say("listing cases")
    ratios, times = await compared(runs, of(many), of(few))
    faster = [PEER_LIST_MS / ms for ms in times]
    behind = f"{times[-1]:.1f} ms"
    return [
        at_most("P11", f"list of 50 with counts, {size}, p95: times 10,000", ratios, 1.5, 1.2, behind=behind),
        at_least("P11", "the same: times faster than the fastest help desk", faster, 50, 100),
    ]


async def compared(runs: int, one: Ask, other: Ask) -> tuple[list[float], list[float]]:
    """Both in turns, so that noise hits both: for each run the ratio of their p95, and the p95 of the first in ms."""
    ratios, times = [], []
    for _ in range(runs):
        first: list[float] = []
        second: list[float] = []
        for ask, taken in ((one, []), (other, []), *((one, first), (other, second)) * CALLS):
            started = time.perf_counter()
            await ask()
            taken.append(time.perf_counter() - started)
        times.append(percentile(first, 95) * 1000)
        ratios.append(times[-1] / (percentile(second, 95) * 1000))
    return ratios, times
