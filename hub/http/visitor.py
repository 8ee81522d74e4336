"""What the widget asks by plain HTTP: its configuration, files in and out, and the chat link's button."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

import orjson
import sqlalchemy as sa
from aiohttp import web

from hub.contract import Connector, Converses, Unverified
from hub.core import chatlink, linkcode
from hub.core.read import public, visitors
from hub.db import insert
from hub.http.bodies import read_body
from hub.http.errors import HttpProblem, unreadable_text
from hub.http.files import file_name, media_type, store
from hub.http.limits import Limit, spend
from hub.http.session import TRIES
from hub.models import Attachment, new_id
from hub.runtime import HUB, client_address
from hub.secrets import BadToken

ATTACHMENT = Attachment.__table__  # type: ignore[attr-defined]

UPLOADS = Limit("visitor uploads", 30, 60)
LINKS = Limit("chat links", 30, 60)
CODES = Limit("codes for chat links", 5, 600)
SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""Drawn in place; everything else, above all what could carry script, is only offered for saving."""


def routes() -> list[web.RouteDef]:
    return [
        web.get("/widget/config/{inbox}", config),
        web.post("/visitor/attachments", upload),
        web.get("/visitor/attachments/{id}", download),
        web.post("/c/{token}", accept),
        web.post("/c/{token}/code", send_code),
        web.post("/c/{token}/proof", take_code),
    ]


async def config(request: web.Request) -> web.Response:
    """The same for everybody, so that any page may read it and caches may keep it for a minute."""
    hub = request.app[HUB]
    _, connector = _inbox(request, request.match_info["inbox"])
    shown = {**connector.public_config(), "online": hub.presence.staffed}
    return _json(shown, headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=60"})


async def upload(request: web.Request) -> web.Response:
    """Take one file; it waits for the message that names it."""
    hub = request.app[HUB]
    await spend(request.app[TRIES], UPLOADS, client_address(request))
    inbox_id, connector = _inbox(request, request.query.get("inbox", ""))
    visitor = _visitor(request, connector)
    if visitor is None:
        raise HttpProblem(401, "The chat has to be open before a file can be attached. Open it again.")
    facts = hub.inboxes.capabilities(inbox_id)
    if facts is None or not facts.media:
        raise HttpProblem(422, "This chat takes no files. Send them by email, please.")
    content = await read_body(request, facts.media_bytes)
    if not content:
        raise HttpProblem(422, "This file is empty. Choose another one.")
    given = request.headers.get("X-File-Name", "")
    if unreadable_text(given):
        raise HttpProblem(422, "The file's name can't be read. Rename it, then attach it again.")
    id_ = new_id()
    row = {
        "id": id_,
        "owner_id": visitors.owner_of_uploads(visitor),
        "name": file_name(given),
        "type": media_type(request.headers.get("Content-Type", "")),
        "size": len(content),
        "sha256": await store(hub.blobs, content),
        "created_at": hub.now(),
    }
    await hub.db.write(lambda conn: insert(conn, ATTACHMENT, [row]))
    url = public.file_url(hub.keys)
    shown = {name: row[name] for name in ("id", "name", "type", "size")}
    return _json({**shown, "url": url(id_)}, status=201)


async def download(request: web.Request) -> web.Response:
    """A file of the visitor's thread, for whoever holds its signed address."""
    hub = request.app[HUB]
    try:
        wanted = UUID(request.match_info["id"])
        told = hub.keys.read_token(public.FILE_PURPOSE, request.query.get("token", ""))
    except (ValueError, BadToken):
        raise HttpProblem(404, "This file's address has run out. Load the chat again.") from None
    if told.get("id") != wanted.hex:
        raise HttpProblem(404, "This file's address has run out. Load the chat again.")
    found = await hub.db.read(lambda conn: conn.execute(sa.select(ATTACHMENT).where(ATTACHMENT.c.id == wanted)).first())
    if found is None or (found.entry_id is None and found.owner_id is None):  # taken back with its message
        raise HttpProblem(404, "This file is no longer there.")
    shown = found.type in SHOWN
    headers = {
        "Content-Disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=3600",
    }
    content = await hub.blobs.get(found.sha256)
    return web.Response(body=content, content_type=found.type if shown else "application/octet-stream", headers=headers)


async def accept(request: web.Request) -> web.Response:
    """The chat link's button: from now on this device is the customer's."""
    hub = request.app[HUB]
    await spend(request.app[TRIES], LINKS, client_address(request))
    token = request.match_info["token"]
    try:
        connector, device = await _link(request, token)
        accepted = await hub.db.write(lambda conn: chatlink.accept(conn, hub.keys, token, device=device, now=hub.now()))
    except chatlink.LinkGone as error:
        raise HttpProblem(410, str(error)) from None
    except chatlink.LinkTaken as taken:
        raise HttpProblem(409, str(taken), type="link-taken", more={"sent_to": taken.sent_to}) from None
    return _json({"visitor": connector.visitor_token(accepted.visitor), "inbox": accepted.inbox_id})


async def send_code(request: web.Request) -> web.Response:
    """A second device asks to be let in: a code goes where the link was sent, and nowhere else."""
    hub = request.app[HUB]
    await spend(request.app[TRIES], CODES, client_address(request))
    token = request.match_info["token"]
    try:
        link_id, thread_id = await hub.db.read(lambda conn: linkcode.thread_of(conn, hub.keys, token))
        sent_to = await hub.writer.submit(linkcode.SendLinkCode(link_id, thread_id))
    except chatlink.LinkGone as error:
        raise HttpProblem(410, str(error)) from None
    return _json({"sent_to": sent_to})


async def take_code(request: web.Request) -> web.Response:
    """The code that came there, typed on the second device."""
    hub = request.app[HUB]
    await spend(request.app[TRIES], LINKS, client_address(request))
    token = request.match_info["token"]
    given = (await read_body(request, 100)).decode("ascii", "replace")
    try:
        connector, device = await _link(request, token)
        link_id, thread_id = await hub.db.read(lambda conn: linkcode.thread_of(conn, hub.keys, token))
        accepted = await hub.writer.submit(linkcode.TakeLinkCode(link_id, thread_id, device, given))
    except chatlink.LinkGone as error:
        raise HttpProblem(410, str(error)) from None
    if accepted is None:
        raise HttpProblem(403, "This code isn't right. Look again, or ask for a new one.")
    return _json({"visitor": connector.visitor_token(accepted.visitor), "inbox": accepted.inbox_id})


async def _link(request: web.Request, token: str) -> tuple[Converses, str]:
    """The chat that a link leads to, and the address of the device that asks, if it holds one. Raises `LinkGone`."""
    hub = request.app[HUB]
    inbox_id = await hub.db.read(lambda conn: chatlink.inbox_of(conn, hub.keys, token))
    connector = hub.inboxes.get(inbox_id)
    if not isinstance(connector, Converses):
        raise chatlink.LinkGone("The chat this link led to is closed. Answer the mail it came with instead.")
    return connector, _visitor(request, connector) or ""


def _inbox(request: web.Request, given: str) -> tuple[UUID, Converses]:
    try:
        inbox_id = UUID(given)
    except ValueError:
        raise HttpProblem(404, "There is no such chat.") from None
    connector: Connector[Any] | None = request.app[HUB].inboxes.get(inbox_id)
    if not isinstance(connector, Converses):
        raise HttpProblem(404, "There is no such chat.")
    return inbox_id, connector


def _visitor(request: web.Request, connector: Converses) -> str | None:
    """The address in the token that this device holds; a token that isn't ours is as if there were none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Visitor" or not token:
        return None
    try:
        return connector.admit({"visitor": token}, "").address.value
    except Unverified:
        return None


def _json(content: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=orjson.dumps(content, default=str, option=orjson.OPT_UTC_Z),
        status=status,
        content_type="application/json",
        headers=headers,
    )
