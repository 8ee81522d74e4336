"""What a leg does next, as a TwiML document."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from connectors.twilio import webhook
from hub.contract import Answer, Context, Gather, HangUp, Join, Leg, Play, Refused, Say, Step, TakeMessage, Wait

from .names import BEGUN, LEG, ON, TURN, WHO, On
from .settings import TwilioVoiceSettings

LONGEST_SAY = 4000
LONGEST_INLINE = 4000
"""What a document may have that is not asked for but given with a request."""
LANGUAGES = {
    "ar": "arb", "ca": "ca-ES", "cs": "cs-CZ", "da": "da-DK", "de": "de-DE", "en": "en-US", "es": "es-ES",
    "fi": "fi-FI", "fr": "fr-FR", "hi": "hi-IN", "it": "it-IT", "ja": "ja-JP", "ko": "ko-KR", "nb": "nb-NO",
    "nl": "nl-NL", "no": "nb-NO", "pl": "pl-PL", "pt": "pt-PT", "ro": "ro-RO", "ru": "ru-RU", "sv": "sv-SE",
    "tr": "tr-TR", "uk": "uk-UA", "zh": "cmn-CN",
}  # fmt: skip
"""Twilio's voices are named with their country."""
UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML may hold."""
ROOM_EVENTS = "join leave mute hold"
RETRIES = "#rc=5&rp=5xx,ct,rt"
"""How often Twilio tries a request again and after which failures; it reads this and leaves it out of what it signs."""


class Script:
    """Writes documents whose callbacks name the leg."""

    def __init__(self, settings: TwilioVoiceSettings, context: Context) -> None:
        self._settings = settings
        self._context = context

    def answer(self, leg: Leg, steps: Sequence[Step]) -> Answer:
        return answer(self.document(leg, steps))

    def inline(self, leg: Leg, steps: Sequence[Step]) -> str:
        """For requests that bring the document along."""
        written = self.document(leg, steps)
        if len(written) > LONGEST_INLINE:
            raise Refused("There is too much to say at once. Shorten the announcement")
        return written

    def document(self, leg: Leg, steps: Sequence[Step]) -> str:
        response = Element("Response")
        for step in steps:
            self._write(response, leg, step)
        return write(response)

    def next(self, leg: Leg) -> str:
        """Where Twilio asks what the leg does next; a new address each time, so that no question passes for another."""
        return self.address(leg, On.NEXT, **{TURN: secrets.token_hex(4)})

    def address(self, leg: Leg, on: On, **more: str) -> str:
        return self._address({LEG: leg.id, ON: on.value, **more})

    def _address(self, given: Mapping[str, str]) -> str:
        return webhook.address(self._settings, self._context, **given) + RETRIES

    def _write(self, parent: Element, leg: Leg, step: Step) -> None:
        match step:
            case Say():
                _say(parent, step.text, step.language)
            case Play():
                _add(parent, "Play", step.url, loop="0" if step.loop else None)
            case Gather():
                self._gather(parent, leg, step)
            case Join():
                self._join(parent, leg, step)
            case Wait():
                self._wait(parent, leg, step)
            case TakeMessage():
                self._take_message(parent, leg, step)
            case HangUp(busy=True):
                _add(parent, "Reject", reason="busy")
            case HangUp():
                _add(parent, "Hangup")

    def _gather(self, parent: Element, leg: Leg, step: Gather) -> None:
        gather = _add(
            parent,
            "Gather",
            input="dtmf",
            numDigits=str(step.digits),
            timeout=str(step.within_s),
            action=self.next(leg),
            method="POST",
            actionOnEmptyResult="true",
        )
        _say(gather, step.say, step.language)

    def _wait(self, parent: Element, leg: Leg, step: Wait) -> None:
        if self._settings.hold_music:
            _add(parent, "Play", self._settings.hold_music)
        else:
            _add(parent, "Pause", length=str(step.seconds))
        _add(parent, "Redirect", self.next(leg), method="POST")

    def _take_message(self, parent: Element, leg: Leg, step: TakeMessage) -> None:
        told = self.address(leg, On.VOICEMAIL)
        _add(
            parent,
            "Record",
            action=self.address(leg, On.OVER),
            method="POST",
            maxLength=str(step.most_s),
            playBeep="true",
            recordingStatusCallback=told,
            recordingStatusCallbackEvent="completed absent",
            transcribe="true" if step.transcribe else None,
            transcribeCallback=told if step.transcribe else None,
        )

    def _join(self, parent: Element, leg: Leg, step: Join) -> None:
        if step.record:
            self._start_recording(parent, leg)
        if step.transcribe:
            self._start_transcript(parent, leg)
        music = self._settings.hold_music
        _add(
            _add(parent, "Dial"),
            "Conference",
            step.room,
            beep="false",
            startConferenceOnEnter=_yes(step.starts_room),
            endConferenceOnExit=_yes(step.ends_room),
            waitUrl=music or None,
            waitMethod="GET" if music else None,
            statusCallback=self._address({ON: On.ROOM.value}),
            statusCallbackMethod="POST",
            statusCallbackEvent=ROOM_EVENTS,
        )

    def _start_recording(self, parent: Element, leg: Leg) -> None:
        _add(
            _add(parent, "Start"),
            "Recording",
            channels="dual",
            recordingStatusCallback=self.address(leg, On.RECORDING),
            recordingStatusCallbackEvent="completed absent",
        )

    def _start_transcript(self, parent: Element, leg: Leg) -> None:
        who = "customer" if leg.role == "customer" else "agent"
        begun = str(int(self._context.now().timestamp()))
        _add(
            _add(parent, "Start"),
            "Transcription",
            statusCallbackUrl=self.address(leg, On.WORDS, **{WHO: who, BEGUN: begun}),
            statusCallbackMethod="POST",
            track="both_tracks",
            languageCode=self._settings.transcript_language,
        )


def answer(document: str, final: bool = False) -> Answer:
    return Answer(body=document, content_type="text/xml", final=final)


def write(response: Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + tostring(response, encoding="unicode")


def keys(digits: str) -> str:
    """The tones of these keys, for one telephone."""
    response = Element("Response")
    _add(response, "Play", digits=digits)
    return write(response)


def over() -> str:
    response = Element("Response")
    _add(response, "Hangup")
    return write(response)


def _say(parent: Element, text: str, language: str) -> None:
    if spoken := text.strip()[:LONGEST_SAY]:
        _add(parent, "Say", spoken, language=LANGUAGES.get(language, language if "-" in language else None))


def _add(parent: Element, tag: str, text: str = "", **attributes: str | None) -> Element:
    given = {name: UNSAYABLE.sub("", value) for name, value in attributes.items() if value is not None}
    element = SubElement(parent, tag, given)
    element.text = UNSAYABLE.sub("", text) or None
    return element


def _yes(it: bool) -> str:
    return "true" if it else "false"
