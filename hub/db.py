"""The one module that knows which database it is: engines, transactions, and statements whose text never varies.

All of `hub.core` is written as plain functions over a synchronous SQLAlchemy `Connection`. On PostgreSQL they run
through `AsyncConnection.run_sync`; on SQLite in a thread, with the standard driver, so that a batch of a dozen
statements costs one hop instead of a dozen.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import QueuePool, StaticPool
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator, TypeEngine

T = TypeVar("T")

LOCK_TIMEOUT_S = 10
READERS = 4


class DatabaseGone(Exception):
    """The database can't be reached, is shutting down, or has no room: try again later, nothing was stored."""


class Many(TypeDecorator[list[Any]]):
    """A list as one parameter: an array on PostgreSQL, JSON text on SQLite."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(self.item))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> Any:
        items = list(value or ())
        if dialect.name == "postgresql":
            return items
        return json.dumps([item.hex if isinstance(item, UUID) else item for item in items])


class _Among(sa.ColumnElement[bool]):
    inherit_cache = True
    type = sa.Boolean()
    _traverse_internals = [  # noqa: RUF012  (an instance variable to the base class)
        ("column", sa.sql.visitors.InternalTraversal.dp_clauseelement),
        ("many", sa.sql.visitors.InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: sa.ColumnElement[Any], name: str) -> None:
        self.column = column
        self.many = sa.bindparam(name, type_=Many(column.type))

    def self_group(self, against: Any = None) -> _Among:
        """As it is: SQLAlchemy would write `(… IN …) = 1` on SQLite, which no index answers."""
        return self


def among(column: Any, name: str) -> sa.ColumnElement[bool]:
    """`column` is one of the values passed as `name`; the statement's text is the same for any number of them."""
    return _Among(column, name)


@compiles(_Among, "postgresql")
def _any(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    return f"{compiler.process(element.column, **options)} = ANY ({compiler.process(element.many, **options)})"


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, many = compiler.process(element.column, **options), compiler.process(element.many, **options)
    return f"{column} IN (SELECT value FROM json_each({many}))"


_ARRAYS: dict[str, str] = {
    "UUID": "uuid",
    "TEXT": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "BOOLEAN": "boolean",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "BYTEA": "bytea",
    "JSONB": "jsonb",
}


_POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]


def _pg_type(column: sa.Column[Any]) -> str:
    return _ARRAYS[column.type.compile(dialect=_POSTGRES)]


@cache
def _unnest(table: sa.Table, names: tuple[str, ...], tail: str, first: int = 1) -> str:
    """`INSERT … SELECT … FROM unnest(…)`: constant text, a fourteenth of the CPU of `VALUES` (rule 18)."""
    kinds = [_pg_type(table.c[name]) for name in names]
    # documents travel as text: the driver has no array codec for them
    arrays = ", ".join(f"${i}::{'text' if kind == 'jsonb' else kind}[]" for i, kind in enumerate(kinds, first))
    picks = ", ".join(
        f'v."{n}"::jsonb' if kind == "jsonb" else f'v."{n}"' for n, kind in zip(names, kinds, strict=True)
    )
    columns = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table.name}" ({columns}) SELECT {picks} FROM unnest({arrays}) AS v({columns}) {tail}'


@cache
def _update_unnest(table: sa.Table, key: str, names: tuple[str, ...], first: int = 1) -> str:
    columns = (key, *names)
    kinds = [_pg_type(table.c[name]) for name in columns]
    arrays = ", ".join(f"${i}::{'text' if kind == 'jsonb' else kind}[]" for i, kind in enumerate(kinds, first))
    sets = ", ".join(
        f'"{n}" = v."{n}"{"::jsonb" if kind == "jsonb" else ""}' for n, kind in zip(names, kinds[1:], strict=True)
    )
    aliases = ", ".join(f'"{name}"' for name in columns)
    return f'UPDATE "{table.name}" AS t SET {sets} FROM unnest({arrays}) AS v({aliases}) WHERE t."{key}" = v."{key}"'


def _arrays(table: sa.Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> tuple[list[Any], ...]:
    out = []
    for name in names:
        values = [row[name] for row in rows]
        if isinstance(table.c[name].type, sa.JSON):
            values = [None if value is None else json.dumps(value) for value in values]
        out.append(values)
    return tuple(out)


def is_sqlite(conn: Connection) -> bool:
    return conn.dialect.name == "sqlite"


def insert(conn: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same keys; a conflict is an error."""
    if not rows:
        return
    names = _worth_sending(table, rows)
    if is_sqlite(conn):
        conn.execute(_plain_insert(table, names), [{name: row[name] for name in names} for row in rows])
    else:
        conn.exec_driver_sql(_unnest(table, names, ""), _arrays(table, names, rows))


def _worth_sending(table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The columns in which some row differs from what the database would fill in by itself: half of an entry's."""
    silent = _silent(table)
    return tuple(name for name in rows[0] if any(row[name] != silent[name] for row in rows))


@cache
def _silent(table: sa.Table) -> dict[str, Any]:
    """What each column holds when nothing is said of it; an object equal to nothing where something must be said."""
    return {column.name: _default(column) for column in table.c}


def _default(column: sa.Column[Any]) -> Any:
    if isinstance(column.server_default, sa.DefaultClause):
        text = str(column.server_default.arg)
        return text if isinstance(column.type, sa.Text) else int(text)
    return None if column.nullable else object()


@cache
def _plain_insert(table: sa.Table, names: tuple[str, ...]) -> sa.Insert:
    # naming the columns keeps server defaults out of it and the compiled statement cached
    return sa.insert(table).values({name: sa.bindparam(name, type_=table.c[name].type) for name in names})


def insert_missing(
    conn: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: tuple[str, ...]
) -> set[tuple[Any, ...]]:
    """Insert those rows whose `key` isn't there yet, in the given order; returns the keys that went in.

    PostgreSQL's answer is the insert's own. On SQLite this process holds the one write lock, so looking first is safe.
    """
    if not rows:
        return set()
    if is_sqlite(conn):
        known = _present(conn, table, rows, key)
        fresh = {found: row for row in rows if (found := tuple(row[k] for k in key)) not in known}
        insert(conn, table, list(fresh.values()))
        return set(fresh)
    names = tuple(dict.fromkeys((*key, *_worth_sending(table, rows))))
    columns = ", ".join(f'"{name}"' for name in key)
    tail = f"ON CONFLICT ({columns}) DO NOTHING RETURNING {columns}"
    return {tuple(row) for row in conn.exec_driver_sql(_unnest(table, names, tail), _arrays(table, names, rows))}


def _present(
    conn: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: tuple[str, ...]
) -> set[tuple[Any, ...]]:
    values = {name: list({row[name] for row in rows}) for name in key}
    return {tuple(row) for row in conn.execute(_by_key(table, key), values)}


@cache
def _by_key(table: sa.Table, key: tuple[str, ...]) -> sa.Select[Any]:
    return sa.select(*(table.c[name] for name in key)).where(*(among(table.c[name], name) for name in key))


def update(conn: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: str = "id") -> None:
    """Set the other columns of each row where `key` matches; all rows have the same keys."""
    if not rows:
        return
    names = tuple(name for name in rows[0] if name != key)
    if is_sqlite(conn):
        conn.execute(_plain_update(table, key, names), [{f"v_{n}": v for n, v in row.items()} for row in rows])
        return
    conn.exec_driver_sql(_update_unnest(table, key, names), _arrays(table, (key, *names), rows))


@cache
def _plain_update(table: sa.Table, key: str, names: tuple[str, ...]) -> sa.Update:
    where = table.c[key] == sa.bindparam(f"v_{key}", type_=table.c[key].type)
    return sa.update(table).where(where).values({n: sa.bindparam(f"v_{n}", type_=table.c[n].type) for n in names})


class Together:
    """Writes that go out in one statement on PostgreSQL, where a round trip costs more than its rows.

    They must not touch a row twice, and none may need to see another's work. On SQLite each goes out as it is given.
    """

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._parts: list[str] = []
        self._values: list[Any] = []

    def insert(self, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, missing: tuple[str, ...] = ()) -> None:
        """As `insert`; with `missing` only those rows whose key of these columns isn't there yet."""
        if not rows:
            return
        if is_sqlite(self._conn):
            if missing:
                insert_missing(self._conn, table, rows, missing)
            else:
                insert(self._conn, table, rows)
            return
        names = tuple(dict.fromkeys((*missing, *_worth_sending(table, rows))))
        tail = "ON CONFLICT DO NOTHING" if missing else ""
        self._add(_unnest(table, names, tail, len(self._values) + 1), _arrays(table, names, rows))

    def update(self, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: str = "id") -> None:
        """As `update`."""
        if not rows:
            return
        if is_sqlite(self._conn):
            update(self._conn, table, rows, key)
            return
        names = tuple(name for name in rows[0] if name != key)
        self._add(_update_unnest(table, key, names, len(self._values) + 1), _arrays(table, (key, *names), rows))

    def add(self, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: tuple[str, ...], counter: str) -> None:
        """Raise `counter` of the rows with these keys, making those that aren't there."""
        if not rows:
            return
        on = ", ".join(f'"{name}"' for name in key)
        tail = f'ON CONFLICT ({on}) DO UPDATE SET "{counter}" = "{table.name}"."{counter}" + excluded."{counter}"'
        names = (*key, counter)
        if is_sqlite(self._conn):
            columns, holes = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
            statement = f'INSERT INTO "{table.name}" ({columns}) VALUES ({holes}) {tail}'
            self._conn.exec_driver_sql(statement, [tuple(row[name] for name in names) for row in rows])
            return
        self._add(_unnest(table, names, tail, len(self._values) + 1), _arrays(table, names, rows))

    def send(self) -> None:
        if self._parts:
            parts = ", ".join(f"w{n} AS ({part})" for n, part in enumerate(self._parts))
            self._conn.exec_driver_sql(f"WITH {parts} SELECT", tuple(self._values))

    def _add(self, part: str, values: Sequence[Any]) -> None:
        self._parts.append(part)
        self._values.extend(values)


_GONE_STATES = ("08", "57P", "53", "58")  # connection, operator intervention, resources, system: SQLSTATE classes


def is_gone(error: BaseException) -> bool:
    """Is this the database being away or full, rather than something about what was asked of it?"""
    if isinstance(error, DatabaseGone | OSError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    original = error.orig
    if isinstance(original, sqlite3.OperationalError):
        return any(word in str(original) for word in ("disk", "full", "locked", "unable to open", "readonly", "I/O"))
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or ""
    words = str(original)
    return state.startswith(_GONE_STATES) or "connection is closed" in words or "connection was closed" in words


def is_conflict(error: BaseException) -> bool:
    """A deadlock or serialisation failure: the same transaction may be run again."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    return state in ("40P01", "40001")


class Database:
    """Reads and writes, each in a transaction of its own. Writes begin as writes (rule 19)."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self._writer_engine = sqlite_engine(url, write=True)
            self._reader_engine = sqlite_engine(url, write=False)
            self._writer_thread = ThreadPoolExecutor(1, thread_name_prefix="db-write")
            self._reader_threads = ThreadPoolExecutor(READERS, thread_name_prefix="db-read")
        else:
            self._engine = postgres_engine(url, pool_size)
            # each statement of a transaction has its own snapshot anyway: without one, two round trips are saved
            self._reader = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def sync_engines(self) -> tuple[Engine, ...]:
        """For statement counters in tests and benchmarks."""
        if self.is_sqlite:
            return (self._writer_engine, self._reader_engine)
        return (self._engine.sync_engine,)

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn`, which only reads. Raises `DatabaseGone`."""
        if self.is_sqlite:
            return await self._in_thread(self._reader_threads, self._reader_engine, fn)
        return await self._on_postgres(self._reader, fn)

    async def write(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in a transaction that is a write from its first statement. Raises `DatabaseGone`."""
        if self.is_sqlite:
            return await self._in_thread(self._writer_thread, self._writer_engine, fn)
        return await self._on_postgres(self._engine, fn)

    async def close(self) -> None:
        if self.is_sqlite:
            self._writer_thread.shutdown(wait=True)
            self._reader_threads.shutdown(wait=True)
            self._writer_engine.dispose()
            self._reader_engine.dispose()
        else:
            await self._engine.dispose()

    async def _in_thread(self, threads: ThreadPoolExecutor, engine: Engine, fn: Callable[[Connection], T]) -> T:
        def run() -> T:
            with engine.begin() as conn:
                return fn(conn)

        try:
            return await asyncio.get_running_loop().run_in_executor(threads, run)
        except Exception as error:
            raise_gone(error)
            raise

    async def _on_postgres(self, engine: AsyncEngine, fn: Callable[[Connection], T]) -> T:
        try:
            async with engine.begin() as conn:
                return await conn.run_sync(fn)
        except Exception as error:
            raise_gone(error)
            raise


def raise_gone(error: BaseException) -> None:
    if is_gone(error) and not isinstance(error, DatabaseGone):
        raise DatabaseGone(str(getattr(error, "orig", None) or error)) from error


def postgres_engine(url: str, pool_size: int) -> AsyncEngine:
    scheme, rest = url.split("://", 1)
    return create_async_engine(
        f"postgresql+asyncpg://{rest}" if scheme in ("postgresql", "postgres") else url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=False,
        connect_args={"timeout": 5, "command_timeout": 60, "server_settings": {"application_name": "onethread"}},
    )


def sqlite_engine(url: str, *, write: bool) -> Engine:
    """SQLite in WAL with full fsync; BEGIN is ours, because the driver's own loses updates (rule 19)."""
    path = url.removeprefix("sqlite:///")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        f"sqlite+pysqlite:///{path}",
        connect_args={"check_same_thread": False, "timeout": LOCK_TIMEOUT_S, "cached_statements": 512},
        poolclass=StaticPool if write else QueuePool,
        **({} if write else {"pool_size": READERS, "max_overflow": 0}),
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={LOCK_TIMEOUT_S * 1000}",
            "cache_size=-65536" if write else "cache_size=-16384",
            "temp_store=MEMORY",
            "mmap_size=268435456",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if not write:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def migrate(url: str) -> None:
    """Bring the database to this version's schema; several processes may call it at once."""
    from alembic import command
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "models" / "migrations"))
    config.attributes["url"] = url
    try:
        command.upgrade(config, "head")
    except (OperationalError, OSError) as error:
        raise DatabaseGone(str(getattr(error, "orig", None) or error)) from error
