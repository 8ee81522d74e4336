"""What an older database holds is completed by the migrations, and there is a way back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import hub.models
from hub.db import Database, migrate
from hub.models import Delivery, Inbox
from tests.support.workshop import Workshop

DELIVERY, INBOX = Delivery.__table__, Inbox.__table__  # type: ignore[attr-defined]


async def test_an_older_database_gets_its_lanes_order_and_latest_traffic(workshop: Workshop) -> None:
    thread = (await workshop.hear("maya@example.com")).threads[0]
    for text in ("First", "Second"):
        await workshop.reply(thread, "maya@example.com", text)
    await asyncio.to_thread(_go_back, workshop.db.url, "0002")
    await asyncio.to_thread(migrate, workshop.db.url)
    db = Database(workshop.db.url)
    seqs = sa.select(DELIVERY.c.seq).order_by(DELIVERY.c.id)
    assert await db.read(lambda conn: list(conn.scalars(seqs))) == [2, 3]
    heard = sa.select(INBOX.c.name).where(INBOX.c.last_in_at == workshop.now)
    assert await db.read(lambda conn: list(conn.scalars(heard))) == ["email"]
    await db.close()


def _go_back(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(hub.models.__file__).parent / "migrations"))
    config.attributes["url"] = url
    command.downgrade(config, revision)
