"""What a customer, or an agent for them, says of an address or a name: claims, never identities."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.db import insert_missing
from hub.models import Claim, Customer, Unindexed, new_id

CLAIM, CUSTOMER = Claim.__table__, Customer.__table__  # type: ignore[attr-defined]
UNINDEXED = Unindexed.__table__  # type: ignore[attr-defined]


KEY = ("customer_id", "kind", "address")


def claim(batch: Batch, customer_id: UUID, address: Address) -> None:
    """Remember an address in the batch that brought it."""
    batch.at_end_insert_missing(CLAIM, [_row(customer_id, address, batch.now)], KEY)
    batch.renamed.add(customer_id)


def name(batch: Batch, customer_id: UUID, typed: str) -> None:
    """A typed name is taken only where none is known."""
    for customer in batch.new_customers:
        if customer["id"] == customer_id:
            customer["name"] = customer["name"] or typed[:200]
            return
    batch.at_end(_if_nameless(customer_id, typed))
    batch.renamed.add(customer_id)


def keep(conn: Connection, customer_id: UUID, claims: Iterable[Address], typed_name: str, now: datetime) -> None:
    """What a visitor says of themselves without a message, in the order in which a batch writes these rows."""
    insert_missing(conn, UNINDEXED, [{"entry_id": customer_id}], ("entry_id",))
    for address in claims:
        insert_missing(conn, CLAIM, [_row(customer_id, address, now)], KEY)
    if typed_name:
        conn.execute(_if_nameless(customer_id, typed_name))


def _row(customer_id: UUID, address: Address, now: datetime) -> dict[str, Any]:
    kind, value = canonical(address)
    return {
        "id": new_id(),
        "customer_id": customer_id,
        "kind": kind,
        "address": value,
        "state": "open",
        "created_at": now,
    }


def _if_nameless(customer_id: UUID, typed: str) -> sa.Update:
    nameless = sa.update(CUSTOMER).where(CUSTOMER.c.id == customer_id, CUSTOMER.c.name == "")
    return nameless.values(name=typed[:200])
