"""What agents say: replies and notes by two separate doors, undo, and what becomes of deliveries."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address, State
from hub.core.access import Right, Viewer, require
from hub.core.compose import Note, Reply, Said, Words
from hub.core.errors import NotFound, Stale
from hub.core.held import Release, TakeBack
from hub.core.read import entries, threads
from hub.core.settle import Cancel, Retry, SettleByHand
from hub.http.ask import Ask
from hub.http.errors import HttpProblem
from hub.http.openapi import Answered, Routes
from hub.http.shapes import DeliveryOut, DraftOut, EntryOut, NoteIn, RecipientIn, ReplyIn, Sent, SettleIn
from hub.models import Delivery

DELIVERY = Delivery.__table__  # type: ignore[attr-defined]

routes = Routes("entries")


@routes.post("/threads/{id}/replies", Right.WORK, status=(201, 202))
async def send_reply(ask: Ask, id: UUID, reply: ReplyIn) -> Answered[Sent]:
    """Answer the customer: 201 with the entry, or 202 with what is held while it can be taken back.

    409 `stale` carries the messages you haven't seen, in `newer`; send again with `send_anyway` to send all the same.
    403 `not-permitted` says why this can't go there.
    """
    await ask.allow(Right.WORK, id)
    can = ask.hub.inboxes.capabilities(reply.inbox_id)
    if can is None:
        raise NotFound("inbox")
    hold = can.undo_s if reply.undo_s is None else reply.undo_s
    words = Words(
        inbox_id=reply.inbox_id,
        to=_address(reply.to),
        text=reply.text,
        html=reply.html,
        subject=reply.subject,
        cc=tuple(map(_address, reply.cc)),
        bcc=tuple(map(_address, reply.bcc)),
        attachments=tuple(reply.attachments),
        case_id=reply.case_id,
        chat_link=reply.chat_link,
        ask=reply.ask.plain() if reply.ask else None,
        then_done=reply.then == "done",
        purpose=reply.purpose,
    )
    seen = None if reply.send_anyway else reply.last_seen_seq
    job = Reply(ask.me.actor, id, reply.client_key, words, last_seen_seq=seen, hold_s=0 if can.live else hold)
    try:
        said = await ask.submit(job)
    except Stale as stale:
        newer = [EntryOut.model_validate(entry) for entry in await ask.read(entries.by_ids, stale.newer)]
        more = {"newer": [entry.model_dump(mode="json") for entry in newer]}
        raise HttpProblem(409, str(stale), type="stale", more=more) from None
    return await _sent(ask, said)


def _address(given: RecipientIn) -> Address:
    return Address(given.kind, given.address, given.name)


async def _sent(ask: Ask, said: Said) -> Answered[Sent]:
    if said.entry_id:
        found = await ask.read(entries.by_ids, [said.entry_id])
        return Answered(Sent(entry=EntryOut.model_validate(found[0])), 201)
    assert said.draft_id
    held = await ask.read(threads.draft, ask.me, said.draft_id)
    return Answered(Sent(held=DraftOut.model_validate(held)), 202)


@routes.post("/threads/{id}/notes", Right.WORK, status=201)
async def add_note(ask: Ask, id: UUID, note: NoteIn) -> EntryOut:
    """Write to colleagues. This address knows no channel: a note can't reach a customer."""
    await ask.allow(Right.WORK, id)
    said = await ask.submit(Note(ask.me.actor, id, note.client_key, note.text, note.case_id, tuple(note.attachments)))
    return EntryOut.model_validate((await ask.read(entries.by_ids, [said.entry_id]))[0])


@routes.delete("/held/{id}", Right.WORK, status=200)
async def take_back(ask: Ask, id: UUID) -> DraftOut:
    """Undo a send: what was held becomes an ordinary draft again. 409 `too-late` once it has gone."""
    await ask.submit(TakeBack(ask.me.actor, id))
    return DraftOut.model_validate(await ask.read(threads.draft, ask.me, id))


@routes.post("/held/{id}/now", Right.WORK, status=(201, 202))
async def send_now(ask: Ask, id: UUID) -> Answered[Sent]:
    """Send what is held at once."""
    return await _sent(ask, await ask.submit(Release(id, ask.me.actor)))


# --- deliveries ---


@routes.post("/deliveries/{id}/retry", Right.WORK)
async def retry_delivery(ask: Ask, id: UUID) -> DeliveryOut:
    """Send a failed or uncertain delivery again."""
    return await _settle(ask, id, Retry(ask.me.actor, id))


@routes.post("/deliveries/{id}/settle", Right.WORK)
async def settle_delivery(ask: Ask, id: UUID, settled: SettleIn) -> DeliveryOut:
    """Say what became of an uncertain delivery."""
    return await _settle(ask, id, SettleByHand(ask.me.actor, id, State(settled.state)))


@routes.delete("/deliveries/{id}", Right.WORK, status=200)
async def cancel_delivery(ask: Ask, id: UUID) -> DeliveryOut:
    """Take a queued delivery back before it leaves."""
    return await _settle(ask, id, Cancel(ask.me.actor, id))


async def _settle(ask: Ask, delivery_id: UUID, job: Any) -> DeliveryOut:
    await ask.read(_delivery, ask.me, delivery_id)
    await ask.submit(job)
    return DeliveryOut.model_validate(await ask.read(_delivery, ask.me, delivery_id))


def _delivery(conn: Connection, me: Viewer, delivery_id: UUID) -> dict[str, Any]:
    row = conn.execute(sa.select(DELIVERY).where(DELIVERY.c.id == delivery_id)).first()
    if row is None:
        raise NotFound("delivery")
    require(conn, me, Right.WORK, row.thread_id)
    return entries.delivery(row)
