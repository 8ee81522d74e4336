"""What signs an agent's console in to Twilio: a JSON Web Token (RFC 7519) under the API key."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .names import client_name
from .settings import TwilioVoiceSettings

TTL_S = 3600


def phone_token(settings: TwilioVoiceSettings, agent: str, now: datetime) -> str:
    """For this agent's console alone: it may be rung, and may call by our TwiML App, which asks us whom to reach."""
    at = int(now.timestamp())
    header = {"alg": "HS256", "typ": "JWT", "cty": "twilio-fpa;v=1"}
    claims = {
        "jti": f"{settings.api_key_sid}-{at}",
        "iss": settings.api_key_sid,
        "sub": settings.account_sid,
        "nbf": at,
        "exp": at + TTL_S,
        "grants": {
            "identity": client_name(agent),
            "voice": {"incoming": {"allow": True}, "outgoing": {"application_sid": settings.app_sid}},
        },
    }
    signed = f"{_encoded(header)}.{_encoded(claims)}"
    proof = hmac.digest(settings.api_key_secret.get_secret_value().encode(), signed.encode(), "sha256")
    return f"{signed}.{_base64(proof)}"


def _encoded(part: Mapping[str, Any]) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
