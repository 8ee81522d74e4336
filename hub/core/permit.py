"""The one gate before the outbox and again before the send (rule 8). Its answer is kept on the delivery.

Consent, caps and quiet hours come with outreach; what holds already: a channel that doesn't reach this address or can't
write first, and a message it can't carry.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from hub.core.desk import InboxFacts

Purpose = Literal["transactional", "informational", "promotional"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is about to be sent, and to whom."""

    inbox: InboxFacts
    kind: str
    address: str
    purpose: Purpose
    now: datetime
    wrote_before: bool = True
    """Has this address written to this inbox?"""
    unfit: str = ""
    """Why the channel can't carry it, from `hub.core.fit`."""
    bytes: int = 0
    files: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Literal["allow", "defer", "deny"]
    reason: str = ""
    until: datetime | None = None

    def record(self, request: Request) -> dict[str, Any]:
        """What the delivery keeps of it."""
        kept = {name: value for name, value in asdict(self).items() if value}
        return {**kept, "purpose": request.purpose, "at": request.now.isoformat()}


ALLOW = Decision("allow")


def permit(request: Request) -> Decision:
    """Allow, defer or deny with a reason for people."""
    can, inbox = request.inbox.capabilities, request.inbox
    if request.kind != can.identity:
        return Decision("deny", f"{inbox.name} reaches a {can.identity} address, not a {request.kind} one.")
    if not can.initiate and not request.wrote_before:
        return Decision("deny", f"{inbox.name} can only answer somebody who wrote to it first.")
    if request.unfit:
        return Decision("deny", request.unfit)
    if request.files and not can.media:
        return Decision("deny", f"{inbox.name} can't carry files. Send them on another channel.")
    if request.bytes > can.media_bytes and request.files:
        limit = can.media_bytes // 1_000_000
        return Decision("deny", f"The files are too large together: {inbox.name} takes {limit} MB.")
    return ALLOW
