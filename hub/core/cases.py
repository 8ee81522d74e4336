"""What people do to a case: each change and its event in the timeline are written together (rule 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.core.batch import Batch
from hub.core.changes import SYSTEM, Actor
from hub.core.errors import Conflict, NotFound
from hub.core.states import Row, ThreadState, Wants, preview
from hub.db import among, insert_missing
from hub.models import Agent, CaseTag, Tag, Team, new_id
from hub.models.tables import CASE, ENTRY, REFERENCE

AGENT, TEAM = Agent.__table__, Team.__table__  # type: ignore[attr-defined]
TAG, CASE_TAG = Tag.__table__, CaseTag.__table__  # type: ignore[attr-defined]

PRIORITIES = ("low", "normal", "high", "urgent")
PRIORITY = {name: number for number, name in enumerate(PRIORITIES)}
STATUS_EVENTS = {"open": "reopened", "waiting": "waiting", "snoozed": "snoozed", "done": "done", "spam": "spam"}


@dataclass(frozen=True, slots=True)
class ChangeCase:
    """Assign, tag, snooze, close, reopen: `changes` holds only what shall change; None clears."""

    actor: Actor
    case_id: UUID
    changes: dict[str, Any] = field(default_factory=dict)

    def wants(self, wants: Wants) -> None:
        wants.cases.add(self.case_id)

    def run(self, batch: Batch) -> None:
        case = batch.case(self.case_id)
        thread = batch.thread(case["thread_id"])
        changes = dict(self.changes)
        _check(batch, changes)
        _check_snooze(batch, changes)
        if "subject" in changes and changes["subject"] != case["subject"]:
            old = case["subject"]
            case.set(subject=changes["subject"])
            batch.event(thread, case, self.actor, "renamed", old=old, new=changes["subject"])
        if "assignee_id" in changes and changes["assignee_id"] != case["assignee_id"]:
            self._assign(batch, thread, case, changes["assignee_id"])
        if "team_id" in changes and changes["team_id"] != case["team_id"]:
            case.set(team_id=changes["team_id"])
            name = _name(batch, TEAM, changes["team_id"])
            batch.event(thread, case, self.actor, "team", team=name, team_id=_text(changes["team_id"]))
        if "priority" in changes and PRIORITY[changes["priority"]] != case["priority"]:
            old = PRIORITIES[case["priority"]]
            case.set(priority=PRIORITY[changes["priority"]])
            batch.event(thread, case, self.actor, "priority", old=old, new=changes["priority"])
        if "tags" in changes:
            self._tag(batch, thread, case, changes["tags"] or [])
        self._set_status(batch, thread, case, changes)
        thread.cases[case["id"]] = None

    def _assign(self, batch: Batch, thread: ThreadState, case: Row, agent_id: UUID | None) -> None:
        case.set(assignee_id=agent_id)
        kind = "assigned" if agent_id else "unassigned"
        batch.event(thread, case, self.actor, kind, agent=_name(batch, AGENT, agent_id), agent_id=_text(agent_id))

    def _tag(self, batch: Batch, thread: ThreadState, case: Row, names: list[str]) -> None:
        tags = _tags(batch, names)
        before = {row.tag_id: row.name for row in batch.conn.execute(_TAGS_OF, {"case": case["id"]})}
        added, removed = set(tags) - set(before), set(before) - set(tags)
        for tag_id in removed:
            gone = sa.delete(CASE_TAG).where(CASE_TAG.c.case_id == case["id"], CASE_TAG.c.tag_id == tag_id)
            batch.conn.execute(gone)
        rows = [{"case_id": case["id"], "tag_id": tag_id} for tag_id in sorted(added)]
        batch.at_end_insert_missing(CASE_TAG, rows, ("case_id", "tag_id"))
        if added or removed:
            words = {"added": sorted(tags[t] for t in added), "removed": sorted(before[t] for t in removed)}
            batch.event(thread, case, self.actor, "tagged", **words)

    def _set_status(self, batch: Batch, thread: ThreadState, case: Row, changes: dict[str, Any]) -> None:
        status, until, until_reply = _status(changes)
        if status is None:
            return
        if status == "snoozed":
            case.set(status="snoozed", snoozed_until=until, until_reply=until_reply, done_at=None)
            batch.event(
                thread, case, self.actor, "snoozed", until=until.isoformat() if until else None, until_reply=until_reply
            )
            return
        if status == case["status"]:
            return
        case.set(
            status=status,
            snoozed_until=None,
            until_reply=False,
            done_at=batch.now if status in ("done", "spam") else None,
        )
        if status in ("done", "spam"):
            case.set(waiting_since=None, failed=False)
        batch.event(thread, case, self.actor, STATUS_EVENTS[status])


@dataclass(frozen=True, slots=True)
class Wake:
    """A snoozed case is due."""

    case_id: UUID

    def wants(self, wants: Wants) -> None:
        wants.cases.add(self.case_id)

    def run(self, batch: Batch) -> None:
        case = batch.case(self.case_id)
        until: datetime | None = case["snoozed_until"]
        if case["status"] != "snoozed" or until is None or until > batch.now:
            return
        case.set(status="open", snoozed_until=None, until_reply=False, last_at=batch.now)
        batch.event(batch.thread(case["thread_id"]), case, SYSTEM, "woken", by="time")


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A second problem of the same customer gets a case of its own, perhaps from one of its entries."""

    actor: Actor
    thread_id: UUID
    subject: str
    entry_id: UUID | None = None

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)
        if self.entry_id:
            wants.entries.add(self.entry_id)

    def run(self, batch: Batch) -> UUID:
        thread = batch.thread(self.thread_id)
        entry = batch.entries.get(self.entry_id) if self.entry_id else None
        if self.entry_id and (entry is None or entry["thread_id"] != thread.id):
            raise NotFound("entry")
        case = batch.new_case(thread, subject=self.subject, assignee_id=self.actor.id, origin={"by": "agent"})
        batch.event(thread, case, self.actor, "opened", subject=self.subject)
        if entry:
            _move(batch, thread, entry, case, self.actor)
        case_id: UUID = case["id"]
        return case_id


@dataclass(frozen=True, slots=True)
class MoveEntry:
    """An entry belongs to another case of the same thread; the clocks of both go with it."""

    actor: Actor
    entry_id: UUID
    case_id: UUID

    def wants(self, wants: Wants) -> None:
        wants.entries.add(self.entry_id)
        wants.cases.add(self.case_id)

    def run(self, batch: Batch) -> None:
        entry = batch.entries.get(self.entry_id)
        if entry is None:
            raise NotFound("entry")
        thread = batch.thread(entry["thread_id"])
        _move(batch, thread, entry, batch.case_in(thread, self.case_id), self.actor)


def _move(batch: Batch, thread: ThreadState, entry: Row, case: Row, actor: Actor) -> None:
    old_id = entry["case_id"]
    if old_id == case["id"]:
        return
    entry.set(case_id=case["id"], case_reason="chosen", rev=thread.next_rev())
    thread.entries[entry["id"]] = None
    batch.conn.execute(
        sa.update(REFERENCE)
        .where(REFERENCE.c.thread_id == thread.id, REFERENCE.c.entry_id == entry["id"])
        .values(case_id=None)
    )
    point = (
        sa.update(REFERENCE)
        .where(REFERENCE.c.thread_id == thread.id, REFERENCE.c.entry_id == entry["id"])
        .values(case_id=case["id"])
    )
    batch.at_end(point)
    if old_id:
        batch.load_cases({old_id})
    _move_clocks(batch, entry, batch.cases.get(old_id), case)
    batch.event(thread, case, actor, "moved", entry=str(entry["id"]), old=_text(old_id))
    for touched in filter(None, (old_id, case["id"])):
        thread.cases[touched] = None


_CLOCKED = sa.select(
    *(ENTRY.c[name] for name in ("id", "seq", "at", "direction", "author_kind", "automatic", "kind", "text")),
    *(ENTRY.c[name] for name in ("channel", "author_name", "author_id", "case_id")),
).where(ENTRY.c.kind.in_(("message", "call")), among(ENTRY.c.case_id, "cases"))


def _move_clocks(batch: Batch, entry: Row, old: Row | None, new: Row) -> None:
    """Both cases are measured anew, as if the words had come to the right one at once."""
    if entry["kind"] not in ("message", "call"):
        return
    cases = [case for case in (old, new) if case is not None]
    stored = batch.conn.execute(_CLOCKED, {"cases": [case["id"] for case in cases]}).mappings()
    said = {row["id"]: dict(row) for row in stored}
    # what this batch has written or moved isn't stored yet
    said |= {row["id"]: row for row in batch.new_entries if row["kind"] in ("message", "call")}
    for id_, row in batch.entries.items():
        if row["kind"] in ("message", "call"):
            said[id_] = row.values
    for case in cases:
        mine = sorted((row for row in said.values() if row["case_id"] == case["id"]), key=lambda row: row["seq"])
        _measure(case, mine, arrived=case is new and entry["direction"] == "in")


def _measure(case: Row, said: list[dict[str, Any]], *, arrived: bool) -> None:
    """Waiting, first response and what the list shows, from the case's own messages and calls, in their order."""
    waiting: datetime | None = None
    first_response: datetime | None = None
    for row in said:
        if row["automatic"]:
            continue
        if row["direction"] == "in":
            waiting = waiting or row["at"]
        elif row["direction"] == "out" and row["author_kind"] == "agent":
            first_response = first_response or (row["at"] if waiting else None)
            waiting = None
    inbound = [row["seq"] for row in said if row["direction"] == "in"]
    if arrived and waiting and case["status"] in ("waiting", "snoozed"):
        case.set(status="open", snoozed_until=None, until_reply=False)
    elif not waiting and not arrived and case["status"] == "open" and case["waiting_since"] and first_response:
        case.set(status="waiting")
    closed = case["status"] in ("done", "spam")
    case.set(
        waiting_since=None if closed else waiting,
        first_response_at=first_response,
        last_in_seq=max(inbound, default=0),
        last_seq=max((row["seq"] for row in said), default=0),
    )
    if said:
        latest = said[-1]
        by_customer = latest["direction"] == "in"
        case.set(
            last_at=max(case["last_at"], latest["at"]) if arrived else latest["at"],
            preview=preview(latest["text"]),
            preview_by="customer" if by_customer else latest["author_name"],
            preview_agent_id=None if by_customer else latest["author_id"],
            channel=latest["channel"],
        )
    else:
        case.set(preview="", preview_by="", preview_agent_id=None)


def _check(batch: Batch, changes: dict[str, Any]) -> None:
    """Ids of others must exist before anything is recorded."""
    if (agent_id := changes.get("assignee_id")) and not batch.conn.scalar(
        sa.select(AGENT.c.id).where(AGENT.c.id == agent_id, AGENT.c.active)
    ):
        raise NotFound("agent")
    if (team_id := changes.get("team_id")) and not batch.conn.scalar(sa.select(TEAM.c.id).where(TEAM.c.id == team_id)):
        raise NotFound("team")


def _status(changes: dict[str, Any]) -> tuple[str | None, datetime | None, bool]:
    """The status asked for, and until when: who names a time to come back snoozes."""
    until, until_reply = changes.get("snoozed_until"), bool(changes.get("until_reply"))
    return changes.get("status") or ("snoozed" if until or until_reply else None), until, until_reply


def _check_snooze(batch: Batch, changes: dict[str, Any]) -> None:
    status, until, until_reply = _status(changes)
    if status != "snoozed":
        return
    if not until and not until_reply:
        raise Conflict("Say until when to snooze, or until the customer replies.")
    if until and until <= batch.now:
        raise Conflict("The time to snooze until is in the past.")


def _tags(batch: Batch, names: list[str]) -> dict[UUID, str]:
    """Ids of these tags, made where they are new."""
    wanted = sorted(set(names))
    insert_missing(batch.conn, TAG, [{"id": new_id(), "name": name, "colour": "slate"} for name in wanted], ("name",))
    return {
        row.id: row.name for row in batch.conn.execute(sa.select(TAG.c.id, TAG.c.name).where(TAG.c.name.in_(wanted)))
    }


_TAGS_OF = (
    sa.select(CASE_TAG.c.tag_id, TAG.c.name)
    .join(TAG, TAG.c.id == CASE_TAG.c.tag_id)
    .where(CASE_TAG.c.case_id == sa.bindparam("case", type_=CASE.c.id.type))
)


def _name(batch: Batch, table: sa.Table, id_: UUID | None) -> str:
    return batch.conn.scalar(sa.select(table.c.name).where(table.c.id == id_)) or "" if id_ else ""


def _text(id_: UUID | None) -> str | None:
    return str(id_) if id_ else None
