"""The case list, its views and counts, and what people change."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from hub.http.shapes.base import Body, CaseStatus, Line, Moment, Page, Priority, Shape
from hub.http.shapes.people import AgentRef, TagOut


class CaseOut(Shape):
    """One row of the case list."""

    id: UUID
    thread_id: UUID
    customer_id: UUID
    customer_name: str
    subject: str
    status: CaseStatus
    assignee: AgentRef | None = None
    team_id: UUID | None = None
    priority: Priority = "normal"
    tags: list[TagOut] = Field(default=[])
    channel: str
    """Of the latest message."""
    preview: str
    preview_by: str
    """`customer`, `note`, `system`, or the agent's name."""
    preview_agent_id: UUID | None = None
    last_at: datetime
    last_seq: int
    opened_at: datetime
    waiting_since: datetime | None = None
    """Oldest unanswered message of the customer."""
    snoozed_until: datetime | None = None
    until_reply: bool = False
    unread: bool = False
    failed: bool = False
    """The latest answer did not arrive."""
    values: dict[str, Any] = Field(default={})
    """What the customer chose or filled in, by each question's key."""
    has_draft: bool = False
    """The asking agent's own."""


class Counts(Shape):
    open: int
    waiting: int
    snoozed: int
    done: int
    spam: int = 0


class CasePage(Page[CaseOut]):
    counts: Counts


class ViewOut(Shape):
    """A named filter over cases; `key` goes into `GET /api/cases?view=`."""

    key: str
    name: str
    group: Literal["personal", "shared", "mine", "channels"]
    icon: str
    count: int


class CaseChange(Body):
    """Only what is given changes; `null` clears."""

    status: CaseStatus | None = None
    assignee_id: UUID | None = None
    team_id: UUID | None = None
    priority: Priority | None = None
    subject: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)] | None = None
    snoozed_until: Moment | None = None
    until_reply: bool = False
    tags: list[Line] | None = Field(default=None, max_length=50)


class CaseIn(Body):
    subject: Line
    entry_id: UUID | None = None
    """Open it from this entry, which moves into it."""
