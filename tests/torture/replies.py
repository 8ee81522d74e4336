"""Agents answer through three providers that fail in three of ten sends, while the hub is killed (FI-05, FI-06)."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from connectors.meta.simulator import MetaSimulator
from connectors.twilio_sms.simulator import TwilioSimulator
from connectors.webhook.simulator import YourSystem
from hub.testkit import Fault, HttpSimulator
from tests.support.hub import Hub
from tests.support.owner import Owner
from tests.torture.answers import Accepted, Agent, AnswerVerdict, judge, token_in
from tests.torture.kills import OUTBOUND_POINTS, Kills, Reaper
from tests.torture.trial import settled_entries

SECRET = "a-secret-of-the-torture"
ACCOUNT, TOKEN, NUMBER = "AC" + "5e" * 16, "a-token-of-the-torture", "+15005550006"
META_ID, APP = "17841400000000001", "1234567890"
FAULTS = (Fault.DOWN, Fault.DOWN, Fault.BUSY, Fault.DROPPED, Fault.DROPPED, Fault.REFUSED)
LIVES = (1.0, 6.0)
"""Long enough to send something in between."""
CUT_OFF = 0.05
"""Share of sends whose line is cut before the provider reads them."""
FAULTY = 0.25
"""Share of all others that end in one of the faults."""


@dataclass(frozen=True)
class Plan:
    seed: int
    customers: int
    """Of each provider."""
    replies: int
    """To each customer, at least."""
    at_random: int
    passes: int


class Unreliable(HttpSimulator):
    """Mixed into a provider: every send may fail, by a chance that the seed decides."""

    chance = random.Random()
    sound = False
    """No more faults: what is left may settle."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.had: Counter[str] = Counter()
        self.retry_after = 1

    def next_fault(self) -> Fault | None:
        if self.sound or self.chance.random() > FAULTY:
            return None
        fault = self.chance.choice(FAULTS)
        self.had[fault] += 1
        return fault

    @web.middleware
    async def _misbehaving(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.method == "POST" and not self.sound and self.chance.random() < CUT_OFF and request.transport:
            self.had["cut off"] += 1
            request.transport.abort()
            return web.Response()
        response: web.StreamResponse = await super()._misbehaving(request, handler)
        return response


class System(Unreliable, YourSystem):
    """The customer's own system."""


class Twilio(Unreliable, TwilioSimulator):
    """Twilio."""


class Instagram(Unreliable, MetaSimulator):
    """Instagram."""


@dataclass
class Outcome:
    replies: int
    verdict: AnswerVerdict
    out_of_order: list[str]
    states: dict[str, Counter[str]]
    doubted: dict[str, int]
    """Replies that a provider has and the hub still calls uncertain."""
    faults: dict[str, Counter[str]]
    kills: Kills = field(default_factory=Kills)
    told: dict[str, str] = field(default_factory=dict)
    """What the hub says of each reply."""

    @property
    def broken(self) -> dict[str, list[str]]:
        disorder = {"out_of_order": self.out_of_order[:5]} if self.out_of_order else {}
        return self.verdict.broken | disorder

    def lines(self) -> Iterable[str]:
        yield f"{self.replies} replies, killed {self.kills.at.total()} times"
        for name, states in self.states.items():
            faults = ", ".join(f"{fault} {n}" for fault, n in sorted(self.faults[name].items()))
            shown = ", ".join(f"{state} {n}" for state, n in sorted(states.items()))
            yield f"  {name}: {shown}, of these uncertain though taken {self.doubted[name]}; faults: {faults}"
        counts = {name: len(v) if isinstance(v, list) else v for name, v in vars(self.verdict).items()}
        yield "  " + ", ".join(f"{name} {n}" for name, n in {**counts, "out_of_order": len(self.out_of_order)}.items())
        for name, tokens in self.broken.items():
            yield from (f"  {name}: {token}: {self.told.get(token, 'nothing')}" for token in tokens)


class Counted(Accepted):
    """How often each provider took a reply: a webhook's key that it knows is no second time."""

    def __init__(self, providers: Sequence[Unreliable]) -> None:
        super().__init__()
        self._providers = providers

    def times(self, token: str) -> int:
        return self._taken()[token]

    def _taken(self) -> Counter[str]:
        return Counter(token_in(shown.text) for provider in self._providers for shown in provider.shown)


@dataclass
class Stage:
    owner: Owner
    providers: dict[str, Unreliable]
    threads: list[str]


@asynccontextmanager
async def stage(hub: Hub, plan: Plan) -> AsyncIterator[Stage]:
    """A running hub with three inboxes, their providers, and customers who have written through each."""
    Unreliable.chance, Unreliable.sound = random.Random(plan.seed), True
    async with AsyncExitStack() as stack:
        owner = await stack.enter_async_context(Owner(hub))
        system = await stack.enter_async_context(System(SECRET))
        twilio = await stack.enter_async_context(Twilio(ACCOUNT, TOKEN, number=NUMBER))
        meta = await stack.enter_async_context(
            Instagram("instagram", META_ID, token=TOKEN, app_id=APP, app_secret=SECRET, verify_token=SECRET)
        )
        webhook = await owner.new_inbox("webhook", secret=SECRET, **system.settings())
        sms = await owner.new_inbox(
            "twilio_sms", account_sid=ACCOUNT, auth_token=TOKEN, number=NUMBER, rate_per_s=50, **twilio.settings()
        )
        instagram = await owner.new_inbox(
            "instagram", instagram_id=META_ID, access_token=TOKEN, app_id=APP, app_secret=SECRET, verify_token=SECRET,
            **meta.settings(),
        )  # fmt: skip
        system.hook_url, twilio.hook_url, meta.hook_url = (inbox["hook_url"] for inbox in (webhook, sms, instagram))
        for n in range(plan.customers):
            await system.deliver(system.says(f"hello-{n}", f"customer-{n}", "Hello"))
            await twilio.deliver(twilio.says(f"+4915100000{n:03}", "Hello"))
            await meta.tells(meta.person(f"Person {n}").writes("Hello"))
        providers: dict[str, Unreliable] = {"webhook": system, "sms": twilio, "instagram": meta}
        yield Stage(owner, providers, await _threads(owner, 3 * plan.customers))


async def _threads(owner: Owner, n: int) -> list[str]:
    for _ in range(300):
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = await owner.get("/customers", **cursor)
            found += [customer["thread_id"] for customer in page["items"]]
            if not page["next"]:
                break
            cursor = {"cursor": page["next"]}
        if len(found) == n:
            return found
        await asyncio.sleep(0.1)
    raise TimeoutError(f"of {n} customers {len(found)} showed up:\n{owner.hub.log[-4000:]}")


async def run(hub: Hub, plan: Plan) -> Outcome:
    """`hub` is one that never ran; it runs when this returns."""
    await asyncio.to_thread(hub.start)
    async with stage(hub, plan) as on:
        agent = Agent(on.owner, f"{plan.seed:x}")
        await asyncio.to_thread(hub.kill)
        Unreliable.sound = False
        reaper = Reaper(hub, plan.seed, LIVES)
        async with asyncio.TaskGroup() as everybody:
            everybody.create_task(reaper.reap(OUTBOUND_POINTS * plan.passes, plan.at_random))
            for thread in on.threads:
                everybody.create_task(agent.answer(thread, plan.replies, reaper.done))
        Unreliable.sound = True
        entries = await settled_entries(on.owner)
        counted = Counted(list(on.providers.values()))
        verdict = judge(agent.answers, counted, entries)
        return Outcome(
            len(agent.answers),
            verdict,
            out_of_order([(answer.thread, answer.token) for answer in agent.answers], on.providers.values()),
            {name: states(entries, name) for name in on.providers},
            {name: doubted(entries, name, counted) for name in on.providers},
            {name: provider.had for name, provider in on.providers.items()},
            reaper.kills,
            {token_in(entry["text"]): str(entry["deliveries"]) for entry in entries if entry["deliveries"]},
        )


def states(entries: Iterable[dict[str, Any]], channel: str) -> Counter[str]:
    return Counter(d["state"] for entry in entries for d in entry["deliveries"] if d["channel"] == channel)


def doubted(entries: Iterable[dict[str, Any]], channel: str, counted: Counted) -> int:
    unsure = [e for e in entries for d in e["deliveries"] if (d["channel"], d["state"]) == (channel, "uncertain")]
    return sum(bool(counted.times(token_in(entry["text"]))) for entry in unsure)


def out_of_order(written: Sequence[tuple[str, str]], providers: Iterable[Unreliable]) -> list[str]:
    """Replies that a provider first took after a later one to the same customer, sent again by nobody's hand."""
    place = {token: n for n, (_, token) in enumerate(written)}
    wrong = []
    for provider in providers:
        by_customer: Callable[[Any], str] = lambda shown: str(shown.to)  # noqa: E731
        for _, taken in itertools.groupby(sorted(provider.shown, key=by_customer), key=by_customer):
            latest = -1
            for token in dict.fromkeys(token_in(shown.text) for shown in taken):
                if place[token] < latest:
                    wrong.append(token)
                latest = max(latest, place[token])
    return wrong
