"""An agent's own word for an address, with a reason, and taking it back (A15)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from hub.contract import Address
from hub.core import claims
from hub.core.batch import Batch
from hub.core.changes import Actor
from hub.core.errors import Conflict, NotFound
from hub.core.proof import CLAIM, IDENTITY, latest_case, own, touch
from hub.core.states import Wants
from hub.models.tables import CUSTOMER, ENTRY


@dataclass(frozen=True, slots=True)
class Confirm:
    """An agent knows it, and says whence: recognised on the telephone, seen in the order."""

    actor: Actor
    thread_id: UUID
    address_id: UUID
    """An identity of the customer's, or a claim."""
    reason: str

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)

    def run(self, batch: Batch) -> None:
        thread = batch.thread(self.thread_id)
        kind, address, trust = _address(batch, thread.customer_id, self.address_id)
        if trust == "verified":
            raise Conflict(f"{address} is known to be theirs already.")
        owner = own(batch, thread.customer_id, kind, address, "agent")
        if owner != thread.customer_id:
            name = batch.conn.scalar(sa.select(CUSTOMER.c.name).where(CUSTOMER.c.id == owner))
            raise Conflict(f"{address} belongs to {name or 'another customer'}. If they are the same, merge them.")
        told = {"address_kind": kind, "address": address, "reason": self.reason}
        text = f"{self.actor.name} confirmed {address}: {self.reason}"
        batch.event(thread, latest_case(batch, thread), self.actor, "confirmed", **told, text=text)
        touch(batch, thread)


@dataclass(frozen=True, slots=True)
class Revoke:
    """The confirmation was wrong. An address from which nothing ever came is a mere claim again."""

    actor: Actor
    thread_id: UUID
    identity_id: UUID
    reason: str

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)

    def run(self, batch: Batch) -> None:
        thread = batch.thread(self.thread_id)
        here = sa.and_(IDENTITY.c.id == self.identity_id, IDENTITY.c.customer_id == thread.customer_id)
        row = batch.conn.execute(sa.select(IDENTITY).where(here)).first()
        if row is None:
            raise NotFound("address")
        if row.proven_by != "agent":
            raise Conflict(f"Nobody confirmed {row.address} by hand, so there is nothing to take back.")
        if batch.conn.execute(sa.select(ENTRY.c.id).where(ENTRY.c.author_id == row.id).limit(1)).first():
            batch.conn.execute(sa.update(IDENTITY).where(here).values(trust="claimed", proven_by=""))
        else:
            batch.conn.execute(sa.delete(IDENTITY).where(here))
            claims.claim(batch, thread.customer_id, Address(row.kind, row.address))
            mine = (CLAIM.c.customer_id == thread.customer_id, CLAIM.c.kind == row.kind, CLAIM.c.address == row.address)
            batch.at_end(sa.update(CLAIM).where(*mine).values(state="open"))
        batch.renamed.add(thread.customer_id)
        text = f"{self.actor.name} took back the confirmation of {row.address}: {self.reason}"
        told = {"address_kind": row.kind, "address": row.address, "reason": self.reason}
        batch.event(thread, latest_case(batch, thread), self.actor, "confirmation revoked", **told, text=text)
        touch(batch, thread)


def _address(batch: Batch, customer_id: UUID, id_: UUID) -> tuple[str, str, str]:
    """Kind, address and trust of one of the customer's identities or claims. Raises `NotFound`."""
    for table, trust in ((IDENTITY, IDENTITY.c.trust), (CLAIM, sa.literal("claimed"))):
        mine = sa.select(table.c.kind, table.c.address, trust).where(
            table.c.id == id_, table.c.customer_id == customer_id
        )
        if found := batch.conn.execute(mine).first():
            return found[0], found[1], found[2]
    raise NotFound("address")
