"""Promises to customers, who is on shift to keep them, and the card that is handed over."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.access import Right, Viewer
from hub.core.promises import KeepPromise, MakePromise, MovePromise
from hub.core.read import agents, handover, promises
from hub.http.ask import Ask
from hub.http.openapi import Routes
from hub.http.shapes import AgentOut, AvailabilityIn, HandoverOut, PromiseIn, PromiseMove, PromiseOut, PromiseState
from hub.models import Agent

AGENT = Agent.__table__  # type: ignore[attr-defined]

routes = Routes("promises")


@routes.get("/promises", Right.READ)
async def list_promises(
    ask: Ask, whose: Literal["mine", "team", "all"] = "mine", state: PromiseState = "open"
) -> list[PromiseOut]:
    """Your own promises, those of colleagues who are off shift (`team`), or all; due first foremost."""
    return [PromiseOut.model_validate(row) for row in await ask.read(promises.listed, ask.me, whose, state)]


@routes.get("/threads/{id}/promises", Right.READ)
async def list_thread_promises(ask: Ask, id: UUID) -> list[PromiseOut]:
    """What was promised to this customer, settled or not."""
    return [PromiseOut.model_validate(row) for row in await ask.read(promises.of_thread, ask.me, id)]


@routes.post("/threads/{id}/promises", Right.WORK, status=201)
async def add_promise(ask: Ask, id: UUID, promise: PromiseIn) -> PromiseOut:
    """Note what you promised and until when. Off shift it passes to the team; 15 minutes late it is broken."""
    await ask.allow(Right.WORK, id)
    job = MakePromise(ask.me.actor, id, promise.text, promise.due_at, promise.case_id, promise.channel)
    return await _one(ask, await ask.submit(job))


@routes.post("/promises/{id}/keep", Right.WORK)
async def keep_promise(ask: Ask, id: UUID) -> PromiseOut:
    """It is done."""
    found = await ask.read(promises.one, ask.me, id)
    await ask.submit(KeepPromise(ask.me.actor, id, found["thread_id"]))
    return await _one(ask, id)


@routes.post("/promises/{id}/move", Right.WORK)
async def move_promise(ask: Ask, id: UUID, move: PromiseMove) -> PromiseOut:
    """It will be done at another time, by you; the answer is the promise that stands now."""
    found = await ask.read(promises.one, ask.me, id)
    job = MovePromise(ask.me.actor, id, found["thread_id"], move.due_at, move.reason)
    return await _one(ask, await ask.submit(job))


async def _one(ask: Ask, promise_id: UUID) -> PromiseOut:
    return PromiseOut.model_validate(await ask.read(promises.one, ask.me, promise_id))


@routes.post("/me/availability", Right.WORK)
async def set_availability(ask: Ask, availability: AvailabilityIn) -> AgentOut:
    """Go on shift or off. Off shift, what you promised is the team's when it is due."""
    made = await ask.write(_shift, ask.me, availability.on, ask.hub.now())
    ask.hub.nudge()
    return AgentOut.model_validate(made)


def _shift(conn: Connection, me: Viewer, on: bool, now: object) -> object:
    mine = AGENT.c.id == me.id
    if on:
        conn.execute(sa.update(AGENT).where(mine).values(off_since=None))
    else:
        conn.execute(sa.update(AGENT).where(mine, AGENT.c.off_since.is_(None)).values(off_since=now))
    return agents.agent_out(conn, conn.execute(sa.select(AGENT).where(mine)).one())


@routes.get("/threads/{id}/handover", Right.READ)
async def get_handover(ask: Ask, id: UUID) -> HandoverOut:
    """The card for somebody who has never heard of this customer: cases, promises, last exchanges, what failed."""
    return HandoverOut.model_validate(await ask.read(handover.handover, ask.me, id, ask.hub.now()))
