"""Who is signed in, and by what: passwords, one-time links, sessions, API tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from hub.http.shapes.base import Body, Line, Shape
from hub.http.shapes.people import AgentOut


class SignIn(Body):
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320)]
    password: Annotated[str, StringConstraints(max_length=1000)]


class LinkSignIn(Body):
    token: Annotated[str, StringConstraints(max_length=200)]
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320)] = ""
    password: Annotated[str, StringConstraints(max_length=1000)] = ""
    workspace: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class LinkOut(Shape):
    """What a one-time link is for, before it is used."""

    purpose: Literal["owner", "signin", "invite"]
    email: str = ""
    workspace: str = ""


class SessionOut(Shape):
    id: UUID
    created_at: datetime
    last_seen_at: datetime
    ip: str
    user_agent: str
    current: bool


class Me(AgentOut):
    workspace: str
    csrf: str
    """Send it back as `X-CSRF-Token` on everything that changes something."""
    settings: dict[str, Any] = Field(default={})
    needs_password: bool = False
    """Came in by a one-time link and has no password yet."""


class MeChange(Body):
    """Only what is given changes; a setting that is `null` is forgotten."""

    name: Line | None = None
    settings: dict[str, Any] | None = None


class PasswordIn(Body):
    current: Annotated[str, StringConstraints(max_length=1000)] = ""
    new: Annotated[str, StringConstraints(min_length=10, max_length=1000)]


class TokenIn(Body):
    name: Line
    scopes: list[Literal["read", "write", "admin"]] = Field(min_length=1)
    days: int | None = Field(default=None, ge=1, le=3650)


class TokenOut(Shape):
    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


class TokenMade(TokenOut):
    secret: str
    """Shown this once."""
