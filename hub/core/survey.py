"""Were you satisfied? Asked once for a case that is done, on the channel the customer used last (G3, first form).

The question is informational: `permit` may put it off, or forbid it, and then it isn't asked. A bare digit that comes
back from the address that was asked is the answer: it opens nothing again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address, Proof
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.core.changes import Actor
from hub.core.compose import deliver, facts_of
from hub.core.desk import InboxFacts
from hub.core.permit import Request, permit
from hub.core.receive import Heard
from hub.core.states import Row, ThreadState, Wants
from hub.db import insert_missing
from hub.models import Identity, Survey, Workspace, utcnow
from hub.models.tables import CASE, ENTRY

SURVEY, IDENTITY, WORKSPACE = Survey.__table__, Identity.__table__, Workspace.__table__  # type: ignore[attr-defined]

QUESTION = "How satisfied are you with our help? Answer with a number from 1 (not at all) to 5 (very)."
LATE = timedelta(days=2)
"""What was done longer ago isn't asked about any more."""
ANSWERABLE = timedelta(days=7)
_ANSWER = re.compile(r"([1-5])(?:\s*/\s*5)?(?![0-9])[\s.:,!-]*(.{0,500})", re.DOTALL)


# --- the setting ---


def settings(conn: Connection) -> dict[str, Any]:
    """Is it asked, and how long after a case is done?"""
    kept: dict[str, Any] = conn.scalar(sa.select(WORKSPACE.c.settings).where(WORKSPACE.c.id == 1)) or {}
    chosen: dict[str, Any] = kept.get("survey", {})
    return {"on": False, "after_s": 0, "since": None} | chosen


def set_settings(conn: Connection, *, on: bool, after_s: int, now: datetime) -> None:
    """Cases that were done before it was switched on are never asked about."""
    row = conn.execute(sa.select(WORKSPACE).where(WORKSPACE.c.id == 1).with_for_update()).first()
    before = settings(conn)
    since = before["since"] if on and before["on"] else now.isoformat()
    kept = {**(row.settings if row else {}), "survey": {"on": on, "after_s": after_s, "since": since}}
    if row is None:
        insert_missing(conn, WORKSPACE, [{"id": 1, "name": "", "settings": kept, "created_at": utcnow()}], ("id",))
    else:
        conn.execute(sa.update(WORKSPACE).where(WORKSPACE.c.id == 1).values(settings=kept))


def due(conn: Connection, now: datetime, limit: int) -> list[AskSurvey]:
    """Cases that were done lately and never asked about, and questions that were put off until now."""
    chosen = settings(conn)
    if not chosen["on"]:
        return []
    since = max(now - LATE, datetime.fromisoformat(chosen["since"]))
    asked = sa.exists().where(SURVEY.c.case_id == CASE.c.id)
    fresh = (
        sa.select(CASE.c.id)
        # the list's index finds them: nothing is done before it was touched last
        .where(CASE.c.status == "done", CASE.c.last_at > since - LATE, CASE.c.done_at > since, ~asked)
        .where(CASE.c.done_at <= now - timedelta(seconds=chosen["after_s"]))
        .limit(limit)
    )
    later = sa.select(SURVEY.c.case_id).where(SURVEY.c.state == "due", SURVEY.c.due_at <= now).limit(limit)
    return [AskSurvey(id_) for id_ in dict.fromkeys((*conn.scalars(fresh), *conn.scalars(later)))]


# --- asking ---


@dataclass(frozen=True, slots=True)
class AskSurvey:
    """Ask about one case, if it still is done and can be asked about."""

    case_id: UUID

    def wants(self, wants: Wants) -> None:
        wants.cases.add(self.case_id)

    def run(self, batch: Batch) -> str:
        """The survey's state now."""
        case = batch.case(self.case_id)
        thread = batch.thread(case["thread_id"])
        row = {
            "case_id": case["id"],
            "thread_id": thread.id,
            "state": "due",
            "reason": "",
            "kind": "",
            "address": "",
            "comment": "",
            "due_at": batch.now,
        }
        insert_missing(batch.conn, SURVEY, [row], ("case_id",))
        mine = SURVEY.c.case_id == case["id"]
        if batch.conn.scalar(sa.select(SURVEY.c.state).where(mine)) != "due":
            return "asked"
        if case["status"] != "done":
            # it goes on: it is asked about when it is done again
            batch.conn.execute(sa.delete(SURVEY).where(mine))
            return ""
        way = _last_used(batch, thread, case)
        if way is None:
            return self._set(batch, state="skipped", reason="The customer wrote nothing that could be answered.")
        inbox, to = way
        known = facts_of(batch, thread, inbox, to, "informational", person=False)
        request = Request(inbox, to.kind, to.value, "informational", batch.now, person=False, facts=known)
        decision = permit(request)
        if decision.verdict == "defer" and decision.until:
            return self._set(batch, state="due", due_at=decision.until, reason=decision.reason)
        if decision.verdict != "allow":
            return self._set(batch, state="skipped", reason=decision.reason)
        entry = _say(batch, thread, case, inbox, to)
        sent = deliver(batch, thread, entry, inbox, to, request.purpose, decision.record(request))
        # that it did not arrive is no reason to open the case again
        sent["options"]["case_id"] = None
        return self._set(
            batch,
            state="asked",
            reason="",
            inbox_id=inbox.id,
            kind=to.kind,
            address=to.value,
            entry_id=entry["id"],
            asked_at=batch.now,
        )

    def _set(self, batch: Batch, **values: Any) -> str:
        batch.at_end(sa.update(SURVEY).where(SURVEY.c.case_id == self.case_id).values(**values))
        return str(values["state"])


def _say(batch: Batch, thread: ThreadState, case: Row, inbox: InboxFacts, to: Address) -> dict[str, Any]:
    return batch.append(
        thread,
        case=case,
        public=True,
        direction="out",
        channel=inbox.channel,
        inbox_id=inbox.id,
        case_reason="chosen",
        author_name="Onethread",
        subject=f"Re: {case['subject']}" if inbox.capabilities.subject else "",
        text=QUESTION,
        purpose="informational",
        # nobody's answer: it counts in no figure
        automatic="survey",
        data={"to": [{"kind": to.kind, "address": to.value, "name": ""}], "survey": True},
    )


_LAST = (
    sa.select(ENTRY.c.inbox_id, IDENTITY.c.kind, IDENTITY.c.address)
    .join_from(ENTRY, IDENTITY, IDENTITY.c.id == ENTRY.c.author_id)
    .where(
        ENTRY.c.thread_id == sa.bindparam("thread", type_=ENTRY.c.thread_id.type),
        ENTRY.c.case_id == sa.bindparam("case", type_=ENTRY.c.case_id.type),
        ENTRY.c.direction == "in",
        ENTRY.c.kind == "message",
        ENTRY.c.automatic == "",
        IDENTITY.c.undeliverable == "",
    )
    .order_by(ENTRY.c.seq.desc())
    .limit(10)
)


def _last_used(batch: Batch, thread: ThreadState, case: Row) -> tuple[InboxFacts, Address] | None:
    for row in batch.conn.execute(_LAST, {"thread": thread.id, "case": case["id"]}):
        inbox = batch.desk.inbox(row.inbox_id)
        if inbox and inbox.active and inbox.capabilities.messages:
            return inbox, Address(row.kind, row.address)
    return None


# --- the answer ---


def answered(batch: Batch, thread: ThreadState, heard: Heard) -> Row | None:
    """The case whose question these words answer; the answer is kept."""
    message = heard.message
    given = _ANSWER.fullmatch(message.text.strip()) if len(message.text) < 600 else None
    if given is None or message.automatic or message.proof is Proof.FAILED:
        return None
    kind, address = canonical(message.sender)
    asked = sa.select(SURVEY.c.case_id).where(
        SURVEY.c.state == "asked",
        SURVEY.c.kind == kind,
        SURVEY.c.address == address,
        SURVEY.c.thread_id == thread.id,
        SURVEY.c.asked_at > batch.now - ANSWERABLE,
    )
    case_id = batch.conn.scalar(asked.order_by(SURVEY.c.asked_at.desc()).limit(1))
    if case_id is None:
        return None
    batch.load_cases({case_id})
    case = batch.cases[case_id]
    if case["status"] != "done":
        return None
    score, comment = int(given[1]), given[2].strip()
    mine = sa.update(SURVEY).where(SURVEY.c.case_id == case_id)
    batch.conn.execute(mine.values(state="answered", score=score, comment=comment, answered_at=batch.now))
    return case


def tell(batch: Batch, thread: ThreadState, case: Row, author: Actor, text: str) -> None:
    """After their words, what they mean."""
    score = text.strip()[0]
    batch.event(thread, case, author, "rated", score=int(score), text=f"{author.name} gave {score} of 5")


def of_case(conn: Connection, case_id: UUID) -> Any:
    return conn.execute(sa.select(SURVEY).where(SURVEY.c.case_id == case_id)).first()
