"""Twilio SMS: text messages to and from telephones, through a Twilio account."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode, urlsplit

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
    Unauthorised,
    Unverified,
)

from . import signature
from .api import Api
from .errors import reason
from .read import DELIVERY, dedup_key, lane, read
from .segments import segments
from .settings import TwilioSmsSettings

__all__ = ["TwilioSms", "TwilioSmsSettings"]

TAKEN = Answer(body='<?xml version="1.0" encoding="UTF-8"?><Response/>', content_type="text/xml")
"""TwiML that does nothing: the hub answers customers by the API."""


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
        if raw.method != "POST":
            raise Unverified("Twilio must deliver by HTTP POST: choose it beside the webhook address")
        try:
            form = signature.fields(raw.body)
        except ValueError as error:
            raise Unverified("The request is not a form, as Twilio's are") from error
        given = raw.headers.get(signature.HEADER, "")
        if not signature.matches(given, self.settings.tokens, self._called(raw), form):
            raise Unverified("The signature does not match: check the auth token, and the webhook address at Twilio")
        return TAKEN

    def _called(self, raw: Raw) -> str:
        """The address that Twilio called and signed."""
        if not self.settings.webhook_url:
            return raw.url
        query = urlsplit(raw.url).query
        return f"{self.settings.webhook_url}?{query}" if query else self.settings.webhook_url

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
        answer = await self._api.send(
            {
                "To": outgoing.to.value,
                "Body": outgoing.text,
                "StatusCallback": self._report_to(outgoing.key),
                **self._sender(),
            }
        )
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
        return f"{self.settings.webhook_url or self.context.hook_url}?{urlencode({DELIVERY: key})}"

    async def health(self) -> str:
        account = await self._api.account()
        name, status = str(account.get("friendly_name") or self.settings.account_sid), account.get("status")
        if status != "active":
            raise Unauthorised(f"The Twilio account “{name}” is {status}: see the notice in Twilio's console")
        if self.settings.api_key_sid:
            await self._api.try_key()
            return f"Connected to the Twilio account “{name}”; the API key is good too."
        return f"Connected to the Twilio account “{name}”."
