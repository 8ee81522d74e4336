"""What a visitor's client sent, checked, with a sentence for whatever is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hub.contract import Capabilities, is_email

KEY = re.compile(r"[A-Za-z0-9_.:-]{8,100}")
MOST_FILES = 20


class Wrong(Exception):
    """The message can't be taken as it is; the text says why, for the visitor."""


@dataclass(frozen=True, slots=True)
class Said:
    client_key: str
    text: str
    attachments: tuple[UUID, ...]
    claims: dict[str, str]
    page: str


def read_said(given: dict[str, Any], can: Capabilities) -> Said:
    """Raises `Wrong`."""
    key, text = given.get("client_key"), given.get("text", "")
    if not isinstance(key, str) or not KEY.fullmatch(key) or not isinstance(text, str):
        raise Wrong("This message is incomplete. Load the page again.")
    text = text.replace("\0", "")
    if len(text) > can.max_chars:
        raise Wrong(f"This message is too long: {len(text):,} characters, at most {can.max_chars:,} are possible.")
    files = _ids(given.get("attachments") or [])
    if not text.strip() and not files:
        raise Wrong("This message is empty.")
    page = given.get("page")
    return Said(key, text, files, read_claims(given.get("claims") or {}), page[:2000] if isinstance(page, str) else "")


def read_claims(given: Any) -> dict[str, str]:
    """An email address and a name that somebody typed. Raises `Wrong`."""
    if not isinstance(given, dict):
        raise Wrong("This message is incomplete. Load the page again.")
    found: dict[str, str] = {}
    if email := given.get("email"):
        if not isinstance(email, str) or not is_email(email.strip()):
            raise Wrong("This doesn't look like an email address. Check it, please: name@example.com.")
        found["email"] = email.strip()
    if name := given.get("name"):
        if not isinstance(name, str):
            raise Wrong("This message is incomplete. Load the page again.")
        found["name"] = " ".join(name.replace("\0", "").split())[:100]
    return found


def _ids(given: Any) -> tuple[UUID, ...]:
    if not isinstance(given, list) or len(given) > MOST_FILES:
        raise Wrong(f"A message can carry {MOST_FILES} files at most.")
    try:
        return tuple(UUID(item) for item in given)
    except (ValueError, TypeError, AttributeError) as error:
        raise Wrong("A file is no longer there. Attach it again.") from error
