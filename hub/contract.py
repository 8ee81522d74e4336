"""All that a connector author imports: shapes, errors, capabilities, the base class and the optional abilities.

A connector translates between one provider and these shapes. Storage, order, retries, threading, permission and
identity are the hub's work and appear nowhere in connector code.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable
from urllib.parse import urlsplit

import aiohttp
from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """An inbox's settings; the JSON schema draws the console's form, `SecretStr` fields never come back out.

    `json_schema_extra={"group": "…", "help": "…", "advanced": True}` on a field places and explains it in the form.
    """

    model_config = ConfigDict(extra="forbid")


class Proof(StrEnum):
    """How one arrival was proven; kept on the entry, because a verified address can be forged (rule 14)."""

    PROVIDER = "provider"
    """The provider vouches for the sender (signed webhook, its own account system)."""
    TOKEN = "token"
    """A token of ours, or one signed with the inbox's secret, came with it."""
    DMARC = "dmarc"
    """The mail's author domain is aligned with a passing SPF or DKIM result."""
    CLAIMED = "claimed"
    """Only the sender's word."""
    FAILED = "failed"
    """A check was made and failed: shown, marked, and it can change nothing."""

    @property
    def verified(self) -> bool:
        return self in (Proof.PROVIDER, Proof.TOKEN, Proof.DMARC)


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody can be reached: `kind` is the identity's kind (`email`, `phone`, `visitor`, …), no channel."""

    kind: str
    value: str
    name: str = ""


_EMAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,255}")


def is_email(text: str) -> bool:
    """Does it look like an address for mail? Whether it is one, only an answer shows."""
    return _EMAIL.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a message: its bytes, or for what was uploaded to the hub before, its `ref` there."""

    name: str
    type: str
    content: bytes = b""
    ref: str = ""
    cid: str = ""
    """Content-ID of an inline image, without angle brackets (RFC 2392)."""


@dataclass(frozen=True, slots=True)
class Raw:
    """One inbound request as it came, before anybody parsed it."""

    method: str
    url: str
    """The address as the provider signed it: the configured public URL plus path and undecoded query."""
    headers: Mapping[str, str]
    """Lower-case names. SMTP and IMAP put the envelope here: `x-mail-from`, `x-rcpt-to` (comma separated), `x-uid`."""
    body: bytes
    received_at: datetime
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider is told instead of an empty 200."""

    status: int = 200
    body: str = ""
    content_type: str = "text/plain"
    final: bool = False
    """True for a handshake that carries no event: answered, nothing stored."""


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
    """The provider's later word on something we sent. `ref` is what `send` returned or `own_ref` gave."""

    ref: str
    state: State
    reason: str = ""
    """For people: "The mailbox does not exist (5.1.1)"."""
    retryable: bool = False
    remark: str = ""
    """Something worth showing that is no state, such as "delayed"."""
    address: str = ""
    """The recipient this is about, where one delivery has several."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing to show (our own echo, a kind we don't know): the envelope is kept with this reason, no entry is made."""

    reason: str


Event = Message | Status | Ignored


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier turn, for channels that quote history. Never a note: notes aren't expressible here."""

    at: datetime
    author: str
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    name: str
    type: str
    size: int
    read: Callable[[], Awaitable[bytes]]
    cid: str = ""


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
    max_chars: int = 4096
    html: bool = False
    subject: bool = False
    copies: bool = False
    """Cc and Bcc."""
    media: bool = False
    media_bytes: int = 0
    """Total size of one message's files, in bytes."""
    media_types: tuple[str, ...] = ("*/*",)
    initiate: bool = True
    """May we write first to an address that never wrote to this inbox?"""
    reply_window_s: int | None = None
    receipts: tuple[State, ...] = ()
    """Which states beyond `sent` the provider reports."""
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
    costly: bool = False
    """Reading an arrival takes real work: the hub answers after storing and normalises in a worker."""
    refs_are_global: bool = False
    """The same `Message.ref` through two inboxes is the same message."""


class ConnectorError(Exception):
    """Base of everything a connector raises on purpose; the text is shown to people."""


class Unverified(ConnectorError):
    """The request is not from the provider: refused, nothing is stored."""


class Malformed(ConnectorError):
    """Authentic but unreadable: the envelope is kept and marked dead."""


class TooLarge(ConnectorError):
    """The request is over the inbox's limit."""


class Refused(ConnectorError):
    """The provider will never take this message."""


class Unavailable(ConnectorError):
    """Try again later; `retry_after` in seconds where the provider said so."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Unauthorised(ConnectorError):
    """The credentials are wrong: the inbox is paused until they are mended."""


class Uncertain(ConnectorError):
    """The provider may have taken it, and sending again might reach the customer twice."""


Intake = Callable[[Raw], Awaitable[None]]
"""Store one inbound request and return once it is committed. Raises `Unverified`, `TooLarge` or `Unavailable`."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the hub gives every instance: nothing else is reachable from a connector."""

    http: aiohttp.ClientSession
    log: logging.Logger
    now: Callable[[], datetime]
    public_url: str
    """Base address of the hub as the outside sees it, without a slash at the end."""
    hook_url: str
    """Where the provider should deliver this inbox's webhooks."""
    sign: Callable[[str], str]
    """HMAC-SHA256 of a string under a key of this inbox, as 20 lower-case base32 characters (100 bits)."""


S = TypeVar("S", bound=Settings)


class Connector(ABC, Generic[S]):
    """One provider, spoken through one inbox. Implement `verify`, `normalise` and `send`; the rest is optional."""

    key: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str] = ""
    Settings: ClassVar[type[Settings]]
    capabilities: Capabilities
    """Of the class; an instance may narrow its own to what its settings say."""

    def __init__(self, settings: S, context: Context) -> None:
        self.settings = settings
        self.context = context

    @property
    def address(self) -> str:
        """What customers know this inbox by: support@…, a phone number; empty where there is none."""
        return ""

    @property
    def has_webhook(self) -> bool:
        """Does the provider deliver to `Context.hook_url`? Not by itself where the connector opens its own door."""
        return not isinstance(self, Listens | Converses)

    @property
    def listens_everywhere(self) -> bool:
        """For `Listens`: every process opens its own door (a port), rather than one reading for all (a mailbox)."""
        return False

    @property
    def continue_after_s(self) -> float | None:
        """For live channels: after how many seconds an unread answer goes on by another channel; None: never."""
        return None

    @abstractmethod
    def verify(self, raw: Raw) -> Answer | None:
        """Check the signature on the raw bytes; an `Answer` replaces the empty 200. Raises `Unverified`."""

    @abstractmethod
    def normalise(self, raw: Raw) -> Iterable[Event]:
        """Read one stored request. Pure: no I/O, no clock, the same twice. Raises `Malformed`; unknown kinds: none."""

    @abstractmethod
    async def send(self, outgoing: Outgoing) -> str:
        """Hand one message over and return the provider's ref.

        Raises `Refused`, `Unavailable`, `Unauthorised` or `Uncertain`.
        """

    def dedup_key(self, raw: Raw) -> str:
        """The same for every redelivery of one event; at most 200 characters."""
        return hashlib.sha256(raw.body).hexdigest()

    def own_ref(self, key: str) -> str | None:
        """What `send` will return for this key, where we choose it (a mail's Message-ID); stored before the send."""
        return None

    def lane(self, raw: Raw) -> str:
        """Requests of one lane are normalised as they arrived (a mail's envelope sender); empty: no order needed."""
        return ""

    async def health(self) -> str:
        """Try the credentials and say in a sentence what was reached. Raises the typed errors."""
        return "Nothing to check."

    async def call(
        self,
        method: str,
        url: str,
        *,
        idempotent: bool = False,
        within: float = 20,
        **options: Any,
    ) -> Any:
        """One HTTP call; returns decoded JSON, or text where it is none. The provider's failures become typed errors.

        A time-out, a lost line after the request was written or an answer that can't be read is `Uncertain`, unless
        `idempotent` or a GET. Only the host is named in errors: some providers want the token in the address.
        """
        reads = method.upper() in ("GET", "HEAD")
        options.setdefault("allow_redirects", reads)  # a redirected POST arrives as a GET, and looks like success
        options.setdefault("timeout", aiohttp.ClientTimeout(total=within, sock_connect=10))
        host = urlsplit(url).hostname
        try:
            async with self.context.http.request(method, url, **options) as response:
                body = await response.text(errors="replace")
                raise_for(response.status, body, response.headers)
                return json.loads(body) if response.content_type == "application/json" and body else body
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unavailable(f"{host} can't be reached: {error}") from error
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError) as error:
            what = f"{host} gave no answer that can be read ({type(error).__name__})"
            raise (Unavailable(what) if idempotent or reads else Uncertain(what)) from error


def storable(value: str | None, default: str | None = None, most: int = 190) -> str:
    """A provider's text as the hub can keep it: without NUL, at most so long, and empty only where that is the default.

    Raises `ValueError`, which a connector makes `Malformed`.
    """
    text = (value or default or "").replace("\0", "")
    if len(text) > most or not (text or default is not None):
        raise ValueError(f"text of 1 to {most} characters was expected")
    return text


def raise_for(status: int, body: str, headers: Mapping[str, str]) -> None:
    """Map an HTTP status to the typed errors: 401/403, 429 and 5xx, any other 3xx and 4xx; nothing for success."""
    if status < 300:
        return
    said = f"{status}: {body[:500]}" if body else str(status)
    if status in (401, 403):
        raise Unauthorised(f"The provider refused the credentials ({said})")
    if status == 429 or status >= 500:
        after = headers.get("Retry-After", "")
        raise Unavailable(f"The provider is not taking messages ({said})", _seconds(after))
    if status < 400:
        raise Refused(f"The provider's address has moved to {headers.get('Location', 'somewhere else')}: set that one")
    raise Refused(f"The provider refused the message ({said})")


def _seconds(retry_after: str) -> float | None:
    """At most a day: what a provider's slip says must not stop an inbox for ever."""
    return min(float(retry_after), 86_400.0) if retry_after.isascii() and retry_after.isdecimal() else None


@runtime_checkable
class Listens(Protocol):
    """Opens its own door (SMTP, IMAP, socket mode, long poll) and hands what comes to `intake` until cancelled."""

    async def listen(self, intake: Intake, cursor: Cursor) -> None: ...


class Cursor(Protocol):
    """A small durable memory for `Listens` (an IMAP UID); saved by the hub, lost never."""

    async def load(self) -> dict[str, Any]: ...
    async def save(self, value: dict[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opened a live conversation. `history` says whether they may see the thread from before this visit."""

    address: Address
    proof: Proof
    claims: tuple[Address, ...] = ()
    history: bool = False


@runtime_checkable
class Converses(Protocol):
    """A live channel: the hub keeps the socket, the connector says who it is and what its words mean.

    `admit` gets the client's hello (`{"visitor": token?, "identity": JWT?, "page": …}`) and the socket's Origin;
    it raises `Unverified` with a sentence for people. `raw` turns one live message into what `normalise` reads.
    """

    def admit(self, hello: Mapping[str, Any], origin: str) -> Visitor: ...
    def visitor_token(self, visitor_id: str) -> str: ...
    def raw(self, visitor: Visitor, message: Mapping[str, Any], received_at: datetime) -> Raw: ...
    def public_config(self) -> dict[str, Any]: ...
