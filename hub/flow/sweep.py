"""The safety net: everything that becomes due by the clock, and everything that a crash may have left half done."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.blobs import Blobs
from hub.core import continuity, envelopes, merge, promises, survey, uploads
from hub.core.cases import Wake
from hub.core.changes import Change
from hub.core.continuity import ContinueElsewhere
from hub.core.errors import CoreError, UnknownInbox
from hub.core.held import Release
from hub.db import Database, DatabaseGone
from hub.flow.announce import Announcer, unpublished
from hub.flow.intake import Intake
from hub.inboxes import Inboxes
from hub.models import Case, Draft, Idempotency, OneTimeLink, Session
from hub.writer import Writer

log = logging.getLogger(__name__)

CASE, DRAFT = Case.__table__, Draft.__table__  # type: ignore[attr-defined]
IDEMPOTENCY, SESSION, LINK = Idempotency.__table__, Session.__table__, OneTimeLink.__table__  # type: ignore[attr-defined]

TICK_S = 0.5
SLOW_S = 5.0
HOURLY_S = 3600.0
UNREAD_AFTER = timedelta(seconds=10)
UNDER_WAY = timedelta(minutes=1)
"""Longer than any request takes from finding a file to committing what names it."""
LIMIT = 200
MOST_AT_START = 100_000


class Sweep:
    """Looks twice a second for what is due, every few seconds for what was left behind, hourly for what is over."""

    def __init__(
        self,
        db: Database,
        writer: Writer[Change],
        blobs: Blobs,
        intake: Intake,
        inboxes: Inboxes,
        announcer: Announcer,
        now: Callable[[], datetime],
    ) -> None:
        self._db, self._writer, self._blobs, self._intake, self._inboxes = db, writer, blobs, intake, inboxes
        self._announcer, self._now = announcer, now
        self._awake = asyncio.Event()
        self._missed_before: set[UUID] = set()
        self._running: set[UUID] = set()
        self._let_go: dict[str, datetime] = {}
        """Contents whose last upload was forgotten, and when."""

    def nudge(self) -> None:
        self._awake.set()

    async def catch_up(self) -> None:
        """At the start: what an earlier process left."""
        await self._guarded(self.left_behind(at_start=True))

    async def run(self) -> None:
        slow = hourly = 0.0
        clock = asyncio.get_running_loop().time
        while True:
            await self._guarded(self.due())
            if clock() - slow >= SLOW_S:
                slow = clock()
                await self._guarded(self.left_behind())
                await self._guarded(self._inboxes.note_heard())
                await self._guarded(self.remove_contents())
                await self._guarded(self.ask_how_it_was())
            if clock() - hourly >= HOURLY_S:
                hourly = clock()
                await self._guarded(self.over())
                await self._guarded(self.forget_uploads())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._awake.wait()
            self._awake.clear()

    async def due(self) -> None:
        """Held sends, snoozed cases, unread live answers; customers who proved to be one, promises."""
        now = self._now()
        drafts, cases, threads = await self._db.read(lambda conn: _due(conn, now))
        await self._submit([Release(id_) for id_ in drafts])
        await self._submit([Wake(id_) for id_ in cases])
        await self._submit([ContinueElsewhere(id_) for id_ in threads])
        await self._submit(await self._db.read(lambda conn: [*merge.due(conn), *promises.due(conn, now, LIMIT)]))

    async def ask_how_it_was(self) -> None:
        """Once for each case that is done, where the workspace wants it."""
        now = self._now()
        await self._submit(await self._db.read(lambda conn: survey.due(conn, now, LIMIT)))

    async def left_behind(self, *, at_start: bool = False) -> None:
        """Settings changed by another process, envelopes nobody read, changes nobody published."""
        await self._inboxes.refresh()
        before = self._now() - (timedelta(0) if at_start else UNREAD_AFTER)
        limit = MOST_AT_START if at_start else LIMIT
        await self._take_up()
        stuck = set()
        for envelope_id, lane, inbox_id in await self._db.read(lambda conn: envelopes.unread(conn, before, limit)):
            if inbox_id in self._running:
                self._intake.read_later(envelope_id, lane)
            else:
                stuck.add(inbox_id)
        for inbox_id in stuck:
            await self._set_aside(inbox_id, before)
        changes = await unpublished(self._db)
        # what was seen unpublished twice in a row is no batch that is just about to be marked
        missed = {change.thread_id for change in changes}
        late = [change for change in changes if at_start or change.thread_id in self._missed_before]
        self._missed_before = missed
        if late:
            self._announcer.add(late)
            await self._submit([_Nothing()])

    async def _take_up(self) -> None:
        """An inbox that runs again reads what came while it could not."""
        running = {one.facts.id for one in self._inboxes.all()}
        risen = running - self._running
        waiting = bool(risen) and await self._db.read(lambda conn: envelopes.was_set_aside(conn, risen))
        if waiting:
            await self._db.write(lambda conn: envelopes.take_up(conn, risen))
        self._running = running

    async def _set_aside(self, inbox_id: UUID, before: datetime) -> None:
        problem = self._inboxes.problem(inbox_id)
        reason = await self._db.write(lambda conn: envelopes.set_aside(conn, inbox_id, before, problem))
        if reason:
            log.error("unread requests of inbox %s are dead now, for Replay: %s", inbox_id, reason)

    async def over(self) -> None:
        """Remembered answers, sessions and links that have run out."""
        now = self._now()

        def tidy(conn: sa.Connection) -> None:
            conn.execute(sa.delete(IDEMPOTENCY).where(IDEMPOTENCY.c.created_at < now - timedelta(days=1)))
            conn.execute(sa.delete(SESSION).where(SESSION.c.expires_at < now))
            conn.execute(sa.delete(LINK).where(LINK.c.expires_at < now - timedelta(days=30)))

        await self._db.write(tidy)

    async def forget_uploads(self) -> None:
        """Files that were uploaded and never put into a message or a draft."""
        now, after = self._now(), uploads.FIRST
        live = [one.facts.id for one in self._inboxes.all() if one.facts.capabilities.live]
        while True:
            some = partial(uploads.forget_unused, before=now - uploads.KEPT, after=after, live=live)
            found = await self._db.write(some)
            self._let_go |= dict.fromkeys(found.contents, now)
            if found.last is None:
                return
            after = found.last

    async def remove_contents(self) -> None:
        """A while later, when nothing can be about to name them any more."""
        now = self._now()
        ripe = {content for content, since in self._let_go.items() if now - since >= UNDER_WAY}
        if not ripe:
            return
        for content in await self._db.read(lambda conn: uploads.unnamed(conn, ripe)):
            await self._blobs.remove(content, now - uploads.KEPT)
        self._let_go = {content: since for content, since in self._let_go.items() if content not in ripe}

    async def _submit(self, jobs: list[Any]) -> None:
        outcomes = await asyncio.gather(*(self._writer.submit(job) for job in jobs), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, DatabaseGone):
                raise outcome
            if isinstance(outcome, BaseException) and not isinstance(outcome, CoreError):
                log.error("the sweep failed at one item", exc_info=outcome)

    async def _guarded(self, work: Any) -> None:
        try:
            await work
        except (DatabaseGone, UnknownInbox) as error:
            log.warning("the sweep waits: %s", error)
        except Exception:
            log.exception("the sweep failed")


class _Nothing:
    """An empty job: on an idle hub it carries the marks of what was published into the database."""

    def wants(self, wants: Any) -> None:
        """Nothing to look up."""

    def run(self, batch: Any) -> None:
        """Nothing to do."""


def _due(conn: sa.Connection, now: datetime) -> tuple[list[UUID], list[UUID], list[UUID]]:
    drafts = sa.select(DRAFT.c.id).where(DRAFT.c.send_at <= now).order_by(DRAFT.c.send_at).limit(LIMIT)
    cases = sa.select(CASE.c.id).where(CASE.c.status == "snoozed", CASE.c.snoozed_until <= now).limit(LIMIT)
    return list(conn.scalars(drafts)), list(conn.scalars(cases)), continuity.due(conn, now, LIMIT)
