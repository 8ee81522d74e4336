"""Which case of the thread does a message belong to? In one order, and the answer's reason stays on the entry.

Token or known id, then the case that asked for this answer, then the only open one, then the one touched last within a
day, then one that was done recently, then a new one. Whoever failed the check of who they are wakes and reopens none:
their words join a case that is open, or get one of their own, where an agent sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.contract import Proof
from hub.core.batch import Batch
from hub.core.receive import Heard
from hub.core.states import Row, ThreadState

TOKEN, REFERENCE, ASKED, ONLY_OPEN, RECENT, REOPENED, NEW, LATEST = (
    "token",
    "reference",
    "asked",
    "only open",
    "recent",
    "reopened",
    "new",
    "latest",
)
CLOSED = ("done", "spam")


@dataclass(frozen=True, slots=True)
class Route:
    """`case` is None where a new one must be opened; `same_as` is then the one it may continue."""

    case: Row | None
    reason: str
    answers: UUID | None = None
    same_as: UUID | None = None


def route(batch: Batch, thread: ThreadState, heard: Heard, ref_space: str, channel: str) -> Route:
    """Choose the case for an inbound message; looks only at what the batch has locked."""
    pointed = _by_token(batch, thread, heard) or _by_reference(batch, thread, heard, ref_space)
    failed = heard.message.proof is Proof.FAILED
    if pointed and pointed.case and _takes(batch, pointed.case, failed):
        return pointed
    answers = pointed.answers if pointed else None
    cases = batch.cases_of[thread.id]
    if heard.message.automatic:
        # a machine opens nothing again: its words go to where the thread was last at work
        latest = max((c for c in cases if c["status"] != "spam"), key=_touched, default=None)
        return Route(latest, LATEST if latest else NEW, answers)
    if failed:
        cases = [case for case in cases if _takes(batch, case, failed)]
    open_cases = [case for case in cases if _is_open(case)]
    asking = [c for c in open_cases if c["asked_at"] and (c["origin"] or {}).get("asked") == channel]
    if asking and len(open_cases) > 1:
        return Route(max(asking, key=lambda case: case["asked_at"]), ASKED, answers)
    if len(open_cases) == 1:
        return Route(open_cases[0], ASKED if asking else ONLY_OPEN, answers)
    since = batch.now - batch.desk.recent
    recent = [case for case in open_cases or cases if case["status"] != "spam" and case["last_at"] >= since]
    if recent:
        return Route(max(recent, key=_touched), RECENT, answers)
    return Route(None, NEW, answers, _continues(pointed, cases))


def _continues(pointed: Route | None, cases: list[Row]) -> UUID | None:
    """What a new case asks about: "same as …?"."""
    if pointed:
        case_id: UUID | None = pointed.case["id"] if pointed.case else pointed.same_as
        return case_id
    candidates = [case for case in cases if case["status"] != "spam"]
    return max(candidates, key=_touched)["id"] if candidates else None


def _by_token(batch: Batch, thread: ThreadState, heard: Heard) -> Route | None:
    for case_id in heard.cases:
        case = batch.cases.get(case_id)
        if case and case["thread_id"] == thread.id:
            return Route(case, TOKEN if _is_open(case) else REOPENED, _first_answered(batch, thread, heard))
    return None


def _first_answered(batch: Batch, thread: ThreadState, heard: Heard) -> UUID | None:
    for ref in heard.message.reply_to:
        found = batch.references.get((thread.id, ref))
        if found:
            return found[0]
    return None


def _by_reference(batch: Batch, thread: ThreadState, heard: Heard, ref_space: str) -> Route | None:
    for ref in heard.message.reply_to:
        entry_id, case_id = batch.references.get((thread.id, ref), (None, None))
        if entry_id is None:
            known = batch.known.get((ref_space, ref))
            if not known or known[1] != thread.id:
                continue
            entry_id, case_id = known[0], known[2]
        case = batch.cases.get(case_id) if case_id else None
        if case is None:
            # the entry is known, its case long done: the new one may continue it
            return Route(None, REFERENCE, entry_id, case_id)
        return Route(case, REFERENCE if _is_open(case) else REOPENED, entry_id)
    return None


def elsewhere(batch: Batch, thread: ThreadState, heard: Heard, ref_space: str) -> dict[str, str | None] | None:
    """What a message names in somebody else's thread: it selects nothing (rule 14), but an agent should know."""
    for case_id in heard.cases:
        case = batch.cases.get(case_id)
        if case and case["thread_id"] != thread.id:
            return {"thread_id": str(case["thread_id"]), "case_id": str(case_id)}
    for ref in heard.message.reply_to:
        known = batch.known.get((ref_space, ref))
        if known and known[1] != thread.id:
            return {"thread_id": str(known[1]), "case_id": str(known[2]) if known[2] else None}
    return None


def _is_open(case: Row) -> bool:
    return case["status"] not in CLOSED


def _takes(batch: Batch, case: Row, failed: bool) -> bool:
    return case["status"] == "open" if failed else _is_open(case) or _reopens(batch, case)


def _reopens(batch: Batch, case: Row) -> bool:
    done_at: datetime = case["done_at"] or case["last_at"]
    return case["status"] == "done" and done_at >= batch.now - batch.desk.reopen


def _touched(case: Row) -> tuple[object, int]:
    return case["last_at"], case["last_seq"]
