"""Agents, teams and customers, and how they are reached."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from hub.http.shapes.base import Body, Line, Role, Shape


class AgentRef(Shape):
    id: UUID
    name: str
    initials: str


class AgentOut(AgentRef):
    email: str
    role: Role
    active: bool
    on_shift: bool = True
    """Off shift, what they promised is the team's."""
    teams: list[UUID] = Field(default=[])


class AgentIn(Body):
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]
    name: Line
    role: Role = "agent"


class AgentChange(Body):
    name: Line | None = None
    role: Role | None = None
    active: bool | None = None


class AgentInvited(AgentOut):
    link: str
    """One-time address to hand over; valid for seven days."""


class TeamOut(Shape):
    id: UUID
    name: str
    members: list[UUID] = Field(default=[])


class TeamIn(Body):
    name: Line
    members: list[UUID] = Field(default=[], max_length=1000)


class TeamChange(Body):
    name: Line | None = None
    members: list[UUID] | None = Field(default=None, max_length=1000)
    """All of them; who isn't named leaves."""


class TagOut(Shape):
    id: UUID
    name: str
    colour: str = "slate"


class IdentityOut(Shape):
    id: UUID
    kind: str
    address: str
    name: str = ""
    trust: Literal["verified", "claimed"]
    proven_by: str = ""
    """`code`, `agent` (which can be taken back), or empty where the channel itself vouches."""
    shared: bool = False
    last_seen_at: datetime | None = None
    undeliverable: str = ""
    """Why mail to it bounces, in words; empty while it works."""


class ClaimOut(Shape):
    """An address somebody typed: can be written to, proves nothing."""

    id: UUID
    kind: str
    address: str
    at: datetime


class CustomerOut(Shape):
    id: UUID
    thread_id: UUID
    name: str
    locale: str = ""
    timezone: str = ""
    preferred_channel: str = ""
    preferred_by: Literal["", "customer", "agent"] = ""
    identities: list[IdentityOut] = Field(default=[])
    claims: list[ClaimOut] = Field(default=[])
    created_at: datetime


class CustomerChange(Body):
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    locale: Annotated[str, StringConstraints(max_length=35)] | None = None
    timezone: Annotated[str, StringConstraints(max_length=64)] | None = None


class CustomerIn(Body):
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    kind: Line = "email"
    address: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=320)]


class ChatLinkOut(Shape):
    url: str
    expires_at: datetime
