"""Customers: finding them, correcting what is known, and writing to somebody first."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Connection

from hub.contract import Address
from hub.core import chatlink
from hub.core.access import Right, Viewer, require
from hub.core.errors import Conflict
from hub.core.people import ChangeCustomer, NewCustomer
from hub.core.read import people, search
from hub.http import cursors
from hub.http.ask import Ask
from hub.http.openapi import Routes
from hub.http.shapes import ChatLinkOut, CustomerChange, CustomerHit, CustomerIn, CustomerOut, Page, PreferenceIn

MOST_FOUND = 50

routes = Routes("customers")


@routes.get("/customers", Right.READ)
async def list_customers(
    ask: Ask,
    q: Annotated[str, Field(max_length=200)] = "",
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 50,
) -> Page[CustomerHit]:
    """Customers, the newest first; with `q`, those whose name or address has these words."""
    before = cursors.decode(cursor, UUID)[0] if cursor else None
    return Page[CustomerHit].model_validate(await ask.read(_page, q.strip(), before, limit))


def _page(conn: Connection, q: str, before: UUID | None, limit: int) -> dict[str, Any]:
    if q:
        return {"items": search.customer_hits(conn, q, min(limit, MOST_FOUND)), "next": None}
    found, more = people.newest(conn, before, limit)
    return {"items": found, "next": cursors.encode((more,) if more else None)}


@routes.post("/customers", Right.WORK, status=201)
async def add_customer(ask: Ask, customer: CustomerIn) -> CustomerOut:
    """Add somebody to write to first. The address is a claim until an answer proves it."""
    address = Address(customer.kind, customer.address, customer.name)
    customer_id = await ask.submit(NewCustomer(ask.me.actor, customer.name, address))
    return CustomerOut.model_validate(await ask.read(people.customer, customer_id))


@routes.get("/customers/{id}", Right.READ)
async def get_customer(ask: Ask, id: UUID) -> CustomerOut:
    """A customer with every address; the id of a merged one finds the one it became."""
    return CustomerOut.model_validate(await ask.read(people.customer, id))


@routes.patch("/customers/{id}", Right.WORK)
async def change_customer(ask: Ask, id: UUID, change: CustomerChange) -> CustomerOut:
    """Correct a name, a language or a time zone; the change is an event in the thread."""
    known = await ask.read(people.customer, id)
    changes = change.model_dump(exclude_none=True)
    if changes:
        await ask.submit(ChangeCustomer(ask.me.actor, known["thread_id"], changes))
    return CustomerOut.model_validate(await ask.read(people.customer, known["id"]))


@routes.put("/customers/{id}/preference", Right.WORK)
async def set_preference(ask: Ask, id: UUID, preference: PreferenceIn) -> CustomerOut:
    """How this customer likes to be answered: the composer's first choice, where it can be used."""
    known = await ask.read(people.customer, id)
    said_by = preference.said_by if preference.channel else ""
    changes = {"preferred_channel": preference.channel, "preferred_by": said_by}
    await ask.submit(ChangeCustomer(ask.me.actor, known["thread_id"], changes))
    return CustomerOut.model_validate(await ask.read(people.customer, known["id"]))


@routes.post("/threads/{id}/chat-link", Right.WORK, status=201)
async def make_chat_link(ask: Ask, id: UUID) -> ChatLinkOut:
    """A link into live chat for this customer alone, on the first device that presses its button."""
    live = next((facts for facts in ask.inboxes if facts.capabilities.live and facts.active), None)
    if live is None:
        raise Conflict("There is no live chat to invite to. Connect one in Settings, Channels.")
    made = await ask.write(_invite, ask, ask.me, id, live.id)
    return ChatLinkOut(url=f"{ask.hub.config.address}/c/{made.token}", expires_at=made.expires_at)


def _invite(conn: Connection, ask: Ask, me: Viewer, thread_id: UUID, inbox_id: UUID) -> chatlink.Invitation:
    require(conn, me, Right.WORK, thread_id)
    customer_id = people.of_thread(conn, thread_id)
    return chatlink.invite(
        conn, ask.hub.keys, customer_id=customer_id, inbox_id=inbox_id, case_id=None, now=ask.hub.now()
    )
