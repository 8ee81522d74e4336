"""Which lanes are due: those whose head is, however many others wait for theirs."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from hub.core import lanes
from hub.models import Delivery
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


async def test_a_lone_process_frees_what_a_dead_one_held(workshop: Workshop) -> None:
    thread = (await workshop.hear("maya@example.com")).threads[0]
    await workshop.reply(thread, "maya@example.com")
    now = workshop.now
    assert await workshop.db.write(lambda conn: lanes.lease(conn, "dead", now, set(), 9))
    assert not await workshop.db.write(lambda conn: lanes.lease(conn, "alive", now, set(), 9))
    await workshop.db.write(lanes.give_back_all)
    assert await workshop.db.write(lambda conn: lanes.lease(conn, "alive", now, set(), 9))
