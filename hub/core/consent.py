"""What customers allow: each word goes into the ledger and the thread together, and the latest about an address holds.

A word is about an address and an inbox; without an inbox it is about them all, without a purpose about every one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.core.changes import SYSTEM, Actor
from hub.core.desk import InboxFacts
from hub.core.errors import NotFound
from hub.core.permit import Stop
from hub.core.states import ThreadState, Wants
from hub.db import Prepared, among, insert
from hub.models import Claim, Identity, new_id
from hub.models.tables import CONSENT

IDENTITY, CLAIM = Identity.__table__, Claim.__table__  # type: ignore[attr-defined]

Source = Literal["word", "provider", "agent"]
MOST_SAID = 500

_LEDGER = Prepared(
    sa.select(CONSENT)
    .where(among(CONSENT.c.kind, "kinds"), among(CONSENT.c.address, "addresses"))
    .order_by(CONSENT.c.at.desc(), CONSENT.c.id.desc())
    .limit(500)
)


def ledger(conn: Connection, addresses: Iterable[tuple[str, str]]) -> list[Any]:
    """Every word about these addresses, the latest first."""
    wanted = set(addresses)
    if not wanted:
        return []
    values = {"kinds": sorted({kind for kind, _ in wanted}), "addresses": sorted({value for _, value in wanted})}
    return [row for row in _LEDGER.rows(conn, **values) if (row.kind, row.address) in wanted]


def standing(rows: Iterable[Any], kind: str, address: str, inbox_id: UUID | None, purpose: str) -> Any | None:
    """The word that holds for one purpose; `rows` are a ledger's, the latest first."""
    return next(
        (
            row
            for row in rows
            if (row.kind, row.address) == (kind, address)
            and row.inbox_id in (None, inbox_id)
            and row.purpose in ("", purpose)
        ),
        None,
    )


def stop(rows: Iterable[Any], kind: str, address: str, inbox_id: UUID, purpose: str) -> Stop | None:
    """What forbids it, if anything does."""
    word = standing(rows, kind, address, inbox_id, purpose)
    return Stop(word.said, word.source, word.at) if word is not None and not word.allowed else None


def record(
    batch: Batch,
    thread: ThreadState | None,
    inbox: InboxFacts | None,
    address: Address,
    *,
    allowed: bool,
    source: Source,
    said: str,
    actor: Actor = SYSTEM,
    purpose: str = "",
    at: datetime | None = None,
    envelope_id: UUID | None = None,
) -> dict[str, Any] | None:
    """Write it down, with an event where there is a thread; returns the row, or None if that holds already."""
    kind, value = canonical(address)
    rows = ledger(batch.conn, [(kind, value)])
    holds = standing(rows, kind, value, inbox.id if inbox else None, purpose)
    if source == "word" and allowed and holds is None:
        return None  # "yes" lifts a stop, and says nothing of consent where there is none
    if source != "agent" and holds is not None and holds.allowed == allowed:
        return None
    said = said[:MOST_SAID]
    row: dict[str, Any] = {
        "id": new_id(),
        "kind": kind,
        "address": value,
        "inbox_id": inbox.id if inbox else None,
        "purpose": purpose,
        "allowed": allowed,
        "source": source,
        "said": said,
        "agent_id": actor.id if actor.kind == "agent" else None,
        "entry_id": None,
        "envelope_id": envelope_id,
        "at": min(at or batch.now, batch.now),
    }
    if thread is not None:
        told = {"allowed": allowed, "source": source, "said": said, "purpose": purpose, "address": value}
        where = {"inbox": inbox.name if inbox else "", "inbox_id": str(inbox.id) if inbox else None}
        row["entry_id"] = batch.event(thread, None, actor, "consent", **told, **where)["id"]
    # at once, so that whoever asks in the same transaction hears of it
    insert(batch.conn, CONSENT, [row])
    return row


@dataclass(frozen=True, slots=True)
class RecordConsent:
    """An agent writes down what the customer told them, with the reason; only so can they overrule a stop."""

    actor: Actor
    thread_id: UUID
    address: Address
    allowed: bool
    reason: str
    inbox_id: UUID | None = None
    purpose: str = ""

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)

    def run(self, batch: Batch) -> UUID:
        """The word's id. Raises `NotFound` for an inbox that isn't there, or an address that isn't the customer's."""
        thread = batch.thread(self.thread_id)
        inbox = batch.desk.inbox(self.inbox_id) if self.inbox_id else None
        if self.inbox_id and inbox is None:
            raise NotFound("inbox")
        if not _belongs(batch.conn, thread.customer_id, canonical(self.address)):
            raise NotFound("address")
        row = record(
            batch,
            thread,
            inbox,
            self.address,
            allowed=self.allowed,
            source="agent",
            said=self.reason,
            actor=self.actor,
            purpose=self.purpose,
        )
        assert row is not None  # an agent's word is always written down
        word_id: UUID = row["id"]
        return word_id


def addresses_of(conn: Connection, customer_id: UUID) -> set[tuple[str, str]]:
    """All that a customer can be written to at, proven or typed."""
    found: set[tuple[str, str]] = set()
    for table in (IDENTITY, CLAIM):
        rows = conn.execute(sa.select(table.c.kind, table.c.address).where(table.c.customer_id == customer_id))
        found.update((row.kind, row.address) for row in rows)
    return found


def _belongs(conn: Connection, customer_id: UUID, key: tuple[str, str]) -> bool:
    return key in addresses_of(conn, customer_id)
