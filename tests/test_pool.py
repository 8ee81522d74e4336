"""PostgreSQL connections in hand: broken ones are never given out, and nothing of a failed transaction stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from hub.db import Database, DatabaseGone, insert
from hub.models import Customer, new_id, utcnow

CUSTOMER = Customer.__table__  # type: ignore[attr-defined]

pytestmark = pytest.mark.db("postgres")


@pytest.fixture
async def db(db_url: str) -> AsyncIterator[Database]:
    made = Database(db_url, pool_size=2)
    yield made
    await made.close()


def put(conn: Connection) -> None:
    insert(
        conn,
        CUSTOMER,
        [{"id": new_id(), "name": "Maria", "locale": "", "timezone": "", "sample": False, "created_at": utcnow()}],
    )


def pid(conn: Connection) -> int:
    return int(conn.scalar(sa.text("SELECT pg_backend_pid()")) or 0)


async def stored(db: Database) -> int:
    return await db.read(lambda conn: int(conn.scalar(sa.select(sa.func.count()).select_from(CUSTOMER)) or 0))


async def test_one_connection_serves_one_after_the_other(db: Database) -> None:
    first = await db.read(pid)
    await db.write(put)
    assert await db.write(pid) == first
    assert await stored(db) == 1


async def test_what_failed_is_taken_back_and_its_connection_goes_on(db: Database) -> None:
    def fail(conn: Connection) -> None:
        put(conn)
        raise LookupError

    first = await db.read(pid)
    with pytest.raises(LookupError):
        await db.write(fail)
    assert await db.read(pid) == first
    assert await stored(db) == 0


async def test_a_line_cut_while_idle_is_never_given_out(db: Database) -> None:
    first = await db.read(pid)
    other = Database(db.url, pool_size=1)
    await other.read(lambda conn: conn.scalar(sa.text(f"SELECT pg_terminate_backend({first})")))
    await other.close()
    await asyncio.sleep(0.2)
    await db.write(put)
    assert await stored(db) == 1


async def test_a_line_cut_in_the_middle_is_said_and_stores_nothing(db: Database) -> None:
    def cut(conn: Connection) -> None:
        put(conn)
        conn.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseGone):
        await db.write(cut)
    assert await stored(db) == 0


async def test_somebody_who_gives_up_leaves_nothing_behind(db: Database) -> None:
    def linger(conn: Connection) -> None:
        put(conn)
        conn.execute(sa.text("SELECT pg_sleep(30)"))

    for _ in range(3):  # more often than there are connections
        task = asyncio.create_task(db.write(linger))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await stored(db) == 0


async def test_a_read_that_somebody_gave_up_hands_its_connection_to_nobody(db: Database) -> None:
    for _ in range(3):
        task = asyncio.create_task(db.read(lambda conn: conn.scalar(sa.text("SELECT pg_sleep(30)"))))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await stored(db) == 0


async def test_more_callers_than_connections_wait_for_their_turn(db: Database) -> None:
    pids = await asyncio.gather(*(db.write(pid) for _ in range(20)))
    assert len(set(pids)) <= 2
