"""FI-07: an answer leaves as fast through one provider while another one hangs."""

import asyncio
import time
from statistics import quantiles
from uuid import uuid4

from aiohttp import web

from connectors.webhook.simulator import YourSystem
from tests.bench.polling import until
from tests.bench.posts import SECRET
from tests.bench.report import Figure, at_most, say
from tests.bench.stage import Product, Stage

CUSTOMERS = 60
ANSWERS = 150
PACE_S = 0.02


class System(YourSystem):
    """A provider that notes when each answer came, or takes the connection and says nothing."""

    def __init__(self) -> None:
        super().__init__(SECRET)
        self.came: dict[str, float] = {}
        self.answers = asyncio.Event()
        self.answers.set()

    async def _take(self, request: web.Request) -> web.Response:
        await self.answers.wait()
        self.came[(await request.json()).get("text", "")] = time.perf_counter()
        return await super()._take(request)


async def measure(stage: Stage, runs: int) -> list[Figure]:
    ratios, behind = [], ""
    async with stage.product(stage.new_database()) as product, System() as well, System() as ill:
        ours, theirs = await _connect(product, well), await _connect(product, ill)
        await _answers(product, ours, well)
        for turn in range(runs):
            say(f"answers beside a provider that hangs, turn {turn + 1} of {runs}")
            alone = await _answers(product, ours, well)
            ill.answers.clear()
            await asyncio.gather(*(_say(product, theirs, thread, "Hello") for thread in theirs[1]))
            beside = await _answers(product, ours, well)
            ill.answers.set()
            await asyncio.sleep(3)
            ratios.append(beside / alone)
            behind = f"{beside * 1000:.0f} ms beside {alone * 1000:.0f} ms"
    return [at_most("FI-07", "answer out while another provider hangs, p99", ratios, 1.2, 1.0, behind=behind)]


Inbox = tuple[str, list[str]]


async def _connect(product: Product, system: System) -> Inbox:
    """An inbox of its own, and customers who wrote to it."""
    inbox = await product.owner.new_inbox("webhook", secret=SECRET, **system.settings())
    system.hook_url = inbox["hook_url"]
    names = [f"{inbox['id'][-8:]}-{n}" for n in range(CUSTOMERS)]
    await system.deliver(*(system.sign(system.says(uuid4().hex, name, "Hello")) for name in names))
    threads: list[str] = []

    async def known() -> bool:
        page = (await product.owner.get("/cases", view="all", status="open", limit=100))["items"]
        threads[:] = [case["thread_id"] for case in page if case["customer_name"] in names]
        return len(threads) >= min(CUSTOMERS, 40)

    await until(known, 30)
    return inbox["id"], threads


async def _say(product: Product, inbox: Inbox, thread: str, text: str) -> None:
    shown = await product.owner.get(f"/threads/{thread}")
    to = next(target["to"] for target in shown["targets"] if target["inbox_id"] == inbox[0])
    body = {"client_key": uuid4().hex, "last_seen_seq": shown["last_seq"], "inbox_id": inbox[0], "to": to}
    await product.owner.post(f"/threads/{thread}/replies", {**body, "text": text, "undo_s": 0})


async def _answers(product: Product, inbox: Inbox, system: System) -> float:
    """Seconds from the agent's request to the provider's, p99."""
    asked: dict[str, float] = {}
    for n in range(ANSWERS):
        text = uuid4().hex
        asked[text] = time.perf_counter()
        await _say(product, inbox, inbox[1][n % len(inbox[1])], text)
        await asyncio.sleep(PACE_S)

    async def all_came() -> bool:
        return asked.keys() <= system.came.keys()

    await until(all_came, 30)
    return quantiles([system.came[text] - began for text, began in asked.items()], n=100)[98]
