"""PostgreSQL connections that stay open and in hand: fetched from SQLAlchemy's pool for each use, they cost as much as
the statements."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.db.direct import run

T = TypeVar("T")

WAIT_S, FAREWELL_S = 30, 3


class Connections:
    """At most `size` at a time. `BEGIN` and `COMMIT` are ours: SQLAlchemy's own switch greenlets for each."""

    def __init__(self, engine: AsyncEngine, size: int) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._room = asyncio.Semaphore(size)
        self._free: list[tuple[AsyncConnection, Any]] = []

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """Each statement has its own snapshot anyway: without a transaction, two round trips are saved."""
        return await self._run(fn)

    async def write(self, fn: Callable[[Connection], T], quick: Callable[[Connection], T | None] | None = None) -> T:
        """In a transaction; unless `quick` has done the same in single statements that each are one."""

        def do(conn: Connection) -> T:
            done = quick(conn) if quick else None
            return _in_transaction(conn, fn) if done is None else done

        return await self._run(do)

    async def close(self) -> None:
        while self._free:
            await self._free.pop()[0].close()
        await self._engine.dispose()

    async def _run(self, fn: Callable[[Connection], T]) -> T:
        await self._enter()
        try:
            conn, driver = await self._take()
            sound = True
            try:
                return await conn.run_sync(fn)
            except asyncio.CancelledError:
                # the server may still be at what nobody waits for any more
                sound = False
                raise
            finally:
                if sound and not driver.is_closed() and not driver.is_in_transaction():
                    self._free.append((conn, driver))
                else:
                    await _drop(conn, driver)
        finally:
            self._room.release()

    async def _enter(self) -> None:
        if not self._room.locked():
            await self._room.acquire()
            return
        try:
            async with asyncio.timeout(WAIT_S):
                await self._room.acquire()
        except TimeoutError:
            raise NoConnection("No connection to the database became free.") from None

    async def _take(self) -> tuple[AsyncConnection, Any]:
        while self._free:
            conn, driver = self._free.pop()
            if not driver.is_closed():
                return conn, driver
            await _drop(conn, driver)
        conn = await self._engine.connect()
        return conn, (await conn.get_raw_connection()).driver_connection


def _in_transaction(conn: Connection, fn: Callable[[Connection], T]) -> T:
    run(conn, "BEGIN")
    try:
        result = fn(conn)
    except Exception:
        with suppress(Exception):
            run(conn, "ROLLBACK")
        raise
    run(conn, "COMMIT")
    return result


async def _drop(conn: AsyncConnection, driver: Any) -> None:
    """It broke, or somebody gave up in the middle: no use to anybody else, and nobody waits long for its farewell."""
    with suppress(Exception):
        async with asyncio.timeout(FAREWELL_S):
            await conn.invalidate()
    driver.terminate()
    with suppress(Exception):
        await conn.close()
