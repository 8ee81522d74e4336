"""Raw requests at rest: packed, sealed, found again by the sweep and by Replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Raw
from hub.models import Envelope

ENVELOPE = Envelope.__table__  # type: ignore[attr-defined]


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


def unread(conn: Connection, before: datetime, limit: int) -> list[tuple[UUID, str]]:
    """Stored and never read, because their process died in between; with their lanes, in order of arrival."""
    columns = sa.select(ENVELOPE.c.id, ENVELOPE.c.lane)
    waiting = columns.where(IS_WAITING, ENVELOPE.c.state == "new", ENVELOPE.c.received_at < before)
    return [(row.id, row.lane) for row in conn.execute(waiting.order_by(ENVELOPE.c.id).limit(limit))]
