"""Documents, fetched and followed as Twilio does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element, ParseError, fromstring

from .tables import WORDS
from .taping import Tape, Transcript
from .telephone import Sound

if TYPE_CHECKING:
    from .call import Call
    from .world import World

LETTERS_A_SECOND = 15
FILE_S = 4
MUSIC_S = 20
SORRY = "We are sorry, an application error has occurred. Goodbye."
KEYS = re.compile("[0-9*#wW]+", re.ASCII)


class Wrong(Exception):
    """The document can't be followed: Twilio says that it is sorry, and hangs up."""


@dataclass(frozen=True, slots=True)
class Document:
    """At an address, or given with a request; `more` goes along when it is asked for."""

    url: str = ""
    text: str = ""
    more: Mapping[str, str] = field(default_factory=dict)


NOTHING = Document()
"""The call ends."""


async def play(call: Call, world: World, document: Document) -> None:
    """Until the call has nothing more to do."""
    try:
        following: Document | None = document
        while following is not None and following is not NOTHING:
            player = _Player(call, world, following.url)
            following = await player.follow(await _read(call, world, following))
    except Wrong as error:
        world.alert(call, str(error))
        call.pick_up()
        call.hears(Sound.SPEECH, SORRY)


async def announce(call: Call, world: World, url: str) -> None:
    """To one participant of a room, who stays in it."""
    try:
        for element in await _read(call, world, Document(url)):
            if element.tag not in ("Say", "Play", "Pause"):
                raise Wrong(f"An announcement can't hold <{element.tag}>")
            await _Player(call, world, url).verb(element)
    except Wrong as error:
        world.alert(call, str(error))


async def _read(call: Call, world: World, document: Document) -> Element:
    if document.text and not document.url:
        return parse(document.text)
    for url in filter(None, (document.url, call.asked("FallbackUrl"))):
        told = await world.callbacks.ask(url, call.form(document.more))
        if told.status == 200:
            return parse(told.body)
    raise Wrong(f"11200: no document from {urlsplit(document.url).path} ({told.status})")


def parse(text: str) -> Element:
    """Held against the words that Twilio knows. Raises `Wrong`."""
    try:
        root = fromstring(text)
    except ParseError as error:
        raise Wrong(f"12100: the document is no XML: {error}") from error
    if root.tag != "Response":
        raise Wrong(f"12100: the document begins with <{root.tag}>")
    _check(root)
    return root


def _check(element: Element) -> None:
    word = WORDS[element.tag]
    if unknown := set(element.attrib) - word.attributes:
        raise Wrong(f"12200: <{element.tag}> has no attribute {min(unknown)}")
    for child in element:
        if child.tag not in word.holds:
            raise Wrong(f"12200: <{child.tag}> can't stand in <{element.tag}>")
        _check(child)


class _Player:
    """Follows one document; `url` is where it came from, which relative addresses begin at."""

    def __init__(self, call: Call, world: World, url: str) -> None:
        self._call, self._world, self._url = call, world, url

    async def follow(self, root: Element) -> Document | None:
        for element in root:
            following = await self.verb(element)
            if following is not None:
                return following
        return None

    async def verb(self, element: Element) -> Document | None:
        match element.tag:
            case "Say":
                await self._say(element)
            case "Play":
                await self._play(element)
            case "Pause":
                await self._sleep(int(element.get("length", "1")))
            case "Start":
                self._start(element)
            case "Gather":
                return await self._gather(element)
            case "Record":
                return await self._record(element)
            case "Dial":
                return await self._dial(element)
            case "Redirect":
                return Document(self._absolute((element.text or "").strip()))
            case "Reject":
                return self._reject(element)
            case "Hangup":
                return NOTHING
        return None

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self._world.pace)

    async def _say(self, element: Element) -> None:
        self._call.pick_up()
        text = element.text or ""
        self._call.hears(Sound.SPEECH, text)
        await self._sleep(len(text) / LETTERS_A_SECOND)

    async def _play(self, element: Element) -> None:
        self._call.pick_up()
        if digits := element.get("digits"):
            if not KEYS.fullmatch(digits):
                raise Wrong(f"13620: <Play> has no such keys: {digits}")
            self._call.hears(Sound.KEYS, digits)
            return
        url = self._absolute((element.text or "").strip())
        if not urlsplit(url).netloc:
            raise Wrong("12100: <Play> names no file")
        self._call.hears(Sound.FILE, url)
        if element.get("loop") == "0":
            await asyncio.Event().wait()
        await self._sleep(MUSIC_S if url == self._world.music else FILE_S)

    async def _gather(self, element: Element) -> Document | None:
        self._call.pick_up()
        prompt = asyncio.create_task(self._prompt(element))
        try:
            digits = await self._digits(element, prompt)
        finally:
            prompt.cancel()
        if not digits and element.get("actionOnEmptyResult") != "true":
            return None
        more = {"Digits": digits} if digits else {}
        return Document(self._absolute(element.get("action", "")), more=more)

    async def _prompt(self, element: Element) -> None:
        for child in element:
            await self.verb(child)

    async def _digits(self, element: Element, prompt: asyncio.Task[None]) -> str:
        most, finish = int(element.get("numDigits", "0")), element.get("finishOnKey", "#")
        digits = ""
        while key := await self._key(prompt, float(element.get("timeout", "5"))):
            prompt.cancel()
            if key == finish and most != 1:
                break
            digits += key
            if len(digits) == most:
                break
        return digits

    async def _key(self, prompt: asyncio.Task[None] | None, within: float) -> str:
        """Time runs from the end of what is said."""
        pressed = asyncio.ensure_future(self._call.keys.get())
        try:
            if prompt and not prompt.done():
                await asyncio.wait({pressed, prompt}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({pressed}, timeout=within * self._world.pace)
            return pressed.result() if pressed.done() else ""
        finally:
            pressed.cancel()

    async def _record(self, element: Element) -> Document:
        """Until a key, the time that it may take at most, or five seconds of silence after something was said."""
        self._call.pick_up()
        if element.get("playBeep", "true") == "true":
            self._call.hears(Sound.TONE, "beep")
        tape = Tape(self._world, self._call, "RecordVerb", element.attrib)
        self._world.tapes[tape.sid] = tape
        self._call.tapes.append(tape)
        self._call.voicemail = tape
        action = self._absolute(element.get("action", ""))
        try:
            await self._until_silent(tape, int(element.get("maxLength", "3600")), float(element.get("timeout", "5")))
        finally:
            self._call.voicemail = None
            if tape.running:
                tape.finish()
            if self._call.over:
                self._world.callbacks.tell(action, self._call.form({"Digits": "hangup", "RecordingUrl": tape.url}))
        return Document(action, more={"RecordingUrl": tape.url, "RecordingDuration": str(tape.seconds)})

    async def _until_silent(self, tape: Tape, most: float, silence: float) -> None:
        waited, said = 0.0, -1
        while waited < most and said != len(tape.words):
            said = len(tape.words) if tape.words else -1
            if await self._key(None, min(silence, most)):
                return
            waited += silence

    async def _dial(self, element: Element) -> Document | None:
        self._call.pick_up()
        (conference,) = element
        name = (conference.text or "").strip()
        if not name:
            raise Wrong("13200: <Conference> has no name")
        room = self._world.room(name, conference.attrib)
        participant = room.join(self._call, conference.attrib)
        self._call.room = room
        try:
            await participant.left.wait()
        finally:
            room.leave(participant, "participant_updated_via_api")
            self._call.room = None
        action = element.get("action")
        return Document(self._absolute(action), more={"DialCallStatus": "completed"}) if action else None

    def _start(self, element: Element) -> None:
        self._call.pick_up()
        for begun in element:
            if begun.tag == "Transcription":
                self._call.transcripts.append(Transcript(self._world, self._call, begun.attrib))
            else:
                self._world.record(self._call, "StartCallRecordingAPI", begun.attrib)

    def _reject(self, element: Element) -> Document:
        """Only a call that nobody picked up can be rejected; any other is just hung up."""
        if self._call.is_inbound and self._call.answered_at is None:
            self._call.end("busy" if element.get("reason") == "busy" else "no-answer")
        return NOTHING

    def _absolute(self, url: str) -> str:
        return urljoin(self._url, url) if url else self._url
