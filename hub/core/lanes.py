"""Which process sends what: lanes are leased, never single deliveries, so that each lane leaves in order (rule 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import State
from hub.db import among, insert_missing, is_sqlite
from hub.models.tables import DELIVERY, LANE

LEASE = timedelta(seconds=60)
PENDING: list[sa.ColumnElement[str]] = [sa.literal_column(f"'{state}'") for state in (State.QUEUED, State.SENDING)]
"""Spelled out, never bound: only so do both planners see that the small indexes of what is pending serve."""

_BEFORE = DELIVERY.alias()
_DUE = (
    sa.select(DELIVERY.c.lane)
    .where(
        DELIVERY.c.state.in_(PENDING),
        DELIVERY.c.next_at <= sa.bindparam("now", type_=DELIVERY.c.next_at.type),
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
_FREE = (
    sa.select(LANE.c.id)
    .where(
        among(LANE.c.id, "lanes"),
        sa.or_(
            LANE.c.leased_until.is_(None), LANE.c.leased_until < sa.bindparam("now", type_=LANE.c.leased_until.type)
        ),
    )
    .order_by(LANE.c.id)
)
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
    sa.select(DELIVERY.c.id, DELIVERY.c.state, DELIVERY.c.next_at, DELIVERY.c.deadline_at, DELIVERY.c.inbox_id)
    .where(DELIVERY.c.lane == sa.bindparam("lane", type_=sa.Text), DELIVERY.c.state.in_(PENDING))
    .order_by(DELIVERY.c.seq, DELIVERY.c.id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Head:
    """The delivery that must leave its lane before any other."""

    id: UUID
    state: str
    next_at: datetime
    deadline_at: datetime
    inbox_id: UUID


def has_due(conn: Connection, now: datetime, held: set[str]) -> bool:
    """Is a lane due that we don't hold? A read, so that an idle hub never takes the write lock."""
    return any(row.lane not in held for row in conn.execute(_DUE, {"now": now, "limit": len(held) + 1}))


def put_off(conn: Connection, delivery_id: UUID, when: datetime) -> None:
    """Look at this delivery again later; its inbox is paused. Nothing about it changes for anybody to see."""
    conn.execute(
        sa.update(DELIVERY)
        .where(DELIVERY.c.id == delivery_id, DELIVERY.c.state == State.QUEUED.value)
        .values(next_at=when)
    )


def lease(conn: Connection, worker: str, now: datetime, held: set[str], limit: int) -> list[str]:
    """Take lanes whose head is due and that belong to nobody."""
    due = [row.lane for row in conn.execute(_DUE, {"now": now, "limit": limit + len(held)}) if row.lane not in held]
    if not due:
        return []
    free = _FREE if is_sqlite(conn) else _FREE.with_for_update(skip_locked=True)
    lanes = list(conn.scalars(free, {"lanes": due[:limit], "now": now}))
    if lanes:
        conn.execute(_TAKE, {"lanes": lanes, "worker": worker, "until": now + LEASE})
    return lanes


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
