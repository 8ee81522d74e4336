"""How a telephone line behaves: its hours, what it says, whom it rings, where it may dial. Kept with the workspace."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import Connection

from hub.core.errors import Conflict
from hub.models import Workspace

log = logging.getLogger(__name__)

WORKSPACE = Workspace.__table__  # type: ignore[attr-defined]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^\+[1-9]\d{0,6}$")]


def _known_zone(name: str) -> str:
    zone(name)
    return name


def zone(name: str) -> tzinfo:
    """Raises `ValueError` for a zone nobody knows."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"There is no time zone {name}. Name one like Europe/Berlin") from None


class Hours(BaseModel):
    """When somebody answers. A day without spans is a day off; "24:00" is the end of the day."""

    model_config = ConfigDict(extra="forbid")

    zone: Annotated[str, StringConstraints(max_length=60), AfterValidator(_known_zone)] = "UTC"
    days: dict[Day, list[tuple[Clock, Clock]]] = Field(default={})

    def open_at(self, now: datetime) -> bool:
        here = now.astimezone(zone(self.zone))
        clock = f"{here:%H:%M}"
        return any(begin <= clock < end for begin, end in self.days.get(DAYS[here.weekday()], []))  # type: ignore[call-overload]


class Disposition(BaseModel):
    """How a call went, in the agent's words. What it does besides is said here, so that words can be changed."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    follow_up: bool = False
    """A time to come back to it is asked for."""
    do_not_call: bool = False
    wrong_number: bool = False
    closes: bool = False
    """The case is done."""


DISPOSITIONS = [
    Disposition(key="resolved", label="Reached, resolved", closes=True),
    Disposition(key="follow_up", label="Reached, follow-up", follow_up=True),
    Disposition(key="callback", label="Callback requested", follow_up=True),
    Disposition(key="voicemail", label="Left voicemail"),
    Disposition(key="no_answer", label="No answer"),
    Disposition(key="busy", label="Busy"),
    Disposition(key="wrong_number", label="Wrong number", wrong_number=True),
    Disposition(key="do_not_call", label="Do not call", do_not_call=True),
    Disposition(key="language", label="Language barrier"),
    Disposition(key="technical", label="Technical failure"),
]


class Line(BaseModel):
    """Settings of one line; the workspace's hold where an inbox says nothing of its own."""

    model_config = ConfigDict(extra="forbid")

    hours: Hours | None = None
    """Nothing: always open."""
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    greeting: Text = "Thank you for calling. Please hold, somebody will be with you in a moment."
    place: Text = "You are number {place} in line."
    closed: Text = "Thank you for calling. We are closed right now."
    voicemail: bool = True
    voicemail_greeting: Text = "Please leave a message after the tone."
    goodbye: Text = "Nobody is free right now. Please try again later. Goodbye."
    music_s: Annotated[int, Field(ge=5, le=120)] = 20
    """How long there is music before the place in line is told again."""
    team_id: UUID | None = None
    """Only this team is rung."""
    owner_first_s: Annotated[int, Field(ge=0, le=120)] = 10
    """How long the case's owner is rung alone."""
    ring_s: Annotated[int, Field(ge=5, le=120)] = 30
    queue_s: Annotated[int, Field(ge=0, le=3600)] = 90
    """How long somebody waits while nobody can be rung."""
    consent: Literal["never", "ask", "announce"] = "announce"
    """May calls be recorded: never, once the customer has pressed 1, or once they were told?"""
    announcement: Text = "This call is recorded."
    question: Text = "May we record this call? Press 1 if you agree."
    record: bool = False
    """Record unless the agent says otherwise."""
    transcribe: bool = False
    machines: bool = False
    """Tell answering machines from people."""
    drop: Text = "We tried to reach you and will try again. You can also write to us."
    """What is left on an answering machine."""
    allow: list[Prefix] = Field(default=[])
    """Where calls may go: prefixes of numbers. Nothing: the line's own country."""
    wrap_up_required: bool = True
    """No further call before the last one has its disposition."""


class Lines(BaseModel):
    """All that is configured about calls."""

    model_config = ConfigDict(extra="forbid")

    line: Line = Field(default=Line())
    inboxes: dict[UUID, dict[str, Any]] = Field(default={})
    """What differs for one inbox."""
    dispositions: list[Disposition] = Field(default=DISPOSITIONS, min_length=1, max_length=60)

    def of(self, inbox_id: UUID) -> Line:
        return Line.model_validate(self.line.model_dump() | self.inboxes.get(inbox_id, {}))

    def disposition(self, key: str) -> Disposition:
        for known in self.dispositions:
            if known.key == key:
                return known
        raise Conflict(f"There is no disposition “{key}”. Choose one of the list.")


_SETTINGS = sa.select(WORKSPACE.c.settings).where(WORKSPACE.c.id == 1)


def lines(conn: Connection) -> Lines:
    """As they are now; what another version wrote and this one can't read counts as not set, and the log says so."""
    settings: Mapping[str, Any] = conn.scalar(_SETTINGS) or {}
    try:
        return Lines.model_validate(settings.get("calls") or {})
    except ValidationError as error:
        log.error("the settings of calls can't be read: %s", error)
        return Lines()


def keep(conn: Connection, changed: Lines) -> None:
    settings = dict(conn.scalar(_SETTINGS.with_for_update()) or {})
    settings["calls"] = changed.model_dump(mode="json", exclude_defaults=True)
    conn.execute(sa.update(WORKSPACE).where(WORKSPACE.c.id == 1).values(settings=settings))
