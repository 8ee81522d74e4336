"""What the hub hands to a connector to be sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from hub.contract.basics import Address


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier turn, for channels that quote history. Never a note: notes aren't expressible here."""

    at: datetime
    author: str
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to pick from. Its `id` comes back in `Message.choice`."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    name: str
    type: str
    size: int
    read: Callable[[], Awaitable[bytes]]
    cid: str = ""
    url: str = ""
    """A signed public address that works for an hour, for providers that come and take the file."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One delivery, ready for the provider."""

    key: str
    """Ours, stable over retries and unguessable: use it as idempotency key, or make the message's own id from it."""
    to: Address
    text: str
    html: str = ""
    subject: str = ""
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    author: str = ""
    """The name the customer sees."""
    reply_to: tuple[str, ...] = ()
    """Ids of earlier messages this answers, the direct one first, then older ones, newest to oldest."""
    token: str = ""
    """Give this back in `Message.tokens` when the answer carries it (a mail's plus-address)."""
    files: tuple[OutgoingFile, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    """Newest first; only given where `Capabilities.quotes_history`."""
    automatic: bool = False
    """No person wrote this: mark it so that machines do not answer (RFC 3834)."""
    attempt: int = 1
    choices: tuple[Choice, ...] = ()
    """At most `Capabilities.buttons` of them; elsewhere the hub has put them into the text, numbered."""
    late: bool = False
    """The reply window has closed; sent by a person within `Capabilities.late_window_s`."""
