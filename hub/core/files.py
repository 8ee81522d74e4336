"""Files that their provider keeps: claimed by one process at a time, and shown as they come or fail.

Who claims one has a while for it; after that it is anybody's again, so that a crash loses nothing.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.batch import Batch
from hub.core.errors import Conflict, NotFound
from hub.core.redact import touch
from hub.core.states import Row, Wants
from hub.db import Prepared, among, is_sqlite
from hub.models.tables import ATTACHMENT

_NOW = sa.bindparam("now", type_=ATTACHMENT.c.next_at.type)
_INBOXES = Prepared(sa.select(ATTACHMENT.c.inbox_id).where(ATTACHMENT.c.next_at <= _NOW).distinct())
_DUE = (
    sa.select(
        ATTACHMENT.c.id,
        ATTACHMENT.c.entry_id,
        ATTACHMENT.c.inbox_id,
        ATTACHMENT.c.name,
        ATTACHMENT.c.type,
        ATTACHMENT.c.cid,
        ATTACHMENT.c.source,
        ATTACHMENT.c.attempts,
    )
    .where(
        ATTACHMENT.c.next_at <= _NOW,
        ATTACHMENT.c.inbox_id == sa.bindparam("inbox", type_=ATTACHMENT.c.inbox_id.type),
    )
    .order_by(ATTACHMENT.c.next_at, ATTACHMENT.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer()))
)
_CLAIM = (
    sa.update(ATTACHMENT)
    .where(among(ATTACHMENT.c.id, "ids"))
    .values(attempts=ATTACHMENT.c.attempts + 1, next_at=sa.bindparam("until", type_=ATTACHMENT.c.next_at.type))
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claimed file; `attempts` were made before this one."""

    id: UUID
    entry_id: UUID
    inbox_id: UUID
    name: str
    type: str
    cid: str
    source: str
    attempts: int


def due(conn: Connection, now: datetime) -> list[UUID]:
    """Inboxes with files to fetch: a read, so that an idle hub never takes the write lock."""
    return [row.inbox_id for row in _INBOXES.rows(conn, now=now)]


def claim(conn: Connection, inbox_id: UUID, now: datetime, until: datetime, limit: int) -> list[Waiting]:
    """Take some that are due; they are due again at `until` unless something was said of them."""
    statement = _DUE if is_sqlite(conn) else _DUE.with_for_update(skip_locked=True)
    rows = conn.execute(statement, {"inbox": inbox_id, "now": now, "limit": limit}).all()
    if rows:
        conn.execute(_CLAIM, {"ids": [row.id for row in rows], "until": until})
    return [Waiting(*row) for row in rows]


def give_back_all(conn: Connection, now: datetime) -> None:
    """At the start of a hub that is one process: whoever claimed a file before is dead."""
    conn.execute(sa.update(ATTACHMENT).where(ATTACHMENT.c.next_at > now).values(next_at=now))


class _OfFile:
    """A job about one file of an entry."""

    __slots__ = ()
    attachment_id: UUID
    entry_id: UUID

    def wants(self, wants: Wants) -> None:
        wants.entries.add(self.entry_id)
        wants.attachments.add(self.attachment_id)

    def _here(self, batch: Batch, states: Sequence[str]) -> tuple[Row, Row] | None:
        """The file and its entry, if it is still the entry's and in one of these states."""
        file, entry = batch.attachments.get(self.attachment_id), batch.entries.get(self.entry_id)
        if file is None or entry is None or file["entry_id"] != self.entry_id or file["state"] not in states:
            return None
        return file, entry

    @staticmethod
    def _show(batch: Batch, entry: Row) -> None:
        touch(batch.thread(entry["thread_id"]), entry)


@dataclass(frozen=True, slots=True)
class Came(_OfFile):
    """Its bytes are in the blob store."""

    attachment_id: UUID
    entry_id: UUID
    sha256: str
    size: int
    type: str = ""
    name: str = ""

    def run(self, batch: Batch) -> bool:
        """False if it was removed meanwhile."""
        found = self._here(batch, ("waiting",))
        if found is None:
            return False
        file, entry = found
        kind = (self.type.partition(";")[0].strip().lower() or file["type"])[:100]
        file.set(
            state="ready",
            problem="",
            next_at=None,
            sha256=self.sha256,
            size=self.size,
            type=kind,
            name=(self.name or file["name"] or f"file{mimetypes.guess_extension(kind) or ''}")[:200],
        )
        self._show(batch, entry)
        return True


@dataclass(frozen=True, slots=True)
class Missed(_OfFile):
    """One try gave nothing. Without `retry_at` it is over, until somebody asks for it again."""

    attachment_id: UUID
    entry_id: UUID
    problem: str
    retry_at: datetime | None = None
    counts: bool = True
    """It was really tried."""

    def run(self, batch: Batch) -> None:
        found = self._here(batch, ("waiting",))
        if found is None:
            return
        file, entry = found
        changed = file["problem"] != self.problem or self.retry_at is None
        file.set(problem=self.problem[:500], next_at=self.retry_at, state="waiting" if self.retry_at else "failed")
        if not self.counts:
            file.set(attempts=max(file["attempts"] - 1, 0))
        if changed:
            self._show(batch, entry)


@dataclass(frozen=True, slots=True)
class FetchAgain(_OfFile):
    """An agent wants a file that has failed."""

    attachment_id: UUID
    entry_id: UUID

    def run(self, batch: Batch) -> None:
        """Raises `Conflict` if it hasn't failed, `NotFound` if it is gone."""
        found = self._here(batch, ("waiting", "ready", "failed"))
        if found is None:
            raise NotFound("attachment")
        file, entry = found
        if file["state"] != "failed":
            raise Conflict("Only a file that could not be fetched can be asked for again.")
        file.set(state="waiting", problem="", attempts=0, next_at=batch.now)
        batch.thread(entry["thread_id"]).fetches = True
        self._show(batch, entry)


def missing(row: Any) -> str:
    """Why a file can't be opened, for people; empty if it can."""
    if row.state == "waiting":
        return f"{row.name or 'This file'} is still being fetched from the provider. {row.problem}".strip()
    if row.state == "failed":
        return f"{row.name or 'This file'} could not be fetched from the provider: {row.problem}"
    return ""
