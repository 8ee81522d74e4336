"""Calls as agents see them, in a few statements for any number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.access import Right, Viewer, require
from hub.core.calls.words import end_text
from hub.core.errors import NotFound
from hub.db import Prepared, among
from hub.models import Agent, Inbox, utcnow
from hub.models.tables import CALL, CALL_LINE, CUSTOMER, ENTRY, LEG, THREAD

AGENT, INBOX = Agent.__table__, Inbox.__table__  # type: ignore[attr-defined]

Out = dict[str, Any]
MOST_LINES = 2000
QUEUED = ("waiting", "ringing")

_ROWS = sa.select(CALL, ENTRY.c.case_id, AGENT.c.name.label("agent_name")).select_from(
    CALL.join(ENTRY, ENTRY.c.id == CALL.c.entry_id).join(AGENT, AGENT.c.id == CALL.c.agent_id, isouter=True)
)
_BY_ENTRY = Prepared(_ROWS.where(among(CALL.c.entry_id, "ids")))
_BY_ID = Prepared(_ROWS.where(among(CALL.c.id, "ids")).order_by(CALL.c.id))
_LEGS = Prepared(
    sa.select(LEG, AGENT.c.name.label("agent_name"))
    .select_from(LEG.join(AGENT, AGENT.c.id == LEG.c.agent_id, isouter=True))
    .where(among(LEG.c.call_id, "ids"))
    .order_by(LEG.c.created_at, LEG.c.id)
)
_LINES = Prepared(
    sa.select(CALL_LINE)
    .where(among(CALL_LINE.c.call_id, "ids"))
    .order_by(CALL_LINE.c.call_id, CALL_LINE.c.at, CALL_LINE.c.seq)
    .limit(MOST_LINES)
)
_QUEUE = Prepared(
    sa.select(CALL.c.id, CALL.c.inbox_id)
    .where(CALL.c.ended_at.is_(None), CALL.c.path == "queue", CALL.c.answered_at.is_(None))
    .order_by(CALL.c.id)
)
_LIVE = Prepared(sa.select(CALL.c.id, CALL.c.agent_id, CALL.c.rung, CALL.c.path).where(CALL.c.ended_at.is_(None)))
_MINE = Prepared(
    sa.select(CALL.c.id, CALL.c.ended_at)
    .where(
        CALL.c.agent_id == sa.bindparam("me", type_=AGENT.c.id.type),
        sa.or_(CALL.c.ended_at.is_(None), CALL.c.ended_at > sa.bindparam("since", type_=CALL.c.created_at.type)),
        CALL.c.wrapped_at.is_(None),
        sa.or_(CALL.c.ended_at.is_(None), CALL.c.answered_at.is_not(None)),
    )
    .order_by(CALL.c.id)
    .limit(50)
)
_COLLEAGUES = Prepared(
    sa.select(LEG.c.call_id)
    .join_from(LEG, CALL, CALL.c.id == LEG.c.call_id)
    .where(
        LEG.c.agent_id == sa.bindparam("me", type_=AGENT.c.id.type), LEG.c.ended_at.is_(None), CALL.c.ended_at.is_(None)
    )
)
_THREAD_OF = sa.select(CALL.c.thread_id).where(CALL.c.id == sa.bindparam("id", type_=CALL.c.id.type))
_CUSTOMERS = Prepared(
    sa.select(THREAD.c.id, THREAD.c.customer_id, CUSTOMER.c.name)
    .join_from(THREAD, CUSTOMER, CUSTOMER.c.id == THREAD.c.customer_id)
    .where(among(THREAD.c.id, "ids"))
)
_CONCERNS = Prepared(
    sa.select(
        CALL.c.id, CALL.c.thread_id, CALL.c.rung, CALL.c.ended_at, CALL.c.agent_id, AGENT.c.name.label("agent_name")
    )
    .join_from(CALL, AGENT, AGENT.c.id == CALL.c.agent_id, isouter=True)
    .where(
        among(CALL.c.thread_id, "threads"),
        sa.or_(CALL.c.ended_at.is_(None), CALL.c.ended_at > sa.bindparam("since", type_=CALL.c.created_at.type)),
    )
)
JUST_NOW = timedelta(minutes=1)
_INBOXES = sa.select(INBOX.c.id, INBOX.c.name)


def of_entries(conn: Connection, entry_ids: Iterable[UUID]) -> dict[UUID, Out]:
    """Calls by the entry that shows them; each has its `rev` besides."""
    return {row["entry_id"]: row for row in _shown(conn, _BY_ENTRY.rows(conn, ids=list(entry_ids)))}


def by_ids(conn: Connection, ids: Iterable[UUID]) -> list[Out]:
    return _shown(conn, _BY_ID.rows(conn, ids=list(ids)))


def one(conn: Connection, viewer: Viewer, call_id: UUID, right: Right = Right.READ) -> Out:
    """Raises `NotFound` for what the viewer may not know of."""
    thread_id = conn.scalar(_THREAD_OF, {"id": call_id})
    if thread_id is None:
        raise NotFound("call")
    require(conn, viewer, right, thread_id)
    return by_ids(conn, [call_id])[0]


def mine(conn: Connection, agent_id: UUID, since: Any) -> tuple[list[Out], list[Out]]:
    """The agent's calls that go on, and those since a moment that wait for their disposition."""
    ids = {row.id for row in _MINE.rows(conn, me=agent_id, since=since)}
    ids |= {row.call_id for row in _COLLEAGUES.rows(conn, me=agent_id)}
    found = by_ids(conn, ids) if ids else []
    return [c for c in found if c["state"] != "ended"], [c for c in found if c["state"] == "ended"]


def ringing(conn: Connection, agent_id: UUID) -> list[Out]:
    """What rings for the agent first, then what waits for anybody."""
    live = _LIVE.rows(conn)
    rings = {row.id: dict(row.rung or {}) for row in live if rings_for(row.rung, agent_id)}
    queued = {row.id for row in live if row.agent_id is None and row.path == "queue"}
    found = shown_ringing(conn, rings.keys() | queued)
    for item in found:
        item["mine"] = item["call"]["id"] in rings
        item["why"] = why(rings.get(item["call"]["id"]), agent_id)
    return sorted(found, key=lambda item: (not item["mine"], item["call"]["created_at"]))


def concerns(conn: Connection, threads: Iterable[UUID]) -> list[Any]:
    """Calls of these threads that go on, or did until a moment ago: whom they ring for, and whose they are."""
    return _CONCERNS.rows(conn, threads=list(threads), since=utcnow() - JUST_NOW)


def rings_for(rung: Any, agent_id: UUID) -> bool:
    told: Out = (rung or {}).get(agent_id.hex) or {}
    return told.get("state") == "ringing"


def why(rung: Any, agent_id: UUID) -> str:
    told: Out = (rung or {}).get(agent_id.hex) or {}
    return str(told.get("why", "Waiting in the queue"))


def shown_ringing(conn: Connection, ids: Iterable[UUID]) -> list[Out]:
    """Calls with their customer and line, as `ringing` tells them."""
    found = by_ids(conn, ids) if ids else []
    if not found:
        return []
    customers = {row.id: row for row in _CUSTOMERS.rows(conn, ids=[call["thread_id"] for call in found])}
    names = {row.id: row.name for row in conn.execute(_INBOXES)}
    return [
        {
            "call": call,
            "customer": {
                "id": customers[call["thread_id"]].customer_id,
                "name": customers[call["thread_id"]].name or call["from"]["address"],
            },
            "queue": names.get(call["inbox_id"], ""),
            "why": "",
            "mine": False,
        }
        for call in found
    ]


def _shown(conn: Connection, rows: Sequence[Any]) -> list[Out]:
    if not rows:
        return []
    ids = [row.id for row in rows]
    legs: dict[UUID, list[Out]] = defaultdict(list)
    lines: dict[UUID, list[Out]] = defaultdict(list)
    for leg in _LEGS.rows(conn, ids=ids):
        legs[leg.call_id].append(_leg(leg))
    for line in _LINES.rows(conn, ids=ids):
        lines[line.call_id].append({"role": line.role, "text": line.text, "at": line.at, "final": line.final})
    places = _places(conn) if any(row.path == "queue" and row.ended_at is None for row in rows) else {}
    return [_call(row, legs[row.id], lines[row.id], places.get(row.id)) for row in rows]


def _places(conn: Connection) -> dict[UUID, int]:
    """Of everybody who waits, counted within each line."""
    counts: dict[UUID, int] = defaultdict(int)
    places = {}
    for row in _QUEUE.rows(conn):
        counts[row.inbox_id] += 1
        places[row.id] = counts[row.inbox_id]
    return places


def _leg(row: Any) -> Out:
    return {
        "id": row.id,
        "role": row.role,
        "state": row.state,
        "agent_id": row.agent_id,
        "agent_name": row.agent_name or "",
        "address": row.to_address if row.to_kind == "phone" else "",
        "muted": row.muted,
        "held": row.held,
    }


def _call(row: Any, legs: list[Out], lines: list[Out], place: int | None) -> Out:
    theirs, ours = ("from", "to") if row.direction == "in" else ("to", "from")
    parties = {"from": row.from_address, "to": row.to_address}
    named = {theirs: row.customer_name, ours: ""}
    return {
        "id": row.id,
        "thread_id": row.thread_id,
        "entry_id": row.entry_id,
        "case_id": row.case_id,
        "inbox_id": row.inbox_id,
        "direction": row.direction,
        "mode": row.mode,
        "state": row.state,
        **{side: {"kind": "phone", "address": parties[side], "name": named[side]} for side in parties},
        "agent_id": row.agent_id,
        "agent_name": row.agent_name or "",
        "created_at": row.created_at,
        "ringing_at": row.ringing_at,
        "answered_at": row.answered_at,
        "ended_at": row.ended_at,
        "talk_s": row.talk_s,
        "wait_s": row.wait_s,
        "ring_s": row.ring_s,
        "hold_s": row.hold_s,
        "end_reason": row.end_reason,
        "end_reason_text": end_text(row.end_reason, row.end_detail) if row.end_reason else "",
        "answered_by": row.answered_by,
        "disposition": row.disposition,
        "note": row.note,
        "wrapped": row.wrapped_at is not None,
        "recording": {
            "state": row.recording,
            "consent": row.consent,
            "attachment_id": row.attachment_id,
            "seconds": row.recording_s,
        },
        "voicemail": row.voicemail,
        "transcript": lines,
        "legs": legs,
        "transfer": _transfer(row.transfer),
        "queue_place": place,
        "problem": row.problem,
        "attested": row.proof not in ("claimed", "failed"),
        "features": row.features or {},
        "rev": row.rev,
    }


def _transfer(told: Any) -> Out | None:
    if not told:
        return None
    agent = UUID(told["agent_id"]) if told.get("agent_id") else None
    return {"kind": told["kind"], "agent_id": agent, "phone": told.get("phone", ""), "name": told.get("name", "")}
