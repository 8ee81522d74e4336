"""What differs between the two engines, and what must not."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlmodel import SQLModel

from hub.db import Database, DatabaseGone, among, insert, insert_missing, migrate, update
from hub.models import Customer, Identity, Workspace, new_id, utcnow

WORKSPACE = Workspace.__table__  # type: ignore[attr-defined]
CUSTOMER, IDENTITY = Customer.__table__, Identity.__table__  # type: ignore[attr-defined]


@pytest.fixture
async def db(db_url: str) -> object:
    made = Database(db_url)
    yield made
    await made.close()


def customers(n: int) -> list[dict[str, object]]:
    return [
        {"id": new_id(), "name": f"c{i}", "locale": "", "timezone": "", "sample": False, "created_at": utcnow()}
        for i in range(n)
    ]


async def test_rows_come_back_as_they_went_in(db: Database) -> None:
    rows = customers(3)
    await db.write(lambda conn: insert(conn, CUSTOMER, rows))
    statement = sa.select(CUSTOMER).where(among(CUSTOMER.c.id, "ids")).order_by(CUSTOMER.c.id)
    found = await db.read(lambda conn: conn.execute(statement, {"ids": [row["id"] for row in rows]}).mappings().all())
    assert [{name: row[name] for name in rows[0]} for row in found] == rows


async def test_what_fails_says_nothing_of_the_values(db: Database) -> None:
    """The error goes into the log and onto dead envelopes."""
    row = {**customers(1)[0], "name": "Words of a customer"}
    await db.write(lambda conn: insert(conn, CUSTOMER, [row]))
    with pytest.raises(sa.exc.IntegrityError) as failed:
        await db.write(lambda conn: insert(conn, CUSTOMER, [row]))
    assert "Words of a customer" not in str(failed.value)


async def test_a_statement_keeps_its_text_for_any_number_of_values(db: Database) -> None:
    texts: set[str] = set()
    engine = db.sync_engines[-1]

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        texts.add(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    statement = sa.select(CUSTOMER.c.id).where(among(CUSTOMER.c.id, "ids"))
    for n in (1, 7, 200):
        ids = {"ids": [new_id() for _ in range(n)]}
        await db.read(partial(_execute, statement, ids))
    assert len([text for text in texts if "customer" in text]) == 1


def _execute(statement: sa.Select[Any], values: dict[str, Any], conn: Connection) -> None:
    conn.execute(statement, values).all()


async def test_only_the_missing_go_in(db: Database) -> None:
    [customer] = customers(1)
    rows = [
        {"id": new_id(), "kind": "email", "address": a, "customer_id": customer["id"], "name": "", "trust": "claimed",
         "shared": False, "undeliverable": "", "created_at": utcnow()} for a in ("a", "b")
    ]  # fmt: skip

    def put(conn: Connection) -> list[set[tuple[object, ...]]]:
        insert(conn, CUSTOMER, [customer])
        first = insert_missing(conn, IDENTITY, rows[:1], ("kind", "address"))
        return [first, insert_missing(conn, IDENTITY, [{**row, "id": new_id()} for row in rows], ("kind", "address"))]

    assert await db.write(put) == [{("email", "a")}, {("email", "b")}]


async def test_many_rows_are_updated_at_once(db: Database) -> None:
    rows = customers(3)
    await db.write(lambda conn: insert(conn, CUSTOMER, rows))
    await db.write(
        lambda conn: update(conn, CUSTOMER, [{"id": row["id"], "name": f"new {row['name']}"} for row in rows[:2]])
    )
    names = await db.read(lambda conn: sorted(conn.scalars(sa.select(CUSTOMER.c.name))))
    assert names == ["c2", "new c0", "new c1"]


async def test_an_aware_time_is_demanded(db: Database) -> None:
    [row] = customers(1)
    naive = row["created_at"].replace(tzinfo=None)  # type: ignore[attr-defined]
    with pytest.raises(Exception, match=r"without a zone|can.t subtract"):
        await db.write(lambda conn: conn.execute(sa.insert(CUSTOMER), [{**row, "created_at": naive}]) and None)


async def test_no_update_is_lost_between_writers(db: Database) -> None:
    """Read-modify-write from many callers: the engine's default would lose nine of ten on SQLite."""
    await db.write(
        lambda conn: (
            conn.execute(sa.insert(Workspace).values(id=1, name="0", settings={}, created_at=utcnow())) and None
        )
    )

    def add(conn: Connection) -> None:
        name = conn.scalar(sa.select(WORKSPACE.c.name).with_for_update())
        conn.execute(sa.update(Workspace).values(name=str(int(name or 0) + 1)))

    await asyncio.gather(*(db.write(add) for _ in range(60)))
    assert await db.read(lambda conn: conn.scalar(sa.select(WORKSPACE.c.name))) == "60"


@pytest.mark.db("sqlite")
async def test_sqlite_flushes_each_commit_and_readers_cannot_write(db: Database) -> None:
    assert await db.write(lambda conn: conn.scalar(sa.text("PRAGMA synchronous"))) == 2
    assert await db.write(lambda conn: conn.scalar(sa.text("PRAGMA journal_mode"))) == "wal"
    assert await db.write(lambda conn: conn.scalar(sa.text("PRAGMA foreign_keys"))) == 1
    with pytest.raises(Exception, match="readonly"):
        await db.read(lambda conn: conn.execute(sa.text("DELETE FROM customer")) and None)


@pytest.mark.db("sqlite")
async def test_a_full_disk_is_said_and_passes(db: Database) -> None:
    """`max_page_count` is SQLite's own way of having no room."""
    pages = await db.write(lambda conn: conn.scalar(sa.text("PRAGMA page_count")))
    await db.write(lambda conn: conn.execute(sa.text(f"PRAGMA max_page_count = {pages + 2}")) and None)
    with pytest.raises(DatabaseGone, match="full"):
        await db.write(lambda conn: insert(conn, CUSTOMER, customers(5000)))
    await db.write(lambda conn: conn.execute(sa.text("PRAGMA max_page_count = 1000000")) and None)
    await db.write(lambda conn: insert(conn, CUSTOMER, customers(5000)))


async def test_nobody_there_is_said() -> None:
    db = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseGone):
        await db.read(lambda conn: conn.scalar(sa.text("SELECT 1")))
    await db.close()


async def test_two_processes_may_migrate_at_once(db_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if db_kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'new.db'}"
    else:
        from tests.support.databases import with_database
        from tests.support.postgres import execute

        server = request.getfixturevalue("postgres_url")
        name = f"migrating_{new_id().hex}"
        execute(server, [f"CREATE DATABASE {name}"])
        url = with_database(server, name)
    command = [sys.executable, "-c", f"from hub.db import migrate; migrate({url!r})"]
    both = [await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE) for _ in range(2)]
    errors = [(await process.communicate())[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    await asyncio.to_thread(migrate, url)


async def test_the_models_and_the_migrations_agree(db: Database) -> None:
    def compare(conn: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(conn), SQLModel.metadata))

    found = await db.read(compare)
    assert [difference for difference in found if "search_" not in str(difference)] == []


def test_this_python_has_a_sqlite_that_will_do() -> None:
    assert sqlite3.sqlite_version_info >= (3, 35)
