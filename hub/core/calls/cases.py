"""A call moves its case as messages do: one that nobody took waits for us, one that was talked through doesn't."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.core.batch import Batch
from hub.core.calls.words import ENDS, duration
from hub.core.changes import SYSTEM, Actor
from hub.core.states import Row
from hub.models import Agent

AGENT = Agent.__table__  # type: ignore[attr-defined]

OPEN = ("open", "waiting", "snoozed")
UNTAKEN = ("missed", "abandoned", "voicemail_left")

_NAME = sa.select(AGENT.c.name).where(AGENT.c.id == sa.bindparam("id", type_=AGENT.c.id.type))


def of(batch: Batch, call: Row) -> Row | None:
    """The case that the call's entry is in now, whatever became of it."""
    case_id = batch.calls.case_of.get(call["id"])
    if case_id is None:
        return None
    batch.load_cases({case_id})
    return batch.cases.get(case_id)


def began(batch: Batch, call: Row, entry: dict[str, Any], case: Row, actor: Actor, *, is_new: bool) -> None:
    """It rings: the list shows it, and a case that slept wakes up."""
    inbound = call["direction"] == "in"
    case.set(
        channel=entry["channel"],
        preview="Incoming call" if inbound else "Outgoing call",
        preview_by="customer" if inbound else actor.name,
        preview_agent_id=None if inbound else actor.id,
        last_at=batch.now,
        last_seq=entry["seq"],
    )
    if inbound:
        case.set(last_in_seq=entry["seq"])
        if not is_new:
            _wake(batch, call, case)


def _wake(batch: Batch, call: Row, case: Row) -> None:
    before = case["status"]
    if before in ("open", "spam"):
        return
    case.set(status="open", snoozed_until=None, until_reply=False, done_at=None)
    if before in ("done", "snoozed"):
        kind = "reopened" if before == "done" else "woken"
        batch.event(batch.thread(call["thread_id"]), case, SYSTEM, kind, by="call", who=call["customer_name"])


def answered(batch: Batch, call: Row) -> None:
    """Somebody speaks with the customer: that is an answer, and whoever took the call has the case if nobody had it."""
    case = of(batch, call)
    if case is None:
        return
    waits = case["waiting_since"] or (call["created_at"] if call["direction"] == "in" else None)
    if waits:
        case.set(first_response_at=case["first_response_at"] or batch.now)
    case.set(waiting_since=None, asked_at=None)
    if call["agent_id"] and case["assignee_id"] is None and case["status"] in OPEN:
        name = agent_name(batch, call["agent_id"])
        case.set(assignee_id=call["agent_id"])
        actor = Actor("agent", call["agent_id"], name)
        thread = batch.thread(call["thread_id"])
        batch.event(thread, case, actor, "assigned", agent=name, agent_id=str(call["agent_id"]), by="call")
    _show(batch, call, case)


def ended(batch: Batch, call: Row) -> None:
    case = of(batch, call)
    if case is None:
        return
    talked = f", {duration(call['talk_s'])}" if call["answered_at"] else ""
    words = ENDS.get(call["end_reason"], "Call").lower()
    case.set(preview=f"Call: {words}{talked}", last_at=batch.now)
    if call["direction"] == "in" and call["end_reason"] in UNTAKEN:
        case.set(waiting_since=case["waiting_since"] or call["created_at"], preview_by="customer")
        _wake(batch, call, case)
    _show(batch, call, case)


def left_message(batch: Batch, call: Row) -> None:
    """The message was told of after the call was over."""
    case = of(batch, call)
    if case is not None:
        case.set(preview="Call: voicemail", last_at=batch.now)
        _show(batch, call, case)


def _show(batch: Batch, call: Row, case: Row) -> None:
    batch.thread(call["thread_id"]).cases[case["id"]] = None


def agent_name(batch: Batch, agent_id: UUID) -> str:
    return batch.conn.scalar(_NAME, {"id": agent_id}) or ""
