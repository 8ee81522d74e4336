"""The messages that are posted, signed as a webhook inbox wants them; the reference gets the very same."""

import hmac
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from uuid import uuid4

import orjson

from tests.bench.words import sentence

SENDERS = 5000
WORDS = 60
SECRET = "a secret of the benchmark"


@dataclass(frozen=True, slots=True)
class Post:
    ref: str
    headers: dict[str, str]
    body: bytes


def posts(senders: int = SENDERS, *, prefix: str = "+1555") -> Iterator[Post]:
    """Endless messages from `senders` people in turn."""
    run, text = uuid4().hex[:8], sentence(WORDS)
    for n in count():
        yield post(f"{run}-{n}", f"{prefix}{n % senders:07d}", f"{run}-{n} {text}")


def post(ref: str, sender: str, text: str, *, reply_to: str | None = None) -> Post:
    body = orjson.dumps({"id": ref, "from": {"address": sender}, "text": text, "reply_to": reply_to})
    at = str(int(time.time()))
    signature = hmac.digest(SECRET.encode(), f"{at}.".encode() + body, "sha256").hex()
    headers = {"content-type": "application/json", "x-onethread-signature": f"t={at},v1={signature}"}
    return Post(ref, headers, body)
