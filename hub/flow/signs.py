"""That we are writing, and that we have read: told to the customer where the channel can, and lost without harm."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address, Connector, ConnectorError, Marks, Types
from hub.core import consent
from hub.db import Database, DatabaseGone, Prepared
from hub.inboxes import Inboxes
from hub.models import Entry, Identity

log = logging.getLogger(__name__)

ENTRY, IDENTITY = Entry.__table__, Identity.__table__  # type: ignore[attr-defined]

TYPING_S = 5.0
"""Providers show it a while by themselves."""
TIME_S = 5.0
MOST = 32
REMEMBERED = 2000

_LATEST = Prepared(
    sa.select(ENTRY.c.id, ENTRY.c.inbox_id, ENTRY.c.ref, IDENTITY.c.kind, IDENTITY.c.address)
    .join_from(ENTRY, IDENTITY, IDENTITY.c.id == ENTRY.c.author_id)
    .where(ENTRY.c.thread_id == sa.bindparam("thread"), ENTRY.c.direction == "in", ENTRY.c.kind == "message")
    .order_by(ENTRY.c.seq.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class _Last:
    """The customer's latest message: where it came from is where an answer goes."""

    entry_id: UUID
    connector: Connector[Any]
    address: Address
    ref: str


class Signs:
    """At most some at once; what doesn't fit is dropped."""

    def __init__(self, db: Database, inboxes: Inboxes) -> None:
        self._db, self._inboxes = db, inboxes
        self._typed: dict[UUID, float] = {}
        self._marked: dict[UUID, UUID] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def typing(self, thread_id: UUID, *, on: bool) -> None:
        """Once in a while for as long as somebody writes."""
        if not self._able(Types):
            return
        now = time.monotonic()
        if on and now - self._typed.get(thread_id, -TYPING_S) < TYPING_S:
            return
        if not on and thread_id not in self._typed:
            return
        self._remember(self._typed, thread_id, now)
        if not on:
            del self._typed[thread_id]
        self._spawn(self._type(thread_id, on))

    def read(self, thread_id: UUID) -> None:
        """Each message once."""
        if self._able(Marks):
            self._spawn(self._mark(thread_id))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _type(self, thread_id: UUID, on: bool) -> None:
        last = await self._last(thread_id)
        if last and isinstance(last.connector, Types):
            await last.connector.typing(last.address, on)

    async def _mark(self, thread_id: UUID) -> None:
        last = await self._last(thread_id)
        if last is None or not last.ref or self._marked.get(thread_id) == last.entry_id:
            return
        if isinstance(last.connector, Marks):
            self._remember(self._marked, thread_id, last.entry_id)
            await last.connector.mark_read(last.address, last.ref)

    def _able(self, ability: type[Any]) -> bool:
        return any(isinstance(one.connector, ability) for one in self._inboxes.all())

    async def _last(self, thread_id: UUID) -> _Last | None:
        """None where nothing may be told: nobody wrote, the inbox rests, or they asked for silence."""

        def look(conn: Connection) -> Any:
            row = next(iter(_LATEST.rows(conn, thread=thread_id)), None)
            if row is None:
                return None
            words = consent.ledger(conn, [(row.kind, row.address)])
            return None if consent.stop(words, row.kind, row.address, row.inbox_id, "transactional") else row

        row = await self._db.read(look)
        running = self._inboxes.running(row.inbox_id) if row and row.inbox_id else None
        if running is None or not running.facts.active:
            return None
        return _Last(row.id, running.connector, Address(row.kind, row.address), row.ref or "")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if len(self._tasks) >= MOST:
            work.close()
            return
        task = asyncio.create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    def _remember(into: dict[UUID, Any], thread_id: UUID, value: Any) -> None:
        into.pop(thread_id, None)
        into[thread_id] = value
        if len(into) > REMEMBERED:
            del into[next(iter(into))]


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        async with asyncio.timeout(TIME_S):
            await work
    except (ConnectorError, DatabaseGone, OSError, TimeoutError) as error:
        log.info("a sign didn't reach the customer: %s", error)
    except Exception:
        log.exception("a connector failed to tell a sign")
