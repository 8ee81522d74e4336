"""What a customer may see of their thread. A note or an event can't be said in these shapes, nor read by this query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.read.entries import author_name
from hub.db import among
from hub.models import Attachment, Delivery, Entry, Thread
from hub.secrets import Keys

PAGE = 40
MOST_CHANGES = 500
"""More than this since the client's last `rev`: it loads afresh."""
FILE_PURPOSE = "visitor-file"
FILE_TTL_S = 12 * 3600

Kind = Literal["message", "call"]
State = Literal["sent", "delivered", "read"]
FileUrl = Callable[[UUID], str]

ENTRY, DELIVERY = Entry.__table__, Delivery.__table__  # type: ignore[attr-defined]
ATTACHMENT, THREAD = Attachment.__table__, Thread.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class PublicAttachment:
    id: UUID
    name: str
    type: str
    size: int
    url: str


@dataclass(frozen=True, slots=True)
class PublicEntry:
    """A message or call as the customer sees it."""

    id: UUID
    rev: int
    kind: Kind
    mine: bool
    author: str
    channel: str
    at: datetime
    text: str
    attachments: list[PublicAttachment] = field(default_factory=list)
    state: State = "sent"
    client_key: str | None = None


@dataclass(frozen=True, slots=True)
class PublicChanges:
    rev: int
    entries: list[PublicEntry]
    more_before: bool = False
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Sight:
    """How much of a thread its visitor sees: unless they are proven, other channels show no words of theirs."""

    thread_id: UUID
    proven: bool
    channel: str
    """The visitor's own, whose words they always see."""


Around = tuple[dict[UUID, list[PublicAttachment]], dict[UUID, tuple[State, int]]]


def file_url(keys: Keys) -> FileUrl:
    """Paths of files that work for half a day, for whoever holds them: an `<img>` sends no header."""

    def url(attachment_id: UUID) -> str:
        token = keys.token(FILE_PURPOSE, {"id": attachment_id.hex}, FILE_TTL_S)
        return f"/visitor/attachments/{attachment_id}?token={token}"

    return url


def latest(conn: Connection, sight: Sight, url: FileUrl, before: UUID | None = None) -> PublicChanges:
    """The newest entries, or those before one that the client holds."""
    rows = _public().where(ENTRY.c.thread_id == sight.thread_id).order_by(ENTRY.c.seq.desc()).limit(PAGE + 1)
    if before:
        held = sa.select(ENTRY.c.seq).where(ENTRY.c.id == before, ENTRY.c.thread_id == sight.thread_id)
        rows = rows.where(ENTRY.c.seq < held.scalar_subquery())
    # the mark is read first: what commits meanwhile is told again rather than never
    rev = public_rev(conn, sight.thread_id)
    found = conn.execute(rows).all()
    return PublicChanges(rev, _shown(conn, found[:PAGE], sight, url), more_before=len(found) > PAGE)


def changed(conn: Connection, sight: Sight, after: int, url: FileUrl) -> PublicChanges:
    """What has a higher `rev` than the client holds, as it is now."""
    rev = public_rev(conn, sight.thread_id)
    if after < conn.execute(sa.select(THREAD.c.public_reset_rev).where(THREAD.c.id == sight.thread_id)).scalar_one():
        return PublicChanges(rev, [], complete=False)
    settled = sa.select(DELIVERY.c.entry_id).where(
        DELIVERY.c.thread_id == sight.thread_id, DELIVERY.c.public_rev > after
    )
    # the newest that we have read speaks for those before it
    read = sa.and_(THREAD.c.seen_rev > after, ENTRY.c.seq == THREAD.c.seen_seq)
    rows = _public().where(
        ENTRY.c.thread_id == sight.thread_id, sa.or_(ENTRY.c.public_rev > after, ENTRY.c.id.in_(settled), read)
    )
    found = conn.execute(rows.order_by(ENTRY.c.seq).limit(MOST_CHANGES + 1)).all()
    if len(found) > MOST_CHANGES:
        return PublicChanges(rev, [], complete=False)
    return PublicChanges(rev, _shown(conn, found, sight, url))


def these(
    conn: Connection, ids: Iterable[UUID], sights: Sequence[Sight], url: FileUrl
) -> dict[Sight, list[PublicEntry]]:
    """Entries of several threads, as each of the given visitors sees them; what isn't public is left out."""
    by_thread = defaultdict(list)
    rows = conn.execute(_public().where(among(ENTRY.c.id, "ids")), {"ids": list(ids)}).all()
    for row in rows:
        by_thread[row.thread_id].append(row)
    around = _around(conn, rows, url)
    return {sight: _told(by_thread[sight.thread_id], sight, around) for sight in sights}


def by_ref(conn: Connection, sight: Sight, ref_space: str, ref: str, url: FileUrl) -> PublicEntry | None:
    """The entry that a visitor's message became."""
    rows = _public().where(ENTRY.c.ref_space == ref_space, ENTRY.c.ref == ref, ENTRY.c.thread_id == sight.thread_id)
    return next(iter(_shown(conn, conn.execute(rows).all(), sight, url)), None)


def public_rev(conn: Connection, thread_id: UUID) -> int:
    return public_revs(conn, [thread_id]).get(thread_id, 0)


def public_revs(conn: Connection, thread_ids: Iterable[UUID]) -> dict[UUID, int]:
    rows = sa.select(THREAD.c.id, THREAD.c.public_rev).where(among(THREAD.c.id, "ids"))
    return {row.id: row.public_rev for row in conn.execute(rows, {"ids": list(thread_ids)})}


def _public() -> sa.Select[Any]:
    """The only way from the table to a visitor: messages and calls that were made public."""
    columns = ("id", "thread_id", "seq", "public_rev", "kind", "direction", "channel", "author_name", "at", "text")
    wanted = (ENTRY.c[name] for name in (*columns, "data", "redacted_at"))
    return (
        sa.select(*wanted, THREAD.c.seen_seq, THREAD.c.seen_rev)
        .join_from(ENTRY, THREAD, THREAD.c.id == ENTRY.c.thread_id)
        .where(ENTRY.c.kind.in_(("message", "call")), ENTRY.c.public_rev.is_not(None))
    )


def _shown(conn: Connection, rows: Sequence[sa.Row[Any]], sight: Sight, url: FileUrl) -> list[PublicEntry]:
    return _told(rows, sight, _around(conn, rows, url))


def _around(conn: Connection, rows: Sequence[sa.Row[Any]], url: FileUrl) -> Around:
    """Files and states of entries, of however many threads."""
    ids = [row.id for row in rows]
    return _files(conn, ids, url), _states(conn, ids)


def _told(rows: Sequence[sa.Row[Any]], sight: Sight, around: Around) -> list[PublicEntry]:
    """In display order."""
    files, states = around
    return [
        _entry(row, sight, files[row.id], *(states.get(row.id) or _seen(row, sight)))
        for row in sorted(rows, key=lambda row: (row.at, row.seq))
    ]


def _seen(row: sa.Row[Any], sight: Sight) -> tuple[State, int]:
    """Have we read what they wrote here? Of other channels nobody is told."""
    if row.direction != "in" or row.channel != sight.channel or row.seq > row.seen_seq:
        return "sent", 0
    return "read", row.seen_rev if row.seq == row.seen_seq else 0


def _entry(
    row: sa.Row[Any], sight: Sight, files: list[PublicAttachment], state: State, settled_rev: int
) -> PublicEntry:
    mine = row.direction == "in"
    seen = (sight.proven or row.channel == sight.channel) and row.redacted_at is None
    return PublicEntry(
        id=row.id,
        rev=max(row.public_rev, settled_rev),
        kind=row.kind,
        mine=mine,
        author=author_name(row.author_name, row.data or {}),
        channel=row.channel,
        at=row.at,
        text=row.text if seen else "",
        attachments=files if seen else [],
        state=state,
        client_key=(row.data or {}).get("client_key") if mine else None,
    )


def _files(conn: Connection, ids: list[UUID], url: FileUrl) -> dict[UUID, list[PublicAttachment]]:
    c = ATTACHMENT.c
    rows = sa.select(c.entry_id, c.id, c.name, c.type, c.size).where(among(c.entry_id, "ids"), c.state == "ready")
    found = defaultdict(list)
    for row in conn.execute(rows.order_by(c.entry_id, c.position), {"ids": ids}) if ids else ():
        found[row.entry_id].append(PublicAttachment(row.id, row.name, row.type, row.size, url(row.id)))
    return found


def _states(conn: Connection, ids: list[UUID]) -> dict[UUID, tuple[State, int]]:
    """How far our own messages came. What failed is our trouble: the customer is told what arrived, nothing else."""
    c = DELIVERY.c
    known: tuple[State, ...] = ("sent", "delivered", "read")
    found: dict[UUID, tuple[State, int]] = {}
    rows = sa.select(c.entry_id, c.state, c.public_rev).where(among(c.entry_id, "ids"))
    for row in conn.execute(rows, {"ids": ids}) if ids else ():
        before, rev = found.get(row.entry_id, ("sent", 0))
        now: State = row.state if row.state in known else "sent"
        found[row.entry_id] = (max(before, now, key=known.index), max(rev, row.public_rev))
    return found
