"""The way out against providers that misbehave: order kept, nothing lost, no double that nobody was told of."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.flow import dispatch
from hub.models import utcnow
from hub.testkit import Fault
from tests.flow.conftest import TABLES, Plant

INBOX = TABLES["inbox"]


async def test_a_lane_keeps_its_order_behind_a_failing_head(plant: Plant) -> None:
    thread = await plant.customer("maya")
    plant.webhook.misbehave(Fault.DOWN, Fault.BUSY, Fault.DOWN)
    plant.webhook.retry_after = 0
    sent = [await plant.reply(thread, "maya", f"Answer {n}") for n in range(5)]
    for entry_id in sent:
        await plant.settled(entry_id, "sent", "delivered")
    assert [shown.text for shown in plant.webhook.shown] == [f"Answer {n}" for n in range(5)]
    assert (await plant.delivery(sent[0]))["attempts"] == 4


async def test_other_lanes_don_t_wait_for_a_blocked_one(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "FIRST_BACK_OFF_S", 3600)
    maya, tom = await plant.customer("maya"), await plant.customer("tom")
    plant.webhook.misbehave(Fault.DOWN)
    blocked = await plant.reply(maya, "maya", "Later")
    await _until_tried(plant, blocked)
    await plant.settled(await plant.reply(tom, "tom", "Now"), "sent", "delivered")
    assert (await plant.delivery(blocked))["state"] == "queued"


async def test_the_whole_inbox_waits_as_long_as_its_provider_asks(plant: Plant) -> None:
    maya, tom = await plant.customer("maya"), await plant.customer("tom")
    plant.webhook.misbehave(Fault.BUSY)
    plant.webhook.retry_after = 2
    began = utcnow()
    first = await plant.reply(maya, "maya", "Later")
    await _until_tried(plant, first)
    second = await plant.reply(tom, "tom", "Later too")
    by_mail = await plant.reply(maya, "maya@mail.example", "Now", by_mail=True)
    await plant.settled(by_mail, "sent")
    assert utcnow() - began < timedelta(seconds=2), "another inbox doesn't wait"
    for entry_id in (first, second):
        delivery = await plant.settled(entry_id, "sent", "delivered")
        assert delivery["settled_at"] - began >= timedelta(seconds=2)
    assert (await plant.delivery(second))["attempts"] == 1


async def test_what_the_provider_will_never_take_fails_with_its_words(plant: Plant) -> None:
    thread = await plant.customer("maya")
    plant.webhook.misbehave(Fault.REFUSED)
    entry_id = await plant.reply(thread, "maya", "Hello")
    delivery = await plant.settled(entry_id, "failed")
    assert "The recipient does not exist" in delivery["reason"]
    after = await plant.reply(thread, "maya", "Still there?")
    await plant.settled(after, "sent", "delivered")


async def test_an_idempotent_channel_sends_again_after_a_lost_answer(plant: Plant) -> None:
    thread = await plant.customer("maya")
    plant.webhook.misbehave(Fault.DROPPED)
    entry_id = await plant.reply(thread, "maya", "Once")
    await plant.settled(entry_id, "sent", "delivered")
    assert {shown.key for shown in plant.webhook.shown} == {plant.webhook.shown[0].key}


async def test_a_mail_whose_answer_was_lost_is_uncertain_and_not_sent_again(plant: Plant) -> None:
    thread = await plant.customer("maya")
    plant.mail.misbehave(Fault.DROPPED)
    entry_id = await plant.reply(thread, "maya@mail.example", "Did it arrive?", by_mail=True)
    delivery = await plant.settled(entry_id, "uncertain", "failed", "sent")
    assert delivery["state"] == "uncertain"
    assert delivery["retryable"]
    await asyncio.sleep(1)
    assert len(plant.mail.mails) == 1


async def test_refused_credentials_pause_the_inbox_and_lose_nothing(plant: Plant) -> None:
    thread = await plant.customer("maya")
    plant.webhook.misbehave(Fault.UNAUTHORISED)
    entry_id = await plant.reply(thread, "maya", "Hello")
    async with asyncio.timeout(10):
        while (facts := plant.hub.inboxes.facts(plant.webhook_id)) is None or facts.active:  # noqa: ASYNC110
            await asyncio.sleep(0.03)
    assert (await plant.delivery(entry_id))["state"] in ("queued", "sending")
    waiting = [await plant.reply(thread, "maya", f"And {n}") for n in range(3)]
    mended = sa.update(INBOX).where(INBOX.c.id == plant.webhook_id).values(active=True, version=INBOX.c.version + 1)
    await plant.hub.db.write(lambda conn: conn.execute(mended).rowcount)
    await plant.hub.inboxes.refresh()
    for waited in (entry_id, *waiting):
        await plant.settled(waited, "sent", "delivered")
    assert [shown.text for shown in plant.webhook.shown] == ["Hello", "And 0", "And 1", "And 2"]


async def test_a_mail_reaches_the_mailbox_and_its_bounce_the_message(plant: Plant) -> None:
    thread = await plant.customer("maya")
    plant.mail.unknown.add("nobody@mail.example")
    good = await plant.reply(thread, "maya@mail.example", "Hello", by_mail=True)
    bad = await plant.reply(thread, "nobody@mail.example", "Hello", by_mail=True)
    await plant.settled(good, "sent")
    delivery = await plant.settled(bad, "failed")
    assert "does not exist" in delivery["reason"]


async def _until_tried(plant: Plant, entry_id: object) -> None:
    async with asyncio.timeout(10):
        while not (delivery := await plant.delivery(entry_id))["reason"]:  # type: ignore[arg-type]  # noqa: ASYNC110
            await asyncio.sleep(0.03)
    assert delivery["attempts"] == 1


async def test_a_refusal_after_a_lost_answer_is_no_proof_that_nothing_arrived(plant: Plant) -> None:
    thread = await plant.customer("maya")
    plant.webhook.misbehave(Fault.DROPPED, Fault.REFUSED, Fault.BUSY, Fault.REFUSED)
    plant.webhook.retry_after = 1
    taken = await plant.reply(thread, "maya", "It arrived")
    delivery = await plant.settled(taken, "uncertain", "failed")
    assert (delivery["state"], [shown.text for shown in plant.webhook.shown]) == ("uncertain", ["It arrived"])
    assert "The recipient does not exist" in delivery["reason"]
    await plant.settled(await plant.reply(thread, "maya", "It did not"), "failed")
