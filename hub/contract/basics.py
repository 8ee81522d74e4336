"""The shapes that everything else is made of: settings, addresses, files, raw requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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
    """A file that came with a message: its bytes, or for what was uploaded to the hub before, its `ref` there.

    A file that the provider keeps has a `url` instead: the hub asks the connector for it (`Fetches`) after the commit.
    """

    name: str
    type: str
    content: bytes = b""
    ref: str = ""
    cid: str = ""
    """Content-ID of an inline image, without angle brackets (RFC 2392)."""
    url: str = ""


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


def storable(value: str | None, default: str | None = None, most: int = 190) -> str:
    """A provider's text as the hub can keep it: without NUL, at most so long, and empty only where that is the default.

    Raises `ValueError`, which a connector makes `Malformed`.
    """
    text = (value or default or "").replace("\0", "")
    if len(text) > most or not (text or default is not None):
        raise ValueError(f"text of 1 to {most} characters was expected")
    return text
