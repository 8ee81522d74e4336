"""A hub with a telephone line, and everybody at the other end of it played by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import orjson
import pytest
import pytest_asyncio
import sqlalchemy as sa

from hub import registry
from hub.contract import Leg
from hub.models import Call, CallCommand, CallLeg, Case, Entry, Inbox, new_id, utcnow
from hub.models.people import Agent
from hub.runtime import Hub
from tests.support.line import OURS, Exchange, TestLine, build, request

MAYA = "+4915112345678"
MODELS: tuple[Any, ...] = (Call, CallCommand, CallLeg, Case, Entry, Inbox, Agent)
TABLES: dict[Any, sa.Table] = {model: model.__table__ for model in MODELS}


class Desk:
    """The line of one hub."""

    def __init__(self, hub: Hub, url: str, line: UUID) -> None:
        self.hub, self.url, self.line = hub, url, line

    @property
    def exchange(self) -> Exchange:
        return TestLine.exchanges[OURS]

    async def tell(self, *updates: dict[str, Any], key: str = "") -> list[dict[str, Any]] | None:
        """One webhook; what the leg is told to do, or None where the answer is empty."""
        headers, body = request(*updates, key=key)
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/hooks/{self.line}", data=body, headers=headers) as told,
        ):
            assert told.status == 200, await told.text()
            text = await told.text()
            return orjson.loads(text)["steps"] if text else None

    async def rings(self, caller: str = MAYA, *, proof: str = "provider", ref: str = "") -> tuple[str, list[Any]]:
        """Somebody calls; their leg's ref, and what they hear."""
        ref = ref or f"in-{uuid4().hex}"
        update = {"ref": ref, "seq": 0, "state": "ringing", "caller": caller, "called": OURS, "proof": proof}
        steps = await self.tell({**update, "asks": True})
        assert steps is not None
        return ref, steps

    async def dialled(self, n: int, within: float = 5) -> Leg:
        """The nth telephone that the hub dialled."""
        await until(lambda: len(self.exchange.dialled) >= n, within)
        return self.exchange.dialled[n - 1]

    async def picks_up(self, leg: Leg, **more: Any) -> list[dict[str, Any]]:
        """The telephone is answered and asks what to do."""
        steps = await self.tell({"ref": f"ref-{leg.id}", "leg": leg.id, "state": "active", "asks": True, **more})
        assert steps is not None
        return steps

    async def ends(self, leg: Leg, ended: str = "completed", **more: Any) -> None:
        await self.tell({"ref": f"ref-{leg.id}", "leg": leg.id, "state": "ended", "ended": ended, **more})

    async def told(self, what: str, n: int = 1, within: float = 5) -> list[tuple[str, Any]]:
        await until(lambda: len(self.exchange.of(what)) >= n, within)
        return self.exchange.of(what)

    async def rows(self, model: Any, **where: Any) -> list[dict[str, Any]]:
        table = TABLES[model]
        statement = sa.select(table).where(*(table.c[name] == value for name, value in where.items()))
        found = await self.hub.db.read(lambda conn: conn.execute(statement).mappings().all())
        return [dict(row) for row in found]

    async def call(self) -> dict[str, Any]:
        """The only one."""
        rows = await self.rows(Call)
        assert len(rows) == 1, f"{len(rows)} calls"
        return rows[0]

    async def until(self, within: float = 5, **values: Any) -> dict[str, Any]:
        """The only call, once it is so."""
        async with asyncio.timeout(within):
            while True:
                call = await self.call()
                if all(call[name] == value for name, value in values.items()):
                    return call
                await asyncio.sleep(0.02)

    async def move_clock(self, **by: float) -> None:
        """Everything about calls happened so much earlier."""
        back = timedelta(**by)
        columns = {
            Call: ("created_at", "rung_at", "ringing_at", "answered_at", "next_at", "held_at"),
            CallLeg: ("created_at", "ringing_at", "answered_at", "joined_at"),
        }

        def move(conn: sa.Connection) -> None:
            for model, names in columns.items():
                for row in conn.execute(sa.select(TABLES[model])).mappings().all():
                    values = {name: row[name] - back for name in names if row[name] is not None}
                    conn.execute(sa.update(TABLES[model]).where(TABLES[model].c.id == row["id"]).values(**values))

        await self.hub.db.write(move)

    async def settings(self, agent_id: str, **settings: Any) -> None:
        here = sa.update(TABLES[Agent]).where(TABLES[Agent].c.id == UUID(agent_id)).values(settings=settings)
        await self.hub.db.write(lambda conn: conn.execute(here) and None)


async def until(true: Callable[[], bool], within: float = 5) -> None:
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def kinds(steps: list[dict[str, Any]] | None) -> list[str]:
    return [step["step"] for step in steps or []]


def near(seconds: int, told: int) -> bool:
    """A figure that a slow machine may have made a little larger, never smaller."""
    return told - 1 <= seconds <= told + 10


def earlier(seconds: float) -> str:
    return (utcnow() - timedelta(seconds=seconds)).isoformat()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def configure(admin: Any, **line: Any) -> None:
    """Settings of all lines, besides what is usual."""
    settings = await admin.get("/api/calls/settings")
    settings["line"] |= line
    status, told = await admin.send("PUT", "/api/calls/settings", settings)
    assert status == 200, told


async def open_line(hub: Hub, url: str, **settings: Any) -> Desk:
    row = {"id": new_id(), "connector": "line", "channel": "voice", "name": "Hotline", "address": OURS,
           "settings": hub.inboxes.seal_settings(settings), "active": True, "version": 1,
           "created_at": utcnow()}  # fmt: skip
    await hub.db.write(lambda conn: conn.execute(sa.insert(TABLES[Inbox]).values(**row)) and None)
    await hub.inboxes.refresh()
    return Desk(hub, url, row["id"])  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def desk(house: Any, owner: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """The line of the house; `house` is whichever the test's folder has."""
    monkeypatch.setattr("hub.inboxes.build", build(registry.build))
    TestLine.exchanges[OURS] = Exchange()
    yield await open_line(house.hub, house.url)
    del TestLine.exchanges[OURS]
