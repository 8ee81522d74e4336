"""What is said at the start: where the console is, and how its owner gets in the first time."""

from __future__ import annotations

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy import Connection

from hub.core import sessions
from hub.models import Agent
from hub.runtime import HUB

AGENT = Agent.__table__  # type: ignore[attr-defined]


async def console_lines(app: web.Application) -> list[str]:
    """The console's address; on a hub without an owner also the link that makes one."""
    hub = app[HUB]
    secret = await hub.db.write(_owner_link)
    lines = [f"Onethread runs at {hub.config.address}"]
    if secret:
        lines += [
            "Nobody owns it yet. Open this link once, within seven days, to become the owner:",
            f"{hub.config.address}/link/{secret}",
        ]
    return lines


def _owner_link(conn: Connection) -> str | None:
    """A new link at every start, since of earlier ones only hashes are known; the first that is used ends them all."""
    if conn.execute(sa.select(AGENT.c.id).where(AGENT.c.role == "owner").limit(1)).first():
        return None
    return sessions.make_link(conn, "owner")
