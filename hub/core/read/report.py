"""What each case took, computed from entries and deliveries; every figure has a written definition (rule 17)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.access import Viewer, cases_for
from hub.core.read.agents import agent_ref
from hub.core.read.people import display_names
from hub.db import among
from hub.models import Agent, Case, Customer, Delivery, Entry, Survey, Thread

CASE, ENTRY, DELIVERY = Case.__table__, Entry.__table__, Delivery.__table__  # type: ignore[attr-defined]
THREAD, CUSTOMER, AGENT = Thread.__table__, Customer.__table__, Agent.__table__  # type: ignore[attr-defined]
SURVEY = Survey.__table__  # type: ignore[attr-defined]

Out = dict[str, Any]
MOST = 1000

_CASES = (
    sa.select(
        CASE.c.id,
        CASE.c.thread_id,
        CASE.c.subject,
        CASE.c.status,
        CASE.c.opened_at,
        CASE.c.assignee_id,
        AGENT.c.name.label("assignee_name"),
        CUSTOMER.c.id.label("customer_id"),
        CUSTOMER.c.name.label("customer_name"),
        SURVEY.c.score,
        SURVEY.c.comment,
    )
    .join_from(CASE, THREAD, THREAD.c.id == CASE.c.thread_id)
    .join(CUSTOMER, CUSTOMER.c.id == THREAD.c.customer_id)
    .join(AGENT, AGENT.c.id == CASE.c.assignee_id, isouter=True)
    .join(SURVEY, SURVEY.c.case_id == CASE.c.id, isouter=True)
    .order_by(CASE.c.opened_at.desc(), CASE.c.id.desc())
)
_ENTRIES = (
    sa.select(
        *(
            ENTRY.c[name]
            for name in ("id", "case_id", "kind", "direction", "channel", "author_kind", "at", "automatic")
        ),
        sa.case((ENTRY.c.kind == "event", ENTRY.c.data), else_=None).label("data"),
        ENTRY.c.public_rev,
    )
    .where(among(ENTRY.c.case_id, "cases"))
    .order_by(ENTRY.c.case_id, ENTRY.c.seq)
)
_FAILED = (
    sa.select(ENTRY.c.case_id, sa.func.count().label("n"))
    .join_from(DELIVERY, ENTRY, ENTRY.c.id == DELIVERY.c.entry_id)
    .where(among(ENTRY.c.case_id, "cases"), DELIVERY.c.state == "failed")
    .group_by(ENTRY.c.case_id)
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the entries of one case add up to, in the order in which they came."""

    messages_in: int
    """Messages of the customer's, without what machines wrote."""
    messages_out: int
    """Messages to the customer, without codes and surveys."""
    calls: int
    """Calls either way, missed ones included."""
    switches: int
    """How often two consecutive messages or calls that the customer took part in were on different channels."""
    first_response_s: float | None
    """From the customer's first message or call to the first message or call of an agent's after it."""
    resolution_s: float | None
    """From the opening to the last time the case was set done; none while it isn't."""
    channels: list[str]
    """In the order of first use."""


def figures(entries: Iterable[Any], opened_at: datetime, *, done: bool) -> Figures:
    """The definitions of the figures, over one case's entries."""
    listed = list(entries)
    said = [e for e in listed if not e.automatic and (e.kind == "call" or (e.kind == "message" and e.public_rev))]
    messages = [e for e in said if e.kind == "message"]
    first = next((e.at for e in said if e.direction == "in"), None)
    answered = next(
        (e.at for e in said if first and e.direction == "out" and e.author_kind == "agent" and e.at >= first), None
    )
    closed = [e.at for e in listed if e.kind == "event" and (e.data or {}).get("type") == "done"]
    channels = [e.channel for e in said]
    return Figures(
        messages_in=sum(e.direction == "in" for e in messages),
        messages_out=sum(e.direction == "out" for e in messages),
        calls=len(said) - len(messages),
        switches=sum(a != b for a, b in pairwise(channels)),
        first_response_s=(answered - first).total_seconds() if answered and first else None,
        resolution_s=(closed[-1] - opened_at).total_seconds() if done and closed else None,
        channels=list(dict.fromkeys(channels)),
    )


def case_report(conn: Connection, viewer: Viewer, start: datetime, end: datetime) -> Out:
    """Cases opened from `start` until before `end`, the newest first, and their totals; spam is left out."""
    found = conn.execute(
        _CASES.where(
            cases_for(viewer), CASE.c.status != "spam", CASE.c.opened_at >= start, CASE.c.opened_at < end
        ).limit(MOST + 1)
    ).all()
    rows = found[:MOST]
    ids = [row.id for row in rows]
    by_case: dict[UUID, list[Any]] = defaultdict(list)
    failed: dict[UUID, int] = {}
    if ids:
        for entry in conn.execute(_ENTRIES, {"cases": ids}):
            by_case[entry.case_id].append(entry)
        failed = {row.case_id: row.n for row in conn.execute(_FAILED, {"cases": ids})}
    names = display_names(conn, {row.customer_id: row.customer_name for row in rows})
    lines = [_line(row, names[row.customer_id], by_case[row.id], failed.get(row.id, 0)) for row in rows]
    return {"from": start, "to": end, "cases": lines, "totals": totals(lines), "complete": len(found) <= MOST}


def _line(row: Any, customer_name: str, entries: Sequence[Any], failed: int) -> Out:
    found = figures(entries, row.opened_at, done=row.status == "done")
    return {
        "case_id": row.id,
        "thread_id": row.thread_id,
        "customer_id": row.customer_id,
        "customer_name": customer_name,
        "subject": row.subject,
        "status": row.status,
        "assignee": agent_ref(row.assignee_id, row.assignee_name),
        "opened_at": row.opened_at,
        "first_response_s": found.first_response_s,
        "resolution_s": found.resolution_s,
        "switches": found.switches,
        "channels": found.channels,
        "messages_in": found.messages_in,
        "messages_out": found.messages_out,
        "calls": found.calls,
        "failed": failed,
        "csat": row.score,
        "csat_comment": row.comment or "",
    }


def totals(lines: Sequence[Out]) -> Out:
    """Sums, and medians of what isn't there for every case; shares say over how many they are."""

    def known(name: str) -> list[float]:
        return [line[name] for line in lines if line[name] is not None]

    scores = known("csat")
    responses, resolutions = known("first_response_s"), known("resolution_s")
    return {
        "cases": len(lines),
        "done": sum(line["status"] == "done" for line in lines),
        "switches": sum(line["switches"] for line in lines),
        "messages_in": sum(line["messages_in"] for line in lines),
        "messages_out": sum(line["messages_out"] for line in lines),
        "calls": sum(line["calls"] for line in lines),
        "failed": sum(line["failed"] for line in lines),
        "answered": len(responses),
        "first_response_median_s": median(responses) if responses else None,
        "resolution_median_s": median(resolutions) if resolutions else None,
        "csat_answers": len(scores),
        "csat_mean": round(sum(scores) / len(scores), 2) if scores else None,
    }
