"""A conference: who is in it, who hears what, and what is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TYPE_CHECKING

from .telephone import Sound

if TYPE_CHECKING:
    from .call import Call
    from .world import World

TOLD_AS = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-mute": "mute",
    "participant-unmute": "mute",
}
"""Event -> the word by which a document asks for it."""


@dataclass(eq=False)
class Participant:
    call: Call
    starts: bool
    ends: bool
    muted: bool = False
    held: bool = False
    left: asyncio.Event = field(default_factory=asyncio.Event)
    reason: str = "participant_hung_up"


class Room:
    """The attributes of its first participant say what is told of it, and where."""

    def __init__(self, world: World, sid: str, name: str, attributes: Mapping[str, str]) -> None:
        self.sid, self.name, self.status = sid, name, "init"
        self.participants: list[Participant] = []
        self._world = world
        self._told_to = attributes.get("statusCallback", "")
        self._events = frozenset(attributes.get("statusCallbackEvent", "").split())
        self._count = 0

    @property
    def calls(self) -> list[Call]:
        return [each.call for each in self.participants]

    def of(self, call: Call) -> Participant | None:
        return next((each for each in self.participants if each.call is call), None)

    def join(self, call: Call, attributes: Mapping[str, str]) -> Participant:
        entering = Participant(
            call,
            starts=attributes.get("startConferenceOnEnter", "true") == "true",
            ends=attributes.get("endConferenceOnExit") == "true",
            muted=attributes.get("muted") == "true",
        )
        self.participants.append(entering)
        self._tell("participant-join", entering)
        if self.status == "init" and len(self.participants) > 1 and any(each.starts for each in self.participants):
            self.status = "in-progress"
            self._tell("conference-start", entering)
        elif self.status == "init":
            call.phone.hear(Sound.MUSIC, attributes.get("waitUrl", "Twilio's hold music"))
        return entering

    def leave(self, leaving: Participant, reason: str) -> None:
        """Whoever leaves a second time has been put out before."""
        if leaving not in self.participants:
            return
        self.participants.remove(leaving)
        leaving.reason = reason
        leaving.left.set()
        told = {"ParticipantCallStatus": leaving.call.status, "ReasonParticipantLeft": reason}
        self._tell("participant-leave", leaving, told)
        if leaving.ends:
            self.end("participant-with-end-conference-on-exit-left")
        elif not self.participants:
            self.end("last-participant-left")

    def end(self, reason: str) -> None:
        if self.status == "completed":
            return
        self.status = "completed"
        for each in list(self.participants):
            self.leave(each, "moderator_ended_conference")
        self._tell("conference-end", None, {"ReasonConferenceEnded": reason})

    def hold(self, whom: Participant, on: bool, music: str = "") -> None:
        if on and not whom.held:
            whom.call.phone.hear(Sound.MUSIC, music or "Twilio's hold music")
        if on != whom.held:
            whom.held = on
            self._tell("participant-hold" if on else "participant-unhold", whom)

    def mute(self, whom: Participant, on: bool) -> None:
        if on != whom.muted:
            whom.muted = on
            self._tell("participant-mute" if on else "participant-unmute", whom)

    def hear(self, speaker: Call, text: str) -> list[Call]:
        """Gives who has heard it."""
        speaks = self.of(speaker)
        if speaks is None or speaks.muted or speaks.held or self.status != "in-progress":
            return []
        hearing = [each.call for each in self.participants if each is not speaks and not each.held]
        for call in hearing:
            call.phone.hear(Sound.VOICE, text)
        return hearing

    def _tell(self, event: str, about: Participant | None, more: Mapping[str, str] | None = None) -> None:
        self._count += 1
        if TOLD_AS[event] not in self._events:
            return
        told = {
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "AccountSid": self._world.account,
            "Timestamp": format_datetime(self._world.now()),
            "SequenceNumber": str(self._count),
            "StatusCallbackEvent": event,
            **(more or {}),
        }
        if about:
            told |= {
                "CallSid": about.call.sid,
                "Muted": _yes(about.muted),
                "Hold": _yes(about.held),
                "Coaching": "false",
                "EndConferenceOnExit": _yes(about.ends),
                "StartConferenceOnEnter": _yes(about.starts),
            }
        self._world.callbacks.tell(self._told_to, told)


def _yes(it: bool) -> str:
    return "true" if it else "false"
