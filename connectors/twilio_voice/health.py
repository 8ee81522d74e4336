"""Does the account take us, and do its number and its TwiML App point here?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.twilio.api import Api
from hub.contract import Refused

from .settings import TwilioVoiceSettings

ADDRESSES = (
    ("voice_url", "“A call comes in”"),
    ("voice_fallback_url", "“Primary handler fails”"),
    ("status_callback", "“Call status changes”"),
)
"""What Twilio keeps with a number, and what its console calls it."""


async def health(api: Api, settings: TwilioVoiceSettings, hook: str) -> str:
    """Sentences: what was reached, and what is still to be entered at Twilio."""
    said = [await api.health("/Calls.json"), _number(await _own_number(api, settings), settings, hook)]
    if settings.app_sid:
        said.append(_app(await _own_app(api, settings), hook))
    return " ".join(said)


async def _own_number(api: Api, settings: TwilioVoiceSettings) -> Mapping[str, Any]:
    query = {"PhoneNumber": settings.number, "PageSize": "1"}
    async for number in api.pages("/IncomingPhoneNumbers.json", "incoming_phone_numbers", query):
        return number
    raise Refused(f"The Twilio account has no number {settings.number}. Enter one of its numbers, or buy this one")


async def _own_app(api: Api, settings: TwilioVoiceSettings) -> Mapping[str, Any]:
    try:
        return await api.get(f"/Applications/{settings.app_sid}.json")
    except Refused as error:
        raise Refused("The Twilio account has no such TwiML App. Copy its SID again from Twilio's console") from error


def _number(number: Mapping[str, Any], settings: TwilioVoiceSettings, hook: str) -> str:
    can = number.get("capabilities")
    if isinstance(can, dict) and can.get("voice") is False:
        raise Refused(f"{settings.number} can't be used for calls. Choose a number that has Voice")
    if number.get("trunk_sid"):
        return f"Calls to {settings.number} go to a SIP trunk, not here: take the number off it."
    if number.get("voice_application_sid"):
        return f"Calls to {settings.number} go to a TwiML App: choose Webhook for it instead, and enter {hook}."
    if missing := [label for field, label in ADDRESSES if _plain(number.get(field)) != hook]:
        return f"At the number {settings.number}, under Voice, enter {hook} for {', '.join(missing)}."
    return f"Calls to {settings.number} come here."


def _app(app: Mapping[str, Any], hook: str) -> str:
    if _plain(app.get("voice_url")) != hook:
        return f"At the TwiML App, enter {hook} as the Voice request URL."
    return "Calls from the console come here."


def _plain(address: Any) -> str:
    """Without what it may say of retries."""
    return str(address or "").partition("#")[0]
