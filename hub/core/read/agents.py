"""Agents, teams, tags and the workspace, as the console needs them on every screen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.models import Agent, Tag, Team, TeamMember, Workspace

AGENT, TEAM, MEMBER = Agent.__table__, Team.__table__, TeamMember.__table__  # type: ignore[attr-defined]
TAG, WORKSPACE = Tag.__table__, Workspace.__table__  # type: ignore[attr-defined]


def initials(name: str) -> str:
    """One or two letters for an avatar: of the first and the last word."""
    words = [word for word in name.replace("@", " ").split() if word[:1].isalnum()]
    letters = [word[0] for word in (words[:1] + words[1:][-1:])]
    return "".join(letters).upper() or "?"


def agent_ref(agent_id: UUID | None, name: str | None) -> dict[str, Any] | None:
    return {"id": agent_id, "name": name or "", "initials": initials(name or "")} if agent_id else None


def agent_out(conn: Connection, row: Any) -> dict[str, Any]:
    teams = conn.scalars(sa.select(MEMBER.c.team_id).where(MEMBER.c.agent_id == row.id))
    return _agent(row, list(teams))


def agents(conn: Connection) -> list[dict[str, Any]]:
    teams: dict[UUID, list[UUID]] = {}
    for team_id, agent_id in conn.execute(sa.select(MEMBER.c.team_id, MEMBER.c.agent_id)):
        teams.setdefault(agent_id, []).append(team_id)
    found = conn.execute(sa.select(AGENT).order_by(sa.func.lower(AGENT.c.name), AGENT.c.id))
    return [_agent(row, teams.get(row.id, [])) for row in found]


def _agent(row: Any, teams: list[UUID]) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "initials": initials(row.name),
        "email": row.email,
        "role": row.role,
        "active": row.active,
        "on_shift": row.off_since is None,
        "teams": teams,
    }


def teams(conn: Connection) -> list[dict[str, Any]]:
    members: dict[UUID, list[UUID]] = {}
    for team_id, agent_id in conn.execute(sa.select(MEMBER.c.team_id, MEMBER.c.agent_id)):
        members.setdefault(team_id, []).append(agent_id)
    found = conn.execute(sa.select(TEAM).order_by(sa.func.lower(TEAM.c.name)))
    return [{"id": row.id, "name": row.name, "members": members.get(row.id, [])} for row in found]


def tags(conn: Connection) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in conn.execute(sa.select(TAG).order_by(sa.func.lower(TAG.c.name)).limit(1000))]


def workspace_name(conn: Connection) -> str:
    return conn.execute(sa.select(WORKSPACE.c.name)).scalar() or ""
