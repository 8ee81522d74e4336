"""What follows from where the legs are: who is let in, dialled, rung or hung up, and whether the call is over.

Called after every change, under the thread's lock; doing it twice changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hub.contract import Address
from hub.core.batch import Batch
from hub.core.calls import ring
from hub.core.calls.allowed import refusal
from hub.core.calls.cases import answered as case_answered
from hub.core.calls.cases import ended as case_ended
from hub.core.calls.legs import add_leg, hang_up, steer, tell
from hub.core.calls.rows import touch
from hub.core.calls.states import due, reason_of, seconds, state_of, team, the_customer, transfer_until
from hub.core.states import Row
from hub.models.tables import UNINDEXED


def follow(batch: Batch, call: Row) -> None:
    legs = batch.calls.legs_of[call["id"]]
    if call["ended_at"] is None:
        if call["direction"] == "out":
            _dial_customer(batch, call, legs)
        _answered(batch, call, legs)
        _transfer(batch, call, legs)
        if call["direction"] == "in" and not call["answered_at"]:
            _ring(batch, call, legs)
        _machine(batch, call, legs)
        _over(batch, call, legs)
    if call["ended_at"] is not None:
        for leg in legs:
            hang_up(batch, call, leg)
    if call["ended_at"] is not None or call["answered_at"] is not None:
        _figures(call, legs)
    line = batch.calls.line(batch.conn, call["inbox_id"])
    call.set(state=state_of(call, legs), next_at=due(call, legs, line, batch.now))
    if _shows(batch, call, legs):
        touch(batch, call)


UNSEEN = frozenset({"next_at", "seq", "turn", "ref", "rev", "leaving"})
"""What changes and nobody sees: a caller who waits makes no noise on the screens every few seconds."""


def _shows(batch: Batch, call: Row, legs: list[Row]) -> bool:
    told = any(command["call_id"] == call["id"] for command in batch.calls.new_commands)
    return told or any(row.new or row.changed - UNSEEN for row in (call, *legs))


def _joined(legs: list[Row]) -> list[Row]:
    return [leg for leg in team(legs) if leg["joined_at"]]


def _dial_customer(batch: Batch, call: Row, legs: list[Row]) -> None:
    """Only once the agent is really there; where to is the call's own word, and the gate is asked again."""
    if the_customer(legs) is not None or not _joined(legs):
        return
    inbox = batch.desk.inbox(call["inbox_id"])
    line = batch.calls.line(batch.conn, call["inbox_id"])
    number = Address("phone", call["to_address"])
    why = "The line is disconnected." if inbox is None else ""
    if inbox is not None:
        why = refusal(batch, batch.thread(call["thread_id"]), inbox, line, number)
    if why:
        end(batch, call, "blocked", why)
        return
    machines = line.machines and bool((call["features"] or {}).get("machines"))
    add_leg(batch, call, "customer", number, ring_s=line.ring_s, machines=machines)


def _answered(batch: Batch, call: Row, legs: list[Row]) -> None:
    """Both are there for the first time."""
    if call["answered_at"] is not None or _answer(call, legs) is None:
        return
    _figures(call, legs)
    _let_in(batch, call)
    case_answered(batch, call)
    ring.stop_ringing(batch, call, "over")


def _answer(call: Row, legs: list[Row]) -> datetime | None:
    """When customer and agent were there both."""
    if call["direction"] == "out":
        customer = the_customer(legs)
        return customer["answered_at"] if customer else None
    return min((leg["joined_at"] for leg in legs if leg["joined_at"]), default=None)


def _figures(call: Row, legs: list[Row]) -> None:
    """The earliest time that was told is kept, also where it is told after the end: that itself stays as it is."""
    at, customer = _answer(call, legs), the_customer(legs)
    if call["direction"] == "out" and customer and customer["ringing_at"]:
        call.set(ringing_at=customer["ringing_at"])
    talked = call["ended_at"] is None or call["end_reason"] in ("completed", "machine_hangup")
    if at and talked and (call["answered_at"] is None or at < call["answered_at"]):
        call.set(answered_at=at)
    if call["answered_at"] is None:
        return
    call.set(ring_s=seconds(call["ringing_at"], call["answered_at"]))
    if call["direction"] == "in":
        call.set(wait_s=seconds(call["created_at"], call["answered_at"]))
    if call["ended_at"]:
        call.set(talk_s=seconds(call["answered_at"], call["ended_at"]))


def _let_in(batch: Batch, call: Row) -> None:
    """To the question whether it may be recorded, or straight into the room."""
    wanted = call["record"] and call["recording"] == "none"
    asks = wanted and call["consent"] == "ask"
    if wanted and call["consent"] == "announce":
        call.set(recording="on")
    if asks:
        call.set(recording="asked")
    path = "consent" if asks else "room"
    if call["direction"] == "in":
        steer(batch, call, path)
    elif path != call["path"]:
        # it asks for its steps itself when it is answered
        call.set(path=path)


def _ring(batch: Batch, call: Row, legs: list[Row]) -> None:
    if call["path"] != "queue":
        return
    agent = call["agent_id"]
    if agent is not None and not any(leg["agent_id"] == agent for leg in team(legs)):
        # whoever accepted it isn't there after all: back to the queue, and on to the others
        rung = {who: told for who, told in (call["rung"] or {}).items() if told["state"] != "over"}
        rung[agent.hex] = {**rung.get(agent.hex, {"why": "", "name": ""}), "state": "missed"}
        call.set(agent_id=None, mode="", rung=rung)
        agent = None
    if agent is None:
        ring.ring(batch, call)


def _transfer(batch: Batch, call: Row, legs: list[Row]) -> None:
    """A colleague who was to be brought in is there, or won't be."""
    plan = call["transfer"]
    if not plan:
        return
    if plan["kind"] == "warm" and not any(leg["role"] == "agent" for leg in _joined(legs)):
        # who was handing it over has gone: the colleague has the customer as soon as they are there
        plan = {**plan, "kind": "cold"}
        call.set(transfer=plan)
    name = plan["name"] or "The colleague"
    if not plan["leg"]:
        line = batch.calls.line(batch.conn, call["inbox_id"])
        if batch.now >= transfer_until(plan, line):
            give_back(batch, call, f"{name} did not answer.")
        return
    leg = batch.calls.legs[UUID(hex=plan["leg"])]
    if leg["state"] == "ended":
        give_back(batch, call, "" if leg["joined_at"] else f"{name} did not answer.")
    elif leg["joined_at"] and plan["kind"] == "cold":
        hand_over(batch, call, leg)


def give_back(batch: Batch, call: Row, problem: str = "") -> None:
    """Nobody takes it over: the customer is the agent's again; where that one has left, they may leave a message."""
    legs = batch.calls.legs_of[call["id"]]
    call.set(transfer=None, problem=problem)
    ring.stop_ringing(batch, call, "over")
    unhold(batch, call)
    if not _joined(legs):
        line = batch.calls.line(batch.conn, call["inbox_id"])
        steer(batch, call, "voicemail" if line.voicemail else "goodbye")


def hand_over(batch: Batch, call: Row, leg: Row) -> None:
    """The colleague's call from now on."""
    for other in _joined(batch.calls.legs_of[call["id"]]):
        if other["id"] != leg["id"]:
            hang_up(batch, call, other)
    leg.set(role="agent")
    if leg["held"]:
        leg.set(held=False)
        tell(batch, call, leg, "hold", "off")
    call.set(transfer=None, agent_id=leg["agent_id"] or call["agent_id"], problem="")
    unhold(batch, call)


def unhold(batch: Batch, call: Row) -> None:
    customer = the_customer(batch.calls.legs_of[call["id"]])
    if customer is None or not customer["held"]:
        return
    customer.set(held=False)
    _count_hold(call, batch.now)
    if customer["state"] == "active":
        tell(batch, call, customer, "hold", "off")


def _count_hold(call: Row, until: datetime) -> None:
    if call["held_at"]:
        call.set(hold_s=call["hold_s"] + seconds(call["held_at"], until), held_at=None)


def noted_hold(call: Row, on: bool, at: datetime) -> None:
    """The clock of holding: it runs once, however often the same is told."""
    if on and call["held_at"] is None:
        call.set(held_at=at)
    elif not on:
        _count_hold(call, at)


def _machine(batch: Batch, call: Row, legs: list[Row]) -> None:
    """A message waits for the end of a machine's greeting."""
    customer = the_customer(legs)
    if not call["drop_text"] or call["path"] == "drop" or customer is None or customer["state"] != "active":
        return
    waited = call["next_at"] is not None and call["next_at"] <= batch.now
    if call["answered_by"] == "machine_ready" or waited:
        steer(batch, call, "drop")


def _over(batch: Batch, call: Row, legs: list[Row]) -> None:
    customer = the_customer(legs)
    if customer and customer["state"] == "ended":
        reason, detail = reason_of(call, legs, by_us=False)
        end(batch, call, reason, detail, customer["ended_at"])
        return
    if team(legs) or call["drop_text"] or call["transfer"]:
        return
    if call["answered_at"] and call["path"] in ("room", "consent"):
        reason, detail = reason_of(call, legs, by_us=True)
        end(batch, call, reason, detail, max((leg["ended_at"] for leg in legs if leg["ended_at"]), default=None))
    elif call["direction"] == "out" and not call["answered_at"] and legs:
        lost = legs[-1]
        reason, detail = reason_of(call, legs, by_us=True)
        if customer is None and lost["ended"] not in ("completed", "cancelled"):
            reason, detail = "failed", lost["reason"] or "Your own telephone did not answer."
        end(batch, call, reason, detail)


def end(batch: Batch, call: Row, reason: str, detail: str = "", at: datetime | None = None) -> None:
    """Over for good. What is told later can complete the figures, never change the end."""
    if call["ended_at"] is not None:
        return
    at = min(at or batch.now, batch.now)
    _count_hold(call, at)
    ring.stop_ringing(batch, call, "over")
    call.set(
        ended_at=at,
        state="ended",
        end_reason=reason,
        end_detail=detail[:300],
        talk_s=seconds(call["answered_at"], at),
        transfer=None,
        next_at=None,
    )
    if call["direction"] == "in" and call["answered_at"] is None:
        call.set(wait_s=seconds(call["created_at"], at))
    if call["recording"] in ("on", "paused"):
        call.set(recording="stopped")
    elif call["recording"] == "asked":
        call.set(recording="none")
    if call["voicemail"] is False and reason == "voicemail_left":
        call.set(voicemail=True)
    batch.at_end_insert_missing(UNINDEXED, [{"entry_id": call["entry_id"]}], ("entry_id",))
    case_ended(batch, call)
