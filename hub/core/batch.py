"""One transaction for all that waits: look up, lock, decide, write, in the one order that everybody keeps.

Envelopes, then identities, then threads in id order, then cases, entries and deliveries (`architecture.md`, section 5).
Under the locks every answer holds until the commit, so jobs decide in memory and the rows go out in few statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub import failpoints
from hub.core.calls.rows import CallRows
from hub.core.changes import Actor, Change
from hub.core.desk import Desk
from hub.core.errors import CoreError, NotFound
from hub.core.states import Owner, Row, ThreadState, Wants
from hub.db import Prepared, Together, among, insert_missing, is_sqlite
from hub.models import new_id
from hub.models.tables import (
    ATTACHMENT,
    ATTEMPT,
    CASE,
    CUSTOMER,
    DELIVERY,
    DRAFT,
    ENTRY,
    LANE,
    PART,
    QUESTION,
    REFERENCE,
    TALLY,
    THREAD,
    UNINDEXED,
)


class Job(Protocol):
    """One caller's wish. `wants` names what must be looked up and locked; `run` decides and records, or refuses."""

    def wants(self, wants: Wants) -> None: ...
    def run(self, batch: Batch) -> Any: ...


COUNTERS = (THREAD.c.last_seq, THREAD.c.rev, THREAD.c.public_rev, THREAD.c.published_rev, THREAD.c.read_seq)
_THREADS = sa.select(THREAD.c.id, THREAD.c.customer_id, *COUNTERS, THREAD.c.merged_into).where(
    among(THREAD.c.id, "ids")
)
_LOCK = Prepared(_THREADS.order_by(THREAD.c.id).with_for_update(key_share=True))
_FIND = Prepared(_THREADS)
IS_LIVE = sa.or_(
    sa.and_(CASE.c.status != "done", CASE.c.status != "spam"),
    CASE.c.last_at > sa.bindparam("since", type_=CASE.c.last_at.type),
)
_LIVE_CASES = Prepared(sa.select(CASE).where(among(CASE.c.thread_id, "threads"), IS_LIVE))
_CASES = Prepared(sa.select(CASE).where(among(CASE.c.id, "ids")))
_CASE_THREADS = Prepared(sa.select(CASE.c.thread_id).where(among(CASE.c.id, "ids")))
_ENTRY_THREADS = Prepared(sa.select(ENTRY.c.thread_id).where(among(ENTRY.c.id, "ids")))
_DELIVERY_THREADS = Prepared(sa.select(DELIVERY.c.thread_id).where(among(DELIVERY.c.id, "ids")))
_DRAFT_THREADS = Prepared(sa.select(DRAFT.c.thread_id).where(among(DRAFT.c.id, "ids")))
_REF_THREADS = Prepared(
    sa.select(DELIVERY.c.id, DELIVERY.c.thread_id, DELIVERY.c.inbox_id, DELIVERY.c.ref).where(
        among(DELIVERY.c.inbox_id, "inboxes"), among(DELIVERY.c.ref, "refs")
    )
)
_ENTRIES = Prepared(sa.select(ENTRY).where(among(ENTRY.c.id, "ids")))
_DELIVERIES = Prepared(sa.select(DELIVERY).where(among(DELIVERY.c.id, "ids")))
_PARTS = Prepared(sa.select(PART).where(among(PART.c.delivery_id, "ids")))
_PART_REFS = Prepared(
    sa.select(PART.c.delivery_id, DELIVERY.c.thread_id, PART.c.inbox_id, PART.c.ref)
    .join_from(PART, DELIVERY, DELIVERY.c.id == PART.c.delivery_id)
    .where(among(PART.c.inbox_id, "inboxes"), among(PART.c.ref, "refs"))
)
_DRAFTS = Prepared(sa.select(DRAFT).where(among(DRAFT.c.id, "ids")))
# locked, so that none is forgotten as unused while it is put into a message
_ATTACHMENTS = Prepared(
    sa.select(ATTACHMENT).where(among(ATTACHMENT.c.id, "ids")).order_by(ATTACHMENT.c.id).with_for_update()
)
_REFERENCES = Prepared(
    sa.select(REFERENCE).where(among(REFERENCE.c.thread_id, "threads"), among(REFERENCE.c.ref, "refs"))
)
_KNOWN_REFS = Prepared(
    sa.select(ENTRY.c.ref_space, ENTRY.c.ref, ENTRY.c.id, ENTRY.c.thread_id, ENTRY.c.case_id).where(
        among(ENTRY.c.ref_space, "spaces"), among(ENTRY.c.ref, "refs")
    )
)
_CLIENT_KEYS = Prepared(
    sa.select(ENTRY.c.thread_id, ENTRY.c.client_key, ENTRY.c.id).where(
        among(ENTRY.c.thread_id, "threads"), among(ENTRY.c.client_key, "keys")
    )
)


class Batch:
    """The transaction's workspace: what was read under the locks, and the rows that wait to be written."""

    def __init__(self, conn: Connection, desk: Desk, now: datetime) -> None:
        self.conn = conn
        self.desk = desk
        self.now = now
        self.wants = Wants()
        self.owners: dict[tuple[str, str], Owner] | None = None
        """Whose the senders' addresses are, where that was read beforehand."""
        self.threads: dict[UUID, ThreadState] = {}
        self.cases: dict[UUID, Row] = {}
        self.cases_of: dict[UUID, list[Row]] = defaultdict(list)
        self.entries: dict[UUID, Row] = {}
        self.deliveries: dict[UUID, Row] = {}
        self.parts: dict[UUID, Row] = {}
        """The messages of those deliveries that are several."""
        self.questions: dict[UUID, Row] = {}
        self.delivery_by_ref: dict[tuple[UUID, str], UUID] = {}
        self.drafts: dict[UUID, Row] = {}
        self.calls = CallRows()
        self.attachments: dict[UUID, Row] = {}
        self.references: dict[tuple[UUID, str], tuple[UUID, UUID | None]] = {}
        self.known: dict[tuple[str, str], tuple[UUID, UUID, UUID | None]] = {}
        self.client_keys: dict[tuple[UUID, str], UUID] = {}
        self.new_customers: list[dict[str, Any]] = []
        self.new_entries: list[dict[str, Any]] = []
        self.new_references: list[dict[str, Any]] = []
        self.new_attachments: list[dict[str, Any]] = []
        self.new_attempts: list[dict[str, Any]] = []
        self.new_lanes: set[str] = set()
        self.senders: dict[tuple[str, str], Any] = {}
        """Whose word it is, for what isn't a message; `hub.core.told` fills it."""
        self.may_prove = True
        """Whether any code is open at all, as far as that was read beforehand."""
        self.codes: dict[UUID, Row | None] = {}
        """Codes that what arrived may give back; `hub.core.proof` reads them under the locks."""
        self.moved: dict[UUID, UUID] = {}
        """Threads that were merged meanwhile, and into which."""
        self.renamed: set[UUID] = set()
        """Customers whose name or addresses search must read again."""
        self._marks: list[dict[str, Any]] = []
        """Of threads this batch has nothing else to do with."""
        self._at_end: list[Callable[[], object]] = []
        self._last: list[Callable[[], object]] = []
        self._tally_before: dict[UUID, tuple[str, str, str] | None] = {}

    # --- look up and lock ---

    def load(self, published: Mapping[UUID, int]) -> None:
        """Find the threads of what is wanted, lock them in id order, and read the rest under the locks."""
        self._find_threads()
        self.calls.find(self.conn, self.wants)
        worked_on = self.wants.threads | self.threads.keys()
        self._lock(self.wants.threads)
        worked_on |= self.threads.keys()
        self._mark(published)
        self._read_cases(worked_on)
        wants, threads = self.wants, list(worked_on)
        self._read(_ENTRIES, wants.entries, self.entries)
        self._read(_DELIVERIES, wants.deliveries, self.deliveries)
        self._read_parts(self.deliveries.values())
        self._read(_DRAFTS, wants.drafts, self.drafts)
        self.load_attachments(wants.attachments)
        self.calls.load(self.conn, wants)
        if wants.refs and threads:
            for row in _REFERENCES.rows(self.conn, threads=threads, refs=list(wants.refs)):
                self.references[row.thread_id, row.ref] = (row.entry_id, row.case_id)
        if known := wants.known_refs | wants.refs:
            for row in _KNOWN_REFS.rows(self.conn, spaces=list(wants.ref_spaces), refs=list(known)):
                self.known[row.ref_space, row.ref] = (row.id, row.thread_id, row.case_id)
        if wants.client_keys and threads:
            for row in _CLIENT_KEYS.rows(self.conn, threads=threads, keys=list(wants.client_keys)):
                self.client_keys[row.thread_id, row.client_key] = row.id

    def _find_threads(self) -> None:
        wants = self.wants
        for inbox_id, ref in wants.delivery_refs:
            if delivery_id := self.desk.delivery_of_key(ref):
                self.delivery_by_ref[inbox_id, ref] = delivery_id
                wants.deliveries.add(delivery_id)
        for statement, ids in (
            (_CASE_THREADS, wants.cases),
            (_ENTRY_THREADS, wants.entries),
            (_DELIVERY_THREADS, wants.deliveries),
            (_DRAFT_THREADS, wants.drafts),
        ):
            if ids:
                wants.threads.update(row[0] for row in statement.rows(self.conn, ids=list(ids)))
        if wants.delivery_refs:
            self._find_deliveries(_REF_THREADS, wants.delivery_refs)
            if others := wants.delivery_refs - self.delivery_by_ref.keys():
                self._find_deliveries(_PART_REFS, others)

    def _find_deliveries(self, query: Prepared, wanted: set[tuple[UUID, str]]) -> None:
        inboxes, refs = {inbox for inbox, _ in wanted}, {ref for _, ref in wanted}
        for delivery_id, thread_id, inbox_id, ref in query.rows(self.conn, inboxes=list(inboxes), refs=list(refs)):
            if (inbox_id, ref) in wanted:
                self.delivery_by_ref[inbox_id, ref] = delivery_id
                self.wants.deliveries.add(delivery_id)
                self.wants.threads.add(thread_id)

    def _lock(self, wanted: set[UUID]) -> None:
        ids = sorted(wanted - self.threads.keys())
        if not ids:
            return
        # SQLite holds its one lock already
        for row in (_FIND if is_sqlite(self.conn) else _LOCK).rows(self.conn, ids=ids):
            if row.merged_into:
                self.moved[row.id] = row.merged_into
            else:
                self.threads[row[0]] = ThreadState(*row[:-1])
        if targets := {self.moved[id_] for id_ in ids if id_ in self.moved}:
            # out of the order: at worst a deadlock, and then the same batch comes again
            self._lock(targets)

    def _mark(self, published: Mapping[UUID, int]) -> None:
        for thread_id, rev in published.items():
            thread = self.threads.get(thread_id)
            if thread is None:
                self._marks.append({"id": thread_id, "published_rev": rev})
            elif rev > thread.published_rev:
                thread.published_rev = rev
                thread.touched = True

    def _read_cases(self, worked_on: set[UUID]) -> None:
        old = [id_ for id_ in worked_on if id_ in self.threads and not self.threads[id_].new]
        if old:
            for row in _LIVE_CASES.dicts(self.conn, threads=old, since=self.live_since):
                self._keep_case(Row(row))
        self.load_cases(self.wants.cases)

    @property
    def live_since(self) -> datetime:
        """What was done before is no case that a message could still be about by itself."""
        return self.now - max(self.desk.reopen, self.desk.recent)

    def load_cases(self, ids: set[UUID]) -> None:
        """Read further cases of threads that are locked."""
        if missing := ids - self.cases.keys():
            for row in _CASES.dicts(self.conn, ids=list(missing)):
                self._keep_case(Row(row))

    def load_attachments(self, ids: set[UUID]) -> None:
        self._read(_ATTACHMENTS, ids, self.attachments)

    def load_entries(self, ids: set[UUID]) -> None:
        """Read further entries of threads that are locked."""
        self._read(_ENTRIES, ids - self.entries.keys(), self.entries)

    def load_deliveries(self, ids: set[UUID]) -> None:
        """The same for deliveries."""
        missing = ids - self.deliveries.keys()
        self._read(_DELIVERIES, missing, self.deliveries)
        self._read_parts(row for id_, row in self.deliveries.items() if id_ in missing)

    def _read_parts(self, deliveries: Iterable[Row]) -> None:
        self._read(_PARTS, {row["id"] for row in deliveries if row["parts"] > 1}, self.parts)

    def _keep_case(self, case: Row) -> None:
        self.cases[case["id"]] = case
        self.cases_of[case["thread_id"]].append(case)
        self._tally_before[case["id"]] = _tally_key(case)

    def _read(self, query: Prepared, ids: set[UUID], into: dict[UUID, Row]) -> None:
        if ids:
            for row in query.dicts(self.conn, ids=list(ids)):
                into[row["id"]] = Row(row)

    # --- what steps 1 and 2 use ---

    def insert_missing(
        self, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: tuple[str, ...]
    ) -> set[tuple[Any, ...]]:
        """Insert those rows whose `key` isn't there yet; returns the keys that went in."""
        return insert_missing(self.conn, table, rows, key)

    # --- what jobs use ---

    def thread(self, thread_id: UUID) -> ThreadState:
        try:
            return self.threads[self.moved.get(thread_id, thread_id)]
        except KeyError:
            raise NotFound("thread") from None

    def case(self, case_id: UUID) -> Row:
        try:
            return self.cases[case_id]
        except KeyError:
            raise NotFound("case") from None

    def case_in(self, thread: ThreadState, case_id: UUID) -> Row:
        """A case of this very thread: an id of another one is refused as if it didn't exist."""
        case = self.case(case_id)
        if case["thread_id"] != thread.id:
            raise NotFound("case")
        return case

    def delivery(self, delivery_id: UUID) -> Row:
        try:
            return self.deliveries[delivery_id]
        except KeyError:
            raise NotFound("delivery") from None

    def new_case(self, thread: ThreadState, **values: Any) -> Row:
        row: dict[str, Any] = {
            "id": new_id(),
            "thread_id": thread.id,
            "subject": "",
            "status": "open",
            "assignee_id": None,
            "team_id": None,
            "priority": 1,
            "restricted": False,
            "channel": "",
            "origin": None,
            "preview": "",
            "preview_by": "",
            "preview_agent_id": None,
            "last_at": self.now,
            "last_seq": 0,
            "last_in_seq": 0,
            "asked_at": None,
            "waiting_since": None,
            "first_response_at": None,
            "snoozed_until": None,
            "until_reply": False,
            "failed": False,
            "answers": None,
            "question_id": None,
            "opened_at": self.now,
            "done_at": None,
        }
        case = Row(row | values, new=True)
        self.cases[case["id"]] = case
        self.cases_of[thread.id].append(case)
        self._tally_before[case["id"]] = None
        thread.cases[case["id"]] = None
        return case

    def append(self, thread: ThreadState, *, case: Row | None, public: bool, **values: Any) -> dict[str, Any]:
        """Add one entry: it gets the next `seq` and `rev`, and a `public_rev` only if the customer may see it."""
        thread.last_seq += 1
        row: dict[str, Any] = {
            "id": new_id(),
            "thread_id": thread.id,
            "seq": thread.last_seq,
            "rev": thread.next_rev(),
            "public_rev": thread.next_public_rev() if public else None,
            "kind": "message",
            "direction": "none",
            "channel": "",
            "inbox_id": None,
            "envelope_id": None,
            "case_id": case["id"] if case else None,
            "case_reason": "",
            "author_kind": "system",
            "author_id": None,
            "author_name": "",
            "at": self.now,
            "subject": "",
            "text": "",
            "html": "",
            "quoted": "",
            "quoted_html": "",
            "purpose": "",
            "proof": "",
            "automatic": "",
            "reply_to": None,
            "ref_space": None,
            "ref": None,
            "client_key": None,
            "data": None,
            "redacted_at": None,
            "since": None,
        }
        row.update(values)
        self.new_entries.append(row)
        thread.entries[row["id"]] = None
        if row["ref"]:
            self.known[row["ref_space"], row["ref"]] = (row["id"], thread.id, row["case_id"])
        if row["client_key"]:
            self.client_keys[thread.id, row["client_key"]] = row["id"]
        if case:
            thread.cases[case["id"]] = None
        return row

    def event(self, thread: ThreadState, case: Row | None, actor: Actor, kind: str, **data: Any) -> dict[str, Any]:
        """State and its event go together (rule 7): whoever changes a case calls this beside it."""
        return self.append(
            thread,
            case=case,
            public=False,
            kind="event",
            author_kind=actor.kind,
            author_id=actor.id,
            author_name=actor.name,
            data={"type": kind, **data},
        )

    def refer(self, thread: ThreadState, ref: str, entry: dict[str, Any]) -> None:
        """Let later messages of this thread point at the entry by `ref`; the first one keeps it."""
        if (thread.id, ref) not in self.references:
            self.references[thread.id, ref] = (entry["id"], entry["case_id"])
            self.new_references.append(
                {"thread_id": thread.id, "ref": ref, "entry_id": entry["id"], "case_id": entry["case_id"]}
            )

    def touch_delivery(self, delivery: Row) -> None:
        """A delivery in a new state is a change of its thread, and of what the customer sees."""
        thread = self.thread(delivery["thread_id"])
        delivery.set(rev=thread.next_rev(), public_rev=thread.next_public_rev())
        thread.entries[delivery["entry_id"]] = None
        thread.sends |= delivery["state"] == "queued"

    def at_end(self, statement: sa.Executable) -> None:
        """A rare statement of one job's own, run when everything else is written."""
        self._at_end.append(lambda: self.conn.execute(statement))

    def at_end_do(self, work: Callable[[Connection], object]) -> None:
        """The same for what takes more than one statement."""
        self._at_end.append(lambda: work(self.conn))

    def at_end_insert_missing(self, table: sa.Table, rows: list[dict[str, Any]], key: tuple[str, ...]) -> None:
        self._at_end.append(lambda: insert_missing(self.conn, table, rows, key))

    def at_last_do(self, work: Callable[[Connection], object]) -> None:
        """After even that: what moves rows that other jobs of this batch may have written."""
        self._last.append(lambda: work(self.conn))

    # --- write ---

    def flush(self) -> None:
        """Everything out."""
        out = Together(self.conn)
        self._put(out)
        out.send()
        for rest in (*self._at_end, *self._last):
            rest()

    def _put(self, out: Together) -> None:
        """Parents before children."""
        out.insert(CUSTOMER, self.new_customers)
        self._write_threads(out)
        out.insert(CASE, [row.values for row in self.cases.values() if row.new])
        _write_changed(out, CASE, self.cases)
        out.insert(ENTRY, self.new_entries)
        _write_changed(out, ENTRY, self.entries)
        out.insert(QUESTION, [row.values for row in self.questions.values() if row.new])
        _write_changed(out, QUESTION, self.questions)
        out.insert(REFERENCE, sorted(self.new_references, key=_reference_key), missing=("thread_id", "ref"))
        out.insert(ATTACHMENT, self.new_attachments)
        _write_changed(out, ATTACHMENT, self.attachments)
        out.insert(LANE, [{"id": lane, "leased_by": ""} for lane in sorted(self.new_lanes)], missing=("id",))
        out.insert(DELIVERY, [row.values for row in self.deliveries.values() if row.new])
        _write_changed(out, DELIVERY, self.deliveries)
        out.insert(PART, [row.values for row in self.parts.values() if row.new])
        _write_changed(out, PART, self.parts)
        out.insert(ATTEMPT, self.new_attempts)
        self.calls.write(out)
        out.insert(UNINDEXED, [{"entry_id": id_} for id_ in self._to_index()], missing=("entry_id",))
        out.lift(THREAD, self._marks)
        out.add(TALLY, self._tallies(), ("assignee", "status", "channel", "shard"), "n")

    def _write_threads(self, out: Together) -> None:
        for case in self.cases.values():
            if case.changed and not case.new and case["thread_id"] in self.threads:
                # the thread's row is the version of all that its lock protects
                self.threads[case["thread_id"]].touched = True
        names = ("id", *(column.name for column in COUNTERS))
        changed = [thread for thread in self.threads.values() if thread.new or thread.touched]
        rows = {t.id: {name: getattr(t, name) for name in names} for t in changed}
        new = [t for t in changed if t.new]
        out.insert(THREAD, [rows[t.id] | {"customer_id": t.customer_id, "created_at": self.now} for t in new])
        out.update(THREAD, [rows[t.id] for t in changed if not t.new])

    def _to_index(self) -> list[UUID]:
        entries = (entry["id"] for entry in self.new_entries if entry["kind"] != "event")
        moved = (id_ for id_, entry in self.entries.items() if entry.changed & {"case_id", "text"})
        return sorted({*entries, *moved, *self.renamed, *(customer["id"] for customer in self.new_customers)})

    def _tallies(self) -> list[dict[str, Any]]:
        deltas: dict[tuple[str, str, str], int] = defaultdict(int)
        for case_id, before in self._tally_before.items():
            after = _tally_key(self.cases[case_id])
            if before != after:
                deltas[after] += 1
                if before:
                    deltas[before] -= 1
        return [
            {"assignee": key[0], "status": key[1], "channel": key[2], "shard": self.desk.shard, "n": n}
            for key, n in sorted(deltas.items())
            if n
        ]

    def changes(self) -> list[Change]:
        heard = self._heard()
        return [
            Change(
                t.id,
                t.rev,
                t.public_rev,
                tuple(t.entries),
                tuple(t.cases),
                t.public,
                t.sends,
                since=t.rev - t.revs,
                public_since=t.public_rev - t.public_revs,
                fetches=t.fetches,
                calls=t.calls,
                # whatever happens to a thread takes a rev: as many as new rows means that these are all
                heard=tuple(heard[t.id]) if len(heard[t.id]) == t.revs else (),
            )
            for t in self.threads.values()
            if t.entries or t.cases
        ]

    def _heard(self) -> dict[UUID, list[dict[str, Any]]]:
        """By thread: new messages without a file."""
        with_files = {file["entry_id"] for file in self.new_attachments}
        rows: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        for row in self.new_entries:
            if row["kind"] == "message" and row["direction"] == "in" and row["id"] not in with_files:
                rows[row["thread_id"]].append(row)
        return rows


def _write_changed(out: Together, table: sa.Table, rows: dict[UUID, Row]) -> None:
    """One statement for each set of columns that changed together; there are few such sets."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for id_, row in rows.items():
        if row.changed and not row.new:
            names = tuple(sorted(row.changed))
            groups[names].append({"id": id_, **{name: row.values[name] for name in names}})
    if table is CASE and len(groups) > 1:
        # cases change in many combinations: write the union, so that the statements stay few
        names = tuple(sorted(set().union(*groups)))
        ids = [row["id"] for group in groups.values() for row in group]
        groups = {names: [{"id": id_, **{name: rows[id_].values[name] for name in names}} for id_ in ids]}
    for group in groups.values():
        out.update(table, group)


def _tally_key(case: Row) -> tuple[str, str, str]:
    assignee = case["assignee_id"]
    return (assignee.hex if assignee else "", case["status"], case["channel"])


def _reference_key(row: Mapping[str, Any]) -> tuple[UUID, str]:
    return row["thread_id"], row["ref"]


@dataclass(slots=True)
class Written:
    """What a committed batch gave: one result or refusal for each job, and what changed."""

    results: list[Any]
    changes: list[Change]


Prepare = Callable[[Batch, Sequence[Job]], None]


def write(
    conn: Connection, desk: Desk, now: datetime, jobs: Sequence[Job], published: dict[UUID, int], prepare: Prepare
) -> Written:
    """Do all the jobs in this one transaction. `prepare` is steps 1 and 2 (envelopes, identities) for what arrived.

    `published` are the marks of what earlier batches have shown to screens; they ride along (rule 11).
    """
    written = carry_out(Batch(conn, desk, now), jobs, published, prepare)
    failpoints.hit("before_commit")
    return written


def carry_out(batch: Batch, jobs: Sequence[Job], published: dict[UUID, int], prepare: Prepare) -> Written:
    """The steps of a batch, in their order."""
    prepare(batch, jobs)
    for job in jobs:
        job.wants(batch.wants)
    batch.load(published)
    results = list(_run(batch, jobs))
    batch.flush()
    return Written(results, batch.changes())


def _run(batch: Batch, jobs: Iterable[Job]) -> Iterable[Any]:
    for job in jobs:
        try:
            yield job.run(batch)
        except CoreError as refusal:
            yield refusal
