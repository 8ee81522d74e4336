"""Customers as agents meet them: named, written to first."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa

from hub.contract import Address
from hub.core import claims
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.core.changes import SYSTEM, Actor
from hub.core.errors import Conflict, NotFound
from hub.core.identify import new_customer
from hub.core.states import ThreadState, Wants
from hub.models import Identity, new_id
from hub.models.tables import CUSTOMER, THREAD

IDENTITY = Identity.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class ChangeCustomer:
    """An agent corrects a name, a language or a time zone."""

    actor: Actor
    thread_id: UUID
    changes: dict[str, str] = field(default_factory=dict)

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)

    def run(self, batch: Batch) -> None:
        thread = batch.thread(self.thread_id)
        old = batch.conn.execute(sa.select(CUSTOMER).where(CUSTOMER.c.id == thread.customer_id)).mappings().one()
        new = {name: value for name, value in self.changes.items() if old[name] != value}
        if not new:
            return
        statement = sa.update(CUSTOMER).where(CUSTOMER.c.id == thread.customer_id).values(**new)
        batch.at_end(statement)
        batch.renamed.add(thread.customer_id)
        batch.event(thread, None, self.actor, "customer", old={name: old[name] for name in new}, new=new)
        for case in batch.cases_of[thread.id]:
            thread.cases[case["id"]] = None


@dataclass(frozen=True, slots=True)
class Nameless:
    """Somebody who is known by an address alone."""

    identity_id: UUID
    thread_id: UUID


def nameless(conn: sa.Connection, address: Address) -> Nameless | None:
    """None where somebody has named them, or nobody is known there."""
    kind, value = canonical(address)
    row = conn.execute(
        sa.select(IDENTITY.c.id, THREAD.c.id)
        .select_from(
            IDENTITY.join(CUSTOMER, CUSTOMER.c.id == IDENTITY.c.customer_id).join(
                THREAD, THREAD.c.customer_id == CUSTOMER.c.id
            )
        )
        .where(IDENTITY.c.kind == kind, IDENTITY.c.address == value, IDENTITY.c.name == "")
        .where(CUSTOMER.c.name == "", CUSTOMER.c.merged_into.is_(None))
    ).first()
    return Nameless(*row) if row else None


@dataclass(frozen=True, slots=True)
class Introduce:
    """The provider says what somebody is called; whoever was named meanwhile keeps that name."""

    who: Nameless
    name: str

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.who.thread_id)

    def run(self, batch: Batch) -> None:
        thread, name = batch.thread(self.who.thread_id), self.name[:200]
        identity = IDENTITY.c.id == self.who.identity_id
        batch.at_end(sa.update(IDENTITY).where(identity, IDENTITY.c.name == "").values(name=name))
        held = batch.conn.scalar(sa.select(CUSTOMER.c.name).where(CUSTOMER.c.id == thread.customer_id))
        if not held:
            ChangeCustomer(SYSTEM, thread.id, {"name": name}).run(batch)


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """Somebody we write to first. What the agent typed is a claim until an answer proves it."""

    actor: Actor
    name: str
    address: Address

    def wants(self, wants: Wants) -> None:
        """Nothing is there to lock yet."""

    def run(self, batch: Batch) -> UUID:
        """The customer's id. Raises `Conflict` if the address is somebody's already."""
        kind, address = canonical(self.address)
        if not address:
            raise NotFound("address")
        owner = batch.conn.execute(
            sa.select(IDENTITY.c.customer_id, CUSTOMER.c.name)
            .join(CUSTOMER, CUSTOMER.c.id == IDENTITY.c.customer_id)
            .where(IDENTITY.c.kind == kind, IDENTITY.c.address == address)
        ).first()
        if owner:
            raise Conflict(f"{address} belongs to {owner.name or 'a customer'} already. Write in their thread.")
        customer_id = new_id()
        batch.new_customers.append(new_customer(batch, customer_id, self.name[:200]))
        thread = ThreadState(new_id(), customer_id, new=True)
        batch.threads[thread.id] = thread
        batch.event(thread, None, self.actor, "customer added", address=address)
        claims.claim(batch, customer_id, self.address)
        return customer_id
