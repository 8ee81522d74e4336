"""An inbox keeps to its rate, whatever waits: in one process, in several, and over all of its customers."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from hub.contract import Address
from hub.core import rests
from hub.core.compose import Reply, Said, Words
from hub.flow.rates import Rates
from hub.models import utcnow
from tests.flow.conftest import Plant
from tests.support.scripted import SMALL, PagerConnector, event, pagers
from tests.support.workshop import Workshop

RATE = 10.0


async def test_messages_of_all_customers_leave_one_after_the_other(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PagerConnector, "capabilities", replace(SMALL, rate_per_s=RATE))
    with pagers(monkeypatch) as provider:
        inbox = await plant.inbox("pager")
        sent: list[float] = []
        send = provider.send

        async def noting(outgoing: object) -> str:
            sent.append(time.monotonic())
            return await send(outgoing)  # type: ignore[arg-type]

        monkeypatch.setattr(provider, "send", noting)
        entries = [
            await say(plant, inbox, f"+49151000{n:04}", "First of all, hello. Second, thank you.") for n in range(6)
        ]
        for entry_id in entries:
            await plant.settled(entry_id, "sent")
    assert len(sent) == 12, "each text is two messages"
    assert sent[-1] - sent[0] >= 11 / RATE * 0.95
    for first, eleventh in zip(sent, sent[10:], strict=False):
        assert eleventh - first >= 0.9, "never more than ten in a second"


async def say(plant: Plant, inbox: UUID, number: str, text: str) -> UUID:
    _, receipt = await plant.hub.intake.receive(inbox, event(ref=number, text="Hello", **{"from": number}))
    words = Words(inbox, Address("phone", number), text)
    said: Said = await plant.hub.writer.submit(Reply(plant.ann, receipt.threads[0], uuid4().hex, words))
    assert said.entry_id
    return said.entry_id


async def test_two_processes_share_one_rate(workshop: Workshop) -> None:
    inbox, began = workshop.sms.id, time.monotonic()
    one, other = (Rates(workshop.db, utcnow, shared=True) for _ in range(2))

    async def take(rates: Rates) -> None:
        for _ in range(4):
            await rates.wait(inbox, RATE)

    await asyncio.gather(take(one), take(other))
    assert time.monotonic() - began >= 7 / RATE


async def test_what_was_not_used_is_not_saved_up(workshop: Workshop) -> None:
    inbox, now, apart = workshop.sms.id, workshop.now, timedelta(seconds=1)
    later = now + timedelta(hours=1)

    async def moment(at: datetime) -> datetime:
        return await workshop.db.write(lambda conn: rests.next_moment(conn, inbox, at, apart))

    assert [await moment(now), await moment(now)] == [now, now + apart]
    assert [await moment(later), await moment(later)] == [later, later + apart]


async def test_no_rate_is_no_wait(workshop: Workshop) -> None:
    rates, began = Rates(workshop.db, utcnow, shared=False), time.monotonic()
    for _ in range(1000):
        await rates.wait(workshop.sms.id, None)
    assert time.monotonic() - began < 0.5
