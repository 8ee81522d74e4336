"""What publishing costs: nothing while nobody watches, one read for all who do, one encoding for each room."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, event

from hub.core.changes import Change
from hub.db import Database, DatabaseGone
from hub.live.fanout import Json
from hub.models.tables import ENTRY
from tests.support.live import House, Person, address_in, say

pytestmark = pytest.mark.db("sqlite")


def rows(conn: Connection, change: Change) -> list[dict[str, Any]]:
    """The entries as their batch had them in hand."""
    return [dict(row) for row in conn.execute(sa.select(ENTRY).where(ENTRY.c.id.in_(change.entries))).mappings()]


@contextmanager
def counted(db: Database) -> Iterator[list[str]]:
    """Statements that the database is asked meanwhile."""
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    for engine in db.sync_engines:
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in db.sync_engines:
        event.remove(engine, "before_cursor_execute", note)


async def a_thread(house: House) -> tuple[Person, UUID, Change]:
    """A thread with one message, and that message as a change."""
    visitor = await house.visitor()
    thread_id = await house.thread_of(address_in((await visitor.ask("say", say("Hello")))["visitor"]))
    entry = (await house.fresh(thread_id))[0]
    return visitor, thread_id, Change(thread_id, 1, 1, (entry["id"],), (entry["case_id"],), True)


async def gone(house: House, visitor: Person, change: Change) -> None:
    """The visitor leaves, and the hub has noticed."""
    await visitor.leave()
    while house.live.publisher._sights(change):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_without_a_watcher_nothing_is_read(house: House) -> None:
    visitor, _, change = await a_thread(house)
    await visitor.leave()
    await house.agent()
    with counted(house.hub.db) as asked:
        await house.live.publisher.publish([change] * 100)
    assert asked == []


async def test_what_was_just_heard_needs_no_read(house: House) -> None:
    """Unless a visitor looks on, whose sight is another."""
    visitor, thread_id, change = await a_thread(house)
    agent = await house.agent()
    await agent.ask("open", {"thread": str(thread_id)})
    heard = replace(change, heard=tuple(await house.hub.db.read(lambda conn: rows(conn, change))))
    with counted(house.hub.db) as asked:
        await house.live.publisher.publish([heard])
    assert asked != []
    await gone(house, visitor, change)
    with counted(house.hub.db) as asked:
        await house.live.publisher.publish([heard])
    assert asked == []
    await agent.until(lambda: len(agent.all("thread")) >= 2)
    read, known = agent.all("thread")[-2:]
    assert read == known
    assert known["entries"] == orjson.loads(Json.dumps(await house.fresh(thread_id)))


async def test_a_thread_keeps_its_order_when_one_change_must_be_read(house: House) -> None:
    visitor, thread_id, change = await a_thread(house)
    await gone(house, visitor, change)
    agent = await house.agent()
    await agent.ask("open", {"thread": str(thread_id)})
    heard = replace(change, rev=2, since=1, heard=tuple(await house.hub.db.read(lambda conn: rows(conn, change))))
    await house.live.publisher.publish([change, heard])
    await agent.until(lambda: len(agent.all("thread")) == 2)
    assert [told["rev"] for told in agent.all("thread")] == [1, 2]


async def test_all_watched_threads_of_a_batch_are_read_at_once(house: House) -> None:
    agent, changes = await house.agent(), []
    for _ in range(6):
        _, thread_id, change = await a_thread(house)
        changes.append(change)
        await agent.ask("open", {"thread": str(thread_id)})
    with counted(house.hub.db) as one:
        await house.live.publisher.publish(changes[:1])
    with counted(house.hub.db) as six:
        await house.live.publisher.publish(changes)
    assert len(six) == len(one) <= 8
    for change in changes:
        await agent.wait("thread", lambda told, change=change: told["thread"] == str(change.thread_id))  # type: ignore[misc]


async def test_a_room_is_encoded_once_and_the_list_told_once_a_batch(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, thread_id, change = await a_thread(house)
    agents = [await house.agent(f"Agent {n}") for n in range(5)]
    for agent in agents:
        await agent.ask("open", {"thread": str(thread_id)})
    encoded: list[Any] = []
    dumps = Json.dumps

    def note(value: Any, **options: Any) -> str:
        encoded.append(value[0] if isinstance(value, list) else value)
        return dumps(value, **options)

    monkeypatch.setattr(Json, "dumps", note)
    other = Change(uuid4(), 7, 0, (), (uuid4(),), False)
    await house.live.publisher.publish([change, other])
    for agent in agents:
        told = await agent.wait("cases", lambda told: len(told["threads"]) == 2)
        assert [row["rev"] for row in told["threads"]] == [1, 7]
    assert encoded.count("thread") == 1
    assert encoded.count("cases") == 1
    assert encoded.count("entries") == 1


async def test_the_list_of_a_busy_hub_is_told_of_many_at_once(house: House) -> None:
    """The first at once, the others together a moment later; none is left out, and each with its latest rev."""
    agent = await house.agent()
    changes = [Change(uuid4(), 1, 0, (), (uuid4(),), False) for _ in range(20)]
    for change in changes:
        await house.live.publisher.publish([change])
        await house.live.publisher.publish([replace(change, rev=2)])
    await agent.wait("cases", lambda told: any(row["thread"] == str(changes[-1].thread_id) for row in told["threads"]))
    told = agent.all("cases")
    assert len(told) < len(changes)
    revs = {row["thread"]: row["rev"] for one in told for row in one["threads"]}
    assert revs == {str(change.thread_id): 2 for change in changes}
    assert {case for one in told for case in one["cases"]} == {str(change.cases[0]) for change in changes}


async def test_a_database_that_is_away_costs_freshness_only(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    agent = await house.agent()
    visitor, thread_id, change = await a_thread(house)
    await agent.ask("open", {"thread": str(thread_id)})

    async def gone(*_: Any) -> None:
        raise DatabaseGone("away")

    monkeypatch.setattr(house.hub.db, "read", gone)
    await house.live.publisher.publish([change])
    assert (await agent.ask("open", {"thread": str(thread_id)})) == {
        "ok": False,
        "error": "The database can't be reached. It is tried again in a moment.",
    }
    answer = await visitor.ask("say", say("Hello?"))
    assert answer["ok"] is False
    assert answer["retry"] is True
    monkeypatch.undo()
    assert (await visitor.ask("say", say("Hello?")))["ok"]
    await agent.wait("thread")
    assert "told again within 20 s" in caplog.text
