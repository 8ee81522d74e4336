"""Where a call is, why it ended and when the clock speaks next: pure functions of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from hub.contract import Ended, LegState
from hub.core.calls.line import Line
from hub.core.calls.steps import Facts

RANK = {"planned": 0, "dialling": 1, "ringing": 2, "active": 3, "ended": 4}
LOOK_AGAIN = timedelta(seconds=3)
"""While somebody waits and nobody is rung."""
SILENT = timedelta(seconds=30)
"""How much longer than a telephone may ring the provider is given to say what became of it."""
ANSWERS = timedelta(seconds=30)
"""For an agent to press the key, or a browser to join, after the provider said that it was answered."""
UNKNOWN = timedelta(hours=4)
"""A call that went on so long without a word is asked for."""
PARTING = ("voicemail", "closed", "goodbye", "drop")
"""Paths on which the customer's leg is alone, and over by itself soon."""
PARTED = timedelta(minutes=15)
MACHINE = timedelta(seconds=45)
"""The longest that a machine's greeting is waited for."""
ENDS = {
    Ended.COMPLETED: "completed",
    Ended.NO_ANSWER: "no_answer",
    Ended.BUSY: "busy",
    Ended.REJECTED: "rejected",
    Ended.FAILED: "failed",
    Ended.CANCELLED: "canceled",
}


def climbs(current: str, new: LegState) -> bool:
    return RANK[new.value] > RANK[current]


F = TypeVar("F", bound=Facts)


def the_customer(legs: Iterable[F]) -> F | None:
    return next((leg for leg in legs if leg["role"] == "customer"), None)


def team(legs: Iterable[F]) -> list[F]:
    """Agents' and colleagues' legs that aren't over."""
    return [leg for leg in legs if leg["role"] != "customer" and leg["state"] != "ended"]


def state_of(call: Facts, legs: Sequence[Facts]) -> str:
    if call["ended_at"]:
        return "ended"
    customer = the_customer(legs)
    if call["answered_at"]:
        return "held" if customer and customer["held"] else "active"
    if call["direction"] == "in":
        rung = (call["rung"] or {}).values()
        busy = call["agent_id"] or any(told["state"] == "ringing" for told in rung)
        return "ringing" if call["path"] == "queue" and busy else "waiting"
    if customer and customer["state"] in ("dialling", "ringing"):
        return str(customer["state"])
    return "created" if all(leg["state"] == "planned" for leg in legs) else "dialling"


def reason_of(call: Facts, legs: Sequence[Facts], *, by_us: bool) -> tuple[str, str]:
    """Why the call is over, and what the provider said of it. `by_us`: the hub or the agent ended it."""
    customer = the_customer(legs)
    if call["voicemail"] or (call["path"] == "drop" and customer and customer["turn"]):
        return "voicemail_left", ""
    if call["answered_at"]:
        return ("machine_hangup" if call["answered_by"].startswith("machine") else "completed"), ""
    if call["direction"] == "in":
        return ("abandoned" if call["path"] in ("queue", "consent") and not by_us else "missed"), ""
    if customer and customer["state"] == "ended":
        return ENDS[Ended(customer["ended"] or Ended.NO_ANSWER)], customer["reason"]
    return "canceled", ""


def seconds(begin: datetime | None, end: datetime | None) -> int:
    return max(0, round((end - begin).total_seconds())) if begin and end else 0


def due(call: Facts, legs: Sequence[Facts], line: Line, now: datetime) -> datetime | None:
    """When somebody must look at the call although nothing was heard."""
    if call["ended_at"]:
        return None
    limits = [_leg_due(leg) for leg in legs if leg["state"] != "ended"]
    if call["answered_at"]:
        limits = [limit for limit in limits if limit] or [now + UNKNOWN]
    if call["direction"] == "in" and call["path"] == "queue" and not call["answered_at"]:
        limits.append(gives_up(call, line))
        limits.append(now + LOOK_AGAIN)
    if call["transfer"] and not call["transfer"]["leg"]:
        limits.append(transfer_until(call["transfer"], line))
    if call["path"] in PARTING:
        limits.append(now + PARTED)
    if call["path"] == "room" and call["drop_text"]:
        limits.append((call["answered_at"] or now) + MACHINE)
    return min(filter(None, limits), default=None)


def _leg_due(leg: Facts) -> datetime | None:
    if leg["state"] in ("planned", "dialling", "ringing"):
        return silent_at(leg)
    if leg["state"] == "active" and leg["role"] != "customer" and not leg["joined_at"]:
        there: datetime = leg["answered_at"] or leg["created_at"]
        return there + ANSWERS + SILENT
    return None


def silent_at(leg: Facts) -> datetime:
    """A telephone that rings longer than it may, and nobody tells: it is given up."""
    begun: datetime = leg["created_at"]
    return begun + timedelta(seconds=leg["ring_s"]) + SILENT


def transfer_until(plan: dict[str, str], line: Line) -> datetime:
    """How long a colleague's console rings."""
    return datetime.fromisoformat(plan["at"]) + timedelta(seconds=line.ring_s)


def gives_up(call: Facts, line: Line) -> datetime:
    """When a caller is led on to the mailbox: nobody answers, or for long there was nobody to ring."""
    if call["rung_at"]:
        rings: datetime = call["rung_at"] + timedelta(seconds=line.ring_s)
        return rings
    waited: datetime = call["created_at"] + timedelta(seconds=line.queue_s)
    return waited
