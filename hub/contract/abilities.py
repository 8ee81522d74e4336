"""Protocols of one to three methods: a connector that has the methods has the ability."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from hub.contract.basics import Address, File, Proof, Raw
from hub.contract.outgoing import Outgoing

Intake = Callable[[Raw], Awaitable[None]]
"""Store one inbound request and return once it is committed. Raises `Unverified`, `TooLarge` or `Unavailable`."""


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


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file's bytes, and what the provider says of it where that is better than the message did."""

    content: bytes
    type: str = ""
    name: str = ""


@runtime_checkable
class Fetches(Protocol):
    """The provider keeps the files of its messages: the hub copies each at once, after the commit, and tries again.

    Raises `Refused` where it is gone for ever, `TooLarge` beyond `most` bytes, otherwise the errors of `send`.
    Credentials go to the provider's own host alone, never to where it redirects.
    """

    async def fetch(self, file: File, most: int) -> Fetched: ...


@runtime_checkable
class Reconciles(Protocol):
    """The provider can list what it had for us: asked after every outage and now and then.

    Gives each as the `Raw` of a request that `normalise` reads, with the `dedup_key` of the webhook it may have been,
    so that what is there already changes nothing. Its `method` is `LIST`, which no request can have: `verify` lets
    these pass, because they came by our own credentials.
    """

    def reconcile(self, since: datetime) -> AsyncIterator[Raw]: ...


@runtime_checkable
class LooksUp(Protocol):
    """Can find out whether the provider took a message whose answer was lost.

    Gives its ref, or None if it surely has not; raises `Uncertain` if it can't tell, otherwise the errors of `send`.
    """

    async def look_up(self, outgoing: Outgoing, since: datetime) -> str | None: ...


@runtime_checkable
class Introduces(Protocol):
    """The provider knows what people are called and its requests don't say: asked once for somebody without a name.

    Gives the name, or nothing where the provider keeps it to itself; raises the errors of `send`.
    """

    async def name_of(self, address: Address) -> str: ...


@runtime_checkable
class Types(Protocol):
    """Shows the customer that somebody is writing."""

    async def typing(self, to: Address, on: bool) -> None: ...


@runtime_checkable
class Marks(Protocol):
    """Shows the customer that we have read what they wrote."""

    async def mark_read(self, to: Address, ref: str) -> None: ...
