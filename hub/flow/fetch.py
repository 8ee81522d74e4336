"""Files that providers keep are copied here at once, off the ack path, and again with growing pauses (rule 20)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from hub import failpoints
from hub.blobs import Blobs
from hub.contract import Fetches, File, Refused, TooLarge, Unauthorised, Unavailable, Uncertain
from hub.core import files
from hub.core.changes import Change
from hub.core.files import Came, Missed, Waiting
from hub.db import Database, DatabaseGone
from hub.inboxes import Inboxes
from hub.writer import Writer

log = logging.getLogger(__name__)

AT_ONCE = 8
OF_ONE_INBOX = 3
"""A provider that hangs holds up no other's files."""
POLL_S = 2.0
FETCH_TIMEOUT_S = 60.0
CLAIM = timedelta(seconds=FETCH_TIMEOUT_S + 30)
PAUSED = timedelta(minutes=1)
PAUSES_S: tuple[float, ...] = (2, 10, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200)
"""Before the next try; after the last of them it is given up."""


class Fetching:
    """Several processes share the work by claiming files."""

    def __init__(
        self,
        db: Database,
        writer: Writer[Change],
        blobs: Blobs,
        inboxes: Inboxes,
        now: Callable[[], datetime],
        most: int,
    ) -> None:
        self._db, self._writer, self._blobs, self._inboxes = db, writer, blobs, inboxes
        self._now, self._most = now, most
        self._busy: Counter[UUID] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._awake = asyncio.Event()

    def nudge(self) -> None:
        """Something came whose file waits."""
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled; what is being fetched then is fetched anew by whoever finds its claim run out."""
        try:
            while True:
                try:
                    await self._take()
                except DatabaseGone as error:
                    log.warning("no files are fetched while the database is away: %s", error)
                except Exception:
                    log.exception("no files could be claimed; it is tried again")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._awake.wait()
                self._awake.clear()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self) -> None:
        now = self._now()
        for inbox_id in await self._db.read(lambda conn: files.due(conn, now)):
            room = min(AT_ONCE - self._busy.total(), OF_ONE_INBOX - self._busy[inbox_id])
            if room <= 0:
                continue
            claim = partial(files.claim, inbox_id=inbox_id, now=now, until=now + CLAIM, limit=room)
            for waiting in await self._db.write(claim):
                self._busy[inbox_id] += 1
                task = asyncio.create_task(self._keep(waiting))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _keep(self, waiting: Waiting) -> None:
        try:
            failpoints.hit("before_fetch")
            outcome = await self._fetch(waiting)
            await self._writer.submit(outcome)
        except DatabaseGone as error:
            log.warning("file %s is fetched again when the database is back: %s", waiting.id, error)
        except Exception:
            log.exception("what became of file %s could not be noted", waiting.id)
        finally:
            self._busy[waiting.inbox_id] -= 1
            self._awake.set()

    async def _fetch(self, waiting: Waiting) -> Came | Missed:
        """One try, and what its outcome means."""
        connector, facts = self._inboxes.get(waiting.inbox_id), self._inboxes.facts(waiting.inbox_id)
        if connector is None or facts is None or not facts.active:
            reason = "Its channel is paused or disconnected."
            return Missed(waiting.id, waiting.entry_id, reason, self._now() + PAUSED, counts=False)
        if not isinstance(connector, Fetches):
            return self._over(waiting, f"{connector.label} can't fetch files.")
        wanted = File(waiting.name, waiting.type, cid=waiting.cid, url=waiting.source)
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_S):
                fetched = await connector.fetch(wanted, self._most)
            if len(fetched.content) > self._most:
                raise TooLarge(f"It is larger than {self._most // 1_048_576} MB, the most this hub takes.")
            sha256 = await self._blobs.put(fetched.content)
        except (Refused, TooLarge) as error:
            return self._over(waiting, str(error))
        except Unavailable as error:
            return self._again(waiting, str(error), error.retry_after)
        except (Unauthorised, Uncertain, OSError, TimeoutError) as error:
            return self._again(waiting, str(error) or "The provider gave no answer in time.")
        except Exception as error:
            log.exception("%s failed to fetch a file", connector.key)
            return self._again(waiting, f"The connector failed: {type(error).__name__}: {error}")
        failpoints.hit("after_fetch")
        return Came(waiting.id, waiting.entry_id, sha256, len(fetched.content), fetched.type, fetched.name)

    def _over(self, waiting: Waiting, reason: str) -> Missed:
        log.warning("file %s is not fetched: %s", waiting.id, reason)
        return Missed(waiting.id, waiting.entry_id, reason)

    def _again(self, waiting: Waiting, reason: str, after: float | None = None) -> Missed:
        if waiting.attempts >= len(PAUSES_S):
            return self._over(waiting, f"Given up after {waiting.attempts + 1} tries. {reason}")
        pause = timedelta(seconds=max(PAUSES_S[waiting.attempts], after or 0))
        return Missed(waiting.id, waiting.entry_id, reason, self._now() + pause)
