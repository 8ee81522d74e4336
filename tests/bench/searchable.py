"""The search index of a made workspace, cut by the hub's own words and written by COPY, as `hub.core.index` would."""

import sqlite3
from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

import asyncpg

from hub.core.index import facet
from hub.core.words import words
from hub.models.search import SEARCH_POSTGRESQL

CHUNK = 20_000
INDEXES = {statement.split()[2]: statement for statement in SEARCH_POSTGRESQL if statement.startswith("CREATE INDEX")}


def entry_words(case: UUID, text: str) -> list[str]:
    return [*words(text), facet("kind", "message"), facet("channel", "webhook"), facet("case", case)]


async def index_postgres(connection: asyncpg.Connection) -> None:
    """The indexes are built at the end: row by row they would take ten times as long."""
    await connection.execute(";".join(f"DROP INDEX {name}" for name in INDEXES))
    await connection.execute("CREATE TEMP TABLE cut (id uuid, at timestamptz, words text[])")
    async with connection.transaction():
        told = await connection.cursor("SELECT id, at, case_id, text FROM entry ORDER BY id")
        while said := await told.fetch(CHUNK):
            cut = [(id_, at, entry_words(case, text)) for id_, at, case, text in said]
            await connection.copy_records_to_table("cut", records=cut)
    await connection.execute("INSERT INTO search_entry SELECT id, at, array_to_tsvector(words) FROM cut; TRUNCATE cut")
    people = await connection.fetch(
        "SELECT c.id, c.name, address FROM customer c JOIN identity i ON i.customer_id = c.id"
    )
    for chunk in chunks((id_, None, words(f"{name} {address}")) for id_, name, address in people):
        await connection.copy_records_to_table("cut", records=chunk)
    await connection.execute("INSERT INTO search_customer SELECT id, array_to_tsvector(words) FROM cut; DROP TABLE cut")
    for statement in INDEXES.values():
        await connection.execute(statement)


def index_sqlite(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")
    connection.execute("INSERT INTO search_entry (entry_id, at) SELECT id, at FROM entry ORDER BY id")
    said = "SELECT n, case_id, text FROM search_entry JOIN entry ON entry.id = entry_id ORDER BY n"
    cut = ((n, " ".join(entry_words(UUID(case), text))) for n, case, text in connection.execute(said))
    connection.executemany("INSERT INTO search_entry_words (rowid, words) VALUES (?, ?)", cut)
    connection.execute("INSERT INTO search_customer (customer_id) SELECT id FROM customer ORDER BY id")
    people = (
        "SELECT n, c.name, address FROM search_customer AS s JOIN customer AS c ON c.id = s.customer_id"
        " JOIN identity ON identity.customer_id = c.id"
    )
    names = ((n, " ".join(words(f"{name} {address}"))) for n, name, address in connection.execute(people))
    connection.executemany("INSERT INTO search_customer_words (rowid, words) VALUES (?, ?)", names)
    connection.execute("COMMIT")


def chunks(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
