"""A workspace with years behind it, made in a minute or two and always the same: a million customers, a few giants.

Rows go straight into the hub's own tables, by COPY on PostgreSQL and `executemany` on SQLite: what is measured
afterwards is the hub, not the road here.
"""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import asyncpg

from tests.bench.searchable import index_postgres, index_sqlite
from tests.bench.words import texts
from tests.support.databases import migrate_elsewhere

FIRST = datetime(2025, 1, 1, tzinfo=UTC)
FIRST_MS = int(FIRST.timestamp() * 1000)
APART_MS = 20_000
OPEN_EVERY = 20
"""One case in so many is open; a desk that is any good has closed the rest."""
CHUNK = 20_000

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Size:
    """`threads` customers with one message each, and the first of them with many more."""

    threads: int
    giants: tuple[int, ...] = ()

    @property
    def entries(self) -> int:
        return self.threads + sum(self.giants)


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[str, ...]
    rows: Iterable[Row]


def made_id(kind: int, number: int) -> UUID:
    """A UUIDv7 as the hub would have made it at that point of the history."""
    return UUID(int=(FIRST_MS + APART_MS * number) << 80 | 7 << 76 | kind << 64 | 2 << 62 | number)


def moment(number: int) -> datetime:
    return FIRST + timedelta(milliseconds=APART_MS * number)


def customer_id(n: int) -> UUID:
    return made_id(1, n)


def thread_id(n: int) -> UUID:
    return made_id(2, n)


def case_id(n: int) -> UUID:
    return made_id(3, n)


def entry_id(n: int) -> UUID:
    return made_id(4, n)


def address(n: int) -> str:
    """The same people who write in `tests.bench.posts`."""
    return f"+1555{n:07d}"


def ref(n: int) -> str:
    return f"stored-{n}"


def status(n: int) -> str:
    return "done" if n % OPEN_EVERY else "open"


def tables(size: Size) -> Iterator[Table]:
    extra = dict(enumerate(size.giants))
    everybody = range(size.threads)

    def last_seq(n: int) -> int:
        return 1 + extra.get(n, 0)

    yield Table(
        "customer",
        ("id", "name", "sample", "created_at"),
        ((customer_id(n), f"Customer {n}", False, moment(n)) for n in everybody),
    )
    yield Table(
        "identity",
        ("id", "kind", "address", "customer_id", "trust", "shared", "created_at"),
        ((made_id(5, n), "webhook", address(n), customer_id(n), "verified", False, moment(n)) for n in everybody),
    )
    yield Table(
        "thread",
        ("id", "customer_id", "last_seq", "rev", "public_rev", "published_rev", "created_at"),
        ((thread_id(n), customer_id(n), *[last_seq(n)] * 4, moment(n)) for n in everybody),
    )
    yield Table("case", CASE_COLUMNS, (case_row(n, last_seq(n), size) for n in everybody))
    yield Table("entry", ENTRY_COLUMNS, entry_rows(size))
    counts = {"open": len(everybody[::OPEN_EVERY])}
    counts["done"] = size.threads - counts["open"]
    yield Table(
        "case_tally",
        ("assignee", "status", "channel", "shard", "n"),
        [("", status, "webhook", 0, n) for status, n in counts.items()],
    )


CASE_COLUMNS = (
    "id",
    "thread_id",
    "subject",
    "status",
    "channel",
    "preview",
    "preview_by",
    "restricted",
    "until_reply",
    "failed",
    "last_at",
    "last_seq",
    "last_in_seq",
    "opened_at",
    "done_at",
)


def case_row(n: int, last_seq: int, size: Size) -> Row:
    last_at = moment(size.entries if last_seq > 1 else n)
    done_at = None if status(n) == "open" else last_at
    about = f"Problem with order {100_000 + n}"
    seqs = (last_seq, last_seq)
    return (
        *(case_id(n), thread_id(n), about, status(n), "webhook", about, "customer", False, False, False),
        *(last_at, *seqs, moment(n), done_at),
    )


ENTRY_COLUMNS = (
    "id",
    "thread_id",
    "seq",
    "rev",
    "public_rev",
    "kind",
    "direction",
    "channel",
    "case_id",
    "author_kind",
    "author_id",
    "author_name",
    "at",
    "text",
    "proof",
    "ref_space",
    "ref",
)


def entry_rows(size: Size) -> Iterator[Row]:
    """Everybody's first message, then those of the giants, each in order of time."""
    words = texts()
    for n in range(size.threads):
        yield entry_row(n, n, 1, next(words))
    number = size.threads
    for thread, more in enumerate(size.giants):
        for seq in range(2, more + 2):
            yield entry_row(number, thread, seq, next(words))
            number += 1


def entry_row(number: int, thread: int, seq: int, text: str) -> Row:
    return (
        *(entry_id(number), thread_id(thread), seq, seq, seq, "message", "in", "webhook", case_id(thread)),
        *("customer", made_id(5, thread), address(thread), moment(number), text, "provider", "stored", ref(number)),
    )


async def fill(url: str, size: Size) -> None:
    """Migrate an empty database and put a workspace of this size into it."""
    migrate_elsewhere(url)
    if url.startswith("sqlite"):
        with ThreadPoolExecutor(1) as elsewhere:
            await asyncio.get_running_loop().run_in_executor(elsewhere, fill_sqlite, url, size)
    else:
        await fill_postgres(url, size)


async def fill_postgres(url: str, size: Size) -> None:
    connection = await asyncpg.connect(url)
    try:
        # foreign keys and triggers are the hub's own concern; these rows are right by construction
        await connection.execute("SET session_replication_role = replica")
        for table in tables(size):
            rows = iter(table.rows)
            while chunk := list(islice(rows, CHUNK)):
                await connection.copy_records_to_table(table.name, records=chunk, columns=table.columns)
        await index_postgres(connection)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def fill_sqlite(url: str, size: Size) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    for table in tables(size):
        names = ", ".join(f'"{name}"' for name in table.columns)
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(table.columns))})'
        rows = iter(table.rows)
        while chunk := list(islice(rows, CHUNK)):
            connection.execute("BEGIN")
            connection.executemany(statement, [as_stored(row) for row in chunk])
            connection.execute("COMMIT")
    index_sqlite(connection)
    connection.execute("ANALYZE")
    connection.close()


def as_stored(row: Sequence[Any]) -> list[Any]:
    """The forms in which SQLAlchemy keeps these types on SQLite."""
    return [plain(value) for value in row]


def plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return json.dumps(value) if isinstance(value, dict) else value
