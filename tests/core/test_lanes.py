"""Which lanes are due: those whose head is, however many others wait for theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from hub.core import compose, lanes
from hub.core.settle import Begin
from hub.models import Delivery, new_id
from tests.support.workshop import Workshop


async def test_lanes_whose_head_waits_do_not_keep_others_waiting(workshop: Workshop) -> None:
    """A provider that is away for some customers, each with a second answer behind the first, stops nobody else."""
    in_a_while = workshop.now + timedelta(minutes=5)
    for name in ("maya", "tom", "zoe"):
        thread = (await workshop.hear(f"{name}@example.com")).threads[0]
        head = await workshop.reply(thread, f"{name}@example.com", "First")
        await workshop.reply(thread, f"{name}@example.com", "Second")
        waiting = await workshop.row(Delivery, entry_id=head.entry_id)
        await workshop.db.write(partial(lanes.put_off, delivery_id=waiting["id"], when=in_a_while))
    assert await due(workshop) == []
    workshop.later(seconds=1)
    thread = (await workshop.hear("ann@example.com")).threads[0]
    await workshop.reply(thread, "ann@example.com", "Me, please")
    assert await due(workshop, 2) == [f"{workshop.email.id.hex}:ann@example.com"]


async def test_a_lane_keeps_the_thread_s_order_whatever_the_clocks_say(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that takes the second answer has a clock that is behind: its ids are the lower ones."""
    behind = new_id()
    thread = (await workshop.hear("maya@example.com")).threads[0]
    first = await workshop.reply(thread, "maya@example.com", "First")
    with monkeypatch.context() as other:
        other.setattr(compose, "new_id", lambda: behind)
        await workshop.reply(thread, "maya@example.com", "Second")
    delivery = await workshop.row(Delivery, entry_id=first.entry_id)
    assert behind < delivery["id"]
    head = await workshop.db.read(lambda conn: lanes.head(conn, delivery["lane"]))
    assert head is not None
    assert head.id == delivery["id"]
    in_a_while = workshop.now + timedelta(minutes=5)
    await workshop.db.write(partial(lanes.put_off, delivery_id=delivery["id"], when=in_a_while))
    assert await due(workshop) == [], "it waits for its head"


@pytest.mark.db("postgres")
async def test_postgresql_finds_a_lane_s_head_by_its_index(workshop: Workshop) -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    statement = lanes._HEAD.params(lane="x").compile(dialect=dialect, compile_kwargs={"literal_binds": True})

    def plan(conn: sa.Connection) -> str:
        conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return "\n".join(conn.scalars(sa.text(f"EXPLAIN {statement}")))

    found = await workshop.db.write(plan)
    assert "Index Scan using ix_delivery_lane" in found
    assert "Sort" not in found


async def test_a_lone_process_frees_what_a_dead_one_held(workshop: Workshop) -> None:
    thread = (await workshop.hear("maya@example.com")).threads[0]
    await workshop.reply(thread, "maya@example.com")
    now = workshop.now
    lane = f"{workshop.email.id.hex}:maya@example.com"
    assert await workshop.db.write(lambda conn: lanes.lease(conn, "dead", now, [lane])) == [lane]
    assert await workshop.db.write(lambda conn: lanes.lease(conn, "alive", now, [lane])) == []
    assert await due(workshop) == []
    await workshop.db.write(lanes.give_back_all)
    assert await due(workshop) == [lane]
    assert await workshop.db.write(lambda conn: lanes.lease(conn, "alive", now, [lane])) == [lane]


async def test_an_inbox_that_rests_hides_nobody_else_s_lane(workshop: Workshop) -> None:
    for name in ("maya", "tom", "zoe"):
        thread = (await workshop.hear(f"{name}@example.com")).threads[0]
        await workshop.reply(thread, f"{name}@example.com", "By mail")
    thread = (await workshop.hear("+491511234567", inbox=workshop.sms)).threads[0]
    await workshop.reply(thread, "+491511234567", "By SMS", inbox=workshop.sms)
    lane = f"{workshop.sms.id.hex}:+491511234567"
    assert await due(workshop, 1, inboxes=[workshop.sms.id]) == [lane]
    assert await due(workshop, 1, inboxes=[workshop.sms.id], without=[lane]) == []


async def test_what_a_dead_process_was_sending_is_seen_although_its_inbox_rests(workshop: Workshop) -> None:
    thread = (await workshop.hear("maya@example.com")).threads[0]
    said = await workshop.reply(thread, "maya@example.com")
    delivery = await workshop.row(Delivery, entry_id=said.entry_id)
    now = workshop.now
    await workshop.db.write(lambda conn: lanes.lease(conn, "dead", now, [delivery["lane"]]))
    await workshop.writer.submit(Begin(delivery["id"], "dead"))
    await workshop.db.write(lanes.give_back_all)
    assert await due(workshop, inboxes=[]) == [delivery["lane"]]


async def due(
    workshop: Workshop, limit: int = 9, *, inboxes: Sequence[UUID] | None = None, without: Sequence[str] = ()
) -> list[str]:
    everywhere = [facts.id for facts in workshop.desk.inboxes()]
    where, now = everywhere if inboxes is None else inboxes, workshop.now
    found = await workshop.db.read(lambda conn: lanes.due(conn, now, where, without, limit))
    return [lane for lane, _ in found]
