"""What a provider had for us and we never heard of is filled in from its own list.

Asked at the start, after every outage of ours, and now and then: webhooks are repeated once or never, lists wait.
Each thing found takes the way of every arrival, where what is there already changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.contract import ConnectorError, Reconciles
from hub.core.errors import UnknownInbox
from hub.core.lanes import LEASE, give_back, lease_one
from hub.db import Database, DatabaseGone
from hub.flow.intake import Intake
from hub.inboxes import Inboxes, Running
from hub.models import Inbox

log = logging.getLogger(__name__)

INBOX = Inbox.__table__  # type: ignore[attr-defined]

TICK_S = 5.0
EVERY_S = 900.0
PAUSES_S: tuple[float, ...] = (60, 300, EVERY_S)
"""After a failure, by how many there were in a row."""
OVERLAP = timedelta(minutes=10)
"""Providers list a message a while after they took it."""
KEEP_LEASE_S = 20.0
NEW = ("done", "new", "dead")


class Reconciler:
    """One task for each inbox that is due; among several processes one asks for an inbox at a time."""

    def __init__(
        self, db: Database, inboxes: Inboxes, intake: Intake, now: Callable[[], datetime], worker: str
    ) -> None:
        self._db, self._inboxes, self._intake, self._now, self._worker = db, inboxes, intake, now, worker
        self._due_at: dict[UUID, float] = {}
        """By the loop's clock; an inbox that isn't there is due at once."""
        self._failures: dict[UUID, int] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    async def run(self) -> None:
        try:
            while True:
                self._look()
                await asyncio.sleep(TICK_S)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _look(self) -> None:
        clock = asyncio.get_running_loop().time()
        able = {
            one.facts.id: one
            for one in self._inboxes.all()
            if one.facts.active and isinstance(one.connector, Reconciles)
        }
        # whoever was paused, or turned something away because the database was gone, is due again
        for inbox_id in (self._due_at.keys() - able.keys()) | self._intake.turned_away:
            self._due_at.pop(inbox_id, None)
        self._intake.turned_away.clear()
        for inbox_id, running in able.items():
            if inbox_id not in self._tasks and clock >= self._due_at.get(inbox_id, 0.0):
                self._due_at[inbox_id] = clock + EVERY_S
                self._tasks[inbox_id] = asyncio.create_task(self._guarded(running))

    async def _guarded(self, running: Running) -> None:
        facts, clock = running.facts, asyncio.get_running_loop().time
        try:
            await self._in_turn(running)
            self._failures.pop(facts.id, None)
            return
        except DatabaseGone as error:
            log.warning("%s is reconciled when the database is back: %s", facts.name, error)
            self._due_at[facts.id] = clock() + TICK_S
            return
        except (ConnectorError, UnknownInbox, OSError, TimeoutError) as error:
            problem = str(error) or "The provider gave no answer in time."
            log.warning("%s could not be reconciled: %s", facts.name, problem)
        except Exception as error:
            problem = f"The connector failed: {type(error).__name__}: {error}"
            log.exception("%s could not be reconciled", facts.name)
        finally:
            del self._tasks[facts.id]
        failures = self._failures[facts.id] = self._failures.get(facts.id, 0) + 1
        self._due_at[facts.id] = clock() + PAUSES_S[min(failures, len(PAUSES_S)) - 1]
        await self._note(facts.id, reconcile_problem=problem[:500])

    async def _in_turn(self, running: Running) -> None:
        """Ask while the lease is ours. Whoever has it may be dead, or began before what we missed: then later."""
        lane = f"reconcile:{running.facts.id.hex}"
        if not await self._lease(lane):
            self._due_at[running.facts.id] = asyncio.get_running_loop().time() + LEASE.total_seconds()
            return
        try:
            await self._reconcile(running, lane)
        finally:
            await asyncio.shield(self._release(lane))

    async def _reconcile(self, running: Running, lane: str) -> None:
        facts, connector = running.facts, running.connector
        assert isinstance(connector, Reconciles)
        began, kept = self._now(), asyncio.get_running_loop().time()
        since = await self._db.read(lambda conn: _since(conn, facts.id)) - OVERLAP
        found = seen = 0
        async for raw in connector.reconcile(since):
            _, receipt = await self._intake.receive(facts.id, raw)
            found += receipt.state in NEW
            seen += 1
            if asyncio.get_running_loop().time() - kept > KEEP_LEASE_S:
                kept = asyncio.get_running_loop().time()
                if not await self._lease(lane):
                    return
        await self._note(facts.id, reconciled_at=began, reconciled_found=found, reconcile_problem="")
        if found:
            log.warning("%s: %d of %d listed since %s had not been told to us", facts.name, found, seen, since)

    async def _lease(self, lane: str) -> bool:
        return await self._db.write(lambda conn: lease_one(conn, self._worker, lane, self._now()))

    async def _release(self, lane: str) -> None:
        try:
            await self._db.write(lambda conn: give_back(conn, self._worker, lane))
        except DatabaseGone as error:
            log.warning("a lease runs out by itself: %s", error)

    async def _note(self, inbox_id: UUID, **values: Any) -> None:
        statement = sa.update(INBOX).where(INBOX.c.id == inbox_id).values(**values)
        try:
            await self._db.write(lambda conn: conn.execute(statement) and None)
        except DatabaseGone as error:
            log.warning("how reconciling went is not noted: %s", error)


def _since(conn: sa.Connection, inbox_id: UUID) -> datetime:
    """What the provider had before the inbox was connected is none of ours."""
    row = conn.execute(sa.select(INBOX.c.reconciled_at, INBOX.c.created_at).where(INBOX.c.id == inbox_id)).one()
    since: datetime = row.reconciled_at or row.created_at
    return since
