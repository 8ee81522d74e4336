"""The one gate before the outbox and again before the send (rule 8). Its answer is kept on the delivery.

It looks nothing up: what it must know beside the message itself is in `Facts`, which `hub.core.known` gathers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Literal

from hub.core.desk import InboxFacts

Purpose = Literal["transactional", "informational", "promotional"]
DIRECT = timedelta(hours=24)
"""What answers the customer's own words of so long ago is never held back (J10)."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why an address gets nothing."""

    said: str
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Quiet:
    """When nobody is to be disturbed, by the customer's clock; it may go over midnight."""

    start: time
    end: time

    def over_at(self, now: datetime, zone: tzinfo) -> datetime | None:
        """When the quiet that there is now ends; None if there is none."""
        local = now.astimezone(zone)
        at = local.time()
        if self.start <= self.end:
            if not self.start <= at < self.end:
                return None
        elif self.end <= at < self.start:
            return None
        day = local.date() + timedelta(days=1 if at >= self.end else 0)
        return datetime.combine(day, self.end, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the address, as of now."""

    stop: Stop | None = None
    last_in_at: datetime | None = None
    """The latest message of this address to this inbox."""
    heard_at: datetime | None = None
    """The customer's latest own words, on any channel."""
    quiet: Quiet | None = None
    zone: tzinfo = UTC


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
    person: bool = True
    """Somebody of the team says it, no machine."""
    facts: Facts = Facts()


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Literal["allow", "defer", "deny"]
    reason: str = ""
    until: datetime | None = None
    late: bool = False
    """The channel's window has closed; only a person may still answer, and says so to the provider."""

    def record(self, request: Request) -> dict[str, Any]:
        """What the delivery keeps of it."""
        kept = {name: value for name, value in asdict(self).items() if value}
        if self.until:
            kept["until"] = self.until.isoformat()
        return {**kept, "purpose": request.purpose, "at": request.now.isoformat()}


ALLOW = Decision("allow")


def permit(request: Request) -> Decision:
    """Allow, defer or deny with a reason for people."""
    can, inbox = request.inbox.capabilities, request.inbox
    if request.kind != can.identity:
        return Decision("deny", f"{inbox.name} reaches a {can.identity} address, not a {request.kind} one.")
    if request.facts.stop:
        return Decision("deny", _stopped(request, request.facts.stop))
    if not can.initiate and not request.wrote_before:
        return Decision("deny", f"{inbox.name} can only answer somebody who wrote to it first.")
    if request.unfit:
        return Decision("deny", request.unfit)
    if request.files and not can.media:
        return Decision("deny", f"{inbox.name} can't carry files. Send them on another channel.")
    if request.bytes > can.media_bytes and request.files:
        limit = can.media_bytes // 1_000_000
        return Decision("deny", f"The files are too large together: {inbox.name} takes {limit} MB.")
    window = _window(request)
    return _quiet(request) if window.verdict == "allow" and not window.late else window


def window_until(request: Request) -> datetime | None:
    """When the channel closes for this sender; None where it doesn't, or is closed."""
    decision, last = _window(request), request.facts.last_in_at
    if decision.verdict != "allow" or last is None or request.inbox.capabilities.reply_window_s is None:
        return None
    can = request.inbox.capabilities
    return last + timedelta(seconds=(can.late_window_s if decision.late else can.reply_window_s) or 0)


def _stopped(request: Request, stop: Stop) -> str:
    day = f"{stop.at.day} {stop.at:%B %Y}"
    who = {"word": "They", "provider": "Their provider says that they", "agent": "By what a colleague noted, they"}
    said = f" ({stop.said})" if stop.said else ""
    what = f"{who.get(stop.source, 'They')} stopped messages from {request.inbox.name} to {request.address}"
    return f"{what} on {day}{said}. Write on another channel, or note why they may be sent again."


def _window(request: Request) -> Decision:
    """Some providers take only answers, and those for a while."""
    can, inbox, last = request.inbox.capabilities, request.inbox, request.facts.last_in_at
    if can.reply_window_s is None:
        return ALLOW
    if last is None:
        return Decision("deny", f"{inbox.name} can only answer somebody who wrote to it first.")
    since = request.now - last
    if since <= timedelta(seconds=can.reply_window_s):
        return ALLOW
    if can.late_window_s and request.person and since <= timedelta(seconds=can.late_window_s):
        return Decision("allow", late=True)
    longest = can.late_window_s if can.late_window_s and request.person else can.reply_window_s
    return Decision(
        "deny",
        f"{inbox.name} takes answers within {_span(timedelta(seconds=longest))} of their last message;"
        f" that was {_span(since)} ago. Write on another channel.",
    )


def _span(time: timedelta) -> str:
    """So long, in words: "24 hours", "3 days"."""
    seconds = time.total_seconds()
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        n = int(seconds // size)
        if n > 1 or (n == 1 and size != 86_400):
            return f"{n} {word}" if n == 1 else f"{n} {word}s"
    return "a minute"


def _quiet(request: Request) -> Decision:
    """Offers wait for the morning, and so does what a machine says unasked; no answer does."""
    facts, now = request.facts, request.now
    over_at = facts.quiet.over_at(now, facts.zone) if facts.quiet else None
    if over_at is None or request.inbox.capabilities.live:
        return ALLOW
    if request.purpose == "transactional" and (
        request.person or (facts.heard_at is not None and now - facts.heard_at <= DIRECT)
    ):
        return ALLOW
    local = over_at.astimezone(facts.zone)
    return Decision("defer", f"Quiet hours: it waits until {local:%H:%M} there.", over_at)
