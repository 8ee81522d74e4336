"""What a connector raises on purpose; the text is shown to people."""

from __future__ import annotations

from collections.abc import Mapping


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


class OptedOut(Refused):
    """The recipient told the provider to stop messages from this inbox: kept as their consent, and obeyed."""


class Unavailable(ConnectorError):
    """Try again later; `retry_after` in seconds where the provider said so."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Unauthorised(ConnectorError):
    """The credentials are wrong: the inbox is paused until they are mended."""


class Uncertain(ConnectorError):
    """The provider may have taken it, and sending again might reach the customer twice."""


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
