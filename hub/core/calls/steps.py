"""What a leg does next: a pure function of the rows as they are, so that a repeated question gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from hub.contract import Gather, HangUp, Join, Say, Step, TakeMessage, Wait
from hub.core.calls.line import Line


class Facts(Protocol):
    """A row, from the database or held in a batch."""

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Scene:
    """All that decides about one leg."""

    call: Facts
    leg: Facts
    line: Line
    room: str
    place: int = 1
    """In the queue, from 1."""
    taken_by: str = ""
    """Who accepted the call, if that is not this leg's agent."""


ACCEPT = "1"
TRIES = 2
"""How often an agent's own telephone is asked for its key."""
LONGEST_MESSAGE_S = 180


def steps(scene: Scene) -> tuple[Step, ...]:
    call, leg = scene.call, scene.leg
    if call["state"] == "ended" or leg["state"] == "ended":
        return (HangUp(),)
    return _customer(scene) if leg["role"] == "customer" else _agent(scene)


def _agent(scene: Scene) -> tuple[Step, ...]:
    """A telephone joins once its key was pressed: a mailbox that answers presses none. The console presses nothing."""
    leg, line = scene.leg, scene.line
    if leg["joined_at"]:
        return Join(scene.room), HangUp()
    if scene.taken_by:
        return Say(f"This call was already accepted by {scene.taken_by}.", line.language), HangUp()
    if leg["turn"] > TRIES:
        return (HangUp(),)
    who = scene.call["customer_name"] or "a customer"
    return (Gather(f"A call with {who}. Press {ACCEPT} to be connected.", line.language),)


def _customer(scene: Scene) -> tuple[Step, ...]:
    call, line = scene.call, scene.line
    first = scene.leg["turn"] <= 1
    match call["path"]:
        case "queue":
            said = Say(line.place.replace("{place}", str(scene.place)), line.language)
            return (
                (Say(line.greeting, line.language), said, Wait(line.music_s)) if first else (said, Wait(line.music_s))
            )
        case "closed" if not line.voicemail:
            return Say(line.closed, line.language), HangUp()
        case "goodbye":
            return Say(line.goodbye, line.language), HangUp()
        case "closed" | "voicemail":
            if not first:
                return (HangUp(),)
            closed = (Say(line.closed, line.language),) if call["path"] == "closed" else ()
            greeting = Say(line.voicemail_greeting, line.language)
            return *closed, greeting, TakeMessage(LONGEST_MESSAGE_S, line.transcribe)
        case "consent":
            return (Gather(line.question, line.language),)
        case "drop":
            return (Say(call["drop_text"], line.language), HangUp()) if first else (HangUp(),)
    return _room(scene, first)


def _room(scene: Scene, first: bool) -> tuple[Step, ...]:
    call, line = scene.call, scene.line
    recorded = call["recording"] == "on"
    told = (Say(line.announcement, line.language),) if recorded and first and call["consent"] == "announce" else ()
    joined = Join(scene.room, ends_room=True, record=recorded, transcribe=line.transcribe)
    return *told, joined, HangUp()
