"""Two processes of one hub over PostgreSQL and Redis: what comes in through one is seen on the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from hub.core import sessions
from hub.live.presence import Presence
from tests.support.live import House, Person, a_house, address_in, say
from tests.support.redis import RedisServer

pytestmark = pytest.mark.db("postgres")


async def agent_on(house: House, secret: str) -> Person:
    person = Person("/agent")
    await person.connect(house.url, None, {"Cookie": f"{sessions.COOKIE}={secret}"})
    house.people.append(person)
    return person


async def test_an_agent_on_one_sees_what_came_in_through_the_other(two_houses: tuple[House, House]) -> None:
    one, two = two_houses
    agent = await one.agent("Ann")
    visitor = await two.visitor()
    address = address_in((await visitor.ask("say", say("Hello from the other side")))["visitor"])
    thread_id = await two.thread_of(address)
    await agent.wait("cases", lambda told: told["threads"][0]["thread"] == str(thread_id))
    opened = await agent.ask("open", {"thread": str(thread_id)})
    await visitor.ask("say", say("And again"))
    told = await agent.wait("thread", lambda told: told["entries"][0]["text"] == "And again")
    assert told["since"] == opened["rev"]
    await one.reply(thread_id, address, "Seen", by="Ann")
    await visitor.wait("entries", lambda told: any(entry["text"] == "Seen" for entry in told["entries"]))


async def test_typing_and_presence_cross_over(two_houses: tuple[House, House]) -> None:
    one, two = two_houses
    agent, visitor = await one.agent("Ann"), await two.visitor()
    token = (await visitor.ask("say", say("Hello")))["visitor"]
    thread = str(await two.thread_of(address_in(token)))
    await agent.ask("open", {"thread": thread})
    await visitor.ask("typing", {"on": True})
    assert (await agent.wait("typing"))["who"]["kind"] == "customer"
    await agent.ask("typing", {"thread": thread, "on": True, "note": True})
    await agent.ask("typing", {"thread": thread, "on": True, "note": False})
    assert await visitor.wait("typing") == {"on": True, "name": "Ann"}
    await one.live.revs()  # both report who they have
    await two.live.revs()
    await agent.wait("presence", lambda told: told["visitor_online"])
    await visitor.leave()
    await agent.wait("presence", lambda told: not told["visitor_online"])
    assert len(visitor.all("typing")) == 1


@pytest_asyncio.fixture
async def restless(
    db_url: str, redis_server: RedisServer, tmp_path: Path
) -> AsyncIterator[tuple[House, House, RedisServer]]:
    """Two processes with a Redis that is stopped and started."""
    async with AsyncExitStack() as stack:
        one, two = [
            await stack.enter_async_context(
                a_house(tmp_path / name, db_url, redis_server.url, secret_key="the same secret for both, long enough")
            )
            for name in ("one", "two")
        ]
        one.chat = two.chat = await one.new_chat(name="Shop")
        await two.hub.inboxes.refresh()
        yield one, two, redis_server


async def test_redis_goes_and_comes_back_and_screens_heal(
    restless: tuple[House, House, RedisServer], caplog: pytest.LogCaptureFixture
) -> None:
    one, two, redis = restless
    agent, local, visitor = await one.agent("Ann"), await two.agent("Bob"), await two.visitor()
    address = address_in((await visitor.ask("say", say("Before")))["visitor"])
    thread_id = await two.thread_of(address)
    for screen in (agent, local):
        await screen.ask("open", {"thread": str(thread_id)})
    redis.stop()
    # without Redis the hub works, and what came in through a process is on its own screens at once
    assert (await visitor.ask("say", say("Meanwhile")))["ok"]
    await local.wait("thread", lambda told: told["entries"][0]["text"] == "Meanwhile")
    await two.reply(thread_id, address, "Still here", by="Bob")
    await visitor.wait("entries", lambda told: any(entry["text"] == "Still here" for entry in told["entries"]))
    await asyncio.sleep(1.5)
    assert not [told for told in agent.all("thread") if told["entries"][0]["text"] == "Meanwhile"]
    heard = len(agent.told)
    redis.start()
    async with asyncio.timeout(5):
        await agent.until(lambda: any(event == "revs" for event, _ in agent.told[heard:]))
        await agent.until(lambda: any(event == "cases" for event, _ in agent.told[heard:]))
    (row,) = next(told["threads"] for event, told in agent.told[heard:] if event == "revs")
    assert row["rev"] == (await two.fresh(thread_id))[-1]["rev"]
    listed = next(told for event, told in agent.told[heard:] if event == "cases")
    assert str(thread_id) in [row["thread"] for row in listed["threads"]]
    await visitor.ask("say", say("After"))
    await agent.wait("thread", lambda told: any(entry["text"] == "After" for entry in told["entries"]))
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) <= 4, [record.getMessage() for record in warnings]


async def test_redis_that_was_never_there_stops_nothing(
    db_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_house(tmp_path, db_url, "redis://127.0.0.1:1/0") as house:
        house.chat = await house.new_chat()
        agent, visitor = await house.agent(), await house.visitor()
        address = address_in((await visitor.ask("say", say("Hello")))["visitor"])
        await agent.ask("open", {"thread": str(await house.thread_of(address))})
        await visitor.ask("say", say("Again"))
        await agent.wait("thread")
        await asyncio.sleep(1)
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1, [record.getMessage() for record in warnings]


async def test_a_session_revoked_on_one_is_put_out_on_the_other(two_houses: tuple[House, House]) -> None:
    one, two = two_houses
    secret, session_id = await one.session("Ann")
    agent = await agent_on(two, secret)
    agent_id = next(iter(two.live.agents.desks.values())).viewer.id
    await one.hub.db.write(lambda conn: sessions.revoke(conn, agent_id, session_id))
    async with asyncio.timeout(5):
        await agent.wait("signed_out")


def test_a_process_that_fell_silent_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("hub.live.presence.time.monotonic", lambda: now)
    here, there, thread = Presence(), Presence(), uuid4()
    there.visitor_came(thread, "sid")
    assert here.hear("there", there.report()) == [thread]
    assert here.visitor_online(thread)
    now = 61
    assert here.expire() == [thread]
    assert not here.visitor_online(thread)
