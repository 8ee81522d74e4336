"""The scene of one leg, in a batch and from the database: what its next steps are decided from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address
from hub.core.batch import Batch
from hub.core.calls.line import lines
from hub.core.calls.steps import Facts, Scene
from hub.core.states import Row
from hub.db import Prepared
from hub.models import Agent
from hub.models.tables import CALL, LEG

AGENT = Agent.__table__  # type: ignore[attr-defined]

_BEFORE = Prepared(
    sa.select(sa.func.count().label("n")).where(
        CALL.c.inbox_id == sa.bindparam("inbox", type_=CALL.c.inbox_id.type),
        CALL.c.ended_at.is_(None),
        CALL.c.path == "queue",
        CALL.c.answered_at.is_(None),
        CALL.c.id < sa.bindparam("call", type_=CALL.c.id.type),
    )
)
_NAME = sa.select(AGENT.c.name).where(AGENT.c.id == sa.bindparam("id", type_=AGENT.c.id.type))
_INBOX = sa.bindparam("inbox", type_=LEG.c.inbox_id.type)
_BY_ID = Prepared(sa.select(LEG).where(LEG.c.inbox_id == _INBOX, LEG.c.id == sa.bindparam("id", type_=LEG.c.id.type)))
_BY_REF = Prepared(sa.select(LEG).where(LEG.c.inbox_id == _INBOX, LEG.c.ref == sa.bindparam("ref", type_=sa.Text())))
_CALL = Prepared(sa.select(CALL).where(CALL.c.id == sa.bindparam("id", type_=CALL.c.id.type)))


def scene(batch: Batch, call: Row, leg: Row) -> Scene:
    """Of a leg that the batch holds."""
    line = batch.calls.line(batch.conn, call["inbox_id"])
    return Scene(call, leg, line, call["id"].hex, _place(batch.conn, call, leg), _taken_by(batch.conn, call, leg))


def stored(conn: Connection, inbox_id: UUID, leg: str, ref: str) -> tuple[dict[str, Any], dict[str, Any], Scene] | None:
    """Call, leg and scene as they are committed; None for a leg that nobody knows."""
    found: list[dict[str, Any]] = []
    if (leg_id := leg_of(leg)) is not None:
        found = _BY_ID.dicts(conn, inbox=inbox_id, id=leg_id)
    if not found and ref:
        found = _BY_REF.dicts(conn, inbox=inbox_id, ref=ref)
    if not found:
        return None
    call = _CALL.dicts(conn, id=found[0]["call_id"])[0]
    line = lines(conn).of(inbox_id)
    told = Scene(call, found[0], line, call["id"].hex, _place(conn, call, found[0]), _taken_by(conn, call, found[0]))
    return call, found[0], told


def speaks_for(leg: Facts, caller: Address | None) -> bool:
    """A console asks for the leg of its own agent alone: the id of another's is no secret among colleagues."""
    if caller is None or caller.kind != "agent":
        return True
    return bool(leg["to_kind"] == "agent" and leg["to_address"] == caller.value)


def leg_of(text: str) -> UUID | None:
    """The id that a provider brought back."""
    try:
        return UUID(hex=text) if len(text) == 32 else None
    except ValueError:
        return None


def _place(conn: Connection, call: Facts, leg: Facts) -> int:
    if call["path"] != "queue" or leg["role"] != "customer":
        return 1
    return int(_BEFORE.rows(conn, inbox=call["inbox_id"], call=call["id"])[0].n) + 1


def _taken_by(conn: Connection, call: Facts, leg: Facts) -> str:
    """Somebody else accepted what this agent's leg was rung for."""
    if leg["role"] != "agent" or leg["joined_at"] or call["agent_id"] in (None, leg["agent_id"]):
        return ""
    return conn.scalar(_NAME, {"id": call["agent_id"]}) or "somebody else"
