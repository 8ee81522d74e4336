"""What a customer was asked to choose or fill in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from hub.models.base import json_column, new_id, text_column, time_column, utcnow, uuid_column


class Question(SQLModel, table=True):
    """A choice or a form that went out with an entry, until it is answered or runs out."""

    __table_args__ = (Index("ix_question_case", "case_id"),)

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    thread_id: UUID = Field(sa_column=uuid_column("thread.id"))
    case_id: UUID = Field(sa_column=uuid_column("case.id"))
    entry_id: UUID = Field(sa_column=uuid_column("entry.id"))
    inbox_id: UUID = Field(sa_column=uuid_column("inbox.id"))
    ask: dict[str, Any] = Field(sa_column=json_column(null=False))
    state: str = Field(default="open", sa_column=text_column())
    given: dict[str, Any] | None = Field(default=None, sa_column=json_column())
    answered_by: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    """The entry that holds the answer."""
    expires_at: datetime = Field(sa_column=time_column())
    created_at: datetime = Field(default_factory=utcnow, sa_column=time_column())
