"""Promises, the handover card, and what customers thought of a case."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from hub.http.shapes.base import Body, Direction, Line, Moment, Shape
from hub.http.shapes.cases import CaseOut
from hub.http.shapes.people import AgentRef, CustomerOut

PromiseState = Literal["open", "kept", "moved", "broken"]
Remark = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class PromiseOut(Shape):
    id: UUID
    thread_id: UUID
    case_id: UUID | None = None
    customer_id: UUID
    customer_name: str
    text: str
    channel: str = ""
    due_at: datetime
    state: PromiseState
    owner: AgentRef
    """Who promised it."""
    passed: bool = False
    """The owner is off shift: it is the team's."""
    team_id: UUID | None = None
    who: str
    """Who has to keep it, in words: "Omar", or "team, because Omar is off shift"."""
    moved_to: UUID | None = None
    settled_at: datetime | None = None
    created_at: datetime


class PromiseIn(Body):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    due_at: Moment
    case_id: UUID | None = None
    channel: Annotated[str, StringConstraints(max_length=50)] = ""
    """The channel it will be kept on, if that was said."""


class PromiseMove(Body):
    due_at: Moment
    reason: Remark = ""


class AvailabilityIn(Body):
    on: bool


class Said(Shape):
    id: UUID
    seq: int
    at: datetime
    kind: Literal["message", "call"]
    direction: Direction
    author: str
    text: str
    case_id: UUID | None = None


class Exchanges(Shape):
    channel: str
    entries: list[Said]
    """The last three exchanges on it, ascending."""


class FailedOut(Shape):
    delivery_id: UUID
    entry_id: UUID
    channel: str
    to: str
    state: Literal["failed", "uncertain"]
    reason: str
    at: datetime


class KnownValues(Shape):
    case_id: UUID
    subject: str
    values: dict[str, Any]


class ConsentLine(Shape):
    kind: str
    address: str
    inbox_id: UUID | None = None
    """Only through this inbox; absent: everywhere."""
    purpose: str = ""
    """Only for this purpose; empty: for every one."""
    allowed: bool
    said: str = ""
    at: datetime


class HandoverOut(Shape):
    """All that somebody who has never heard of this customer needs, made of rows alone."""

    thread_id: UUID
    as_of: datetime
    customer: CustomerOut
    preferred_channel: str = ""
    cases: list[CaseOut]
    """Open, waiting and snoozed ones."""
    promises: list[PromiseOut]
    """Open ones, and those broken within a week."""
    exchanges: list[Exchanges]
    """By channel, the one used last first."""
    failed: list[FailedOut]
    """What did not arrive, or may not have, within a week."""
    values: list[KnownValues]
    """What the customer chose or filled in."""
    consents: list[ConsentLine]


class SurveySettings(Shape):
    on: bool = False
    """Ask once, when a case is set done, on the channel that the customer used last."""
    after_s: int = 0
    """Wait so long after the case was set done."""


class SurveySettingsIn(Body):
    on: bool
    after_s: int = Field(default=0, ge=0, le=7 * 24 * 3600)


class SurveyOut(Shape):
    case_id: UUID
    state: Literal["due", "asked", "answered", "skipped"]
    reason: str = ""
    """Why it wasn't asked."""
    channel: str = ""
    score: int | None = None
    """From 1 (not at all satisfied) to 5 (very)."""
    comment: str = ""
    asked_at: datetime | None = None
    answered_at: datetime | None = None


class CaseLine(Shape):
    """What one case took."""

    case_id: UUID
    thread_id: UUID
    customer_id: UUID
    customer_name: str
    subject: str
    status: str
    assignee: AgentRef | None = None
    opened_at: datetime
    first_response_s: float | None = None
    """Seconds from the customer's first message or call to the first of an agent's after it."""
    resolution_s: float | None = None
    """Seconds from the opening to the last time the case was set done; absent while it isn't."""
    switches: int
    """How often two consecutive messages or calls between customer and us were on different channels."""
    channels: list[str]
    """In the order of first use."""
    messages_in: int
    """The customer's messages, without what machines wrote."""
    messages_out: int
    """Messages to the customer, without codes and surveys."""
    calls: int
    """Calls either way, missed ones included."""
    failed: int
    """Deliveries that stand failed."""
    csat: int | None = None
    """The customer's answer, 1 to 5."""
    csat_comment: str = ""


class CaseTotals(Shape):
    cases: int
    done: int
    """How many of them are done now."""
    switches: int
    messages_in: int
    messages_out: int
    calls: int
    failed: int
    answered: int
    """How many had a first response."""
    first_response_median_s: float | None = None
    """Median over the answered ones."""
    resolution_median_s: float | None = None
    """Median over the done ones."""
    csat_answers: int
    csat_mean: float | None = None
    """Mean over the answers."""


class CaseReport(Shape):
    from_: datetime = Field(alias="from", serialization_alias="from")
    to: datetime
    cases: list[CaseLine]
    """Opened from `from` until before `to`, the newest first; spam is left out."""
    totals: CaseTotals
    complete: bool
    """False: there are more than 1,000 such cases; ask for a shorter time."""


class PreferenceIn(Body):
    channel: Annotated[str, StringConstraints(max_length=50, pattern=r"^[\w.-]*$")]
    """A channel's word; empty: none is known."""
    said_by: Literal["customer", "agent"] = "agent"


class ConfirmIn(Body):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


class ProofIn(Body):
    kind: Line
    address: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=320)]
    code_channel: Literal["address", "conversation"] = "address"
    """`address`: the code is sent to it and typed in the conversation. `conversation`: it is shown there and sent
    from the address."""
    inbox_id: UUID | None = None
    """What carries the code; absent: the first that can."""
    case_id: UUID | None = None


class ProofOut(Shape):
    """A code that waits to come back. The code itself is told to nobody but the customer."""

    id: UUID
    thread_id: UUID
    kind: str
    address: str
    code_channel: Literal["address", "conversation"]
    state: Literal["open", "proved", "failed", "replaced", "expired"]
    """`failed`: too many wrong ones."""
    tries_left: int
    expires_at: datetime
    created_at: datetime


class MergeIn(Body):
    into: UUID
    """The customer who remains, with thread and id."""
    reason: Remark = ""


class UndoIn(Body):
    reason: Remark = ""


class MergeOut(Shape):
    id: UUID
    from_customer: UUID
    into_customer: UUID
    from_thread: UUID
    into_thread: UUID
    """Where all of it is."""
    reason: str = ""
    by: str
    created_at: datetime
    undone_at: datetime | None = None
