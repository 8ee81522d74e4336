"""Twilio Voice: telephone calls in and out, through a Twilio account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from connectors.twilio import webhook
from connectors.twilio.api import Api
from connectors.twilio.settings import API
from hub.contract import (
    Answer,
    CallFeatures,
    Capabilities,
    Connector,
    Context,
    Event,
    Fetched,
    File,
    Leg,
    Outgoing,
    Raw,
    Record,
    Refused,
    Step,
)

from . import files, health, listing, script, token
from .line import TelephoneLine
from .names import DIGITS, ON, On
from .read import dedup_key, lane, read
from .settings import TwilioVoiceSettings

__all__ = ["TwilioVoice", "TwilioVoiceSettings"]

FEATURES = CallFeatures(
    browser=True,
    sdk="twilio",
    hosts=("https://*.twilio.com", "wss://*.twilio.com", "https://media.twiliocdn.com"),
    hold=True,
    mute=True,
    keypad=True,
    transfer=True,
    record=True,
    pause=True,
    machines=True,
    voicemail_drop=True,
    transcript=True,
)


class TwilioVoice(Connector[TwilioVoiceSettings]):
    """One number that can be called and calls. Each leg is a call at Twilio; they meet in a conference."""

    key = "twilio_voice"
    label = "Twilio Voice"
    description = "Telephone calls in and out, through Twilio."
    Settings = TwilioVoiceSettings
    capabilities = Capabilities(
        channel="voice",
        identity="phone",
        label="Telephone",
        icon="phone",
        colour="voice",
        messages=False,
        calls=FEATURES,
    )

    def __init__(self, settings: TwilioVoiceSettings, context: Context) -> None:
        super().__init__(settings, context)
        offered = replace(FEATURES, browser=settings.browser, machines=settings.machines)
        if settings.api != API:
            offered = replace(offered, sdk="", hosts=())  # its simulator carries no sound
        self.capabilities = replace(type(self).capabilities, calls=offered)
        self._api = Api(settings, context.http)
        self._script = script.Script(settings, context)
        self._line = TelephoneLine(settings, self._api, self._script)

    @property
    def address(self) -> str:
        return self.settings.number

    # --- what Twilio tells and asks ---

    def verify(self, raw: Raw) -> Answer:
        """The two questions that need no hub are answered here: which keys to play, and what follows a voicemail."""
        if raw.method == listing.LIST:
            return webhook.TAKEN
        webhook.verify(raw, self.settings)
        match _asked_for(raw, ON):
            case On.KEYS:
                return script.answer(script.keys(_asked_for(raw, DIGITS)), final=True)
            case On.OVER:
                return script.answer(script.over(), final=True)
        return webhook.TAKEN

    def normalise(self, raw: Raw) -> Iterable[Event]:
        return read(raw, self.settings)

    def dedup_key(self, raw: Raw) -> str:
        return dedup_key(raw) or super().dedup_key(raw)

    def lane(self, raw: Raw) -> str:
        return lane(raw)

    # --- what the hub has done ---

    async def send(self, outgoing: Outgoing) -> str:
        raise Refused("A telephone line carries no text. Call, or write by another channel")

    async def dial(self, leg: Leg) -> str:
        return await self._line.dial(leg)

    async def hang_up(self, leg: Leg) -> None:
        await self._line.hang_up(leg)

    async def steer(self, leg: Leg, steps: Sequence[Step]) -> None:
        await self._line.steer(leg, steps)

    async def hold(self, leg: Leg, on: bool) -> None:
        await self._line.hold(leg, on)

    async def mute(self, leg: Leg, on: bool) -> None:
        await self._line.mute(leg, on)

    async def keys(self, leg: Leg, digits: str) -> None:
        await self._line.keys(leg, digits)

    async def record(self, leg: Leg, what: Record) -> None:
        await self._line.record(leg, what)

    def script(self, leg: Leg, steps: Sequence[Step]) -> Answer:
        return self._script.answer(leg, steps)

    def phone_token(self, agent: str) -> str:
        if not self.settings.browser:
            raise Refused("This line has no TwiML App, so agents can't talk in the console. Add it in the settings")
        return token.phone_token(self.settings, agent, self.context.now())

    async def fetch(self, file: File, most: int) -> Fetched:
        return await files.fetch(self._api, self.context.http, file, most)

    def reconcile(self, since: datetime) -> AsyncIterator[Raw]:
        return listing.reconcile(self._api, self.settings, self.context, since)

    async def health(self) -> str:
        return await health.health(self._api, self.settings, webhook.address(self.settings, self.context))


def _asked_for(raw: Raw, name: str) -> str:
    try:
        return webhook.given_back(raw, name)
    except ValueError:
        return ""
