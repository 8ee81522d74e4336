"""Customers: what they are called, how they are reached, and the list of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.errors import NotFound
from hub.db import among
from hub.models import Claim, Customer, Identity, Thread

CUSTOMER, IDENTITY, CLAIM = Customer.__table__, Identity.__table__, Claim.__table__  # type: ignore[attr-defined]
THREAD = Thread.__table__  # type: ignore[attr-defined]

Out = dict[str, Any]
_SPEAKING = ("email", "phone")
"""Kinds whose addresses mean something to people, the best first."""

_IDENTITIES = sa.select(IDENTITY).where(among(IDENTITY.c.customer_id, "ids")).order_by(IDENTITY.c.id)
_CLAIMS = (
    sa.select(CLAIM).where(among(CLAIM.c.customer_id, "ids"), CLAIM.c.state == "open").order_by(CLAIM.c.id).limit(200)
)
_ALIVE = sa.func.coalesce(CUSTOMER.c.merged_into, CUSTOMER.c.id)


def display_names(conn: Connection, named: Mapping[UUID, str]) -> dict[UUID, str]:
    """What lists call these customers: their name, else an address that means something, else "Visitor"."""
    nameless = [id_ for id_, name in named.items() if not name]
    addresses: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    if nameless:
        for row in conn.execute(_IDENTITIES, {"ids": nameless}):
            addresses[row.customer_id].append((row.kind, row.address))
    return {id_: name or called(id_, addresses[id_]) for id_, name in named.items()}


def called(customer_id: UUID, addresses: Iterable[tuple[str, str]]) -> str:
    known = sorted((pair for pair in addresses if pair[0] != "visitor"), key=_by_meaning)
    return known[0][1] if known else f"Visitor {customer_id.hex[-4:].upper()}"


def _by_meaning(pair: tuple[str, str]) -> int:
    return _SPEAKING.index(pair[0]) if pair[0] in _SPEAKING else len(_SPEAKING)


def customer(conn: Connection, customer_id: UUID) -> Out:
    """One customer with every address; the id of a merged one finds the one it became. Raises `NotFound`."""
    alive = sa.select(_ALIVE).where(CUSTOMER.c.id == customer_id).scalar_subquery()
    row = conn.execute(
        sa.select(CUSTOMER, THREAD.c.id.label("thread_id"))
        .join_from(CUSTOMER, THREAD, THREAD.c.customer_id == CUSTOMER.c.id)
        .where(CUSTOMER.c.id == alive)
    ).first()
    if row is None:
        raise NotFound("customer")
    identities = conn.execute(_IDENTITIES, {"ids": [row.id]}).all()
    known = {(identity.kind, identity.address) for identity in identities}
    claims = [claim for claim in conn.execute(_CLAIMS, {"ids": [row.id]}) if (claim.kind, claim.address) not in known]
    return {
        "id": row.id,
        "thread_id": row.thread_id,
        "name": row.name or called(row.id, [(i.kind, i.address) for i in identities]),
        "locale": row.locale,
        "timezone": row.timezone,
        "preferred_channel": row.preferred_channel,
        "preferred_by": row.preferred_by,
        "identities": [dict(identity._mapping) for identity in identities],
        "claims": [
            {"id": claim.id, "kind": claim.kind, "address": claim.address, "at": claim.created_at} for claim in claims
        ],
        "created_at": row.created_at,
    }


def of_thread(conn: Connection, thread_id: UUID) -> UUID:
    """Whose thread it is. Raises `NotFound`."""
    found: UUID | None = conn.execute(sa.select(THREAD.c.customer_id).where(THREAD.c.id == thread_id)).scalar()
    if found is None:
        raise NotFound("thread")
    return found


def newest(conn: Connection, before: UUID | None, limit: int) -> tuple[list[Out], UUID | None]:
    """Customers, the newest first; ids are made in order of time, so one is its own cursor."""
    found = sa.select(CUSTOMER.c.id).where(CUSTOMER.c.merged_into.is_(None))
    found = found if before is None else found.where(CUSTOMER.c.id < before)
    ids = list(conn.scalars(found.order_by(CUSTOMER.c.id.desc()).limit(limit + 1)))
    more = ids[limit - 1] if len(ids) > limit else None
    return hits(conn, ids[:limit]), more


_HITS = (
    sa.select(CUSTOMER.c.id, CUSTOMER.c.name, THREAD.c.id.label("thread_id"))
    .join_from(CUSTOMER, THREAD, THREAD.c.customer_id == CUSTOMER.c.id)
    .where(among(CUSTOMER.c.id, "ids"), CUSTOMER.c.merged_into.is_(None))
)


def hits(conn: Connection, ids: list[UUID]) -> list[Out]:
    """Customers as one line each, in the order of `ids`."""
    if not ids:
        return []
    rows = {row.id: row for row in conn.execute(_HITS, {"ids": ids})}
    addresses: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for row in conn.execute(_IDENTITIES, {"ids": ids}):
        addresses[row.customer_id].append((row.kind, row.address))
    return [
        {
            "customer_id": id_,
            "thread_id": rows[id_].thread_id,
            "name": rows[id_].name or called(id_, addresses[id_]),
            "addresses": [address for kind, address in addresses[id_] if kind != "visitor"],
        }
        for id_ in ids
        if id_ in rows
    ]
