"""The outbox of calls: what the provider is told goes in with the change that asks for it, and out after the commit.

Whoever takes a command notes it before he speaks. So a crash leaves `doing`, and a telephone that was about to be
dialled is given up then: nobody is ever rung twice by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address, Ended, Leg, Step
from hub.core.batch import Batch
from hub.core.calls.follow import follow
from hub.core.calls.legs import GIVEN_UP, end_leg, hang_up
from hub.core.calls.script import scene
from hub.core.calls.steps import Facts, steps
from hub.core.states import Row, Wants
from hub.models.tables import CALL, COMMAND, LEG

LEASE = timedelta(seconds=60)
"""Longer than any command takes."""
STALE = timedelta(seconds=20)
"""Nobody waits for a telephone that should have rung so long ago."""
MOST_TRIES = 4
STOPPED = "The hub stopped before the provider answered. Nobody is called again by itself."
TOO_LATE = "It could not be dialled in time. Try again."

Kind = Literal["dial", "hang_up", "steer", "hold", "mute", "keys", "record"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command that is due."""

    id: UUID
    call_id: UUID
    leg_id: UUID
    inbox_id: UUID


@dataclass(frozen=True, slots=True)
class Order:
    """Everything there is to one command."""

    kind: Kind
    leg: Leg
    what: str
    steps: tuple[Step, ...]
    inbox_id: UUID


_DUE = (
    sa.select(COMMAND.c.id, COMMAND.c.call_id, COMMAND.c.leg_id, LEG.c.inbox_id)
    .join_from(COMMAND, LEG, LEG.c.id == COMMAND.c.leg_id)
    .where(COMMAND.c.state == "waiting", COMMAND.c.until <= sa.bindparam("now", type_=COMMAND.c.until.type))
    .order_by(COMMAND.c.id)
    .limit(200)
)


def due(conn: Connection, now: datetime) -> list[Waiting]:
    """What may be done now, the oldest of each leg alone: a leg is told one thing after the other."""
    found: dict[UUID, Waiting] = {}
    for row in conn.execute(_DUE, {"now": now}):
        found.setdefault(row.leg_id, Waiting(row.id, row.call_id, row.leg_id, row.inbox_id))
    if not found:
        return []
    underway = sa.select(COMMAND.c.leg_id, COMMAND.c.id).where(COMMAND.c.leg_id.in_(list(found)))
    first: dict[UUID, UUID] = {}
    for leg_id, command_id in conn.execute(underway.order_by(COMMAND.c.id)):
        first.setdefault(leg_id, command_id)
    return [waiting for leg_id, waiting in found.items() if first.get(leg_id) == waiting.id]


def abandoned(conn: Connection, before: datetime, *, all_dials: bool = False) -> list[Waiting]:
    """What somebody took and never finished; at a start also every telephone that was still to be dialled."""
    lost = sa.and_(COMMAND.c.state == "doing", COMMAND.c.until <= before)
    if all_dials:
        lost = sa.or_(COMMAND.c.state == "doing", COMMAND.c.kind == "dial")
    columns = sa.select(COMMAND.c.id, COMMAND.c.call_id, COMMAND.c.leg_id, LEG.c.inbox_id)
    rows = conn.execute(columns.join_from(COMMAND, LEG, LEG.c.id == COMMAND.c.leg_id).where(lost).limit(1000))
    return [Waiting(*row) for row in rows]


def calls_due(conn: Connection, now: datetime) -> list[UUID]:
    late = sa.select(CALL.c.id).where(CALL.c.next_at <= now, CALL.c.next_at.is_not(None))
    return list(conn.scalars(late.order_by(CALL.c.next_at).limit(200)))


@dataclass(frozen=True, slots=True)
class _OfCommand:
    command_id: UUID
    call_id: UUID
    leg_id: UUID

    def wants(self, wants: Wants) -> None:
        wants.calls.add(self.call_id)

    def _read(self, batch: Batch) -> tuple[Any, Row, Row] | None:
        row = batch.conn.execute(sa.select(COMMAND).where(COMMAND.c.id == self.command_id)).first()
        if row is None:
            return None
        return row, batch.calls.call(self.call_id), batch.calls.legs[self.leg_id]

    def _change(self, batch: Batch, **values: Any) -> None:
        batch.conn.execute(sa.update(COMMAND).where(COMMAND.c.id == self.command_id).values(**values))

    def _forget(self, batch: Batch) -> None:
        batch.conn.execute(sa.delete(COMMAND).where(COMMAND.c.id == self.command_id))


@dataclass(frozen=True, slots=True)
class Begin(_OfCommand):
    """The provider is about to be told. After this commit a crash leaves `doing`."""

    worker: str = ""

    def run(self, batch: Batch) -> Order | None:
        """None where there is nothing left to tell, or somebody else does it."""
        found = self._read(batch)
        if found is None or found[0].state != "waiting":
            return None
        command, call, leg = found
        if not self._wanted(batch, command, call, leg):
            self._forget(batch)
            return None
        self._change(batch, state="doing", worker=self.worker, until=batch.now + LEASE)
        told: tuple[Step, ...] = ()
        if command.kind == "dial":
            leg.set(state="dialling")
            follow(batch, call)
        elif command.kind == "steer":
            leg.set(turn=1)
            told = steps(scene(batch, call, leg))
        return Order(command.kind, shape(call, leg), command.what, told, leg["inbox_id"])

    def _wanted(self, batch: Batch, command: Any, call: Row, leg: Row) -> bool:
        if leg["state"] == "ended":
            return command.kind == "hang_up" and bool(leg["ref"]) and leg["reason"] in GIVEN_UP
        if command.kind == "dial":
            late = batch.now - command.created_at > STALE
            if leg["state"] == "planned" and not (late or leg["leaving"] or call["ended_at"]):
                return True
            if leg["state"] == "planned":
                end_leg(batch, leg, Ended.FAILED if late else Ended.CANCELLED, TOO_LATE if late else "")
                follow(batch, call)
            return False
        if leg["ref"] is None:
            # nobody knows it at the provider; should it be there after all, its next update is answered by hanging up
            leg.set(leaving=False)
            return False
        return bool(command.kind == "hang_up" or leg["state"] == "active")


@dataclass(frozen=True, slots=True)
class Finish(_OfCommand):
    """What came of it."""

    ok: bool = True
    ref: str = ""
    reason: str = ""
    again: bool = False
    """The provider wasn't there: it may be told again."""

    def run(self, batch: Batch) -> None:
        found = self._read(batch)
        if found is None:
            return
        command, call, leg = found
        if self.again and command.kind != "dial" and command.tries + 1 < MOST_TRIES:
            pause = timedelta(seconds=2.0**command.tries)
            self._change(batch, state="waiting", tries=command.tries + 1, until=batch.now + pause)
            return
        self._forget(batch)
        if command.kind == "dial":
            self._dialled(batch, call, leg)
        elif not self.ok and command.kind != "hang_up":
            _undo(call, leg, command)
            call.set(problem=f"{WORDS[command.kind]} did not work: {self.reason}"[:300])
            follow(batch, call)

    def _dialled(self, batch: Batch, call: Row, leg: Row) -> None:
        if self.ref and not leg["ref"]:
            leg.set(ref=self.ref)
        if self.ok:
            if leg["state"] != "ended" and call["ended_at"]:
                hang_up(batch, call, leg)
            return
        # its own updates may have told meanwhile that it rings: then the lost answer means nothing
        if leg["state"] == "dialling" and not leg["ref"]:
            end_leg(batch, leg, Ended.FAILED, self.reason)
            follow(batch, call)


@dataclass(frozen=True, slots=True)
class Abandoned(_OfCommand):
    """Its process is gone. What may be said twice is said again; a telephone is never dialled again."""

    def run(self, batch: Batch) -> None:
        found = self._read(batch)
        if found is None:
            return
        command, call, leg = found
        if command.kind not in ("dial", "keys"):
            self._change(batch, state="waiting", until=batch.now)
            return
        self._forget(batch)
        if command.kind == "dial" and leg["state"] in ("planned", "dialling"):
            end_leg(batch, leg, Ended.FAILED, STOPPED)
            follow(batch, call)


WORDS = {
    "steer": "Leading the caller on",
    "hold": "Holding",
    "mute": "Muting",
    "keys": "Sending keys",
    "record": "Recording",
}


def _undo(call: Row, leg: Row, command: Any) -> None:
    """What was shown as done before it was."""
    if command.kind == "hold":
        leg.set(held=command.what != "on")
    elif command.kind == "mute":
        leg.set(muted=command.what != "on")
    elif command.kind == "record":
        call.set(recording={"start": "none", "pause": "on", "resume": "paused", "stop": "on"}[command.what])


def shape(call: Facts, leg: Facts) -> Leg:
    """The leg as connectors know it."""
    return Leg(
        id=leg["id"].hex,
        room=call["id"].hex,
        role=leg["role"],
        to=Address(leg["to_kind"], leg["to_address"]),
        caller=call["from_address"] if call["direction"] == "out" else call["to_address"],
        ref=leg["ref"] or "",
        ring_s=leg["ring_s"],
        machines=leg["machines"],
    )
