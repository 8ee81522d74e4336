"""Which lanes are due: those whose head is, however many others wait for theirs."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from hub.core import compose, lanes
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
    now = workshop.now
    assert not await workshop.db.read(lambda conn: lanes.has_due(conn, now, set()))
    workshop.later(seconds=1)
    thread = (await workshop.hear("ann@example.com")).threads[0]
    await workshop.reply(thread, "ann@example.com", "Me, please")
    now = workshop.now
    taken = await workshop.db.write(lambda conn: lanes.lease(conn, "worker", now, set(), 2))
    assert taken == [f"{workshop.email.id.hex}:ann@example.com"]


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
    in_a_while, now = workshop.now + timedelta(minutes=5), workshop.now
    await workshop.db.write(partial(lanes.put_off, delivery_id=delivery["id"], when=in_a_while))
    assert not await workshop.db.read(lambda conn: lanes.has_due(conn, now, set())), "it waits for its head"


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
    assert await workshop.db.write(lambda conn: lanes.lease(conn, "dead", now, set(), 9))
    assert not await workshop.db.write(lambda conn: lanes.lease(conn, "alive", now, set(), 9))
    await workshop.db.write(lanes.give_back_all)
    assert await workshop.db.write(lambda conn: lanes.lease(conn, "alive", now, set(), 9))
