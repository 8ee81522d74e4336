"""Calls and legs in a batch: found before the locks, read under them, written at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.calls.line import Line, Lines, lines
from hub.core.errors import NotFound
from hub.core.states import Row, Wants
from hub.db import Prepared, Together, among
from hub.models.tables import CALL, CALL_LINE, COMMAND, ENTRY, LEG, RECORDING

if TYPE_CHECKING:
    from hub.core.batch import Batch

_CALL_THREADS = Prepared(sa.select(CALL.c.thread_id).where(among(CALL.c.id, "ids")))
_LEG_CALLS = Prepared(
    sa.select(LEG.c.call_id, CALL.c.thread_id)
    .join_from(LEG, CALL, CALL.c.id == LEG.c.call_id)
    .where(among(LEG.c.id, "ids"))
)
_REFS = Prepared(
    sa.select(LEG.c.id, LEG.c.call_id, LEG.c.inbox_id, LEG.c.ref, CALL.c.thread_id)
    .join_from(LEG, CALL, CALL.c.id == LEG.c.call_id)
    .where(among(LEG.c.inbox_id, "inboxes"), among(LEG.c.ref, "refs"))
)
_CALLS = Prepared(
    sa.select(CALL, ENTRY.c.case_id.label("the_case"))
    .join_from(CALL, ENTRY, ENTRY.c.id == CALL.c.entry_id)
    .where(among(CALL.c.id, "ids"))
)
_LEGS = Prepared(sa.select(LEG).where(among(LEG.c.call_id, "ids")).order_by(LEG.c.created_at, LEG.c.id))


class CallRows:
    """A batch's calls; nothing is read for a batch that has none."""

    def __init__(self) -> None:
        self.calls: dict[UUID, Row] = {}
        self.legs: dict[UUID, Row] = {}
        self.legs_of: dict[UUID, list[Row]] = defaultdict(list)
        self.case_of: dict[UUID, UUID | None] = {}
        self.by_ref: dict[tuple[UUID, str], UUID] = {}
        self.new_commands: list[dict[str, Any]] = []
        self.new_recordings: list[dict[str, Any]] = []
        self.new_lines: list[dict[str, Any]] = []
        self._lines: Lines | None = None

    def find(self, conn: Connection, wants: Wants) -> None:
        """Which threads to lock, and which calls to read then."""
        if wants.legs:
            for row in _LEG_CALLS.rows(conn, ids=list(wants.legs)):
                wants.calls.add(row.call_id)
                wants.threads.add(row.thread_id)
        if wants.calls:
            wants.threads.update(row.thread_id for row in _CALL_THREADS.rows(conn, ids=list(wants.calls)))
        if wants.leg_refs:
            wants.threads.update(row.thread_id for row in self._known(conn, wants))

    def load(self, conn: Connection, wants: Wants) -> None:
        """Under the locks: what another process has just made is seen here."""
        if wants.leg_refs:
            for row in self._known(conn, wants):
                self.by_ref[row.inbox_id, row.ref] = row.id
                wants.calls.add(row.call_id)
        if not wants.calls:
            return
        ids = list(wants.calls)
        for found in _CALLS.dicts(conn, ids=ids):
            self.case_of[found["id"]] = found.pop("the_case")
            self.calls[found["id"]] = Row(found)
        for found in _LEGS.dicts(conn, ids=ids):
            self._keep(Row(found))

    @staticmethod
    def _known(conn: Connection, wants: Wants) -> list[Any]:
        inboxes, refs = {inbox for inbox, _ in wants.leg_refs}, {ref for _, ref in wants.leg_refs}
        rows = _REFS.rows(conn, inboxes=list(inboxes), refs=list(refs))
        return [row for row in rows if (row.inbox_id, row.ref) in wants.leg_refs]

    def _keep(self, leg: Row) -> None:
        self.legs[leg["id"]] = leg
        self.legs_of[leg["call_id"]].append(leg)

    def call(self, call_id: UUID) -> Row:
        try:
            return self.calls[call_id]
        except KeyError:
            raise NotFound("call") from None

    def line(self, conn: Connection, inbox_id: UUID) -> Line:
        return self.lines(conn).of(inbox_id)

    def lines(self, conn: Connection) -> Lines:
        """Read once for a batch."""
        if self._lines is None:
            self._lines = lines(conn)
        return self._lines

    def add_call(self, row: dict[str, Any], case_id: UUID | None) -> Row:
        call = Row(row, new=True)
        self.calls[row["id"]] = call
        self.case_of[row["id"]] = case_id
        return call

    def add_leg(self, row: dict[str, Any]) -> Row:
        leg = Row(row, new=True)
        self._keep(leg)
        if row["ref"]:
            self.by_ref[row["inbox_id"], row["ref"]] = row["id"]
        return leg

    def write(self, out: Together) -> None:
        if not self.calls:
            return
        for table, rows in ((CALL, self.calls), (LEG, self.legs)):
            out.insert(table, [row.values for row in rows.values() if row.new])
            for names, group in _changed(rows).items():
                out.update(table, [{"id": id_, **{name: row[name] for name in names}} for id_, row in group])
        out.insert(COMMAND, self.new_commands)
        out.insert(RECORDING, self.new_recordings)
        out.insert(CALL_LINE, self.new_lines)


def _changed(rows: Mapping[UUID, Row]) -> dict[tuple[str, ...], list[tuple[UUID, Row]]]:
    """One statement for each set of columns that changed together."""
    groups: dict[tuple[str, ...], list[tuple[UUID, Row]]] = defaultdict(list)
    for id_, row in rows.items():
        if row.changed and not row.new:
            groups[tuple(sorted(row.changed))].append((id_, row))
    return groups


def touch(batch: Batch, call: Row) -> None:
    """A call in a new state is a change of its thread, which customers don't see."""
    thread = batch.thread(call["thread_id"])
    call.set(rev=thread.next_rev())
    thread.entries[call["entry_id"]] = None
    thread.calls = True
