"""What the conformance suite must know about Twilio SMS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from hub.contract import File, Outgoing, Raw, Settings
from hub.testkit import HOOK_URL, MOMENT, Kit

from . import TwilioSms, TwilioSmsSettings
from .simulator import Picture, TwilioSimulator

ACCOUNT = "AC" + "5e" * 16
NUMBER = "+15005550006"
CUSTOMER = "+4915100000017"


class TwilioKit(Kit):
    connector = TwilioSms
    settings: ClassVar[Mapping[str, Any]] = {
        "account_sid": ACCOUNT,
        "auth_token": "canary-4c1f77aa09-token",
        "previous_auth_token": "canary-88d0e2b35c-token",
        "api_key_sid": "SK" + "7b" * 16,
        "api_key_secret": "canary-e61b9d02f4-secret",
        "number": NUMBER,
    }
    exempt: ClassVar[Mapping[str, str]] = {
        "stale": "Twilio's signature holds no time; a request that is repeated is known by its MessageSid"
    }

    def sign(self, raw: Raw, settings: Settings) -> Raw:
        return self.simulator(settings).sign(raw)

    def incoming(self, text: str, file: File | None = None) -> Raw:
        return self._says(CUSTOMER, text, *([Picture(file.type, file.content)] if file else []))

    def echo(self, outgoing: Outgoing, ref: str) -> Raw:
        return self._says(NUMBER, outgoing.text)

    def simulator(self, settings: Settings) -> TwilioSimulator:
        assert isinstance(settings, TwilioSmsSettings)
        return TwilioSimulator(
            settings.account_sid,
            settings.auth_token.get_secret_value(),
            number=settings.number,
            service=settings.messaging_service_sid,
            key=(settings.api_key_sid, settings.api_key_secret.get_secret_value()),
        )

    def _says(self, sender: str, text: str, *media: Picture) -> Raw:
        provider = TwilioSimulator(ACCOUNT, "", number=NUMBER, hook_url=HOOK_URL)
        return replace(provider.says(sender, text, media), received_at=MOMENT)


KIT = TwilioKit()
