"""What a leg does next, as a table: where the call is, and what it is told."""

from __future__ import annotations

from typing import Any

import pytest

from hub.contract import Gather, HangUp, Join, Say, TakeMessage, Wait
from hub.core.calls.line import Line
from hub.core.calls.steps import Scene, steps

LINE = Line(greeting="Hello.", place="Number {place}.", closed="Closed.", voicemail_greeting="Speak.",
            announcement="Recorded.", question="Record?", goodbye="Bye.", music_s=15)  # fmt: skip
MUTE = LINE.model_copy(update={"voicemail": False})

QUEUED = (Say("Hello."), Say("Number 2."), Wait(15))
QUEUED_ON = (Say("Number 2."), Wait(15))
MESSAGE = (Say("Speak."), TakeMessage(180))
IN_ROOM = (Join("room", ends_room=True), HangUp())
RECORDED = (Join("room", ends_room=True, record=True), HangUp())
OVER = (HangUp(),)
ASKED = (Gather("A call with Maya. Press 1 to be connected."),)

CUSTOMER: list[tuple[str, dict[str, Any], dict[str, Any], Line, tuple[Any, ...]]] = [
    ("queue, first", {"path": "queue"}, {"turn": 1}, LINE, QUEUED),
    ("queue, again", {"path": "queue"}, {"turn": 2}, LINE, QUEUED_ON),
    ("closed", {"path": "closed"}, {"turn": 1}, LINE, (Say("Closed."), *MESSAGE)),
    ("closed, no mailbox", {"path": "closed"}, {"turn": 1}, MUTE, (Say("Closed."), HangUp())),
    ("mailbox", {"path": "voicemail"}, {"turn": 1}, LINE, MESSAGE),
    ("after the message", {"path": "voicemail"}, {"turn": 2}, LINE, OVER),
    ("nobody, no mailbox", {"path": "goodbye"}, {"turn": 1}, MUTE, (Say("Bye."), HangUp())),
    ("asked for consent", {"path": "consent", "recording": "asked"}, {"turn": 1}, LINE, (Gather("Record?"),)),
    ("room", {"path": "room"}, {"turn": 1}, LINE, IN_ROOM),
    ("room, told", {"recording": "on", "consent": "announce"}, {"turn": 1}, LINE, (Say("Recorded."), *RECORDED)),
    ("room, told before", {"recording": "on", "consent": "announce"}, {"turn": 2}, LINE, RECORDED),
    ("room, agreed", {"recording": "on", "consent": "ask"}, {"turn": 1}, LINE, RECORDED),
    ("room, paused", {"recording": "paused", "consent": "ask"}, {"turn": 1}, LINE, IN_ROOM),
    ("machine", {"path": "drop", "drop_text": "Call us."}, {"turn": 1}, LINE, (Say("Call us."), HangUp())),
    ("machine, again", {"path": "drop", "drop_text": "Call us."}, {"turn": 2}, LINE, OVER),
    ("over", {"path": "queue", "state": "ended"}, {"turn": 1}, LINE, OVER),
    ("gone", {"path": "queue"}, {"turn": 1, "state": "ended"}, LINE, OVER),
]
TEAM: list[tuple[str, dict[str, Any], dict[str, Any], str, tuple[Any, ...]]] = [
    ("own telephone", {}, {"turn": 1}, "", ASKED),
    ("asked again", {}, {"turn": 2}, "", ASKED),
    ("nothing pressed", {}, {"turn": 3}, "", OVER),
    ("joined", {}, {"turn": 2, "joined_at": "now"}, "", (Join("room"), HangUp())),
    ("console", {}, {"turn": 1, "joined_at": "now"}, "", (Join("room"), HangUp())),
    ("taken", {}, {"turn": 1}, "Bob", (Say("This call was already accepted by Bob."), HangUp())),
    ("over", {"state": "ended"}, {"turn": 1, "joined_at": "now"}, "", OVER),
]


def scene(call: dict[str, Any], leg: dict[str, Any], line: Line, taken_by: str = "") -> Scene:
    calls = {"state": "waiting", "path": "room", "recording": "none", "consent": "never", "drop_text": "",
             "customer_name": "Maya"}  # fmt: skip
    legs = {"role": "customer", "state": "active", "turn": 1, "joined_at": None}
    return Scene(calls | call, legs | leg, line, "room", 2, taken_by)


@pytest.mark.parametrize(
    ("call", "leg", "line", "told"), [row[1:] for row in CUSTOMER], ids=[row[0] for row in CUSTOMER]
)
def test_the_customers_leg(call: dict[str, Any], leg: dict[str, Any], line: Line, told: tuple[Any, ...]) -> None:
    assert steps(scene(call, leg, line)) == told


@pytest.mark.parametrize(("call", "leg", "taken", "told"), [row[1:] for row in TEAM], ids=[row[0] for row in TEAM])
@pytest.mark.parametrize("role", ["agent", "colleague"])
def test_a_leg_of_the_team(
    call: dict[str, Any], leg: dict[str, Any], taken: str, told: tuple[Any, ...], role: str
) -> None:
    assert steps(scene(call, {"role": role, **leg}, LINE, taken)) == told
