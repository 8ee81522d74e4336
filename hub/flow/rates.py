"""How fast messages may leave an inbox: each takes the next free moment, in the order in which they ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from hub.core import rests
from hub.db import Database


class Rates:
    """One process counts by itself; several take their moments from the database, one after the other."""

    def __init__(self, db: Database, now: Callable[[], datetime], *, shared: bool) -> None:
        self._db, self._now, self._shared = db, now, shared
        self._next: dict[UUID, datetime] = {}

    async def wait(self, inbox_id: UUID, per_s: float | None) -> None:
        """Until the next message may leave."""
        if not per_s:
            return
        apart, now = timedelta(seconds=1 / per_s), self._now()
        if self._shared:
            moment = await self._db.write(lambda conn: rests.next_moment(conn, inbox_id, now, apart))
        else:
            moment = max(now, self._next.get(inbox_id, now))
            self._next[inbox_id] = moment + apart
        if moment > now:
            await asyncio.sleep((moment - now).total_seconds())
