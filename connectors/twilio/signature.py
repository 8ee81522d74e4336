"""Twilio's signature: HMAC-SHA1 over the address it called and the form's fields, sorted by name."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlsplit, urlunsplit

HEADER = "x-twilio-signature"
MOST_FIELDS = 500
MOST_BYTES = 256 * 1024
"""Many times what Twilio sends; more is not worth the arithmetic."""

Fields = Sequence[tuple[str, str]]


def fields(body: bytes) -> Fields:
    """The form, empty fields included, since they are signed too. Raises `ValueError` for what is no form."""
    if len(body) > MOST_BYTES:
        raise ValueError("it is too long")
    text = body.decode("ascii")
    return parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS)


def signature(token: str, url: str, form: Fields) -> str:
    """A field that comes twice with the same value counts once."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.digest(token.encode(), signed.encode(errors="replace"), "sha1")).decode()


def matches(given: str, tokens: Iterable[str], url: str, form: Fields) -> bool:
    proof = given.encode(errors="replace")
    expected = (signature(token, spelling, form) for token in tokens for spelling in spellings(url))
    return any(hmac.compare_digest(each.encode(), proof) for each in expected)


def spellings(url: str) -> set[str]:
    """Twilio signs an address now with its port and now without, whichever was entered."""
    parts = urlsplit(url)
    bare = parts.netloc.removesuffix(f":{parts.port}") if parts.port else parts.netloc
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {url, urlunsplit(parts._replace(netloc=bare)), urlunsplit(parts._replace(netloc=f"{bare}:{port}"))}
