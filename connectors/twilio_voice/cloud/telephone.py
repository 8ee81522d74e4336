"""Somebody's telephone, or the telephone in an agent's console: rings, hears, and does what its owner does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .call import Call


class Habit(StrEnum):
    """What happens when it is called, without anybody doing anything."""

    RINGS = "rings"
    ANSWERS = "answers"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    MACHINE = "machine"
    FAX = "fax"


class Sound(StrEnum):
    SPEECH = "speech"
    """Said by Twilio's voice."""
    VOICE = "voice"
    """Said by somebody else in the room."""
    FILE = "file"
    MUSIC = "music"
    TONE = "tone"
    KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Heard:
    sound: Sound
    text: str
    at: datetime


class Telephone:
    """Has one call at a time; whoever else calls finds it busy."""

    def __init__(self, address: str, habit: Habit = Habit.RINGS) -> None:
        self.address = address
        self.habit = habit
        self.call: Call | None = None
        self.last: Call | None = None
        """The call that ended last."""
        self.heard: list[Heard] = []
        """Of the call going on, or else of the last one."""

    # --- what it is like ---

    @property
    def ringing(self) -> bool:
        return self.call is not None and self.call.status == "ringing" and not self.call.is_inbound

    @property
    def calling(self) -> bool:
        """Its owner has called, and nobody has answered yet."""
        return self.call is not None and self.call.status == "ringing" and self.call.is_inbound

    @property
    def talking(self) -> bool:
        return self.call is not None and self.call.status == "in-progress"

    @property
    def with_whom(self) -> list[str]:
        """Who else is in the same room."""
        room = self.call.room if self.call else None
        return [] if room is None else [other.phone.address for other in room.calls if other is not self.call]

    @property
    def held(self) -> bool:
        return self.call is not None and self.call.held

    @property
    def seconds(self) -> int:
        """Talk time."""
        return self.call.seconds if self.call else 0

    def said(self, *sounds: Sound) -> list[str]:
        return [heard.text for heard in self.heard if not sounds or heard.sound in sounds]

    def view(self) -> dict[str, Any]:
        """All that a drawing of it needs, as JSON."""
        call = self.call
        state = "ringing" if self.ringing else "calling" if self.calling else "talking" if self.talking else "idle"
        return {
            "address": self.address,
            "state": state,
            "other": call.other if call else "",
            "with": self.with_whom,
            "held": self.held,
            "muted": call is not None and call.muted,
            "seconds": self.seconds,
            "heard": [{"sound": heard.sound, "text": heard.text, "at": heard.at.isoformat()} for heard in self.heard],
        }

    # --- what its owner does ---

    def answer(self) -> None:
        self._ringing().answer()

    def decline(self) -> None:
        """The red key."""
        self._ringing().decline("603")

    def busy(self) -> None:
        """Talks to somebody else: the call that rings now, or every call from now on, finds it so."""
        if self.ringing:
            self._ringing().decline("486")
        else:
            self.habit = Habit.BUSY

    def hang_up(self) -> None:
        if self.ringing:
            self.decline()
        elif self.call:
            self.call.hang_up()

    def press(self, digits: str) -> None:
        assert self.call, f"{self.address} is in no call"
        self.call.press(digits)

    def says(self, text: str) -> None:
        assert self.call, f"{self.address} is in no call"
        self.call.says(text)

    def _ringing(self) -> Call:
        assert self.ringing, f"{self.address} doesn't ring"
        assert self.call
        return self.call

    # --- what happens to it ---

    def begin(self, call: Call) -> None:
        self.call, self.heard = call, []

    def finish(self) -> None:
        self.last, self.call = self.call, None

    def hear(self, sound: Sound, text: str) -> None:
        self.heard.append(Heard(sound, text, datetime.now(UTC)))

    async def until(self, reached: Callable[[Telephone], bool], within: float = 10) -> None:
        """For tests and demonstrations. Raises `TimeoutError`."""
        async with asyncio.timeout(within):
            while not reached(self):  # noqa: ASYNC110  # anything may change it
                await asyncio.sleep(0.01)

    async def rings(self, within: float = 10) -> None:
        await self.until(lambda phone: phone.ringing, within)

    async def hears(self, text: str, within: float = 10) -> None:
        await self.until(lambda phone: any(text in heard.text for heard in phone.heard), within)

    async def meets(self, *others: str, within: float = 10) -> None:
        """Is in a room with all of these."""
        await self.until(lambda phone: set(others) <= set(phone.with_whom), within)

    async def is_free(self, within: float = 10) -> None:
        await self.until(lambda phone: phone.call is None, within)
