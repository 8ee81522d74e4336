"""What the way out must remember beside its deliveries: the messages one is made of, and inboxes that rest."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, Integer, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.models.base import new_id, text_column, time_column, uuid_column


class Part(SQLModel, table=True):
    """One of the several messages that a delivery needs on its channel; a delivery of one message has none."""

    __table_args__ = (
        UniqueConstraint("delivery_id", "n"),
        Index(
            "uq_part_ref",
            "inbox_id",
            "ref",
            unique=True,
            postgresql_where=text("ref IS NOT NULL"),
            sqlite_where=text("ref IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    delivery_id: UUID = Field(sa_column=uuid_column("delivery.id"))
    inbox_id: UUID = Field(sa_column=uuid_column("inbox.id"))
    n: int = Field(sa_column=Column(Integer, nullable=False))
    state: str = Field(default="queued", sa_column=text_column())
    reason: str = Field(default="", sa_column=text_column())
    ref: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


class Rest(SQLModel, table=True):
    """Why and until when nothing leaves an inbox, for all processes; and when its rate allows the next message."""

    inbox_id: UUID = Field(sa_column=uuid_column("inbox.id", primary=True))
    until: datetime | None = Field(default=None, sa_column=time_column(null=True))
    since: datetime | None = Field(default=None, sa_column=time_column(null=True))
    reason: str = Field(default="", sa_column=text_column())
    failures: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    paced_to: datetime | None = Field(default=None, sa_column=time_column(null=True))
