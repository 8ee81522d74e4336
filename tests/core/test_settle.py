"""States only climb; the provider's later word settles what stood aside."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from hub.contract import State
from hub.core.continuity import ContinueElsewhere, due
from hub.core.errors import Conflict
from hub.core.reading import shown_up_to
from hub.core.settle import Abandoned, Begin, Cancel, Retry, Settle, SettleByHand, climbs
from hub.models import Attempt, Case, Delivery, Lane, Thread
from hub.models.tables import DELIVERY
from tests.support.workshop import Workshop

MAYA = "maya@example.com"
Q, S, T, D, R, F, U = (
    State.QUEUED,
    State.SENDING,
    State.SENT,
    State.DELIVERED,
    State.READ,
    State.FAILED,
    State.UNCERTAIN,
)
CLIMBS = {
    Q: {S, T, D, R, F},
    S: {T, D, R, F},
    T: {D, R, F},
    D: {R, F},
    R: set(),
    F: {T, D, R},
    U: {T, D, R, F},
}


@pytest.mark.parametrize("current", list(State))
@pytest.mark.parametrize("new", [Q, S, T, D, R, F])
def test_climbs(current: State, new: State) -> None:
    assert climbs(current, new) == (new in CLIMBS[current])


async def _sending(workshop: Workshop) -> dict[str, Any]:
    thread = (await workshop.hear(MAYA)).threads[0]
    await workshop.reply(thread, MAYA)
    delivery = await workshop.row(Delivery)
    await _lease(workshop, delivery["lane"])
    assert (await workshop.writer.submit(Begin(delivery["id"], "worker"))).attempt == 1
    return await workshop.row(Delivery)


async def _lease(workshop: Workshop, lane: str) -> None:
    from hub.core import lanes

    assert await workshop.db.write(lambda conn: lanes.lease(conn, "worker", workshop.now, [lane])) == [lane]


async def test_a_send_and_its_callbacks(workshop: Workshop) -> None:
    delivery = await _sending(workshop)
    await workshop.writer.submit(Settle(delivery["id"], T, ref="", refer=True))
    ref = delivery["ref"]
    assert isinstance(ref, str)
    await workshop.status(workshop.email, ref, D)
    await workshop.status(workshop.email, ref, T)
    row = await workshop.row(Delivery)
    assert row["state"] == "delivered"
    await workshop.status(workshop.email, ref, F, reason="The mailbox is full (5.2.2)")
    row = await workshop.row(Delivery)
    assert (row["state"], row["reason"]) == ("failed", "The mailbox is full (5.2.2)")
    case = await workshop.row(Case)
    assert (case["failed"], case["status"]) == (True, "open"), "an answer that did not arrive is work again"
    assert (await workshop.row(Attempt))["outcome"] == "sent"


async def test_a_report_of_failure_may_come_before_our_own_note_of_the_send(workshop: Workshop) -> None:
    delivery = await _sending(workshop)
    failed = sa.update(DELIVERY).values(state=F.value)
    await workshop.db.write(lambda conn: conn.execute(failed) and None)
    await workshop.writer.submit(Settle(delivery["id"], T))
    assert (await workshop.row(Delivery))["state"] == F


async def test_each_tick_is_a_change_of_the_thread(workshop: Workshop) -> None:
    delivery = await _sending(workshop)
    before = await workshop.row(Thread)
    await workshop.writer.submit(Settle(delivery["id"], T))
    after = await workshop.row(Thread)
    assert (after["rev"], after["public_rev"]) == (before["rev"] + 1, before["public_rev"] + 1)
    assert (await workshop.row(Delivery))["rev"] == after["rev"]


async def test_a_process_that_died_while_sending_leaves_it_uncertain(workshop: Workshop) -> None:
    delivery = await _sending(workshop)
    await workshop.writer.submit(Abandoned(delivery["id"], again=False))
    assert (await workshop.row(Delivery))["state"] == "uncertain"
    with pytest.raises(Conflict):
        await workshop.writer.submit(Begin(delivery["id"], "worker"))
    await workshop.writer.submit(SettleByHand(workshop.ann, delivery["id"], T))
    assert (await workshop.row(Delivery))["state"] == "sent"


async def test_an_idempotent_channel_may_send_again(workshop: Workshop) -> None:
    delivery = await _sending(workshop)
    await workshop.writer.submit(Abandoned(delivery["id"], again=True))
    assert (await workshop.row(Delivery))["state"] == "queued"


async def test_a_lost_lease_may_not_begin(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    await workshop.reply(thread, MAYA)
    delivery = await workshop.row(Delivery)
    with pytest.raises(Conflict):
        await workshop.writer.submit(Begin(delivery["id"], "nobody"))
    assert (await workshop.row(Lane))["leased_by"] == ""


async def test_retry_is_a_new_attempt_and_never_sent_without_the_provider(workshop: Workshop) -> None:
    delivery = await _sending(workshop)
    await workshop.writer.submit(Settle(delivery["id"], F, reason="Refused"))
    await workshop.writer.submit(Retry(workshop.ann, delivery["id"]))
    row = await workshop.row(Delivery)
    assert (row["state"], row["attempts"]) == ("queued", 1)
    await workshop.writer.submit(Begin(delivery["id"], "worker"))
    await workshop.writer.submit(Settle(delivery["id"], T))
    assert [attempt["n"] for attempt in await workshop.rows(Attempt)] == [1, 2]


async def _two_answers(workshop: Workshop) -> list[dict[str, Any]]:
    """Both on their way at once."""
    thread = (await workshop.hear(MAYA)).threads[0]
    await workshop.reply(thread, MAYA, "First")
    await workshop.reply(thread, MAYA, "Second")
    deliveries = await workshop.rows(Delivery)
    await _lease(workshop, deliveries[0]["lane"])
    for delivery in deliveries:
        await workshop.writer.submit(Begin(delivery["id"], "worker"))
    return deliveries


async def test_a_case_stays_failed_until_each_answer_that_failed_is_seen_to(workshop: Workshop) -> None:
    first, second = await _two_answers(workshop)
    await workshop.writer.submit(Settle(first["id"], F, reason="Refused"))
    await workshop.writer.submit(Settle(second["id"], T))
    assert (await workshop.row(Case))["failed"], "that another one arrived doesn't mend the first"
    await workshop.writer.submit(Retry(workshop.ann, first["id"]))
    assert not (await workshop.row(Case))["failed"]
    await workshop.writer.submit(Begin(first["id"], "worker"))
    await workshop.writer.submit(Settle(first["id"], T))
    assert not (await workshop.row(Case))["failed"]


async def test_a_failure_and_a_success_in_one_batch_leave_the_case_failed(workshop: Workshop) -> None:
    first, second = await _two_answers(workshop)
    jobs = (Settle(first["id"], F, reason="Refused"), Settle(second["id"], T))
    await asyncio.gather(*map(workshop.writer.submit, jobs))
    assert (await workshop.row(Case))["failed"]


async def test_a_failure_that_was_answered_anew_is_over(workshop: Workshop) -> None:
    first, second = await _two_answers(workshop)
    await workshop.writer.submit(Settle(first["id"], F, reason="Refused"))
    workshop.later(minutes=1)
    await workshop.reply(first["thread_id"], MAYA, "Once more")
    assert not (await workshop.row(Case))["failed"]
    await workshop.writer.submit(Settle(second["id"], F, reason="Refused"))
    assert (await workshop.row(Case))["failed"]
    await workshop.writer.submit(Retry(workshop.ann, second["id"]))
    assert not (await workshop.row(Case))["failed"], "what failed before the last answer was seen by its author"


async def test_only_what_waits_can_be_cancelled(workshop: Workshop) -> None:
    delivery = await _sending(workshop)
    with pytest.raises(Conflict):
        await workshop.writer.submit(Cancel(workshop.ann, delivery["id"]))


async def _answered_in_chat(workshop: Workshop, *texts: str) -> list[dict[str, Any]]:
    """Maya mailed before; now she chats, and is answered there."""
    from hub.db import insert
    from hub.models import Identity, new_id

    thread = (await workshop.hear(MAYA, subject="Boots")).threads[0]
    customer = (await workshop.row(Thread, id=thread))["customer_id"]
    row = {"id": new_id(), "kind": "visitor", "address": "v_maya", "customer_id": customer, "name": "",
           "trust": "verified", "shared": False, "undeliverable": "", "created_at": workshop.now}  # fmt: skip
    await workshop.db.write(lambda conn: insert(conn, Identity.__table__, [row]))  # type: ignore[attr-defined]
    await workshop.hear("v_maya", "Any news?", inbox=workshop.chat)
    for text in texts:
        await workshop.reply(thread, "v_maya", text, inbox=workshop.chat)
    deliveries = await workshop.rows(Delivery)
    await _lease(workshop, deliveries[0]["lane"])
    for delivery in deliveries:
        await workshop.writer.submit(Begin(delivery["id"], "worker"))
        later = workshop.now.replace(minute=workshop.now.minute + 1)
        await workshop.writer.submit(Settle(delivery["id"], T, ref=f"chat-{delivery['id']}", continue_at=later))
    return deliveries


async def test_unread_live_answers_go_on_together_by_mail(workshop: Workshop) -> None:
    first, second = await _answered_in_chat(workshop, "Size 40 is in stock", "Shall I send it?")
    thread = (await workshop.row(Thread))["id"]
    assert await workshop.db.read(lambda conn: due(conn, workshop.now)) == []
    workshop.later(seconds=61)
    assert await workshop.db.read(lambda conn: due(conn, workshop.now)) == [thread]
    await workshop.writer.submit(ContinueElsewhere(thread))
    mail = await workshop.row(Delivery, channel="email")
    assert (mail["to_address"], mail["entry_id"]) == (MAYA, second["entry_id"])
    assert mail["options"]["together"] == [str(first["entry_id"]).replace("-", "")]
    assert await workshop.writer.submit(ContinueElsewhere(thread)) is None, "once"
    assert len(await workshop.rows(Delivery)) == 3


async def test_what_was_read_in_chat_is_not_mailed(workshop: Workshop) -> None:
    await _answered_in_chat(workshop, "Size 40 is in stock")
    thread = await workshop.row(Thread)
    read = await workshop.db.read(lambda conn: shown_up_to(conn, thread["id"], "chat", thread["public_rev"]))
    await workshop.writer.submit(read)
    workshop.later(seconds=61)
    assert await workshop.db.read(lambda conn: due(conn, workshop.now)) == []
    assert await workshop.writer.submit(ContinueElsewhere(thread["id"])) is None
    assert (await workshop.row(Delivery))["state"] == "read"
    assert (await workshop.row(Thread))["read_seq"] > 0


async def test_a_refusal_after_a_try_in_doubt_proves_nothing(workshop: Workshop) -> None:
    """Where sending twice is harmless it is tried again; the first try may be the one that arrived."""
    delivery = await _sending(workshop)
    again = Settle(delivery["id"], State.QUEUED, reason="No answer", retry_at=workshop.now, doubt=True)
    await workshop.writer.submit(again)
    await workshop.writer.submit(Begin(delivery["id"], "worker"))
    await workshop.writer.submit(Settle(delivery["id"], State.FAILED, reason="Unknown recipient."))
    settled = await workshop.row(Delivery, id=delivery["id"])
    assert settled["state"] == "uncertain"
    assert settled["reason"] == "Unknown recipient. An earlier try may have arrived."
