"""What was said becomes an entry of the customer's thread, in the right case: by them, or by us somewhere else."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.contract import Address, CallUpdate, Event, Ignored, Proof, State, Status
from hub.core import claims, proof, questions, survey, told
from hub.core import route as routing
from hub.core.batch import Batch
from hub.core.calls import hear as calls
from hub.core.changes import SYSTEM, Actor
from hub.core.desk import InboxFacts
from hub.core.receive import ENVELOPE, Arrived, Heard, Receipt, Returned
from hub.core.settle import apply_status, came_back
from hub.core.states import Row, ThreadState, Wants, preview
from hub.models import new_id
from hub.models.tables import DELIVERY, ENTRY

TEAM = "The team"

_IN_FLIGHT = (
    sa.select(DELIVERY.c.id)
    .join(ENTRY, ENTRY.c.id == DELIVERY.c.entry_id)
    .where(
        DELIVERY.c.thread_id == sa.bindparam("thread", type_=DELIVERY.c.thread_id.type),
        DELIVERY.c.inbox_id == sa.bindparam("inbox", type_=DELIVERY.c.inbox_id.type),
        DELIVERY.c.state.in_((State.SENDING.value, State.UNCERTAIN.value)),
        ENTRY.c.text == sa.bindparam("text", type_=sa.Text),
    )
    .order_by(ENTRY.c.seq)
    .limit(1)
)


class Append:
    """The job for one inbound request: its messages are appended, its statuses settle deliveries."""

    def __init__(self, arrived: Arrived) -> None:
        self.arrived = arrived
        updates = (item for item in arrived.items or () if isinstance(item, CallUpdate))
        self._calls = {id(update): calls.Told.of(update) for update in updates}

    @property
    def callers(self) -> list[Heard]:
        """Whoever calls, as somebody who is to be identified."""
        known = self.arrived.known or self.arrived.dead
        return [] if known else [told.caller for told in self._calls.values() if told.caller]

    @property
    def heard(self) -> list[Heard]:
        if self.arrived.known or self.arrived.dead:
            return []
        return [item for item in self.arrived.items or () if isinstance(item, Heard)]

    @property
    def tells(self) -> list[told.Told]:
        """What customers did to earlier messages, and what they allow."""
        if self.arrived.known or self.arrived.dead:
            return []
        return [item for item in self.arrived.items or () if isinstance(item, told.Told)]

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
            if item.ours:
                wants.delivery_refs.add((space.id, item.message.ref))
        for event in self.tells:
            told.wants(wants, space, event)
        if not (self.arrived.known or self.arrived.dead):
            for call in self._calls.values():
                calls.wants(wants, space, call)
            for other in self.arrived.items or ():
                if isinstance(other, Status):
                    wants.delivery_refs.add((space.id, other.ref))
                elif isinstance(other, Returned):
                    wants.deliveries.add(other.delivery_id)

    def run(self, batch: Batch) -> Receipt:
        arrived = self.arrived
        if arrived.known:
            return arrived.known
        entries: list[UUID] = []
        threads: dict[UUID, None] = {}
        ignored: list[str] = []
        items = () if arrived.dead else arrived.items or ()
        for item in items:
            outcome = self._take(batch, item)
            if outcome.entry_id:
                entries.append(outcome.entry_id)
            if outcome.thread_id:
                threads[outcome.thread_id] = None
            if outcome.ignored:
                ignored.append(outcome.ignored)
        state, reason = arrived.state, arrived.reason
        if items and state == "done" and len(ignored) == len(items):
            state, reason = "ignored", "; ".join(ignored)
            here = sa.update(ENVELOPE).where(ENVELOPE.c.id == arrived.envelope_id)
            batch.at_end(here.values(state=state, reason=reason))
        return Receipt(arrived.envelope_id, state, reason, tuple(entries), tuple(threads))

    def _take(self, batch: Batch, item: Heard | Returned | Event) -> told.Outcome:
        inbox, envelope_id = self.arrived.inbox, self.arrived.envelope_id
        if isinstance(item, Heard):
            entry = (append_ours if item.ours else append)(batch, inbox, item, envelope_id)
            return told.Outcome(entry["thread_id"], entry["id"]) if entry is not None else told.Outcome()
        if isinstance(item, told.Told):
            outcome = told.tell(batch, inbox, item, envelope_id)
            if outcome.said:
                _edited(batch, outcome.said)
            return outcome
        if isinstance(item, CallUpdate):
            return self._hear(batch, item)
        if isinstance(item, Ignored):
            return told.Outcome(ignored=item.reason)
        if isinstance(item, Status):
            apply_status(batch, inbox.id, item)
        elif isinstance(item, Returned) and (delivery := batch.deliveries.get(item.delivery_id)):
            came_back(batch, delivery, item.ref)
        return told.Outcome()

    def _hear(self, batch: Batch, update: CallUpdate) -> told.Outcome:
        try:
            call, entry = calls.hear(batch, self.arrived.inbox, self._calls[id(update)], self.arrived.envelope_id)
        except LookupError as unknown:
            return told.Outcome(ignored=str(unknown))
        return told.Outcome(call["thread_id"], entry["id"] if entry else None)


def append(batch: Batch, inbox: InboxFacts, heard: Heard, envelope_id: UUID | None) -> dict[str, Any] | None:
    """Append one message; None if the same one is there already (it came by two ways)."""
    message = heard.message
    if (inbox.ref_space, message.ref) in batch.known:
        return None
    assert heard.thread_id is not None
    thread = batch.thread(heard.thread_id)
    if message.choice and (asked := questions.pressed(batch, thread, message)):
        heard.cases = (asked["case_id"], *heard.cases)
    rated = survey.answered(batch, thread, heard)
    chosen = (
        routing.Route(rated, routing.ASKED)
        if rated
        else routing.route(batch, thread, heard, inbox.ref_space, inbox.channel)
    )
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
    _attach(batch, thread, inbox, heard, entry)
    if rated:
        survey.tell(batch, thread, rated, author, message.text)
    else:
        advance(batch, thread, case, entry, author, chosen.case is None)
        questions.take(batch, thread, case, entry, message)
    _keep_claims(batch, thread, message.claims)
    proof.take(batch, thread, heard, inbox, entry)
    return entry


def append_ours(batch: Batch, inbox: InboxFacts, heard: Heard, envelope_id: UUID | None) -> dict[str, Any] | None:
    """What the team wrote in the provider's own app; None if it is ours from here, or is there already.

    Our own send may be told of before its answer came: then this settles it.
    """
    message = heard.message
    if (inbox.id, message.ref) in batch.delivery_by_ref or (inbox.ref_space, message.ref) in batch.known:
        return None
    assert heard.thread_id is not None
    thread = batch.thread(heard.thread_id)
    values = {"thread": thread.id, "inbox": inbox.id, "text": message.text}
    if message.text and (ours := set(batch.conn.scalars(_IN_FLIGHT, values))):
        batch.load_deliveries(ours)
        came_back(batch, batch.deliveries[ours.pop()], message.ref)
        return None
    chosen = routing.route(batch, thread, heard, inbox.ref_space, inbox.channel)
    case = chosen.case or _open_case(batch, thread, heard, inbox, chosen.same_as)
    name = (heard.author or TEAM)[:200]
    entry = batch.append(
        thread,
        case=case,
        public=True,
        direction="out",
        channel=inbox.channel,
        inbox_id=inbox.id,
        envelope_id=envelope_id,
        case_reason=chosen.reason,
        author_kind="agent",
        author_name=name,
        at=min(message.at, batch.now) if message.at else batch.now,
        text=message.text,
        purpose="transactional",
        ref_space=inbox.ref_space,
        ref=message.ref,
        data={"to": [_address(message.sender)], "elsewhere": True} | _shared(heard),
    )
    _attach(batch, thread, inbox, heard, entry)
    case.set(
        channel=inbox.channel,
        preview=preview(message.text) or "Attachment",
        preview_by=name,
        preview_agent_id=None,
        last_at=batch.now,
        last_seq=entry["seq"],
    )
    if case["status"] in ("open", "waiting"):
        first = case["first_response_at"] or (batch.now if case["waiting_since"] else None)
        case.set(status="waiting", waiting_since=None, first_response_at=first, failed=False)
    return entry


def _edited(batch: Batch, entry: dict[str, Any]) -> None:
    """Changed words are words: the case waits for us again."""
    case = batch.cases.get(entry["case_id"])
    if case is not None:
        author = Actor("customer", entry["author_id"], entry["author_name"])
        advance(batch, batch.threads[entry["thread_id"]], case, entry, author, is_new=False)


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
    return data | _shared(heard) or None


def _shared(heard: Heard) -> dict[str, Any]:
    """What was sent beside words: cards, and the button that was pressed."""
    shared: dict[str, Any] = {}
    if heard.message.cards:
        shared["cards"] = [asdict(card) for card in heard.message.cards]
    if heard.message.choice:
        shared["choice"] = heard.message.choice
    return shared


def _address(address: Address) -> dict[str, str]:
    return {"kind": address.kind, "address": address.value, "name": address.name}


def _attach(batch: Batch, thread: ThreadState, inbox: InboxFacts, heard: Heard, entry: dict[str, Any]) -> None:
    """Files with the message they came with; what the provider keeps is fetched after the commit."""
    thread.fetches |= any(file.source for file in heard.files)
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
            "source": file.source,
            "inbox_id": inbox.id if file.source else None,
            "state": "waiting" if file.source else "ready",
            "next_at": batch.now if file.source else None,
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


def advance(batch: Batch, thread: ThreadState, case: Row, entry: dict[str, Any], author: Actor, is_new: bool) -> None:
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
    if entry["automatic"] or (entry["proof"] == Proof.FAILED and not is_new):
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
