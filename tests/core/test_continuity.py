"""An unread live answer goes on by mail, unless it is read at that very moment."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hub.contract import Address, State
from hub.core.continuity import ContinueElsewhere
from hub.core.reading import CustomerRead
from hub.core.settle import Begin, Settle
from hub.models import Delivery, Lane
from tests.support.workshop import Workshop


async def test_what_is_read_in_the_same_batch_goes_nowhere(workshop: Workshop) -> None:
    chat = await workshop.hear("v_1", inbox=workshop.chat, claims=(Address("email", "maya@example.com"),))
    thread = chat.threads[0]
    await workshop.reply(thread, "v_1", "Size 40 is there", inbox=workshop.chat)
    live = await workshop.row(Delivery)
    lane = Lane.__table__  # type: ignore[attr-defined]
    await workshop.db.write(lambda conn: conn.execute(lane.update().values(leased_by="me")).rowcount)
    await workshop.writer.submit(Begin(live["id"], "me"))
    due = workshop.now + timedelta(minutes=1)
    await workshop.writer.submit(Settle(live["id"], State.SENT, ref="shown", continue_at=due))
    workshop.later(minutes=2)
    read = CustomerRead(thread, 2, ((workshop.chat.id, "shown"),))
    _, sent = await asyncio.gather(*map(workshop.writer.submit, (read, ContinueElsewhere(thread))))
    assert sent is None
    assert (await workshop.row(Delivery))["state"] == "read"
