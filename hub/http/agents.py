"""Agents, teams, tags and the workspace."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from hub import __version__
from hub.core import sessions
from hub.core.access import Right, Viewer
from hub.core.errors import Conflict, Forbidden, NotFound
from hub.core.read import agents as read
from hub.core.read import cases
from hub.core.samples import remove_samples
from hub.http.ask import Ask
from hub.http.openapi import Routes
from hub.http.session import name_workspace
from hub.http.shapes import (
    AgentChange,
    AgentIn,
    AgentInvited,
    AgentOut,
    TagOut,
    TeamChange,
    TeamIn,
    TeamOut,
    WorkspaceChange,
    WorkspaceOut,
)
from hub.models import Agent, Case, Customer, Team, TeamMember, new_id, utcnow

AGENT, TEAM, MEMBER = Agent.__table__, Team.__table__, TeamMember.__table__  # type: ignore[attr-defined]
CUSTOMER, CASE = Customer.__table__, Case.__table__  # type: ignore[attr-defined]

routes = Routes("agents")


@routes.get("/agents", Right.READ)
async def list_agents(ask: Ask) -> list[AgentOut]:
    """Everybody who works here, those switched off included."""
    return [AgentOut.model_validate(row) for row in await ask.read(read.agents)]


@routes.post("/agents", Right.MANAGE, status=201)
async def invite_agent(ask: Ask, agent: AgentIn) -> AgentInvited:
    """Add an agent; the answer holds a one-time link to hand over."""
    made, secret = await ask.write(invite, agent.email, agent.name, agent.role, ask.me)
    return AgentInvited.model_validate({**made, "link": f"{ask.hub.config.address}/link/{secret}"})


def invite(conn: Connection, email: str, name: str, role: str, by: Viewer | None = None) -> tuple[dict[str, Any], str]:
    """Add an agent and a link to sign in with; who was invited before and never came gets a new link."""
    _check_owner(by, role)
    email = email.casefold()
    known = conn.execute(sa.select(AGENT).where(sa.func.lower(AGENT.c.email) == email)).first()
    if known and known.password_hash:
        raise Conflict(f"{email} is an agent already.")
    if known is None:
        agent_id = new_id()
        row = {
            "id": agent_id,
            "email": email,
            "name": name,
            "role": role,
            "password_hash": "",
            "active": True,
            "settings": {},
        }
        conn.execute(sa.insert(AGENT).values(**row, created_at=utcnow()))
    else:
        agent_id = known.id
        _check_owner(by, known.role)
        conn.execute(sa.update(AGENT).where(AGENT.c.id == agent_id).values(name=name, role=role, active=True))
    secret = sessions.make_link(conn, "invite", agent_id)
    made = conn.execute(sa.select(AGENT).where(AGENT.c.id == agent_id)).one()
    return read.agent_out(conn, made), secret


def _check_owner(by: Viewer | None, role: str) -> None:
    if by and role == "owner" and Right.OWN not in by.rights:
        raise Forbidden("Only an owner can make or change an owner.")


@routes.patch("/agents/{id}", Right.MANAGE)
async def change_agent(ask: Ask, id: UUID, change: AgentChange) -> AgentOut:
    """Rename, give another role, or switch off; who is switched off is signed out at once."""
    return AgentOut.model_validate(await ask.write(_change_agent, ask.me, id, change))


def _change_agent(conn: Connection, me: Viewer, agent_id: UUID, change: AgentChange) -> dict[str, Any]:
    row = conn.execute(sa.select(AGENT).where(AGENT.c.id == agent_id).with_for_update()).first()
    if row is None:
        raise NotFound("agent")
    values = change.model_dump(exclude_none=True)
    _check_owner(me, row.role)
    _check_owner(me, values.get("role", ""))
    loses_owner = row.role == "owner" and (values.get("role", "owner") != "owner" or values.get("active") is False)
    if loses_owner and not _other_owner(conn, agent_id):
        raise Conflict("This is the only owner. Make somebody else an owner first.")
    if values:
        conn.execute(sa.update(AGENT).where(AGENT.c.id == agent_id).values(values))
    if values.get("active") is False:
        sessions.revoke_others(conn, agent_id, keep=None)
    return read.agent_out(conn, conn.execute(sa.select(AGENT).where(AGENT.c.id == agent_id)).one())


def _other_owner(conn: Connection, agent_id: UUID) -> bool:
    others = sa.select(AGENT.c.id).where(AGENT.c.role == "owner", AGENT.c.active, AGENT.c.id != agent_id)
    return conn.execute(others.with_for_update()).first() is not None


# --- teams ---


@routes.get("/teams", Right.READ)
async def list_teams(ask: Ask) -> list[TeamOut]:
    """Groups that work goes to."""
    return [TeamOut.model_validate(row) for row in await ask.read(read.teams)]


@routes.post("/teams", Right.MANAGE, status=201)
async def add_team(ask: Ask, team: TeamIn) -> TeamOut:
    """Make a team."""
    return TeamOut.model_validate(await ask.write(_put_team, None, team.name, team.members))


@routes.patch("/teams/{id}", Right.MANAGE)
async def change_team(ask: Ask, id: UUID, change: TeamChange) -> TeamOut:
    """Rename a team, or say anew who is in it."""
    return TeamOut.model_validate(await ask.write(_put_team, id, change.name, change.members))


def _put_team(conn: Connection, team_id: UUID | None, name: str | None, members: list[UUID] | None) -> dict[str, Any]:
    try:
        if team_id is None:
            team_id = new_id()
            conn.execute(sa.insert(TEAM).values(id=team_id, name=name, created_at=utcnow()))
        elif not conn.execute(sa.select(TEAM.c.id).where(TEAM.c.id == team_id)).first():
            raise NotFound("team")
        elif name is not None:
            conn.execute(sa.update(TEAM).where(TEAM.c.id == team_id).values(name=name))
    except IntegrityError:
        raise Conflict(f"There is a team called {name} already. Choose another name.") from None
    if members is not None:
        _set_members(conn, team_id, members)
    return next(team for team in read.teams(conn) if team["id"] == team_id)


def _set_members(conn: Connection, team_id: UUID, members: list[UUID]) -> None:
    wanted = list(dict.fromkeys(members))
    known = set(conn.scalars(sa.select(AGENT.c.id).where(AGENT.c.id.in_(wanted))))
    if len(known) != len(wanted):
        raise NotFound("agent")
    conn.execute(sa.delete(MEMBER).where(MEMBER.c.team_id == team_id))
    if wanted:
        conn.execute(sa.insert(MEMBER), [{"team_id": team_id, "agent_id": agent_id} for agent_id in wanted])


@routes.delete("/teams/{id}", Right.MANAGE)
async def remove_team(ask: Ask, id: UUID) -> None:
    """Remove a team that no open case belongs to."""
    await ask.write(_remove_team, id)


def _remove_team(conn: Connection, team_id: UUID) -> None:
    busy = sa.select(CASE.c.id).where(CASE.c.team_id == team_id).limit(1)
    if conn.execute(busy).first():
        raise Conflict("Cases belong to this team. Give them to another team first.")
    conn.execute(sa.delete(MEMBER).where(MEMBER.c.team_id == team_id))
    if not conn.execute(sa.delete(TEAM).where(TEAM.c.id == team_id)).rowcount:
        raise NotFound("team")


@routes.get("/tags", Right.READ)
async def list_tags(ask: Ask) -> list[TagOut]:
    """Every tag in use."""
    return [TagOut.model_validate(row) for row in await ask.read(read.tags)]


# --- workspace ---


@routes.get("/workspace", Right.READ)
async def get_workspace(ask: Ask) -> WorkspaceOut:
    """The organisation this hub belongs to."""
    return WorkspaceOut.model_validate(await ask.read(_workspace, ask.hub.config.address))


@routes.patch("/workspace", Right.MANAGE)
async def change_workspace(ask: Ask, change: WorkspaceChange) -> WorkspaceOut:
    """Rename the workspace; customers see this name."""
    await ask.write(name_workspace, change.name)
    return WorkspaceOut.model_validate(await ask.read(_workspace, ask.hub.config.address))


@routes.delete("/workspace/sample", Right.MANAGE)
async def remove_sample(ask: Ask) -> None:
    """Remove the demo's sample customers and agents; what you wrote yourself stays."""
    await ask.write(remove_samples)


def _workspace(conn: Connection, address: str) -> dict[str, Any]:
    customers = conn.execute(sa.select(sa.func.count()).select_from(CUSTOMER)).scalar_one()
    sample = conn.execute(sa.select(CUSTOMER.c.id).where(CUSTOMER.c.sample).limit(1)).first()
    return {
        "name": read.workspace_name(conn),
        "public_url": address,
        "version": __version__,
        "customers": customers,
        "cases": cases.tally(conn).count(),
        "sample": sample is not None,
    }
