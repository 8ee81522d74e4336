"""Cursors: where the next page begins, as an opaque string. A key, never an offset, so every page costs the same."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from hub.http.errors import HttpProblem

WRONG = {"cursor": "Give back `next` of the page before as it was, with the same filters."}


def encode(key: Sequence[Any] | None) -> str | None:
    if key is None:
        return None
    plain = [_plain(value) for value in key]
    return base64.urlsafe_b64encode(orjson.dumps(plain)).decode().rstrip("=")


def _plain(value: Any) -> Any:
    match value:
        case UUID():
            return f"u{value.hex}"
        case datetime():
            return f"t{value.isoformat()}"
    return value


def decode(cursor: str, *kinds: type) -> list[Any]:
    """The key, whose parts must be of these kinds. Raises a 422 for what isn't one of our cursors."""
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        key = [_rich(value) for value in orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))]
    except (ValueError, TypeError):
        key = []
    fits = len(key) == len(kinds) and all(type(value) is kind for value, kind in zip(key, kinds, strict=True))
    if not fits or any(isinstance(value, int) and abs(value) >= 2**63 for value in key):
        raise HttpProblem(422, "This cursor doesn't belong to this list.", fields=WRONG)
    return key


def _rich(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("u"):
        return UUID(hex=value[1:])
    if isinstance(value, str) and value.startswith("t"):
        at = datetime.fromisoformat(value[1:])
        if at.tzinfo is None:
            raise ValueError("a time without a zone")
        return at
    return value
