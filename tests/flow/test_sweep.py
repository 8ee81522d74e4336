"""What becomes due by the clock, and what a crash left half done."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from hub.blobs import Folder
from hub.contract import Address
from hub.core.cases import ChangeCase
from hub.core.compose import Reply, Words
from hub.db import insert
from hub.models import Attachment, Case, Draft, Thread, new_id, utcnow
from tests.flow.conftest import Plant

CASE, DRAFT, THREAD = Case.__table__, Draft.__table__, Thread.__table__  # type: ignore[attr-defined]
ATTACHMENT = Attachment.__table__  # type: ignore[attr-defined]


async def until(looks: Callable[[], Awaitable[Any]], seconds: float = 15) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := await looks()):  # noqa: ASYNC110
            await asyncio.sleep(0.03)
    return found


async def test_a_snoozed_case_wakes_by_itself(plant: Plant) -> None:
    await plant.customer("maya")
    [case] = await plant._rows(sa.select(CASE))
    soon = utcnow() + timedelta(seconds=0.5)
    await plant.hub.writer.submit(ChangeCase(plant.ann, case["id"], {"snoozed_until": soon}))
    assert (await plant._rows(sa.select(CASE)))[0]["status"] == "snoozed"
    await until(lambda: plant._rows(sa.select(CASE).where(CASE.c.status == "open")))
    kinds = [entry["data"]["type"] for entry in await plant.entries() if entry["kind"] == "event"]
    assert kinds == ["snoozed", "woken"]


async def test_a_held_answer_leaves_when_it_is_due(plant: Plant) -> None:
    thread = await plant.customer("maya")
    words = Words(plant.webhook_id, Address("webhook", "maya"), "In a second")
    await plant.hub.writer.submit(Reply(plant.ann, thread, uuid4().hex, words, None, 1))
    assert plant.webhook.shown == []

    async def shown() -> bool:
        return [message.text for message in plant.webhook.shown] == ["In a second"]

    await until(shown)
    assert await plant._rows(sa.select(DRAFT)) == []


async def test_what_was_published_is_marked_in_the_end(plant: Plant) -> None:
    await plant.customer("maya")
    await until(lambda: plant._rows(sa.select(THREAD).where(THREAD.c.published_rev == THREAD.c.rev)), 20)


async def test_an_upload_that_nobody_used_leaves_the_disk(plant: Plant, monkeypatch: Any) -> None:
    from hub.flow import sweep

    monkeypatch.setattr(sweep, "HOURLY_S", 0.0)
    monkeypatch.setattr(sweep, "SLOW_S", 0.0)
    monkeypatch.setattr(sweep, "UNDER_WAY", timedelta(0))
    blobs, days_ago = plant.hub.blobs, utcnow() - timedelta(days=2)
    assert isinstance(blobs, Folder)
    sha256 = await blobs.put(b"never sent")
    os.utime(blobs.path(sha256), (0, 0))
    file: dict[str, Any] = {"id": new_id(), "owner_id": plant.ann.id, "name": "x", "type": "text/plain", "size": 10,
            "sha256": sha256, "cid": "", "position": 0, "created_at": days_ago}  # fmt: skip
    await plant.hub.db.write(lambda conn: insert(conn, ATTACHMENT, [file]))

    async def gone() -> bool:
        return not blobs.path(sha256).exists()

    await until(gone)
    assert await plant._rows(sa.select(ATTACHMENT)) == []
