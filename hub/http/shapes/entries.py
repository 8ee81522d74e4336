"""What was said, with its files, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from hub.contract import State
from hub.http.shapes.asking import AskOut
from hub.http.shapes.base import AuthorKind, Body, Direction, EntryKind, Shape
from hub.http.shapes.calls import CallOut


class AttachmentOut(Shape):
    id: UUID
    name: str
    type: str
    size: int
    url: str
    """Path on this hub; needs the session."""
    cid: str = ""
    inline: bool = False
    state: Literal["ready", "waiting", "failed"] = "ready"
    """`waiting` while it is fetched from the provider; `failed` for good, until somebody tries again."""
    problem: str = ""
    """Why it isn't here, in words."""


class DeliveryOut(Shape):
    id: UUID
    inbox_id: UUID
    channel: str
    to: str
    state: State
    reason: str = ""
    remark: str = ""
    retryable: bool = False
    attempts: int = 0
    messages: int = 1
    """How many messages it is on its channel."""
    next_at: datetime | None = None
    at: datetime


class SettleIn(Body):
    state: Literal["sent", "failed"]


class Recipient(Shape):
    kind: str
    address: str
    name: str = ""


class Author(Shape):
    kind: AuthorKind
    id: UUID | None = None
    name: str


class RefersTo(Shape):
    """Somebody else's conversation."""

    thread_id: UUID
    case_id: UUID | None = None


class CardOut(Shape):
    """Something shared: a post, a story, a place."""

    title: str
    text: str = ""
    url: str = ""
    kind: str = ""


class ReactionOut(Shape):
    emoji: str
    name: str
    """Whose it is."""


class EntryOut(Shape):
    """One item of the thread as agents see it."""

    id: UUID
    thread_id: UUID
    seq: int
    rev: int
    kind: EntryKind
    direction: Direction
    channel: str
    """`email`, `chat`, …; empty for notes and events."""
    inbox_id: UUID | None = None
    case_id: UUID | None = None
    case_reason: str = ""
    """Why it is in this case: `token`, `reference`, `asked`, `only open`, `recent`, `reopened`, `new`, `chosen`."""
    author: Author
    at: datetime
    subject: str = ""
    text: str = ""
    html: str = ""
    """Cleaned; to be drawn in a sandboxed frame all the same."""
    quoted: str = ""
    quoted_html: str = ""
    to: list[Recipient] = Field(default=[])
    cc: list[Recipient] = Field(default=[])
    attachments: list[AttachmentOut] = Field(default=[])
    deliveries: list[DeliveryOut] = Field(default=[])
    proof: str = ""
    proof_detail: str = ""
    automatic: str = ""
    warnings: list[str] = Field(default=[])
    event: dict[str, Any] | None = None
    """For kind `event`: `{"type": "assigned", …}`, see `hub.core.events`."""
    ask: AskOut | None = None
    """The choice or form that it puts to the customer."""
    reply_to: UUID | None = None
    refers_to: RefersTo | None = None
    """Another thread that this message answers, by a token or an id of a message there: it stays in its sender's."""
    client_key: str | None = None
    has_original: bool = False
    redacted: bool = False
    cards: list[CardOut] = Field(default=[])
    choice: str = ""
    """The id of the choice that was pressed."""
    reactions: list[ReactionOut] = Field(default=[])
    """The customer's, as they stand now."""
    edits: UUID | None = None
    """The customer's earlier entry that these words replace."""
    edited_by: UUID | None = None
    """The entry with the customer's latest words instead of these."""
    call: CallOut | None = None
    """For kind `call`: the call as it is now."""
    elsewhere: bool = False
    """Said by the team in the provider's own app, not from here."""


class EntryPage(Shape):
    entries: list[EntryOut]
    more_before: bool
    more_after: bool


class MoveIn(Body):
    case_id: UUID
