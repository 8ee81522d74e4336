"""What a channel can do, as data."""

from __future__ import annotations

from dataclasses import dataclass

from hub.contract.calls import CallFeatures
from hub.contract.events import State


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, as data: composer, `permit`, `render` and the docs table read this and nothing else."""

    channel: str
    """The channel's word: `email`, `chat`, `sms`, …"""
    identity: str
    """Kind of identity it reaches: `email`, `visitor`, `phone`, …"""
    label: str = ""
    icon: str = "message-square"
    """Any Lucide name."""
    colour: str = "slate"
    """A channel token of the design (`email`, `chat`, `sms`, …) or `slate`."""
    messages: bool = True
    """Does it carry written messages? A telephone line doesn't."""
    max_chars: int = 4096
    max_bytes: int | None = None
    """The same limit in UTF-8 bytes, for providers that count so."""
    splits: bool = False
    """A longer text goes out as several messages, in order, cut between words."""
    segments: bool = False
    """Texts are paid by segments of GSM-7 or UCS-2 (3GPP TS 23.038): whoever writes is shown how many."""
    html: bool = False
    subject: bool = False
    copies: bool = False
    """Cc and Bcc."""
    media: bool = False
    media_bytes: int = 0
    """Total size of one message's files, in bytes."""
    media_types: tuple[str, ...] = ("*/*",)
    max_files: int = 10
    files_apart: bool = False
    """Text and files are messages of their own here: the text goes first, then file by file."""
    buttons: int = 0
    """How many choices are native buttons; more, or any where it is 0, become numbered text."""
    button_chars: int = 20
    initiate: bool = True
    """May we write first to an address that never wrote to this inbox?"""
    reply_window_s: int | None = None
    """Seconds after the customer's last message within which we may write; None: always."""
    late_window_s: int | None = None
    """Until then a person, never a machine, may still answer."""
    receipts: tuple[State, ...] = ()
    """Which states beyond `sent` the provider reports."""
    reactions: bool = False
    """Customers' reactions, edits and removals are told by the provider."""
    edits: bool = False
    removals: bool = False
    typing: bool = False
    tells_read: bool = False
    """The customer is told that we have read what they wrote here; never who of us."""
    live: bool = False
    """The customer may be looking at the conversation right now; unread answers continue by another channel."""
    idempotent_send: bool = False
    """Sending the same `Outgoing.key` twice reaches the customer once."""
    quotes_history: bool = False
    undo_s: int = 10
    """How long a reply waits so that it can be taken back."""
    rate_per_s: float | None = None
    """Sends a second through one inbox; the hub keeps to it, whatever waits."""
    costly: bool = False
    """Reading an arrival takes real work: the hub answers after storing and normalises in a worker."""
    refs_are_global: bool = False
    """The same `Message.ref` through two inboxes is the same message."""
    calls: CallFeatures | None = None
    """What its telephone can do; the connector then has the ability `Dials`."""
