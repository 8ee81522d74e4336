"""A promise is somebody's until it is kept, moved or broken; when its owner is away, the team has it and knows why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from hub.core import promises
from hub.core.access import Viewer, rights
from hub.core.cases import ChangeCase
from hub.core.errors import Conflict
from hub.core.promises import KeepPromise, MakePromise, MovePromise
from hub.core.read import promises as read
from hub.db import insert
from hub.models import Agent, Case, Entry, Promise, Team, TeamMember, new_id
from tests.support.workshop import Workshop

AGENT, TEAM, MEMBER = Agent.__table__, Team.__table__, TeamMember.__table__  # type: ignore[attr-defined]


def viewer(actor: Any) -> Viewer:
    return Viewer(actor.id, actor.name, "", "agent", rights("agent"))


async def promised(workshop: Workshop, hours: float = 6) -> tuple[UUID, UUID]:
    """Ann promises the label; thread and promise."""
    thread = (await workshop.hear("maya@example.com")).threads[0]
    job = MakePromise(workshop.ann, thread, "Send the label", workshop.now + timedelta(hours=hours), None, "email")
    return thread, await workshop.writer.submit(job)


async def tick(workshop: Workshop) -> int:
    """What the sweep does."""
    jobs = await workshop.db.read(lambda conn: promises.due(conn, workshop.now, 100))
    for job in jobs:
        await workshop.writer.submit(job)
    return len(jobs)


async def off(workshop: Workshop, actor: Any) -> None:
    statement = sa.update(AGENT).where(AGENT.c.id == actor.id).values(off_since=workshop.now)
    await workshop.db.write(lambda conn: conn.execute(statement))


async def listed(workshop: Workshop, actor: Any, whose: read.Whose, state: str = "open") -> list[dict[str, Any]]:
    return await workshop.db.read(lambda conn: read.listed(conn, viewer(actor), whose, state))


async def told(workshop: Workshop, thread: UUID) -> list[str]:
    rows = await workshop.rows(Entry, thread_id=thread, kind="event")
    return [row["data"]["type"] for row in rows]


async def test_a_promise_is_its_owners_and_is_kept(workshop: Workshop) -> None:
    thread, promise = await promised(workshop)
    [mine] = await listed(workshop, workshop.ann, "mine")
    assert (mine["who"], mine["text"], mine["case_id"]) == (
        "Ann Agent",
        "Send the label",
        (await workshop.row(Case))["id"],
    )
    assert await listed(workshop, workshop.bob, "mine") == await listed(workshop, workshop.bob, "team") == []
    await workshop.writer.submit(KeepPromise(workshop.bob, promise, thread))
    assert await told(workshop, thread) == ["promised", "promise kept"]
    with pytest.raises(Conflict):
        await workshop.writer.submit(KeepPromise(workshop.ann, promise, thread))


async def test_off_shift_at_the_due_time_the_team_has_it_with_the_reason(workshop: Workshop) -> None:
    thread, _ = await promised(workshop)
    team = [{"id": new_id(), "name": "Shipping", "created_at": workshop.now}]
    members = [{"team_id": team[0]["id"], "agent_id": actor.id} for actor in (workshop.ann, workshop.bob)]
    await workshop.db.write(lambda conn: insert(conn, TEAM, team))
    await workshop.db.write(lambda conn: insert(conn, MEMBER, members))
    assert await tick(workshop) == 0
    await off(workshop, workshop.ann)
    assert await tick(workshop) == 0, "not due for hours: she may be back"
    workshop.later(hours=5, minutes=30)
    assert await tick(workshop) == 1
    assert await tick(workshop) == 0, "once"
    assert await listed(workshop, workshop.ann, "mine") == []
    [theirs] = await listed(workshop, workshop.bob, "team")
    assert theirs["who"] == "Shipping, because Ann Agent is off shift"
    assert (theirs["passed"], theirs["team_id"]) == (True, team[0]["id"])
    row = (await workshop.rows(Entry, thread_id=thread, kind="event"))[-1]
    assert row["data"]["text"] == "Promise passed to the team, because Ann Agent is off shift: Send the label"


async def test_a_late_promise_is_broken_and_its_case_comes_back(workshop: Workshop) -> None:
    thread, promise = await promised(workshop, hours=1)
    await workshop.reply(thread, "maya@example.com", "You'll have it at one")
    assert (await workshop.row(Case))["status"] == "waiting"
    workshop.later(hours=1, minutes=14)
    assert await tick(workshop) == 0
    workshop.later(minutes=1)
    assert await tick(workshop) == 1
    assert (await workshop.row(Promise))["state"] == "broken"
    assert (await workshop.row(Case))["status"] == "open"
    await workshop.writer.submit(KeepPromise(workshop.ann, promise, thread))
    row = (await workshop.rows(Entry, thread_id=thread, kind="event"))[-1]
    assert row["data"]["text"] == "Promise kept late: Send the label"


async def test_who_moves_a_promise_has_it_from_then_on(workshop: Workshop) -> None:
    thread, promise = await promised(workshop)
    later = workshop.now + timedelta(days=1)
    new = await workshop.writer.submit(MovePromise(workshop.bob, promise, thread, later, "The printer is broken"))
    old = await workshop.row(Promise, id=promise)
    assert (old["state"], old["moved_to"]) == ("moved", new)
    [mine] = await listed(workshop, workshop.bob, "mine")
    assert (mine["id"], mine["due_at"]) == (new, later)
    assert [row["id"] for row in await listed(workshop, workshop.ann, "all", "moved")] == [promise]
    workshop.later(hours=8)
    assert await tick(workshop) == 0, "the first time is nobody's any more"


async def test_nothing_is_promised_for_the_past(workshop: Workshop) -> None:
    with pytest.raises(Conflict, match="past"):
        await promised(workshop, hours=-1)


async def test_a_promise_of_a_done_case_is_broken_without_opening_it(workshop: Workshop) -> None:
    thread, _ = await promised(workshop, hours=1)
    await workshop.writer.submit(ChangeCase(workshop.ann, (await workshop.row(Case))["id"], {"status": "done"}))
    workshop.later(hours=2)
    assert await tick(workshop) == 1
    assert (await workshop.row(Case))["status"] == "done"
    assert (await told(workshop, thread))[-1] == "promise broken"
