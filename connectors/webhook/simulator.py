"""The system at the other end, played: takes our posts, strictly, and sends signed events."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from hub.contract import Raw
from hub.testkit import HttpSimulator, Shown

HEADER = "x-onethread-signature"
FIELDS = {"id", "to", "author", "text", "reply_to", "files"}


def signature(secret: str, at: datetime, body: bytes) -> str:
    """As `docs/connectors/webhook.md` describes it, written a second time so that a mistake shows."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
    return f"t={stamp},v1={digest.hexdigest()}"


class YourSystem(HttpSimulator):
    """`shown` holds what its customers see; a second post with the same id is answered and shown no second time."""

    def __init__(self, secret: str, hook_url: str = "") -> None:
        super().__init__()
        self.secret = secret
        self.hook_url = hook_url
        self.pings = 0
        self.requests: list[Mapping[str, Any]] = []
        """Every post that was taken, doubles included."""

    def settings(self) -> Mapping[str, Any]:
        return {"url": f"{self.url}/messages"}

    def routes(self) -> Sequence[web.RouteDef]:
        return [web.post("/messages", self._take)]

    def sign(self, raw: Raw) -> Raw:
        return replace(raw, headers={**raw.headers, HEADER: signature(self.secret, raw.received_at, raw.body)})

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if problem := self._forged(request, body):
            return self.failure(401, problem)
        content = json.loads(body)
        if content == {"ping": True}:
            self.pings += 1
            return web.json_response({"pong": True})
        if problem := self._wrong(request, content):
            return self.failure(400, problem)
        self.requests.append(content)
        if content["id"] not in {shown.key for shown in self.shown}:
            files = tuple(base64.b64decode(file["base64"], validate=True) for file in content["files"])
            self.shown.append(Shown(content["id"], content["to"]["address"], content["text"], files))
        return web.json_response({"id": content["id"]})

    def _forged(self, request: web.Request, body: bytes) -> str:
        given = request.headers.get(HEADER, "")
        stamp = given.partition(",")[0].removeprefix("t=")
        if not stamp.isdecimal():
            return f"{HEADER} is missing or malformed"
        expected = signature(self.secret, datetime.fromtimestamp(int(stamp), UTC), body)
        return "" if hmac.compare_digest(expected.encode(), given.encode()) else f"{HEADER} doesn't match"

    def _wrong(self, request: web.Request, content: Mapping[str, Any]) -> str:
        if set(content) != FIELDS:
            return f"These fields are missing or unknown: {', '.join(sorted(set(content) ^ FIELDS))}"
        if set(content["to"]) != {"kind", "address", "name"} or not content["to"]["address"]:
            return "to must have kind, address and name"
        if any(set(file) != {"name", "type", "base64"} for file in content["files"]):
            return "a file must have name, type and base64"
        if request.headers.get("Idempotency-Key") != content["id"]:
            return "Idempotency-Key must be the message's id"
        return "" if request.content_type == "application/json" else "The content type must be application/json"

    # --- what it sends ---

    def event(self, content: Mapping[str, Any], at: datetime | None = None) -> Raw:
        """An unsigned event for `deliver`."""
        headers = {"content-type": "application/json"}
        return Raw("POST", self.hook_url, headers, json.dumps(content).encode(), at or datetime.now(UTC))

    def says(self, ref: str, address: str, text: str, **more: Any) -> Raw:
        """A customer's message."""
        return self.event({"id": ref, "from": {"address": address}, "text": text, **more})

    def tells(self, ref: str, state: str, reason: str = "") -> Raw:
        """The state of a message of ours."""
        return self.event({"status": {"id": ref, "state": state, "reason": reason}})
