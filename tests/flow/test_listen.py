"""Who reads a mailbox when several processes could: one at a time, and another when it falls silent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from hub.contract import Cursor, Intake
from hub.flow import listen
from hub.flow.listen import DurableCursor, Listeners
from hub.inboxes import Running
from tests.support.workshop import Workshop


class Mailbox:
    """A connector that only listens, and knows who does."""

    listens_everywhere = False

    def __init__(self) -> None:
        self.readers = 0
        self.most = 0
        self.times = 0

    async def listen(self, intake: Intake, cursor: Cursor) -> None:
        self.readers += 1
        self.times += 1
        self.most = max(self.most, self.readers)
        try:
            await asyncio.Event().wait()
        finally:
            self.readers -= 1


def process(workshop: Workshop, mailbox: Mailbox, worker: str) -> asyncio.Task[None]:
    running = Running(mailbox, workshop.email, 1)  # type: ignore[arg-type]
    inboxes: Any = SimpleNamespace(all=lambda: [running], on_change=lambda _: None)
    unused: Any = None
    return asyncio.create_task(Listeners(workshop.db, inboxes, unused, lambda: workshop.now, worker).run())


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_one_process_reads_and_another_takes_over(workshop: Workshop, monkeypatch: Any) -> None:
    monkeypatch.setattr(listen, "LEASE", timedelta(seconds=0.4))
    mailbox = Mailbox()
    first, second = process(workshop, mailbox, "first"), process(workshop, mailbox, "second")

    async def read_by(times: int) -> bool:
        return mailbox.readers == 1 and mailbox.times == times

    await until(lambda: read_by(1))
    await asyncio.sleep(0.5)
    assert mailbox.most == 1
    await end(first)
    await until(lambda: read_by(2))
    assert mailbox.most == 1
    await end(second)


async def test_a_dead_process_is_followed_when_its_lease_runs_out(workshop: Workshop, monkeypatch: Any) -> None:
    monkeypatch.setattr(listen, "LEASE", timedelta(seconds=0.4))
    from hub.core.lanes import lease_one

    lane = f"listen:{workshop.email.id.hex}"
    assert await workshop.db.write(lambda conn: lease_one(conn, "dead", lane, workshop.now))
    mailbox = Mailbox()
    task = process(workshop, mailbox, "alive")
    await asyncio.sleep(0.4)
    assert mailbox.readers == 0
    workshop.later(seconds=61)

    async def reads() -> bool:
        return mailbox.readers == 1

    await until(reads)
    await end(task)


async def test_a_cursor_is_remembered(workshop: Workshop) -> None:
    cursor = DurableCursor(workshop.db, workshop.email.id)
    assert await cursor.load() == {}
    await cursor.save({"uid": 7})
    await cursor.save({"uid": 9})
    assert await DurableCursor(workshop.db, workshop.email.id).load() == {"uid": 9}
