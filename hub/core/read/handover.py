"""The handover card: what somebody who has never heard of this customer needs to know, made of rows alone (D2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.access import Viewer
from hub.core.read import cases, people, promises
from hub.core.read.entries import author_name
from hub.core.states import preview
from hub.db import among
from hub.models import Case, Consent, Delivery, Entry

ENTRY, DELIVERY, CASE = Entry.__table__, Delivery.__table__, Case.__table__  # type: ignore[attr-defined]
CONSENT = Consent.__table__  # type: ignore[attr-defined]

Out = dict[str, Any]
EXCHANGES = 3
LOOK_BACK = 300
"""Entries that are looked through for the last exchanges."""
LATELY = timedelta(days=7)

_SAID = (
    sa.select(
        *(ENTRY.c[name] for name in ("id", "at", "seq", "kind", "channel", "direction", "text", "subject", "case_id")),
        ENTRY.c.author_name,
        ENTRY.c.data,
    )
    .where(
        ENTRY.c.thread_id == sa.bindparam("thread", type_=ENTRY.c.thread_id.type),
        ENTRY.c.kind.in_(("message", "call")),
        ENTRY.c.automatic == "",
        ENTRY.c.redacted_at.is_(None),
    )
    .order_by(ENTRY.c.seq.desc())
    .limit(LOOK_BACK)
)


def handover(conn: Connection, viewer: Viewer, thread_id: UUID, now: datetime) -> Out:
    """Open cases, promises, the last exchanges of each channel, what failed, what is known and allowed."""
    # asks the access function
    promised = promises.of_thread(conn, viewer, thread_id, ("open", "broken"))
    who = people.customer(conn, people.of_thread(conn, thread_id))
    found = cases.of_thread(conn, viewer, thread_id)
    answers = conn.execute(sa.select(CASE.c.id, CASE.c.answers).where(CASE.c.thread_id == thread_id)).all()
    values = {row.id: row.answers for row in answers if row.answers}
    return {
        "thread_id": thread_id,
        "as_of": now,
        "customer": who,
        "preferred_channel": who["preferred_channel"],
        "cases": [case for case in found if case["status"] not in ("done", "spam")],
        "promises": [p for p in promised if p["state"] == "open" or p["due_at"] > now - LATELY],
        "exchanges": exchanges(conn.execute(_SAID, {"thread": thread_id}).all()),
        "failed": _failed(conn, thread_id, now),
        "values": [
            {"case_id": case["id"], "subject": case["subject"], "values": values[case["id"]]}
            for case in found
            if case["id"] in values
        ],
        "consents": _consents(conn, who),
    }


def exchanges(newest_first: Sequence[Any]) -> list[Out]:
    """For each channel its last exchanges: the customer's words and what we said to them, until they spoke again."""
    kept: dict[str, list[Out]] = defaultdict(list)
    whole: dict[str, int] = defaultdict(int)
    for row in newest_first:
        said = kept[row.channel]
        # going back, one exchange ends where the customer's words follow ours
        if said and row.direction == "out" and said[-1]["direction"] == "in":
            whole[row.channel] += 1
        if whole[row.channel] < EXCHANGES:
            said.append(
                {
                    "id": row.id,
                    "seq": row.seq,
                    "at": row.at,
                    "kind": row.kind,
                    "direction": row.direction,
                    "author": author_name(row.author_name, row.data or {}),
                    "text": preview(row.text or row.subject),
                    "case_id": row.case_id,
                }
            )
    return [{"channel": channel, "entries": said[::-1]} for channel, said in kept.items()]


def _failed(conn: Connection, thread_id: UUID, now: datetime) -> list[Out]:
    rows = (
        sa.select(DELIVERY)
        .where(DELIVERY.c.thread_id == thread_id, DELIVERY.c.state.in_(("failed", "uncertain")))
        .where(DELIVERY.c.settled_at > now - LATELY)
        .order_by(DELIVERY.c.settled_at.desc(), DELIVERY.c.id)
        .limit(20)
    )
    return [
        {
            "delivery_id": row.id,
            "entry_id": row.entry_id,
            "channel": row.channel,
            "to": row.to_address,
            "state": row.state,
            "reason": row.reason,
            "at": row.settled_at,
        }
        for row in conn.execute(rows)
    ]


def _consents(conn: Connection, who: Out) -> list[Out]:
    """The latest word about each of the customer's addresses."""
    known = {(one["kind"], one["address"]) for one in (*who["identities"], *who["claims"])}
    if not known:
        return []
    rows = sa.select(CONSENT).where(among(CONSENT.c.address, "addresses")).order_by(CONSENT.c.at, CONSENT.c.id)
    latest: dict[Any, Out] = {}
    for row in conn.execute(rows, {"addresses": sorted({address for _, address in known})}):
        if (row.kind, row.address) in known:
            latest[row.kind, row.address, row.inbox_id, row.purpose] = {
                "kind": row.kind,
                "address": row.address,
                "inbox_id": row.inbox_id,
                "purpose": row.purpose,
                "allowed": row.allowed,
                "said": row.said,
                "at": row.at,
            }
    return list(latest.values())
