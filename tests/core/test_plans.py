"""What every batch and every tick asks must be found by an index, however much is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.contract import Address, State
from hub.core import lanes
from hub.core.envelopes import unread
from hub.flow.announce import unpublished
from hub.flow.sweep import _due
from tests.support.workshop import Workshop

SMALL = ("json_each", "ix_delivery_due", "ix_thread_unpublished")


@pytest.mark.db("sqlite")
async def test_nothing_that_recurs_reads_a_whole_table(workshop: Workshop) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            asked.append((statement, parameters))

    engines = workshop.db.sync_engines
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    heard = await workshop.hear("maya@example.com", reply_to=("<a>",), claims=(Address("email", "m@x.example"),))
    await workshop.reply(heard.threads[0], "maya@example.com")
    await workshop.status(workshop.email, "a", State.DELIVERED)
    now = workshop.now + timedelta(seconds=1)
    await workshop.db.read(lambda conn: [lanes.due(conn, now, [workshop.email.id], [], 9), lanes.head(conn, "x")])
    await workshop.db.read(lambda conn: [_due(conn, now), unread(conn, now, 100)])
    await unpublished(workshop.db)
    for engine in engines:
        sa.event.remove(engine, "before_cursor_execute", note)
    read = [plan for statement, given in asked for plan in await _plan(workshop, statement, given)]
    assert [plan for plan in read if _whole(plan)] == []


async def _plan(workshop: Workshop, statement: str, given: Any) -> list[str]:
    one = given[0] if isinstance(given, list) else given
    found = await workshop.db.read(lambda conn: conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", one).all())
    return [f"{row.detail} in {statement}" for row in found]


def _whole(plan: str) -> bool:
    """Partial indexes that hold only what is pending may be read from end to end."""
    what, _, _ = plan.partition(" in ")
    return what.startswith("SCAN ") and not any(small in what for small in SMALL)
