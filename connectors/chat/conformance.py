"""What the conformance suite must know about live chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import aiohttp

from connectors.chat import Chat
from connectors.chat.settings import ChatSettings
from hub.contract import Address, Context, File, Proof, Raw, Settings, Visitor
from hub.testkit import MOMENT, Kit
from hub.testkit.bench import hub_sign
from hub.testkit.fixtures import HOOK_URL

NO_PROVIDER = "Nobody stands between the hub and the visitor: the hub's own socket shows what was said."
VISITOR = Visitor(Address("visitor", "v_abcdefghijklmnopqrstuvwx"), Proof.CLAIMED)


class ChatKit(Kit):
    connector = Chat
    settings: ClassVar[Mapping[str, Any]] = {
        "name": "Shop",
        "identity_secret": "canary-5d0b7e21c4f8-current-identity",
        "previous_identity_secret": "canary-90aa4be7d3c1-previous-identity",
    }
    exempt: ClassVar[Mapping[str, str]] = {
        "stranger": "Chat is signed with the hub's key for this inbox, no setting; the connector's own tests try it.",
        "receipts": "How far a visitor has read comes over the socket as a position, which the hub settles by itself.",
        "sends": NO_PROVIDER,
        "errors": NO_PROVIDER,
        "repeats": NO_PROVIDER,
        "echo": NO_PROVIDER,
    }

    def sign(self, raw: Raw, settings: Settings) -> Raw:
        assert isinstance(settings, ChatSettings)
        return _chat(settings).signed(raw)

    def incoming(self, text: str, file: File | None = None) -> Raw:
        ref = {"ref": f"sha256:{'ab' * 32}:7", "name": file.name, "type": file.type} if file else {}
        said = {"client_key": "m-0000-hello", "text": text, "files": [ref] if file else []}
        raw = _chat(ChatSettings()).raw(VISITOR, said, MOMENT)
        return Raw(raw.method, raw.url, {}, raw.body, raw.received_at)


def _chat(settings: ChatSettings) -> Chat:
    """Signing and writing down ask for nothing but the key: there is no session to close."""
    http: aiohttp.ClientSession = None  # type: ignore[assignment]
    log: Any = None
    return Chat(settings, Context(http, log, lambda: MOMENT, "https://hub.example", HOOK_URL, hub_sign))


KIT = ChatKit()
