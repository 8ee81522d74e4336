"""Signed JSON in and out, for systems of one's own; `docs/connectors/webhook.md` describes both directions."""

import hmac
import re
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Iterator
from dataclasses import replace

import orjson
from pydantic import AwareDatetime, Field, SecretStr, TypeAdapter

from hub import contract
from hub.contract import Malformed, Message, Proof, Raw, State, Unverified, storable

SIGNATURE = re.compile(r"t=([0-9]{1,11}),v1=([0-9a-f]{64})")
MOMENT: TypeAdapter[AwareDatetime] = TypeAdapter(AwareDatetime)
RECEIPTS = (State.DELIVERED, State.READ)
STATES = {str(state): state for state in (State.SENT, State.FAILED, *RECEIPTS)}


class WebhookSettings(contract.Settings):
    secret: SecretStr = Field(min_length=16, description="Signs both directions; 16 characters or more.")
    previous_secret: SecretStr | None = Field(None, min_length=16, description="Accepted too, while you change it.")
    url: str = Field("", pattern=r"^(https?://\S+)?$", description="Where answers go. Empty: this inbox only receives.")
    identity: str = Field("webhook", pattern=r"^[a-z][a-z0-9_]{0,31}$", description="What your senders' addresses are.")


class Webhook(contract.Connector[WebhookSettings]):
    key = "webhook"
    label = "Webhook"
    description = "Signed JSON in and out, for a system of your own."
    Settings = WebhookSettings
    capabilities = contract.Capabilities(
        "webhook", "webhook", max_chars=100_000, media=True, media_bytes=10**7, receipts=RECEIPTS, idempotent_send=True
    )

    def __init__(self, settings: WebhookSettings, context: contract.Context) -> None:
        super().__init__(settings, context)
        self.capabilities = replace(self.capabilities, identity=settings.identity)

    def sign(self, secret: SecretStr, at: str, body: bytes) -> str:
        return hmac.digest(secret.get_secret_value().encode(), f"{at}.".encode() + body, "sha256").hex()

    def verify(self, raw: Raw) -> None:
        given = SIGNATURE.fullmatch(raw.headers.get("x-onethread-signature", ""))
        if not given or abs(self.context.now().timestamp() - int(given[1])) > 300:
            raise Unverified("The signature is missing, malformed or more than five minutes off")
        secrets = filter(None, (self.settings.secret, self.settings.previous_secret))
        if not any(hmac.compare_digest(self.sign(secret, given[1], raw.body), given[2]) for secret in secrets):
            raise Unverified("The signature does not match: check the secret on both sides")

    def dedup_key(self, raw: Raw) -> str:
        try:
            return next(event.ref for event in self.normalise(raw) if isinstance(event, Message))
        except (Malformed, StopIteration):
            return super().dedup_key(raw)

    def normalise(self, raw: Raw) -> Iterator[contract.Event]:
        try:
            body = orjson.loads(raw.body)
            if told := body.get("status"):
                yield contract.Status(storable(told["id"]), STATES[told["state"]], storable(told.get("reason"), ""))
            elif "to" in body:
                yield contract.Ignored("Our own message came back")
            elif "from" in body or "text" in body:
                sender = body["from"]
                kind = storable(sender.get("kind"), self.settings.identity, most=32)
                yield Message(
                    ref=storable(body["id"]),
                    sender=contract.Address(kind, storable(sender["address"]), storable(sender.get("name"), "")),
                    text=storable(body.get("text"), "", most=1_000_000),
                    at=MOMENT.validate_python(body["at"]) if body.get("at") else None,
                    proof=Proof.PROVIDER if kind == self.settings.identity else Proof.CLAIMED,
                    reply_to=tuple(storable(ref) for ref in (body.get("reply_to"),) if ref),
                    files=tuple(
                        contract.File(
                            storable(f["name"]), storable(f["type"]), a2b_base64(f["base64"], strict_mode=True)
                        )
                        for f in body.get("files") or ()
                    ),
                )
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Malformed(f"The body can't be read: {error!r}") from error

    def own_ref(self, key: str) -> str:
        return key

    async def send(self, outgoing: contract.Outgoing) -> str:
        if not self.settings.url:
            raise contract.Refused("This inbox only receives: fill in the address that answers go to")
        to = {"kind": outgoing.to.kind, "address": outgoing.to.value, "name": outgoing.to.name}
        files = [{"name": f.name, "type": f.type, "base64": b64encode(await f.read()).decode()} for f in outgoing.files]
        said = {"id": outgoing.key, "to": to, "author": outgoing.author, "text": outgoing.text, "files": files}
        body = orjson.dumps(said | {"reply_to": next(iter(outgoing.reply_to), None)})
        at = str(int(self.context.now().timestamp()))
        signed = f"t={at},v1={self.sign(self.settings.secret, at, body)}"
        headers = {"content-type": "application/json", "idempotency-key": outgoing.key, "x-onethread-signature": signed}
        await self.call("POST", self.settings.url, idempotent=True, data=body, headers=headers)
        return outgoing.key
