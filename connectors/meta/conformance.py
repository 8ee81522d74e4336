"""What the conformance suite must know about both of Meta's connectors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from hub.contract import File, Outgoing, Raw, Settings
from hub.testkit import HOOK_URL, MOMENT, Kit
from hub.testkit.bench import hub_sign

from .people import Person, milliseconds
from .rules import Platform
from .settings import MetaSettings
from .simulator import MetaSimulator

APP = "412345678901234"
COMMON: Mapping[str, Any] = {
    "access_token": "canary-0b5d7fa1c3-token",
    "app_id": APP,
    "app_secret": "canary-77e2c90d14-secret",
    "previous_app_secret": "canary-d31f6a8e52-secret",
    "verify_token": "canary-b9f04c6d27-verify",
    "human_agent": True,
}


class MetaKit(Kit):
    platform: ClassVar[Platform]
    account: ClassVar[str]
    exempt: ClassVar[Mapping[str, str]] = {
        "stale": "Meta's signature holds no time, and it repeats for days what was not taken; messages are known by id"
    }

    def sign(self, raw: Raw, settings: Settings) -> Raw:
        return self.simulator(settings).sign(raw)

    def incoming(self, text: str, file: File | None = None) -> Raw:
        said: dict[str, Any] = {"mid": "m_conformance", **({"text": text} if text else {})}
        if file:
            url = f"https://cdn.fbsbx.com/v/t59.2708-21/17/{quote(file.name)}?oh=00_AfB&oe=6789ABCD"
            said["attachments"] = [{"type": "file", "payload": {"url": url}}]
        return self._webhook(_ada(self._at_meta("", "")).id, self.account, said)

    def echo(self, outgoing: Outgoing, ref: str) -> Raw:
        metadata = f"{outgoing.key}.{hub_sign(f'metadata:{outgoing.key}')}"
        said = {"mid": ref, "text": outgoing.text, "is_echo": True, "app_id": int(APP), "metadata": metadata}
        return self._webhook(self.account, outgoing.to.value, said)

    def simulator(self, settings: Settings) -> MetaSimulator:
        assert isinstance(settings, MetaSettings)
        meta = self._at_meta(settings.access_token.get_secret_value(), settings.app_secret.get_secret_value())
        _ada(meta).writes("Hello")  # opens the window
        return meta

    def _at_meta(self, token: str, app_secret: str) -> MetaSimulator:
        return MetaSimulator(self.platform, self.account, token=token, app_id=APP, app_secret=app_secret)

    def _webhook(self, sender: str, recipient: str, said: Mapping[str, Any]) -> Raw:
        event = {
            "sender": {"id": sender},
            "recipient": {"id": recipient},
            "timestamp": milliseconds(MOMENT),
            "message": said,
        }
        entry = {"id": self.account, "time": milliseconds(MOMENT), "messaging": [event]}
        body = json.dumps({"object": self.platform, "entry": [entry]}).encode()
        return Raw("POST", HOOK_URL, {"content-type": "application/json"}, body, MOMENT)


def _ada(meta: MetaSimulator) -> Person:
    return meta.person("Ada")
