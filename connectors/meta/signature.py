"""How Meta proves itself: HMAC-SHA256 with the app secret over the bytes as they came."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

HEADER = "x-hub-signature-256"
CHALLENGE = re.compile(r"[\w.:-]{1,200}", re.ASCII)


def signature(secret: str, body: bytes) -> str:
    """Meta escapes what is not ASCII in its JSON: only the raw bytes match."""
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def matches(given: str, secrets: Iterable[str], body: bytes) -> bool:
    proof = given.encode(errors="replace")
    return any(hmac.compare_digest(signature(secret, body).encode(), proof) for secret in secrets)


def challenge(url: str, verify_token: str) -> str | None:
    """What to answer when Meta asks whether this address is ours; None if it doesn't know our word."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query, max_num_fields=50).items()}
    given = asked.get("hub.verify_token", "").encode(errors="replace")
    knows = hmac.compare_digest(given, verify_token.encode()) and asked.get("hub.mode") == "subscribe"
    said = asked.get("hub.challenge", "")
    return said if knows and CHALLENGE.fullmatch(said) else None
