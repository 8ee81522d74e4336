"""Who may see or do what. List, search, socket, files and direct ids all ask here and nowhere else (rule 16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.changes import Actor
from hub.core.errors import Forbidden, NotFound
from hub.db import among
from hub.models import Case, Customer, Thread

CASE, THREAD, CUSTOMER = Case.__table__, Thread.__table__, Customer.__table__  # type: ignore[attr-defined]


class Right(StrEnum):
    """What somebody may do, from looking to owning."""

    READ = "read"
    """See threads, cases, customers and what is needed to show them."""
    WORK = "work"
    """Answer, note, and move cases on."""
    MANAGE = "manage"
    """Inboxes, agents, teams, dead envelopes, original mails, the workspace."""
    OWN = "own"
    """Make, change and switch off owners."""
    SELF = "self"
    """One's own password, sessions, settings and tokens; never given to a token."""


BY_ROLE: dict[str, frozenset[Right]] = {
    "agent": frozenset({Right.READ, Right.WORK, Right.SELF}),
    "admin": frozenset({Right.READ, Right.WORK, Right.SELF, Right.MANAGE}),
    "owner": frozenset(Right),
}
BY_SCOPE: dict[str, frozenset[Right]] = {
    "read": frozenset({Right.READ}),
    "write": frozenset({Right.READ, Right.WORK}),
    "admin": frozenset({Right.READ, Right.WORK, Right.MANAGE, Right.OWN}),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """An agent, or a program with an agent's token, as the access function sees them."""

    id: UUID
    name: str
    email: str
    role: str
    rights: frozenset[Right]

    @property
    def actor(self) -> Actor:
        return Actor("agent", self.id, self.name)


def rights(role: str, scopes: Iterable[str] | None = None) -> frozenset[Right]:
    """An agent's rights; a token has those of its agent that its scopes name."""
    held = BY_ROLE.get(role, frozenset())
    if scopes is None:
        return held
    return held & frozenset().union(*(BY_SCOPE.get(scope, frozenset()) for scope in scopes))


def may(conn: Connection, viewer: Viewer, right: Right, thread_id: UUID) -> bool:
    """May they do this with that thread? An unknown thread is refused like a forbidden one."""
    return right in viewer.rights and bool(readable(conn, viewer, [thread_id]))


def readable(conn: Connection, viewer: Viewer, thread_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the threads that exist and that they may see; every agent of the workspace sees every thread."""
    if Right.READ not in viewer.rights:
        return set()
    return set(conn.scalars(_EXISTING, {"ids": list(thread_ids)}))


def require(conn: Connection, viewer: Viewer, right: Right, thread_id: UUID) -> None:
    """Raises `NotFound` for what they may not know of, `Forbidden` for what they may see and not do."""
    if not readable(conn, viewer, [thread_id]):
        raise NotFound("thread")
    if right not in viewer.rights:
        raise Forbidden("Your role or token doesn't allow this.")


def cases_for(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The condition that every statement over cases carries."""
    return sa.true() if Right.READ in viewer.rights else sa.false()


_EXISTING: sa.Select[Any] = sa.select(THREAD.c.id).where(among(THREAD.c.id, "ids"), THREAD.c.merged_into.is_(None))
