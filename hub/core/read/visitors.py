"""What the hub knows of somebody who opens a live chat: whose thread it is, and how to reach them otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.read.agents import initials
from hub.db import among
from hub.models import Agent, Attachment, Case, Claim, Customer, Identity, Thread

IDENTITY, CUSTOMER, THREAD = Identity.__table__, Customer.__table__, Thread.__table__  # type: ignore[attr-defined]
CLAIM, CASE = Claim.__table__, Case.__table__  # type: ignore[attr-defined]
AGENT, ATTACHMENT = Agent.__table__, Attachment.__table__  # type: ignore[attr-defined]

UPLOADS = UUID("6f1f7c52-5d0a-4f0e-9b52-3f4d0c6a7e10")


@dataclass(frozen=True, slots=True)
class Known:
    thread_id: UUID
    customer_id: UUID
    name: str
    proven: bool
    """They came by a chat link or their site vouched for them: their history is theirs to see."""


_KNOWN = (
    sa.select(
        IDENTITY.c.address,
        IDENTITY.c.trust,
        THREAD.c.id,
        THREAD.c.customer_id,
        CUSTOMER.c.name,
    )
    .join_from(IDENTITY, CUSTOMER, CUSTOMER.c.id == IDENTITY.c.customer_id)
    .join(THREAD, THREAD.c.customer_id == sa.func.coalesce(CUSTOMER.c.merged_into, CUSTOMER.c.id))
    .where(IDENTITY.c.kind == "visitor", among(IDENTITY.c.address, "addresses"))
)


def known(conn: Connection, addresses: Iterable[str]) -> dict[str, Known]:
    """Those of the visitors who have said something before, or were invited."""
    rows = conn.execute(_KNOWN, {"addresses": list(addresses)})
    return {row.address: Known(row.id, row.customer_id, row.name, row.trust == "verified") for row in rows}


def merged(conn: Connection, thread_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the threads that became another one."""
    rows = sa.select(THREAD.c.id).where(among(THREAD.c.id, "ids"), THREAD.c.merged_into.is_not(None))
    return set(conn.scalars(rows, {"ids": list(thread_ids)}))


def has_email(conn: Connection, customer_id: UUID) -> bool:
    """Could we write to them by mail already?"""
    mine = sa.select(IDENTITY.c.id).where(IDENTITY.c.customer_id == customer_id, IDENTITY.c.kind == "email")
    typed = sa.select(CLAIM.c.id).where(CLAIM.c.customer_id == customer_id, CLAIM.c.kind == "email")
    return conn.execute(sa.union_all(mine, typed).limit(1)).first() is not None


def answering(conn: Connection, thread_id: UUID) -> dict[str, Any] | None:
    """Who takes care of the thread's latest case."""
    rows = (
        sa.select(AGENT.c.name)
        .join_from(CASE, AGENT, AGENT.c.id == CASE.c.assignee_id)
        .where(CASE.c.thread_id == thread_id, CASE.c.status != "spam")
        .order_by(CASE.c.last_at.desc())
        .limit(1)
    )
    name = conn.execute(rows).scalar()
    return {"name": name, "initials": initials(name)} if name else None


def owner_of_uploads(visitor: str) -> UUID:
    """Files wait under this id until the message that they belong to comes."""
    return uuid5(UPLOADS, visitor)


def uploads(conn: Connection, visitor: str, ids: Iterable[UUID]) -> list[dict[str, Any]]:
    """The visitor's own uploads among these; another's are as if they didn't exist."""
    c = ATTACHMENT.c
    wanted = list(ids)
    rows = sa.select(c.id, c.name, c.type, c.size, c.sha256).where(
        among(c.id, "ids"), c.owner_id == owner_of_uploads(visitor)
    )
    found = {row.id: dict(row._mapping) for row in conn.execute(rows, {"ids": wanted})}
    return [found[id_] for id_ in wanted if id_ in found]
