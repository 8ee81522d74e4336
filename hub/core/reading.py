"""Who has read how far: the customer's reading settles the channel's deliveries, ours is told to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import State, Status
from hub.core.batch import Batch
from hub.core.desk import InboxFacts
from hub.core.settle import apply_status
from hub.core.states import Wants
from hub.models import Delivery, Entry, Thread

ENTRY, DELIVERY, THREAD = Entry.__table__, Delivery.__table__, Thread.__table__  # type: ignore[attr-defined]

UNREAD = (State.SENT, State.DELIVERED, State.SENDING, State.QUEUED)
MOST = 500
"""Deliveries settled by one word of the customer's; entries looked back through for the one they wait to see read."""


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


@dataclass(frozen=True, slots=True)
class CustomerGot:
    """Their device has these deliveries; whether anybody looked at them is another matter."""

    thread_id: UUID
    refs: tuple[tuple[UUID, str], ...]

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)
        wants.delivery_refs.update(self.refs)

    def run(self, batch: Batch) -> None:
        for inbox_id, ref in self.refs:
            apply_status(batch, inbox_id, Status(ref, State.DELIVERED))


def shown_up_to(conn: Connection, thread_id: UUID, channel: str, public_rev: int) -> CustomerRead | None:
    """What a visitor who holds this `public_rev` has had on the screen; None if nothing of ours is there."""
    held = sa.select(ENTRY.c.seq).where(ENTRY.c.thread_id == thread_id, ENTRY.c.public_rev <= public_rev)
    seq = conn.execute(held.order_by(ENTRY.c.seq.desc()).limit(1)).scalar()
    if not seq:
        return None
    return CustomerRead(thread_id, seq, _deliveries(conn, thread_id, channel, public_rev, UNREAD))


def held_up_to(conn: Connection, thread_id: UUID, channel: str, public_rev: int) -> CustomerGot | None:
    """What has come to the device of a visitor who holds this `public_rev`; None if that is known.

    Only what was handed over counts: its own settling, which may still be under way, says when an unread answer goes
    on elsewhere, and raises the `public_rev` that the device then acknowledges anew.
    """
    refs = _deliveries(conn, thread_id, channel, public_rev, (State.SENT,))
    return CustomerGot(thread_id, refs) if refs else None


def _deliveries(
    conn: Connection, thread_id: UUID, channel: str, public_rev: int, states: tuple[State, ...]
) -> tuple[tuple[UUID, str], ...]:
    """Inbox and ref of the channel's deliveries in one of the states, among the newest: a thread may be very long."""
    columns = (DELIVERY.c[name] for name in ("entry_id", "inbox_id", "channel", "state", "ref"))
    newest = sa.select(*columns).where(DELIVERY.c.thread_id == thread_id).order_by(DELIVERY.c.rev.desc()).limit(MOST)
    d = newest.subquery("newest").c
    rows = (
        sa.select(d.inbox_id, d.ref)
        .join(ENTRY, ENTRY.c.id == d.entry_id)
        .where(ENTRY.c.public_rev <= public_rev)
        .where(d.channel == channel, d.state.in_(states), d.ref.is_not(None))
    )
    return tuple((row.inbox_id, row.ref) for row in conn.execute(rows))


# --- ours ---


@dataclass(frozen=True, slots=True)
class TeamRead:
    """Somebody of the team has read what the customer wrote: who it was, nobody is told."""

    thread_id: UUID
    entry_id: UUID
    seq: int

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)

    def run(self, batch: Batch) -> None:
        thread = batch.thread(self.thread_id)
        mine = THREAD.c.id == thread.id
        if self.seq <= batch.conn.execute(sa.select(THREAD.c.seen_seq).where(mine)).scalar_one():
            return
        rev = thread.next_public_rev()
        thread.touched = True
        thread.entries[self.entry_id] = None
        # two colleagues may read in one batch: the one who read further counts
        further = sa.and_(mine, THREAD.c.seen_seq < self.seq)
        batch.at_end(sa.update(THREAD).where(further).values(seen_seq=self.seq, seen_rev=rev))


def seen_up_to(conn: Connection, thread_id: UUID, seq: int, inboxes: Iterable[InboxFacts]) -> TeamRead | None:
    """What reading up to `seq` tells the customer: the newest of their messages on a channel that tells such things.

    None where that is nothing new. What lies far back is nothing that anybody waits to see read.
    """
    telling = [inbox.id for inbox in inboxes if inbox.capabilities.tells_read]
    if not telling or not seq:
        return None
    known = sa.select(THREAD.c.seen_seq).where(THREAD.c.id == thread_id).scalar_subquery()
    rows = (
        sa.select(ENTRY.c.id, ENTRY.c.seq)
        .where(ENTRY.c.thread_id == thread_id, ENTRY.c.seq <= seq, ENTRY.c.seq > seq - MOST, ENTRY.c.seq > known)
        .where(ENTRY.c.kind == "message", ENTRY.c.direction == "in", ENTRY.c.public_rev.is_not(None))
        .where(ENTRY.c.inbox_id.in_(telling))
        .order_by(ENTRY.c.seq.desc())
        .limit(1)
    )
    found = conn.execute(rows).first()
    return TeamRead(thread_id, found.id, found.seq) if found else None
