"""What a customer says of themselves without a message: an address to answer to, a name. Claims, never identities."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address
from hub.core.addresses import canonical
from hub.db import insert_missing
from hub.models import Claim, Customer, new_id

CLAIM, CUSTOMER = Claim.__table__, Customer.__table__  # type: ignore[attr-defined]


def keep(conn: Connection, customer_id: UUID, claims: Iterable[Address], name: str, now: datetime) -> None:
    """Remember typed addresses; a typed name is taken only where none is known."""
    for address in claims:
        kind, value = canonical(address)
        row = {
            "id": new_id(),
            "customer_id": customer_id,
            "kind": kind,
            "address": value,
            "state": "open",
            "created_at": now,
        }
        insert_missing(conn, CLAIM, [row], ("customer_id", "kind", "address"))
    if name:
        nameless = sa.update(CUSTOMER).where(CUSTOMER.c.id == customer_id, CUSTOMER.c.name == "")
        conn.execute(nameless.values(name=name[:200]))
