"""A colleague is brought in: warm, with the customer on hold until the agent hands over; cold, with the agent gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from hub.contract import Address
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.core.calls import cases, ring
from hub.core.calls.acts import OfCall
from hub.core.calls.destinations import refusal
from hub.core.calls.follow import follow, give_back, hand_over, noted_hold, unhold
from hub.core.calls.legs import add_leg, hang_up, tell
from hub.core.errors import Conflict, NotFound, NotPermitted
from hub.core.states import Row


@dataclass(frozen=True, slots=True)
class Transfer(OfCall):
    kind: Literal["warm", "cold"] = "warm"
    agent_id: UUID | None = None
    phone: str = ""

    def run(self, batch: Batch) -> None:
        call, own, customer = self.talking(batch, "transfer")
        if call["transfer"]:
            raise Conflict("Somebody is being brought in already. Complete or cancel that first.")
        plan: dict[str, Any] = {"kind": self.kind, "agent_id": None, "phone": "", "name": "", "leg": ""}
        plan["at"] = batch.now.isoformat()
        if self.agent_id:
            plan |= self._agent(batch, call)
        else:
            plan |= self._number(batch, call)
        call.set(transfer=plan, problem="")
        if self.kind == "warm":
            if not customer["held"]:
                customer.set(held=True)
                noted_hold(call, True, batch.now)
                tell(batch, call, customer, "hold", "on")
        else:
            hang_up(batch, call, own)
        follow(batch, call)

    def _agent(self, batch: Batch, call: Row) -> dict[str, Any]:
        """A colleague in the console is rung there and answers; one who is out is called on their own telephone."""
        assert self.agent_id is not None
        if self.agent_id == self.actor.id:
            raise Conflict("This is your call already.")
        line = batch.calls.line(batch.conn, call["inbox_id"])
        them = next((a for a in ring.free(batch, call, line) if a.id == self.agent_id), None)
        if them is None:
            name = cases.agent_name(batch, self.agent_id)
            if not name:
                raise NotFound("agent")
            raise Conflict(f"{name} can't be reached right now.")
        rung = dict(call["rung"] or {})
        rung[self.agent_id.hex] = {"state": "ringing", "why": f"{self.actor.name} hands it over", "name": them.name}
        call.set(rung=rung)
        leg = ""
        if not them.console:
            address = Address("phone", them.phone)
            made = add_leg(batch, call, "colleague", address, agent_id=them.id, ring_s=line.ring_s)
            leg = made["id"].hex
        return {"agent_id": str(self.agent_id), "name": them.name, "leg": leg}

    def _number(self, batch: Batch, call: Row) -> dict[str, Any]:
        inbox = batch.desk.inbox(call["inbox_id"])
        line = batch.calls.line(batch.conn, call["inbox_id"])
        address = Address("phone", self.phone)
        if reason := refusal(address, inbox.address if inbox else "", line.allow):
            raise NotPermitted(reason)
        number = canonical(address)[1]
        made = add_leg(batch, call, "colleague", address, ring_s=line.ring_s)
        return {"phone": number, "name": number, "leg": made["id"].hex}


@dataclass(frozen=True, slots=True)
class ChangeTransfer(OfCall):
    """Speak with the other of the two, hand over, or take the customer back."""

    what: Literal["swap", "complete", "cancel"] = "complete"

    def run(self, batch: Batch) -> None:
        call, own, customer = self.talking(batch, "transfer")
        plan = call["transfer"]
        if not plan or plan["kind"] != "warm":
            raise Conflict("Nobody is being brought in.")
        colleague = batch.calls.legs.get(UUID(hex=plan["leg"])) if plan["leg"] else None
        if self.what == "cancel":
            if colleague is not None:
                hang_up(batch, call, colleague)
            give_back(batch, call)
        elif colleague is None or not colleague["joined_at"]:
            raise Conflict(f"{plan['name'] or 'Your colleague'} hasn't answered yet.")
        elif own["id"] == colleague["id"]:
            raise Conflict("Whoever handed the call over completes that.")
        elif self.what == "swap":
            self._swap(batch, call, customer, colleague)
        else:
            hand_over(batch, call, colleague)
        follow(batch, call)

    @staticmethod
    def _swap(batch: Batch, call: Row, customer: Row, colleague: Row) -> None:
        to_customer = customer["held"]
        colleague.set(held=to_customer)
        tell(batch, call, colleague, "hold", "on" if to_customer else "off")
        if to_customer:
            unhold(batch, call)
        else:
            customer.set(held=True)
            noted_hold(call, True, batch.now)
            tell(batch, call, customer, "hold", "on")
