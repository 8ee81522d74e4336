"""Twilio SMS: text messages to and from telephones, through a Twilio account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from connectors.twilio import media, webhook
from connectors.twilio.api import Api
from connectors.twilio.errors import refusal
from connectors.twilio.webhook import is_sid
from hub.contract import (
    Answer,
    Capabilities,
    Connector,
    Context,
    Event,
    Fetched,
    File,
    Outgoing,
    OutgoingFile,
    Raw,
    Refused,
    State,
    Uncertain,
)

from . import listing
from .read import DELIVERY, LISTED, dedup_key, lane, read
from .segments import segments
from .settings import TwilioSmsSettings

__all__ = ["TwilioSms", "TwilioSmsSettings"]

UNSURE = "The message may have been sent"
LARGEST = 5_000_000
"""Of a message's files, if they are pictures in one of the types that Twilio makes smaller for networks."""
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif"})
LARGEST_OTHER = 500_000
MOST_FILES = 10


class TwilioSms(Connector[TwilioSmsSettings]):
    """One number, or one messaging service."""

    key = "twilio_sms"
    label = "Twilio SMS"
    description = "Text messages to and from telephones, through Twilio."
    Settings = TwilioSmsSettings
    capabilities = Capabilities(
        channel="sms",
        identity="phone",
        label="SMS",
        icon="message-square-text",
        colour="sms",
        max_chars=1600,
        segments=True,
        splits=True,
        media=True,
        media_bytes=LARGEST,
        max_files=MOST_FILES,
        receipts=(State.DELIVERED,),
        rate_per_s=1.0,
    )

    def __init__(self, settings: TwilioSmsSettings, context: Context) -> None:
        super().__init__(settings, context)
        self._api = Api(settings, context.http)
        self.capabilities = replace(
            self.capabilities,
            media=settings.sends_files,
            media_bytes=LARGEST if settings.sends_files else 0,
            rate_per_s=settings.rate_per_s or None,
        )

    @property
    def address(self) -> str:
        return self.settings.number

    def verify(self, raw: Raw) -> Answer:
        if raw.method != LISTED:
            webhook.verify(raw, self.settings)
        return webhook.TAKEN

    def normalise(self, raw: Raw) -> Iterable[Event]:
        return read(raw, self.settings)

    def dedup_key(self, raw: Raw) -> str:
        return dedup_key(raw) or super().dedup_key(raw)

    def lane(self, raw: Raw) -> str:
        return lane(raw)

    async def send(self, outgoing: Outgoing) -> str:
        self._check(outgoing)
        answer = await self._api.post(listing.MESSAGES, self._form(outgoing), UNSURE)
        if answer.get("status") in ("failed", "undelivered"):
            code = answer.get("error_code")
            raise refusal(code if isinstance(code, int) else None, str(answer.get("error_message") or ""))
        if not is_sid(sid := str(answer.get("sid")), "SM", "MM"):
            raise Uncertain(f"Twilio's answer names no message. {UNSURE}")
        return sid

    def _form(self, outgoing: Outgoing) -> dict[str, str | Sequence[str]]:
        service = self.settings.messaging_service_sid
        return {
            "To": outgoing.to.value,
            **({"MessagingServiceSid": service} if service else {"From": self.settings.number}),
            **({"Body": outgoing.text} if outgoing.text else {}),
            **({"MediaUrl": [file.url for file in outgoing.files]} if outgoing.files else {}),
            "StatusCallback": webhook.address(self.settings, self.context, **{DELIVERY: outgoing.key}),
        }

    def _check(self, outgoing: Outgoing) -> None:
        needs = segments(outgoing.text)
        if not outgoing.files and 0 < self.settings.most_parts < needs.parts:
            raise Refused(f"The text takes {needs}; at most {self.settings.most_parts} are allowed. Shorten it")
        if outgoing.files:
            self._check_files(outgoing.files)

    def _check_files(self, files: Sequence[OutgoingFile]) -> None:
        if not self.settings.sends_files:
            raise Refused("This inbox sends no files. Send them by another channel, or switch MMS on in its settings")
        if len(files) > MOST_FILES:
            raise Refused(f"A message takes {MOST_FILES} files, and these are {len(files)}. Send fewer")
        if sum(file.size for file in files) > LARGEST:
            raise Refused("The files are larger than 5 MB together. Send smaller ones, or by another channel")
        for file in files:
            if file.type.lower() not in PICTURES and file.size > LARGEST_OTHER:
                raise Refused(
                    f"“{file.name}” is larger than 500 kB; only JPEG, PNG and GIF pictures may be. "
                    "Send it by another channel"
                )
            if not file.url:
                raise Refused(f"Twilio has no address where it could take “{file.name}”. Set the hub's public address")

    async def fetch(self, file: File, most: int) -> Fetched:
        return await media.fetch(self._api, self.context.http, file.url, most)

    def reconcile(self, since: datetime) -> AsyncIterator[Raw]:
        return listing.since(self._api, self.settings, self.context.hook_url, since, self.context.now())

    async def look_up(self, outgoing: Outgoing, since: datetime) -> str | None:
        return await listing.sid_of(self._api, self.settings, outgoing, since, self.context.now())

    async def health(self) -> str:
        return await self._api.health(listing.MESSAGES)
