"""What a customer may see of their thread. A note or an event can't be said in this shape, and is never selected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.read.entries import author_name
from hub.db import among
from hub.models import Attachment, Delivery, Entry

ENTRY, DELIVERY, ATTACHMENT = Entry.__table__, Delivery.__table__, Attachment.__table__  # type: ignore[attr-defined]

MOST_CHANGES = 500
Out = dict[str, Any]
FileUrl = Callable[[UUID], str]
"""The address under which this visitor may fetch a file; whoever asks signs it."""

_PUBLIC = sa.and_(ENTRY.c.kind.in_(("message", "call")), ENTRY.c.public_rev.is_not(None))
_HERE = sa.and_(ENTRY.c.thread_id == sa.bindparam("thread"), _PUBLIC)
_SEQ = sa.bindparam("seq", type_=ENTRY.c.seq.type)
_LIMIT = sa.bindparam("limit", type_=sa.Integer())
_REV = sa.bindparam("rev", type_=ENTRY.c.rev.type)
_NEWEST = sa.select(ENTRY).where(_HERE).order_by(ENTRY.c.seq.desc()).limit(_LIMIT)
_BEFORE = sa.select(ENTRY).where(_HERE, ENTRY.c.seq < _SEQ).order_by(ENTRY.c.seq.desc()).limit(_LIMIT)
_BY_ID = sa.select(ENTRY).where(among(ENTRY.c.id, "ids"), _PUBLIC)
_CHANGED = sa.select(ENTRY.c.id).where(_HERE, ENTRY.c.public_rev > _REV).limit(_LIMIT)
_SETTLED = (
    sa.select(DELIVERY.c.entry_id)
    .where(DELIVERY.c.thread_id == sa.bindparam("thread"), DELIVERY.c.public_rev > _REV)
    .limit(_LIMIT)
)
_DELIVERIES = sa.select(DELIVERY.c.entry_id, DELIVERY.c.state, DELIVERY.c.public_rev).where(
    among(DELIVERY.c.entry_id, "ids")
)
_FILES = (
    sa.select(ATTACHMENT)
    .where(among(ATTACHMENT.c.entry_id, "ids"))
    .order_by(ATTACHMENT.c.entry_id, ATTACHMENT.c.position)
)
_STATES = {"sent": 1, "delivered": 2, "read": 3}


def newest(conn: Connection, thread_id: UUID, limit: int, url: FileUrl) -> tuple[list[Out], bool]:
    """The latest entries in display order, and whether there are earlier ones."""
    rows = conn.execute(_NEWEST, {"thread": thread_id, "limit": limit + 1}).all()
    return shown(conn, rows[:limit], url), len(rows) > limit


def before(conn: Connection, thread_id: UUID, entry_id: UUID, limit: int, url: FileUrl) -> tuple[list[Out], bool]:
    """The entries before one of this thread; an id of another thread finds nothing."""
    here = sa.select(ENTRY.c.seq).where(ENTRY.c.id == entry_id, ENTRY.c.thread_id == thread_id, _PUBLIC)
    seq = conn.execute(here).scalar()
    if seq is None:
        return [], False
    rows = conn.execute(_BEFORE, {"thread": thread_id, "seq": seq, "limit": limit + 1}).all()
    return shown(conn, rows[:limit], url), len(rows) > limit


def changed(conn: Connection, thread_id: UUID, rev: int, url: FileUrl) -> tuple[list[Out], bool]:
    """Entries that changed for the customer after `rev` (a `public_rev`); False if that is too many to send."""
    values = {"thread": thread_id, "rev": rev, "limit": MOST_CHANGES + 1}
    ids = {*conn.scalars(_CHANGED, values), *conn.scalars(_SETTLED, values)}
    if len(ids) > MOST_CHANGES:
        return [], False
    return by_ids(conn, ids, url) if ids else [], True


def by_ids(conn: Connection, ids: Iterable[UUID], url: FileUrl) -> list[Out]:
    """Those of the entries that customers may see, in display order."""
    return shown(conn, conn.execute(_BY_ID, {"ids": list(ids)}).all(), url)


def shown(conn: Connection, rows: Sequence[Any], url: FileUrl) -> list[Out]:
    ids = [row.id for row in rows]
    states: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    files: dict[UUID, list[Out]] = defaultdict(list)
    if ids:
        for row in conn.execute(_DELIVERIES, {"ids": ids}):
            states[row.entry_id].append((row.state, row.public_rev))
        for row in conn.execute(_FILES, {"ids": ids}):
            file = {"id": row.id, "name": row.name, "type": row.type, "size": row.size, "url": url(row.id)}
            files[row.entry_id].append(file)
    ordered = sorted(rows, key=lambda row: (row.at, row.seq))
    return [_entry(row, states[row.id], files[row.id]) for row in ordered]


def _entry(row: Any, deliveries: list[tuple[str, int]], files: list[Out]) -> Out:
    mine = row.author_kind == "customer"
    return {
        "id": row.id,
        "rev": max([row.public_rev, *(rev for _, rev in deliveries)]),
        "kind": row.kind,
        "mine": mine,
        "author": "" if mine else row.author_name,
        "channel": row.channel,
        "at": row.at,
        "text": row.text,
        "attachments": files,
        "state": _state([state for state, _ in deliveries]),
        "client_key": (row.data or {}).get("client_key") if mine else None,
    }


def _state(states: list[str]) -> str:
    """The best that became of it on any channel; a failed one matters only when no other way is left."""
    known = [state for state in states if state in _STATES]
    if known:
        return max(known, key=lambda state: _STATES[state])
    return "failed" if states and all(state == "failed" for state in states) else "sent"
