"""What customers do to what was said before: react, change their words, take them back, read, forbid and allow.

The sender's identity selects the thread, as for messages; but nobody becomes a customer by it, and what is about
nothing we know changes nothing: the envelope is kept as ignored, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.contract import Address, Consent, Edit, Reaction, ReadUntil, Removal
from hub.core import consent
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.core.changes import Actor
from hub.core.desk import InboxFacts
from hub.core.receive import Heard
from hub.core.redact import redact, touch
from hub.core.settle import raise_to
from hub.core.states import Row, ThreadState, Wants
from hub.db import Prepared, among
from hub.models import Identity
from hub.models.tables import CUSTOMER, DELIVERY, ENTRY, THREAD

IDENTITY = Identity.__table__  # type: ignore[attr-defined]

Told = Reaction | Edit | Removal | ReadUntil | Consent
MOST_READ = 500
TAKEN_BACK = "Removed by the customer"

_SENDERS = Prepared(
    sa.select(
        IDENTITY.c.kind,
        IDENTITY.c.address,
        IDENTITY.c.id,
        THREAD.c.id.label("thread_id"),
        IDENTITY.c.name,
        CUSTOMER.c.name.label("customer_name"),
    )
    .select_from(
        IDENTITY.join(CUSTOMER, CUSTOMER.c.id == IDENTITY.c.customer_id).join(
            THREAD, THREAD.c.customer_id == sa.func.coalesce(CUSTOMER.c.merged_into, CUSTOMER.c.id)
        )
    )
    .where(among(IDENTITY.c.kind, "kinds"), among(IDENTITY.c.address, "addresses"))
)
_SENT = (
    sa.select(DELIVERY.c.id, ENTRY.c.seq)
    .join(ENTRY, ENTRY.c.id == DELIVERY.c.entry_id)
    .where(
        DELIVERY.c.thread_id == sa.bindparam("thread", type_=DELIVERY.c.thread_id.type),
        DELIVERY.c.inbox_id == sa.bindparam("inbox", type_=DELIVERY.c.inbox_id.type),
        DELIVERY.c.to_address == sa.bindparam("address", type_=sa.Text),
        DELIVERY.c.state.in_(("sent", "delivered")),
        DELIVERY.c.created_at <= sa.bindparam("until", type_=DELIVERY.c.created_at.type),
    )
    .order_by(DELIVERY.c.rev.desc())
    .limit(MOST_READ)
)


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose word it is."""

    thread_id: UUID
    identity_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it; `ignored` is the reason where nothing did."""

    thread_id: UUID | None = None
    entry_id: UUID | None = None
    ignored: str = ""
    said: dict[str, Any] | None = None
    """The entry, where these are new words of theirs."""


def find(batch: Batch, told: Iterable[Told], heard: Iterable[Heard]) -> None:
    """Whose threads are they about? Senders of the same batch's messages count: they may be new in it."""
    wanted = {canonical(event.sender): event.sender.name for event in told}
    if not wanted:
        return
    for item in heard:
        key, sender = canonical(item.message.sender), item.message.sender
        if key in wanted and item.thread_id and item.identity_id:
            batch.senders[key] = Sender(item.thread_id, item.identity_id, sender.name or sender.value)
    values = {"kinds": sorted({kind for kind, _ in wanted}), "addresses": sorted({value for _, value in wanted})}
    for row in _SENDERS.rows(batch.conn, **values):
        if (key := (row.kind, row.address)) in wanted:
            batch.senders[key] = Sender(
                row.thread_id, row.id, row.customer_name or row.name or wanted[key] or row.address
            )
    batch.wants.threads.update(batch.senders[key].thread_id for key in wanted if key in batch.senders)


def wants(wants: Wants, inbox: InboxFacts, event: Told) -> None:
    """What must be locked and known before `tell`."""
    if isinstance(event, Reaction | Edit | Removal):
        wants.refs.add(event.about)
        wants.ref_spaces.add(inbox.ref_space)
        wants.delivery_refs.add((inbox.id, event.about))
    if isinstance(event, Edit):
        wants.known_refs.add(event.ref)


def tell(batch: Batch, inbox: InboxFacts, event: Told, envelope_id: UUID | None) -> Outcome:
    """Do what the customer did, under their thread's lock."""
    sender = batch.senders.get(canonical(event.sender))
    thread = batch.threads.get(sender.thread_id) if sender else None
    if isinstance(event, Consent):
        return _consent(batch, inbox, event, sender, thread, envelope_id)
    if sender is None or thread is None:
        return Outcome(ignored=f"Nobody has written from {event.sender.value} yet.")
    if isinstance(event, ReadUntil):
        return _read(batch, thread, inbox, event)
    if not event.proof.verified:
        return Outcome(ignored="Nobody vouches for the sender, so it changes nothing.")
    entry = _entry(batch, _about(batch, thread, inbox, event.about))
    if entry is None or entry["thread_id"] != thread.id:
        return Outcome(ignored="It is about a message that isn't here.")
    if entry["redacted_at"] is not None:
        return Outcome(ignored="It is about a message that was removed.")
    if isinstance(event, Reaction):
        return _react(batch, thread, inbox, event, sender, entry, envelope_id)
    if entry["direction"] != "in" or entry["kind"] != "message":
        return Outcome(ignored="It is about a message that isn't theirs.")
    if isinstance(event, Edit):
        return _edit(batch, thread, inbox, event, sender, entry, envelope_id)
    return _remove(batch, thread, inbox, sender, entry, envelope_id)


def _about(batch: Batch, thread: ThreadState, inbox: InboxFacts, ref: str) -> UUID | None:
    """The entry that a provider's id means in this thread: theirs, ours, or one that another id points at."""
    known = batch.known.get((inbox.ref_space, ref))
    if known and known[1] == thread.id:
        return known[0]
    if pointed := batch.references.get((thread.id, ref)):
        return pointed[0]
    delivery = batch.deliveries.get(batch.delivery_by_ref.get((inbox.id, ref)) or UUID(int=0))
    return delivery["entry_id"] if delivery else None


def _entry(batch: Batch, entry_id: UUID | None) -> Row | None:
    """An entry under its thread's lock, whether it is stored or came in this very batch."""
    if entry_id is None:
        return None
    for row in reversed(batch.new_entries):
        if row["id"] == entry_id:
            return Row(row, new=True)
    batch.load_entries({entry_id})
    return batch.entries.get(entry_id)


def _case_of(batch: Batch, entry: Row) -> Row | None:
    if entry["case_id"]:
        batch.load_cases({entry["case_id"]})
    return batch.cases.get(entry["case_id"])


def _event(
    batch: Batch, thread: ThreadState, entry: Row, sender: Sender, envelope_id: UUID | None, kind: str, **data: Any
) -> UUID:
    """An event beside the entry it is about."""
    actor = Actor("customer", sender.identity_id, sender.name[:200])
    made = batch.event(thread, _case_of(batch, entry), actor, kind, about=str(entry["id"]), **data)
    made.update(channel=entry["channel"], inbox_id=entry["inbox_id"], envelope_id=envelope_id)
    entry_id: UUID = made["id"]
    return entry_id


def _react(
    batch: Batch,
    thread: ThreadState,
    inbox: InboxFacts,
    event: Reaction,
    sender: Sender,
    entry: Row,
    envelope_id: UUID | None,
) -> Outcome:
    """The latest sign of each person counts; none takes theirs back."""
    since = dict(entry["since"] or {})
    reactions = dict(since.get("reactions", {}))
    mine, emoji = sender.identity_id.hex, event.emoji[:40]
    if reactions.get(mine, {}).get("emoji", "") == emoji:
        return Outcome(ignored="This reaction is here already.")
    reactions.pop(mine, None)
    if emoji:
        reactions[mine] = {"emoji": emoji, "name": sender.name[:200]}
    entry.set(since={**since, "reactions": reactions})
    entry.set(rev=thread.next_rev())
    thread.entries[entry["id"]] = None
    return Outcome(thread.id, _event(batch, thread, entry, sender, envelope_id, "reaction", emoji=emoji))


def _edit(
    batch: Batch,
    thread: ThreadState,
    inbox: InboxFacts,
    event: Edit,
    sender: Sender,
    entry: Row,
    envelope_id: UUID | None,
) -> Outcome:
    """The new words are an entry of their own, in the case of the old ones, which stay as they were."""
    if (inbox.ref_space, event.ref) in batch.known:
        return Outcome(ignored="This change is here already.")
    original = _entry(batch, UUID(edits)) if (edits := (entry["data"] or {}).get("edits")) else entry
    if original is None:
        original = entry
    since = dict(original["since"] or {})
    earlier = [_entry(batch, UUID(id_)) for id_ in since.get("edits", ())]
    newest = earlier[-1] if earlier and earlier[-1] is not None else original
    if newest["text"] == event.text:
        return Outcome(ignored="The words are the same.")
    case = _case_of(batch, original)
    made = batch.append(
        thread,
        case=case,
        public=True,
        direction="in",
        channel=inbox.channel,
        inbox_id=inbox.id,
        envelope_id=envelope_id,
        case_reason=original["case_reason"] if case else "",
        author_kind="customer",
        author_id=sender.identity_id,
        author_name=original["author_name"],
        at=min(event.at, batch.now) if event.at else batch.now,
        text=event.text,
        proof=event.proof.value,
        ref_space=inbox.ref_space,
        ref=event.ref,
        data={"edits": str(original["id"])},
    )
    original.set(since={**since, "edits": [*since.get("edits", ()), str(made["id"])]})
    for changed in (original, *filter(None, earlier)):
        touch(thread, changed)
    return Outcome(thread.id, made["id"], said=made)


def _remove(
    batch: Batch, thread: ThreadState, inbox: InboxFacts, sender: Sender, entry: Row, envelope_id: UUID | None
) -> Outcome:
    """Every form that the words had goes, and one event tells of it."""
    original = _entry(batch, UUID(edits)) if (edits := (entry["data"] or {}).get("edits")) else entry
    original = original or entry
    later = [_entry(batch, UUID(id_)) for id_ in (original["since"] or {}).get("edits", ())]
    for form in (original, *filter(None, later)):
        if form["redacted_at"] is None:
            redact(batch, thread, form, TAKEN_BACK)
    return Outcome(thread.id, _event(batch, thread, original, sender, envelope_id, "removed"))


def _read(batch: Batch, thread: ThreadState, inbox: InboxFacts, event: ReadUntil) -> Outcome:
    """All that we sent them here until then has been seen, or has arrived."""
    _, address = canonical(event.sender)
    values = {"thread": thread.id, "inbox": inbox.id, "address": address, "until": event.until}
    seqs = {row.id: row.seq for row in batch.conn.execute(_SENT, values)}
    batch.load_deliveries(set(seqs))
    raised = [seq for id_, seq in seqs.items() if raise_to(batch, batch.deliveries[id_], event.state)]
    if not raised:
        return Outcome(ignored="Nothing of ours was waiting to be read.")
    if event.state == "read" and max(raised) > thread.read_seq:
        thread.read_seq = max(raised)
        thread.touched = True
    return Outcome(thread.id)


def _consent(
    batch: Batch,
    inbox: InboxFacts,
    event: Consent,
    sender: Sender | None,
    thread: ThreadState | None,
    envelope_id: UUID | None,
) -> Outcome:
    """Kept even of somebody who never wrote: who forbids to be written to needn't be a customer."""
    kind, value = canonical(event.sender)
    row = consent.record(
        batch,
        thread,
        inbox,
        Address(kind, value),
        allowed=event.allowed,
        source="word",
        said=event.said,
        actor=Actor("customer", sender.identity_id, sender.name[:200]) if sender else Actor("customer", None, value),
        at=event.at,
        envelope_id=envelope_id,
    )
    if row is None:
        return Outcome(ignored="That is how it stands already.")
    return Outcome(thread.id if thread else None, row["entry_id"])
