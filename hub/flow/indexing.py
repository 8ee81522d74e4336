"""Search learns of entries after their commit, in small transactions of its own, never in the way of intake."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from hub.core.index import index
from hub.db import Database, DatabaseGone

log = logging.getLogger(__name__)

BATCH = 1000
REST_S = 0.5
IDLE_S = 5.0


class Indexing:
    """Empties the queue that each batch fills; several processes may do it at once."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._awake = asyncio.Event()

    def nudge(self) -> None:
        self._awake.set()

    async def run(self) -> None:
        while True:
            self._awake.clear()
            try:
                await self._empty()
            except DatabaseGone as error:
                log.warning("search waits: %s", error)
            except Exception:
                log.exception("indexing failed")
            await asyncio.sleep(REST_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(IDLE_S):
                    await self._awake.wait()

    async def _empty(self) -> None:
        while await self._db.write(lambda conn: index(conn, BATCH)):  # noqa: ASYNC110
            # few large helpings cost less than many small ones, and the commits that wait go first
            await asyncio.sleep(REST_S)
