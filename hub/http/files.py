"""Files that people sent: stored by their content, and given back so that a browser never runs them in our name."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

import sqlalchemy as sa
from aiohttp import web

from hub.blobs import Blobs
from hub.core.desk import FILE_PURPOSE
from hub.db import DatabaseGone
from hub.http.ask import Ask
from hub.http.errors import HttpProblem, unreadable_text
from hub.models import Attachment
from hub.runtime import HUB
from hub.secrets import BadToken, Expired

ATTACHMENT = Attachment.__table__  # type: ignore[attr-defined]

SHOWN_INLINE = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}
"""Kinds that a browser can only draw; SVG, HTML and PDF run scripts and are downloads."""
DEFAULT_TYPE = "application/octet-stream"
LONGEST_NAME = 200
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]+')


def file_name(given: str) -> str:
    """A name that is only a name: no folders, no control or direction characters."""
    name = unquote(given, errors="replace")
    name = _NOT_IN_NAMES.sub(" ", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    if len(name) > LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: LONGEST_NAME - 20]}{dot}{ending[:19]}" if dot else name[:LONGEST_NAME]
    return name or "file"


def media_type(given: str) -> str:
    kind = given.partition(";")[0].strip().lower()
    return kind if _TYPE.fullmatch(kind) else DEFAULT_TYPE


async def receive(ask: Ask, limit: int) -> dict[str, Any]:
    """Store the request's body; returns what describes it. The bytes are on disk before their row is."""
    given = ask.request.headers.get("X-File-Name", "")
    if unreadable_text(given):
        raise HttpProblem(422, "The file's name can't be read.", fields={"x-file-name": "Percent-encode it as UTF-8."})
    content = await ask.body(limit)
    if not content:
        raise HttpProblem(422, "The file is empty. Choose another one.")
    return {
        "name": file_name(given),
        "type": media_type(ask.request.headers.get("Content-Type", "")),
        "size": len(content),
        "sha256": await store(ask.hub.blobs, content),
    }


async def store(blobs: Blobs, content: bytes) -> str:
    try:
        return await blobs.put(content)
    except OSError as error:
        raise DatabaseGone(f"The file store has no room: {error.strerror or error}") from error


async def download(ask: Ask, file: Any, *, inline: bool = False) -> web.Response:
    try:
        content = await ask.hub.blobs.get(file.sha256)
    except FileNotFoundError:
        raise HttpProblem(404, f"{file.name} is missing in the file store. Restore it from a backup.") from None
    inline = inline and file.type in SHOWN_INLINE
    return response(content, file.name, file.type if inline else DEFAULT_TYPE, inline=inline)


def response(content: bytes, name: str, kind: str, *, inline: bool = False) -> web.Response:
    """Sandboxed, never sniffed, and kept only by the browser it was given to."""
    ascii_name = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    how = "inline" if inline else "attachment"
    headers = {
        "Content-Disposition": f"{how}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, max-age=86400, immutable",
    }
    return web.Response(body=content, content_type=kind, headers=headers)


async def give_to_provider(request: web.Request) -> web.Response:
    """A file of an answer, for the provider that carries it: it was told this address, which works for an hour."""
    hub = request.app[HUB]
    try:
        attachment_id = UUID(hub.keys.read_token(FILE_PURPOSE, request.match_info["token"])["id"])
    except Expired:
        raise HttpProblem(410, "This file's address has run out.") from None
    except (BadToken, ValueError):
        raise HttpProblem(404, "There is no such file.") from None
    said = sa.select(ATTACHMENT).where(ATTACHMENT.c.id == attachment_id, ATTACHMENT.c.entry_id.is_not(None))
    row = await hub.db.read(lambda conn: conn.execute(said).first())
    if row is None:
        raise HttpProblem(404, "There is no such file.")
    try:
        content = await hub.blobs.get(row.sha256)
    except FileNotFoundError:
        raise HttpProblem(404, "There is no such file.") from None
    answer = response(content, row.name, media_type(row.type))
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


def install(router: web.UrlDispatcher) -> None:
    router.add_get("/f/{token}/{name}", give_to_provider)
