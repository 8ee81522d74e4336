"""Engines and transactions: where it is known which database this is.

All of `hub.core` is written as plain functions over a synchronous SQLAlchemy `Connection`. On PostgreSQL they run
through `AsyncConnection.run_sync`; on SQLite in a thread, with the standard driver, so that a batch of a dozen
statements costs one hop instead of a dozen.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool, StaticPool

from hub.db.pool import Connections

T = TypeVar("T")

LOCK_TIMEOUT_S = 10
READERS = 4


class DatabaseGone(Exception):
    """The database can't be reached, is shutting down, or has no room: try again later, nothing was stored."""


_GONE_STATES = ("08", "57P", "53", "58")  # connection, operator intervention, resources, system: SQLSTATE classes


def is_gone(error: BaseException) -> bool:
    """Is this the database being away or full, rather than something about what was asked of it?"""
    if isinstance(error, DatabaseGone | OSError | NoConnection):
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
    """A deadlock, a serialisation failure, or a row that another process was just the first to write: run it again."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    return state in ("40P01", "40001", "23505")


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
            self._connections = Connections(self._engine, pool_size)

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
        return await _said(self._connections.read(fn))

    async def write(self, fn: Callable[[Connection], T], quick: Callable[[Connection], T | None] | None = None) -> T:
        """Run `fn` in a transaction that is a write from its first statement. Raises `DatabaseGone`.

        `quick` may do the same in single statements, each a transaction of its own, or give None and have written
        nothing. It saves round trips, which SQLite has none of: there it isn't asked.
        """
        if self.is_sqlite:
            return await self._in_thread(self._writer_thread, self._writer_engine, fn)
        return await _said(self._connections.write(fn, quick))

    async def close(self) -> None:
        if self.is_sqlite:
            self._writer_thread.shutdown(wait=True)
            self._reader_threads.shutdown(wait=True)
            self._writer_engine.dispose()
            self._reader_engine.dispose()
        else:
            await self._connections.close()

    async def _in_thread(self, threads: ThreadPoolExecutor, engine: Engine, fn: Callable[[Connection], T]) -> T:
        def run() -> T:
            with engine.begin() as conn:
                return fn(conn)

        return await _said(asyncio.get_running_loop().run_in_executor(threads, run))


async def _said(work: Awaitable[T]) -> T:
    """What it gives; a database that is away is said in our own word."""
    try:
        return await work
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
        hide_parameters=True,
        # the text of a batch's one big statement varies with what is in it
        connect_args={
            "prepared_statement_cache_size": 1000,
            "timeout": 5,
            "command_timeout": 60,
            "server_settings": {"application_name": "onethread"},
        },
    )


def sqlite_engine(url: str, *, write: bool) -> Engine:
    """SQLite in WAL with full fsync; BEGIN is ours, because the driver's own loses updates (rule 19)."""
    path = url.removeprefix("sqlite:///")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        f"sqlite+pysqlite:///{path}",
        connect_args={"check_same_thread": False, "timeout": LOCK_TIMEOUT_S, "cached_statements": 512},
        poolclass=StaticPool if write else QueuePool,
        # a failed statement's error goes into the log and onto dead envelopes: no customer's words with it
        hide_parameters=True,
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
            # 32 MB of log before it is written home: a page that changes often is then written once, not eight times
            "wal_autocheckpoint=8000",
            "mmap_size=268435456",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if not write:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


MIGRATIONS = Path(__file__).parents[1] / "models" / "migrations"


def migrate(url: str) -> None:
    """Bring the database to this version's schema; several processes may call it at once."""
    if _is_current(url):
        return
    from alembic import command
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    try:
        command.upgrade(config, "head")
    except (OperationalError, OSError) as error:
        raise DatabaseGone(str(getattr(error, "orig", None) or error)) from error


def _is_current(url: str) -> bool:
    """Asked without Alembic, whose loading is a fifth of a start; its files are named by their revision."""
    newest = max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))

    async def ask() -> str | None:
        db = Database(url)
        try:
            return await db.read(lambda conn: conn.scalar(sa.text("SELECT version_num FROM alembic_version")))
        finally:
            await db.close()

    try:
        return asyncio.run(ask()) == newest
    except (DatabaseGone, DBAPIError):
        return False
