"""Does a right that opened a socket still hold? Asked for all sockets of a process at once, every few seconds."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.access import Viewer, rights
from hub.db import among
from hub.models import Agent, ApiToken, Session, utcnow

AGENT, SESSION, TOKEN = Agent.__table__, Session.__table__, ApiToken.__table__  # type: ignore[attr-defined]

_WHO = AGENT.c.id.label("agent_id"), AGENT.c.name, AGENT.c.email, AGENT.c.role
_SESSIONS = (
    sa.select(SESSION.c.id, *_WHO)
    .join_from(SESSION, AGENT, SESSION.c.agent_id == AGENT.c.id)
    .where(among(SESSION.c.id, "ids"), SESSION.c.expires_at > sa.bindparam("now", type_=SESSION.c.expires_at.type))
    .where(AGENT.c.active)
)
_TOKENS = (
    sa.select(TOKEN.c.id, TOKEN.c.scopes, *_WHO)
    .join_from(TOKEN, AGENT, TOKEN.c.agent_id == AGENT.c.id)
    .where(among(TOKEN.c.id, "ids"), AGENT.c.active)
    .where(
        sa.or_(TOKEN.c.expires_at.is_(None), TOKEN.c.expires_at > sa.bindparam("now", type_=TOKEN.c.expires_at.type))
    )
)


def still(conn: Connection, held: Iterable[tuple[UUID, bool]]) -> dict[UUID, Viewer]:
    """Those of the sessions, or tokens where the flag is set, that are valid now, with today's rights."""
    all_held, now = list(held), utcnow()
    by_session = [id_ for id_, is_token in all_held if not is_token]
    by_token = [id_ for id_, is_token in all_held if is_token]
    found: dict[UUID, Viewer] = {}
    for row in conn.execute(_SESSIONS, {"ids": by_session, "now": now}) if by_session else ():
        found[row.id] = Viewer(row.agent_id, row.name, row.email, row.role, rights(row.role))
    for held_by in conn.execute(_TOKENS, {"ids": by_token, "now": now}) if by_token else ():
        id_, scopes, agent_id, name, email, role = held_by
        found[id_] = Viewer(agent_id, name, email, role, rights(role, scopes))
    return found
