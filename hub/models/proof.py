"""Proving who somebody is, joining two customers, and what makes both reversible."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Integer, text
from sqlmodel import Field, SQLModel

from hub.models.base import json_column, new_id, text_column, time_column, utcnow, uuid_column

OPEN = text("state = 'open'")
UNJOINED = text("joins IS NOT NULL")


class ProofCode(SQLModel, table=True):
    """A one-time code that has to cross from one side to the other. The code itself is stored nowhere.

    `way` is `there`: sent to the address, to be typed in the conversation that asked; or `here`: shown in that
    conversation, to be sent from the address; or `link`: sent where a chat link was sent, typed on a second device.
    """

    __tablename__ = "proof_code"
    __table_args__ = (
        Index("ix_proof_code_address", "kind", "address", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_proof_code_thread", "thread_id", "created_at"),
        Index("ix_proof_code_joins", "id", postgresql_where=UNJOINED, sqlite_where=UNJOINED),
    )

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    thread_id: UUID = Field(sa_column=uuid_column("thread.id"))
    case_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    way: str = Field(sa_column=text_column(None))
    kind: str = Field(sa_column=text_column(None))
    address: str = Field(sa_column=text_column(None))
    inbox_id: UUID = Field(sa_column=uuid_column("inbox.id"))
    link_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    device: str = Field(default="", sa_column=text_column())
    state: str = Field(default="open", sa_column=text_column())
    """`open`, then `proved`, `failed` (too many wrong ones), or `replaced` by a newer one."""
    tries: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    joins: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    """The customer who has the proven address and waits to be merged."""
    agent_id: UUID | None = Field(default=None, sa_column=uuid_column("agent.id", null=True))
    expires_at: datetime = Field(sa_column=time_column())
    settled_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class Merge(SQLModel, table=True):
    """Two customers became one. The journal holds all that undoing needs."""

    __table_args__ = (Index("ix_merge_from", "from_id"), Index("ix_merge_into", "into_id"))

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    from_id: UUID = Field(sa_column=uuid_column("customer.id"))
    into_id: UUID = Field(sa_column=uuid_column("customer.id"))
    from_thread: UUID = Field(sa_column=uuid_column("thread.id"))
    into_thread: UUID = Field(sa_column=uuid_column("thread.id"))
    reason: str = Field(default="", sa_column=text_column())
    by: str = Field(default="", sa_column=text_column())
    agent_id: UUID | None = Field(default=None, sa_column=uuid_column("agent.id", null=True))
    journal: dict[str, Any] = Field(sa_column=json_column(null=False))
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())
    undone_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
