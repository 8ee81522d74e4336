"""All telephones, calls, rooms and recordings of one account."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count

from .call import Call
from .callbacks import Callbacks
from .room import Room
from .taping import Tape
from .telephone import Habit, Telephone


class World:
    """`pace` is how long a second takes: less than one for tests."""

    def __init__(self, account: str, callbacks: Callbacks, pace: float) -> None:
        self.account, self.callbacks, self.pace = account, callbacks, pace
        self.api = ""
        self.music = ""
        """The address of music that is played to who waits: it takes 20 seconds."""
        self.phones: dict[str, Telephone] = {}
        self.calls: dict[str, Call] = {}
        self.rooms: dict[str, Room] = {}
        self.tapes: dict[str, Tape] = {}
        self.alerts: list[str] = []
        """What an administrator would find under Errors in Twilio's console."""
        self._sids = count(secrets.randbits(64))  # new in every run: a hub may know those of the last

    def now(self) -> datetime:
        return datetime.now(UTC)

    def next_sid(self, kind: str) -> str:
        return f"{kind}{next(self._sids):032x}"

    def phone(self, address: str) -> Telephone:
        """A console takes its calls by itself: it is rung only when its agent has asked for one, or taken one."""
        habit = Habit.ANSWERS if address.startswith("client:") else Habit.RINGS
        return self.phones.setdefault(address, Telephone(address, habit))

    def call(
        self, phone: Telephone, number: str, asked: Mapping[str, Sequence[str]], direction: str = "outbound-api"
    ) -> Call:
        made = Call(self, phone, number, asked, direction)
        self.calls[made.sid] = made
        return made

    def room(self, name: str, attributes: Mapping[str, str]) -> Room:
        """The one of this name that hasn't ended, or a new one."""
        going_on = [room for room in self.rooms.values() if room.name == name and room.status != "completed"]
        if going_on:
            return going_on[0]
        sid = self.next_sid("CF")
        self.rooms[sid] = Room(self, sid, name, attributes)
        return self.rooms[sid]

    def record(self, call: Call, source: str, given: Mapping[str, str]) -> Tape:
        tape = Tape(self, call, source, given)
        self.tapes[tape.sid] = tape
        call.tapes.append(tape)
        return tape

    def alert(self, call: Call, said: str) -> None:
        self.alerts.append(f"{call.sid}: {said}")

    async def stop(self) -> None:
        tasks = [task for call in self.calls.values() for task in call.stop()]
        await asyncio.gather(*tasks, return_exceptions=True)
