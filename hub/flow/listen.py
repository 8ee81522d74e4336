"""Connectors that open a door of their own (SMTP, IMAP): kept running, restarted with a pause when they fall."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.contract import ConnectorError, Listens, Raw, Unavailable
from hub.core.errors import UnknownInbox
from hub.core.lanes import LEASE, give_back, lease_one
from hub.db import Database, DatabaseGone
from hub.flow.intake import Intake
from hub.inboxes import Inboxes, Running
from hub.models import CursorRow

log = logging.getLogger(__name__)

CURSOR = CursorRow.__table__  # type: ignore[attr-defined]
PAUSES_S = (1, 2, 5, 10, 30, 60)


class DurableCursor:
    """One inbox's memory, in the database."""

    def __init__(self, db: Database, inbox_id: UUID) -> None:
        self._db, self._inbox_id = db, inbox_id

    async def load(self) -> dict[str, Any]:
        statement = sa.select(CURSOR.c.value).where(CURSOR.c.inbox_id == self._inbox_id)
        return await self._db.read(lambda conn: conn.scalar(statement)) or {}

    async def save(self, value: dict[str, Any]) -> None:
        def put(conn: sa.Connection) -> None:
            changed = conn.execute(sa.update(CURSOR).where(CURSOR.c.inbox_id == self._inbox_id).values(value=value))
            if not changed.rowcount:
                conn.execute(sa.insert(CURSOR).values(inbox_id=self._inbox_id, value=value))

        await self._db.write(put)


class Listeners:
    """One task for each listening inbox; `problem` says why one doesn't listen."""

    def __init__(
        self, db: Database, inboxes: Inboxes, intake: Intake, now: Callable[[], datetime], worker: str = ""
    ) -> None:
        """`worker` names this process where several share the workspace: then one of them reads a mailbox."""
        self._db, self._inboxes, self._intake = db, inboxes, intake
        self._now, self._worker = now, worker
        self._tasks: dict[UUID, tuple[int, asyncio.Task[None]]] = {}
        self._problems: dict[UUID, str] = {}
        self._changed = asyncio.Event()
        inboxes.on_change(self._changed.set)

    def problem(self, inbox_id: UUID) -> str:
        return self._problems.get(inbox_id, "")

    async def run(self) -> None:
        try:
            while True:
                self._changed.clear()
                await self._align()
                await self._changed.wait()
        finally:
            await self._stop([task for _, task in self._tasks.values()])

    async def _align(self) -> None:
        wanted = {
            running.facts.id: running
            for running in self._inboxes.all()
            if isinstance(running.connector, Listens) and running.facts.active
        }
        over = [
            inbox_id
            for inbox_id, (version, _) in self._tasks.items()
            if inbox_id not in wanted or wanted[inbox_id].version != version
        ]
        await self._stop([self._tasks.pop(inbox_id)[1] for inbox_id in over])
        for inbox_id, running in wanted.items():
            if inbox_id not in self._tasks:
                self._tasks[inbox_id] = (running.version, asyncio.create_task(self._keep(running)))

    async def _keep(self, running: Running) -> None:
        failures = 0
        inbox_id = running.facts.id
        listener = running.connector
        assert isinstance(listener, Listens)
        while True:
            began = asyncio.get_running_loop().time()
            try:
                self._problems.pop(inbox_id, None)
                if self._worker and not running.connector.listens_everywhere:
                    await self._in_turn(running)
                else:
                    await listener.listen(self._door(inbox_id), DurableCursor(self._db, inbox_id))
                return
            except (ConnectorError, DatabaseGone, OSError) as error:
                self._problems[inbox_id] = str(error)
                log.warning("%s does not listen: %s", running.facts.name, error)
            except Exception as error:
                self._problems[inbox_id] = f"{type(error).__name__}: {error}"
                log.exception("%s stopped listening", running.facts.name)
            failures = 0 if asyncio.get_running_loop().time() - began > 300 else failures + 1
            await asyncio.sleep(PAUSES_S[min(failures, len(PAUSES_S)) - 1])

    async def _in_turn(self, running: Running) -> None:
        """Listen while the lease is ours; another process takes over when this one falls silent."""
        lane = f"listen:{running.facts.id.hex}"
        while not await self._lease(lane):  # noqa: ASYNC110
            await asyncio.sleep(LEASE.total_seconds() / 4)
        listener = running.connector
        assert isinstance(listener, Listens)
        cursor = DurableCursor(self._db, running.facts.id)
        listening = asyncio.ensure_future(listener.listen(self._door(running.facts.id), cursor))
        try:
            while not listening.done():
                await asyncio.wait([listening], timeout=LEASE.total_seconds() / 4)
                if not await self._lease(lane):
                    raise Unavailable("Another process reads this inbox now.")
            await listening
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            with contextlib.suppress(DatabaseGone):
                await self._db.write(lambda conn: give_back(conn, self._worker, lane))

    async def _lease(self, lane: str) -> bool:
        return await self._db.write(lambda conn: lease_one(conn, self._worker, lane, self._now()))

    def _door(self, inbox_id: UUID) -> Any:
        async def take(raw: Raw) -> None:
            try:
                await self._intake(inbox_id, raw)
            except (DatabaseGone, UnknownInbox) as error:
                raise Unavailable(str(error)) from error

        return take

    @staticmethod
    async def _stop(tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
