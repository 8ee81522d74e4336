"""A whole hub in this process, on a real port, with agents and visitors who come by real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest_asyncio
import socketio
from aiohttp import web
from sqlalchemy import Connection

from hub.app import create
from hub.config import Config
from hub.contract import Address
from hub.core import sessions
from hub.core.changes import Actor
from hub.core.compose import Note, Reply, Said, Words
from hub.core.read import entries, public
from hub.core.read.visitors import known
from hub.db import insert
from hub.live import LIVE, Live
from hub.models import Agent, Inbox, Thread, new_id, utcnow
from hub.runtime import HUB, Hub
from tests.support.processes import free_port

AGENT, INBOX, THREAD = Agent.__table__, Inbox.__table__, Thread.__table__  # type: ignore[attr-defined]
WITHIN = 10


class Person:
    """A client of one namespace; everything it is told is kept, in order."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.client = socketio.AsyncClient(reconnection=False)
        self.told: list[tuple[str, Any]] = []
        self._news = asyncio.Event()
        self.client.on("*", self._hear, namespace=namespace)
        self.client.on("connect_error", self._refused, namespace=namespace)
        self.client.on("disconnect", self._gone, namespace=namespace)

    async def _hear(self, event: str, value: Any = None) -> None:
        self.told.append((event, value))
        self._news.set()

    async def _refused(self, why: Any) -> None:
        self.told.append(("refused", why))
        self._news.set()

    async def _gone(self, why: str) -> None:
        self.told.append(("gone", why))
        self._news.set()

    async def connect(
        self, url: str, auth: dict[str, Any] | None, headers: dict[str, str], transport: str = "websocket"
    ) -> None:
        await self.client.connect(
            url, headers=headers, auth=auth, namespaces=[self.namespace], transports=[transport], wait_timeout=WITHIN
        )

    async def ask(self, event: str, value: Any) -> Any:
        return await self.client.call(event, value, namespace=self.namespace, timeout=WITHIN)

    async def send(self, event: str, value: Any) -> None:
        await self.client.emit(event, value, namespace=self.namespace)

    def all(self, event: str) -> list[Any]:
        return [value for name, value in self.told if name == event]

    async def wait(self, event: str, matching: Callable[[Any], bool] = lambda _: True) -> Any:
        """The first such event, past ones included."""
        async with asyncio.timeout(WITHIN):
            while True:
                self._news.clear()
                for value in self.all(event):
                    if matching(value):
                        return value
                await self._news.wait()

    async def until(self, holds: Callable[[], bool]) -> None:
        """After each piece of news, look again."""
        async with asyncio.timeout(WITHIN):
            while not holds():
                self._news.clear()
                await self._news.wait()

    @property
    def connected(self) -> bool:
        return bool(self.namespace in self.client.namespaces)

    async def leave(self) -> None:
        """At once: by polling, a polite goodbye would wait half a minute for the poll that is open."""
        reading = self.client.eio.read_loop_task
        await self.client.eio.disconnect(abort=True)
        if reading is not None:
            await reading


class House:
    """One process of a hub, its inbox for live chat, and whoever comes in."""

    def __init__(self, app: web.Application, url: str) -> None:
        self.app = app
        self.url = url
        self.chat = UUID(int=0)
        self.people: list[Person] = []
        self._names: dict[str, UUID] = {}

    @property
    def hub(self) -> Hub:
        return self.app[HUB]

    @property
    def live(self) -> Live:
        return self.app[LIVE]

    async def new_chat(self, **settings: Any) -> UUID:
        inbox_id = new_id()
        row = {
            "id": inbox_id,
            "connector": "chat",
            "channel": "chat",
            "name": "Chat",
            "address": "",
            "settings": self.hub.inboxes.seal_settings(settings),
            "active": True,
            "paused_reason": "",
            "version": 1,
            "created_at": utcnow(),
        }
        await self.hub.db.write(lambda conn: insert(conn, INBOX, [row]))
        await self.hub.inboxes.refresh()
        return inbox_id

    # --- agents ---

    async def new_agent(self, name: str, role: str = "agent") -> UUID:
        agent_id = new_id()
        row = {
            "id": agent_id,
            "email": f"{name}-{agent_id}@hub.example",
            "name": name,
            "role": role,
            "password_hash": "",
            "active": True,
            "settings": {},
            "created_at": utcnow(),
        }
        await self.hub.db.write(lambda conn: insert(conn, AGENT, [row]))
        self._names[name] = agent_id
        return agent_id

    async def session(self, name: str) -> tuple[str, UUID]:
        """A fresh session of the agent: its secret and id."""
        agent_id = self._names.get(name) or await self.new_agent(name)
        return await self.hub.db.write(lambda conn: sessions.open_session(conn, agent_id, ip="", user_agent=""))

    async def agent(self, name: str = "Ann", **headers: str) -> Person:
        secret, _ = await self.session(name)
        person = Person("/agent")
        await person.connect(self.url, None, {"Cookie": f"{sessions.COOKIE}={secret}", **headers})
        self.people.append(person)
        return person

    def actor(self, name: str) -> Actor:
        return Actor("agent", self._names[name], name)

    async def reply(self, thread_id: UUID, visitor: str, text: str, by: str = "Ann") -> UUID:
        """An answer by live chat; returns its entry."""
        if by not in self._names:
            await self.new_agent(by)
        words = Words(self.chat, Address("visitor", visitor), text)
        said: Said = await self.hub.writer.submit(Reply(self.actor(by), thread_id, uuid4().hex, words, None, 0))
        assert said.entry_id is not None
        return said.entry_id

    async def note(self, thread_id: UUID, text: str, by: str = "Ann") -> None:
        if by not in self._names:
            await self.new_agent(by)
        await self.hub.writer.submit(Note(self.actor(by), thread_id, uuid4().hex, text))

    # --- visitors ---

    async def visitor(self, *, headers: dict[str, str] | None = None, **auth: Any) -> Person:
        """Comes in and has read the welcome."""
        person = Person("/visitor")
        await person.connect(self.url, {"inbox": str(self.chat), **auth}, headers or {})
        self.people.append(person)
        await person.wait("ready")
        return person

    # --- what is stored ---

    async def thread_of(self, visitor: str) -> UUID:
        found = await self.hub.db.read(lambda conn: known(conn, [visitor]))
        return found[visitor].thread_id

    async def fresh(self, thread_id: UUID) -> list[dict[str, Any]]:
        """The thread as an agent's screen loads it."""

        def read(conn: Connection) -> list[dict[str, Any]]:
            return entries.before(conn, thread_id, 2**62, 1000)[0]

        return await self.hub.db.read(read)

    async def fresh_public(self, thread_id: UUID, *, proven: bool = False) -> public.PublicChanges:
        sight = public.Sight(thread_id, proven, "chat")
        return await self.hub.db.read(lambda conn: public.latest(conn, sight, public.file_url(self.hub.keys)))


def address_in(token: str) -> str:
    """The visitor's address that a visitor's token carries."""
    return token.partition(".")[0]


def say(text: str, **more: Any) -> dict[str, Any]:
    return {"client_key": uuid4().hex, "text": text, **more}


@asynccontextmanager
async def a_house(data: Path, db_url: str, redis_url: str = "", **more: Any) -> AsyncIterator[House]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = await create(Config(data=data, database_url=db_url, redis_url=redis_url, port=port, public_url=url, **more))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    house = House(app, url)
    try:
        yield house
    finally:
        for person in house.people:
            await person.leave()
        await runner.cleanup()


@pytest_asyncio.fixture
async def house(db_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path, db_url) as opened:
        opened.chat = await opened.new_chat(name="Shop")
        yield opened


@pytest_asyncio.fixture
async def two_houses(db_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[tuple[House, House]]:
    """Two equal processes' worth of a hub over one database and one Redis, in one loop."""
    async with AsyncExitStack() as stack:
        one, two = [
            await stack.enter_async_context(
                a_house(tmp_path / name, db_url, redis_url, secret_key="the same secret for both, long enough")
            )
            for name in ("one", "two")
        ]
        one.chat = two.chat = await one.new_chat(name="Shop")
        await two.hub.inboxes.refresh()
        yield one, two


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session
