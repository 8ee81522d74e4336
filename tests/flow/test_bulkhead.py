"""A provider that hangs or is down takes nothing from the others, and one message at a time tries it again (FI-07)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
import sqlalchemy as sa

from connectors.webhook.simulator import YourSystem
from hub.contract import Address
from hub.core.compose import Reply, Said, Words
from hub.flow import breaker, dispatch, ways
from hub.models import utcnow
from hub.models.tables import DELIVERY, REST
from hub.testkit import Fault
from tests.flow.conftest import SECRET, Plant

CUSTOMERS = 40


class Hanging:
    """A second inbox whose provider takes the connection and says nothing; with customers who wait for answers."""

    def __init__(self, plant: Plant, system: YourSystem, inbox_id: UUID, threads: list[UUID]) -> None:
        self.plant, self.system, self.inbox_id, self.threads = plant, system, inbox_id, threads

    async def answer_all(self) -> list[UUID]:
        return [await self.say(n, "Hello") for n in range(len(self.threads))]

    async def say(self, n: int, text: str) -> UUID:
        words = Words(self.inbox_id, Address("webhook", f"customer-{n}"), text)
        said: Said = await self.plant.hub.writer.submit(Reply(self.plant.ann, self.threads[n], uuid4().hex, words))
        assert said.entry_id
        return said.entry_id

    async def states(self) -> dict[str, int]:
        states = sa.select(DELIVERY.c.state, sa.func.count()).where(DELIVERY.c.inbox_id == self.inbox_id)
        found = await self.plant.hub.db.read(lambda conn: conn.execute(states.group_by(DELIVERY.c.state)).all())
        return {row[0]: row[1] for row in found}

    async def rest(self) -> Any:
        here = sa.select(REST).where(REST.c.inbox_id == self.inbox_id, REST.c.until.is_not(None))
        return await self.plant.hub.db.read(lambda conn: conn.execute(here).mappings().first())

    async def until(self, holds: Any) -> Any:
        async with asyncio.timeout(60):
            while not (found := await holds()):  # noqa: ASYNC110
                await asyncio.sleep(0.03)
        return found


class Slow(YourSystem):
    """Counts how many wait for it at the same time."""

    def __init__(self) -> None:
        super().__init__(SECRET)
        self.hangs = asyncio.Event()
        self.hangs.set()
        self.waiting = self.most_waiting = self.asked = 0

    async def _take(self, request: Any) -> Any:
        self.waiting += 1
        self.asked += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        try:
            await request.read()
            while not self.hangs.is_set():
                if request.transport is None or request.transport.is_closing():
                    return self.failure(499, "The client went away")
                await asyncio.sleep(0.02)
            return await super()._take(request)
        finally:
            self.waiting -= 1


@pytest_asyncio.fixture
async def hanging(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hanging]:
    monkeypatch.setattr(dispatch, "SEND_TIMEOUT_S", 3.0)
    monkeypatch.setattr(breaker, "FIRST_PAUSE_S", 0.5)
    async with Slow() as system:
        inbox_id = await plant.inbox("webhook", secret=SECRET, **system.settings())
        system.hook_url = f"{plant.hub.config.address}/hooks/{inbox_id}"
        threads = []
        for n in range(CUSTOMERS):
            raw = system.sign(system.says(uuid4().hex, f"customer-{n}", "Hello"))
            _, receipt = await plant.hub.intake.receive(inbox_id, raw)
            threads.append(receipt.threads[0])
        made = Hanging(plant, system, inbox_id, threads)
        yield made
        system.hangs.set()


async def test_a_provider_that_hangs_takes_only_its_own_places_and_then_none(
    hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "SEND_TIMEOUT_S", 8.0)
    system = hanging.system
    assert isinstance(system, Slow)
    system.hangs.clear()
    await hanging.answer_all()
    await hanging.until(lambda: _waits(system))
    await asyncio.sleep(0.3)
    assert system.most_waiting == ways.PLACES, "and no more, although forty customers wait"
    monkeypatch.setattr(dispatch, "SEND_TIMEOUT_S", 3.0)
    await hanging.until(hanging.rest)
    tried = system.asked
    rest = await hanging.rest()
    assert "No answer in time" in rest["reason"]
    await hanging.until(lambda: _over(rest["until"]))
    assert system.asked <= tried + 1, "after the pause one message tries whether it is over"
    system.hangs.set()
    await hanging.until(lambda: _is(hanging, {"sent": CUSTOMERS}))
    assert await hanging.rest() is None, "it recovers by itself"
    assert len(system.shown) == CUSTOMERS


async def _over(until: Any) -> bool:
    return bool(utcnow() > until)


async def _is(hanging: Hanging, states: dict[str, int]) -> bool:
    return await hanging.states() == states


async def test_others_go_out_while_it_hangs(hanging: Hanging, monkeypatch: pytest.MonkeyPatch) -> None:
    """How fast is for `make bench ARGS="isolation"` to say."""
    monkeypatch.setattr(dispatch, "SEND_TIMEOUT_S", 30.0)
    system, plant = hanging.system, hanging.plant
    assert isinstance(system, Slow)
    thread = await plant.customer("maya")
    system.hangs.clear()
    await hanging.answer_all()
    await hanging.until(lambda: _waits(system))
    for number in range(20):
        await plant.reply(thread, "maya", f"Answer {number}")
    async with asyncio.timeout(20):
        while len(plant.webhook.shown) < 20:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert system.waiting == system.most_waiting == ways.PLACES, "all the while"
    assert [shown.text for shown in plant.webhook.shown] == [f"Answer {number}" for number in range(20)]


async def _waits(system: Slow) -> bool:
    return system.waiting >= ways.PLACES


async def test_a_provider_that_is_down_is_left_alone_between_its_tries(hanging: Hanging) -> None:
    system = hanging.system
    await system.stop()
    await hanging.answer_all()
    rest = await hanging.until(hanging.rest)
    assert "can't be reached" in rest["reason"]
    attempts = sa.select(sa.func.sum(DELIVERY.c.attempts)).where(DELIVERY.c.inbox_id == hanging.inbox_id)
    tried = await hanging.plant.hub.db.read(lambda conn: conn.scalar(attempts))
    await asyncio.sleep(1.5)
    later = await hanging.plant.hub.db.read(lambda conn: conn.scalar(attempts))
    assert later <= max(tried, ways.PLACES + breaker.IN_A_ROW) + 3, "one try for each pause"


async def test_one_customer_s_full_mailbox_says_nothing_about_the_provider(
    hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "FIRST_BACK_OFF_S", 0.02)
    system = hanging.system
    system.misbehave(*[Fault.DOWN] * (breaker.IN_A_ROW + 1))
    await hanging.plant.settled(await hanging.say(0, "Hello"), "sent")
    assert await hanging.rest() is None


async def test_a_long_line_of_one_customer_lets_others_go_first(
    hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one place for all, those who wait take turns."""
    monkeypatch.setattr(ways, "PLACES", 1)
    system = hanging.system
    assert isinstance(system, Slow)
    system.hangs.clear()
    line = [await hanging.say(0, f"Long {n}") for n in range(3 * dispatch.TURN)]
    await hanging.say(1, "Short")
    system.hangs.set()
    await hanging.plant.settled(line[-1], "sent")
    order = [shown.text for shown in system.shown]
    assert order.index("Short") <= dispatch.TURN
    assert [text for text in order if text != "Short"] == [f"Long {n}" for n in range(3 * dispatch.TURN)]
