"""The group commit: everybody gets their own result, one poison item hurts nobody, a database that is away is said."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection, text

from hub.db import Database, DatabaseGone
from hub.writer import LIMIT, Writer


@dataclass
class Outcome:
    results: list[Any]
    changes: list[str] = field(default_factory=list)


class Table:
    """Writes numbers into a table that refuses negative ones, and notes how large each batch was."""

    def __init__(self, db: Database) -> None:
        self.batches: list[int] = []
        self.changes: list[str] = []
        self.marks: list[dict[Any, int]] = []
        self.writer: Writer[str] = Writer(db, self.write, self.changes.extend)

    def write(self, conn: Connection, jobs: Sequence[Any], marks: dict[Any, int]) -> Outcome:
        self.batches.append(len(jobs))
        self.marks.append(marks)
        for job in jobs:
            conn.execute(text("INSERT INTO number (n) VALUES (:n)"), {"n": int(job)})
        return Outcome([ValueError("odd") if int(job) % 2 else int(job) * 10 for job in jobs], ["changed"])


class Kept(int):
    """A job that knows what to become when it can't be written."""

    def dead(self, error: BaseException) -> int | None:
        return 1000


@pytest.fixture
async def table(db_url: str) -> Any:
    db = Database(db_url)
    await db.write(lambda conn: conn.execute(text("CREATE TABLE number (n INTEGER CHECK (n >= 0))")) and None)
    made = Table(db)
    made.writer.start()
    yield made
    await made.writer.close()
    await db.close()


async def test_everybody_gets_their_own_result_from_one_commit(table: Table) -> None:
    results = await asyncio.gather(*(table.writer.submit(n) for n in range(100)), return_exceptions=True)
    assert [r for r in results if isinstance(r, int)] == [n * 10 for n in range(0, 100, 2)]
    assert sum(isinstance(r, ValueError) for r in results) == 50
    assert len(table.batches) <= 2


async def test_a_batch_has_a_limit(table: Table) -> None:
    await asyncio.gather(*(table.writer.submit(2) for _ in range(LIMIT * 2 + 1)))
    assert max(table.batches) == LIMIT


async def test_one_poison_item_stands_alone(table: Table) -> None:
    jobs = [2] * 100 + [-2] + [2] * 100
    results = await asyncio.gather(*(table.writer.submit(n) for n in jobs), return_exceptions=True)
    assert [index for index, r in enumerate(results) if isinstance(r, BaseException)] == [100]
    assert len(table.batches) <= 20, "halved, not tried one by one"


async def test_what_can_be_kept_as_dead_is(table: Table) -> None:
    results: list[int] = list(await asyncio.gather(table.writer.submit(4), table.writer.submit(Kept(-1))))
    assert results == [40, 10_000]


async def test_a_caller_that_gives_up_does_not_stop_its_job(table: Table) -> None:
    caller = asyncio.ensure_future(table.writer.submit(4))
    await asyncio.sleep(0)
    caller.cancel()
    await table.writer.submit(6)
    found = await table.writer._db.read(
        lambda conn: conn.execute(text("SELECT n FROM number ORDER BY n")).scalars().all()
    )
    assert found == [4, 6]


async def test_a_database_that_is_away_fails_everybody_at_once() -> None:
    table = Table(Database("postgresql://nobody@127.0.0.1:1/none"))
    table.writer.start()
    results = await asyncio.gather(*(table.writer.submit(2) for _ in range(20)), return_exceptions=True)
    assert all(isinstance(result, DatabaseGone) for result in results)
    await table.writer.close()
    with pytest.raises(DatabaseGone, match="shutting down"):
        await table.writer.submit(2)


async def test_marks_ride_along_and_come_back_after_a_failure(table: Table) -> None:
    table.writer.mark("thread", 3)  # type: ignore[arg-type]
    table.writer.mark("thread", 2)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="number"):
        await table.writer.submit(-2)
    await table.writer.submit(2)
    await table.writer.submit(2)
    assert table.marks == [{"thread": 3}, {"thread": 3}, {}]
