"""Drafts: one for each agent, thread and way to answer, kept on the hub so that no device or reload loses a word."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy import Connection

from hub.core.access import Right, Viewer, require
from hub.core.errors import NotFound
from hub.core.read import threads
from hub.db import among, insert_missing
from hub.http.ask import Ask
from hub.http.errors import HttpProblem
from hub.http.openapi import Routes
from hub.http.shapes import DraftIn, DraftOut
from hub.models import Attachment, Draft, new_id, utcnow

DRAFT, ATTACHMENT = Draft.__table__, Attachment.__table__  # type: ignore[attr-defined]

routes = Routes("drafts")
Slot = Annotated[str, Field(max_length=60, pattern=r"^(note|reply:[0-9a-fA-F-]{32,36})$")]


class Newer(Exception):
    """Another device wrote a later version."""

    def __init__(self, draft: dict[str, Any]) -> None:
        super().__init__("another device wrote a later version")
        self.draft = draft


@routes.get("/drafts", Right.WORK)
async def list_drafts(ask: Ask) -> list[DraftOut]:
    """All your own drafts, held sends included."""
    return [DraftOut.model_validate(row) for row in await ask.read(threads.drafts, ask.me)]


@routes.put("/threads/{id}/drafts/{slot}", Right.WORK)
async def put_draft(ask: Ask, id: UUID, slot: Slot, draft: DraftIn) -> DraftOut:
    """Keep what is being written. 409 `newer-draft` carries the later version of another device, in `newer`."""
    try:
        return DraftOut.model_validate(await ask.write(_put, ask.me, id, slot, draft))
    except Newer as found:
        newer = DraftOut.model_validate(found.draft).model_dump(mode="json")
        sentence = "This draft was changed on another device. Choose which one to keep."
        raise HttpProblem(409, sentence, type="newer-draft", more={"newer": newer}) from None


def _put(conn: Connection, me: Viewer, thread_id: UUID, slot: str, draft: DraftIn) -> dict[str, Any]:
    require(conn, me, Right.WORK, thread_id)
    _check_files(conn, me, draft.attachments)
    content = draft.model_dump(mode="json", exclude={"version"})
    row = {"agent_id": me.id, "thread_id": thread_id, "slot": slot}
    mine = sa.and_(*(DRAFT.c[name] == value for name, value in row.items()))
    fresh = dict(id=new_id(), **row, content=content, version=1, updated_at=utcnow())
    if not insert_missing(conn, DRAFT, [fresh], ("agent_id", "thread_id", "slot")):
        same = sa.and_(mine, DRAFT.c.version == draft.version)
        later = {"content": content, "version": draft.version + 1, "updated_at": utcnow()}
        if not conn.execute(sa.update(DRAFT).where(same).values(later)).rowcount:
            raise Newer(_one(conn, mine))
    return _one(conn, mine)


def _one(conn: Connection, mine: sa.ColumnElement[bool]) -> dict[str, Any]:
    return threads.draft_rows(conn, conn.execute(sa.select(DRAFT).where(mine)).all())[0]


def _check_files(conn: Connection, me: Viewer, ids: list[UUID]) -> None:
    if ids:
        own = sa.select(ATTACHMENT.c.id).where(among(ATTACHMENT.c.id, "ids"), ATTACHMENT.c.owner_id == me.id)
        # locked, so that none is forgotten as unused before the draft names it
        if set(conn.scalars(own.with_for_update(read=True), {"ids": ids})) != set(ids):
            raise NotFound("attachment")


@routes.delete("/threads/{id}/drafts/{slot}", Right.WORK)
async def discard_draft(ask: Ask, id: UUID, slot: Slot) -> None:
    """Throw a draft away; one that isn't there is thrown away already."""
    await ask.write(_discard, ask.me, id, slot)


def _discard(conn: Connection, me: Viewer, thread_id: UUID, slot: str) -> None:
    require(conn, me, Right.WORK, thread_id)
    mine = sa.and_(DRAFT.c.agent_id == me.id, DRAFT.c.thread_id == thread_id, DRAFT.c.slot == slot)
    conn.execute(sa.delete(DRAFT).where(mine))
