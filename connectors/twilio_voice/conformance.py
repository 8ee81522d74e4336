"""What the conformance suite must know about Twilio Voice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from hub.contract import File, Raw, Settings
from hub.testkit import HOOK_URL, MOMENT, Kit

from . import TwilioVoice, TwilioVoiceSettings
from .simulator import TwilioVoiceSimulator

ACCOUNT = "AC" + "5e" * 16
NUMBER = "+15005550006"
CUSTOMER = "+4915100000017"
APP = "AP" + "2d" * 16


class TwilioVoiceKit(Kit):
    connector = TwilioVoice
    settings: ClassVar[Mapping[str, Any]] = {
        "account_sid": ACCOUNT,
        "auth_token": "canary-90be41d6c7-token",
        "previous_auth_token": "canary-1ff3a8e25d-token",
        "api_key_sid": "SK" + "7b" * 16,
        "api_key_secret": "canary-c24d70a9be-secret",
        "app_sid": APP,
        "number": NUMBER,
    }
    exempt: ClassVar[Mapping[str, str]] = {
        "stale": "Twilio's signature holds no time; a request that is repeated is known by its CallSid and state"
    }

    def sign(self, raw: Raw, settings: Settings) -> Raw:
        return self.simulator(settings).sign(raw)

    def incoming(self, text: str, file: File | None = None) -> Raw:
        """A call says nothing yet; the words stand in the caller's name, which is not read."""
        form = {
            "CallSid": "CA" + "4c" * 16,
            "AccountSid": ACCOUNT,
            "From": CUSTOMER,
            "To": NUMBER,
            "CallerName": text,
            "CallStatus": "ringing",
            "Direction": "inbound",
            "ApiVersion": "2010-04-01",
        }
        headers = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
        return Raw("POST", HOOK_URL, headers, urlencode(form).encode(), MOMENT)

    def simulator(self, settings: Settings) -> TwilioVoiceSimulator:
        assert isinstance(settings, TwilioVoiceSettings)
        return TwilioVoiceSimulator(
            settings.account_sid,
            settings.auth_token.get_secret_value(),
            number=settings.number,
            key=(settings.api_key_sid, settings.api_key_secret.get_secret_value()),
            app=settings.app_sid,
            hook_url=HOOK_URL,
            pace=0.01,
        )


KIT = TwilioVoiceKit()
