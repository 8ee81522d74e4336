"""The provider's word may come with our own key instead of its name for the message."""

from __future__ import annotations

from typing import Any

import pytest

from hub.contract import State
from hub.core import lanes
from hub.core.settle import Accepted, Begin, Settle
from hub.models import Delivery, Part, new_id
from tests.support.workshop import Workshop

PHONE = "+4915100000017"


async def sending(workshop: Workshop, messages: int = 1) -> dict[str, Any]:
    """A text that is on its way, as so many messages; the connector knows no ref before the provider does."""
    thread = (await workshop.hear(PHONE, inbox=workshop.sms)).threads[0]
    await workshop.reply(thread, PHONE, inbox=workshop.sms)
    delivery = await workshop.row(Delivery)
    await workshop.db.write(lambda conn: lanes.lease(conn, "worker", workshop.now, [delivery["lane"]]))
    await workshop.writer.submit(Begin(delivery["id"], "worker", (None,) * messages))
    return delivery


async def test_a_word_that_comes_before_the_sends_answer_counts(workshop: Workshop) -> None:
    delivery = await sending(workshop)
    assert delivery["ref"] is None
    await workshop.status(workshop.sms, workshop.desk.delivery_key(delivery["id"]), State.DELIVERED)
    assert (await workshop.row(Delivery))["state"] == State.DELIVERED
    await workshop.writer.submit(Settle(delivery["id"], State.SENT, ref="SM2"))
    told = await workshop.row(Delivery)
    assert (told["state"], told["ref"]) == (State.DELIVERED, "SM2")
    await workshop.status(workshop.sms, "SM2", State.READ)
    assert (await workshop.row(Delivery))["state"] == State.READ


async def test_what_was_uncertain_is_settled_by_it(workshop: Workshop) -> None:
    delivery = await sending(workshop)
    await workshop.writer.submit(Settle(delivery["id"], State.UNCERTAIN, reason="The line broke"))
    await workshop.status(workshop.sms, workshop.desk.delivery_key(delivery["id"]), State.DELIVERED)
    assert (await workshop.row(Delivery))["state"] == State.DELIVERED


async def test_each_of_several_messages_has_its_own(workshop: Workshop) -> None:
    delivery = await sending(workshop, messages=3)
    key = workshop.desk.delivery_key(delivery["id"])
    await workshop.writer.submit(Accepted(delivery["id"], 1, "SM2"))
    await workshop.writer.submit(Accepted(delivery["id"], 2, "SM3"))
    await workshop.writer.submit(Settle(delivery["id"], State.SENT, ref="SM4", part=3))
    for told, states in [
        (f"{key}.3", ["sent", "sent", "delivered"]),
        (key, ["delivered", "sent", "delivered"]),
        ("SM3", ["delivered", "delivered", "delivered"]),
    ]:
        await workshop.status(workshop.sms, told, State.DELIVERED)
        parts = {row["n"]: row["state"] for row in await workshop.rows(Part)}
        assert [parts[n] for n in (1, 2, 3)] == states
    assert (await workshop.row(Delivery))["state"] == State.DELIVERED


@pytest.mark.parametrize("wrong", ["guessed", "unknown", "another inbox's", "beyond the last"])
async def test_a_key_that_is_not_of_this_inbox_says_nothing(workshop: Workshop, wrong: str) -> None:
    delivery = await sending(workshop, messages=2 if wrong == "beyond the last" else 1)
    key = workshop.desk.delivery_key(delivery["id"])
    given = {
        "guessed": f"{delivery['id'].hex}.{'a' * 20}",
        "unknown": workshop.desk.delivery_key(new_id()),
        "another inbox's": key,
        "beyond the last": f"{key}.9",
    }[wrong]
    inbox = workshop.email if wrong == "another inbox's" else workshop.sms
    receipt = await workshop.status(inbox, given, State.DELIVERED)
    assert receipt.state == "done"
    assert (await workshop.row(Delivery))["state"] == State.SENDING
    assert {row["state"] for row in await workshop.rows(Part)} <= {State.QUEUED}
