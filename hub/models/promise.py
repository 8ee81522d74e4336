"""What was promised to a customer, and what they thought of a case when it was done."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, Integer, text
from sqlmodel import Field, SQLModel

from hub.models.base import new_id, text_column, time_column, utcnow, uuid_column

OPEN = text("state = 'open'")
ASKED = text("state = 'asked'")


class Promise(SQLModel, table=True):
    """ "I'll send it by six": somebody's until it is kept, moved to another time, or broken."""

    __table_args__ = (
        Index("ix_promise_due", "due_at", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_promise_thread", "thread_id", "due_at"),
    )

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    thread_id: UUID = Field(sa_column=uuid_column("thread.id"))
    case_id: UUID | None = Field(default=None, sa_column=uuid_column("case.id", null=True))
    text: str = Field(sa_column=text_column(None))
    channel: str = Field(default="", sa_column=text_column())
    due_at: datetime = Field(sa_column=time_column())
    owner_id: UUID = Field(sa_column=uuid_column("agent.id"))
    team_id: UUID | None = Field(default=None, sa_column=uuid_column("team.id", null=True))
    passed_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    """When it became the team's, because the owner was off shift."""
    state: str = Field(default="open", sa_column=text_column())
    """`open`, `kept`, `moved` (to `moved_to`), or `broken`."""
    moved_to: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    settled_by: UUID | None = Field(default=None, sa_column=uuid_column("agent.id", null=True))
    settled_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())


class Survey(SQLModel, table=True):
    """How satisfied the customer was: asked once for a case."""

    __table_args__ = (Index("ix_survey_asked", "kind", "address", postgresql_where=ASKED, sqlite_where=ASKED),)

    case_id: UUID = Field(sa_column=uuid_column("case.id", primary=True))
    thread_id: UUID = Field(sa_column=uuid_column("thread.id"))
    state: str = Field(default="due", sa_column=text_column())
    """`due`, then `asked` and `answered`; or `skipped`, with the reason."""
    reason: str = Field(default="", sa_column=text_column())
    inbox_id: UUID | None = Field(default=None, sa_column=uuid_column("inbox.id", null=True))
    kind: str = Field(default="", sa_column=text_column())
    address: str = Field(default="", sa_column=text_column())
    entry_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    score: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    comment: str = Field(default="", sa_column=text_column())
    due_at: datetime = Field(default_factory=utcnow, sa_column=time_column())
    asked_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
    answered_at: datetime | None = Field(default=None, sa_column=time_column(null=True))
