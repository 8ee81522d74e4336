"""Promises as lists and cards show them: whose each is now, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.access import Right, Viewer, require
from hub.core.errors import NotFound
from hub.core.read.agents import agent_ref
from hub.core.read.people import display_names
from hub.models import Agent, Customer, Promise, Team, TeamMember, Thread

PROMISE, AGENT, TEAM = Promise.__table__, Agent.__table__, Team.__table__  # type: ignore[attr-defined]
THREAD, CUSTOMER, MEMBER = Thread.__table__, Customer.__table__, TeamMember.__table__  # type: ignore[attr-defined]

Out = dict[str, Any]
Whose = Literal["mine", "team", "all"]
MOST = 200

_AWAY = sa.or_(PROMISE.c.passed_at.is_not(None), AGENT.c.off_since.is_not(None), AGENT.c.active.is_(False))
_ROWS = (
    sa.select(
        PROMISE,
        CUSTOMER.c.id.label("customer_id"),
        CUSTOMER.c.name.label("customer_name"),
        AGENT.c.name.label("owner_name"),
        TEAM.c.name.label("team_name"),
        _AWAY.label("away"),
    )
    .join_from(PROMISE, THREAD, THREAD.c.id == PROMISE.c.thread_id)
    .join(CUSTOMER, CUSTOMER.c.id == THREAD.c.customer_id)
    .join(AGENT, AGENT.c.id == PROMISE.c.owner_id)
    .join(TEAM, TEAM.c.id == PROMISE.c.team_id, isouter=True)
    .order_by(PROMISE.c.due_at, PROMISE.c.id)
    .limit(MOST)
)


def of_thread(conn: Connection, viewer: Viewer, thread_id: UUID, states: Iterable[str] = ()) -> list[Out]:
    """A thread's promises, those due first foremost."""
    require(conn, viewer, Right.READ, thread_id)
    rows = _ROWS.where(PROMISE.c.thread_id == thread_id)
    if wanted := list(states):
        rows = rows.where(PROMISE.c.state.in_(wanted))
    return _shown(conn, rows)


def listed(conn: Connection, viewer: Viewer, whose: Whose, state: str) -> list[Out]:
    """One's own, the team's (their owners are away), or all."""
    rows = _ROWS.where(PROMISE.c.state == state)
    if whose == "mine":
        rows = rows.where(PROMISE.c.owner_id == viewer.id, PROMISE.c.passed_at.is_(None))
    elif whose == "team":
        mine = sa.select(MEMBER.c.team_id).where(MEMBER.c.agent_id == viewer.id)
        rows = rows.where(_AWAY, sa.or_(PROMISE.c.team_id.is_(None), PROMISE.c.team_id.in_(mine)))
    return _shown(conn, rows)


def one(conn: Connection, viewer: Viewer, promise_id: UUID) -> Out:
    found = _shown(conn, _ROWS.where(PROMISE.c.id == promise_id))
    if not found:
        raise NotFound("promise")
    require(conn, viewer, Right.READ, found[0]["thread_id"])
    return found[0]


def _shown(conn: Connection, statement: sa.Select[Any]) -> list[Out]:
    rows = conn.execute(statement).all()
    names = display_names(conn, {row.customer_id: row.customer_name for row in rows})
    return [_promise(row, names[row.customer_id]) for row in rows]


def _promise(row: Any, customer_name: str) -> Out:
    open_ = row.state == "open"
    passed = bool(row.away) and row.state in ("open", "broken")
    return {
        "id": row.id,
        "thread_id": row.thread_id,
        "case_id": row.case_id,
        "customer_id": row.customer_id,
        "customer_name": customer_name,
        "text": row.text,
        "channel": row.channel,
        "due_at": row.due_at,
        "state": row.state,
        "owner": agent_ref(row.owner_id, row.owner_name),
        "team_id": row.team_id,
        "passed": passed,
        "who": f"{row.team_name or 'team'}, because {row.owner_name} is off shift" if passed else row.owner_name,
        "moved_to": row.moved_to,
        "settled_at": None if open_ else row.settled_at,
        "created_at": row.created_at,
    }
