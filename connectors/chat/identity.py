"""Who a visitor is: a random address with our signature, or a customer whom the host's site vouches for."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import SecretStr

from hub.contract import Unverified

ANONYMOUS, SIGNED_IN = "v_", "u_"
DAY = 86_400
LONGEST_IDENTITY = DAY
"""A host's token may not promise more than a day: it is meant to be made for each page."""

TOKEN = re.compile(r"([a-z]_[a-z2-7]{16,40})\.([0-9]{10,11})\.([a-z2-7]{20})")
Sign = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Vouched:
    """What the host's site says of its customer."""

    sub: str
    email: str = ""
    phone: str = ""
    name: str = ""


def make_token(sign: Sign, address: str, now: float) -> str:
    """Half a year for an anonymous browser; an hour for a signed-in one, whose site can vouch for them again."""
    expires = int(now) + (3600 if address.startswith(SIGNED_IN) else 180 * DAY)
    return f"{address}.{expires}.{sign(f'visitor {address} {expires}')}"


def read_token(sign: Sign, token: object, now: float) -> str:
    """The address in it. Raises `Unverified`."""
    found = TOKEN.fullmatch(token) if isinstance(token, str) and len(token) < 100 else None
    if not found or not hmac.compare_digest(sign(f"visitor {found[1]} {found[2]}"), found[3]):
        raise Unverified("This chat's token is not one of ours. Start the chat again.")
    if int(found[2]) < now:
        raise Unverified("This chat's token has expired. Start the chat again.")
    return found[1]


def read_identity(secrets: list[SecretStr], token: object, audience: str, now: float) -> Vouched:
    """Check a JWT (RFC 7519) of the one form we take: HS256, `sub`, `exp`, our inbox as `aud`. Raises `Unverified`."""
    if not secrets:
        raise Unverified("This chat takes no signed identities: its identity secret is not set.")
    payload = _checked(secrets, token)
    sub, expires, aud = payload.get("sub"), payload.get("exp"), payload.get("aud")
    if not isinstance(sub, str) or not 0 < len(sub) <= 200:
        raise Unverified("The signed identity names nobody: `sub` must be text of 1 to 200 characters.")
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise Unverified("The signed identity has no end: `exp` is missing.")
    if not now <= expires <= now + LONGEST_IDENTITY:
        raise Unverified("The signed identity has expired, or is valid for more than a day. Load the page again.")
    if audience not in (aud if isinstance(aud, list) else [aud]):
        raise Unverified("The signed identity is for another inbox: `aud` must be this inbox's id.")
    return Vouched(sub, *(_text(payload, name) for name in ("email", "phone", "name")))


def _checked(secrets: list[SecretStr], token: object) -> Mapping[str, Any]:
    if not isinstance(token, str) or len(token) > 4000 or not token.isascii() or token.count(".") != 2:
        raise Unverified("The signed identity is not a JWT.")
    signed, _, signature = token.rpartition(".")
    head, body = (_json(part) for part in signed.split("."))
    if head.get("alg") != "HS256" or "crit" in head:
        raise Unverified("The signed identity must be signed with HS256.")
    given = _bytes(signature)
    for secret in secrets:
        if hmac.compare_digest(hmac.digest(secret.get_secret_value().encode(), signed.encode(), "sha256"), given):
            return body
    raise Unverified("The signed identity's signature is wrong: check the secret on your server.")


def _json(part: str) -> dict[str, Any]:
    try:
        value = orjson.loads(_bytes(part))
    except ValueError as error:
        raise Unverified("The signed identity is not a JWT.") from error
    if not isinstance(value, dict):
        raise Unverified("The signed identity is not a JWT.")
    return value


def _bytes(part: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]*", part):
        raise Unverified("The signed identity is not a JWT.")
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError as error:
        raise Unverified("The signed identity is not a JWT.") from error


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    return value.strip()[:320] if isinstance(value, str) else ""
