"""Every way to answer a customer, usable or not, and why: an inbox and an address that it reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Capabilities
from hub.core import consent, known
from hub.core.desk import InboxFacts
from hub.core.permit import Facts, Request, permit, window_until
from hub.models import Entry, utcnow

ENTRY = Entry.__table__  # type: ignore[attr-defined]
Out = dict[str, Any]

LOOK_BACK = 50
"""How many of the customer's latest messages are asked for the channels they used."""

_LATEST = (
    sa.select(ENTRY.c.inbox_id, ENTRY.c.data, ENTRY.c.author_id, ENTRY.c.at)
    .where(ENTRY.c.thread_id == sa.bindparam("thread"), ENTRY.c.direction == "in", ENTRY.c.kind == "message")
    .order_by(ENTRY.c.seq.desc())
    .limit(LOOK_BACK)
)


def ways(conn: Connection, customer: Out, inboxes: Iterable[InboxFacts], *, online: bool) -> list[Out]:
    """The best first. The default is the channel they prefer, else where they wrote last."""
    used = _used(conn, customer["thread_id"])
    words = consent.ledger(conn, _keys(customer))
    found = []
    for inbox in inboxes:
        for identity, trust in _addresses(customer, inbox.capabilities.identity):
            last = used.get((inbox.id, identity["id"]))
            stop = consent.stop(words, identity["kind"], identity["address"], inbox.id, "transactional")
            if last is None and inbox.capabilities.reply_window_s is not None:
                # further back than was looked
                last = known.last_in(conn, inbox, customer["thread_id"], identity["kind"], identity["address"])
            facts = Facts(stop, last_in_at=last)
            found.append((last, _way(inbox, identity, trust, facts, online=online)))
    found.sort(key=lambda pair: (not pair[1]["usable"], pair[0] is None, -(pair[0].timestamp() if pair[0] else 0)))
    result = [way for _, way in found]
    likes = customer["preferred_channel"]
    usable = [(last, way) for last, way in found if way["usable"]]
    for last, way in sorted(usable, key=lambda pair: pair[1]["channel"] != likes or not likes)[:1]:
        way["default"] = True
        way["reason"] = way["reason"] or ("preferred" if way["channel"] == likes else "last used" if last else "")
    return sorted(result, key=lambda way: not way["default"])


def _used(conn: Connection, thread_id: UUID) -> dict[tuple[UUID, UUID | None], datetime]:
    """When the customer last wrote through which inbox, from which identity."""
    used: dict[tuple[UUID, UUID | None], datetime] = {}
    for row in conn.execute(_LATEST, {"thread": thread_id}):
        used.setdefault((row.inbox_id, row.author_id), row.at)
    return used


def _addresses(customer: Out, kind: str) -> Iterator[tuple[Out, str]]:
    for identity in customer["identities"]:
        if identity["kind"] == kind:
            yield identity, identity["trust"]
    known = {(identity["kind"], identity["address"]) for identity in customer["identities"]}
    for claim in customer["claims"]:
        if claim["kind"] == kind and (claim["kind"], claim["address"]) not in known:
            yield claim, "claimed"


def _keys(customer: Out) -> set[tuple[str, str]]:
    return {(one["kind"], one["address"]) for one in (*customer["identities"], *customer["claims"])}


def _way(inbox: InboxFacts, address: Out, trust: str, facts: Facts, *, online: bool) -> Out:
    can = inbox.capabilities
    request = Request(
        inbox=inbox,
        kind=address["kind"],
        address=address["address"],
        purpose="transactional",
        now=utcnow(),
        wrote_before=facts.last_in_at is not None or address["kind"] == "visitor",
        facts=facts,
    )
    decision = permit(request)
    usable, reason = decision.verdict == "allow", decision.reason
    if not inbox.active:
        usable, reason = False, f"{inbox.name} is paused. Mend it in Settings, Channels."
    elif address.get("undeliverable"):
        usable, reason = False, address["undeliverable"]
    elif usable and can.live:
        reason = "visitor is here" if online else "goes by email if unread" if inbox.continue_after_s else ""
    return {
        "inbox_id": inbox.id,
        "inbox_name": inbox.name,
        "channel": inbox.channel,
        "to": {"kind": address["kind"], "address": address["address"], "name": address.get("name", "")},
        "usable": usable,
        "reason": reason,
        "default": False,
        "window_until": window_until(request) if usable else None,
        "late": decision.late,
        "stopped": facts.stop is not None,
        "trust": trust,
        "capabilities": capabilities(can),
    }


def capabilities(can: Capabilities) -> Out:
    """As the API tells them."""
    return asdict(can)
