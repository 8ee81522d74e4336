"""`Idempotency-Key`: a POST that is sent again, because its answer was lost, is answered and not done again."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy import Connection

from hub.db import insert_missing
from hub.http.ask import Ask
from hub.http.errors import HttpProblem
from hub.models import Idempotency, utcnow

HEADER = "Idempotency-Key"
TABLE = Idempotency.__table__  # type: ignore[attr-defined]
KEPT = timedelta(hours=48)
ABANDONED = timedelta(minutes=1)
"""A process that died in the middle leaves its key behind; after this time somebody else may do the work."""
_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


async def once(ask: Ask, key: str, body: bytes, run: Callable[[], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    """Run unless this key was used before; the same key with another request is an error."""
    if not _KEY.fullmatch(key):
        raise HttpProblem(
            422, f"{HEADER} must be 1 to 100 letters, digits or _ . : -.", fields={HEADER: "Use another key."}
        )
    who = ask.me.id
    request = hashlib.sha256(f"{ask.request.method} {ask.request.path_qs}\n".encode() + body).hexdigest()
    earlier = await ask.write(_claim, who, key, request)
    if earlier is not None:
        return _again(ask, request, earlier)
    try:
        response = await run()
    except BaseException:
        await ask.write(_forget, who, key)
        raise
    if isinstance(response, web.Response) and isinstance(response.body, bytes | None):
        sealed = base64.b64encode(ask.hub.keys.seal(response.body or b"")).decode()
        await ask.write(_keep, who, key, response.status, sealed)
    return response


def _claim(conn: Connection, agent_id: UUID, key: str, request: str) -> Any:
    """`None` when the work is ours to do, else the row of who came first."""
    now = utcnow()
    mine = sa.and_(TABLE.c.agent_id == agent_id, TABLE.c.key == key)
    old = sa.and_(TABLE.c.agent_id == agent_id, TABLE.c.created_at < now - KEPT)
    dead = sa.and_(mine, TABLE.c.status == 0, TABLE.c.created_at < now - ABANDONED)
    conn.execute(sa.delete(TABLE).where(sa.or_(old, dead)))
    row = {"agent_id": agent_id, "key": key, "request": request, "status": 0, "body": "", "created_at": now}
    if insert_missing(conn, TABLE, [row], ("agent_id", "key")):
        return None
    return conn.execute(sa.select(TABLE).where(mine)).one()


def _keep(conn: Connection, agent_id: UUID, key: str, status: int, body: str) -> None:
    mine = sa.and_(TABLE.c.agent_id == agent_id, TABLE.c.key == key)
    conn.execute(sa.update(TABLE).where(mine).values(status=status, body=body))


def _forget(conn: Connection, agent_id: UUID, key: str) -> None:
    """It failed, and may be tried again with the same key."""
    conn.execute(sa.delete(TABLE).where(TABLE.c.agent_id == agent_id, TABLE.c.key == key, TABLE.c.status == 0))


def _again(ask: Ask, request: str, earlier: Any) -> web.Response:
    if earlier.request != request:
        raise HttpProblem(422, f"This {HEADER} was used for another request. Use a new key for a new request.")
    if earlier.status == 0:
        sentence = "The first request with this key is still running. Ask again in a moment."
        raise HttpProblem(409, sentence, headers={"Retry-After": "1"})
    content = ask.hub.keys.open(base64.b64decode(earlier.body))
    kind = {"content_type": "application/json"} if content else {}
    return web.Response(body=content, status=earlier.status, headers={"Idempotency-Replayed": "true"}, **kind)  # type: ignore[arg-type]
