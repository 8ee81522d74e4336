"""Work laid over the thread: cases, tags, drafts, and what the API must remember."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Integer, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.models.base import json_column, new_id, text_column, time_column, utcnow, uuid_column
from hub.models.thread import count_column


class Case(SQLModel, table=True):
    """A piece of work: who does it, how far it is, and what the list shows of it."""

    __table_args__ = (
        Index("ix_case_thread", "thread_id", "last_at"),
        Index("ix_case_list", "status", "last_at", "id"),
        Index("ix_case_assignee", "assignee_id", "status", "last_at", "id"),
        Index("ix_case_channel", "channel", "status", "last_at", "id"),
        Index(
            "ix_case_wake",
            "snoozed_until",
            postgresql_where=text("status = 'snoozed'"),
            sqlite_where=text("status = 'snoozed'"),
        ),
    )

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    thread_id: UUID = Field(sa_column=uuid_column("thread.id"))
    subject: str = Field(default="", sa_column=text_column())
    status: str = Field(default="open", sa_column=text_column())
    assignee_id: UUID | None = Field(default=None, sa_column=uuid_column("agent.id", null=True))
    team_id: UUID | None = Field(default=None, sa_column=uuid_column("team.id", null=True))
    priority: int = Field(default=1, sa_column=Column(Integer, nullable=False, server_default="1"))
    restricted: bool = Field(default=False)
    channel: str = Field(default="", sa_column=text_column())
    origin: dict[str, Any] | None = Field(default=None, sa_column=json_column())
    preview: str = Field(default="", sa_column=text_column())
    preview_by: str = Field(default="", sa_column=text_column())
    preview_agent_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    last_at: datetime = Field(sa_column=time_column())
    last_seq: int = Field(default=0, sa_column=count_column())
    last_in_seq: int = Field(default=0, sa_column=count_column())
    asked_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    waiting_since: datetime | None = Field(default=None, sa_column=time_column(null=True))
    first_response_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    snoozed_until: datetime | None = Field(default=None, sa_column=time_column(null=True))
    until_reply: bool = Field(default=False)
    failed: bool = Field(default=False)
    answers: dict[str, Any] | None = Field(default=None, sa_column=json_column())
    """What the customer chose or filled in, by each question's key; the API calls them `values`."""
    question_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    """The open question that a plain reply may answer."""
    opened_at: datetime = Field(sa_column=time_column())
    done_at: datetime | None = Field(default=None, sa_column=time_column(null=True))


class CaseTally(SQLModel, table=True):
    """How many cases an assignee has in a state on a channel, kept with each change; summed over the shards."""

    __tablename__ = "case_tally"

    assignee: str = Field(sa_column=Column(Text, primary_key=True))
    status: str = Field(sa_column=Column(Text, primary_key=True))
    channel: str = Field(sa_column=Column(Text, primary_key=True))
    shard: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    n: int = Field(default=0, sa_column=count_column())


class Tag(SQLModel, table=True):
    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    name: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    colour: str = Field(default="slate", sa_column=text_column())


class CaseTag(SQLModel, table=True):
    __tablename__ = "case_tag"

    case_id: UUID = Field(sa_column=uuid_column("case.id", primary=True))
    tag_id: UUID = Field(sa_column=uuid_column("tag.id", primary=True, index=True))


class Draft(SQLModel, table=True):
    """Text not yet said. One that waits to be sent has `send_at` and becomes an entry when it is due."""

    __table_args__ = (
        UniqueConstraint("agent_id", "thread_id", "slot"),
        Index(
            "ix_draft_due",
            "send_at",
            postgresql_where=text("send_at IS NOT NULL"),
            sqlite_where=text("send_at IS NOT NULL"),
        ),
        Index("ix_draft_thread", "thread_id"),
    )

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    agent_id: UUID = Field(sa_column=uuid_column("agent.id"))
    thread_id: UUID = Field(sa_column=uuid_column("thread.id"))
    slot: str = Field(sa_column=text_column(None))
    content: dict[str, Any] = Field(sa_column=json_column(null=False))
    version: int = Field(default=1, sa_column=Column(Integer, nullable=False, server_default="1"))
    send_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    client_key: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    held_reason: str = Field(default="", sa_column=text_column())
    updated_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class Idempotency(SQLModel, table=True):
    """The answer a key got, so that a repeated POST is answered and not done again."""

    agent_id: UUID = Field(sa_column=uuid_column(primary=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    request: str = Field(sa_column=text_column(None))
    status: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    body: str = Field(default="", sa_column=text_column())
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class ChatLink(SQLModel, table=True):
    """An invitation into live chat: for one customer, until a moment, on the first device that presses its button."""

    __tablename__ = "chat_link"

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    customer_id: UUID = Field(sa_column=uuid_column("customer.id"))
    case_id: UUID | None = Field(default=None, sa_column=uuid_column("case.id", null=True, late=True))
    inbox_id: UUID = Field(sa_column=uuid_column("inbox.id"))
    visitor: str = Field(default="", sa_column=text_column())
    to_kind: str = Field(default="", sa_column=text_column())
    to_address: str = Field(default="", sa_column=text_column())
    """Where the link was sent: a second device is asked for a code that goes there."""
    expires_at: datetime = Field(sa_column=time_column())
    used_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())
