"""Uploads that wait for their reply or note, and files of what was said."""

from __future__ import annotations

import logging
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field
from sqlalchemy import Connection

from hub.core import files
from hub.core.access import Right, Viewer, require
from hub.core.envelopes import load, unpack
from hub.core.errors import Conflict, NotFound
from hub.core.read.entries import attachment
from hub.http.ask import Ask
from hub.http.files import download, receive, response
from hub.http.openapi import Routes
from hub.http.shapes import AttachmentOut
from hub.models import Attachment, Entry, new_id, utcnow

ATTACHMENT, ENTRY = Attachment.__table__, Entry.__table__  # type: ignore[attr-defined]
log = logging.getLogger(__name__)

FILE_LIMIT = 30 * 1024 * 1024

routes = Routes("attachments")


@routes.post(
    "/attachments",
    Right.WORK,
    status=201,
    takes="application/octet-stream",
    headers={"X-File-Name": "The file's name, percent-encoded"},
)
async def upload(ask: Ask) -> AttachmentOut:
    """Upload a file for a reply, a note or a draft: the body is the file itself."""
    file = await receive(ask, min(FILE_LIMIT, ask.hub.config.max_body))
    return AttachmentOut.model_validate(await ask.write(keep, ask.me.id, file))


def keep(conn: Connection, owner: UUID, file: dict[str, Any]) -> dict[str, Any]:
    """Nobody but its owner can put it into a message."""
    row = dict(id=new_id(), owner_id=owner, position=0, cid="", created_at=utcnow(), **file)
    conn.execute(sa.insert(ATTACHMENT).values(**row))
    return attachment(conn.execute(sa.select(ATTACHMENT).where(ATTACHMENT.c.id == row["id"])).one())


@routes.get("/attachments/{id}", Right.READ, gives="application/octet-stream")
async def get_attachment(ask: Ask, id: UUID, inline: Annotated[int, Field(ge=0, le=1)] = 0) -> web.StreamResponse:
    """The file. With `inline=1` images are shown; everything else is always a download."""
    row = await ask.read(_readable, ask.me, id)
    if problem := files.missing(row):
        raise Conflict(problem)
    return await download(ask, row, inline=bool(inline))


@routes.post("/attachments/{id}/fetch", Right.WORK)
async def fetch_again(ask: Ask, id: UUID) -> AttachmentOut:
    """Ask the provider once more for a file that could not be fetched."""
    row = await ask.read(_readable, ask.me, id)
    if row.entry_id is None:
        raise NotFound("attachment")
    await ask.submit(files.FetchAgain(id, row.entry_id))
    return AttachmentOut.model_validate(attachment(await ask.read(_readable, ask.me, id)))


def _readable(conn: Connection, me: Viewer, attachment_id: UUID) -> Any:
    """A file of an entry is as readable as its thread; one that waits is its owner's alone."""
    row = conn.execute(
        sa.select(ATTACHMENT, ENTRY.c.thread_id)
        .join_from(ATTACHMENT, ENTRY, ENTRY.c.id == ATTACHMENT.c.entry_id, isouter=True)
        .where(ATTACHMENT.c.id == attachment_id)
    ).first()
    if row is None or (row.thread_id is None and row.owner_id != me.id):
        raise NotFound("attachment")
    if row.thread_id is not None:
        require(conn, me, Right.READ, row.thread_id)
    return row


@routes.get("/entries/{id}/original", Right.MANAGE, gives="text/plain")
async def get_original(ask: Ask, id: UUID) -> web.StreamResponse:
    """The message as it came in, as a text file. Reading one is noted in the log."""
    envelope_id = await ask.read(_envelope_of, ask.me, id)
    return await original(ask, envelope_id)


def _envelope_of(conn: Connection, me: Viewer, entry_id: UUID) -> UUID:
    row = conn.execute(sa.select(ENTRY.c.thread_id, ENTRY.c.envelope_id).where(ENTRY.c.id == entry_id)).first()
    if row is None or row.envelope_id is None:
        raise NotFound("original")
    require(conn, me, Right.READ, row.thread_id)
    return row.envelope_id  # type: ignore[no-any-return]


async def original(ask: Ask, envelope_id: UUID) -> web.Response:
    log.info("An original was read: envelope=%s agent=%s ip=%s", envelope_id, ask.me.email, ask.ip)
    stored = await ask.read(load, envelope_id)
    if stored is None:
        raise NotFound("original")
    sealed = stored.sealed if stored.sealed is not None else await ask.hub.blobs.get(stored.blob)
    raw = unpack(ask.hub.keys.open(sealed))
    return response(raw.body, f"{envelope_id}.txt", "text/plain")
