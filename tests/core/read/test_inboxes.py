"""When something last went out, found by an index however long an inbox has been silent."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from hub.contract import State
from hub.core.read import inboxes
from hub.core.settle import SettleByHand
from hub.db import is_sqlite
from hub.models import Delivery
from tests.support.workshop import Workshop

DELIVERY = Delivery.__table__  # type: ignore[attr-defined]


async def test_what_left_last_through_each_inbox(workshop: Workshop) -> None:
    thread = (await workshop.hear("maya@example.com")).threads[0]
    await workshop.reply(thread, "maya@example.com")
    left = workshop.now + timedelta(minutes=1)
    settled = sa.update(DELIVERY).values(state=State.UNCERTAIN.value, settled_at=left)
    await workshop.db.write(lambda conn: conn.execute(settled).rowcount)
    found = {row["name"]: row["last_out_at"] for row in await workshop.db.read(inboxes.inboxes)}
    assert found == {"email": left, "chat": None, "sms": None}
    workshop.later(minutes=10)
    delivery = await workshop.row(Delivery)
    await workshop.writer.submit(SettleByHand(workshop.ann, delivery["id"], State.SENT))
    one = await workshop.db.read(lambda conn: inboxes.inbox(conn, workshop.email.id))
    assert one["last_out_at"] == workshop.now


async def test_it_is_the_end_of_an_index(workshop: Workshop) -> None:
    def plan(conn: sa.Connection) -> list[str]:
        if is_sqlite(conn):
            return [row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {inboxes._INBOXES}")]
        conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return list(conn.exec_driver_sql(f"EXPLAIN {inboxes._INBOXES}").scalars())

    found = [line for line in await workshop.db.write(plan) if "ix_delivery_settled" in line]
    assert len(found) == 1
    assert "SEARCH" in found[0] or "Index Only Scan Backward" in found[0]
