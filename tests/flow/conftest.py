"""A whole hub in this process, with a webhook inbox and a mail inbox that send to their providers' simulators."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio
import sqlalchemy as sa
from aiohttp import web

from connectors.email.simulator import MailProvider
from connectors.webhook.simulator import YourSystem
from hub.app import create
from hub.config import Config
from hub.contract import Address
from hub.core.changes import Actor
from hub.core.compose import Reply, Said, Words
from hub.db import insert
from hub.flow import dispatch
from hub.models import Agent, Delivery, Entry, Inbox, new_id, utcnow
from hub.runtime import HUB, Hub
from tests.support.processes import free_port

SECRET = "a-secret-of-this-test-hub"
MODELS: tuple[Any, ...] = (Agent, Delivery, Entry, Inbox)
TABLES: dict[str, sa.Table] = {model.__name__.lower(): model.__table__ for model in MODELS}


class Plant:
    """The hub, what it sends to, and an agent who answers."""

    def __init__(self, hub: Hub, webhook: YourSystem, mail: MailProvider) -> None:
        self.hub, self.webhook, self.mail = hub, webhook, mail
        self.mail_port = free_port()
        self.ann = Actor("agent", new_id(), "Ann")

    async def open(self) -> None:
        agent: dict[str, Any] = {"id": self.ann.id, "email": "ann@hub.example", "name": "Ann", "role": "agent",
                 "password_hash": "", "active": True, "settings": {}, "created_at": utcnow()}  # fmt: skip
        await self.hub.db.write(lambda conn: insert(conn, TABLES["agent"], [agent]))
        self.webhook_id = await self.inbox("webhook", secret=SECRET, **self.webhook.settings())
        smtp = {name: value for name, value in self.mail.settings().items() if name.startswith("smtp_")}
        self.mail_id = await self.inbox("email", address="support@shop.example", listen_port=self.mail_port, **smtp)
        self.webhook.hook_url = f"{self.hub.config.address}/hooks/{self.webhook_id}"

    async def inbox(self, connector: str, **settings: Any) -> UUID:
        row = {"id": new_id(), "connector": connector, "channel": connector, "name": connector.title(), "address": "",
               "settings": self.hub.inboxes.seal_settings(settings), "active": True, "paused_reason": "",
               "version": 1, "created_at": utcnow()}  # fmt: skip
        await self.hub.db.write(lambda conn: insert(conn, TABLES["inbox"], [row]))
        await self.hub.inboxes.refresh()
        return UUID(str(row["id"]))

    async def customer(self, address: str) -> UUID:
        """Somebody who wrote through the webhook; returns the thread."""
        raw = self.webhook.sign(self.webhook.says(uuid4().hex, address, "Hello"))
        _, receipt = await self.hub.intake.receive(self.webhook_id, raw)
        return receipt.threads[0]

    async def reply(self, thread: UUID, address: str, text: str, *, by_mail: bool = False) -> UUID:
        inbox, kind = (self.mail_id, "email") if by_mail else (self.webhook_id, "webhook")
        words = Words(inbox, Address(kind, address), text)
        said: Said = await self.hub.writer.submit(Reply(self.ann, thread, uuid4().hex, words))
        assert said.entry_id
        return said.entry_id

    async def entries(self) -> list[dict[str, Any]]:
        return await self._rows(sa.select(TABLES["entry"]).order_by(TABLES["entry"].c.id))

    async def delivery(self, entry_id: UUID) -> dict[str, Any]:
        rows = await self._rows(sa.select(TABLES["delivery"]).where(TABLES["delivery"].c.entry_id == entry_id))
        return rows[0]

    async def _rows(self, statement: sa.Select[Any]) -> list[dict[str, Any]]:
        found = await self.hub.db.read(lambda conn: conn.execute(statement).mappings().all())
        return [dict(row) for row in found]

    async def settled(self, entry_id: UUID, *states: str) -> dict[str, Any]:
        """The delivery, once it is in one of these states."""
        async with asyncio.timeout(15):
            while (delivery := await self.delivery(entry_id))["state"] not in states:  # noqa: ASYNC110
                await asyncio.sleep(0.03)
        return delivery


@pytest_asyncio.fixture
async def plant(db_url: str, tmp_path: Path, monkeypatch: Any) -> AsyncIterator[Plant]:
    monkeypatch.setattr(dispatch, "FIRST_BACK_OFF_S", 0.1)
    monkeypatch.setattr(dispatch, "PAUSED_S", 0.2)
    port = free_port()
    config = Config(data=tmp_path, database_url=db_url, port=port, public_url=f"http://127.0.0.1:{port}")
    app = await create(config)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with YourSystem(SECRET) as webhook, MailProvider() as mail:
        made = Plant(app[HUB], webhook, mail)
        await made.open()
        yield made
        await runner.cleanup()
