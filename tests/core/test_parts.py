"""A process dies between the messages of a delivery: what was surely taken isn't sent again."""

from __future__ import annotations

from typing import Any

import pytest

from hub.contract import State
from hub.core import lanes
from hub.core.receive import Returned
from hub.core.settle import Abandoned, Accepted, Begin, Retry, Settle
from hub.models import Delivery, Part
from tests.support.workshop import Workshop

MAYA = "maya@example.com"
REFS = ("<1@hub>", "<2@hub>", "<3@hub>")


async def begun(workshop: Workshop) -> dict[str, Any]:
    """A delivery of three messages whose first the provider has."""
    thread = (await workshop.hear(MAYA)).threads[0]
    said = await workshop.reply(thread, MAYA)
    delivery = await workshop.row(Delivery, entry_id=said.entry_id)
    assert await begin(workshop, delivery) == (1, 2, 3)
    await workshop.writer.submit(Accepted(delivery["id"], 1, REFS[0]))
    return delivery


async def begin(workshop: Workshop, delivery: dict[str, Any], refs: tuple[str, ...] = REFS) -> tuple[int, ...]:
    await workshop.db.write(lanes.give_back_all)
    await workshop.db.write(lambda conn: lanes.lease(conn, "worker", workshop.now, [delivery["lane"]]))
    pending: tuple[int, ...] = (await workshop.writer.submit(Begin(delivery["id"], "worker", refs))).pending
    return pending


async def states(workshop: Workshop) -> list[str]:
    return [row["state"] for row in sorted(await workshop.rows(Part), key=lambda row: row["n"])]


async def test_what_may_have_been_taken_is_in_doubt_and_nothing_else(workshop: Workshop) -> None:
    delivery = await begun(workshop)
    await workshop.writer.submit(Abandoned(delivery["id"], again=False))
    assert await states(workshop) == ["sent", "uncertain", "queued"]
    assert (await workshop.row(Delivery, id=delivery["id"]))["state"] == "uncertain"
    await workshop.writer.submit(Retry(workshop.ann, delivery["id"]))
    assert await begin(workshop, delivery) == (2, 3)


async def test_where_sending_twice_is_harmless_it_goes_on_with_the_second(workshop: Workshop) -> None:
    delivery = await begun(workshop)
    await workshop.writer.submit(Abandoned(delivery["id"], again=True))
    assert await begin(workshop, delivery) == (2, 3)


async def test_a_report_settles_the_message_it_is_about(workshop: Workshop) -> None:
    delivery = await begun(workshop)
    await workshop.writer.submit(Abandoned(delivery["id"], again=False))
    await workshop.status(workshop.email, REFS[1], State.DELIVERED)
    assert await states(workshop) == ["sent", "delivered", "queued"]
    assert (await workshop.row(Delivery, id=delivery["id"]))["state"] == "queued", "the third is still to come"
    assert await begin(workshop, delivery) == (3,)
    await workshop.writer.submit(Settle(delivery["id"], State.SENT, ref=REFS[2], refer=True, part=3))
    assert (await workshop.row(Delivery, id=delivery["id"]))["state"] == "sent"


async def test_limits_that_change_on_the_way_mix_nothing_up(workshop: Workshop) -> None:
    delivery = await begun(workshop)
    await workshop.writer.submit(Abandoned(delivery["id"], again=True))
    assert await begin(workshop, delivery, REFS[:2]) == ()
    failed = await workshop.row(Delivery, id=delivery["id"])
    assert failed["state"] == "failed"
    assert "limits changed" in failed["reason"]


@pytest.mark.parametrize("refs", [REFS[:2], REFS[:1]])
async def test_what_has_not_left_at_all_is_cut_anew(workshop: Workshop, refs: tuple[str, ...]) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    said = await workshop.reply(thread, MAYA)
    delivery = await workshop.row(Delivery, entry_id=said.entry_id)
    await begin(workshop, delivery)
    await workshop.writer.submit(Abandoned(delivery["id"], again=True))
    assert await begin(workshop, delivery, refs) == tuple(range(1, len(refs) + 1))
    assert len(await workshop.rows(Part)) == (len(refs) if len(refs) > 1 else 0)


async def test_what_comes_back_names_the_message_that_it_is(workshop: Workshop) -> None:
    """An echo of the first may come when the second is on its way: it says nothing of that one."""
    thread = (await workshop.hear(MAYA, inbox=workshop.sms)).threads[0]
    said = await workshop.reply(thread, MAYA, inbox=workshop.sms)
    delivery = await workshop.row(Delivery, entry_id=said.entry_id)
    pending: Any = (None, None)
    assert await begin(workshop, delivery, pending) == (1, 2)
    for ref in ("mid-1", "mid-1"):
        await workshop.arrive(workshop.sms, f"key-{workshop.number()}", (Returned(delivery["id"], ref),))
    assert await states(workshop) == ["sent", "queued"]
    await workshop.writer.submit(Accepted(delivery["id"], 1, "mid-1"))
    await workshop.arrive(workshop.sms, "key-again", (Returned(delivery["id"], "mid-1"),))
    assert await states(workshop) == ["sent", "queued"]
    await workshop.arrive(workshop.sms, "key-second", (Returned(delivery["id"], "mid-2"),))
    assert await states(workshop) == ["sent", "sent"]
