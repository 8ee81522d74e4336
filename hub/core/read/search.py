"""Search over everything ever said, the newest first.

Two plans on PostgreSQL, chosen by how common the words are: rare ones are all taken from the word index and then
ordered; for common ones the newest entries are walked back until enough match. Each is ruinous for the other's case.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.access import Right, Viewer
from hub.core.index import facet
from hub.core.read.entries import author_name
from hub.core.read.people import display_names, hits
from hub.core.words import spans, words
from hub.db import among, is_sqlite
from hub.models import Customer, Entry, Thread

ENTRY, THREAD, CUSTOMER = Entry.__table__, Thread.__table__, Customer.__table__  # type: ignore[attr-defined]

Out = dict[str, Any]
BEGIN, END = "\ue000", "\ue001"
SNIPPET = 180
SHORTEST_PREFIX = 3
WALK_FACTOR = 3
"""Matches aren't spread evenly: walk so much further than an even spread would need."""
WALKED_PER_MATCH = 2
"""Walking past so many entries in order costs as much as fetching one match from anywhere."""
MOST_WALKED = 50_000


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked. The last word may be the beginning of one, as it is while somebody types."""

    text: str
    channel: str = ""
    kind: str = ""
    case_id: UUID | None = None
    agent_id: UUID | None = None
    after: datetime | None = None
    before: datetime | None = None

    @property
    def words(self) -> list[str]:
        return words(self.text)[:20]

    @property
    def open_end(self) -> str:
        """The last word, if it may go on."""
        own = self.words
        typed = self.text and self.text[-1].isalnum()
        return own[-1] if typed and own and len(own[-1]) >= SHORTEST_PREFIX else ""

    @property
    def facets(self) -> list[str]:
        given = (("channel", self.channel), ("kind", self.kind), ("case", self.case_id), ("agent", self.agent_id))
        return [facet(name, value) for name, value in given if value]

    def terms(self) -> list[tuple[str, bool]]:
        """Words, and whether each may go on."""
        last = self.open_end
        return [(word, word == last) for word in self.words] + [(word, False) for word in self.facets]


def search(
    conn: Connection, viewer: Viewer, query: Query, after: tuple[Any, ...] | None, limit: int
) -> tuple[list[Out], list[Any] | None]:
    """One page of hits, and the key after which the next begins."""
    terms = query.terms()
    if not terms or Right.READ not in viewer.rights:
        return [], None
    find = _on_sqlite if is_sqlite(conn) else _on_postgres
    found = find(conn, terms, query, after, limit + 1)
    more = list(found[limit - 1][1]) if len(found) > limit else None
    return _shown(conn, [entry_id for entry_id, _ in found[:limit]], query), more


def customers(conn: Connection, text: str, limit: int) -> list[UUID]:
    """Customers whose name or an address holds all these words, or their beginnings."""
    own = words(text)[:20]
    if not own:
        return []
    terms = [(word, True) for word in own]
    if is_sqlite(conn):
        statement = _SQLITE_CUSTOMERS
        return list(conn.scalars(statement, {"match": _match(terms), "limit": limit}))
    found = sa.text(_PG_CUSTOMERS.format(query=_literal(_tsquery(terms))))
    return list(conn.scalars(found, {"limit": limit}))


def customer_hits(conn: Connection, text: str, limit: int) -> list[Out]:
    return hits(conn, customers(conn, text, limit))


Found = list[tuple[UUID, tuple[Any, ...]]]

# --- SQLite: rows of the word table rise with time, so walking it backwards is the order ---

_UUID, _TIME, _INT = sa.Uuid(), ENTRY.c.at.type, sa.Integer()


def _match(terms: list[tuple[str, bool]]) -> str:
    return " AND ".join(f'"{word}"{"*" if goes_on else ""}' for word, goes_on in terms)


_SQLITE = """
    SELECT e.entry_id AS entry_id, w.rowid AS n FROM search_entry_words AS w
    CROSS JOIN search_entry AS e ON e.n = w.rowid
    WHERE w.search_entry_words MATCH :match AND w.rowid < :n {dates}
    ORDER BY w.rowid DESC LIMIT :limit
"""
_DATES = "AND e.at >= :since AND e.at < :until"
_SQLITE_PLAIN = sa.text(_SQLITE.format(dates="")).columns(entry_id=_UUID, n=_INT)
_SQLITE_DATED = (
    sa.text(_SQLITE.format(dates=_DATES))
    .bindparams(sa.bindparam("since", type_=_TIME), sa.bindparam("until", type_=_TIME))
    .columns(entry_id=_UUID, n=_INT)
)
_SQLITE_CUSTOMERS = sa.text(
    "SELECT c.customer_id AS id FROM search_customer_words AS w CROSS JOIN search_customer AS c ON c.n = w.rowid"
    " WHERE w.search_customer_words MATCH :match ORDER BY w.rowid DESC LIMIT :limit"
).columns(id=_UUID)


def _on_sqlite(
    conn: Connection, terms: list[tuple[str, bool]], query: Query, after: tuple[Any, ...] | None, limit: int
) -> Found:
    values: dict[str, Any] = {"match": _match(terms), "n": after[0] if after else 2**62, "limit": limit}
    dated = query.after or query.before
    rows = conn.execute(_SQLITE_DATED, values | _dates(query)) if dated else conn.execute(_SQLITE_PLAIN, values)
    return [(row.entry_id, (row.n,)) for row in rows]


def _dates(query: Query) -> dict[str, datetime]:
    return {"since": query.after or _FIRST, "until": query.before or _LAST}


_FIRST = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_LAST = datetime.fromisoformat("9999-01-01T00:00:00+00:00")

# --- PostgreSQL ---


def _tsquery(terms: list[tuple[str, bool]]) -> str:
    return " & ".join(f"'{word}'{':*' if goes_on else ''}" for word, goes_on in terms)


_HERE = "(at, entry_id) < (:at, :id) AND at >= :since AND at < :until"
_TYPES = (
    sa.bindparam("at", type_=_TIME),
    sa.bindparam("id", type_=_UUID),
    sa.bindparam("since", type_=_TIME),
    sa.bindparam("until", type_=_TIME),
)
_ALL_MATCHES = f"""
    WITH hit AS MATERIALIZED (
      SELECT entry_id, at FROM search_entry WHERE words @@ {{query}} AND {_HERE})
    SELECT entry_id, at FROM hit ORDER BY at DESC, entry_id DESC LIMIT :limit"""
_WALK_BACK = sa.text(
    f"""
    WITH recent AS MATERIALIZED (
      SELECT entry_id, at, words FROM search_entry WHERE {_HERE} ORDER BY at DESC, entry_id DESC LIMIT :walk)
    SELECT entry_id, at FROM recent WHERE words @@ CAST(:query AS tsquery)
    ORDER BY at DESC, entry_id DESC LIMIT :limit"""
).bindparams(*_TYPES)
_TOTAL = sa.text("SELECT reltuples::bigint FROM pg_class WHERE oid = 'search_entry'::regclass")
_PG_CUSTOMERS = """
    WITH hit AS MATERIALIZED (SELECT customer_id FROM search_customer WHERE words @@ {query} LIMIT 10000)
    SELECT customer_id FROM hit ORDER BY customer_id DESC LIMIT :limit"""
"""Of a word that half of all customers share, any ten thousand will do; one that nobody has is known by the index."""


def _on_postgres(
    conn: Connection, terms: list[tuple[str, bool]], query: Query, after: tuple[Any, ...] | None, limit: int
) -> Found:
    at, id_ = after or (_LAST, UUID(int=0))
    asked = _literal(_tsquery(terms))
    values = {"at": at, "id": id_, "limit": limit, **_dates(query)}
    if walk := _how_far_to_walk(*_expected(conn, asked), limit):
        rows = conn.execute(_WALK_BACK, {**values, "query": _tsquery(terms), "walk": walk}).all()
        if len(rows) == limit:
            return [(row.entry_id, (row.at, row.entry_id)) for row in rows]
    rows = conn.execute(sa.text(_ALL_MATCHES.format(query=asked)).bindparams(*_TYPES), values).all()
    return [(row.entry_id, (row.at, row.entry_id)) for row in rows]


def _how_far_to_walk(matches: float, total: float, limit: int) -> int:
    """How many of the newest entries to look through, or 0 if fetching every match is cheaper."""
    walk = int(limit * total / max(matches, 1) * WALK_FACTOR)
    return walk if walk <= min(matches * WALKED_PER_MATCH, MOST_WALKED) else 0


def _expected(conn: Connection, asked: str) -> tuple[float, float]:
    """How many entries the planner expects to match, of how many; it knows how often each word occurs."""
    total = conn.execute(_TOTAL).scalar_one()
    told = conn.execute(
        sa.text(f"EXPLAIN (FORMAT JSON) SELECT 1 FROM search_entry WHERE words @@ {asked}")
    ).scalar_one()
    plan = json.loads(told) if isinstance(told, str) else told
    return float(plan[0]["Plan"]["Plan Rows"]), float(max(total, 0))


def _literal(query: str) -> str:
    """Written into the statement, because a plan made for any query at all is a hundred times too slow for this one.

    Its words are letters, digits and our marks alone (`hub.core.words`), so doubling the quotes is enough.
    """
    return "'" + query.replace("'", "''") + "'::tsquery"


# --- what a hit shows ---

_HITS = (
    sa.select(ENTRY, CUSTOMER.c.id.label("customer_id"), CUSTOMER.c.name.label("customer_name"))
    .join_from(ENTRY, THREAD, THREAD.c.id == ENTRY.c.thread_id)
    .join(CUSTOMER, CUSTOMER.c.id == THREAD.c.customer_id)
    .where(among(ENTRY.c.id, "ids"))
)


def _shown(conn: Connection, ids: list[UUID], query: Query) -> list[Out]:
    if not ids:
        return []
    rows = {row.id: row for row in conn.execute(_HITS, {"ids": ids})}
    names = display_names(conn, {row.customer_id: row.customer_name for row in rows.values()})
    own, prefixes = query.words, (query.open_end,) if query.open_end else ()
    return [
        {
            "entry_id": row.id,
            "thread_id": row.thread_id,
            "case_id": row.case_id,
            "seq": row.seq,
            "customer_name": names[row.customer_id],
            "channel": row.channel,
            "kind": row.kind,
            "author": author_name(row.author_name, row.data or {}),
            "at": row.at,
            "subject": row.subject,
            "snippet": snippet(row.text or row.subject, own, prefixes),
        }
        for row in (rows[id_] for id_ in ids if id_ in rows)
    ]


def snippet(text: str, own: list[str], prefixes: tuple[str, ...]) -> str:
    """The part of the text with the first match, matches between U+E000 and U+E001."""
    text = " ".join(text[:50_000].replace(BEGIN, "").replace(END, "").split())
    found = spans(text, own, prefixes)
    start = max(0, found[0][0] - SNIPPET // 3) if found else 0
    if start:
        start = text.find(" ", start) + 1 or start
    end = min(len(text), start + SNIPPET)
    parts, at = [], start
    for begin, stop in found:
        if begin >= at and stop <= end:
            parts += [text[at:begin], BEGIN, text[begin:stop], END]
            at = stop
    return ("…" if start else "") + "".join(parts) + text[at:end] + ("…" if end < len(text) else "")
