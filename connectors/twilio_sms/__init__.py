"""Twilio SMS: text messages to and from telephones, through a Twilio account."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.twilio import webhook
from connectors.twilio.api import Api
from connectors.twilio.errors import reason
from hub.contract import (
    Answer,
    Capabilities,
    Connector,
    Context,
    Event,
    Outgoing,
    Raw,
    Refused,
    State,
    Uncertain,
)

from .read import DELIVERY, dedup_key, lane, read
from .segments import segments
from .settings import TwilioSmsSettings

__all__ = ["TwilioSms", "TwilioSmsSettings"]

UNSURE = "The message may have been sent"


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
        receipts=(State.DELIVERED,),
    )

    def __init__(self, settings: TwilioSmsSettings, context: Context) -> None:
        super().__init__(settings, context)
        self._api = Api(settings, context.http)

    @property
    def address(self) -> str:
        return self.settings.number

    def verify(self, raw: Raw) -> Answer:
        webhook.verify(raw, self.settings)
        return webhook.TAKEN

    def normalise(self, raw: Raw) -> Iterable[Event]:
        return read(raw, self.settings)

    def dedup_key(self, raw: Raw) -> str:
        return dedup_key(raw) or super().dedup_key(raw)

    def lane(self, raw: Raw) -> str:
        return lane(raw)

    def own_ref(self, key: str) -> str:
        """Twilio's own id would be lost with its answer; the address it reports to names ours."""
        return key

    async def send(self, outgoing: Outgoing) -> str:
        self._check(outgoing)
        answer = await self._api.post(
            "/Messages.json",
            {
                "To": outgoing.to.value,
                "Body": outgoing.text,
                "StatusCallback": self._report_to(outgoing.key),
                **self._sender(),
            },
            UNSURE,
        )
        if not answer.get("sid"):
            raise Uncertain(f"Twilio's answer names no message. {UNSURE}")
        if answer.get("status") in ("failed", "undelivered"):
            code = answer.get("error_code")
            raise Refused(reason(code if isinstance(code, int) else None, str(answer.get("error_message") or "")))
        return outgoing.key

    def _check(self, outgoing: Outgoing) -> None:
        if outgoing.files:
            raise Refused("This inbox sends no files. Send them by another channel")
        needs = segments(outgoing.text)
        if 0 < self.settings.most_parts < needs.parts:
            raise Refused(f"The text takes {needs}; at most {self.settings.most_parts} are allowed. Shorten it")

    def _sender(self) -> dict[str, str]:
        service = self.settings.messaging_service_sid
        return {"MessagingServiceSid": service} if service else {"From": self.settings.number}

    def _report_to(self, key: str) -> str:
        return webhook.address(self.settings, self.context, **{DELIVERY: key})

    async def health(self) -> str:
        return await self._api.health("/Messages.json")
