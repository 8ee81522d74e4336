"""One leg: from the first ring to its end, what is told of it, and who holds the telephone."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from .play import Document, play
from .tables import ENDS
from .taping import Tape, Transcript
from .telephone import Habit, Sound, Telephone

if TYPE_CHECKING:
    from .room import Room
    from .world import World

FOUND_OUT_S = 4
"""How long Twilio listens until it knows who answered."""
RINGS_S = 2
"""How soon somebody answers who always does."""
SIP = {"486": "busy", "603": "busy", "480": "failed", "404": "failed"}


class Call:
    """`asked` is the form that created it; a call to us has the number's own settings instead."""

    def __init__(
        self, world: World, phone: Telephone, number: str, asked: Mapping[str, Sequence[str]], direction: str
    ) -> None:
        self.sid = world.next_sid("CA")
        self.phone, self.direction = phone, direction
        self.other = number
        """Who is at the other end, as this telephone shows it."""
        self.status = "queued"
        self.sip = ""
        self.created: datetime = world.now()
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.answered_by = ""
        self.room: Room | None = None
        self.keys: asyncio.Queue[str] = asyncio.Queue()
        self.tapes: list[Tape] = []
        self.voicemail: Tape | None = None
        """Where what is said goes while a message is taken."""
        self.transcripts: list[Transcript] = []
        self.with_it: Mapping[str, str] = {}
        """What else comes with each of its requests."""
        self._world = world
        self._asked = asked
        self._count = 0
        self._picked_up = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._script: asyncio.Task[None] | None = None

    def asked(self, name: str, default: str = "") -> str:
        return (self._asked.get(name) or [default])[0]

    @property
    def is_inbound(self) -> bool:
        return self.direction == "inbound"

    @property
    def from_(self) -> str:
        return self.phone.address if self.is_inbound else self.other

    @property
    def to(self) -> str:
        return self.other if self.is_inbound else self.phone.address

    @property
    def over(self) -> bool:
        return self.status in ENDS

    @property
    def seconds(self) -> int:
        if self.answered_at is None:
            return 0
        return int(((self.ended_at or self._world.now()) - self.answered_at).total_seconds())

    @property
    def held(self) -> bool:
        participant = self.room.of(self) if self.room else None
        return participant is not None and participant.held

    @property
    def muted(self) -> bool:
        participant = self.room.of(self) if self.room else None
        return participant is not None and participant.muted

    # --- its life ---

    def start(self) -> None:
        if self.is_inbound:
            self.phone.begin(self)
            self.status = "ringing"
            self.steer(Document(self.asked("Url")))
        else:
            self._run(self._is_called())

    async def _is_called(self) -> None:
        await asyncio.sleep(0)
        self._now("initiated")
        if self.phone.call or self.phone.habit is Habit.BUSY:
            return self.end("busy", "486")
        if self.phone.habit is Habit.UNREACHABLE:
            return self.end("failed", "480")
        self.phone.begin(self)
        self._now("ringing")
        if self.phone.habit in (Habit.ANSWERS, Habit.MACHINE, Habit.FAX):
            self._run(self._answers_by_itself())
        try:
            async with asyncio.timeout(int(self.asked("Timeout", "60")) * self._world.pace):
                await self._picked_up.wait()
        except TimeoutError:
            return self.end("no-answer", "487")
        self.pick_up()
        await self._who_is_it()
        self.steer(Document(self.asked("Url"), self.asked("Twiml")))

    async def _answers_by_itself(self) -> None:
        await asyncio.sleep(RINGS_S * self._world.pace)
        self._picked_up.set()

    async def _who_is_it(self) -> None:
        """In the background where that was asked for; otherwise nothing else happens until it is known."""
        if not self.asked("MachineDetection") or self.phone.address.startswith("client:"):
            return
        if self.asked("AsyncAmd") == "true":
            self._run(self._find_out())
        else:
            await self._find_out()

    async def _find_out(self) -> None:
        await asyncio.sleep(FOUND_OUT_S * self._world.pace)
        waits = self.asked("MachineDetection") == "DetectMessageEnd"
        machine = "machine_end_beep" if waits else "machine_start"
        self.answered_by = {Habit.MACHINE: machine, Habit.FAX: "fax"}.get(self.phone.habit, "human")
        told = {"MachineDetectionDuration": str(FOUND_OUT_S * 1000), "AnsweredBy": self.answered_by}
        self._world.callbacks.tell(
            self.asked("AsyncAmdStatusCallback"), {"CallSid": self.sid, "AccountSid": self._world.account, **told}
        )

    def pick_up(self) -> None:
        """A call to us is picked up by the first thing that is said or played to it."""
        if self.answered_at is None:
            self.answered_at = self._world.now()
            self._now("in-progress")

    def steer(self, document: Document) -> None:
        """Whatever it was doing, it does this now."""
        if self._script:
            self._script.cancel()
        self._script = self._run(self._play(document))

    async def _play(self, document: Document) -> None:
        await play(self, self._world, document)
        self.end("completed")

    def end(self, status: str, sip: str = "") -> None:
        """Once: what is over stays over."""
        if self.over:
            return
        self.status, self.sip, self.ended_at = status, sip, self._world.now()
        if self.room and (participant := self.room.of(self)):
            self.room.leave(participant, "participant_hung_up")
        for tape in [tape for tape in self.tapes if tape.running]:
            tape.finish()
        for transcript in self.transcripts:
            transcript.finish()
        if self.phone.call is self:
            self.phone.finish()
        self._tell("completed")
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()

    def stop(self) -> list[asyncio.Task[None]]:
        """The simulator goes: nothing more is told."""
        for task in self._tasks:
            task.cancel()
        return list(self._tasks)

    # --- what the telephone's owner does ---

    def answer(self) -> None:
        self._picked_up.set()

    def decline(self, sip: str) -> None:
        self.end(SIP[sip], sip)

    def hang_up(self) -> None:
        self.end("completed" if self.answered_at else "canceled" if not self.is_inbound else "no-answer")

    def press(self, digits: str) -> None:
        for digit in digits:
            self.keys.put_nowait(digit)

    def says(self, text: str) -> None:
        if self.voicemail:
            self.voicemail.words.append(text)
        self.line("inbound_track", text)
        for call in self.room.hear(self, text) if self.room else ():
            call.line("outbound_track", text)

    def line(self, track: str, text: str) -> None:
        for transcript in self.transcripts:
            transcript.line(track, text)

    def hears(self, sound: Sound, text: str) -> None:
        self.phone.hear(sound, text)

    # --- what is told of it ---

    def form(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What every request about it says."""
        return {
            "CallSid": self.sid,
            "AccountSid": self._world.account,
            "ApiVersion": "2010-04-01",
            "From": self.from_,
            "To": self.to,
            "Caller": self.from_,
            "Called": self.to,
            "Direction": self.direction,
            "CallStatus": self.status,
            **({"AnsweredBy": self.answered_by} if self.answered_by else {}),
            **self.with_it,
            **(more or {}),
        }

    def _now(self, status: str) -> None:
        self.status = status
        self._tell({"in-progress": "answered"}.get(status, status))

    def _tell(self, event: str) -> None:
        """The events that were asked for, counted through; of a call to us only its end is told."""
        wanted = set(self._asked.get("StatusCallbackEvent") or ["completed"])
        if event not in wanted:
            return
        told = {
            "Timestamp": format_datetime(self._world.now()),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._count),
        }
        self._count += 1
        if self.over:
            told |= {"CallDuration": str(self.seconds), "Duration": str(-(-self.seconds // 60))}
            told |= {"SipResponseCode": self.sip or "200"}
        self._world.callbacks.tell(self.asked("StatusCallback"), self.form(told))

    def _run(self, what: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._world.alert(self, f"{type(error).__name__}: {error}")
