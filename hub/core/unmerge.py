"""Parting two customers who were merged by mistake: both threads are as they were, entry by entry.

What came after the merge goes by whose it is: what an address of the parted customer sent or got goes with them, and so
does what belongs to a case of theirs; everything else stays. An entry on the other side of its case joins the latest
case of its own side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel import SQLModel

from hub.core.batch import Batch
from hub.core.changes import Actor
from hub.core.errors import Conflict, NotFound
from hub.core.merge import CLAIM, IDENTITY, MERGE, SEEN, Numbered, numbered
from hub.core.states import ThreadState, Wants
from hub.db import among, insert, insert_missing, update
from hub.models.tables import CASE, CUSTOMER, DELIVERY, DRAFT, ENTRY, REFERENCE, THREAD, UNINDEXED


@dataclass(frozen=True, slots=True)
class Unmerge:
    """Take a merge back."""

    actor: Actor
    merge_id: UUID
    from_thread: UUID
    into_thread: UUID
    reason: str = ""

    def wants(self, wants: Wants) -> None:
        wants.threads.update((self.from_thread, self.into_thread))

    def run(self, batch: Batch) -> None:
        row = batch.conn.execute(sa.select(MERGE).where(MERGE.c.id == self.merge_id)).mappings().first()
        if row is None:
            raise NotFound("merge")
        if row["undone_at"] or row["into_thread"] not in batch.threads:
            raise Conflict("This merge was undone already, or the customer was merged on. Undo the later merge first.")
        both = (row["from_thread"], row["into_thread"])
        later = sa.select(MERGE.c.id).where(
            MERGE.c.id != row["id"],
            MERGE.c.undone_at.is_(None),
            MERGE.c.id > row["id"],
            sa.or_(MERGE.c.from_thread.in_(both), MERGE.c.into_thread.in_(both)),
        )
        if batch.conn.execute(later).first():
            raise Conflict("One of the two was merged again since. Undo the later merge first.")
        target = batch.thread(self.into_thread)
        source = _raise(batch, row["from_thread"])
        told = {"merge_id": str(self.merge_id), "reason": self.reason}
        for thread, other in ((target, source), (source, target)):
            text = "The merge was undone" + (f": {self.reason}" if self.reason else "")
            batch.event(thread, None, self.actor, "unmerged", thread_id=str(other.id), **told, text=text)
        batch.conn.execute(sa.update(MERGE).where(MERGE.c.id == row["id"]).values(undone_at=batch.now))
        batch.at_last_do(partial(_part, merge=dict(row), source=source, target=target))


def _raise(batch: Batch, thread_id: UUID) -> ThreadState:
    """The merged thread stands for itself again; its row is locked with the others."""
    row = batch.conn.execute(sa.select(THREAD).where(THREAD.c.id == thread_id)).one()
    source = ThreadState(
        row.id, row.customer_id, row.last_seq, row.rev, row.public_rev, row.published_rev, row.read_seq
    )
    batch.threads[source.id] = source
    batch.moved.pop(source.id, None)
    return source


@dataclass(slots=True)
class _Parting:
    """What belongs to whom; `True` is the side that goes back."""

    journal: dict[str, Any]
    entries: list[Any]
    side: dict[UUID, bool] = field(default_factory=dict)
    case_side: dict[UUID, bool] = field(default_factory=dict)
    before: dict[UUID, list[Any]] = field(default_factory=dict)


def _part(conn: Connection, merge: dict[str, Any], source: ThreadState, target: ThreadState) -> None:
    journal = merge["journal"]
    mine = _people(conn, journal["people"], merge)
    entries = list(conn.execute(sa.select(ENTRY).where(ENTRY.c.thread_id == target.id).order_by(ENTRY.c.seq)))
    parting = _Parting(journal, entries)
    parting.before = {UUID(row[0]): row for row in journal["entries"]}
    _sides(conn, parting, target.id, mine)
    seqs = _renumber(conn, parting, source, target)
    _cases(conn, parting, seqs, source, target)
    _references(conn, parting, source.id, target.id)
    stays = numbered((now, seqs[now]) for now in (e.seq for e in entries if not parting.side[e.id]))
    _seen(conn, journal["seen"], stays, source.id, target.id)
    _drafts(conn, journal["drafts"], source.id, merge["created_at"])
    for name, column, keys in journal["others"]:
        table = SQLModel.metadata.tables[name]
        value = source.id if column == "thread_id" else source.customer_id
        for key in keys:
            conn.execute(sa.update(table).where(*_is(table, key)).values({column: value}))
    _marks(conn, journal, stays, source, target)
    moved = [entry.id for entry in entries if parting.side[entry.id]]
    unread = sorted({*moved, source.customer_id, target.customer_id})
    insert_missing(conn, UNINDEXED, [{"entry_id": id_} for id_ in unread], ("entry_id",))


def _is(table: sa.Table, key: Iterable[Any]) -> list[sa.ColumnElement[bool]]:
    pairs = zip(table.primary_key, key, strict=True)
    return [column == (UUID(value) if isinstance(column.type, sa.Uuid) else value) for column, value in pairs]


def _people(conn: Connection, people: dict[str, Any], merge: dict[str, Any]) -> dict[UUID, tuple[str, str]]:
    """Addresses go back unless they went elsewhere since; returns those."""
    ids = [UUID(id_) for id_ in people["identities"]]
    going = (among(IDENTITY.c.id, "ids"), IDENTITY.c.customer_id == merge["into_id"])
    rows = conn.execute(sa.select(IDENTITY.c.id, IDENTITY.c.kind, IDENTITY.c.address).where(*going), {"ids": ids}).all()
    update(conn, IDENTITY, [{"id": row.id, "customer_id": merge["from_id"]} for row in rows])
    update(conn, CLAIM, [{"id": UUID(id_), "customer_id": merge["from_id"]} for id_ in people["claims"]])
    for name, value in people["filled"].items():
        still = sa.and_(CUSTOMER.c.id == merge["into_id"], CUSTOMER.c[name] == value)
        conn.execute(sa.update(CUSTOMER).where(still).values({name: ""}))
    conn.execute(sa.update(CUSTOMER).where(CUSTOMER.c.id == merge["from_id"]).values(merged_into=None))
    update(conn, CUSTOMER, [{"id": UUID(id_), "merged_into": merge["from_id"]} for id_ in people["pointing"]])
    return {row.id: (row.kind, row.address) for row in rows}


def _sides(conn: Connection, parting: _Parting, target_id: UUID, mine: dict[UUID, tuple[str, str]]) -> None:
    addresses = set(mine.values())
    sent_to: dict[UUID, bool] = {}
    rows = sa.select(DELIVERY.c.entry_id, DELIVERY.c.to_kind, DELIVERY.c.to_address)
    for row in conn.execute(rows.where(DELIVERY.c.thread_id == target_id)):
        sent_to[row.entry_id] = (row.to_kind, row.to_address) in addresses
    parting.case_side = dict.fromkeys((UUID(id_) for id_ in parting.journal["cases"]), True)
    known = {entry.case_id for entry in parting.entries if entry.id in parting.before}
    later = []
    for entry in parting.entries:
        before = parting.before.get(entry.id)
        if before:
            parting.side[entry.id] = bool(before[1])
        elif entry.direction == "in":
            parting.side[entry.id] = entry.author_id in mine
        elif entry.id in sent_to:
            parting.side[entry.id] = sent_to[entry.id]
        else:
            later.append(entry)
            continue
        if entry.case_id and entry.case_id not in known:
            # a case that was opened since is whose first words are in it
            parting.case_side.setdefault(entry.case_id, parting.side[entry.id])
    for entry in later:
        parting.side[entry.id] = parting.case_side.get(entry.case_id, False)


def _renumber(conn: Connection, parting: _Parting, source: ThreadState, target: ThreadState) -> dict[int, int]:
    """Old numbers for what was there before, the next free ones for the rest; returns now -> then."""
    conn.execute(sa.update(ENTRY).where(ENTRY.c.thread_id == target.id).values(seq=-ENTRY.c.seq))
    cases = _latest_cases(conn, parting, target.id)
    # the source holds an event of the parting already, behind what it had
    free = {True: source.last_seq, False: max((row[2] for row in parting.before.values() if not row[1]), default=0)}
    revs = {True: source, False: target}
    rows, seqs, of_entry = [], {}, {}
    for entry in parting.entries:
        side, before = parting.side[entry.id], parting.before.get(entry.id)
        thread = revs[side]
        thread.rev += 1
        thread.public_rev += entry.public_rev is not None
        if before is None:
            free[side] += 1
        seq = before[2] if before else free[side]
        seqs[entry.seq] = seq
        of_entry[entry.id] = (thread.id, seq, thread.rev, thread.public_rev)
        crossed = entry.case_id is not None and parting.case_side.get(entry.case_id, False) != side
        rows.append(
            {
                "id": entry.id,
                "thread_id": thread.id,
                "seq": seq,
                "rev": thread.rev,
                "public_rev": thread.public_rev if entry.public_rev is not None else None,
                "client_key": before[5] if before else entry.client_key,
                "case_id": cases.get(side) if crossed else entry.case_id,
            }
        )
    update(conn, ENTRY, rows)
    source.last_seq, target.last_seq = free[True], free[False]
    sent = conn.execute(sa.select(DELIVERY.c.id, DELIVERY.c.entry_id).where(DELIVERY.c.thread_id == target.id)).all()
    names = ("thread_id", "seq", "rev", "public_rev")
    update(conn, DELIVERY, [{"id": d.id} | dict(zip(names, of_entry[d.entry_id], strict=True)) for d in sent])
    return seqs


def _latest_cases(conn: Connection, parting: _Parting, thread_id: UUID) -> dict[bool, UUID]:
    rows = conn.execute(sa.select(CASE.c.id).where(CASE.c.thread_id == thread_id).order_by(CASE.c.last_at, CASE.c.id))
    return {parting.case_side.get(row.id, False): row.id for row in rows}


def _cases(conn: Connection, parting: _Parting, seqs: dict[int, int], source: ThreadState, target: ThreadState) -> None:
    side_of_seq = {entry.seq: parting.side[entry.id] for entry in parting.entries}
    rows = []
    for case in conn.execute(sa.select(CASE).where(CASE.c.thread_id == target.id)).all():
        side = parting.case_side.get(case.id, False)
        thread = source if side else target
        marks = {}
        for name, inbound in (("last_seq", False), ("last_in_seq", True)):
            mark = getattr(case, name)
            same = mark == 0 or side_of_seq.get(mark) == side
            marks[name] = seqs.get(mark, 0) if same else _newest(conn, case.id, inbound=inbound)
        rows.append({"id": case.id, "thread_id": thread.id, **marks})
        thread.cases[case.id] = target.cases[case.id] = None
    update(conn, CASE, rows)


def _newest(conn: Connection, case_id: UUID, *, inbound: bool) -> int:
    said = sa.select(sa.func.max(ENTRY.c.seq)).where(ENTRY.c.case_id == case_id, ENTRY.c.kind == "message")
    found: int | None = conn.scalar(said.where(ENTRY.c.direction == "in") if inbound else said)
    return found or 0


def _references(conn: Connection, parting: _Parting, source_id: UUID, target_id: UUID) -> None:
    went = set(parting.journal["references"])
    rows = conn.execute(
        sa.select(REFERENCE.c.ref, REFERENCE.c.entry_id).where(REFERENCE.c.thread_id == target_id)
    ).all()
    kept = set(conn.scalars(sa.select(REFERENCE.c.ref).where(REFERENCE.c.thread_id == source_id)))
    for row in rows:
        since = row.entry_id not in parting.before and parting.side.get(row.entry_id, False)
        if (row.ref in went or since) and row.ref not in kept:
            here = sa.and_(REFERENCE.c.thread_id == target_id, REFERENCE.c.ref == row.ref)
            conn.execute(sa.update(REFERENCE).where(here).values(thread_id=source_id))


def _seen(conn: Connection, before: list[list[Any]], stays: Numbered, source_id: UUID, target_id: UUID) -> None:
    old = {UUID(row[0]): row for row in before}
    for row in conn.execute(sa.select(SEEN).where(SEEN.c.thread_id == target_id)).all():
        _, there, here, merged = old.get(row.agent_id, (None, None, None, None))
        mine = sa.and_(SEEN.c.thread_id == target_id, SEEN.c.agent_id == row.agent_id)
        if row.seq != merged:
            conn.execute(sa.update(SEEN).where(mine).values(seq=stays(row.seq)))
        elif here is None:
            conn.execute(sa.delete(SEEN).where(mine))
        else:
            conn.execute(sa.update(SEEN).where(mine).values(seq=here))
        if there is not None:
            insert(conn, SEEN, [{"agent_id": row.agent_id, "thread_id": source_id, "seq": there}])


def _drafts(conn: Connection, before: dict[str, Any], source_id: UUID, at: Any) -> None:
    moved = [UUID(id_) for id_ in before["moved"]]
    conn.execute(sa.update(DRAFT).where(DRAFT.c.id.in_(moved)).values(thread_id=source_id))
    for id_, agent_id, slot, content, other_id, other_content in before["joined"]:
        row = {
            "id": UUID(id_),
            "agent_id": UUID(agent_id),
            "thread_id": source_id,
            "slot": slot,
            "content": content,
            "version": 1,
            "send_at": None,
            "client_key": None,
            "held_reason": "",
            "updated_at": at,
        }
        insert(conn, DRAFT, [row])
        # words that were typed into the joined one since stay in it
        other = conn.execute(sa.select(DRAFT.c.updated_at).where(DRAFT.c.id == UUID(other_id))).first()
        if other and other.updated_at <= at:
            conn.execute(sa.update(DRAFT).where(DRAFT.c.id == UUID(other_id)).values(content=other_content))


def _marks(
    conn: Connection, journal: dict[str, Any], stays: Numbered, source: ThreadState, target: ThreadState
) -> None:
    now = conn.execute(sa.select(THREAD).where(THREAD.c.id == target.id)).one()
    conn.execute(
        sa.update(THREAD)
        .where(THREAD.c.id == target.id)
        .values(
            last_seq=target.last_seq,
            rev=target.rev,
            public_rev=target.public_rev,
            read_seq=max(journal["marks"]["read_seq"], stays(now.read_seq)),
            seen_seq=max(journal["marks"]["seen_seq"], stays(now.seen_seq)),
            # what left can't be told of: screens load afresh
            reset_rev=target.rev,
            public_reset_rev=target.public_rev,
        )
    )
    conn.execute(
        sa.update(THREAD)
        .where(THREAD.c.id == source.id)
        .values(last_seq=source.last_seq, rev=source.rev, public_rev=source.public_rev, merged_into=None)
    )
    pointing = [UUID(id_) for id_ in journal["marks"]["pointing"]]
    update(conn, THREAD, [{"id": id_, "merged_into": source.id} for id_ in pointing])
    for thread in (source, target):
        thread.public = True
        thread.revs = thread.public_revs = 0
