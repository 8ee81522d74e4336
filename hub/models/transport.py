"""How entries come and go: inboxes, envelopes, deliveries and their lanes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.models.base import json_column, new_id, text_column, time_column, utcnow, uuid_column
from hub.models.thread import count_column


class Inbox(SQLModel, table=True):
    """One configured connector. Its settings hold secrets and are stored sealed."""

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    connector: str = Field(sa_column=text_column(None))
    channel: str = Field(sa_column=text_column(None))
    name: str = Field(sa_column=text_column(None))
    address: str = Field(default="", sa_column=text_column())
    settings: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    active: bool = Field(default=True)
    paused_reason: str = Field(default="", sa_column=text_column())
    version: int = Field(default=1, sa_column=Column(Integer, nullable=False, server_default="1"))
    removed_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    last_in_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    """Written every few seconds by what took something in: an index over all envelopes would cost each arrival more."""
    reconciled_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    """Up to then the provider's own list holds nothing that isn't here."""
    reconciled_found: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    """How much the latest list held that nobody had told us."""
    reconcile_problem: str = Field(default="", sa_column=text_column())
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class CursorRow(SQLModel, table=True):
    """What a listening connector must remember (an IMAP UID)."""

    __tablename__ = "cursor"

    inbox_id: UUID = Field(sa_column=uuid_column("inbox.id", primary=True))
    value: dict[str, Any] = Field(sa_column=json_column(null=False))


class Envelope(SQLModel, table=True):
    """One raw, verified inbound request, stored before anybody parses it. The body is sealed."""

    __table_args__ = (
        UniqueConstraint("inbox_id", "dedup_key"),
        Index(
            "ix_envelope_waiting",
            "state",
            "id",
            postgresql_where=text("state IN ('new', 'dead')"),
            sqlite_where=text("state IN ('new', 'dead')"),
        ),
    )

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    inbox_id: UUID = Field(sa_column=uuid_column("inbox.id"))
    dedup_key: str = Field(sa_column=text_column(None))
    state: str = Field(default="new", sa_column=text_column())
    reason: str = Field(default="", sa_column=text_column())
    lane: str = Field(default="", sa_column=text_column())
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    blob: str = Field(default="", sa_column=text_column())
    size: int = Field(default=0, sa_column=count_column())
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    entry_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    received_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class Lane(SQLModel, table=True):
    """What leaves one inbox for one address, strictly in order; a process leases the lane, never single deliveries."""

    id: str = Field(sa_column=Column(Text, primary_key=True))
    leased_by: str = Field(default="", sa_column=text_column())
    leased_until: datetime | None = Field(default=None, sa_column=time_column(null=True))


class Delivery(SQLModel, table=True):
    """What became of one outbound entry at the provider. It is also the outbox."""

    __table_args__ = (
        Index(
            "ix_delivery_due",
            "next_at",
            postgresql_where=text("state IN ('queued', 'sending')"),
            sqlite_where=text("state IN ('queued', 'sending')"),
        ),
        Index(
            "ix_delivery_lane",
            "lane",
            "seq",
            "id",
            postgresql_where=text("state IN ('queued', 'sending')"),
            sqlite_where=text("state IN ('queued', 'sending')"),
        ),
        Index(
            "ix_delivery_continue",
            "continue_at",
            postgresql_where=text("continue_at IS NOT NULL"),
            sqlite_where=text("continue_at IS NOT NULL"),
        ),
        Index("ix_delivery_entry", "entry_id"),
        Index(
            "ix_delivery_settled",
            "inbox_id",
            "settled_at",
            postgresql_where=text("settled_at IS NOT NULL"),
            sqlite_where=text("settled_at IS NOT NULL"),
        ),
        Index("ix_delivery_thread_rev", "thread_id", "rev"),
        Index(
            "uq_delivery_ref",
            "inbox_id",
            "ref",
            unique=True,
            postgresql_where=text("ref IS NOT NULL"),
            sqlite_where=text("ref IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    entry_id: UUID = Field(sa_column=uuid_column("entry.id"))
    thread_id: UUID = Field(sa_column=uuid_column("thread.id"))
    inbox_id: UUID = Field(sa_column=uuid_column("inbox.id"))
    channel: str = Field(sa_column=text_column(None))
    lane: str = Field(sa_column=text_column(None))
    seq: int = Field(default=0, sa_column=count_column())
    """The entry's: lanes keep the thread's order, which no clock can turn round as it can that of ids."""
    to_kind: str = Field(sa_column=text_column(None))
    to_address: str = Field(sa_column=text_column(None))
    to_name: str = Field(default="", sa_column=text_column())
    state: str = Field(default="queued", sa_column=text_column())
    reason: str = Field(default="", sa_column=text_column())
    remark: str = Field(default="", sa_column=text_column())
    retryable: bool = Field(default=False)
    ref: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    parts: int = Field(default=1, sa_column=Column(Integer, nullable=False, server_default="1"))
    """How many messages it is on its channel."""
    began_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    """When the provider may first have got it."""
    purpose: str = Field(default="transactional", sa_column=text_column())
    decision: dict[str, Any] = Field(default_factory=dict, sa_column=json_column(null=False))
    options: dict[str, Any] = Field(default_factory=dict, sa_column=json_column(null=False))
    rev: int = Field(default=0, sa_column=count_column())
    public_rev: int = Field(default=0, sa_column=count_column())
    next_at: datetime = Field(default_factory=utcnow, sa_column=time_column())
    deadline_at: datetime = Field(sa_column=time_column())
    continue_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    """When an unread answer on a live channel goes on by another one."""
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())
    settled_at: datetime | None = Field(default=None, sa_column=time_column(null=True))


class Attempt(SQLModel, table=True):
    """One try at a delivery."""

    delivery_id: UUID = Field(sa_column=uuid_column("delivery.id", primary=True))
    n: int = Field(sa_column=Column(Integer, primary_key=True))
    outcome: str = Field(default="", sa_column=text_column())
    reason: str = Field(default="", sa_column=text_column())
    ref: str = Field(default="", sa_column=text_column())
    at: datetime = Field(default_factory=utcnow, sa_column=time_column())
