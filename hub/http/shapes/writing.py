"""What an agent writes: replies, notes and drafts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from hub.http.shapes.asking import AskIn
from hub.http.shapes.base import Body, Key, Line, Seq, Shape
from hub.http.shapes.entries import AttachmentOut, EntryOut, Recipient


class RecipientIn(Body):
    kind: Line
    address: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=320)]
    name: Annotated[str, StringConstraints(max_length=200)] = ""


class ReplyIn(Body):
    client_key: Key
    """Made by the client once per message: the same key twice is the same entry."""
    last_seen_seq: Seq
    inbox_id: UUID
    to: RecipientIn
    cc: list[RecipientIn] = Field(default=[], max_length=50)
    bcc: list[RecipientIn] = Field(default=[], max_length=50)
    subject: Annotated[str, StringConstraints(max_length=998)] = ""
    text: Annotated[str, StringConstraints(max_length=200_000)]
    html: Annotated[str, StringConstraints(max_length=1_000_000)] = ""
    attachments: list[UUID] = Field(default=[], max_length=100)
    case_id: UUID | None = None
    ask: AskIn | None = None
    """A choice or a form; the text is the question."""
    chat_link: bool = False
    """Add an "answer us in live chat" link for this customer."""
    send_anyway: bool = False
    """Send although something newer than `last_seen_seq` is there."""
    undo_s: int | None = Field(default=None, ge=0, le=30)
    then: Literal["", "done"] = ""
    purpose: Literal["transactional", "informational", "promotional"] = "transactional"
    """Only what answers or serves the customer is transactional; the rest waits through quiet hours."""


class FitIn(Body):
    """What is about to be written."""

    text: Annotated[str, StringConstraints(max_length=200_000)]
    files: int = Field(default=0, ge=0, le=100)


class FitOut(Shape):
    messages: int
    """How many messages it would be; 0 if it can't be sent."""
    problem: str = ""


class NoteIn(Body):
    client_key: Key
    text: Annotated[str, StringConstraints(min_length=1, max_length=200_000)]
    case_id: UUID | None = None
    attachments: list[UUID] = Field(default=[], max_length=100)


class DraftOut(Shape):
    id: UUID
    slot: str
    """`reply:<inbox id>` or `note`; held sends have `held:<client key>`."""
    thread_id: UUID
    case_id: UUID | None = None
    inbox_id: UUID | None = None
    to: Recipient | None = None
    cc: list[Recipient] = Field(default=[])
    bcc: list[Recipient] = Field(default=[])
    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: list[AttachmentOut] = Field(default=[])
    version: int
    send_at: datetime | None = None
    client_key: str | None = None
    updated_at: datetime
    held_reason: str = ""


class DraftIn(Body):
    inbox_id: UUID | None = None
    case_id: UUID | None = None
    to: RecipientIn | None = None
    cc: list[RecipientIn] = Field(default=[])
    bcc: list[RecipientIn] = Field(default=[])
    subject: Annotated[str, StringConstraints(max_length=998)] = ""
    text: Annotated[str, StringConstraints(max_length=200_000)] = ""
    html: Annotated[str, StringConstraints(max_length=1_000_000)] = ""
    attachments: list[UUID] = Field(default=[], max_length=100)
    version: Seq = 0
    """The version this was written over; a newer one on the server answers 409 with it."""


class Sent(Shape):
    """`entry` when it is in the thread (201), `held` while it can be taken back (202)."""

    entry: EntryOut | None = None
    held: DraftOut | None = None
