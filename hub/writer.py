"""The group-commit writer: callers hand it work and await their own result; it commits all that waits at once.

It flushes whenever it is free, never on a timer, so one caller alone waits for nobody and a hundred share one fsync.
It knows no verb: what a batch does is the function it was given.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from hub import failpoints
from hub.db import Database, DatabaseGone, is_conflict

log = logging.getLogger(__name__)

LIMIT = 256
CONFLICT_TRIES = 5

C = TypeVar("C")


class Outcome(Protocol[C]):
    """A committed batch: one result, or the refusal, for each job in order; and what changed."""

    results: list[Any]
    changes: list[C]


Write = Callable[[Connection, Sequence[Any], dict[UUID, int]], Outcome[C]]
"""Does all the jobs in one transaction; the dict holds marks that ride along."""
Quick = Callable[[Connection, Sequence[Any], dict[UUID, int]], Outcome[C] | None]
"""Does the same in single statements, or gives None and has written nothing."""

Waiting = tuple[Any, asyncio.Future[Any]]


class Writer(Generic[C]):
    """One per process."""

    def __init__(
        self, db: Database, write: Write[C], after: Callable[[list[C]], None], quick: Quick[C] | None = None
    ) -> None:
        self._db = db
        self._write = write
        self._quick = quick or (lambda conn, jobs, marks: None)
        self._after = after
        self._waiting: deque[Waiting] = deque()
        self._awake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._marks: dict[UUID, int] = {}
        self._closing = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="writer")

    async def close(self) -> None:
        """Finish what waits, then stop."""
        self._closing = True
        self._awake.set()
        if self._task:
            await self._task

    def submit(self, job: Any) -> asyncio.Future[Any]:
        """Hand over a job; the future resolves after its commit. A caller that gives up doesn't stop its job.

        Raises what the job refused, `DatabaseGone`, or what went wrong.
        """
        if self._closing:
            raise DatabaseGone("The hub is shutting down.")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((job, future))
        self._awake.set()
        return future

    def mark(self, thread_id: UUID, rev: int) -> None:
        """Note with the next batch that this much of a thread was published; never in a transaction of its own."""
        self._marks[thread_id] = max(rev, self._marks.get(thread_id, 0))

    async def _run(self) -> None:
        while True:
            if not self._waiting:
                if self._closing:
                    return
                self._awake.clear()
                await self._awake.wait()
                # let everybody who became ready with the same event join this batch
                await asyncio.sleep(0)
                continue
            batch = [self._waiting.popleft() for _ in range(min(LIMIT, len(self._waiting)))]
            await self._commit(batch)

    async def _commit(self, batch: list[Waiting]) -> None:
        """Write a batch; one that fails is halved until the item that fails stands alone (rule 18)."""
        marks = self._take_marks()
        try:
            outcome = await self._try([job for job, _ in batch], marks)
        except DatabaseGone as error:
            self._put_back(marks)
            for _, future in batch:
                _fail(future, error)
        except Exception as error:
            self._put_back(marks)
            await self._isolate(batch, error)
        else:
            failpoints.hit("after_commit")
            for (_, future), result in zip(batch, outcome.results, strict=True):
                if isinstance(result, Exception):
                    _fail(future, result)
                elif not future.done():
                    future.set_result(result)
            if outcome.changes:
                self._after(outcome.changes)

    async def _try(self, jobs: list[Any], marks: dict[UUID, int]) -> Outcome[C]:
        """A deadlock or serialisation failure is nobody's fault: the same batch again."""
        for _ in range(CONFLICT_TRIES):
            try:
                return await self._db.write(
                    lambda conn: self._write(conn, jobs, marks), lambda conn: self._quick(conn, jobs, marks)
                )
            except Exception as error:
                if not is_conflict(error):
                    raise
                conflict = error
        raise conflict

    async def _isolate(self, batch: list[Waiting], error: Exception) -> None:
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._commit(batch[:middle])
            await self._commit(batch[middle:])
            return
        job, future = batch[0]
        # what a provider handed over is kept as dead rather than refused for ever
        replacement = job.dead(error) if hasattr(job, "dead") else None
        if replacement is not None:
            log.warning("kept as dead: %s", type(error).__name__, exc_info=error)
            await self._commit([(replacement, future)])
            return
        log.error("a job failed", exc_info=error)
        _fail(future, error)

    def _take_marks(self) -> dict[UUID, int]:
        marks, self._marks = self._marks, {}
        return marks

    def _put_back(self, marks: dict[UUID, int]) -> None:
        for thread_id, rev in marks.items():
            self.mark(thread_id, rev)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        # its caller may have gone away; then nobody looks, and that is fine
        future.exception()
