"""The telephone line: what the hub has Twilio do with a leg."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.twilio.api import Api
from connectors.twilio.errors import reason
from hub.contract import Leg, Record, Refused, Step, Uncertain

from .names import DIGITS, On, client_name
from .script import Script
from .settings import TwilioVoiceSettings

PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
KEYS = re.compile(r"[0-9*#wW]{1,60}", re.ASCII)
EVENTS = ("initiated", "ringing", "answered", "completed")
OVER = 21220
"""Twilio's code for a call that is not going on."""
RINGS = "The telephone may be ringing"
RECORDS = "The recording may have begun"
RECORDING_IS = {Record.PAUSE: "paused", Record.RESUME: "in-progress", Record.STOP: "stopped"}


class TelephoneLine:
    """One leg is one call at Twilio; the room they meet in is a conference by the name of `Leg.room`."""

    def __init__(self, settings: TwilioVoiceSettings, api: Api, script: Script) -> None:
        self._settings = settings
        self._api = api
        self._script = script

    async def dial(self, leg: Leg) -> str:
        form: dict[str, str | Sequence[str]] = {
            "To": self._target(leg),
            "From": leg.caller or self._settings.number,
            "Timeout": str(min(max(leg.ring_s, 5), self._settings.ring_s)),
            "StatusCallback": self._script.address(leg, On.STATUS),
            "StatusCallbackMethod": "POST",
            "StatusCallbackEvent": EVENTS,
            **self._document(leg),
            **self._machines(leg),
        }
        answer = await self._api.post("/Calls.json", form, RINGS)
        if not answer.get("sid"):
            raise Uncertain(f"Twilio's answer names no call. {RINGS}")
        return str(answer["sid"])

    def _target(self, leg: Leg) -> str:
        if leg.to.kind == "agent":
            if not self._settings.browser:
                raise Refused("This line can't ring in the console: it has no TwiML App")
            return f"client:{client_name(leg.to.value)}"
        if not PHONE.fullmatch(leg.to.value):
            raise Refused(f"{leg.to.value!r} is no number with + and country code. Check it")
        return leg.to.value

    def _document(self, leg: Leg) -> dict[str, str]:
        """Should an address fail that the leg asks later on, it asks at the other one."""
        again = {"FallbackUrl": self._script.next(leg), "FallbackMethod": "POST"}
        if leg.steps:
            return {"Twiml": self._script.inline(leg, leg.steps), **again}
        return {"Url": self._script.next(leg), "Method": "POST", **again}

    def _machines(self, leg: Leg) -> dict[str, str]:
        """In the background: otherwise whoever answers hears nothing until it is found out."""
        if not (leg.machines and self._settings.machines and leg.to.kind == "phone"):
            return {}
        return {
            "MachineDetection": "DetectMessageEnd",
            "AsyncAmd": "true",
            "AsyncAmdStatusCallback": self._script.address(leg, On.MACHINE),
            "AsyncAmdStatusCallbackMethod": "POST",
        }

    async def hang_up(self, leg: Leg) -> None:
        """Twilio's `completed` also ends a call that still rings."""
        try:
            await self._api.post(_call(leg), {"Status": "completed"})
        except Refused as error:
            if str(error) != reason(OVER):
                raise

    async def steer(self, leg: Leg, steps: Sequence[Step]) -> None:
        await self._api.post(_call(leg), {"Twiml": self._script.inline(leg, steps)})

    async def hold(self, leg: Leg, on: bool) -> None:
        form = {"Hold": _yes(on)}
        if on and self._settings.hold_music:
            form |= {"HoldUrl": self._settings.hold_music, "HoldMethod": "GET"}
        await self._api.post(await self._participant(leg), form)

    async def mute(self, leg: Leg, on: bool) -> None:
        await self._api.post(await self._participant(leg), {"Muted": _yes(on)})

    async def keys(self, leg: Leg, digits: str) -> None:
        """Announced to this telephone alone: redirecting it instead would take it out of the room, and end that."""
        if not KEYS.fullmatch(digits):
            raise Refused("Only the keys 0 to 9, * and # can be sent")
        asked = self._script.address(leg, On.KEYS, **{DIGITS: digits})
        await self._api.post(await self._participant(leg), {"AnnounceUrl": asked, "AnnounceMethod": "POST"})

    async def record(self, leg: Leg, what: Record) -> None:
        recordings = _call(leg, "/Recordings")
        if what is Record.START:
            form: dict[str, str | Sequence[str]] = {
                "RecordingChannels": "dual",
                "RecordingStatusCallback": self._script.address(leg, On.RECORDING),
                "RecordingStatusCallbackMethod": "POST",
                "RecordingStatusCallbackEvent": ("completed", "absent"),
            }
            await self._api.post(f"{recordings}.json", form, RECORDS)
            return
        change = {"Status": RECORDING_IS[what]}
        if what is Record.PAUSE:
            change["PauseBehavior"] = "silence"  # the recording stays as long as the talk
        await self._api.post(f"{recordings}/Twilio.CURRENT.json", change)

    async def _participant(self, leg: Leg) -> str:
        """Twilio wants the conference's own id, and a room that was left and entered again is another conference."""
        query = {"FriendlyName": leg.room, "Status": "in-progress", "PageSize": "1"}
        async for room in self._api.pages("/Conferences.json", "conferences", query):
            return f"/Conferences/{room['sid']}/Participants/{_ref(leg)}.json"
        raise Refused("Nobody else is in the call yet")


def _call(leg: Leg, part: str = "") -> str:
    return f"/Calls/{_ref(leg)}{part or '.json'}"


def _ref(leg: Leg) -> str:
    if not re.fullmatch("CA[0-9a-f]{32}", leg.ref, re.ASCII):
        raise Refused("Twilio has not told yet which call this is. Try again in a moment")
    return leg.ref


def _yes(on: bool) -> str:
    return "true" if on else "false"
