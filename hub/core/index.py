"""Search indexing, after the commit: entries wait in `unindexed`, and a loop takes them in a batch at a time (rule 20).

Filters are words too: an entry on a channel holds a word that means that channel, so the index itself narrows a search
and no plan has to guess. Such words begin with a letter nobody can type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.calls.words import called
from hub.core.words import fold, words
from hub.db import among, insert, is_sqlite, run, run_many
from hub.models import Attachment, Claim, Customer, Entry, Identity, Thread, Unindexed

ENTRY, THREAD, CUSTOMER = Entry.__table__, Thread.__table__, Customer.__table__  # type: ignore[attr-defined]
IDENTITY, CLAIM = Identity.__table__, Claim.__table__  # type: ignore[attr-defined]
ATTACHMENT, UNINDEXED = Attachment.__table__, Unindexed.__table__  # type: ignore[attr-defined]

MARK = "\ue010"
"""A private-use letter: both engines keep it as part of a word, and no keyboard has it."""

_WAITING = (
    sa.select(UNINDEXED.c.entry_id).order_by(UNINDEXED.c.entry_id).limit(sa.bindparam("limit", type_=sa.Integer()))
)
_ENTRIES = sa.select(
    ENTRY.c.id,
    ENTRY.c.thread_id,
    ENTRY.c.case_id,
    ENTRY.c.kind,
    ENTRY.c.channel,
    ENTRY.c.author_kind,
    ENTRY.c.author_id,
    ENTRY.c.author_name,
    ENTRY.c.at,
    ENTRY.c.subject,
    ENTRY.c.text,
).where(among(ENTRY.c.id, "ids"))
_FILES = sa.select(ATTACHMENT.c.entry_id, ATTACHMENT.c.name).where(among(ATTACHMENT.c.entry_id, "ids"))
_PEOPLE = sa.select(CUSTOMER.c.id, CUSTOMER.c.name).where(among(CUSTOMER.c.id, "ids"))
_IDENTITIES = sa.select(IDENTITY.c.customer_id, IDENTITY.c.kind, IDENTITY.c.address, IDENTITY.c.name).where(
    among(IDENTITY.c.customer_id, "ids")
)
_CLAIMS = sa.select(CLAIM.c.customer_id, CLAIM.c.kind, CLAIM.c.address, sa.literal("").label("name")).where(
    among(CLAIM.c.customer_id, "ids"), CLAIM.c.state == "open"
)


def facet(name: str, value: object) -> str:
    """The word that stands for `name = value`."""
    plain = value.hex if isinstance(value, UUID) else "".join(filter(str.isalnum, fold(str(value))))
    return f"{MARK}{name}{plain}"


def index(conn: Connection, limit: int = 200) -> int:
    """Take in what waits, at most `limit` of it; returns how many. Call it in a write transaction, until it gives 0.

    An id in the queue is an entry's, or a customer's whose name or addresses changed. Processes may do it side by side.
    """
    waiting = _WAITING if is_sqlite(conn) else _WAITING.with_for_update(skip_locked=True)
    ids = list(conn.scalars(waiting, {"limit": limit}))
    if not ids:
        return 0
    entries = conn.execute(_ENTRIES, {"ids": ids}).all()
    known = {row.id for row in entries}
    _put_entries(conn, _with_words(conn, entries))
    _put_customers(conn, [id_ for id_ in ids if id_ not in known])
    conn.execute(sa.delete(UNINDEXED).where(among(UNINDEXED.c.entry_id, "ids")), {"ids": ids})
    return len(ids)


def _with_words(conn: Connection, entries: Sequence[Any]) -> list[tuple[Any, list[str]]]:
    files: dict[UUID, str] = called(conn, [row.id for row in entries if row.kind == "call"])
    if entries:
        for row in conn.execute(_FILES, {"ids": [entry.id for entry in entries]}):
            files[row.entry_id] = f"{files.get(row.entry_id, '')} {row.name}"
    return [(row, [*words(f"{row.subject} {row.text} {files.get(row.id, '')}"), *_facets(row)]) for row in entries]


def _facets(row: Any) -> list[str]:
    found = [facet("kind", row.kind)]
    if row.channel:
        found.append(facet("channel", row.channel))
    if row.case_id:
        found.append(facet("case", row.case_id))
    if row.author_kind == "agent" and row.author_id:
        found.append(facet("agent", row.author_id))
    return found


def _put_entries(conn: Connection, found: list[tuple[Any, list[str]]]) -> None:
    if not found:
        return
    if not is_sqlite(conn):
        ids, times = [row.id for row, _ in found], [row.at for row, _ in found]
        run(conn, _PG_ENTRY, (ids, times, [" ".join(own) for _, own in found]))
        return
    numbers, known = _numbers(conn, "entry", [row.id for row, _ in found])
    if known:
        run_many(conn, _SQLITE_FORGET, [(n,) for n in known])
    fresh = [{"n": n, "entry_id": row.id, "at": row.at} for row, _ in found if (n := numbers[row.id]) not in known]
    insert(conn, _SEARCH["entry"], fresh)
    run_many(conn, _SQLITE_PUT["entry"], [(numbers[row.id], " ".join(own)) for row, own in found])


def _put_customers(conn: Connection, customers: list[UUID]) -> None:
    """Names and addresses of those whose id was queued; written only if they differ from what is there."""
    people = conn.execute(_PEOPLE, {"ids": customers}).all() if customers else []
    if not people:
        return
    texts = {row.id: row.name for row in people}
    for statement in (_IDENTITIES, _CLAIMS):
        for row in conn.execute(statement, {"ids": list(texts)}):
            if row.kind != "visitor":
                texts[row.customer_id] += f" {row.address} {row.address.partition('@')[0]} {row.name}"
    rows = {id_: words(text) for id_, text in texts.items()}
    if not is_sqlite(conn):
        run(conn, _PG_CUSTOMER, (list(rows), [" ".join(own) for own in rows.values()]))
        return
    numbers, known = _numbers(conn, "customer", list(rows))
    insert(conn, _SEARCH["customer"], [{"n": n, "customer_id": id_} for id_, n in numbers.items() if n not in known])
    stored = conn.execute(_SQLITE_CUSTOMER_WORDS, {"numbers": list(numbers.values())})
    before = {row.rowid: row.words for row in stored}
    joined = {numbers[id_]: " ".join(own) for id_, own in rows.items()}
    changed = [(n, own) for n, own in joined.items() if before.get(n) != own]
    if changed:
        run_many(conn, _SQLITE_PUT["customer"], changed)


def _numbers(conn: Connection, kind: str, wanted: Sequence[UUID]) -> tuple[dict[UUID, int], set[int]]:
    """Each one's number in the full-text table, and which of these are there already.

    New ones get the next numbers: they rise with time and so order a search.
    """
    numbers = {row.id: row.n for row in conn.execute(_SQLITE_FIND[kind], {"ids": wanted})}
    known = set(numbers.values())
    highest: int = conn.scalar(_SQLITE_HIGHEST[kind]) or 0
    fresh = (id_ for id_ in wanted if id_ not in numbers)
    numbers |= {id_: n for n, id_ in enumerate(list(fresh), highest + 1)}
    return numbers, known


_PG_ENTRY = """
    INSERT INTO search_entry (entry_id, at, words)
    SELECT v.id, v.at, array_to_tsvector(string_to_array(v.words, ' '))
    FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS v(id, at, words)
    ON CONFLICT (entry_id) DO UPDATE SET words = excluded.words"""
_PG_CUSTOMER = """
    INSERT INTO search_customer (customer_id, words)
    SELECT v.id, array_to_tsvector(string_to_array(v.words, ' ')) FROM unnest($1::uuid[], $2::text[]) AS v(id, words)
    ON CONFLICT (customer_id) DO UPDATE SET words = excluded.words WHERE search_customer.words <> excluded.words"""


_SEARCH = {
    kind: sa.Table(
        f"search_{kind}",
        sa.MetaData(),
        sa.Column("n", sa.Integer(), primary_key=True),
        sa.Column(f"{kind}_id", sa.Uuid(), nullable=False),
        *([sa.Column("at", ENTRY.c.at.type, nullable=False)] if kind == "entry" else []),
    )
    for kind in ("entry", "customer")
}
"""On SQLite, where full text has numbers for rows."""
_SQLITE_FIND = {
    kind: sa.select(table.c.n, table.c[f"{kind}_id"].label("id")).where(among(table.c[f"{kind}_id"], "ids"))
    for kind, table in _SEARCH.items()
}
_SQLITE_HIGHEST = {kind: sa.select(sa.func.max(table.c.n)) for kind, table in _SEARCH.items()}
_CUSTOMER_WORDS = sa.table("search_customer_words", sa.column("rowid", sa.Integer()), sa.column("words", sa.Text()))
_SQLITE_CUSTOMER_WORDS = sa.select(_CUSTOMER_WORDS.c.rowid, _CUSTOMER_WORDS.c.words).where(
    among(_CUSTOMER_WORDS.c.rowid, "numbers")
)
_SQLITE_FORGET = "DELETE FROM search_entry_words WHERE rowid = ?"
_SQLITE_PUT = {
    "entry": "INSERT INTO search_entry_words (rowid, words) VALUES (?, ?)",
    "customer": "INSERT OR REPLACE INTO search_customer_words (rowid, words) VALUES (?, ?)",
}


def forget(conn: Connection, entries: Sequence[UUID], customers: Sequence[UUID]) -> None:
    """Take them out of the index, words and all."""
    conn.execute(sa.delete(UNINDEXED).where(among(UNINDEXED.c.entry_id, "ids")), {"ids": [*entries, *customers]})
    for kind, ids in (("entry", entries), ("customer", customers)):
        table = sa.table(f"search_{kind}", sa.column(f"{kind}_id", sa.Uuid()), sa.column("n", sa.Integer()))
        here = among(table.c[f"{kind}_id"], "ids")
        if is_sqlite(conn):
            full_text = sa.table(f"search_{kind}_words", sa.column("rowid", sa.Integer()))
            rows = sa.select(table.c.n).where(here)
            conn.execute(sa.delete(full_text).where(full_text.c.rowid.in_(rows)), {"ids": list(ids)})
        conn.execute(sa.delete(table).where(here), {"ids": list(ids)})
