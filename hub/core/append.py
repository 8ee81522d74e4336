"""What a customer said becomes an entry of their thread, in the right case."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hub.contract import Address, Status
from hub.core import claims
from hub.core import proof
from hub.core import route as routing
from hub.core.batch import Batch
from hub.core.changes import SYSTEM, Actor
from hub.core.desk import InboxFacts
from hub.core.receive import Arrived, Heard, Receipt
from hub.core.settle import apply_status
from hub.core.states import Row, ThreadState, Wants, preview
from hub.models import new_id


class Append:
    """The job for one inbound request: its messages are appended, its statuses settle deliveries."""

    def __init__(self, arrived: Arrived) -> None:
        self.arrived = arrived

    @property
    def heard(self) -> list[Heard]:
        if self.arrived.known or self.arrived.dead:
            return []
        return [item for item in self.arrived.items or () if isinstance(item, Heard)]

    def dead(self, error: BaseException) -> Append | None:
        """The same request kept as a dead envelope, after storing it as an entry failed on its own."""
        if self.arrived.dead:
            return None
        old = self.arrived
        return Append(
            Arrived(
                inbox=old.inbox,
                dedup_key=old.dedup_key,
                sealed=old.sealed,
                blob=old.blob,
                size=old.size,
                lane=old.lane,
                received_at=old.received_at,
                items=(),
                dead=f"It could not be stored as an entry: {type(error).__name__}: {str(error)[:500]}",
                stored=old.stored,
            )
        )

    def wants(self, wants: Wants) -> None:
        space = self.arrived.inbox
        for item in self.heard:
            wants.cases.update(item.cases)
            wants.refs.update(item.message.reply_to)
            wants.ref_spaces.add(space.ref_space)
            if not item.unique:
                wants.known_refs.add(item.message.ref)
        if not (self.arrived.known or self.arrived.dead):
            wants.delivery_refs.update(
                (space.id, item.ref) for item in self.arrived.items or () if isinstance(item, Status)
            )

    def run(self, batch: Batch) -> Receipt:
        arrived = self.arrived
        if arrived.known:
            return arrived.known
        entries: list[UUID] = []
        threads: dict[UUID, None] = {}
        for item in () if arrived.dead else arrived.items or ():
            if isinstance(item, Heard):
                entry = append(batch, arrived.inbox, item, arrived.envelope_id)
                if entry is not None:
                    entries.append(entry["id"])
                    threads[entry["thread_id"]] = None
            elif isinstance(item, Status):
                apply_status(batch, arrived.inbox.id, item)
        return Receipt(arrived.envelope_id, arrived.state, arrived.reason, tuple(entries), tuple(threads))


def append(batch: Batch, inbox: InboxFacts, heard: Heard, envelope_id: UUID | None) -> dict[str, Any] | None:
    """Append one message; None if the same one is there already (it came by two ways)."""
    message = heard.message
    if (inbox.ref_space, message.ref) in batch.known:
        return None
    assert heard.thread_id is not None
    thread = batch.thread(heard.thread_id)
    chosen = routing.route(batch, thread, heard, inbox.ref_space, inbox.channel)
    case = chosen.case or _open_case(batch, thread, heard, inbox, chosen.same_as)
    name = message.sender.name or message.sender.value
    author = Actor("customer", heard.identity_id, name[:200])
    entry = batch.append(
        thread,
        case=case,
        public=True,
        direction="in",
        channel=inbox.channel,
        inbox_id=inbox.id,
        envelope_id=envelope_id,
        case_reason=chosen.reason,
        author_kind="customer",
        author_id=author.id,
        author_name=author.name,
        at=min(message.at, batch.now) if message.at else batch.now,
        subject=message.subject[:998],
        text=message.text,
        html=heard.html,
        quoted=message.quoted,
        quoted_html=heard.quoted_html,
        proof=message.proof.value,
        automatic=message.automatic,
        reply_to=chosen.answers,
        ref_space=inbox.ref_space,
        ref=message.ref,
        data=_data(heard, routing.elsewhere(batch, thread, heard, inbox.ref_space)),
    )
    for ref in message.refs:
        batch.refer(thread, ref, entry)
    _attach(batch, heard, entry)
    _advance(batch, thread, case, entry, author, chosen.case is None)
    _keep_claims(batch, thread, message.claims)
    proof.take(batch, thread, heard, inbox, entry)
    return entry


def _data(heard: Heard, refers_to: dict[str, str | None] | None) -> dict[str, Any] | None:
    message = heard.message
    data: dict[str, Any] = dict(message.data)
    if refers_to:
        data["refers_to"] = refers_to
    if message.to:
        data["to"] = [_address(a) for a in message.to]
    if message.cc:
        data["cc"] = [_address(a) for a in message.cc]
    if message.answer_to:
        data["answer_to"] = _address(message.answer_to)
    if message.warnings:
        data["warnings"] = list(message.warnings)
    if message.proof_detail:
        data["proof_detail"] = message.proof_detail
    if message.sender.value:
        data["from"] = _address(message.sender)
    return data or None


def _address(address: Address) -> dict[str, str]:
    return {"kind": address.kind, "address": address.value, "name": address.name}


def _attach(batch: Batch, heard: Heard, entry: dict[str, Any]) -> None:
    batch.new_attachments.extend(
        {
            "id": new_id(),
            "entry_id": entry["id"],
            "position": position,
            "name": file.name,
            "type": file.type,
            "size": file.size,
            "sha256": file.sha256,
            "cid": file.cid,
            "created_at": batch.now,
        }
        for position, file in enumerate(heard.files)
    )


def _open_case(batch: Batch, thread: ThreadState, heard: Heard, inbox: InboxFacts, same_as: UUID | None) -> Row:
    message = heard.message
    origin: dict[str, Any] = {"inbox": inbox.id.hex, "channel": inbox.channel}
    if page := message.data.get("page"):
        origin["page"] = page
    if same_as:
        origin["same_as"] = str(same_as)
    subject = message.subject or preview(message.text)[:80] or "No subject"
    return batch.new_case(thread, subject=subject[:300], channel=inbox.channel, origin=origin)


def _advance(batch: Batch, thread: ThreadState, case: Row, entry: dict[str, Any], author: Actor, is_new: bool) -> None:
    """The customer spoke: the case waits for us again, wakes or reopens, and the list shows these words."""
    before = case["status"]
    case.set(
        channel=entry["channel"],
        preview=preview(entry["text"]) or preview(entry["subject"]) or ("Attachment" if entry["html"] == "" else ""),
        preview_by="customer",
        preview_agent_id=None,
        last_at=batch.now,
        last_seq=entry["seq"],
        last_in_seq=entry["seq"],
    )
    if entry["automatic"]:
        return
    case.set(waiting_since=case["waiting_since"] or batch.now, asked_at=None)
    if is_new or before in ("open", "spam"):
        return
    case.set(status="open", snoozed_until=None, until_reply=False, done_at=None)
    if before in ("done", "snoozed"):
        batch.event(thread, case, SYSTEM, "reopened" if before == "done" else "woken", by="reply", who=author.name)


def _keep_claims(batch: Batch, thread: ThreadState, typed: tuple[Address, ...]) -> None:
    for address in typed:
        if address.kind == "name":
            claims.name(batch, thread.customer_id, address.value)
        else:
            claims.claim(batch, thread.customer_id, address)
