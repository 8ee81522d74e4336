"""What the API tells and takes of the way out: an inbox in trouble, new credentials, how many messages a text is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from connectors.webhook.simulator import YourSystem
from hub.core import rests
from hub.flow import dispatch
from hub.models import utcnow
from tests.http.conftest import SECRET, House, Person

NEW_SECRET = "the-next-secret-of-this-shop"


@pytest_asyncio.fixture
async def system(house: House, owner: Person, inbox: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[YourSystem]:
    monkeypatch.setattr(dispatch, "PAUSED_S", 600.0)
    async with YourSystem(SECRET) as system:
        status, _ = await owner.send(
            "PATCH", f"/api/inboxes/{inbox}", {"settings": {"secret": "", **system.settings()}}
        )
        assert status == 200
        yield system


async def answer(house: House, owner: Person, inbox: str, thread: str, text: str) -> dict[str, Any]:
    reply = {"client_key": f"key-{text}", "last_seen_seq": 0, "send_anyway": True, "undo_s": 0, "inbox_id": inbox,
             "to": {"kind": "webhook", "address": "maya"}, "text": text}  # fmt: skip
    sent: dict[str, Any] = (await owner.post(f"/api/threads/{thread}/replies", reply, want=201))["entry"]
    return sent


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(15):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def shown(owner: Person) -> dict[str, Any]:
    found: dict[str, Any] = (await owner.get("/api/inboxes"))[0]
    return found


async def test_new_credentials_send_what_waited_for_them_at_once(
    house: House, owner: Person, inbox: str, system: YourSystem
) -> None:
    await house.arrive(inbox, "Hello?")
    thread = (await owner.get("/api/customers"))["items"][0]["thread_id"]
    system.secret = NEW_SECRET
    await answer(house, owner, inbox, thread, "First")

    async def paused() -> bool:
        return bool((await shown(owner))["state"] == "paused")

    await until(paused)
    assert "refused the credentials" in (await shown(owner))["paused_reason"]
    for text in ("Second", "Third"):
        await answer(house, owner, inbox, thread, text)
    await owner.send("PATCH", f"/api/inboxes/{inbox}", {"name": "Renamed"})
    assert (await shown(owner))["state"] == "paused", "a name is no credential"
    mended = {"settings": {**system.settings(), "secret": NEW_SECRET}}
    status, changed = await owner.send("PATCH", f"/api/inboxes/{inbox}", mended)
    assert (status, changed["state"], changed["paused_reason"]) == (200, "active", "")

    async def all_sent() -> bool:
        return len(system.shown) == 3

    await until(all_sent)
    assert [message.text for message in system.shown] == ["First", "Second", "Third"]


async def test_what_somebody_paused_stays_paused_with_new_settings(owner: Person, inbox: str) -> None:
    await owner.send("PATCH", f"/api/inboxes/{inbox}", {"active": False})
    _, changed = await owner.send("PATCH", f"/api/inboxes/{inbox}", {"settings": {"secret": NEW_SECRET}})
    assert changed["state"] == "paused"


async def test_an_inbox_in_trouble_says_why_since_when_and_when_it_tries_again(
    house: House, owner: Person, inbox: str
) -> None:
    assert (await shown(owner))["trouble"] is None
    since, until_ = utcnow(), utcnow() + timedelta(minutes=5)
    why = "shop.example can't be reached"
    await house.hub.db.write(lambda conn: rests.note(conn, UUID(inbox), until_, since, why, 3))
    trouble = (await shown(owner))["trouble"]
    assert trouble["reason"] == why
    assert datetime.fromisoformat(trouble["since"]) == since
    assert datetime.fromisoformat(trouble["next_try_at"]) == until_
    await house.hub.db.write(lambda conn: rests.note(conn, UUID(inbox), None, None, "", 0))
    assert (await shown(owner))["trouble"] is None


async def test_the_composer_learns_how_many_messages_a_text_is(owner: Person, inbox: str) -> None:
    fitting = await owner.post(f"/api/inboxes/{inbox}/fit", {"text": "Hello", "files": 1})
    assert fitting == {"messages": 1, "problem": ""}
    too_long = await owner.post(f"/api/inboxes/{inbox}/fit", {"text": "x" * 100_001})
    assert too_long["messages"] == 0
    assert "The message has 100,001 characters" in too_long["problem"]
