"""Two customers who are one, and the way back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.access import Right, Viewer, require
from hub.core.errors import NotFound
from hub.core.merge import MergeCustomers
from hub.core.read import people
from hub.core.unmerge import Unmerge
from hub.http.ask import Ask
from hub.http.openapi import Routes
from hub.http.shapes import MergeIn, MergeOut, UndoIn
from hub.models import Merge

MERGE = Merge.__table__  # type: ignore[attr-defined]

routes = Routes("customers")


@routes.post("/customers/{id}/merge", Right.WORK, status=201)
async def merge_customers(ask: Ask, id: UUID, merge: MergeIn) -> MergeOut:
    """Make this customer one with another, who remains: one thread, in the order of time. It can be undone.

    The ids of the merged customer and thread find the one who remains, for ever. 409 also where a visitor in the chat
    has not shown who they are: they would see the other's words.
    """
    source, target = await ask.read(people.customer, id), await ask.read(people.customer, merge.into)
    for who in (source, target):
        await ask.allow(Right.WORK, who["thread_id"])
    job = MergeCustomers(ask.me.actor, source["thread_id"], target["thread_id"], merge.reason)
    return MergeOut.model_validate(await ask.read(_merge, ask.me, await ask.submit(job)))


@routes.get("/customers/{id}/merges", Right.READ)
async def list_merges(ask: Ask, id: UUID) -> list[MergeOut]:
    """What was merged into this customer, undone or not, the latest first."""
    who = await ask.read(people.customer, id)
    return [MergeOut.model_validate(row) for row in await ask.read(_merges, ask.me, who["id"], who["thread_id"])]


@routes.post("/merges/{id}/undo", Right.WORK)
async def undo_merge(ask: Ask, id: UUID, undo: UndoIn) -> MergeOut:
    """Part them again. What came since goes with the address that sent or got it, or with its case."""
    found = await ask.read(_merge, ask.me, id)
    await ask.submit(Unmerge(ask.me.actor, id, found["from_thread"], found["into_thread"], undo.reason))
    return MergeOut.model_validate(await ask.read(_merge, ask.me, id))


def _merge(conn: Connection, me: Viewer, merge_id: UUID) -> dict[str, Any]:
    row = conn.execute(sa.select(MERGE).where(MERGE.c.id == merge_id)).first()
    if row is None:
        raise NotFound("merge")
    return _shown(row)


def _merges(conn: Connection, me: Viewer, customer_id: UUID, thread_id: UUID) -> list[dict[str, Any]]:
    require(conn, me, Right.READ, thread_id)
    rows = sa.select(MERGE).where(MERGE.c.into_id == customer_id).order_by(MERGE.c.created_at.desc(), MERGE.c.id.desc())
    return [_shown(row) for row in conn.execute(rows.limit(100))]


def _shown(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "from_customer": row.from_id,
        "into_customer": row.into_id,
        "from_thread": row.from_thread,
        "into_thread": row.into_thread,
        "reason": row.reason,
        "by": row.by,
        "created_at": row.created_at,
        "undone_at": row.undone_at,
    }
