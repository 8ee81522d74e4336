"""What was promised to a customer: somebody's until it is kept, moved or broken, and the team's when they are away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.batch import Batch
from hub.core.changes import SYSTEM, Actor
from hub.core.errors import Conflict, NotFound
from hub.core.states import Row, ThreadState, Wants
from hub.db import insert
from hub.models import Agent, Promise, TeamMember, new_id

PROMISE, AGENT, MEMBER = Promise.__table__, Agent.__table__, TeamMember.__table__  # type: ignore[attr-defined]

AHEAD = timedelta(hours=1)
"""So long before it is due, somebody who is here must have it."""
GRACE = timedelta(minutes=15)
"""So long after it was due, it counts as broken."""


@dataclass(frozen=True, slots=True)
class MakePromise:
    actor: Actor
    thread_id: UUID
    text: str
    due_at: datetime
    case_id: UUID | None = None
    channel: str = ""

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)
        if self.case_id:
            wants.cases.add(self.case_id)

    def run(self, batch: Batch) -> UUID:
        thread = batch.thread(self.thread_id)
        if self.due_at <= batch.now:
            raise Conflict("This time is in the past. Say until when it will be done.")
        case = batch.case_in(thread, self.case_id) if self.case_id else _latest(batch, thread)
        row: dict[str, Any] = {
            "id": new_id(),
            "thread_id": thread.id,
            "case_id": case["id"] if case else None,
            "text": self.text,
            "channel": self.channel,
            "due_at": self.due_at,
            "owner_id": self.actor.id,
            "team_id": None,
            "passed_at": None,
            "state": "open",
            "moved_to": None,
            "settled_by": None,
            "settled_at": None,
            "created_at": batch.now,
        }
        _keep_new(batch, row)
        _tell(batch, thread, case, self.actor, "promised", row, f"{self.actor.name} promised: {self.text}")
        promise_id: UUID = row["id"]
        return promise_id


def _keep_new(batch: Batch, row: dict[str, Any]) -> None:
    # after the case it may name, which may be new in this batch
    batch.at_end_do(lambda conn: insert(conn, PROMISE, [row]))


def _latest(batch: Batch, thread: ThreadState) -> Row | None:
    cases = [case for case in batch.cases_of[thread.id] if case["status"] not in ("done", "spam")]
    return max(cases, key=lambda case: (case["last_at"], case["last_seq"]), default=None)


def _tell(batch: Batch, thread: ThreadState, case: Row | None, actor: Actor, kind: str, row: Any, text: str) -> None:
    told = {"promise_id": str(row["id"]), "promise": row["text"], "due_at": row["due_at"].isoformat()}
    batch.event(thread, case, actor, kind, **told, text=text)
    if case:
        thread.cases[case["id"]] = None


@dataclass(frozen=True, slots=True)
class _Settle:
    """What is done about one promise, under its thread's lock."""

    actor: Actor
    promise_id: UUID
    thread_id: UUID

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)

    def _find(self, batch: Batch) -> tuple[ThreadState, Row | None, Any]:
        row = batch.conn.execute(sa.select(PROMISE).where(PROMISE.c.id == self.promise_id)).mappings().first()
        if row is None:
            raise NotFound("promise")
        thread = batch.thread(row["thread_id"])
        if row["case_id"]:
            batch.load_cases({row["case_id"]})
        return thread, batch.cases.get(row["case_id"]) if row["case_id"] else None, row

    def _set(self, batch: Batch, **values: Any) -> None:
        batch.conn.execute(sa.update(PROMISE).where(PROMISE.c.id == self.promise_id).values(**values))


@dataclass(frozen=True, slots=True)
class KeepPromise(_Settle):
    """It was done; late is still better than never, and recorded so."""

    def run(self, batch: Batch) -> None:
        thread, case, row = self._find(batch)
        if row["state"] not in ("open", "broken"):
            raise Conflict("This promise is settled already.")
        late = " late" if batch.now >= row["due_at"] + GRACE else ""
        self._set(batch, state="kept", settled_at=batch.now, settled_by=self.actor.id)
        _tell(batch, thread, case, self.actor, "promise kept", row, f"Promise kept{late}: {row['text']}")


@dataclass(frozen=True, slots=True)
class MovePromise(_Settle):
    """It will be done at another time; who moves it has it from now on."""

    due_at: datetime
    reason: str = ""

    def run(self, batch: Batch) -> UUID:
        thread, case, row = self._find(batch)
        if row["state"] not in ("open", "broken"):
            raise Conflict("This promise is settled already.")
        if self.due_at <= batch.now:
            raise Conflict("This time is in the past. Say until when it will be done.")
        new = dict(row) | {
            "id": new_id(),
            "due_at": self.due_at,
            "owner_id": self.actor.id,
            "team_id": None,
            "passed_at": None,
            "state": "open",
            "settled_by": None,
            "settled_at": None,
            "created_at": batch.now,
        }
        _keep_new(batch, new)
        self._set(batch, state="moved", moved_to=new["id"], settled_at=batch.now, settled_by=self.actor.id)
        why = f" ({self.reason})" if self.reason else ""
        _tell(batch, thread, case, self.actor, "promise moved", new, f"Promise moved{why}: {row['text']}")
        promise_id: UUID = new["id"]
        return promise_id


@dataclass(frozen=True, slots=True)
class PromiseDue(_Settle):
    """The clock asks: has its owner gone, or is it broken?"""

    def run(self, batch: Batch) -> None:
        thread, case, row = self._find(batch)
        if row["state"] != "open":
            return
        owner = batch.conn.execute(sa.select(AGENT).where(AGENT.c.id == row["owner_id"])).one()
        away = owner.off_since is not None or not owner.active
        if away and row["passed_at"] is None and row["due_at"] <= batch.now + AHEAD:
            self._set(batch, passed_at=batch.now, team_id=_team(batch, case, owner.id))
            text = f"Promise passed to the team, because {owner.name} is off shift: {row['text']}"
            _tell(batch, thread, case, SYSTEM, "promise passed", row, text)
        if row["due_at"] + GRACE <= batch.now:
            self._set(batch, state="broken", settled_at=batch.now)
            if case and case["status"] in ("waiting", "snoozed"):
                case.set(status="open", snoozed_until=None, until_reply=False)
            _tell(batch, thread, case, SYSTEM, "promise broken", row, f"Promise broken: {row['text']}")


def _team(batch: Batch, case: Row | None, owner_id: UUID) -> UUID | None:
    """The case's team, or one of the owner's; without either it is everybody's."""
    if case and case["team_id"]:
        team_id: UUID = case["team_id"]
        return team_id
    return batch.conn.scalar(
        sa.select(MEMBER.c.team_id).where(MEMBER.c.agent_id == owner_id).order_by(MEMBER.c.team_id).limit(1)
    )


def due(conn: Connection, now: datetime, limit: int) -> list[PromiseDue]:
    """Promises that the clock has something to say to."""
    away = sa.and_(
        PROMISE.c.due_at <= now + AHEAD,
        PROMISE.c.passed_at.is_(None),
        sa.or_(AGENT.c.off_since.is_not(None), AGENT.c.active.is_(False)),
    )
    rows = (
        sa.select(PROMISE.c.id, PROMISE.c.thread_id)
        .join_from(PROMISE, AGENT, AGENT.c.id == PROMISE.c.owner_id)
        .where(PROMISE.c.state == "open", PROMISE.c.due_at <= now + AHEAD)
        .where(sa.or_(PROMISE.c.due_at <= now - GRACE, away))
        .order_by(PROMISE.c.due_at)
        .limit(limit)
    )
    return [PromiseDue(SYSTEM, row.id, row.thread_id) for row in conn.execute(rows)]
