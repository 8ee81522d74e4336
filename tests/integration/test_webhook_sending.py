"""Answers through a real hub to a provider that fails in every way it can: none lost, none twice, all of it said."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from connectors.webhook.simulator import YourSystem
from hub.testkit import Fault
from tests.support.hub import Hub
from tests.support.owner import Owner

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "a-secret-of-this-shop"
WITHIN_S = 20


class Desk:
    """An owner who answers one customer through a webhook inbox."""

    def __init__(self, owner: Owner, system: YourSystem, inbox: dict[str, Any], customer: str, thread_id: str) -> None:
        self.owner, self.system, self.inbox = owner, system, inbox
        self.customer, self.thread_id = customer, thread_id
        self._keys = count(1)

    async def answer(self, text: str) -> str:
        """Returns the entry's id."""
        reply = {
            "client_key": f"answer-{next(self._keys):04}",
            "last_seen_seq": 0,
            "send_anyway": True,
            "inbox_id": self.inbox["id"],
            "to": {"kind": "webhook", "address": self.customer},
            "text": text,
            "undo_s": 0,
        }
        sent = await self.owner.post(f"/threads/{self.thread_id}/replies", reply)
        entry_id: str = sent["entry"]["id"]
        return entry_id

    async def delivery(self, entry_id: str) -> dict[str, Any]:
        thread = await self.owner.get(f"/threads/{self.thread_id}")
        (entry,) = [entry for entry in thread["entries"] if entry["id"] == entry_id]
        (delivery,) = entry["deliveries"]
        return dict(delivery)

    async def settled(self, entry_id: str, *states: str) -> dict[str, Any]:
        """The delivery, once it is in one of these states."""
        return await self.until(entry_id, lambda delivery: delivery["state"] in states)

    async def until(self, entry_id: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for _ in range(WITHIN_S * 10):
            delivery = await self.delivery(entry_id)
            if holds(delivery):
                return delivery
            await asyncio.sleep(0.1)
        raise TimeoutError(f"the delivery stays {delivery}")

    @property
    def shown(self) -> list[str]:
        return [shown.text for shown in self.system.shown]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def owner(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Owner]:
    hub = Hub(tmp_path_factory.mktemp("shop")).start()
    try:
        async with Owner(hub) as owner:
            yield owner
    finally:
        hub.kill()


@pytest_asyncio.fixture(loop_scope="module")
async def desk(owner: Owner, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    customer = request.node.name
    async with YourSystem(SECRET) as system:
        inbox = await owner.new_inbox("webhook", secret=SECRET, **system.settings())
        system.hook_url = inbox["hook_url"]
        await system.deliver(system.says("41", customer, "Where is my parcel?"))
        found = (await owner.get("/customers"))["items"]
        (thread_id,) = [hit["thread_id"] for hit in found if customer in hit["addresses"]]
        yield Desk(owner, system, inbox, customer, thread_id)


async def test_what_fails_for_now_is_repeated_and_reaches_the_customer_once(desk: Desk) -> None:
    desk.system.retry_after = 1
    for fault in (Fault.BUSY, Fault.DOWN, Fault.DROPPED):
        desk.system.misbehave(fault)
        delivery = await desk.settled(await desk.answer(f"After {fault}"), "sent")
        assert delivery["attempts"] == 2
    assert desk.shown == ["After busy", "After down", "After dropped"]
    assert len(desk.system.requests) == 4  # the one whose answer was lost came twice, and is shown once


async def test_what_will_never_be_taken_fails_with_the_providers_reason(desk: Desk) -> None:
    desk.system.misbehave(Fault.REFUSED, Fault.MOVED)
    refused = await desk.settled(await desk.answer("To nobody"), "failed")
    assert "The recipient does not exist" in refused["reason"]
    moved = await desk.settled(await desk.answer("To an old address"), "failed")
    assert f"has moved to {desk.system.url}/elsewhere: set that one" in moved["reason"]
    assert (refused["attempts"], moved["attempts"]) == (1, 1)
    await desk.settled(await desk.answer("To Ada"), "sent")
    assert desk.shown == ["To Ada"]


async def test_answers_to_one_customer_stay_in_order_behind_one_that_waits(desk: Desk) -> None:
    desk.system.misbehave(Fault.DOWN)
    entries = [await desk.answer(text) for text in ("one", "two", "three")]
    await desk.settled(entries[-1], "sent")
    assert desk.shown == ["one", "two", "three"]


async def test_wrong_credentials_pause_the_inbox_and_lose_nothing(desk: Desk) -> None:
    desk.system.misbehave(Fault.UNAUTHORISED)
    entry_id = await desk.answer("Not yet")
    await desk.until(entry_id, lambda delivery: bool(delivery["reason"]))
    (inbox,) = [inbox for inbox in await desk.owner.get("/inboxes") if inbox["id"] == desk.inbox["id"]]
    assert inbox["state"] == "paused"
    assert "refused the credentials" in inbox["paused_reason"]
    assert (await desk.delivery(entry_id))["state"] == "queued"
    assert desk.shown == []
    assert await desk.system.deliver(desk.system.says("42", desk.customer, "Hello?")) == [200]


async def test_a_stopped_hub_sends_after_its_next_start(desk: Desk) -> None:
    await desk.system.stop()
    entry_id = await desk.answer("Late")
    await desk.until(entry_id, lambda delivery: delivery["attempts"] == 1 and delivery["state"] == "queued")
    hub = desk.owner.hub
    hub.restart()
    await desk.system.start()
    settings = {**desk.inbox["settings"], **desk.system.settings()}
    await desk.owner.call("PATCH", f"/inboxes/{desk.inbox['id']}", {"settings": settings})
    await desk.settled(entry_id, "sent")
    assert desk.shown == ["Late"]
