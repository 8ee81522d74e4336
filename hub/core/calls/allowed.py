"""May this number be called through this line? Asked before the call is made, and again right before it is dialled."""

from __future__ import annotations

import sqlalchemy as sa

from hub.contract import Address
from hub.core import consent
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.core.calls import destinations
from hub.core.calls.line import Line
from hub.core.desk import InboxFacts
from hub.core.permit import Request, permit
from hub.core.states import ThreadState
from hub.models import Identity
from hub.models.tables import CUSTOMER

IDENTITY = Identity.__table__  # type: ignore[attr-defined]

PURPOSE = "call"
"""Consent for calls: a word without a purpose counts as well."""


def refusal(batch: Batch, thread: ThreadState, inbox: InboxFacts, line: Line, number: Address) -> str:
    """Why not, in words; empty where it may be called."""
    if reason := destinations.refusal(number, inbox.address, line.allow):
        return reason
    kind, address = canonical(number)
    if stop := consent.stop(consent.ledger(batch.conn, [(kind, address)]), kind, address, inbox.id, PURPOSE):
        return f"{address} doesn't want to be called: “{stop.said or 'do not call'}” on {stop.at:%d %b %Y}."
    owner = batch.conn.execute(
        sa.select(IDENTITY.c.customer_id, CUSTOMER.c.merged_into, CUSTOMER.c.name)
        .join(CUSTOMER, CUSTOMER.c.id == IDENTITY.c.customer_id)
        .where(IDENTITY.c.kind == kind, IDENTITY.c.address == address)
    ).first()
    if owner and thread.customer_id not in (owner.customer_id, owner.merged_into):
        return f"{address} belongs to another customer ({owner.name or 'no name'}). Call from their thread."
    decision = permit(Request(inbox, kind, address, "transactional", batch.now, wrote_before=owner is not None))
    return decision.reason if decision.verdict == "deny" else ""
