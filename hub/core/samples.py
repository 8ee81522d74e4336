"""Removes the demo's sample: its customers with all that was said, and its agents. No other verb deletes history."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.calls.gone import remove_calls, took_calls
from hub.core.index import forget
from hub.db import among, is_sqlite
from hub.models import (
    Agent,
    Attachment,
    Attempt,
    Case,
    CaseTag,
    ChatLink,
    Claim,
    Consent,
    Customer,
    Delivery,
    Draft,
    Entry,
    Envelope,
    Identity,
    Merge,
    Part,
    Promise,
    ProofCode,
    Question,
    Reference,
    Seen,
    Survey,
    TeamMember,
    Thread,
)


def _table(model: type) -> sa.Table:
    found: sa.Table = model.__table__  # type: ignore[attr-defined]
    return found


AGENT, ATTACHMENT, ATTEMPT, CASE, CASE_TAG = map(_table, (Agent, Attachment, Attempt, Case, CaseTag))
CHAT_LINK, CLAIM, CUSTOMER, DELIVERY = map(_table, (ChatLink, Claim, Customer, Delivery))
DRAFT, ENTRY, ENVELOPE, IDENTITY, REFERENCE = map(_table, (Draft, Entry, Envelope, Identity, Reference))
SEEN, MEMBER, THREAD = map(_table, (Seen, TeamMember, Thread))
CONSENT = _table(Consent)
MERGE, PART, PROMISE, CODE, QUESTION, SURVEY = map(_table, (Merge, Part, Promise, ProofCode, Question, Survey))


WORK = (
    CASE.c.assignee_id,
    PROMISE.c.owner_id,
    PROMISE.c.settled_by,
    CODE.c.agent_id,
    MERGE.c.agent_id,
    CONSENT.c.agent_id,
)
"""Where an agent's work is kept under their name."""


def remove_samples(conn: Connection) -> int:
    """Returns how many customers went. Call it in a write transaction."""
    found = sa.select(THREAD.c.id, THREAD.c.customer_id).join_from(THREAD, CUSTOMER).where(CUSTOMER.c.sample)
    found = found.order_by(THREAD.c.id)
    rows = conn.execute(found if is_sqlite(conn) else found.with_for_update(of=THREAD)).all()
    threads, customers = [row.id for row in rows], [row.customer_id for row in rows]
    if threads:
        _remove_threads(conn, threads, customers)
    _remove_agents(conn)
    return len(customers)


def _remove_threads(conn: Connection, threads: list[UUID], customers: list[UUID]) -> None:
    cases = _ids(conn, CASE, threads)
    entries = _ids(conn, ENTRY, threads)
    envelopes = list(conn.scalars(sa.select(ENTRY.c.envelope_id).where(among(ENTRY.c.id, "ids")), {"ids": entries}))
    _lower_tallies(conn, cases)
    forget(conn, entries, customers)
    deliveries = _ids(conn, DELIVERY, threads)
    for column in (ATTEMPT.c.delivery_id, PART.c.delivery_id):
        _delete(conn, column, deliveries)
    for table in (PROMISE, CODE, QUESTION, SURVEY):
        _delete(conn, table.c.thread_id, threads)
    for column in (MERGE.c.from_thread, MERGE.c.into_thread):
        _delete(conn, column, threads)
    for column in (DELIVERY.c.thread_id, REFERENCE.c.thread_id, SEEN.c.thread_id, DRAFT.c.thread_id):
        _delete(conn, column, threads)
    remove_calls(conn, threads)
    for column in (CONSENT.c.entry_id, ATTACHMENT.c.entry_id):
        _delete(conn, column, entries)
    _delete(conn, ENTRY.c.id, entries)
    _delete(conn, ENVELOPE.c.id, [id_ for id_ in envelopes if id_])
    _delete(conn, CASE_TAG.c.case_id, cases)
    _delete(conn, CHAT_LINK.c.customer_id, customers)
    _delete(conn, CASE.c.id, cases)
    _delete(conn, THREAD.c.id, threads)
    for column in (CLAIM.c.customer_id, IDENTITY.c.customer_id, CUSTOMER.c.id):
        _delete(conn, column, customers)


def _ids(conn: Connection, table: sa.Table, threads: list[UUID]) -> list[UUID]:
    return list(conn.scalars(sa.select(table.c.id).where(among(table.c.thread_id, "ids")), {"ids": threads}))


def _delete(conn: Connection, column: sa.Column[UUID], ids: list[UUID]) -> None:
    conn.execute(sa.delete(column.table).where(among(column, "ids")), {"ids": ids})


def _lower_tallies(conn: Connection, cases: list[UUID]) -> None:
    """Counts are kept with each change, so what goes must be counted out."""
    gone: Counter[tuple[str, str, str]] = Counter()
    statement = sa.select(CASE.c.assignee_id, CASE.c.status, CASE.c.channel).where(among(CASE.c.id, "ids"))
    for assignee, status, channel in conn.execute(statement, {"ids": cases}):
        gone[assignee.hex if assignee else "", status, channel] += 1
    for (assignee, status, channel), n in sorted(gone.items()):
        conn.execute(
            sa.text(
                "INSERT INTO case_tally (assignee, status, channel, shard, n) VALUES (:a, :s, :c, 0, :n)"
                " ON CONFLICT (assignee, status, channel, shard) DO UPDATE SET n = case_tally.n + excluded.n"
            ),
            {"a": assignee, "s": status, "c": channel, "n": -n},
        )


def _remove_agents(conn: Connection) -> None:
    """Who took real work meanwhile is only switched off, so that the work keeps its name."""
    sample = [row.id for row in conn.execute(sa.select(AGENT.c.id, AGENT.c.settings)) if row.settings.get("sample")]
    for agent_id in sample:
        _delete(conn, MEMBER.c.agent_id, [agent_id])
        if took_calls(conn, agent_id) or any(_named(conn, column, agent_id) for column in WORK):
            conn.execute(sa.update(AGENT).where(AGENT.c.id == agent_id).values(active=False))
        else:
            _delete(conn, AGENT.c.id, [agent_id])


def _named(conn: Connection, column: sa.Column[UUID], agent_id: UUID) -> bool:
    return conn.execute(sa.select(column).where(column == agent_id).limit(1)).first() is not None
