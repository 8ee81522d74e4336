"""One trial: customers on three connectors and an agent write to one hub, the reaper ends it, the ledger judges."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.bench.posts import SECRET
from tests.support.hub import Hub
from tests.support.owner import Owner
from tests.support.processes import free_port
from tests.torture.answers import Accepted, Agent, AnswerVerdict, judge, mail_sink, webhook_sink
from tests.torture.kills import INBOUND_POINTS, OUTBOUND_POINTS, Kills, Reaper
from tests.torture.ledger import Found, Ledger, Verdict
from tests.torture.senders import MailSender, Sender, VisitorSender, WebhookSender

SUPPORT = "support@shop.example"
SETTLES_WITHIN_S = 120
REACHABLE_OF_EACH = 4


@dataclass(frozen=True)
class Plan:
    seed: int
    senders: int
    """On each of the three connectors."""
    messages: int
    """Of each sender."""
    answers: int
    """To each customer whom a provider can reach."""
    passes: int
    """How often the hub is killed at every fail point."""
    at_random: int

    @property
    def points(self) -> Sequence[str]:
        return (INBOUND_POINTS + OUTBOUND_POINTS) * self.passes


@dataclass
class Outcome:
    messages: int
    tries: int
    verdict: Verdict
    answers: int
    answer_verdict: AnswerVerdict
    kills: Kills


@dataclass
class Scene:
    """A hub with its owner signed in, one inbox for each connector, and providers that take its answers."""

    hub: Hub
    owner: Owner
    session: aiohttp.ClientSession
    accepted: Accepted
    hook: str
    mail_port: int
    chat_inbox: str

    def senders(self, seed: int, of_each: int) -> list[Sender]:
        made: list[Sender] = []
        for n in range(of_each):
            made.append(WebhookSender(f"webhook{n}", seed, self.session, self.hook))
            made.append(MailSender(f"mail{n}", seed, self.mail_port, SUPPORT))
            made.append(VisitorSender(f"visitor{n}", seed, self.session, self.hub.url, self.chat_inbox))
        return made


@asynccontextmanager
async def scene(hub: Hub) -> AsyncIterator[Scene]:
    """The hub runs on entry; on exit it may be in any state."""
    accepted, mail_in, mail_out = Accepted(), free_port(), free_port()
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        sink = await stack.enter_async_context(webhook_sink(accepted, free_port()))
        await stack.enter_async_context(mail_sink(accepted, mail_out))
        owner = await stack.enter_async_context(Owner(hub))
        webhook = await owner.new_inbox("webhook", secret=SECRET, url=sink)
        sending = {"smtp_host": "127.0.0.1", "smtp_port": mail_out, "smtp_tls": "none"}
        await owner.new_inbox("email", address=SUPPORT, receive="smtp", listen_port=mail_in, **sending)
        chat = await owner.new_inbox("chat", name="Shop")
        yield Scene(hub, owner, session, accepted, f"{hub.url}/hooks/{webhook['id']}", mail_in, chat["id"])


async def run(hub: Hub, plan: Plan) -> Outcome:
    """`hub` is one that never ran; it runs when this returns."""
    await asyncio.to_thread(hub.start)
    async with scene(hub) as on:
        ledger, agent = Ledger(plan.seed), Agent(on.owner, f"{plan.seed:x}")
        answered = await first_threads(on, ledger)
        await asyncio.to_thread(hub.kill)
        reaper, senders = Reaper(hub, plan.seed), on.senders(plan.seed, plan.senders)
        async with asyncio.TaskGroup() as everybody:
            everybody.create_task(reaper.reap(plan.points, plan.at_random))
            for sender in senders:
                everybody.create_task(sender.say(ledger, plan.messages, reaper.done))
            for thread in answered:
                everybody.create_task(agent.answer(thread, plan.answers, reaper.done))
        for sender in senders:
            await sender.close()
        entries = await settled_entries(on.owner)
    verdict = judge(agent.answers, on.accepted, entries)
    return Outcome(len(ledger), ledger.tries, ledger.judge(said(entries)), len(agent.answers), verdict, reaper.kills)


async def first_threads(on: Scene, ledger: Ledger) -> list[str]:
    """The threads of some customers whom a provider can reach, by webhook and by mail.

    Several of each: a kill may leave one customer's answers leased to the dead process for a while.
    """
    reachable: list[Sender] = []
    for n in range(REACHABLE_OF_EACH):
        reachable.append(WebhookSender(f"asker{n}", 0, on.session, on.hook))
        reachable.append(MailSender(f"mail-asker{n}", 0, on.mail_port, SUPPORT))
    for sender in reachable:
        await sender.say(ledger, 1)
    for _ in range(200):
        threads = await all_threads(on.owner)
        if len(threads) == len(reachable):
            return threads
        await asyncio.sleep(0.1)
    raise TimeoutError(f"the first messages did not show up:\n{on.hub.log[-4000:]}")


def said(entries: Iterable[dict[str, Any]]) -> list[Found]:
    """What customers said, as the ledger wants it."""
    return [
        Found(entry["thread_id"], entry["seq"], entry["text"])
        for entry in entries
        if entry["kind"] == "message" and entry["direction"] == "in"
    ]


async def all_threads(owner: Owner) -> list[str]:
    threads: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await owner.get("/customers", **cursor)
        threads += [customer["thread_id"] for customer in page["items"]]
        if not page["next"]:
            return threads
        cursor = {"cursor": page["next"]}


async def all_entries(owner: Owner) -> list[dict[str, Any]]:
    """Every entry of every thread, as an agent would page through them."""
    entries: list[dict[str, Any]] = []
    for thread in await all_threads(owner):
        after, more = 0, True
        while more:
            page = await owner.get(f"/threads/{thread}/entries", after=after)
            entries += page["entries"]
            after, more = max((entry["seq"] for entry in page["entries"]), default=after), page["more_after"]
    return entries


async def settled_entries(owner: Owner) -> list[dict[str, Any]]:
    """Everything, once mails are read and answers have left; after the time allowed, as it then is."""
    loop = asyncio.get_running_loop()
    deadline, before = loop.time() + SETTLES_WITHIN_S, -1
    while True:
        entries = await all_entries(owner)
        going = [d for entry in entries for d in entry["deliveries"] if d["state"] in ("queued", "sending")]
        if (not going and len(entries) == before) or loop.time() > deadline:
            return entries
        before = len(entries)
        await asyncio.sleep(1)
