"""A customer's thread: opening it, paging through it, catching up, and how far it was read."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy import Connection

from hub.core import reading
from hub.core.access import Right, Viewer, require
from hub.core.read import threads
from hub.db import insert_missing
from hub.http.ask import Ask
from hub.http.openapi import Routes
from hub.http.shapes import Changes, EntryPage, SeenIn, SeenOut, Seq, TargetOut, ThreadOut
from hub.models import Seen, Thread

SEEN, THREAD = Seen.__table__, Thread.__table__  # type: ignore[attr-defined]

routes = Routes("threads")


@routes.get("/threads/{id}", Right.READ)
async def get_thread(ask: Ask, id: UUID, around: Seq | None = None) -> ThreadOut:
    """Everything for one screen: the 40 newest entries, or 40 around one."""
    online = ask.hub.visitor_online(id)
    return ThreadOut.model_validate(await ask.read(threads.thread, ask.me, id, ask.inboxes, around, online))


@routes.get("/threads/{id}/entries", Right.READ)
async def list_entries(
    ask: Ask,
    id: UUID,
    before: Seq | None = None,
    after: Seq | None = None,
    limit: Annotated[int, Field(ge=1, le=200)] = 40,
) -> EntryPage:
    """Entries before or after a `seq`, ascending."""
    return EntryPage.model_validate(await ask.read(threads.page, ask.me, id, before, after, limit))


@routes.get("/threads/{id}/changes", Right.READ)
async def list_changes(ask: Ask, id: UUID, after: Seq) -> Changes:
    """What changed after a `rev`, as it is now: for a screen that noticed a gap."""
    found = await ask.read(threads.changes, ask.me, id, after)
    if ask.led_on:
        # the number counts another thread's changes
        found |= {"entries": [], "complete": False}
    return Changes.model_validate(found)


@routes.get("/threads/{id}/targets", Right.READ)
async def list_targets(ask: Ask, id: UUID) -> list[TargetOut]:
    """Every way to answer, usable or not, and why."""
    online = ask.hub.visitor_online(id)
    found = await ask.read(threads.targets, ask.me, id, ask.inboxes, online)
    return [TargetOut.model_validate(way) for way in found]


@routes.post("/threads/{id}/seen", Right.WORK)
async def mark_seen(ask: Ask, id: UUID, seen: SeenIn) -> SeenOut:
    """Note how far you have read; 0 marks the thread unread. Where the channel does so, the customer sees "Read"."""
    seq = await ask.write(_see, ask.me, id, seen.seq)
    if job := await ask.read(reading.seen_up_to, id, seq, ask.inboxes):
        await ask.submit(job)
    if seq:
        ask.hub.signs.read(id)
    return SeenOut(seq=seq)


def _see(conn: Connection, me: Viewer, thread_id: UUID, seq: int) -> int:
    """Reading only goes forward, so that a slow tab doesn't undo a quick one; unread is asked for in so many words."""
    require(conn, me, Right.WORK, thread_id)
    last: Any = conn.execute(sa.select(THREAD.c.last_seq).where(THREAD.c.id == thread_id)).scalar_one()
    seq = min(seq, last)
    row = {"agent_id": me.id, "thread_id": thread_id, "seq": seq}
    if insert_missing(conn, SEEN, [row], ("agent_id", "thread_id")):
        return seq
    mine = sa.and_(SEEN.c.agent_id == me.id, SEEN.c.thread_id == thread_id)
    further = mine if seq == 0 else sa.and_(mine, SEEN.c.seq < seq)
    conn.execute(sa.update(SEEN).where(further).values(seq=seq))
    return int(conn.execute(sa.select(SEEN.c.seq).where(mine)).scalar_one())
