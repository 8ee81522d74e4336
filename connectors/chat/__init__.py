"""Live chat: the widget's server side. The hub keeps the socket; this says who a visitor is and what words mean.

There is no provider: the hub itself shows an answer to the visitor, so `send` has nobody to hand it to.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b32encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import orjson

from connectors.chat import identity
from connectors.chat.settings import ChatSettings
from hub import contract
from hub.contract import Address, Malformed, Proof, State, Unverified, is_email

MAX_CHARS = 10_000
MEDIA_BYTES = 25 * 1024 * 1024
SHOWN = {"name", "greeting", "reply_time", "back", "colour", "lang", "launcher", "launcher_text", "position"}
SIGNATURE = re.compile(r"t=([0-9]{1,11}),s=([a-z2-7]{20})")


class Chat(contract.Connector[ChatSettings]):
    key = "chat"
    label = "Live chat"
    description = "A chat on your web pages, in the same thread as the customer's mails."
    Settings = ChatSettings
    capabilities = contract.Capabilities(
        channel="chat",
        identity="visitor",
        label="Live chat",
        icon="message-circle",
        colour="chat",
        max_chars=MAX_CHARS,
        media=True,
        media_bytes=MEDIA_BYTES,
        initiate=False,
        receipts=(State.DELIVERED, State.READ),
        typing=True,
        tells_read=True,
        live=True,
        idempotent_send=True,
        undo_s=0,
    )

    def __init__(self, settings: ChatSettings, context: contract.Context) -> None:
        super().__init__(settings, context)
        self.capabilities = replace(self.capabilities, tells_read=settings.tells_read)

    @property
    def inbox(self) -> str:
        """This inbox's id, as our addresses spell it; a host's tokens carry it as their audience."""
        return self.context.hook_url.rpartition("/")[2]

    # --- who is there ---

    def admit(self, hello: Mapping[str, Any], origin: str) -> contract.Visitor:
        self._check_origin(origin)
        now = self.context.now().timestamp()
        if token := hello.get("identity"):
            return self._vouched(identity.read_identity(self._secrets(), token, self.inbox, now))
        if token := hello.get("visitor"):
            address = identity.read_token(self.context.sign, token, now)
            vouched = address.startswith(identity.SIGNED_IN)
            return contract.Visitor(
                Address("visitor", address), Proof.TOKEN if vouched else Proof.CLAIMED, history=vouched
            )
        # anybody may open a chat; nothing is stored of them until they write
        address = identity.ANONYMOUS + b32encode(secrets.token_bytes(15)).decode().lower()
        return contract.Visitor(Address("visitor", address), Proof.CLAIMED)

    def visitor_token(self, visitor_id: str) -> str:
        return identity.make_token(self.context.sign, visitor_id, self.context.now().timestamp())

    def public_config(self) -> dict[str, Any]:
        own = self.settings
        ways = [{"kind": "email", "label": own.email, "url": f"mailto:{own.email}"}] if own.email else []
        shown = own.model_dump(include=SHOWN)
        return {**shown, "max_upload": MEDIA_BYTES, "ways": ways, "links": []}

    def _vouched(self, who: identity.Vouched) -> contract.Visitor:
        # `sub` means something at the host's alone: an address of ours keeps two sites' customer 42 apart
        address = identity.SIGNED_IN + self.context.sign(f"sub {who.sub}")
        claims = [Address("email", who.email)] if is_email(who.email) else []
        if re.fullmatch(r"\+[0-9]{6,15}", who.phone):
            claims.append(Address("phone", who.phone))
        return contract.Visitor(Address("visitor", address, who.name), Proof.TOKEN, tuple(claims), history=True)

    def _check_origin(self, origin: str) -> None:
        if not origin:  # no browser: it could say what it likes
            return
        site = urlsplit(self.context.public_url)
        if origin.lower() not in (f"{site.scheme}://{site.netloc}".lower(), *self.settings.allowed_origins):
            raise Unverified(f"{origin} may not open this chat. Add it to the inbox's allowed origins.")

    def _secrets(self) -> list[Any]:
        return [s for s in (self.settings.identity_secret, self.settings.previous_identity_secret) if s]

    # --- what they say ---

    def raw(self, visitor: contract.Visitor, message: Mapping[str, Any], received_at: datetime) -> contract.Raw:
        claims = message.get("claims") or {}
        body = {
            "visitor": visitor.address.value,
            "name": visitor.address.name or claims.get("name") or "",
            "proof": visitor.proof.value,
            "claims": [{"kind": claim.kind, "value": claim.value} for claim in visitor.claims],
            "email": claims.get("email") or "",
            "key": message["client_key"],
            "text": message["text"],
            "files": [{name: file[name] for name in ("ref", "name", "type")} for file in message.get("files", ())],
            "page": message.get("page") or "",
            "tokens": list(message.get("tokens", ())),
        }
        return self.signed(contract.Raw("SOCKET", self.context.hook_url, {}, orjson.dumps(body), received_at))

    def signed(self, raw: contract.Raw) -> contract.Raw:
        """Only the hub's socket may speak for visitors: the hook's address takes no chat from outside."""
        at = str(int(raw.received_at.timestamp()))
        return replace(raw, headers={**raw.headers, "x-chat-signature": f"t={at},s={self._signature(at, raw.body)}"})

    def verify(self, raw: contract.Raw) -> None:
        given = SIGNATURE.fullmatch(raw.headers.get("x-chat-signature", ""))
        if not given or not hmac.compare_digest(self._signature(given[1], raw.body), given[2]):
            raise Unverified("Chat comes through the widget, not through this address")
        if abs(self.context.now().timestamp() - int(given[1])) > 300:
            raise Unverified("This message was signed more than five minutes ago")

    def dedup_key(self, raw: contract.Raw) -> str:
        try:
            body = read(raw)
            return f"{text(body, 'visitor')}:{text(body, 'key')}"
        except Malformed:
            return super().dedup_key(raw)

    def normalise(self, raw: contract.Raw) -> Iterator[contract.Message]:
        body = read(raw)
        if "text" not in body:
            return
        try:
            claims = [Address(text(c, "kind"), text(c, "value")) for c in body.get("claims", ())]
            proof = Proof(text(body, "proof"))
            files = tuple(contract.File(text(f, "name"), text(f, "type"), ref=text(f, "ref")) for f in body["files"])
            tokens = tuple(text({"token": token}, "token") for token in body.get("tokens", ()))
        except (ValueError, TypeError, LookupError) as error:
            raise Malformed(f"The message can't be read: {error!r}") from error
        visitor, key, page = text(body, "visitor"), text(body, "key"), text(body, "page", "", 2000)
        email, name = text(body, "email", ""), text(body, "name", "")
        if is_email(email):
            claims.append(Address("email", email))
        if name:
            claims.append(Address("name", name))
        yield contract.Message(
            ref=f"{visitor}:{key}",
            sender=Address("visitor", visitor, name),
            text=text(body, "text", "", MAX_CHARS),
            at=raw.received_at,
            proof=proof,
            tokens=tokens,
            files=files,
            claims=tuple(dict.fromkeys(claims)),
            data={"client_key": key} | ({"page": page} if page else {}),
        )

    def own_ref(self, key: str) -> str:
        return key

    async def send(self, outgoing: contract.Outgoing) -> str:
        """The entry is on the visitor's screen by the socket, or waits there for their return: nothing to hand over."""
        return outgoing.key

    @property
    def continue_after_s(self) -> float | None:
        return self.settings.continue_after_s or None

    async def health(self) -> str:
        return "The chat is ready. Put its tag into your page."

    def _signature(self, at: str, body: bytes) -> str:
        return self.context.sign(f"said {at} {sha256(body).hexdigest()}")


def read(raw: contract.Raw) -> dict[str, Any]:
    try:
        body = orjson.loads(raw.body)
    except ValueError as error:
        raise Malformed(f"The message is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise Malformed("The message is no JSON object")
    return body


def text(holder: Any, name: str, default: str | None = None, most: int = 400) -> str:
    value = holder.get(name) if isinstance(holder, dict) else None
    value = default if value is None else value
    if not isinstance(value, str) or len(value) > most or not (value or default is not None):
        raise Malformed(f'"{name}" must be text of at most {most} characters')
    return value.replace("\0", "")
