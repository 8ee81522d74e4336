"""All that one screen of a thread needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from hub.http.shapes.base import Body, Seq, Shape
from hub.http.shapes.cases import CaseOut
from hub.http.shapes.entries import EntryOut, Recipient
from hub.http.shapes.people import CustomerOut
from hub.http.shapes.writing import DraftOut


class TargetOut(Shape):
    """One way to answer: an inbox and an address, usable or not, and why."""

    inbox_id: UUID
    inbox_name: str
    channel: str
    to: Recipient
    usable: bool
    reason: str = ""
    """`last used`, `visitor is here`, `goes by email if unread`, or why it can't be used."""
    default: bool = False
    window_until: datetime | None = None
    """Until then the channel takes answers; None where it always does, or not any more."""
    late: bool = False
    """Its ordinary window has closed: until `window_until` a person, no machine, may still answer."""
    stopped: bool = False
    """They asked for no more messages here; `reason` says when."""
    trust: Literal["verified", "claimed"] = "verified"
    capabilities: dict[str, Any]


class ThreadOut(Shape):
    """All that one screen needs: customer, cases, the newest entries, drafts and ways to answer."""

    id: UUID
    rev: int
    last_seq: int
    customer: CustomerOut
    cases: list[CaseOut]
    entries: list[EntryOut]
    """Ascending by `seq`."""
    more_before: bool
    more_after: bool = False
    drafts: list[DraftOut]
    targets: list[TargetOut]
    seen_seq: int
    visitor_online: bool = False
    customer_read_seq: int = 0
    """Up to where the customer has read, by the channel's own word."""


class Changes(Shape):
    """Rows of a thread that changed after a `rev`, as they are now."""

    rev: int
    entries: list[EntryOut]
    cases: list[CaseOut]
    complete: bool = True
    """False: too many changes, load the thread afresh."""


class SeenIn(Body):
    seq: Seq
    """Read up to here; 0 marks the thread unread."""


class SeenOut(Shape):
    seq: int
