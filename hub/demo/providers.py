"""The demo's providers, played in this process: Instagram, and one number at Twilio for texts and calls."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.meta.people import Person, Turn
from connectors.meta.simulator import MetaSimulator
from connectors.twilio_sms.simulator import TwilioSimulator
from connectors.twilio_voice.simulator import TwilioVoiceSimulator

NUMBER = "+442079460000"
"""The shop's, for texts and calls."""
MINE = "+447700900142"
HANDLE = "boots_maya"
"""The customer's, whom nobody knows by it."""
ACCOUNT, KEY, APP = "AC" + "5e" * 16, "SK" + "7b" * 16, "AP" + "2d" * 16
META_APP, INSTAGRAM = "412345678901234", "17841400000000001"


@dataclass(frozen=True, slots=True)
class Wrote:
    """Somebody who wrote to the shop on Instagram, as the hub remembers it."""

    id: str
    name: str
    at: datetime


class Providers:
    """Accounts with secrets that are new at each start: only this process knows them."""

    def __init__(self) -> None:
        token, key = secrets.token_hex(16), (KEY, secrets.token_hex(16))
        self.instagram = MetaSimulator(
            "instagram",
            INSTAGRAM,
            token=secrets.token_hex(24),
            app_id=META_APP,
            app_secret=secrets.token_hex(16),
            verify_token=secrets.token_hex(8),
        )
        self.sms = TwilioSimulator(ACCOUNT, token, number=NUMBER, key=key)
        self.sms.reports = ("sent", "delivered")
        self.voice = TwilioVoiceSimulator(ACCOUNT, token, number=NUMBER, key=key, app=APP)
        self.maya = self.instagram.person(HANDLE)
        self.telephone = self.voice.phone(MINE)

    async def start(self) -> None:
        for provider in (self.instagram, self.sms, self.voice):
            await provider.start()

    async def stop(self) -> None:
        for provider in (self.instagram, self.sms, self.voice):
            await provider.stop()

    def settings(self) -> dict[str, dict[str, Any]]:
        """What an inbox of each connector must say to reach these."""
        twilio = {"account_sid": ACCOUNT, "auth_token": self.sms.token, "number": NUMBER}
        keyed = {"api_key_sid": KEY, "api_key_secret": self.sms.key[1], "app_sid": APP, "recording_format": "wav"}
        meta = {
            "access_token": self.instagram.token,
            "app_id": META_APP,
            "app_secret": self.instagram.app_secret,
            "verify_token": self.instagram.verify_token,
            "instagram_id": INSTAGRAM,
        }
        return {
            "instagram": {**meta, **self.instagram.settings()},
            "twilio_sms": {**twilio, "mms": "on", **self.sms.settings()},
            "twilio_voice": {**twilio, **keyed, **self.voice.settings()},
        }

    def tell(self, hooks: Mapping[str, str]) -> None:
        """Where each connector's inbox takes what happens; without one, nothing is told."""
        self.instagram.hook_url = hooks.get("instagram", "")
        self.sms.hook_url = hooks.get("twilio_sms", "")
        self.voice.hook_url = hooks.get("twilio_voice", "")

    def remember(self, people: Iterable[Wrote]) -> None:
        """Instagram knows who wrote before this process began, and lets them be answered."""
        for wrote in people:
            person = self.instagram.people.setdefault(wrote.id, Person(self.instagram, wrote.name, wrote.id))
            person.turns.append(Turn(self.instagram.next_mid(), "customer", wrote.at))
