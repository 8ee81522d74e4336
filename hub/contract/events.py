"""What an inbound request means, in words that no provider owns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from hub.contract.basics import Address, File, Proof
from hub.contract.calls import CallUpdate


@dataclass(frozen=True, slots=True)
class Card:
    """Something shared that has words and a link of its own: a post, a story, a product, a place."""

    title: str
    text: str = ""
    url: str = ""
    kind: str = ""
    """`story`, `post`, `location`, `contact`, …: shown as a glyph."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something a customer said."""

    ref: str
    """The provider's id of this message, unique in the inbox, or over all of them where `refs_are_global`."""
    sender: Address
    text: str
    """What the customer newly wrote; quoted history goes into `quoted`."""
    html: str = ""
    """The same as HTML, unsanitised: the hub cleans it."""
    quoted: str = ""
    quoted_html: str = ""
    subject: str = ""
    at: datetime | None = None
    proof: Proof = Proof.PROVIDER
    proof_detail: str = ""
    refs: tuple[str, ...] = ()
    """Ids by which later messages may refer to this one, where they differ from `ref` (a mail's bare Message-ID)."""
    reply_to: tuple[str, ...] = ()
    """Ids this answers, the best first (In-Reply-To, then References from last to first)."""
    tokens: tuple[str, ...] = ()
    """Opaque strings of ours that came back (plus-address, chat link); the hub checks them."""
    files: tuple[File, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    answer_to: Address | None = None
    """Where answers should go if not to the sender (Reply-To)."""
    automatic: str = ""
    """Why this was written by a machine (`auto-submitted`, `list`, `bulk`, …); such mail is never answered by one."""
    claims: tuple[Address, ...] = ()
    """Addresses the sender typed and nobody proved."""
    warnings: tuple[str, ...] = ()
    """What could not be read, in words an agent understands."""
    cards: tuple[Card, ...] = ()
    choice: str = ""
    """The `Choice.id` of the button that was pressed, where the channel has buttons."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """Small provider facts worth keeping (page address, headers); JSON values only."""


class State(StrEnum):
    """A delivery's states; they only climb, `FAILED` and `UNCERTAIN` stand aside (rule 10)."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Status:
    """The provider's later word on something we sent.

    `ref` is what `send` returned or `own_ref` gave, or `Outgoing.key` where that came back.
    """

    ref: str
    state: State
    reason: str = ""
    """For people: "The mailbox does not exist (5.1.1)"."""
    retryable: bool = False
    remark: str = ""
    """Something worth showing that is no state, such as "delayed"."""
    address: str = ""
    """The recipient this is about, where one delivery has several."""
    opted_out: bool = False
    """The provider won't deliver because the recipient told it to stop."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing to show (our own echo, a kind we don't know): the envelope is kept with this reason, no entry is made."""

    reason: str


@dataclass(frozen=True, slots=True)
class Echo:
    """Words of ours that the hub didn't send: somebody answered in the provider's own app. Shown as the team's."""

    ref: str
    to: Address
    text: str
    at: datetime | None = None
    author: str = ""
    key: str = ""
    """Our `Outgoing.key` where it came back: then this settles that delivery instead."""
    files: tuple[File, ...] = ()
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True, slots=True)
class Reaction:
    """A customer's sign on a message; no `emoji` takes it back."""

    ref: str
    sender: Address
    about: str
    """The provider's id of the message."""
    emoji: str
    at: datetime | None = None
    proof: Proof = Proof.PROVIDER


@dataclass(frozen=True, slots=True)
class Edit:
    """A customer changed their words: a new entry that points at the old one (rule 6)."""

    ref: str
    sender: Address
    about: str
    text: str
    at: datetime | None = None
    proof: Proof = Proof.PROVIDER


@dataclass(frozen=True, slots=True)
class Removal:
    """A customer took a message back: its words are emptied, and an event says so."""

    ref: str
    sender: Address
    about: str
    at: datetime | None = None
    proof: Proof = Proof.PROVIDER


@dataclass(frozen=True, slots=True)
class ReadUntil:
    """The customer has read everything of ours up to a moment, where the provider names no message (a watermark)."""

    sender: Address
    until: datetime
    state: State = State.READ


@dataclass(frozen=True, slots=True)
class Consent:
    """The customer forbade, or allowed again, messages through this inbox. The words themselves are a `Message`."""

    sender: Address
    allowed: bool
    said: str
    at: datetime | None = None


Event = Message | Status | Echo | Reaction | Edit | Removal | ReadUntil | Consent | CallUpdate | Ignored
