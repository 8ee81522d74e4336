"""Telephones of a call: made, dialled, led on, told to hang up, over."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from hub.contract import Address, Ended
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.core.calls.states import the_customer
from hub.core.states import Row
from hub.models import new_id

NOBODY_SAID = "The provider did not say what became of it."
NO_KEY = "The key to take the call was not pressed."
GIVEN_UP = (NOBODY_SAID, NO_KEY)
"""Over as far as we are concerned; the provider may still ring."""


def add_leg(
    batch: Batch,
    call: Row,
    role: str,
    address: Address,
    *,
    agent_id: UUID | None = None,
    ring_s: int = 30,
    machines: bool = False,
) -> Row:
    """A telephone to be dialled after the commit."""
    leg = batch.calls.add_leg(new_leg(batch, call, role, address, agent_id, ring_s, machines))
    tell(batch, call, leg, "dial")
    return leg


def new_leg(
    batch: Batch, call: Row, role: str, address: Address, agent_id: UUID | None, ring_s: int, machines: bool
) -> dict[str, Any]:
    kind, value = canonical(address)
    return {
        "id": uuid4(),
        "call_id": call["id"],
        "inbox_id": call["inbox_id"],
        "role": role,
        "agent_id": agent_id,
        "to_kind": kind,
        "to_address": value,
        "ref": None,
        "state": "planned",
        "seq": None,
        "turn": 0,
        "ring_s": ring_s,
        "machines": machines,
        "muted": False,
        "held": False,
        "leaving": False,
        "created_at": batch.now,
        "ringing_at": None,
        "answered_at": None,
        "joined_at": None,
        "ended_at": None,
        "ended": "",
        "reason": "",
    }


def tell(batch: Batch, call: Row, leg: Row, kind: str, what: str = "") -> None:
    """Have the provider told after the commit."""
    batch.thread(call["thread_id"]).calls = True
    batch.calls.new_commands.append(
        {
            "id": new_id(),
            "call_id": call["id"],
            "leg_id": leg["id"],
            "kind": kind,
            "what": what,
            "state": "waiting",
            "worker": "",
            "until": batch.now,
            "tries": 0,
            "created_at": batch.now,
        }
    )


def steer(batch: Batch, call: Row, path: str) -> None:
    """Lead the customer's leg elsewhere: at once where it is in the line, else when it asks."""
    call.set(path=path)
    customer = the_customer(batch.calls.legs_of[call["id"]])
    if customer is None:
        return
    customer.set(turn=0)
    if customer["state"] == "active":
        tell(batch, call, customer, "steer")


def hang_up(batch: Batch, call: Row, leg: Row) -> None:
    """Once is enough; what was never dialled is just over."""
    if leg["state"] == "ended" or leg["leaving"]:
        return
    leg.set(leaving=True)
    tell(batch, call, leg, "hang_up")


def end_leg(batch: Batch, leg: Row, ended: Ended, reason: str = "", at: datetime | None = None) -> None:
    if leg["state"] == "ended":
        return
    leg.set(state="ended", ended=ended.value, reason=reason[:300], ended_at=at or batch.now, held=False)
