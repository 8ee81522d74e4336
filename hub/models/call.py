"""Telephone calls: the call, its legs, what was recorded and understood, and what the provider is still to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, Index, Integer, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.models.base import json_column, new_id, text_column, time_column, utcnow, uuid_column
from hub.models.thread import count_column


def seconds_column() -> Any:
    return Column(Integer, nullable=False, server_default="0")


class Call(SQLModel, table=True):
    """One call. Its entry in the thread is the record that it took place; this row lives on under the thread's lock."""

    __table_args__ = (
        Index("ix_call_thread_rev", "thread_id", "rev"),
        Index(
            "ix_call_due",
            "next_at",
            postgresql_where=text("next_at IS NOT NULL"),
            sqlite_where=text("next_at IS NOT NULL"),
        ),
        Index("ix_call_live", "inbox_id", "id", postgresql_where=text("ended_at IS NULL"),
              sqlite_where=text("ended_at IS NULL")),
        Index("ix_call_agent", "agent_id", "ended_at"),
    )  # fmt: skip

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    thread_id: UUID = Field(sa_column=uuid_column("thread.id"))
    entry_id: UUID = Field(sa_column=uuid_column("entry.id", unique=True))
    inbox_id: UUID = Field(sa_column=uuid_column("inbox.id"))
    direction: str = Field(sa_column=text_column(None))
    mode: str = Field(default="", sa_column=text_column())
    agent_id: UUID | None = Field(default=None, sa_column=uuid_column("agent.id", null=True))
    """Who placed it, or accepted it: the first to accept has it."""
    agent_phone: str = Field(default="", sa_column=text_column())
    from_address: str = Field(default="", sa_column=text_column())
    to_address: str = Field(default="", sa_column=text_column())
    """The only place that a dialled number is taken from."""
    customer_name: str = Field(default="", sa_column=text_column())
    proof: str = Field(default="", sa_column=text_column())
    state: str = Field(default="created", sa_column=text_column())
    path: str = Field(default="room", sa_column=text_column())
    """What the customer's leg is led through: `queue`, `consent`, `room`, `voicemail`, `closed`, `drop`."""
    rung: dict[str, Any] | None = Field(default=None, sa_column=json_column())
    """Agents who are or were rung, by their id: why, and what became of it."""
    rung_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    transfer: dict[str, Any] | None = Field(default=None, sa_column=json_column())
    drop_text: str = Field(default="", sa_column=text_column())
    """A message that is left on an answering machine."""
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())
    ringing_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    answered_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    held_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    ended_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    ring_s: int = Field(default=0, sa_column=seconds_column())
    wait_s: int = Field(default=0, sa_column=seconds_column())
    talk_s: int = Field(default=0, sa_column=seconds_column())
    hold_s: int = Field(default=0, sa_column=seconds_column())
    end_reason: str = Field(default="", sa_column=text_column())
    end_detail: str = Field(default="", sa_column=text_column())
    answered_by: str = Field(default="", sa_column=text_column())
    problem: str = Field(default="", sa_column=text_column())
    """What was asked for last and didn't work, in words."""
    disposition: str = Field(default="", sa_column=text_column())
    note: str = Field(default="", sa_column=text_column())
    wrapped_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    consent: str = Field(default="never", sa_column=text_column())
    """The rule for recording, fixed when the call began: `never`, `ask` or `announce`."""
    record: bool = Field(default=False)
    recording: str = Field(default="none", sa_column=text_column())
    recording_s: int = Field(default=0, sa_column=seconds_column())
    attachment_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    voicemail: bool = Field(default=False)
    features: dict[str, Any] | None = Field(default=None, sa_column=json_column())
    next_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    """When the clock has something to say, if nobody else does before."""
    rev: int = Field(default=0, sa_column=count_column())


class CallLeg(SQLModel, table=True):
    """One telephone in a call. States only climb: `planned`, `dialling`, `ringing`, `active`, `ended`."""

    __tablename__ = "call_leg"
    __table_args__ = (
        Index("ix_call_leg_call", "call_id"),
        Index(
            "uq_call_leg_ref",
            "inbox_id",
            "ref",
            unique=True,
            postgresql_where=text("ref IS NOT NULL"),
            sqlite_where=text("ref IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, sa_column=uuid_column(primary=True))
    """Of chance alone, because providers carry it about: nobody guesses another."""
    call_id: UUID = Field(sa_column=uuid_column("call.id"))
    inbox_id: UUID = Field(sa_column=uuid_column("inbox.id"))
    role: str = Field(sa_column=text_column(None))
    agent_id: UUID | None = Field(default=None, sa_column=uuid_column("agent.id", null=True))
    to_kind: str = Field(default="", sa_column=text_column())
    to_address: str = Field(default="", sa_column=text_column())
    ref: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    state: str = Field(default="planned", sa_column=text_column())
    seq: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    """The provider's count of the latest update that was taken."""
    turn: int = Field(default=0, sa_column=seconds_column())
    """How often it was given something to do on the call's present path."""
    ring_s: int = Field(default=30, sa_column=Column(Integer, nullable=False, server_default="30"))
    machines: bool = Field(default=False)
    muted: bool = Field(default=False)
    held: bool = Field(default=False)
    leaving: bool = Field(default=False)
    """It was told to hang up."""
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())
    ringing_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    answered_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    joined_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    """When it was let into the call's room: an agent's telephone only after its key was pressed."""
    ended_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    ended: str = Field(default="", sa_column=text_column())
    reason: str = Field(default="", sa_column=text_column())


class CallRecording(SQLModel, table=True):
    """What the provider recorded; the sound is an attachment of the call's entry."""

    __tablename__ = "call_recording"
    __table_args__ = (UniqueConstraint("inbox_id", "ref"), Index("ix_call_recording_call", "call_id"))

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    call_id: UUID = Field(sa_column=uuid_column("call.id"))
    inbox_id: UUID = Field(sa_column=uuid_column("inbox.id"))
    ref: str = Field(sa_column=text_column(None))
    attachment_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    seconds: int = Field(default=0, sa_column=seconds_column())
    channels: int = Field(default=1, sa_column=Column(Integer, nullable=False, server_default="1"))
    voicemail: bool = Field(default=False)
    failed: bool = Field(default=False)
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class CallLine(SQLModel, table=True):
    """A line of the transcript; an unfinished one is replaced by the same number again."""

    __tablename__ = "call_line"
    __table_args__ = (UniqueConstraint("leg_id", "seq"), Index("ix_call_line_call", "call_id", "at"))

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    call_id: UUID = Field(sa_column=uuid_column("call.id"))
    leg_id: UUID = Field(sa_column=uuid_column("call_leg.id"))
    seq: int = Field(sa_column=count_column())
    role: str = Field(default="", sa_column=text_column())
    text: str = Field(default="", sa_column=text_column())
    at: datetime = Field(default_factory=utcnow, sa_column=time_column())
    final: bool = Field(default=True)


class CallCommand(SQLModel, table=True):
    """What the provider is to be told: the outbox of calls, in order for each leg. Done ones are forgotten."""

    __tablename__ = "call_command"
    __table_args__ = (Index("ix_call_command_leg", "leg_id", "id"), Index("ix_call_command_state", "state", "until"))

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    call_id: UUID = Field(sa_column=uuid_column("call.id"))
    leg_id: UUID = Field(sa_column=uuid_column("call_leg.id"))
    kind: str = Field(sa_column=text_column(None))
    what: str = Field(default="", sa_column=text_column())
    """`on` or `off`, the keys, what to do with the recording."""
    state: str = Field(default="waiting", sa_column=text_column())
    worker: str = Field(default="", sa_column=text_column())
    until: datetime = Field(sa_column=time_column())
    """When it may be tried; while it is under way, until when its worker holds it."""
    tries: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())
