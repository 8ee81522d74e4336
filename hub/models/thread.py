"""The lifelong thread: its entries, the ids by which later messages refer to them, their files."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Integer, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.models.base import json_column, new_id, text_column, time_column, utcnow, uuid_column


def count_column(default: int = 0, *, null: bool = False) -> Any:
    return Column(BigInteger, nullable=null, server_default=None if null else str(default))


class Thread(SQLModel, table=True):
    """The one history of a customer. `rev` counts what agents see change, `public_rev` what the customer may see.

    `read_seq` is how far the customer has read; `seen_seq` the newest entry of theirs that they were told we have read,
    `seen_rev` the `public_rev` of that news.
    """

    __table_args__ = (
        # what a crash left unpublished; empty nearly always
        Index(
            "ix_thread_unpublished",
            "id",
            postgresql_where=text("published_rev < rev"),
            sqlite_where=text("published_rev < rev"),
        ),
    )

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    customer_id: UUID = Field(sa_column=uuid_column("customer.id", late=True, unique=True))
    last_seq: int = Field(default=0, sa_column=count_column())
    rev: int = Field(default=0, sa_column=count_column())
    public_rev: int = Field(default=0, sa_column=count_column())
    published_rev: int = Field(default=0, sa_column=count_column())
    read_seq: int = Field(default=0, sa_column=count_column())
    seen_seq: int = Field(default=0, sa_column=count_column())
    seen_rev: int = Field(default=0, sa_column=count_column())
    merged_into: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    """The thread that this one's entries went to; its id finds that one for ever (rule 15)."""
    reset_rev: int = Field(default=0, sa_column=count_column())
    """Entries left the thread at this `rev`: a screen that knows less loads it afresh."""
    public_reset_rev: int = Field(default=0, sa_column=count_column())
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class Entry(SQLModel, table=True):
    """One immutable item: what was said or done. What became of it is its deliveries'."""

    __table_args__ = (
        UniqueConstraint("thread_id", "seq"),
        Index("ix_entry_thread_rev", "thread_id", "rev"),
        Index(
            "uq_entry_ref",
            "ref_space",
            "ref",
            unique=True,
            postgresql_where=text("ref IS NOT NULL"),
            sqlite_where=text("ref IS NOT NULL"),
        ),
        Index(
            "uq_entry_client_key",
            "thread_id",
            "client_key",
            unique=True,
            postgresql_where=text("client_key IS NOT NULL"),
            sqlite_where=text("client_key IS NOT NULL"),
        ),
        Index("ix_entry_case", "case_id", "seq"),
    )

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    thread_id: UUID = Field(sa_column=uuid_column("thread.id"))
    seq: int = Field(sa_column=count_column())
    rev: int = Field(sa_column=count_column())
    public_rev: int | None = Field(default=None, sa_column=count_column(null=True))
    kind: str = Field(sa_column=text_column(None))
    direction: str = Field(default="none", sa_column=text_column())
    channel: str = Field(default="", sa_column=text_column())
    inbox_id: UUID | None = Field(default=None, sa_column=uuid_column("inbox.id", null=True))
    envelope_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    case_id: UUID | None = Field(default=None, sa_column=uuid_column("case.id", null=True))
    case_reason: str = Field(default="", sa_column=text_column())
    author_kind: str = Field(sa_column=text_column(None))
    author_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    author_name: str = Field(default="", sa_column=text_column())
    at: datetime = Field(sa_column=time_column())
    subject: str = Field(default="", sa_column=text_column())
    text: str = Field(default="", sa_column=text_column())
    html: str = Field(default="", sa_column=text_column())
    quoted: str = Field(default="", sa_column=text_column())
    quoted_html: str = Field(default="", sa_column=text_column())
    purpose: str = Field(default="", sa_column=text_column())
    proof: str = Field(default="", sa_column=text_column())
    automatic: str = Field(default="", sa_column=text_column())
    reply_to: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    ref_space: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    ref: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    client_key: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    data: dict[str, Any] | None = Field(default=None, sa_column=json_column())
    redacted_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    since: dict[str, Any] | None = Field(default=None, sa_column=json_column())
    """What the customer did to it later, as its events tell: `reactions` by identity, ids of its `edits`."""


class Reference(SQLModel, table=True):
    """An id by which a later message may point at an entry (a mail's Message-ID); looked up inside one thread only."""

    thread_id: UUID = Field(sa_column=uuid_column("thread.id", primary=True))
    ref: str = Field(sa_column=Column(Text, primary_key=True))
    entry_id: UUID = Field(sa_column=uuid_column("entry.id"))
    case_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))


class Attachment(SQLModel, table=True):
    """A file of an entry or of a draft; the bytes lie in the blob store under their own hash.

    One that the provider keeps has a `source` and is `waiting` until it was fetched by its inbox, or has `failed`.
    """

    __table_args__ = (
        Index("ix_attachment_entry", "entry_id", "position"),
        Index(
            "ix_attachment_waiting",
            "next_at",
            postgresql_where=text("next_at IS NOT NULL"),
            sqlite_where=text("next_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    entry_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    owner_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    position: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    name: str = Field(sa_column=text_column(None))
    type: str = Field(sa_column=text_column(None))
    size: int = Field(sa_column=count_column())
    sha256: str = Field(sa_column=text_column(None))
    cid: str = Field(default="", sa_column=text_column())
    source: str = Field(default="", sa_column=text_column())
    inbox_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    state: str = Field(default="ready", sa_column=text_column("ready"))
    problem: str = Field(default="", sa_column=text_column())
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    next_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    """When it is due; while somebody fetches it, when they are given up."""
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class Seen(SQLModel, table=True):
    """Up to where an agent has read a thread."""

    agent_id: UUID = Field(sa_column=uuid_column("agent.id", primary=True))
    thread_id: UUID = Field(sa_column=uuid_column("thread.id", primary=True))
    seq: int = Field(default=0, sa_column=count_column())


class Unindexed(SQLModel, table=True):
    """Entries that search has not taken in yet; written with the entry, emptied after the commit."""

    entry_id: UUID = Field(sa_column=uuid_column(primary=True))
