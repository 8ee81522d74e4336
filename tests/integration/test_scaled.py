"""Two real processes, one PostgreSQL, one Redis: either may die, Redis may go, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio

from connectors.webhook.simulator import YourSystem
from tests.support.hub import Hub, StartHub
from tests.support.owner import Owner
from tests.support.redis import RedisServer
from tests.support.sockets import ConnectRefused, Socket

pytestmark = pytest.mark.db("postgres")

SECRET = "a-secret-of-this-shop"
SAME = {"ONETHREAD_SECRET_KEY": "the secret that both processes share, long enough"}
WITHIN = 20


class Pair:
    """Both processes, and somebody who is signed in to the first."""

    def __init__(self, one: Hub, two: Hub, owner: Owner, http: aiohttp.ClientSession) -> None:
        self.one, self.two, self.owner, self.http = one, two, owner, http
        self.chat: dict[str, Any] = {}
        self.hook: dict[str, Any] = {}

    async def connect(self) -> None:
        """An inbox for live chat and one for webhooks; the other process takes them up by itself."""
        self.chat = await self.owner.new_inbox("chat", name="Shop")
        self.hook = await self.owner.new_inbox("webhook", secret=SECRET)
        for _ in range(WITHIN * 10):
            async with self.http.get(f"{self.two.url}/widget/config/{self.chat['id']}") as response:
                if response.status == 200:
                    return
            await asyncio.sleep(0.1)
        raise TimeoutError("the other process didn't take up the new inbox")

    async def agent(self, hub: Hub) -> Screen:
        screen = Screen()
        screen.socket = await Socket.connect(
            self.http, hub.url, namespace="/agent", headers={"Cookie": self.owner.cookie}, heard=screen.hear
        )
        return screen

    async def words(self, thread: str) -> list[str]:
        entries: list[dict[str, Any]] = []
        seq = 0
        while True:
            page = await self.owner.get(f"/threads/{thread}/entries", after=seq, limit=100)
            entries += page["entries"]
            if not page["more_after"]:
                return [entry["text"] for entry in entries if entry["kind"] == "message"]
            seq = entries[-1]["seq"]

    async def threads(self) -> list[str]:
        page = await self.owner.get("/customers", limit=100)
        return [customer["thread_id"] for customer in page["items"]]


class Screen:
    """What a client was told, in order."""

    def __init__(self) -> None:
        self.socket: Socket
        self.told: list[tuple[str, Any]] = []
        self._news = asyncio.Event()

    def hear(self, event: str, value: Any) -> None:
        self.told.append((event, value))
        self._news.set()

    async def wait(self, event: str, matching: Callable[[Any], bool] = lambda _: True, *, after: int = 0) -> Any:
        async with asyncio.timeout(WITHIN):
            while True:
                self._news.clear()
                for name, value in self.told[after:]:
                    if name == event and matching(value):
                        return value
                await self._news.wait()


class Visitor(Screen):
    """A widget that does what widgets do: one message at a time, the same key until it is acknowledged."""

    def __init__(self, pair: Pair, name: str) -> None:
        super().__init__()
        self.pair, self.name, self.token = pair, name, ""
        self.homes = [pair.one, pair.two]
        self.tries = 0

    async def come(self) -> None:
        auth = {"inbox": self.pair.chat["id"], **({"visitor": self.token} if self.token else {})}
        home, seen = self.homes[self.tries % 2], len(self.told)
        self.tries += 1
        self.socket = await Socket.connect(self.pair.http, home.url, namespace="/visitor", auth=auth, heard=self.hear)
        self.token = (await self.wait("ready", after=seen))["visitor"]

    async def say(self, text: str) -> None:
        """Until it is acknowledged, through whichever process answers."""
        message = {"client_key": uuid4().hex, "text": text}
        async with asyncio.timeout(60):
            while True:
                with suppress(aiohttp.ClientError, OSError, TimeoutError, TypeError, ConnectRefused):
                    if self.socket.closed:
                        await self.come()
                    answer = await self.socket.call("say", message, within=3)
                    if answer["ok"]:
                        return
                await asyncio.sleep(0.2)


@pytest_asyncio.fixture
async def pair(start_hub: StartHub, db_url: str, redis_server: RedisServer) -> AsyncIterator[Pair]:
    one = start_hub(name="one", db_url=db_url, redis_url=redis_server.url, env=SAME)
    async with Owner(one) as owner, aiohttp.ClientSession() as http:
        # later: a process that finds no owner yet makes a new one-time link, and the first one's ends
        two = start_hub(name="two", db_url=db_url, redis_url=redis_server.url, env=SAME)
        both = Pair(one, two, owner, http)
        await both.connect()
        yield both


async def test_an_agent_on_one_sees_what_came_in_through_the_other(pair: Pair) -> None:
    agent = await pair.agent(pair.one)
    async with YourSystem(SECRET) as system:
        system.hook_url = pair.hook["hook_url"].replace(pair.one.url, pair.two.url)
        # the signature doesn't cover the address, so the other process takes the same request
        assert await system.deliver(system.says("41", "ada-17", "Where is my parcel?")) == [200]
    listed = await agent.wait("cases")
    thread = listed["threads"][0]["thread"]
    assert (await agent.socket.call("open", {"thread": thread}))["ok"]
    visitor = Visitor(pair, "Ada")
    visitor.homes = [pair.two, pair.two]
    await visitor.come()
    await visitor.say("Hello")
    chat = await agent.wait("cases", lambda told: told["threads"][0]["thread"] != thread)
    opened = await agent.socket.call("open", {"thread": chat["threads"][0]["thread"]})
    await visitor.say("Are you there?")
    told = await agent.wait("thread", lambda told: told["entries"][0]["text"] == "Are you there?")
    assert told["since"] == opened["rev"]
    await visitor.socket.close()
    await agent.socket.close()


async def test_either_process_dies_and_nothing_is_lost_or_doubled(pair: Pair) -> None:
    visitors = [Visitor(pair, f"v{n}") for n in range(6)]
    for n, visitor in enumerate(visitors):
        visitor.tries = n
        await visitor.come()

    async def talk(visitor: Visitor) -> None:
        for n in range(25):
            await visitor.say(f"{visitor.name}: {n}")
            await asyncio.sleep(0.05)

    async def kill() -> None:
        for victim in (pair.two, pair.one, pair.two):
            await asyncio.sleep(0.7)
            victim.kill()
            await asyncio.sleep(0.5)
            await asyncio.to_thread(victim.start)

    await asyncio.gather(kill(), *(talk(visitor) for visitor in visitors))
    found = [await pair.words(thread) for thread in await pair.threads()]
    assert sorted(found) == sorted([f"{visitor.name}: {n}" for n in range(25)] for visitor in visitors)
    assert sum(visitor.tries for visitor in visitors) > 2 * len(visitors), "nobody was ever thrown out"
    for visitor in visitors:
        await visitor.socket.close()


async def test_an_agent_whose_process_died_finds_everything_on_the_other(pair: Pair) -> None:
    visitor = Visitor(pair, "Ada")
    visitor.homes = [pair.two, pair.two]
    await visitor.come()
    await visitor.say("Before")
    (thread,) = await pair.threads()
    agent = await pair.agent(pair.one)
    known = (await agent.socket.call("open", {"thread": thread}))["rev"]
    pair.one.kill()
    await visitor.say("While you were away")
    back = await pair.agent(pair.two)
    opened = await back.socket.call("open", {"thread": thread})
    assert opened["rev"] > known
    pair.one.start()
    changes = await pair.owner.get(f"/threads/{thread}/changes", after=known)
    assert [entry["text"] for entry in changes["entries"]] == ["While you were away"]
    for screen in (visitor, back, agent):
        await screen.socket.close()


async def test_redis_goes_and_comes_back_and_screens_heal(pair: Pair, redis_server: RedisServer) -> None:
    agent, visitor = await pair.agent(pair.one), Visitor(pair, "Ada")
    visitor.homes = [pair.two, pair.two]
    await visitor.come()
    await visitor.say("Before")
    (thread,) = await pair.threads()
    await agent.socket.call("open", {"thread": thread})
    redis_server.stop()
    await visitor.say("Meanwhile")
    assert await pair.words(thread) == ["Before", "Meanwhile"]
    heard = len(agent.told)
    redis_server.start()
    async with asyncio.timeout(5):
        revs = await agent.wait("revs", after=heard)
    loaded = await pair.owner.get(f"/threads/{thread}")
    assert revs["threads"] == [{"thread": thread, "rev": loaded["rev"]}]
    await visitor.say("After")
    await agent.wait("thread", lambda told: told["entries"][0]["text"] == "After")
    for hub in (pair.one, pair.two):
        assert hub.log.count("Redis can't be reached") <= 2, hub.log
        assert "Traceback" not in hub.log, hub.log
    await visitor.socket.close()
    await agent.socket.close()
