"""What Instagram and Messenger have in common: everything but their limits and their names at Meta."""

from __future__ import annotations

import hmac
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar

from hub.contract import (
    Address,
    Answer,
    Connector,
    Context,
    Event,
    Fetched,
    File,
    Outgoing,
    OutgoingFile,
    Raw,
    Refused,
    Unverified,
)

from . import signature
from .fetch import fetch
from .graph import Graph
from .read import Reader, dedup_key
from .settings import MetaSettings

WINDOW_S = 24 * 3600
LATE_S = 7 * 24 * 3600
MOST_BUTTONS = 13
BUTTON_CHARS = 20
MEGABYTE = 1_048_576

S = TypeVar("S", bound=MetaSettings)


class MetaConnector(Connector[S], Generic[S]):
    """One account: a page, or a professional account at Instagram."""

    object: ClassVar[str]
    """What Meta's webhooks call this sort of account."""
    wanted: ClassVar[Mapping[str, str]]
    """Webhook fields and what is missing without each; without `messages` nothing arrives at all."""

    naming: ClassVar[str]
    """Where the profile of somebody who wrote has their name."""

    def __init__(self, settings: S, context: Context) -> None:
        super().__init__(settings, context)
        if not settings.human_agent:
            self.capabilities = replace(self.capabilities, late_window_s=None)
        self._graph = Graph(f"{self.base}/{settings.version}", settings.access_token.get_secret_value(), context.http)
        self._reader = Reader(
            object=self.object,
            account_id=self.account_id,
            kind=self.capabilities.identity,
            label=self.capabilities.label,
            app_id=settings.app_id,
            key_of=self._key_of,
        )

    @property
    @abstractmethod
    def account_id(self) -> str:
        """What Meta's webhooks call this account."""

    @property
    @abstractmethod
    def base(self) -> str:
        """The Graph API's address, without version."""

    @property
    def node(self) -> str:
        """The account in the API's paths."""
        return self.account_id

    @property
    def path(self) -> str:
        return f"{self.node}/messages"

    # --- in ---

    def verify(self, raw: Raw) -> Answer | None:
        if raw.method == "GET":
            return self._handshake(raw)
        if raw.method != "POST":
            raise Unverified("Meta delivers by HTTP POST")
        if not signature.matches(raw.headers.get(signature.HEADER, ""), self.settings.secrets, raw.body):
            raise Unverified("The signature does not match: check the app secret")
        return None

    def _handshake(self, raw: Raw) -> Answer:
        try:
            said = signature.challenge(raw.url, self.settings.verify_token.get_secret_value())
        except ValueError:
            said = None
        if said is None:
            raise Unverified("The verify token does not match: enter the same one here and at Meta")
        return Answer(body=said, final=True)

    def normalise(self, raw: Raw) -> Iterable[Event]:
        return self._reader.read(raw.body)

    def dedup_key(self, raw: Raw) -> str:
        return dedup_key(raw.body) or super().dedup_key(raw)

    def lane(self, raw: Raw) -> str:
        """An edit that comes after its message is read after it, even where both requests are large."""
        return self.account_id

    async def fetch(self, file: File, most: int) -> Fetched:
        return await fetch(self.context.http, file.url, most, self.base)

    async def name_of(self, address: Address) -> str:
        """Often refused: Meta asks the customer, and leaves out what they keep to themselves."""
        return self._called(await self._graph.get(address.value, fields=self.naming))

    @abstractmethod
    def _called(self, person: Mapping[str, Any]) -> str:
        """The name in what Meta says of somebody."""

    # --- out ---

    async def send(self, outgoing: Outgoing) -> str:
        return await self._graph.send(self.path, self._body(outgoing))

    def _body(self, outgoing: Outgoing) -> dict[str, Any]:
        return {"recipient": {"id": outgoing.to.value}, **self._purpose(outgoing), "message": self._message(outgoing)}

    def _purpose(self, outgoing: Outgoing) -> dict[str, str]:
        if not outgoing.late:
            return {"messaging_type": "RESPONSE"}
        if outgoing.automatic or not self.settings.human_agent:
            raise Refused("The reply window is closed. Only a person may answer now, and only if Meta has allowed it")
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}

    def _message(self, outgoing: Outgoing) -> dict[str, Any]:
        message: dict[str, Any] = {"metadata": self._metadata(outgoing.key)}
        if outgoing.files:
            if outgoing.text or len(outgoing.files) > 1:
                raise Refused("Meta takes text and files one by one. Send them apart")
            message["attachment"] = self._attachment(outgoing.files[0])
        else:
            message["text"] = outgoing.text
        if outgoing.choices:
            message["quick_replies"] = [
                {"content_type": "text", "title": choice.label, "payload": choice.id} for choice in outgoing.choices
            ]
        if outgoing.reply_to and self.settings.quotes:
            message["reply_to"] = {"mid": outgoing.reply_to[0]}
        return message

    def _attachment(self, file: OutgoingFile) -> dict[str, Any]:
        family = file.type.partition("/")[0]
        kind = family if family in ("image", "video", "audio") else "file"
        self._check(file, kind)
        if not file.url:
            raise Refused("Meta fetches files from the hub, and the hub has no public address for it")
        return {"type": kind, "payload": {"url": file.url, "is_reusable": False}}

    def _check(self, file: OutgoingFile, kind: str) -> None:
        """Raises `Refused` for what Meta would refuse, with better words."""
        if file.size > self.capabilities.media_bytes:
            most = self.capabilities.media_bytes // MEGABYTE
            raise Refused(f"“{file.name}” is larger than {most} MB. Send a link to it")

    def _metadata(self, key: str) -> str:
        """Comes back with the echo: signed, because other apps of the account's write there too."""
        return f"{key}.{self.context.sign(f'metadata:{key}')}"

    def _key_of(self, metadata: str) -> str:
        key = metadata.rpartition(".")[0]
        ours = bool(key) and hmac.compare_digest(self._metadata(key).encode(), metadata.encode())
        return key if ours else ""

    # --- signs ---

    async def typing(self, to: Address, on: bool) -> None:
        await self._act(to, "typing_on" if on else "typing_off")

    async def mark_read(self, to: Address, ref: str) -> None:
        """Meta marks the whole conversation, whatever the message."""
        await self._act(to, "mark_seen")

    async def _act(self, to: Address, action: str) -> None:
        await self._graph.act(self.path, {"recipient": {"id": to.value}, "sender_action": action})

    # --- health ---

    async def health(self) -> str:
        """Is it this account, and does Meta pass on what happens there?"""
        name = await self._name()
        missing = self._missing(await self._graph.get(f"{self.node}/subscribed_apps"))
        if "messages" in missing:
            raise Refused(
                f"Connected to {name}, but nothing arrives from it: in Meta's app dashboard, subscribe the account "
                f"to the webhook field messages"
            )
        lost = [self.wanted[field] for field in missing]
        without = f" Not subscribed at Meta: {', '.join(missing)}; the hub won't learn of {' and '.join(lost)}."
        return f"Connected to {name}.{without if missing else ''}"

    @abstractmethod
    async def _name(self) -> str:
        """The account's name, for people. Raises `Refused` if the token is of another account."""

    def _missing(self, answer: Mapping[str, Any]) -> list[str]:
        """Webhook fields that Meta doesn't send for this account to this app."""
        listed = answer.get("data")
        ours = [
            app for app in (listed if isinstance(listed, list) else ()) if isinstance(app, dict) and self._is_ours(app)
        ]
        fields = {field for app in ours for field in app.get("subscribed_fields") or ()}
        return [field for field in self.wanted if field not in fields]

    def _is_ours(self, app: Mapping[str, Any]) -> bool:
        return str(app.get("id")) == self.settings.app_id


def other_account(given: object, wanted: str, where: str) -> Refused:
    return Refused(f"The access token is of another account ({given}), not of {wanted}. Make one for {where}")
