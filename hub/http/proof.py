"""Who is it? Codes that prove an address, and an agent's own word for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address
from hub.core import proof
from hub.core.access import Right, Viewer, require
from hub.core.confirm import Confirm, Revoke
from hub.core.errors import NotFound
from hub.core.read import people
from hub.http.ask import Ask
from hub.http.openapi import Routes
from hub.http.shapes import ConfirmIn, CustomerOut, ProofIn, ProofOut
from hub.models import ProofCode

CODE = ProofCode.__table__  # type: ignore[attr-defined]
CHANNELS: dict[str, proof.Way] = {"address": "there", "conversation": "here"}

routes = Routes("proof")


@routes.post("/threads/{id}/proofs", Right.WORK, status=201)
async def ask_for_proof(ask: Ask, id: UUID, asked: ProofIn) -> ProofOut:
    """Send a one-time code that shows whether an address is this customer's.

    It has to cross: sent to the address it comes back in the conversation, shown in the conversation it comes back from
    the address. It works for ten minutes and five tries, and an address gets at most five an hour.
    """
    await ask.allow(Right.WORK, id)
    address = Address(asked.kind, asked.address)
    way = CHANNELS[asked.code_channel]
    code_id = await ask.submit(proof.AskProof(ask.me.actor, id, address, way, asked.inbox_id, asked.case_id))
    return ProofOut.model_validate((await ask.read(_codes, ask.me, id, ask.hub.now(), code_id))[0])


@routes.get("/threads/{id}/proofs", Right.READ)
async def list_proofs(ask: Ask, id: UUID) -> list[ProofOut]:
    """The codes that were asked for in this thread, the newest first."""
    return [ProofOut.model_validate(row) for row in await ask.read(_codes, ask.me, id, ask.hub.now())]


def _codes(
    conn: Connection, me: Viewer, thread_id: UUID, now: Any, code_id: UUID | None = None
) -> list[dict[str, Any]]:
    require(conn, me, Right.READ, thread_id)
    rows = sa.select(CODE).where(CODE.c.thread_id == thread_id, CODE.c.way.in_(("there", "here")))
    if code_id:
        rows = rows.where(CODE.c.id == code_id)
    return [
        {
            "id": row.id,
            "thread_id": row.thread_id,
            "kind": row.kind,
            "address": row.address,
            "code_channel": "address" if row.way == "there" else "conversation",
            "state": "expired" if row.state == "open" and row.expires_at <= now else row.state,
            "tries_left": max(0, proof.TRIES - row.tries) if row.state == "open" else 0,
            "expires_at": row.expires_at,
            "created_at": row.created_at,
        }
        for row in conn.execute(rows.order_by(CODE.c.created_at.desc(), CODE.c.id.desc()).limit(50))
    ]


@routes.post("/customers/{id}/identities/{address_id}/confirm", Right.WORK)
async def confirm_identity(ask: Ask, id: UUID, address_id: UUID, given: ConfirmIn) -> CustomerOut:
    """Say that an address, or one that was only typed, is this customer's, and how you know."""
    who = await _customer(ask, id)
    await ask.submit(Confirm(ask.me.actor, who["thread_id"], address_id, given.reason))
    return CustomerOut.model_validate(await ask.read(people.customer, who["id"]))


@routes.post("/customers/{id}/identities/{address_id}/revoke", Right.WORK)
async def revoke_identity(ask: Ask, id: UUID, address_id: UUID, given: ConfirmIn) -> CustomerOut:
    """Take a confirmation back, and say why."""
    who = await _customer(ask, id)
    await ask.submit(Revoke(ask.me.actor, who["thread_id"], address_id, given.reason))
    return CustomerOut.model_validate(await ask.read(people.customer, who["id"]))


async def _customer(ask: Ask, customer_id: UUID) -> dict[str, Any]:
    who = await ask.read(people.customer, customer_id)
    try:
        await ask.allow(Right.WORK, who["thread_id"])
    except NotFound:
        raise NotFound("customer") from None
    return who
