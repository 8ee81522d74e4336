"""What an agent does with a call that rings or goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from hub.core.batch import Batch
from hub.core.calls import cases, ring
from hub.core.calls.follow import end, follow, give_back, noted_hold, unhold
from hub.core.calls.hear import claim
from hub.core.calls.legs import add_leg, hang_up, tell
from hub.core.calls.rows import touch
from hub.core.calls.start import agent_leg
from hub.core.calls.states import reason_of, team, the_customer
from hub.core.changes import Actor
from hub.core.errors import Conflict, NotFound
from hub.core.states import Row, Wants
from hub.models.tables import UNINDEXED

OVER = "This call is over."


@dataclass(frozen=True, slots=True)
class OfCall:
    """A job about one call, under its thread's lock."""

    actor: Actor
    call_id: UUID

    def wants(self, wants: Wants) -> None:
        wants.calls.add(self.call_id)

    def live(self, batch: Batch) -> Row:
        call = batch.calls.call(self.call_id)
        if call["ended_at"] is not None:
            raise Conflict(OVER)
        return call

    def mine(self, batch: Batch, feature: str = "") -> tuple[Row, Row]:
        """The call and the actor's own leg in it."""
        call = self.live(batch)
        leg = next((leg for leg in team(batch.calls.legs_of[call["id"]]) if leg["agent_id"] == self.actor.id), None)
        if leg is None:
            raise Conflict("You are not in this call.")
        if feature and not (call["features"] or {}).get(feature):
            raise Conflict("This line can't do that.")
        return call, leg

    def talking(self, batch: Batch, feature: str = "") -> tuple[Row, Row, Row]:
        """The same, with the customer on the line."""
        call, leg = self.mine(batch, feature)
        customer = the_customer(batch.calls.legs_of[call["id"]])
        if customer is None or customer["state"] != "active" or not call["answered_at"]:
            raise Conflict("The customer isn't on the line.")
        return call, leg, customer


@dataclass(frozen=True, slots=True)
class Answer(OfCall):
    """The first to accept has the call: this is decided under its thread's lock."""

    mode: str = "browser"
    agent_phone: str = ""

    def run(self, batch: Batch) -> None:
        call = self.live(batch)
        assert self.actor.id is not None
        rung = (call["rung"] or {}).get(self.actor.id.hex) or {}
        plan = call["transfer"]
        if plan and plan.get("agent_id") == str(self.actor.id) and not plan.get("leg"):
            self._take_over(batch, call, plan)
            return
        if call["direction"] != "in":
            raise Conflict("There is nothing to answer: this call went out from here.")
        if call["agent_id"] == self.actor.id and any(
            leg["agent_id"] == self.actor.id for leg in team(batch.calls.legs_of[call["id"]])
        ):
            return
        if call["agent_id"] is not None:
            name = cases.agent_name(batch, call["agent_id"]) or "somebody else"
            raise Conflict(f"This call was already accepted by {name}.")
        if call["path"] != "queue" and rung.get("state") != "ringing":
            raise Conflict("The caller is leaving a message. Call them back.")
        claim(batch, call, self.actor.id, self.mode, self.agent_phone)
        self._join(batch, call, "agent")
        follow(batch, call)

    def _take_over(self, batch: Batch, call: Row, plan: dict[str, object]) -> None:
        leg = self._join(batch, call, "colleague")
        call.set(transfer={**plan, "leg": leg["id"].hex})
        ring.stop_ringing(batch, call, "over", keep=[leg["id"]])
        follow(batch, call)

    def _join(self, batch: Batch, call: Row, role: str) -> Row:
        inbox = batch.desk.inbox(call["inbox_id"])
        if inbox is None:
            raise NotFound("inbox")
        line = batch.calls.line(batch.conn, inbox.id)
        address = agent_leg(batch, inbox, line, self.actor, self.mode, self.agent_phone)
        return add_leg(batch, call, role, address, agent_id=self.actor.id, ring_s=line.ring_s)


@dataclass(frozen=True, slots=True)
class Decline(OfCall):
    """Not me: the others go on ringing; after the last of them the caller is led to the mailbox."""

    def run(self, batch: Batch) -> None:
        call = self.live(batch)
        assert self.actor.id is not None
        rung = dict(call["rung"] or {})
        told = rung.get(self.actor.id.hex)
        if not told or told["state"] != "ringing":
            raise Conflict("This call doesn't ring for you.")
        rung[self.actor.id.hex] = {**told, "state": "declined"}
        call.set(rung=rung)
        for leg in team(batch.calls.legs_of[call["id"]]):
            if leg["agent_id"] == self.actor.id and not leg["joined_at"]:
                hang_up(batch, call, leg)
        plan = call["transfer"]
        if plan and plan.get("agent_id") == str(self.actor.id):
            give_back(batch, call, f"{self.actor.name} declined.")
        follow(batch, call)


@dataclass(frozen=True, slots=True)
class HangUp(OfCall):
    """The agent ends it, or cancels it before anybody answered. A colleague who was asked leaves alone."""

    def run(self, batch: Batch) -> None:
        call = batch.calls.call(self.call_id)
        if call["ended_at"] is not None:
            return
        own = [leg for leg in team(batch.calls.legs_of[call["id"]]) if leg["agent_id"] == self.actor.id]
        if call["agent_id"] != self.actor.id and not own:
            raise Conflict("You are not in this call.")
        if call["agent_id"] != self.actor.id:
            for leg in own:
                hang_up(batch, call, leg)
            touch(batch, call)
            return
        reason, detail = reason_of(call, batch.calls.legs_of[call["id"]], by_us=True)
        end(batch, call, reason, detail)
        follow(batch, call)


@dataclass(frozen=True, slots=True)
class Hold(OfCall):
    """The customer hears music. Shown at once; taken back if the provider can't."""

    on: bool = True

    def run(self, batch: Batch) -> None:
        call, _, customer = self.talking(batch, "hold")
        if customer["held"] == self.on:
            return
        if self.on:
            customer.set(held=True)
            noted_hold(call, True, batch.now)
            tell(batch, call, customer, "hold", "on")
        else:
            unhold(batch, call)
        follow(batch, call)


@dataclass(frozen=True, slots=True)
class Mute(OfCall):
    """The agent's own microphone."""

    on: bool = True

    def run(self, batch: Batch) -> None:
        call, leg = self.mine(batch, "mute")
        if leg["state"] != "active":
            raise Conflict("Your telephone isn't in the call yet.")
        if leg["muted"] != self.on:
            leg.set(muted=self.on)
            tell(batch, call, leg, "mute", "on" if self.on else "off")
            follow(batch, call)


@dataclass(frozen=True, slots=True)
class Keys(OfCall):
    """Tones for the menu at the other end."""

    digits: str = ""

    def run(self, batch: Batch) -> None:
        call, _, customer = self.talking(batch, "keypad")
        tell(batch, call, customer, "keys", self.digits)
        touch(batch, call)


NEXT = {
    "start": (("none", "stopped", "ready", "failed"), "on"),
    "pause": (("on",), "paused"),
    "resume": (("paused",), "on"),
    "stop": (("on", "paused"), "stopped"),
}
"""From which states each is possible, and where it leads."""


@dataclass(frozen=True, slots=True)
class RecordCall(OfCall):
    """Start, pause, resume or stop the recording; the rule that held when the call began still holds."""

    what: Literal["start", "pause", "resume", "stop"] = "start"

    def run(self, batch: Batch) -> None:
        call, _, customer = self.talking(batch, "pause" if self.what in ("pause", "resume") else "record")
        if call["consent"] == "never":
            raise Conflict("This call must not be recorded.")
        before, after = NEXT[self.what]
        if call["recording"] == after:
            return
        if call["recording"] not in before:
            raise Conflict("The recording isn't in a state for that.")
        call.set(recording=after)
        tell(batch, call, customer, "record", self.what)
        follow(batch, call)


@dataclass(frozen=True, slots=True)
class Drop(OfCall):
    """Leave a message on the answering machine: the agent is free at once, the words follow after its greeting."""

    text: str = ""

    def run(self, batch: Batch) -> None:
        call, _, customer = self.talking(batch, "voicemail_drop")
        if call["direction"] != "out":
            raise Conflict("A message can be left only where we called.")
        line = batch.calls.line(batch.conn, call["inbox_id"])
        text = self.text or line.drop
        if not text:
            raise Conflict("There is no message to leave. Write one in Settings, Calls.")
        call.set(drop_text=text, answered_by=call["answered_by"] or "machine")
        if customer["held"]:
            unhold(batch, call)
        for leg in team(batch.calls.legs_of[call["id"]]):
            hang_up(batch, call, leg)
        follow(batch, call)


@dataclass(frozen=True, slots=True)
class NoteCall(OfCall):
    """The note while talking, and after; every save replaces it."""

    note: str = ""

    def run(self, batch: Batch) -> None:
        call = batch.calls.call(self.call_id)
        if call["note"] == self.note:
            return
        call.set(note=self.note)
        touch(batch, call)
        batch.at_end_insert_missing(UNINDEXED, [{"entry_id": call["entry_id"]}], ("entry_id",))
