"""What the customer may see: a note or an event can't be said in these shapes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from hub.http.shapes.base import Shape


class PublicAttachment(Shape):
    id: UUID
    name: str
    type: str
    size: int
    url: str


class PublicEntry(Shape):
    """A message or call as the customer sees it."""

    id: UUID
    rev: int
    """The thread's `public_rev` when it last changed."""
    kind: Literal["message", "call"]
    mine: bool
    author: str
    channel: str
    at: datetime
    text: str
    attachments: list[PublicAttachment] = Field(default=[])
    state: Literal["sent", "delivered", "read"] = "sent"
    client_key: str | None = None


class PublicChanges(Shape):
    rev: int
    entries: list[PublicEntry]
    more_before: bool = False
    complete: bool = True
