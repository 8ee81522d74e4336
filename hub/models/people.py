"""Customers and how they are reached; agents and how they sign in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from hub.models.base import json_column, new_id, text_column, time_column, utcnow, uuid_column


class Customer(SQLModel, table=True):
    """The person we serve. A merged customer stays and points at the one it became."""

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    name: str = Field(default="", sa_column=text_column())
    locale: str = Field(default="", sa_column=text_column())
    timezone: str = Field(default="", sa_column=text_column())
    merged_into: UUID | None = Field(default=None, sa_column=uuid_column("customer.id", null=True))
    sample: bool = Field(default=False)
    preferred_channel: str = Field(default="", sa_column=text_column())
    preferred_by: str = Field(default="", sa_column=text_column())
    """Who said so: `customer` or `agent`."""
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class Identity(SQLModel, table=True):
    """One address of a customer. Kind is not channel: a phone number serves SMS, WhatsApp and voice."""

    __table_args__ = (UniqueConstraint("kind", "address"),)

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    kind: str = Field(sa_column=text_column(None))
    address: str = Field(sa_column=text_column(None))
    customer_id: UUID = Field(sa_column=uuid_column("customer.id", late=True, index=True))
    name: str = Field(default="", sa_column=text_column())
    trust: str = Field(default="claimed", sa_column=text_column())
    proven_by: str = Field(default="", sa_column=text_column())
    """`code`, or `agent` for a confirmation, which can be taken back; empty where the channel itself vouches."""
    shared: bool = Field(default=False)
    undeliverable: str = Field(default="", sa_column=text_column())
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class Claim(SQLModel, table=True):
    """An address somebody typed for a customer: can be written to, proves nothing."""

    __table_args__ = (UniqueConstraint("customer_id", "kind", "address"), Index("ix_claim_address", "kind", "address"))

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    customer_id: UUID = Field(sa_column=uuid_column("customer.id", late=True))
    kind: str = Field(sa_column=text_column(None))
    address: str = Field(sa_column=text_column(None))
    state: str = Field(default="open", sa_column=text_column())
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class Agent(SQLModel, table=True):
    """Somebody who works in the console."""

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    email: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    name: str = Field(sa_column=text_column(None))
    role: str = Field(default="agent", sa_column=text_column())
    password_hash: str = Field(default="", sa_column=text_column())
    active: bool = Field(default=True)
    off_since: datetime | None = Field(default=None, sa_column=time_column(null=True))
    """Off shift since then: what they promised is the team's."""
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=json_column(null=False))
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class Team(SQLModel, table=True):
    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    name: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class TeamMember(SQLModel, table=True):
    __tablename__ = "team_member"

    team_id: UUID = Field(sa_column=uuid_column("team.id", primary=True))
    agent_id: UUID = Field(sa_column=uuid_column("agent.id", primary=True))


class Session(SQLModel, table=True):
    """A signed-in browser: the cookie holds a random token, this row its hash, so that it can be listed and revoked."""

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    agent_id: UUID = Field(sa_column=uuid_column("agent.id", index=True))
    csrf: str = Field(sa_column=text_column(None))
    ip: str = Field(default="", sa_column=text_column())
    user_agent: str = Field(default="", sa_column=text_column())
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())
    last_seen_at: datetime = Field(default_factory=utcnow, sa_column=time_column())
    expires_at: datetime = Field(sa_column=time_column())


class ApiToken(SQLModel, table=True):
    """A program's key; acts with the rights of the agent who made it, narrowed by its scopes."""

    __tablename__ = "api_token"

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    agent_id: UUID = Field(sa_column=uuid_column("agent.id", index=True))
    name: str = Field(sa_column=text_column(None))
    scopes: list[str] = Field(sa_column=json_column(null=False))
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())
    expires_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    last_used_at: datetime | None = Field(default=None, sa_column=time_column(null=True))


class OneTimeLink(SQLModel, table=True):
    """A link that works once: the owner's first sign-in, an agent's, an invitation."""

    __tablename__ = "one_time_link"

    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    purpose: str = Field(sa_column=text_column(None))
    agent_id: UUID | None = Field(default=None, sa_column=uuid_column("agent.id", null=True))
    expires_at: datetime = Field(sa_column=time_column())
    used_at: datetime | None = Field(default=None, sa_column=time_column(null=True))


class Workspace(SQLModel, table=True):
    """The organisation; one row."""

    id: int = Field(default=1, primary_key=True)
    name: str = Field(default="", sa_column=text_column())
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=json_column(null=False))
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())
