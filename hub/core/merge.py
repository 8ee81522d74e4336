"""Two customers turn out to be one: their threads become one, in the order of time, and can be parted again (rule 15).

The entries of both are numbered anew, so that pages, marks and lanes agree on what is later; every row keeps its id.
The journal names what went over and how it was numbered before. Ids never die: thread and customer point at what they
became, and whoever asks for the old ones is led there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel import SQLModel

from hub.core import drafts
from hub.core.batch import Batch
from hub.core.changes import SYSTEM, Actor
from hub.core.errors import Conflict
from hub.core.states import ThreadState, Wants
from hub.db import insert, insert_missing, update
from hub.models import Claim, Identity, Merge, ProofCode, Seen, new_id
from hub.models.tables import CASE, CUSTOMER, DELIVERY, DRAFT, ENTRY, REFERENCE, THREAD, UNINDEXED

IDENTITY, CLAIM, SEEN = Identity.__table__, Claim.__table__, Seen.__table__  # type: ignore[attr-defined]
MERGE, CODE = Merge.__table__, ProofCode.__table__  # type: ignore[attr-defined]

OWN_RULES = {"entry", "delivery", "case", "reference", "seen", "draft"}
"""Tables that name a thread and need more than its new name."""
FOLLOWED = {"thread", "identity", "claim", "chat_link"}
"""Tables that name a customer and have rules of their own, or follow a merged one wherever they are read."""
FILLED = ("name", "locale", "timezone", "preferred_channel", "preferred_by")
"""What the one who remains takes from the other where it knows nothing itself."""


@dataclass(frozen=True, slots=True)
class MergeCustomers:
    """The customer of one thread is the customer of another; theirs is the thread that remains."""

    actor: Actor
    from_thread: UUID
    into_thread: UUID
    reason: str = ""
    code_id: UUID | None = None
    """The code that proved it."""

    def wants(self, wants: Wants) -> None:
        wants.threads.update((self.from_thread, self.into_thread))

    def run(self, batch: Batch) -> UUID | None:
        """The merge's id; None where a code proved it and a device that nobody knows would look on.

        Raises `Conflict` if they are one already.
        """
        source, target = batch.thread(self.from_thread), batch.thread(self.into_thread)
        if self.code_id:
            batch.at_end(sa.update(CODE).where(CODE.c.id == self.code_id).values(joins=None))
        if source is target or {source.id, target.id} & batch.moved.keys():
            raise Conflict("These are one customer already.")
        if _unknown_device(batch, source.customer_id, target.customer_id):
            if self.code_id is None:
                raise Conflict(UNKNOWN_DEVICE)
            # a code speaks for the device that typed it, and for no other
            batch.event(target, None, self.actor, "merge held", thread_id=str(source.id), text=HELD)
            return None
        merge_id = new_id()
        name = batch.conn.scalar(sa.select(CUSTOMER.c.name).where(CUSTOMER.c.id == source.customer_id)) or ""
        row = {
            "id": merge_id,
            "from_id": source.customer_id,
            "into_id": target.customer_id,
            "from_thread": source.id,
            "into_thread": target.id,
            "reason": self.reason[:500],
            "by": self.actor.name,
            "agent_id": self.actor.id if self.actor.kind == "agent" else None,
            "created_at": batch.now,
            "undone_at": None,
        }
        batch.event(
            target,
            None,
            self.actor,
            "merged",
            merge_id=str(merge_id),
            thread_id=str(source.id),
            customer_id=str(source.customer_id),
            customer=name,
            reason=self.reason,
            text=f"Merged with {name or 'another customer'}" + (f": {self.reason}" if self.reason else ""),
        )
        # what other jobs of this batch still say to the merged one is said to the one who remains
        batch.moved[source.id] = target.id
        source.touched = True
        batch.at_last_do(partial(_join, row=row, source=source, target=target))
        return merge_id


UNKNOWN_DEVICE = (
    "A visitor in the chat has not shown who they are, and would see the other's words. "
    "Ask for a proof, which joins the two by itself, or confirm the visitor with a reason first."
)
HELD = (
    "Not merged: the address is proven, but another visitor in the chat who used it has not shown who they are. "
    "Confirm that visitor with a reason, then merge the two."
)


def _unknown_device(batch: Batch, *customers: UUID) -> bool:
    """Who sits at a live conversation sees what is said there: nobody comes to see another's by an agent's mistake."""
    live = {facts.capabilities.identity for facts in batch.desk.inboxes() if facts.capabilities.live}
    unknown = sa.select(IDENTITY.c.id).where(
        IDENTITY.c.customer_id.in_(customers), IDENTITY.c.kind.in_(live), IDENTITY.c.trust != "verified"
    )
    return batch.conn.execute(unknown.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class Numbered:
    """How the entries of one thread were numbered, and are now; marks between two go with the one before."""

    old: list[int]
    new: list[int]

    def __call__(self, mark: int) -> int:
        place = bisect_right(self.old, mark)
        return self.new[place - 1] if place else 0


def numbered(pairs: Iterable[tuple[int, int]]) -> Numbered:
    ordered = sorted(pairs)
    return Numbered([old for old, _ in ordered], [new for _, new in ordered])


_ROWS = sa.select(
    *(
        ENTRY.c[name]
        for name in ("id", "thread_id", "seq", "at", "rev", "public_rev", "client_key", "kind", "direction")
    )
)


def _join(conn: Connection, row: dict[str, Any], source: ThreadState, target: ThreadState) -> None:
    journal: dict[str, Any] = {}
    entries = in_order(conn.execute(_ROWS.where(ENTRY.c.thread_id.in_((source.id, target.id)))).all(), source.id)
    journal["entries"] = [
        [e.id.hex, int(e.thread_id == source.id), e.seq, e.rev, e.public_rev, e.client_key] for e in entries
    ]
    _renumber(conn, entries, source, target)
    goes = numbered((e.seq, n) for n, e in enumerate(entries, 1) if e.thread_id == source.id)
    stays = numbered((e.seq, n) for n, e in enumerate(entries, 1) if e.thread_id == target.id)
    journal["cases"] = _cases(conn, source, target, goes, stays)
    journal["references"] = _references(conn, source.id, target.id)
    journal["seen"] = _seen(conn, entries, source.id, target.id)
    journal["drafts"] = _drafts(conn, source.id, target.id)
    journal["marks"] = _marks(conn, source, target, stays, len(entries))
    journal["people"] = _people(conn, source.customer_id, target.customer_id)
    journal["others"] = _others(conn, source, target)
    moved = [e.id for e in entries if e.thread_id == source.id]
    unread = sorted({*moved, source.customer_id, target.customer_id})
    insert_missing(conn, UNINDEXED, [{"entry_id": id_} for id_ in unread], ("entry_id",))
    insert(conn, MERGE, [row | {"journal": journal}])


def in_order(rows: Sequence[Any], source_id: UUID) -> list[Any]:
    """Both threads' entries by time. What came late stays behind what was there before it in its own thread."""
    latest: dict[UUID, Any] = {}
    keyed = []
    for row in sorted(rows, key=lambda row: row.seq):
        latest[row.thread_id] = max(row.at, latest.get(row.thread_id, row.at))
        keyed.append((latest[row.thread_id], row.thread_id == source_id, row.seq, row))
    return [key[-1] for key in sorted(keyed, key=lambda key: key[:-1])]


def _renumber(conn: Connection, entries: Sequence[Any], source: ThreadState, target: ThreadState) -> None:
    """Every entry is changed for whoever looks at the thread, so each gets a `rev` of its own."""
    both = ENTRY.c.thread_id.in_((source.id, target.id))
    # out of each other's way first: a number is unique in its thread at every moment
    conn.execute(sa.update(ENTRY).where(both).values(seq=-ENTRY.c.seq))
    keys = {e.client_key for e in entries if e.client_key and e.thread_id == target.id}
    rows, of_entry = [], {}
    public = target.public_rev
    for n, entry in enumerate(entries, 1):
        public += entry.public_rev is not None
        doubled = entry.thread_id == source.id and entry.client_key in keys
        of_entry[entry.id] = (n, target.rev + n, public)
        rows.append(
            {
                "id": entry.id,
                "thread_id": target.id,
                "seq": n,
                "rev": target.rev + n,
                "public_rev": public if entry.public_rev is not None else None,
                "client_key": None if doubled else entry.client_key,
            }
        )
    update(conn, ENTRY, rows)
    sent = conn.execute(
        sa.select(DELIVERY.c.id, DELIVERY.c.entry_id).where(DELIVERY.c.thread_id.in_((source.id, target.id)))
    )
    update(
        conn,
        DELIVERY,
        [
            {"id": d.id, "thread_id": target.id}
            | dict(zip(("seq", "rev", "public_rev"), of_entry[d.entry_id], strict=True))
            for d in sent
        ],
    )
    target.rev += len(entries)
    target.public_rev = public


def _cases(conn: Connection, source: ThreadState, target: ThreadState, goes: Numbered, stays: Numbered) -> list[str]:
    rows = conn.execute(
        sa.select(CASE.c.id, CASE.c.thread_id, CASE.c.last_seq, CASE.c.last_in_seq).where(
            CASE.c.thread_id.in_((source.id, target.id))
        )
    ).all()
    changed, moved = [], []
    for case in rows:
        mark = goes if case.thread_id == source.id else stays
        changed.append(
            {
                "id": case.id,
                "thread_id": target.id,
                "last_seq": mark(case.last_seq),
                "last_in_seq": mark(case.last_in_seq),
            }
        )
        target.cases[case.id] = None
        if case.thread_id == source.id:
            moved.append(case.id.hex)
            source.cases[case.id] = None
    update(conn, CASE, changed)
    return moved


def _references(conn: Connection, source_id: UUID, target_id: UUID) -> list[str]:
    """Ids by which later messages point at entries; what both threads know stays where it was."""
    known = sa.select(REFERENCE.c.ref).where(REFERENCE.c.thread_id == target_id)
    going = (REFERENCE.c.thread_id == source_id, REFERENCE.c.ref.not_in(known))
    refs = list(conn.scalars(sa.select(REFERENCE.c.ref).where(*going)))
    conn.execute(sa.update(REFERENCE).where(*going).values(thread_id=target_id))
    return refs


def _seen(conn: Connection, entries: Sequence[Any], source_id: UUID, target_id: UUID) -> list[list[Any]]:
    """An agent has read up to the first of the customer's words that they haven't."""
    rows = conn.execute(sa.select(SEEN).where(SEEN.c.thread_id.in_((source_id, target_id)))).all()
    marks: dict[UUID, dict[UUID, int]] = {}
    for row in rows:
        marks.setdefault(row.agent_id, {})[row.thread_id] = row.seq
    conn.execute(sa.delete(SEEN).where(SEEN.c.thread_id.in_((source_id, target_id))))
    new: list[dict[str, Any]] = []
    for agent_id, read in marks.items():
        unread = (
            n
            for n, e in enumerate(entries, 1)
            if e.kind == "message" and e.direction == "in" and e.seq > read.get(e.thread_id, 0)
        )
        new.append({"agent_id": agent_id, "thread_id": target_id, "seq": next(unread, len(entries) + 1) - 1})
    insert(conn, SEEN, sorted(new, key=lambda row: row["agent_id"]))
    return [
        [row["agent_id"].hex, marks[row["agent_id"]].get(source_id), marks[row["agent_id"]].get(target_id), row["seq"]]
        for row in new
    ]


def _drafts(conn: Connection, source_id: UUID, target_id: UUID) -> dict[str, Any]:
    """Two drafts for one place are joined: no word of either is lost."""
    there = {
        (row.agent_id, row.slot): row for row in conn.execute(sa.select(DRAFT).where(DRAFT.c.thread_id == target_id))
    }
    moved, joined = [], []
    for row in conn.execute(sa.select(DRAFT).where(DRAFT.c.thread_id == source_id)).all():
        other = there.get((row.agent_id, row.slot))
        if other is None:
            conn.execute(sa.update(DRAFT).where(DRAFT.c.id == row.id).values(thread_id=target_id))
            moved.append(row.id.hex)
            continue
        content = drafts.joined(row.content, other.content)
        conn.execute(sa.update(DRAFT).where(DRAFT.c.id == other.id).values(content=content, version=other.version + 1))
        conn.execute(sa.delete(DRAFT).where(DRAFT.c.id == row.id))
        joined.append([row.id.hex, row.agent_id.hex, row.slot, row.content, other.id.hex, other.content])
    return {"moved": moved, "joined": joined}


def _marks(conn: Connection, source: ThreadState, target: ThreadState, stays: Numbered, n: int) -> dict[str, Any]:
    """Counters of both threads, and how far either side has read."""
    old = conn.execute(sa.select(THREAD).where(THREAD.c.id == target.id)).one()
    pointing = list(conn.scalars(sa.select(THREAD.c.id).where(THREAD.c.merged_into == source.id)))
    read, seen = stays(old.read_seq), stays(old.seen_seq)
    conn.execute(
        sa.update(THREAD)
        .where(THREAD.c.id == target.id)
        .values(last_seq=n, rev=target.rev, public_rev=target.public_rev, read_seq=read, seen_seq=seen)
    )
    # whoever screens the old one is told that it changed, asks, and is led on
    source.rev += 1
    conn.execute(sa.update(THREAD).where(THREAD.c.id == source.id).values(rev=source.rev))
    led = THREAD.c.id.in_([source.id, *pointing])
    conn.execute(sa.update(THREAD).where(led).values(merged_into=target.id))
    target.last_seq, target.public = n, True
    # nobody holds what all the new numbers build on: screens fetch
    target.revs = target.public_revs = source.revs = source.public_revs = 0
    return {"read_seq": old.read_seq, "seen_seq": old.seen_seq, "pointing": [id_.hex for id_ in pointing]}


def _people(conn: Connection, source_id: UUID, target_id: UUID) -> dict[str, Any]:
    """Addresses, claims and what is known of the person."""
    identities = list(conn.scalars(sa.select(IDENTITY.c.id).where(IDENTITY.c.customer_id == source_id)))
    conn.execute(sa.update(IDENTITY).where(IDENTITY.c.customer_id == source_id).values(customer_id=target_id))
    known = {(row.kind, row.address) for row in conn.execute(sa.select(CLAIM).where(CLAIM.c.customer_id == target_id))}
    going = conn.execute(sa.select(CLAIM).where(CLAIM.c.customer_id == source_id)).all()
    claims = [row.id for row in going if (row.kind, row.address) not in known]
    update(conn, CLAIM, [{"id": id_, "customer_id": target_id} for id_ in claims])
    both = {row.id: row for row in conn.execute(sa.select(CUSTOMER).where(CUSTOMER.c.id.in_((source_id, target_id))))}
    filled = {
        name: getattr(both[source_id], name)
        for name in FILLED
        if getattr(both[source_id], name) and not getattr(both[target_id], name)
    }
    if filled:
        conn.execute(sa.update(CUSTOMER).where(CUSTOMER.c.id == target_id).values(**filled))
    pointing = list(conn.scalars(sa.select(CUSTOMER.c.id).where(CUSTOMER.c.merged_into == source_id)))
    led = CUSTOMER.c.id.in_([source_id, *pointing])
    conn.execute(sa.update(CUSTOMER).where(led).values(merged_into=target_id))
    return {
        "identities": [id_.hex for id_ in identities],
        "claims": [id_.hex for id_ in claims],
        "filled": filled,
        "pointing": [id_.hex for id_ in pointing],
    }


def _others(conn: Connection, source: ThreadState, target: ThreadState) -> list[list[Any]]:
    """Every other table that names a thread or a customer, calls and promises among them: it names the new one."""
    found = []
    for column, own_rules, old, new in (
        ("thread_id", OWN_RULES, source.id, target.id),
        ("customer_id", FOLLOWED, source.customer_id, target.customer_id),
    ):
        for table in SQLModel.metadata.sorted_tables:
            if column not in table.c or table.name in own_rules:
                continue
            keys = list(table.primary_key)
            rows = conn.execute(sa.select(*keys).where(table.c[column] == old)).all()
            if rows:
                conn.execute(sa.update(table).where(table.c[column] == old).values({column: new}))
                found.append([table.name, column, [[plain(value) for value in row] for row in rows]])
    return found


def plain(value: Any) -> Any:
    return value.hex if isinstance(value, UUID) else value


def survivor(conn: Connection, thread_id: UUID) -> UUID | None:
    """What a merged thread became; None for one that stands for itself, or never was."""
    found: UUID | None = conn.scalar(sa.select(THREAD.c.merged_into).where(THREAD.c.id == thread_id))
    return found


def due(conn: Connection, limit: int = 100) -> list[MergeCustomers]:
    """Customers whom a code has shown to be one, and who are still two: the one who asked remains."""
    other = THREAD.alias()
    rows = (
        sa.select(CODE.c.id, CODE.c.address, other.c.id, sa.func.coalesce(THREAD.c.merged_into, THREAD.c.id))
        .join_from(CODE, THREAD, THREAD.c.id == CODE.c.thread_id)
        .join(CUSTOMER, CUSTOMER.c.id == CODE.c.joins)
        .join(other, other.c.customer_id == sa.func.coalesce(CUSTOMER.c.merged_into, CUSTOMER.c.id))
        .where(CODE.c.joins.is_not(None))
        .limit(limit)
    )
    return [
        MergeCustomers(SYSTEM, source, target, f"Proved {address} with a code", code_id)
        for code_id, address, source, target in conn.execute(rows)
    ]
