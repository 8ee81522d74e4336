"""The customer has read up to here: the channel's deliveries become `read`, and the thread remembers how far."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import State, Status
from hub.core.batch import Batch
from hub.core.settle import apply_status
from hub.core.states import Wants
from hub.models import Delivery, Entry

ENTRY, DELIVERY = Entry.__table__, Delivery.__table__  # type: ignore[attr-defined]

UNREAD = (State.SENT, State.DELIVERED, State.SENDING, State.QUEUED)
MOST = 500


@dataclass(frozen=True, slots=True)
class CustomerRead:
    """Written through the writer, because a delivery's state is a change of its thread."""

    thread_id: UUID
    seq: int
    refs: tuple[tuple[UUID, str], ...]
    """Inbox and ref of the deliveries that were on the screen."""

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)
        wants.delivery_refs.update(self.refs)

    def run(self, batch: Batch) -> None:
        thread = batch.thread(self.thread_id)
        if self.seq > thread.read_seq:
            thread.read_seq = self.seq
            thread.touched = True
        for inbox_id, ref in self.refs:
            apply_status(batch, inbox_id, Status(ref, State.READ))


def shown_up_to(conn: Connection, thread_id: UUID, channel: str, public_rev: int) -> CustomerRead | None:
    """What a visitor who holds this `public_rev` has had on the screen; None if nothing of ours is there."""
    visible = ENTRY.c.thread_id == thread_id, ENTRY.c.public_rev <= public_rev
    seq = conn.execute(sa.select(sa.func.max(ENTRY.c.seq)).where(*visible)).scalar()
    if not seq:
        return None
    rows = (
        sa.select(DELIVERY.c.inbox_id, DELIVERY.c.ref)
        .join_from(DELIVERY, ENTRY, ENTRY.c.id == DELIVERY.c.entry_id)
        .where(*visible, DELIVERY.c.channel == channel, DELIVERY.c.state.in_(UNREAD), DELIVERY.c.ref.is_not(None))
        .order_by(DELIVERY.c.id.desc())
        .limit(MOST)
    )
    return CustomerRead(thread_id, seq, tuple((row.inbox_id, row.ref) for row in conn.execute(rows)))
