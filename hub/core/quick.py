"""The common batch in two round trips instead of seven: one look, the jobs in memory, one statement that writes.

On PostgreSQL a message that comes alone costs its round trips and little else. So a batch that holds nothing but new
messages is done without locks, on one read, and written under a condition: the statement inserts envelopes and
identities, then locks the threads in id order and fails as a whole unless every thread's row is the version that was
read. Whoever changes anything that a thread's lock protects writes the thread's row in the same transaction
(`Batch.flush` sees to it), so the same version means the same counters and cases. Envelopes and identities are guarded
by their unique keys: one that came in between fails the statement too. The steps are locked in everybody's order.

The fail point `before_commit` lies before that statement: nothing is stored yet, as behind locks nothing is kept yet.

What fails, and what needs more than was read, gives None with nothing written, and the batch goes the locked way. The
decisions are the same jobs' on the same `Batch`; they get no connection, so none can decide on what isn't guarded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from hub import failpoints
from hub.contract import Ignored
from hub.core.addresses import canonical
from hub.core.append import Append
from hub.core.batch import COUNTERS, IS_LIVE, Batch, Job, Prepare, Written, carry_out
from hub.core.desk import Desk
from hub.core.identify import BY_ADDRESS, OWNED, OWNERS, kinds_and_addresses
from hub.core.proof import IS_OPEN
from hub.core.receive import ENVELOPE, Heard
from hub.core.states import Owner, Row, ThreadState, Wants
from hub.db import VERSION, Changed, Prepared, Together, among, is_conflict
from hub.models.tables import CASE, THREAD

_PEOPLE = (
    sa.select(*OWNED, *COUNTERS, sa.literal_column(f"thread.{VERSION}", sa.Text()).label("version"), *CASE.c)
    .select_from(OWNERS.outerjoin(CASE, sa.and_(CASE.c.thread_id == THREAD.c.id, IS_LIVE)))
    .where(*BY_ADDRESS)
    .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
    .subquery()
)
_STORED = (
    sa.select(ENVELOPE.c.inbox_id, ENVELOPE.c.dedup_key)
    .where(among(ENVELOPE.c.inbox_id, "inboxes"), among(ENVELOPE.c.dedup_key, "keys"))
    .subquery()
)
_CODES = sa.select(sa.true().label("open")).where(IS_OPEN).limit(1).subquery()
# three answers in one: each row holds one and NULL for the others
_LOOK = Prepared(
    sa.select(_PEOPLE, _STORED, _CODES).select_from(
        _PEOPLE.join(_STORED, sa.false(), full=True).join(_CODES, sa.false(), full=True)
    )
)
_ADDRESS, _OWNER, _COUNTERS = slice(0, 2), slice(2, len(OWNED)), slice(len(OWNED), len(OWNED) + len(COUNTERS))
_VERSION = _COUNTERS.stop
_CASE = slice(_VERSION + 1, _VERSION + 1 + len(CASE.c))
_KEY = slice(_CASE.stop, _CASE.stop + 2)
_CASE_NAMES = tuple(CASE.c.keys())
_READ = ("threads", "ref_spaces")


class _Declined(Exception):
    """This batch needs more than was read."""


class _NoConnection:
    def __getattr__(self, name: str) -> Any:
        raise _Declined


def write(
    conn: Connection, desk: Desk, now: datetime, jobs: Sequence[Job], published: dict[UUID, int], prepare: Prepare
) -> Written | None:
    """Do all the jobs, or none: None, and nothing is written. Each statement must be a transaction of its own."""
    if not all(map(_is_simple, jobs)):
        return None
    batch = _Quick(conn, desk, now)
    batch.look([job for job in jobs if isinstance(job, Append)])
    try:
        return carry_out(batch, jobs, published, prepare)
    except (_Declined, Changed):
        return None
    except DBAPIError as error:
        if is_conflict(error):
            return None
        raise


def _is_simple(job: Job) -> bool:
    """Only what is seen at once: whatever else a batch turns out to need, it declines when it asks."""
    if type(job) is not Append or job.arrived.stored or not all(map(_is_plain, job.arrived.items or ())):
        return False
    wants = Wants()
    job.wants(wants)
    return _is_read(wants)


def _is_plain(item: object) -> bool:
    return isinstance(item, Ignored) or (isinstance(item, Heard) and not item.ours)


def _is_read(wants: Wants) -> bool:
    return not any(getattr(wants, field.name) for field in fields(wants) if field.name not in _READ)


class _Quick(Batch):
    """A batch that has read already and writes under the condition that it is still so."""

    def __init__(self, conn: Connection, desk: Desk, now: datetime) -> None:
        super().__init__(conn, desk, now)
        self._inserts: list[tuple[sa.Table, list[Mapping[str, Any]]]] = []
        self._stored: set[tuple[Any, ...]] = set()
        self._seen: dict[UUID, ThreadState] = {}
        self._seen_cases: dict[UUID, Row] = {}
        self._versions: dict[UUID, str] = {}

    def look(self, jobs: Sequence[Append]) -> None:
        """Who the senders are, their threads and live cases, and which of the requests are here already."""
        arrived = [job.arrived for job in jobs]
        heard = [item for one in arrived for item in one.items or () if isinstance(item, Heard)]
        rows = _LOOK.rows(
            self.conn,
            **kinds_and_addresses({canonical(item.message.sender) for item in heard}),
            since=self.live_since,
            inboxes=list({one.inbox.id for one in arrived}),
            keys=[one.dedup_key for one in arrived],
            now=self.now,
        )
        self.conn, self._really = _NoConnection(), self.conn  # type: ignore[assignment]
        self.owners, self.may_prove = {}, False
        for row in rows:
            if row[0] is None:
                self.may_prove |= bool(row[-1])
                self._stored.add(row[_KEY])
                continue
            owner = self.owners[row[_ADDRESS]] = Owner(*row[_OWNER])
            self._seen[owner.thread_id] = ThreadState(owner.thread_id, owner.customer_id, *row[_COUNTERS])
            self._versions[owner.thread_id] = row[_VERSION]
            case = dict(zip(_CASE_NAMES, row[_CASE], strict=True))
            if case["id"]:
                self._seen_cases[case["id"]] = Row(case)

    def insert_missing(
        self, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: tuple[str, ...]
    ) -> set[tuple[Any, ...]]:
        fresh = {found: row for row in rows if (found := tuple(row[name] for name in key)) not in self._stored}
        self._inserts.append((table, list(fresh.values())))
        return set(fresh)

    def load(self, published: Mapping[UUID, int]) -> None:
        if not _is_read(self.wants):
            raise _Declined
        for id_ in self.wants.threads - self.threads.keys():
            self.threads[id_] = self._seen[id_]
        self._mark(published)
        for case in self._seen_cases.values():
            if case["thread_id"] in self.threads:
                self._keep_case(case)

    def flush(self) -> None:
        if self._at_end or self._last:
            raise _Declined
        failpoints.hit("before_commit")
        self.conn = self._really
        out = Together(self.conn)
        for table, rows in self._inserts:
            out.insert(table, rows)
        out.hold(THREAD, {id_: self._versions[id_] for id_, thread in self.threads.items() if not thread.new})
        self._put(out)
        out.send()
