"""Which process sends what: lanes are leased, never single deliveries, so that each lane leaves in order (rule 9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import State
from hub.db import among, insert_missing, is_sqlite
from hub.models.tables import DELIVERY, LANE, PART

LEASE = timedelta(seconds=60)
PENDING: list[sa.ColumnElement[str]] = [sa.literal_column(f"'{state}'") for state in (State.QUEUED, State.SENDING)]
"""Spelled out, never bound: only so do both planners see that the small indexes of what is pending serve."""

_BEFORE = DELIVERY.alias()
_NOW = sa.bindparam("now", type_=DELIVERY.c.next_at.type)
_FREE_NOW = sa.or_(LANE.c.leased_until.is_(None), LANE.c.leased_until < _NOW)
_DUE = (
    sa.select(DELIVERY.c.lane, DELIVERY.c.inbox_id)
    .join(LANE, LANE.c.id == DELIVERY.c.lane)
    .where(
        DELIVERY.c.state.in_(PENDING),
        DELIVERY.c.next_at <= _NOW,
        # what a dead process was sending is looked at even where nothing may leave
        sa.or_(among(DELIVERY.c.inbox_id, "inboxes"), DELIVERY.c.state == State.SENDING.value),
        sa.not_(among(DELIVERY.c.lane, "without")),
        _FREE_NOW,
        # a lane waits for its head: what stands behind one that isn't due must not crowd out other lanes
        ~sa.exists().where(
            _BEFORE.c.lane == DELIVERY.c.lane,
            _BEFORE.c.state.in_(PENDING),
            sa.tuple_(_BEFORE.c.seq, _BEFORE.c.id) < sa.tuple_(DELIVERY.c.seq, DELIVERY.c.id),
        ),
    )
    .order_by(DELIVERY.c.next_at)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_FREE = sa.select(LANE.c.id).where(among(LANE.c.id, "lanes"), _FREE_NOW).order_by(LANE.c.id)
_TAKE = (
    sa.update(LANE)
    .where(among(LANE.c.id, "lanes"))
    .values(
        leased_by=sa.bindparam("worker", type_=sa.Text),
        leased_until=sa.bindparam("until", type_=LANE.c.leased_until.type),
    )
)
_GIVE_BACK = (
    sa.update(LANE)
    .where(LANE.c.id == sa.bindparam("lane", type_=sa.Text), LANE.c.leased_by == sa.bindparam("worker", type_=sa.Text))
    .values(leased_by="", leased_until=None)
)
_HEAD = (
    sa.select(
        DELIVERY.c.id,
        DELIVERY.c.lane,
        DELIVERY.c.state,
        DELIVERY.c.next_at,
        DELIVERY.c.deadline_at,
        DELIVERY.c.created_at,
        DELIVERY.c.began_at,
        DELIVERY.c.inbox_id,
    )
    .where(DELIVERY.c.lane == sa.bindparam("lane", type_=sa.Text), DELIVERY.c.state.in_(PENDING))
    .order_by(DELIVERY.c.seq, DELIVERY.c.id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Head:
    """The delivery that must leave its lane before any other."""

    id: UUID
    lane: str
    state: str
    next_at: datetime
    deadline_at: datetime
    created_at: datetime
    began_at: datetime | None
    inbox_id: UUID


def due(
    conn: Connection, now: datetime, inboxes: Iterable[UUID], without: Iterable[str], limit: int
) -> list[tuple[str, UUID]]:
    """Lanes of these inboxes whose head is due and that belong to nobody, the longest waiting first.

    A read, so that an idle hub never takes the write lock.
    """
    values = {"now": now, "inboxes": list(inboxes), "without": list(without), "limit": limit}
    return [(row.lane, row.inbox_id) for row in conn.execute(_DUE, values)]


def put_off(conn: Connection, delivery_id: UUID, when: datetime) -> None:
    """Look at this delivery again later. Nothing about it changes for anybody to see."""
    conn.execute(
        sa.update(DELIVERY).where(DELIVERY.c.id == delivery_id, DELIVERY.c.state.in_(PENDING)).values(next_at=when)
    )


def bring_forward(conn: Connection, inbox_id: UUID, now: datetime) -> None:
    """The inbox works again: what waits for its next try need not wait any longer."""
    # what a batch holds just now is being settled anyway
    waiting = (
        sa.select(DELIVERY.c.id)
        .where(DELIVERY.c.inbox_id == inbox_id, DELIVERY.c.state.in_(PENDING), DELIVERY.c.next_at > now)
        .with_for_update(skip_locked=True)
    )
    queued = DELIVERY.c.state == State.QUEUED.value
    conn.execute(sa.update(DELIVERY).where(DELIVERY.c.id.in_(waiting), queued).values(next_at=now))


def overdue(conn: Connection, now: datetime, limit: int = 200) -> list[UUID]:
    """What waited so long that nobody should get it any more."""
    late = sa.select(DELIVERY.c.id).where(
        DELIVERY.c.state.in_(PENDING), DELIVERY.c.state == State.QUEUED.value, DELIVERY.c.deadline_at < now
    )
    return list(conn.scalars(late.limit(limit)))


def lease(conn: Connection, worker: str, now: datetime, lanes: Iterable[str]) -> list[str]:
    """Take those of the lanes that still belong to nobody."""
    free = _FREE if is_sqlite(conn) else _FREE.with_for_update(skip_locked=True)
    taken = list(conn.scalars(free, {"lanes": list(lanes), "now": now}))
    if taken:
        conn.execute(_TAKE, {"lanes": taken, "worker": worker, "until": now + LEASE})
    return taken


def lease_one(conn: Connection, worker: str, lane: str, now: datetime) -> bool:
    """Take or keep this one lane; False while another process has it."""
    insert_missing(conn, LANE, [{"id": lane, "leased_by": "", "leased_until": None}], ("id",))
    free = sa.or_(LANE.c.leased_by == worker, LANE.c.leased_until.is_(None), LANE.c.leased_until < now)
    taken = sa.update(LANE).where(LANE.c.id == lane, free).values(leased_by=worker, leased_until=now + LEASE)
    return bool(conn.execute(taken).rowcount)


def renew(conn: Connection, worker: str, lane: str, now: datetime) -> bool:
    """Keep a lane a while longer; False if it was lost."""
    mine = sa.update(LANE).where(LANE.c.id == lane, LANE.c.leased_by == worker).values(leased_until=now + LEASE)
    return bool(conn.execute(mine).rowcount)


def give_back_all(conn: Connection) -> None:
    """At the start of a hub that is one process: whoever held a lane before is dead."""
    conn.execute(sa.update(LANE).where(LANE.c.leased_until.is_not(None)).values(leased_by="", leased_until=None))


def give_back(conn: Connection, worker: str, lane: str) -> None:
    conn.execute(_GIVE_BACK, {"lane": lane, "worker": worker})


def head(conn: Connection, lane: str) -> Head | None:
    row: Any = conn.execute(_HEAD, {"lane": lane}).first()
    return Head(*row) if row else None


def first_pending(conn: Connection, delivery_id: UUID) -> int:
    """Which message of a delivery is the first that its provider isn't known to have."""
    pending = sa.select(sa.func.min(PART.c.n)).where(
        PART.c.delivery_id == delivery_id, PART.c.state.in_((State.QUEUED.value, State.UNCERTAIN.value))
    )
    return conn.scalar(pending) or 1
