"""An answer on a live channel that nobody reads goes on by another one, once, with the earlier turns (A10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.contract import Address, State
from hub.core.batch import Batch
from hub.core.compose import deliver, facts_of
from hub.core.desk import InboxFacts
from hub.core.permit import Purpose, Request, permit
from hub.core.states import Row, Wants
from hub.models import Claim, Identity
from hub.models.tables import DELIVERY, ENTRY

IDENTITY, CLAIM = Identity.__table__, Claim.__table__  # type: ignore[attr-defined]

_SHOWN = (State.SENT.value, State.DELIVERED.value)
_UNREAD = (
    sa.select(DELIVERY)
    .join(ENTRY, ENTRY.c.id == DELIVERY.c.entry_id)
    .where(
        DELIVERY.c.thread_id == sa.bindparam("thread", type_=DELIVERY.c.thread_id.type),
        DELIVERY.c.continue_at.is_not(None),
        DELIVERY.c.state.in_(_SHOWN),
    )
    .order_by(ENTRY.c.seq)
)


def due(conn: sa.Connection, now: datetime, limit: int = 100) -> list[UUID]:
    """Threads with an answer that has waited long enough."""
    statement = sa.select(DELIVERY.c.thread_id).where(DELIVERY.c.continue_at <= now)
    return list(dict.fromkeys(conn.scalars(statement.order_by(DELIVERY.c.continue_at).limit(limit))))


@dataclass(frozen=True, slots=True)
class ContinueElsewhere:
    """Send all unread live answers of a thread in one message by the customer's other channel."""

    thread_id: UUID

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)

    def run(self, batch: Batch) -> UUID | None:
        """The new delivery, if there is a way to reach the customer."""
        thread = batch.thread(self.thread_id)
        unread = _unread(batch, thread.id)
        if not unread or not any(row["continue_at"] <= batch.now for row in unread):
            return None
        way = _other_way(batch, thread.customer_id)
        for delivery in unread:
            delivery.set(continue_at=None)
        if way is None:
            return None
        inbox, to = way
        latest = batch.conn.execute(sa.select(ENTRY).where(ENTRY.c.id == unread[-1]["entry_id"])).mappings().one()
        purpose: Purpose = latest["purpose"] or "transactional"
        # a colleague's answer, only by another way
        known = facts_of(batch, thread, inbox, to, purpose, person=True)
        request = Request(inbox, to.kind, to.value, purpose, batch.now, facts=known)
        decision = permit(request)
        if decision.verdict != "allow":
            return None
        for delivery in unread:
            delivery.set(remark=f"Not read here, so it went on to {to.value}.")
            batch.touch_delivery(delivery)
        together = {"together": [row["entry_id"].hex for row in unread[:-1]]}
        row = deliver(batch, thread, dict(latest), inbox, to, request.purpose, decision.record(request), together)
        delivery_id: UUID = row["id"]
        return delivery_id


def _unread(batch: Batch, thread_id: UUID) -> list[Row]:
    """As they are now: the customer may have read one in this very batch."""
    found = (Row(dict(row)) for row in batch.conn.execute(_UNREAD, {"thread": thread_id}).mappings())
    rows = [batch.deliveries.setdefault(row["id"], row) for row in found]
    return [row for row in rows if row["continue_at"] and row["state"] in _SHOWN]


def _other_way(batch: Batch, customer_id: UUID) -> tuple[InboxFacts, Address] | None:
    """An inbox that may write first, and the customer's address for it: proven ones before typed ones."""
    addresses = _addresses(batch, customer_id)
    for inbox in _by_last_use(batch, customer_id):
        if inbox.capabilities.live or not inbox.capabilities.initiate or not inbox.active:
            continue
        for address in addresses:
            if address.kind == inbox.capabilities.identity:
                return inbox, address
    return None


def _addresses(batch: Batch, customer_id: UUID) -> list[Address]:
    proven = sa.select(IDENTITY.c.kind, IDENTITY.c.address, IDENTITY.c.name).where(
        IDENTITY.c.customer_id == customer_id, IDENTITY.c.undeliverable == ""
    )
    typed = sa.select(CLAIM.c.kind, CLAIM.c.address).where(CLAIM.c.customer_id == customer_id, CLAIM.c.state == "open")
    rows: list[Any] = [
        *batch.conn.execute(proven.order_by(IDENTITY.c.trust.desc(), IDENTITY.c.id.desc())),
        *batch.conn.execute(typed.order_by(CLAIM.c.id.desc())),
    ]
    return [Address(*row) for row in rows]


def _by_last_use(batch: Batch, customer_id: UUID) -> list[InboxFacts]:
    """Inboxes this customer has used come first, the latest one foremost."""
    thread_id = next(t.id for t in batch.threads.values() if t.customer_id == customer_id)
    used = sa.select(ENTRY.c.inbox_id).where(ENTRY.c.thread_id == thread_id, ENTRY.c.kind == "message")
    order = {
        inbox_id: place
        for place, inbox_id in enumerate(batch.conn.scalars(used.order_by(ENTRY.c.seq.desc()).limit(200)))
    }
    return sorted(batch.desk.inboxes(), key=lambda inbox: order.get(inbox.id, 1000))
