"""The base class of connectors, and what the hub gives each of them."""

from __future__ import annotations

import hashlib
import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlsplit

import aiohttp

from hub.contract.abilities import Converses, Listens
from hub.contract.basics import Answer, Raw, Settings
from hub.contract.capabilities import Capabilities
from hub.contract.errors import Unavailable, Uncertain, raise_for
from hub.contract.events import Event
from hub.contract.outgoing import Outgoing


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
