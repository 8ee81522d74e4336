"""Entries with deliveries and files, in at most three statements for any number; pages by key, never by offset."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.read import calls
from hub.db import Prepared, among
from hub.models import Attachment, Call, Delivery, Entry

ENTRY, DELIVERY, ATTACHMENT = Entry.__table__, Delivery.__table__, Attachment.__table__  # type: ignore[attr-defined]
CALL = Call.__table__  # type: ignore[attr-defined]

MOST_CHANGES = 500
Out = dict[str, Any]

_HERE = ENTRY.c.thread_id == sa.bindparam("thread")
_SEQ = sa.bindparam("seq", type_=ENTRY.c.seq.type)
_LIMIT = sa.bindparam("limit", type_=sa.Integer())
_ROWS = sa.select(ENTRY, sa.exists().where(ATTACHMENT.c.entry_id == ENTRY.c.id).label("has_files"))
_BEFORE = Prepared(_ROWS.where(_HERE, ENTRY.c.seq < _SEQ).order_by(ENTRY.c.seq.desc()).limit(_LIMIT))
_AFTER = Prepared(_ROWS.where(_HERE, ENTRY.c.seq > _SEQ).order_by(ENTRY.c.seq).limit(_LIMIT))
_BY_ID = Prepared(_ROWS.where(among(ENTRY.c.id, "ids")).order_by(ENTRY.c.thread_id, ENTRY.c.seq))
_DELIVERIES = Prepared(sa.select(DELIVERY).where(among(DELIVERY.c.entry_id, "ids")).order_by(DELIVERY.c.id))
_FILES = Prepared(
    sa.select(ATTACHMENT)
    .where(among(ATTACHMENT.c.entry_id, "ids"))
    .order_by(ATTACHMENT.c.entry_id, ATTACHMENT.c.position)
)
_REV = sa.bindparam("rev", type_=ENTRY.c.rev.type)
_CHANGED = (
    sa.select(ENTRY.c.id).where(_HERE, ENTRY.c.rev > _REV).order_by(ENTRY.c.rev).limit(_LIMIT),
    sa.select(DELIVERY.c.entry_id)
    .where(DELIVERY.c.thread_id == sa.bindparam("thread"), DELIVERY.c.rev > _REV)
    .order_by(DELIVERY.c.rev)
    .limit(_LIMIT),
    sa.select(CALL.c.entry_id)
    .where(CALL.c.thread_id == sa.bindparam("thread"), CALL.c.rev > _REV)
    .order_by(CALL.c.rev)
    .limit(_LIMIT),
)
_NEWER = Prepared(
    _ROWS.where(_HERE, ENTRY.c.seq > _SEQ, sa.or_(*(ENTRY.c.kind == kind for kind in ("message", "call", "note"))))
    .order_by(ENTRY.c.seq)
    .limit(20)
)


def before(conn: Connection, thread_id: UUID, seq: int, limit: int) -> tuple[list[Out], bool]:
    """The entries just before `seq`, ascending, and whether there are more before them."""
    rows = _BEFORE.rows(conn, thread=thread_id, seq=seq, limit=limit + 1)
    return shown(conn, rows[:limit][::-1]), len(rows) > limit


def after(conn: Connection, thread_id: UUID, seq: int, limit: int) -> tuple[list[Out], bool]:
    """The entries just after `seq`, ascending, and whether there are more after them."""
    rows = _AFTER.rows(conn, thread=thread_id, seq=seq, limit=limit + 1)
    return shown(conn, rows[:limit]), len(rows) > limit


def around(conn: Connection, thread_id: UUID, seq: int, limit: int) -> tuple[list[Out], bool, bool]:
    """As many on both sides of `seq`, itself included."""
    half = limit // 2
    earlier = _BEFORE.rows(conn, thread=thread_id, seq=seq, limit=half + 1)
    later = _AFTER.rows(conn, thread=thread_id, seq=seq - 1, limit=limit - half + 1)
    rows = [*earlier[:half][::-1], *later[: limit - half]]
    return shown(conn, rows), len(earlier) > half, len(later) > limit - half


def by_ids(conn: Connection, ids: Iterable[UUID]) -> list[Out]:
    """Entries as they are now, ascending by `seq` in each thread. Whoever calls has asked the access function."""
    return shown(conn, _BY_ID.rows(conn, ids=list(ids)))


def newer_than(conn: Connection, thread_id: UUID, seq: int) -> list[Out]:
    """What was said since, for somebody whose reply crossed it."""
    return shown(conn, _NEWER.rows(conn, thread=thread_id, seq=seq))


def changed(conn: Connection, thread_id: UUID, rev: int) -> tuple[list[Out], bool]:
    """Entries that changed after `rev`, themselves or in a delivery; False if that is more than is worth sending."""
    values = {"thread": thread_id, "rev": rev, "limit": MOST_CHANGES + 1}
    ids = {id_ for statement in _CHANGED for id_ in conn.scalars(statement, values)}
    if len(ids) > MOST_CHANGES:
        return [], False
    return by_ids(conn, ids) if ids else [], True


def shown(conn: Connection, rows: Sequence[Any]) -> list[Out]:
    """Rows of the entry table, each with `has_files`, as agents see them."""
    deliveries: dict[UUID, list[Out]] = defaultdict(list)
    files: dict[UUID, list[Out]] = defaultdict(list)
    latest: dict[UUID, int] = {}
    if sent := [row.id for row in rows if row.direction == "out"]:
        for row in _DELIVERIES.rows(conn, ids=sent):
            deliveries[row.entry_id].append(delivery(row))
            latest[row.entry_id] = max(latest.get(row.entry_id, 0), row.rev)
    if with_files := [row.id for row in rows if row.has_files]:
        for row in _FILES.rows(conn, ids=with_files):
            files[row.entry_id].append(attachment(row))
    called = [row.id for row in rows if row.kind == "call"]
    live = calls.of_entries(conn, called) if called else {}
    latest |= {entry_id: call["rev"] for entry_id, call in live.items()}
    return [_entry(row, deliveries[row.id], files[row.id], latest.get(row.id, 0), live.get(row.id)) for row in rows]


def just_heard(rows: Iterable[Mapping[str, Any]]) -> list[Out]:
    """The same of rows as they were written a moment ago: messages to which neither a delivery nor a file belongs."""
    return [_entry(SimpleNamespace(**{**row, "at": row["at"].astimezone(UTC)}), [], [], 0, None) for row in rows]


def attachment(row: Any) -> Out:
    return {
        "id": row.id,
        "name": row.name,
        "type": row.type,
        "size": row.size,
        "url": f"/api/attachments/{row.id}",
        "cid": row.cid,
        "inline": bool(row.cid),
        "state": row.state,
        "problem": row.problem,
    }


def delivery(row: Any) -> Out:
    return {
        "id": row.id,
        "inbox_id": row.inbox_id,
        "channel": row.channel,
        "to": row.to_address,
        "state": row.state,
        "reason": row.reason,
        "remark": row.remark,
        "retryable": row.retryable,
        "attempts": row.attempts,
        "messages": row.parts,
        "next_at": row.next_at if row.state == "queued" else None,
        "at": row.settled_at or row.created_at,
    }


def _entry(row: Any, deliveries: list[Out], files: list[Out], latest: int, call: Out | None) -> Out:
    data, since = row.data or {}, row.since or {}
    return {
        "id": row.id,
        "thread_id": row.thread_id,
        "seq": row.seq,
        "rev": max(row.rev, latest),
        "kind": row.kind,
        "direction": row.direction,
        "channel": row.channel,
        "inbox_id": row.inbox_id,
        "case_id": row.case_id,
        "case_reason": row.case_reason,
        "author": {"kind": row.author_kind, "id": row.author_id, "name": author_name(row.author_name, data)},
        "at": row.at,
        "subject": row.subject,
        "text": row.text,
        "html": row.html,
        "quoted": row.quoted,
        "quoted_html": row.quoted_html,
        "to": data.get("to", []),
        "cc": data.get("cc", []),
        "attachments": files,
        "deliveries": deliveries,
        "proof": row.proof,
        "proof_detail": data.get("proof_detail", ""),
        "automatic": row.automatic,
        "warnings": data.get("warnings", []),
        "event": data if row.kind == "event" else None,
        "ask": data.get("ask"),
        "reply_to": row.reply_to,
        "refers_to": data.get("refers_to") if row.direction == "in" else None,
        "client_key": row.client_key,
        "has_original": row.envelope_id is not None,
        "redacted": row.redacted_at is not None,
        "cards": data.get("cards", []),
        "choice": data.get("choice", ""),
        "reactions": list(since.get("reactions", {}).values()),
        "edits": data.get("edits"),
        "edited_by": since.get("edits", [None])[-1],
        "elsewhere": data.get("elsewhere", False),
        "call": call,
    }


def author_name(name: str, data: dict[str, Any]) -> str:
    """A visitor who gave no name is a visitor: their address is a token that means nothing to people."""
    sender = data.get("from") or {}
    return "Visitor" if sender.get("kind") == "visitor" and not sender.get("name") else name
