"""After the commit: what changed is published in order, and marked so that a crash in between is noticed (rule 11)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from uuid import UUID

import sqlalchemy as sa

from hub.core.changes import Change
from hub.db import Database
from hub.models import Thread
from hub.runtime import Publish

log = logging.getLogger(__name__)

THREAD = Thread.__table__  # type: ignore[attr-defined]
ROOM = 10_000
"""Changes kept for a slow publisher; beyond, screens heal by `rev`."""


class Announcer:
    """Hands commits to the publisher, one batch after the other."""

    def __init__(self, publish: Publish, mark: Callable[[UUID, int], None]) -> None:
        self._publish = publish
        self._mark = mark
        self._waiting: list[Change] = []
        self._awake = asyncio.Event()

    def add(self, changes: list[Change]) -> None:
        if len(self._waiting) < ROOM:
            self._waiting.extend(changes)
        self._awake.set()

    async def run(self) -> None:
        while True:
            await self._awake.wait()
            self._awake.clear()
            changes, self._waiting = self._waiting, []
            try:
                await self._publish(changes)
            except Exception:
                log.exception("%d changes were not published; screens heal by rev", len(changes))
            for change in changes:
                self._mark(change.thread_id, change.rev)


_UNPUBLISHED = (
    sa.select(THREAD.c.id, THREAD.c.rev, THREAD.c.public_rev).where(THREAD.c.published_rev < THREAD.c.rev).limit(500)
)


async def unpublished(db: Database) -> list[Change]:
    """Threads whose last change no screen may have heard of: without bodies, so that clients fetch what they show."""
    rows = await db.read(lambda conn: conn.execute(_UNPUBLISHED).all())
    return [
        Change(row.id, row.rev, row.public_rev, (), (), True, since=row.rev, public_since=row.public_rev)
        for row in rows
    ]
