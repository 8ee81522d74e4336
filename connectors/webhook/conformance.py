"""What the conformance suite must know about the webhook connector."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import orjson

from connectors.webhook import Webhook, WebhookSettings
from connectors.webhook.simulator import YourSystem, signature
from hub.contract import File, Outgoing, Raw, Settings
from hub.testkit import MOMENT, Kit


class WebhookKit(Kit):
    connector = Webhook
    settings: ClassVar[Mapping[str, Any]] = {
        "secret": "canary-2f6b0c1d9a4e-current",
        "previous_secret": "canary-77aa31c05e8f-previous",
        "url": "https://shop.example/onethread",
    }

    def sign(self, raw: Raw, settings: Settings) -> Raw:
        assert isinstance(settings, WebhookSettings)
        proof = signature(settings.secret.get_secret_value(), raw.received_at, raw.body)
        return replace(raw, headers={**raw.headers, "x-onethread-signature": proof})

    def incoming(self, text: str, file: File | None = None) -> Raw:
        files = (
            [{"name": file.name, "type": file.type, "base64": base64.b64encode(file.content).decode()}] if file else []
        )
        sender = {"address": "ada-17", "name": "Ada Lovelace"}
        return _raw({"id": "in-1", "from": sender, "text": text, "at": "2026-01-02T03:04:00Z", "files": files})

    def echo(self, outgoing: Outgoing, ref: str) -> Raw:
        to = {"kind": outgoing.to.kind, "address": outgoing.to.value}
        return _raw({"id": ref, "to": to, "text": outgoing.text})

    def simulator(self, settings: Settings) -> YourSystem:
        assert isinstance(settings, WebhookSettings)
        return YourSystem(settings.secret.get_secret_value())


def _raw(body: Mapping[str, Any]) -> Raw:
    return Raw("POST", "https://hub.example/hooks/1", {"content-type": "application/json"}, orjson.dumps(body), MOMENT)


KIT = WebhookKit()
