"""Is this hub well? For load balancers, and for the person who looks after it."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from aiohttp import web

from hub.db import DatabaseGone
from hub.runtime import HUB

PATIENCE_S = 3


async def health(request: web.Request) -> web.Response:
    """200 while the hub and its database answer."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await request.app[HUB].db.read(lambda conn: conn.execute(sa.text("SELECT 1")).scalar())
    except TimeoutError:
        raise DatabaseGone("the database doesn't answer in time") from None
    return web.json_response({"status": "ok"})


def install(router: web.UrlDispatcher) -> None:
    router.add_get("/health", health)
