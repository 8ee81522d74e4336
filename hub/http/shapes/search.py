"""What search finds."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from hub.http.shapes.base import EntryKind, Page, Shape


class Hit(Shape):
    entry_id: UUID
    thread_id: UUID
    case_id: UUID | None
    seq: int
    customer_name: str
    channel: str
    kind: EntryKind
    author: str
    at: datetime
    subject: str
    snippet: str
    """Plain text; matches stand between U+E000 and U+E001."""


class CustomerHit(Shape):
    customer_id: UUID
    thread_id: UUID
    name: str
    addresses: list[str]


class SearchOut(Shape):
    entries: Page[Hit]
    customers: list[CustomerHit] = Field(default=[])
