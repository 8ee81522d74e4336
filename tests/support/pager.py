"""Pagers: a channel that can do all that the contract has for messages, its provider, and a hub with such an inbox.

No real provider has every ability at once; this one exists so that the hub's side of each is tried on its own.
"""

from __future__ import annotations

import asyncio
import dataclasses
import types
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import orjson
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer

from hub import contract
from hub.app import create
from hub.config import Config
from hub.contract import Address, Capabilities, Connector, Event, Fetched, File, Outgoing, Raw
from hub.core import sessions
from hub.core.changes import Actor
from hub.core.compose import Reply, Said, Words
from hub.core.receive import Receipt
from hub.db import insert
from hub.models import Agent, Delivery, Entry, Inbox, new_id, utcnow
from hub.registry import discovery
from hub.runtime import HUB, Hub
from tests.support.processes import free_port

EVENTS = {
    event.__name__: event
    for event in (
        contract.Message,
        contract.Status,
        contract.Echo,
        contract.Reaction,
        contract.Edit,
        contract.Removal,
        contract.ReadUntil,
        contract.Consent,
        contract.Ignored,
    )
}


class PagerSettings(contract.Settings):
    provider: str
    """Where the provider answers."""
    reply_window_s: int | None = None
    late_window_s: int | None = None


class Pager(Connector[PagerSettings]):
    """Requests are lists of events as JSON; whatever arrives counts as signed."""

    key = "pager"
    label = "Pager"
    Settings = PagerSettings
    capabilities = Capabilities(
        channel="pager",
        identity="pager",
        initiate=False,
        media=True,
        media_bytes=5_000_000,
        reactions=True,
        edits=True,
        removals=True,
        typing=True,
        undo_s=0,
    )

    def __init__(self, settings: PagerSettings, context: contract.Context) -> None:
        super().__init__(settings, context)
        windows = settings.model_dump(include={"reply_window_s", "late_window_s"})
        self.capabilities = dataclasses.replace(type(self).capabilities, **windows)

    def verify(self, raw: Raw) -> None:
        """Nobody else knows this test's hub."""

    def normalise(self, raw: Raw) -> Iterable[Event]:
        return [read(EVENTS[one.pop("event")], one) for one in orjson.loads(raw.body)]

    async def send(self, outgoing: Outgoing) -> str:
        told = {
            "key": outgoing.key,
            "to": outgoing.to.value,
            "text": outgoing.text,
            "late": outgoing.late,
            "files": [file.url for file in outgoing.files],
        }
        answer = await self.call("POST", f"{self.settings.provider}/send", json=told)
        if answer.get("opted_out"):
            raise contract.OptedOut("The recipient told the network to stop.")
        return str(answer["ref"])

    async def fetch(self, file: File, most: int) -> Fetched:
        async with self.context.http.get(file.url) as response:
            if response.status == 410:
                raise contract.Refused("The provider doesn't keep it any more.")
            if response.status >= 500:
                raise contract.Unavailable("The provider has no time.", 0)
            content = await response.read()
            if len(content) > most:
                raise contract.TooLarge("It is larger than this hub takes.")
            return Fetched(content, response.content_type, response.headers.get("X-Name", ""))

    async def reconcile(self, since: datetime) -> AsyncIterator[Raw]:
        listed = await self.call("GET", f"{self.settings.provider}/list", params={"since": since.isoformat()})
        for one in listed:
            yield Raw("LIST", f"{self.settings.provider}/list", {}, orjson.dumps(one), self.context.now())

    async def typing(self, to: Address, on: bool) -> None:
        await self.call("POST", f"{self.settings.provider}/typing", json={"to": to.value, "on": on})

    async def mark_read(self, to: Address, ref: str) -> None:
        await self.call("POST", f"{self.settings.provider}/read", json={"to": to.value, "ref": ref})


def body(*events: Event) -> bytes:
    return orjson.dumps([{"event": type(event).__name__, **plain(event)} for event in events])


def plain(value: Any) -> Any:
    """A dataclass of the contract as JSON values."""
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return value.hex()
    return value


def read(kind: Any, value: Any) -> Any:
    """The way back, by the types that the contract declares."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if value is None:
        return None
    if origin in (typing.Union, types.UnionType):
        return read(next(part for part in parts if part is not type(None)), value)
    if origin is tuple:
        return tuple(read(parts[0], one) for one in value)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{name: read(hints[name], one) for name, one in value.items()})  # type: ignore[operator]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind is datetime:
        return datetime.fromisoformat(value)
    return bytes.fromhex(value) if kind is bytes else value


class PagerProvider:
    """Keeps files and a list of what it had, takes messages, and fails when it is told to."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self.gone: set[str] = set()
        self.failures = 0
        """How many of the next fetches get no file."""
        self.pause_s = 0.0
        self.gives = asyncio.Event()
        """While it is cleared, every fetch hangs."""
        self.gives.set()
        self.asked: list[str] = []
        self.listed: list[list[dict[str, Any]]] = []
        self.list_asks: list[str] = []
        self.lose_answers = 0
        """How many of the next messages are taken without a word."""
        self.opted_out: set[str] = set()
        self.typing: list[dict[str, Any]] = []
        self.read: list[dict[str, Any]] = []
        app = web.Application()
        app.router.add_post("/send", self._send)
        app.router.add_get("/files/{name}", self._file)
        app.router.add_get("/list", self._list)
        app.router.add_post("/typing", self._note(self.typing))
        app.router.add_post("/read", self._note(self.read))
        self.server = TestServer(app)

    async def __aenter__(self) -> PagerProvider:
        await self.server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.close()

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    def keeps(self, name: str, content: bytes, kind: str = "image/png") -> str:
        """Keep a file; returns where."""
        self.files[name] = (content, kind)
        return f"{self.url}/files/{name}"

    async def _send(self, request: web.Request) -> web.Response:
        told = await request.json()
        if told["to"] in self.opted_out:
            return web.json_response({"opted_out": True})
        self.sent.append(told)
        if self.lose_answers:
            self.lose_answers -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"ref": f"sent-{len(self.sent)}"})

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.asked.append(name)
        await asyncio.sleep(self.pause_s)
        await self.gives.wait()
        if name in self.gone:
            return web.Response(status=410)
        if self.failures:
            self.failures -= 1
            return web.Response(status=503)
        content, kind = self.files[name]
        return web.Response(body=content, content_type=kind)

    async def _list(self, request: web.Request) -> web.Response:
        self.list_asks.append(request.query["since"])
        return web.json_response(self.listed)

    @staticmethod
    def _note(into: list[dict[str, Any]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def note(request: web.Request) -> web.Response:
            into.append(await request.json())
            return web.json_response({})

        return note


class Paging:
    """A hub with a pager inbox, an agent with a token, and customers with pagers."""

    def __init__(self, hub: Hub, provider: PagerProvider) -> None:
        self.hub, self.provider = hub, provider
        self.ann = Actor("agent", new_id(), "Ann")
        self._numbers = 0

    async def open(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        agent: dict[str, Any] = {"id": self.ann.id, "email": "ann@hub.example", "name": "Ann", "role": "owner",
                 "password_hash": "", "active": True, "settings": {}, "created_at": utcnow()}  # fmt: skip
        await self.hub.db.write(lambda conn: insert(conn, _table(Agent), [agent]))
        assert self.ann.id
        owner = self.ann.id
        token = await self.hub.db.write(
            lambda conn: sessions.make_token(conn, owner, "tests", ["read", "write", "admin"], None)
        )
        self._token = token["secret"]
        self.inbox_id = await self.inbox("Pager")

    async def inbox(self, name: str, **settings: Any) -> UUID:
        given = {"provider": self.provider.url, **settings}
        row = {"id": new_id(), "connector": "pager", "channel": "pager", "name": name, "address": "",
               "settings": self.hub.inboxes.seal_settings(given), "active": True, "paused_reason": "",
               "version": 1, "created_at": utcnow()}  # fmt: skip
        await self.hub.db.write(lambda conn: insert(conn, _table(Inbox), [row]))
        await self.hub.inboxes.refresh()
        return UUID(str(row["id"]))

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    # --- what happens ---

    async def post(self, *events: Event, inbox: UUID | None = None) -> Receipt:
        """One request of the provider's, through the door that webhooks take."""
        raw = Raw("POST", "", {}, body(*events), utcnow())
        _, receipt = await self.hub.intake.receive(inbox or self.inbox_id, raw)
        return receipt

    async def says(self, address: str, text: str = "Hello", **message: Any) -> Receipt:
        ref = message.pop("ref", f"said-{self.number()}")
        inbox = message.pop("inbox", None)
        return await self.post(contract.Message(ref, Address("pager", address), text, **message), inbox=inbox)

    async def reply(self, thread: UUID, address: str, text: str = "Hi", **more: Any) -> Said:
        words = Words(more.pop("inbox", self.inbox_id), Address("pager", address), text, **more)
        said: Said = await self.hub.writer.submit(Reply(self.ann, thread, uuid4().hex, words))
        return said

    async def api(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        url = f"{self.hub.config.address}{path}"
        headers = {"Authorization": f"Bearer {self._token}", **options.pop("headers", {})}
        async with self._http.request(method, url, headers=headers, **options) as response:
            told = await response.read()
            return response.status, orjson.loads(told) if response.content_type.endswith("json") and told else told

    async def get(self, path: str) -> Any:
        status, told = await self.api("GET", path)
        assert status == 200, told
        return told

    # --- what is there ---

    async def thread(self, thread_id: UUID) -> Any:
        return await self.get(f"/api/threads/{thread_id}")

    async def entries(self, thread_id: UUID) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = (await self.thread(thread_id))["entries"]
        return shown

    async def rows(self, model: Any, **where: Any) -> list[dict[str, Any]]:
        table = _table(model)
        statement = sa.select(table).where(*(table.c[name] == value for name, value in where.items()))
        order = table.c.seq if "seq" in table.c else table.c.values()[0]
        found = await self.hub.db.read(lambda conn: conn.execute(statement.order_by(order)).mappings().all())
        return [dict(row) for row in found]

    async def delivery(self, entry_id: UUID | None, *states: str) -> dict[str, Any]:
        """The entry's delivery, once it is in one of these states."""
        async with asyncio.timeout(15):
            while True:
                found = await self.rows(Delivery, entry_id=entry_id)
                if found and (not states or found[0]["state"] in states):
                    return found[0]
                await asyncio.sleep(0.03)

    async def count(self, model: Any = Entry) -> int:
        return len(await self.rows(model))


def _table(model: Any) -> sa.Table:
    table: sa.Table = model.__table__
    return table


def offer_pagers(monkeypatch: Any) -> None:
    """As if a package with this connector were installed."""
    found = discovery._found()
    with_pager = dataclasses.replace(found, connectors={**found.connectors, "pager": Pager})
    monkeypatch.setattr(discovery, "_found", lambda: with_pager)


async def start(db_url: str, data: Path) -> tuple[web.AppRunner, Hub]:
    """A hub in this process; the caller cleans up."""
    port = free_port()
    app = await create(Config(data=data, database_url=db_url, port=port, public_url=f"http://127.0.0.1:{port}"))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner, app[HUB]


@pytest_asyncio.fixture
async def paging(db_url: str, tmp_path: Path, monkeypatch: Any) -> AsyncIterator[Paging]:
    offer_pagers(monkeypatch)
    async with PagerProvider() as provider, aiohttp.ClientSession() as http:
        runner, hub = await start(db_url, tmp_path)
        made = Paging(hub, provider)
        await made.open(http)
        yield made
        await runner.cleanup()
