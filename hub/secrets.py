"""Everything that needs the workspace's secret: sealing, signing, tokens. No other module sees the key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class BadToken(Exception):
    """Not ours, altered, or out of time."""


class Expired(BadToken):
    """It was ours, and its time is over."""


class Keys:
    """Keys of separate uses, all derived from one secret of at least 32 characters."""

    def __init__(self, secret: str) -> None:
        if len(secret) < 32:
            raise ValueError("The secret key is too short: use at least 32 random characters")
        self._root = secret.encode()
        self._sealing = AESGCM(self._derive("seal"))
        self._signing: dict[str, bytes] = {}

    def seal(self, plain: bytes) -> bytes:
        nonce = os.urandom(12)
        return b"\x01" + nonce + self._sealing.encrypt(nonce, plain, None)

    def open(self, sealed: bytes) -> bytes:
        """Raises `BadToken` if it was sealed with another key or altered."""
        try:
            return self._sealing.decrypt(sealed[1:13], sealed[13:], None)
        except (InvalidTag, ValueError) as error:
            raise BadToken("sealed with another key") from error

    def sign(self, purpose: str, value: str, size: int = 20) -> str:
        """An HMAC-SHA256 as `size` lower-case base32 characters, five bits each; 20 are 100 bits."""
        key = self._signing.get(purpose) or self._signing.setdefault(purpose, self._derive(f"sign:{purpose}"))
        mac = hmac.digest(key, value.encode(), "sha256")
        return base64.b32encode(mac).decode().lower()[:size]

    def checks(self, purpose: str, value: str, signature: str, size: int = 20) -> bool:
        return len(signature) == size and hmac.compare_digest(
            self.sign(purpose, value, size).encode(), signature.encode()
        )

    def token(self, purpose: str, payload: dict[str, Any], ttl_s: float) -> str:
        body = (
            base64.urlsafe_b64encode(json.dumps({**payload, "exp": time.time() + ttl_s}).encode()).decode().rstrip("=")
        )
        return f"{body}.{self.sign(purpose, body, 32)}"

    def read_token(self, purpose: str, token: str) -> dict[str, Any]:
        """Raises `BadToken`."""
        body, _, signature = token.partition(".")
        if len(token) > 4000 or not self.checks(purpose, body, signature, 32):
            raise BadToken("not one of ours")
        payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if payload["exp"] < time.time():
            raise Expired("out of time")
        return payload

    def _derive(self, purpose: str) -> bytes:
        return hmac.digest(self._root, f"onethread:{purpose}".encode(), hashlib.sha256)


def load_secret(configured: str, data: Path) -> str:
    """The configured secret, or the data folder's own, made at the first start and readable by its owner alone."""
    if configured:
        return configured
    path = data / "secret.key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        data.mkdir(parents=True, exist_ok=True)
    secret = base64.urlsafe_b64encode(os.urandom(48)).decode()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret
