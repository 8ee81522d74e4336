"""What could not be read: every envelope is kept, shown with its reason, and can be read again."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from aiohttp import web
from pydantic import Field
from sqlalchemy import Connection

from hub.core.access import Right
from hub.core.read import inboxes as read
from hub.http import cursors
from hub.http.ask import Ask
from hub.http.attachments import original
from hub.http.openapi import Routes
from hub.http.shapes import EnvelopeOut, Page

routes = Routes("envelopes")


@routes.get("/envelopes", Right.MANAGE)
async def list_envelopes(
    ask: Ask,
    state: Literal["new", "done", "ignored", "dead"] = "dead",
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 50,
) -> Page[EnvelopeOut]:
    """What arrived, by what became of it; the dead ones wait for somebody to mend the cause."""
    before = cursors.decode(cursor, UUID)[0] if cursor else None
    return Page[EnvelopeOut].model_validate(await ask.read(_page, state, before, limit))


def _page(conn: Connection, state: str, before: UUID | None, limit: int) -> dict[str, Any]:
    found, more = read.envelopes(conn, state, before, limit)
    return {"items": found, "next": cursors.encode((more,) if more else None)}


@routes.post("/envelopes/{id}/replay", Right.MANAGE)
async def replay_envelope(ask: Ask, id: UUID) -> EnvelopeOut:
    """Read an envelope again; nothing it holds comes twice."""
    await ask.hub.intake.replay(id)
    return EnvelopeOut.model_validate(await ask.read(read.envelope, id))


@routes.get("/envelopes/{id}/original", Right.MANAGE, gives="text/plain")
async def get_envelope_original(ask: Ask, id: UUID) -> web.StreamResponse:
    """The request as it came in, as a text file. Reading one is noted in the log."""
    return await original(ask, id)
