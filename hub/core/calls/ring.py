"""Who is rung for a caller, and for how long: the case's owner first, then everybody who can be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.contract import Address
from hub.core.batch import Batch
from hub.core.calls import destinations
from hub.core.calls.legs import add_leg, hang_up, steer
from hub.core.calls.line import Line
from hub.core.calls.states import gives_up
from hub.core.states import Row
from hub.models import Agent, TeamMember
from hub.models.tables import CALL, LEG

AGENT, MEMBER = Agent.__table__, TeamMember.__table__  # type: ignore[attr-defined]

_AGENTS = sa.select(AGENT.c.id, AGENT.c.name, AGENT.c.settings).where(AGENT.c.active).order_by(AGENT.c.id)
_TALKING = sa.union(
    sa.select(CALL.c.agent_id.label("id")).where(CALL.c.ended_at.is_(None), CALL.c.agent_id.is_not(None)),
    sa.select(LEG.c.agent_id)
    .join_from(LEG, CALL, CALL.c.id == LEG.c.call_id)
    .where(CALL.c.ended_at.is_(None), LEG.c.ended_at.is_(None))
    .where(LEG.c.joined_at.is_not(None), LEG.c.agent_id.is_not(None)),
)


@dataclass(frozen=True, slots=True)
class Free:
    """An agent who can be rung: in the console, on a telephone of their own, or both."""

    id: UUID
    name: str
    console: bool
    phone: str


def free(batch: Batch, call: Row, line: Line) -> list[Free]:
    """Whoever is here or has a telephone that may ring, and isn't in a call."""
    online = batch.desk.online()
    talking = set(batch.conn.scalars(_TALKING))
    members: set[UUID] | None = None
    if line.team_id:
        of_team = sa.select(MEMBER.c.agent_id).where(MEMBER.c.team_id == line.team_id)
        members = set(batch.conn.scalars(of_team))
    found = []
    for row in batch.conn.execute(_AGENTS):
        settings: dict[str, Any] = row.settings or {}
        if row.id in talking or settings.get("calls") == "off" or (members is not None and row.id not in members):
            continue
        here = row.id in online
        phone = own_phone(batch, call, line, settings)
        console = here and (bool((call["features"] or {}).get("browser")) or bool(phone))
        rings = phone if settings.get("ring_phone") else ""
        if console or rings:
            found.append(Free(row.id, row.name, console, rings))
    return found


def own_phone(batch: Batch, call: Row, line: Line, settings: dict[str, Any]) -> str:
    """The agent's own number, where the line may call it."""
    number = settings.get("phone")
    if not isinstance(number, str) or not number:
        return ""
    inbox = batch.desk.inbox(call["inbox_id"])
    refused = destinations.refusal(Address("phone", number), inbox.address if inbox else "", line.allow)
    return "" if refused else number


def ring(batch: Batch, call: Row) -> None:
    """Ring who should be rung by now; lead the caller on where nobody will answer."""
    line = batch.calls.line(batch.conn, call["inbox_id"])
    rung: dict[str, Any] = dict(call["rung"] or {})
    people = [agent for agent in free(batch, call, line) if agent.id.hex not in rung]
    chosen, why = _chosen(batch, call, line, rung, people)
    for agent in chosen:
        rung[agent.id.hex] = {"state": "ringing", "why": why, "name": agent.name}
        if agent.phone:
            address = Address("phone", agent.phone)
            add_leg(batch, call, "agent", address, agent_id=agent.id, ring_s=line.ring_s)
    if chosen:
        call.set(rung=rung, rung_at=batch.now, ringing_at=call["ringing_at"] or batch.now)
    over = bool(rung) and not chosen and not any(told["state"] == "ringing" for told in rung.values())
    if batch.now >= gives_up(call, line) or over:
        give_up(batch, call, line)


def _chosen(batch: Batch, call: Row, line: Line, rung: dict[str, Any], people: list[Free]) -> tuple[list[Free], str]:
    case = batch.cases.get(batch.calls.case_of.get(call["id"]) or UUID(int=0))
    owner = case["assignee_id"] if case else None
    first = [agent for agent in people if agent.id == owner]
    if first:
        return first, "This customer's case is yours"
    alone = owner is not None and (rung.get(owner.hex) or {}).get("state") == "ringing"
    if alone and len(rung) == 1 and batch.now < call["rung_at"] + timedelta(seconds=line.owner_first_s):
        return [], ""
    return people, "Everybody who is free is rung"


def give_up(batch: Batch, call: Row, line: Line) -> None:
    """Nobody answers: the caller may leave a message, or is told goodbye."""
    stop_ringing(batch, call, "missed")
    steer(batch, call, "voicemail" if line.voicemail else "goodbye")


def stop_ringing(batch: Batch, call: Row, became: str, keep: Iterable[UUID] = ()) -> None:
    """Whoever still rings hears no more of it; `keep` are legs that go on."""
    rung = {
        agent: {**told, "state": became if told["state"] == "ringing" else told["state"]}
        for agent, told in (call["rung"] or {}).items()
    }
    if rung:
        call.set(rung=rung)
    kept = set(keep)
    for leg in batch.calls.legs_of[call["id"]]:
        if leg["role"] == "agent" and leg["state"] != "ended" and not leg["joined_at"] and leg["id"] not in kept:
            hang_up(batch, call, leg)
