"""Telephone calls: as the thread and the call bar show them, and what an agent can ask of one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from hub.core.calls.line import Disposition, Lines
from hub.http.shapes.base import Body, Key, Moment, Shape

CallState = Literal["created", "dialling", "ringing", "waiting", "active", "held", "ended"]
LegState = Literal["planned", "dialling", "ringing", "active", "ended"]
LegRole = Literal["customer", "agent", "colleague"]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Note = Annotated[str, StringConstraints(max_length=10_000)]


class CallParty(Shape):
    kind: str = "phone"
    address: str
    name: str = ""


class CallRecordingOut(Shape):
    state: Literal["none", "asked", "on", "paused", "stopped", "ready", "failed"]
    consent: Literal["never", "ask", "announce"]
    """The rule that was fixed when the call began."""
    attachment_id: UUID | None = None
    """Of the call's entry; to be played once its state is `ready`."""
    seconds: int = 0


class CallLineOut(Shape):
    role: str
    """`customer` or `agent`."""
    text: str
    at: datetime
    final: bool


class CallLegOut(Shape):
    id: UUID
    role: LegRole
    state: LegState
    agent_id: UUID | None = None
    agent_name: str = ""
    address: str = ""
    muted: bool = False
    held: bool = False


class CallFeaturesOut(Shape):
    """What this line can do; the call bar hides the rest."""

    browser: bool = False
    sdk: str = ""
    """Which telephone of the console speaks to this line's provider; none: there is no sound, as with a simulator."""
    hold: bool = False
    mute: bool = False
    keypad: bool = False
    transfer: bool = False
    record: bool = False
    pause: bool = False
    machines: bool = False
    voicemail_drop: bool = False
    transcript: bool = False


class CallTransferOut(Shape):
    """A colleague is being brought in."""

    kind: Literal["warm", "cold"]
    agent_id: UUID | None = None
    phone: str = ""
    name: str = ""


class CallOut(Shape):
    """A telephone call as it is now. It changes with the thread's `rev`."""

    id: UUID
    thread_id: UUID
    entry_id: UUID
    case_id: UUID | None = None
    inbox_id: UUID
    direction: Literal["in", "out"]
    mode: Literal["browser", "phone", ""]
    """How the agent speaks; empty until somebody has accepted."""
    state: CallState
    from_: CallParty = Field(alias="from", serialization_alias="from")
    to: CallParty
    agent_id: UUID | None = None
    agent_name: str = ""
    created_at: datetime
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    talk_s: int = 0
    wait_s: int = 0
    """How long the customer waited for somebody."""
    ring_s: int = 0
    hold_s: int = 0
    end_reason: str = ""
    """`completed`, `no_answer`, `busy`, `rejected`, `failed`, `canceled`, `voicemail_left`, `machine_hangup`, `missed`,
    `abandoned`, `blocked`."""
    end_reason_text: str = ""
    answered_by: Literal["", "human", "machine", "machine_ready", "fax", "unknown"] = ""
    disposition: str = ""
    note: str = ""
    wrapped: bool = False
    recording: CallRecordingOut
    voicemail: bool = False
    """The caller left a message, or we did on their machine."""
    transcript: list[CallLineOut] = Field(default=[])
    legs: list[CallLegOut] = Field(default=[])
    transfer: CallTransferOut | None = None
    queue_place: int | None = None
    problem: str = ""
    """What was asked for last and didn't work."""
    attested: bool = True
    """Somebody attests the caller's number; without that it may be forged."""
    features: CallFeaturesOut

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)


class CallTo(Body):
    kind: Literal["phone"] = "phone"
    address: Phone


class CallIn(Body):
    client_key: Key
    inbox_id: UUID
    to: CallTo
    mode: Literal["browser", "phone"] = "browser"
    agent_phone: Phone = ""
    """For mode `phone`; otherwise the number in your own settings (`phone`)."""
    record: bool | None = None
    case_id: UUID | None = None


class AnswerIn(Body):
    mode: Literal["browser", "phone"] = "browser"
    agent_phone: Phone = ""


class KeysIn(Body):
    digits: Annotated[str, StringConstraints(pattern=r"^[0-9*#A-Dw]{1,32}$")]


class RecordIn(Body):
    what: Literal["start", "pause", "resume", "stop"]


class TransferIn(Body):
    """To a colleague, or to any number that the line may call."""

    kind: Literal["warm", "cold"] = "warm"
    agent_id: UUID | None = None
    phone: Phone = ""


class DropIn(Body):
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    """Nothing: the line's own message."""


class CallNoteIn(Body):
    note: Note


class FollowUpIn(Body):
    at: Moment


class WrapUpIn(Body):
    disposition: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
    note: Note | None = None
    follow_up: FollowUpIn | None = None


class RingingCustomer(Shape):
    id: UUID
    name: str


class RingingOut(Shape):
    """A call that rings for you, or waits in the queue."""

    call: CallOut
    customer: RingingCustomer
    queue: str
    """The line's name."""
    why: str
    mine: bool
    """It rings for you now; others can be taken from the queue."""


class MyCalls(Shape):
    current: list[CallOut]
    wrap_up: list[CallOut]
    """Over, and without a disposition."""
    wrap_up_required: bool
    dispositions: list[Disposition]


class PhoneTokenIn(Body):
    inbox_id: UUID


class PhoneTokenOut(Shape):
    token: str
    identity: str


class CallSettings(Lines):
    """How the lines of this workspace behave."""


__all__ = [
    "AnswerIn",
    "CallFeaturesOut",
    "CallIn",
    "CallLegOut",
    "CallLineOut",
    "CallNoteIn",
    "CallOut",
    "CallParty",
    "CallRecordingOut",
    "CallSettings",
    "CallTo",
    "CallTransferOut",
    "DropIn",
    "FollowUpIn",
    "KeysIn",
    "MyCalls",
    "PhoneTokenIn",
    "PhoneTokenOut",
    "RecordIn",
    "RingingCustomer",
    "RingingOut",
    "TransferIn",
    "WrapUpIn",
]
