"""Step 1 of a batch: envelopes. What is stored here can't be lost; what is here already is answered and done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from hub.contract import Event, Ignored, Message
from hub.core.batch import Batch
from hub.core.desk import InboxFacts
from hub.db import among, is_sqlite, update
from hub.models import Envelope, new_id

ENVELOPE = Envelope.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file whose bytes are in the blob store."""

    name: str
    type: str
    size: int
    sha256: str
    cid: str = ""
    source: str = ""
    """Where the provider keeps it, as long as its bytes aren't here."""


@dataclass(slots=True)
class Heard:
    """A message ready to be appended: HTML cleaned, files stored, tokens checked."""

    message: Message
    html: str = ""
    quoted_html: str = ""
    files: tuple[StoredFile, ...] = ()
    cases: tuple[UUID, ...] = ()
    """What its valid tokens name."""
    unique: bool = False
    """The envelope's dedup key already says that this ref is new."""
    thread_id: UUID | None = None
    identity_id: UUID | None = None
    ours: bool = False
    """Words of the team, said in the provider's own app; the message's sender is the customer they were said to."""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """A message of ours that the provider showed us again, with our key."""

    delivery_id: UUID
    ref: str


Item = Heard | Returned | Event


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one inbound request."""

    envelope_id: UUID | None
    state: str
    reason: str = ""
    entries: tuple[UUID, ...] = ()
    threads: tuple[UUID, ...] = ()


@dataclass(slots=True)
class Arrived:
    """One inbound request: a new one with its sealed body, or (`stored`) one whose envelope is there already."""

    inbox: InboxFacts
    dedup_key: str = ""
    sealed: bytes | None = None
    blob: str = ""
    size: int = 0
    lane: str = ""
    received_at: datetime | None = None
    items: tuple[Item, ...] | None = None
    """None: only store it, somebody reads it later (the costly path)."""
    dead: str = ""
    """Why it can't be read; kept for replay."""
    stored: UUID | None = None
    envelope_id: UUID | None = field(default=None, init=False)
    known: Receipt | None = field(default=None, init=False)

    @property
    def state(self) -> str:
        if self.dead:
            return "dead"
        if self.items is None:
            return "new"
        return "done" if any(not isinstance(item, Ignored) for item in self.items) else "ignored"

    @property
    def reason(self) -> str:
        return self.dead or "; ".join(item.reason for item in self.items or () if isinstance(item, Ignored))


_WAITING = (
    sa.select(ENVELOPE.c.id, ENVELOPE.c.state, ENVELOPE.c.attempts)
    .where(among(ENVELOPE.c.id, "ids"), ENVELOPE.c.state.in_(("new", "dead")))
    .order_by(ENVELOPE.c.id)
)


def receive(batch: Batch, arrivals: Sequence[Arrived]) -> None:
    """Insert the new envelopes and take the stored ones; duplicates get their `known` receipt."""
    for arrival in arrivals:
        # what an earlier try of a batch that failed has found holds no longer
        arrival.known = None
    _take_stored(batch, [a for a in arrivals if a.stored])
    fresh: dict[tuple[UUID, str], Arrived] = {}
    for arrival in arrivals:
        if arrival.stored:
            continue
        key = (arrival.inbox.id, arrival.dedup_key)
        if key in fresh:
            arrival.known = Receipt(None, "duplicate")
        else:
            fresh[key] = arrival
            arrival.envelope_id = new_id()
    rows = [
        {
            "id": arrival.envelope_id,
            "inbox_id": arrival.inbox.id,
            "dedup_key": arrival.dedup_key,
            "state": arrival.state,
            "reason": arrival.reason,
            "lane": arrival.lane,
            "sealed": arrival.sealed,
            "blob": arrival.blob,
            "size": arrival.size,
            "attempts": 0,
            "received_at": arrival.received_at or batch.now,
        }
        for _, arrival in sorted(fresh.items(), key=lambda item: item[0])
    ]
    stored = batch.insert_missing(ENVELOPE, rows, ("inbox_id", "dedup_key"))
    for key, arrival in fresh.items():
        if key not in stored:
            arrival.known = Receipt(None, "duplicate")


def _take_stored(batch: Batch, arrivals: Sequence[Arrived]) -> None:
    """Lock those still waiting, so that worker, sweep and Replay can't both do one."""
    if not arrivals:
        return
    statement = _WAITING if is_sqlite(batch.conn) else _WAITING.with_for_update()
    waiting = {row.id: row for row in batch.conn.execute(statement, {"ids": [a.stored for a in arrivals]})}
    rows = []
    for arrival in arrivals:
        row = waiting.pop(arrival.stored, None)
        if row is None:
            arrival.known = Receipt(arrival.stored, "duplicate")
            continue
        arrival.envelope_id = row.id
        rows.append({"id": row.id, "state": arrival.state, "reason": arrival.reason, "attempts": row.attempts + 1})
    update(batch.conn, ENVELOPE, rows)
