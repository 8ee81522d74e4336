"""The row floor of SQLite: one thread that commits whatever waits into one table, `synchronous=FULL`, no HTTP."""

import asyncio
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CALLERS = 64
MOST_IN_A_GROUP = 256
TABLE = "CREATE TABLE entry (id INTEGER PRIMARY KEY, thread_id INT, ref TEXT, author TEXT, body TEXT, at TEXT)"
STORE = "INSERT INTO entry (thread_id, ref, author, body, at) VALUES (?, ?, ?, ?, ?)"

Row = tuple[int, str, str, str, str]


def row(n: int, body: str) -> Row:
    return n % 5000, f"floor-{n}", "customer", body, "2026-01-01T00:00:00Z"


class Floor:
    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", TABLE):
            self._connection.execute(statement)
        self._connection.execute("CREATE INDEX by_thread ON entry (thread_id)")
        self._connection.execute("CREATE INDEX by_ref ON entry (ref)")
        self._waiting: asyncio.Queue[tuple[Row, asyncio.Future[int]]] = asyncio.Queue()

    def _commit(self, rows: list[Row]) -> list[int]:
        self._connection.execute("BEGIN IMMEDIATE")
        ids = [self._connection.execute(STORE, one).lastrowid or 0 for one in rows]
        self._connection.execute("COMMIT")
        return ids

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            group = [await self._waiting.get()]
            while len(group) < MOST_IN_A_GROUP and not self._waiting.empty():
                group.append(self._waiting.get_nowait())
            ids = await loop.run_in_executor(self._thread, self._commit, [one for one, _ in group])
            for (_, stored), id_ in zip(group, ids, strict=True):
                stored.set_result(id_)

    async def rows_per_second(self, seconds: float, body: str) -> float:
        done, end, started = 0, time.perf_counter() + seconds, time.perf_counter()

        async def call(first: int) -> None:
            nonlocal done
            n = first
            while time.perf_counter() < end:
                stored: asyncio.Future[int] = asyncio.get_running_loop().create_future()
                self._waiting.put_nowait((row(n, body), stored))
                await stored
                done, n = done + 1, n + CALLERS

        writer = asyncio.create_task(self._write())
        await asyncio.gather(*map(call, range(CALLERS)))
        writer.cancel()
        self._connection.close()
        self._thread.shutdown()
        return done / (time.perf_counter() - started)
