"""Raw requests at rest: packed, sealed, found again by the sweep and by Replay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Raw
from hub.db import among
from hub.models import Envelope, Inbox

ENVELOPE, INBOX = Envelope.__table__, Inbox.__table__  # type: ignore[attr-defined]

DISCONNECTED = "Its channel was disconnected before this was read."
CANT_RUN = "Its channel can't run."


@dataclass(frozen=True, slots=True)
class Stored:
    """An envelope as it lies in the database."""

    id: UUID
    inbox_id: UUID
    dedup_key: str
    state: str
    lane: str
    sealed: bytes | None
    blob: str
    size: int
    received_at: datetime


def pack(raw: Raw) -> bytes:
    """Everything `normalise` reads, in one piece: a line of JSON, then the body as it came."""
    head = {
        "method": raw.method,
        "url": raw.url,
        "headers": dict(raw.headers),
        "received_at": raw.received_at,
        "remote": raw.remote,
    }
    return orjson.dumps(head) + b"\n" + raw.body


def unpack(packed: bytes) -> Raw:
    line, _, body = packed.partition(b"\n")
    head: Mapping[str, Any] = orjson.loads(line)
    return Raw(
        head["method"], head["url"], head["headers"], body, datetime.fromisoformat(head["received_at"]), head["remote"]
    )


_COLUMNS = (
    ENVELOPE.c.id,
    ENVELOPE.c.inbox_id,
    ENVELOPE.c.dedup_key,
    ENVELOPE.c.state,
    ENVELOPE.c.lane,
    ENVELOPE.c.sealed,
    ENVELOPE.c.blob,
    ENVELOPE.c.size,
    ENVELOPE.c.received_at,
)


def load(conn: Connection, envelope_id: UUID) -> Stored | None:
    row: Any = conn.execute(sa.select(*_COLUMNS).where(ENVELOPE.c.id == envelope_id)).first()
    return Stored(*row) if row else None


IS_WAITING = ENVELOPE.c.state.in_([sa.literal_column("'new'"), sa.literal_column("'dead'")])
"""The small index of what is not done, in its own words: without them SQLite reads every envelope there ever was."""


def unread(conn: Connection, before: datetime, limit: int) -> list[tuple[UUID, str, UUID]]:
    """Stored and never read, because their process died in between: with lane and inbox, in order of arrival."""
    columns = sa.select(ENVELOPE.c.id, ENVELOPE.c.lane, ENVELOPE.c.inbox_id)
    waiting = columns.where(IS_WAITING, ENVELOPE.c.state == "new", ENVELOPE.c.received_at < before)
    rows = conn.execute(waiting.order_by(ENVELOPE.c.id).limit(limit))
    return [(row.id, row.lane, row.inbox_id) for row in rows]


def set_aside(conn: Connection, inbox_id: UUID, before: datetime, problem: str) -> str:
    """Let what nobody can read now be seen with the reason, for Replay; returns that, or nothing if it may yet run."""
    removed = conn.scalar(sa.select(INBOX.c.removed_at.is_not(None)).where(INBOX.c.id == inbox_id))
    if not removed and not problem:
        return ""
    reason = DISCONNECTED if removed else f"{CANT_RUN} {problem}"
    here = ENVELOPE.c.inbox_id == inbox_id, ENVELOPE.c.received_at < before
    conn.execute(
        sa.update(ENVELOPE).where(IS_WAITING, ENVELOPE.c.state == "new", *here).values(state="dead", reason=reason)
    )
    return reason


_SET_ASIDE = (
    IS_WAITING,
    ENVELOPE.c.state == "dead",
    among(ENVELOPE.c.inbox_id, "running"),
    ENVELOPE.c.reason.startswith(CANT_RUN, autoescape=True),
)
_WAS_SET_ASIDE = sa.select(ENVELOPE.c.id).where(*_SET_ASIDE).limit(1)


def was_set_aside(conn: Connection, running: Iterable[UUID]) -> bool:
    """Does something wait for one of these inboxes, which can run again?"""
    return conn.execute(_WAS_SET_ASIDE, {"running": list(running)}).first() is not None


def take_up(conn: Connection, running: Iterable[UUID]) -> None:
    """What was set aside because these inboxes couldn't run is unread again."""
    statement = sa.update(ENVELOPE).where(*_SET_ASIDE).values(state="new", reason="")
    conn.execute(statement, {"running": list(running)})


def unread_twin(conn: Connection, inbox_id: UUID, dedup_key: str) -> list[tuple[UUID, str]]:
    """The same request, if it is stored already and nobody has read it; with its lane."""
    columns = sa.select(ENVELOPE.c.id, ENVELOPE.c.lane)
    twin = columns.where(ENVELOPE.c.inbox_id == inbox_id, ENVELOPE.c.dedup_key == dedup_key, ENVELOPE.c.state == "new")
    return [(row.id, row.lane) for row in conn.execute(twin)]
