"""Telephone calls, in words that no provider owns: what happened to a leg, and what shall happen next.

A `Call` (the hub's row) is a room; each telephone in it is a leg: the customer's, the agent's, a colleague's who is
consulted. The hub dials legs (`Dials.dial`) and says what each does next, as a list of steps; the connector turns the
steps into its provider's own document. The provider tells of each leg by `CallUpdate`s, in any order and more than
once. States, who is rung, consent and what the thread shows are the hub's work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from hub.contract.basics import Address, Answer, Proof


class LegState(StrEnum):
    """A leg's states only climb; `ENDED` is final."""

    DIALLING = "dialling"
    RINGING = "ringing"
    ACTIVE = "active"
    ENDED = "ended"


class Ended(StrEnum):
    """Why a leg ended, as the provider tells it."""

    COMPLETED = "completed"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AnsweredBy(StrEnum):
    HUMAN = "human"
    MACHINE = "machine"
    MACHINE_READY = "machine_ready"
    """An answering machine, and its greeting is over: words are recorded from now on."""
    FAX = "fax"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that the provider has made. `url` is given back to `Fetches.fetch`."""

    ref: str
    url: str
    type: str
    seconds: int
    channels: int = 1
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a transcript. The same `seq` again replaces an earlier, unfinished one."""

    seq: int
    text: str
    role: str
    """`customer` or `agent`."""
    at: datetime | None = None
    final: bool = True


@dataclass(frozen=True, slots=True)
class CallUpdate:
    """The provider's word on one leg of a call. What is not told is left at its default."""

    ref: str
    """The provider's id of the leg."""
    seq: int | None = None
    """The provider's own count of this leg's updates, where it has one: larger is later."""
    leg: str = ""
    """`Leg.id` where it came back. Empty with `caller`: somebody calls us, and the call is new."""
    state: LegState | None = None
    at: datetime | None = None
    ended: Ended | None = None
    reason: str = ""
    """For people, where it failed: "The number is not in service (32005)"."""
    caller: Address | None = None
    called: Address | None = None
    proof: Proof = Proof.CLAIMED
    """Does somebody attest the caller's number? (STIR/SHAKEN: full attestation is `PROVIDER`.)"""
    digits: str = ""
    """Keys pressed at `Gather`."""
    answered_by: AnsweredBy | None = None
    recording: Recording | None = None
    voicemail: bool = False
    """The recording is a message left by the caller (`TakeMessage`)."""
    line: Line | None = None
    held: bool | None = None
    muted: bool | None = None
    asks: bool = False
    """The provider waits to be told what this leg does next: it is answered with `Dials.script`."""


@dataclass(frozen=True, slots=True)
class CallFeatures:
    """What a telephone connector can do beyond calling, as data."""

    browser: bool = False
    """Agents may talk in the console (`Dials.phone_token`), not by their own telephones alone."""
    sdk: str = ""
    """Which of the console's telephones speaks to it (`twilio`); none: there is no sound, as with a simulator."""
    hosts: tuple[str, ...] = ()
    """What that telephone connects to, as sources of a Content-Security-Policy (`https://*.example.com`)."""
    hold: bool = False
    mute: bool = False
    keypad: bool = False
    transfer: bool = False
    """A colleague can be added, and the agent can leave."""
    record: bool = False
    pause: bool = False
    """A recording can be paused and go on."""
    machines: bool = False
    """Answering machines are told from people."""
    voicemail_drop: bool = False
    transcript: bool = False


# --- what a leg does next ---


@dataclass(frozen=True, slots=True)
class Say:
    text: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Play:
    """Play a file at a public address, over and over where `loop`."""

    url: str
    loop: bool = False


@dataclass(frozen=True, slots=True)
class Gather:
    """Say something and wait for keys, then ask again: what was pressed comes as `CallUpdate.digits`, or nothing."""

    say: str
    language: str = "en"
    digits: int = 1
    within_s: int = 8


@dataclass(frozen=True, slots=True)
class Join:
    """Put the leg into the call's room. Alone there, it hears music. When the room ends, the next step follows."""

    room: str
    ends_room: bool = False
    """When this leg leaves, everybody does."""
    starts_room: bool = True
    record: bool = False
    """Record what this leg says and hears, until it ends: ask it of one leg only, the customer's."""
    transcribe: bool = False
    """The same in written lines."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Music for so long; then the provider asks again. How a place in line is told again and again."""

    seconds: int = 20


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """A tone, then what the caller says is recorded: voicemail. The leg is over then."""

    most_s: int = 120
    transcribe: bool = False


@dataclass(frozen=True, slots=True)
class HangUp:
    busy: bool = False
    """Refuse it unanswered, where it was not answered yet."""


Step = Say | Play | Gather | Join | Wait | TakeMessage | HangUp


@dataclass(frozen=True, slots=True)
class Leg:
    """One telephone that the hub dials, or talks about."""

    id: str
    """Ours, unguessable; comes back in `CallUpdate.leg`."""
    room: str
    """Ours, the same for all legs of a call."""
    role: str
    """`customer`, `agent` or `colleague`."""
    to: Address
    """Kind `phone`, or kind `agent`: the console of the agent with this id."""
    caller: str
    """The number that is shown, one of this inbox."""
    ref: str = ""
    """The provider's id, once it has told it."""
    ring_s: int = 30
    machines: bool = False
    """Tell answering machines from people."""
    steps: tuple[Step, ...] = field(default=())
    """What it does when it is answered; empty: the provider asks then."""


class Record(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


@runtime_checkable
class Dials(Protocol):
    """A telephone line. All but `script` and `phone_token` speak to the provider and raise the errors of `send`.

    `script` answers a leg that `asks`, one that called us too: what it is told to do names `Leg.id`, which comes back.
    `dial` gives the provider's ref of the leg. It is never repeated by itself: `Uncertain` rings somebody twice.
    """

    async def dial(self, leg: Leg) -> str: ...
    async def hang_up(self, leg: Leg) -> None: ...
    async def steer(self, leg: Leg, steps: Sequence[Step]) -> None: ...
    async def hold(self, leg: Leg, on: bool) -> None: ...
    async def mute(self, leg: Leg, on: bool) -> None: ...
    async def keys(self, leg: Leg, digits: str) -> None: ...
    async def record(self, leg: Leg, what: Record) -> None: ...
    def script(self, leg: Leg, steps: Sequence[Step]) -> Answer: ...
    def phone_token(self, agent: str) -> str: ...
