"""What an agent says: permitted, then entry and delivery in one transaction; or held as a draft until it is due."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.contract import Address, State
from hub.core import chatlink, claims, drafts, fit, known, questions
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.core.changes import Actor
from hub.core.desk import InboxFacts
from hub.core.errors import Conflict, NotFound, NotPermitted, Stale
from hub.core.permit import Decision, Facts, Purpose, Request, permit
from hub.core.settle import DEADLINE
from hub.core.states import Row, ThreadState, Wants, preview
from hub.models import Agent, Customer, Identity, new_id
from hub.models.tables import ENTRY

IDENTITY, CUSTOMER = Identity.__table__, Customer.__table__  # type: ignore[attr-defined]
AGENT = Agent.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Said:
    """The entry, or the draft that waits to become one."""

    entry_id: UUID | None = None
    draft_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What is said and where to; kept as a draft's content while it waits."""

    inbox_id: UUID
    to: Address
    text: str
    html: str = ""
    subject: str = ""
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    attachments: tuple[UUID, ...] = ()
    case_id: UUID | None = None
    chat_link: bool = False
    then_done: bool = False
    purpose: Purpose = "transactional"
    ask: questions.Ask | None = None

    def content(self) -> dict[str, Any]:
        """As JSON, in the shape that drafts have everywhere."""
        return {
            "inbox_id": str(self.inbox_id),
            "case_id": str(self.case_id) if self.case_id else None,
            "to": _plain(self.to),
            "cc": [_plain(a) for a in self.cc],
            "bcc": [_plain(a) for a in self.bcc],
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "attachments": [str(a) for a in self.attachments],
            "chat_link": self.chat_link,
            "then_done": self.then_done,
            "purpose": self.purpose,
            "ask": self.ask,
        }

    @classmethod
    def of(cls, content: dict[str, Any]) -> Words:
        return cls(
            inbox_id=UUID(content["inbox_id"]),
            to=_address(content["to"]),
            text=content["text"],
            html=content["html"],
            subject=content["subject"],
            cc=tuple(map(_address, content["cc"])),
            bcc=tuple(map(_address, content["bcc"])),
            attachments=tuple(map(UUID, content["attachments"])),
            case_id=UUID(content["case_id"]) if content["case_id"] else None,
            chat_link=content["chat_link"],
            then_done=content["then_done"],
            purpose=content["purpose"],
            ask=content.get("ask"),
        )


def _plain(address: Address) -> dict[str, str]:
    return {"kind": address.kind, "address": address.value, "name": address.name}


def _address(plain: dict[str, str]) -> Address:
    return Address(plain["kind"], plain["address"], plain["name"])


@dataclass(frozen=True, slots=True)
class Reply:
    """An agent answers. The same `client_key` twice is the same entry."""

    actor: Actor
    thread_id: UUID
    client_key: str
    words: Words
    last_seen_seq: int | None = None
    """Refuse with `Stale` if somebody else's message is newer; None: don't ask."""
    hold_s: int = 0

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)
        wants.client_keys.add(self.client_key)
        wants.attachments.update(self.words.attachments)
        if self.words.case_id:
            wants.cases.add(self.words.case_id)

    def run(self, batch: Batch) -> Said:
        thread = batch.thread(self.thread_id)
        if entry_id := batch.client_keys.get((thread.id, self.client_key)):
            return Said(entry_id)
        if held := drafts.held(batch, self.actor, thread.id, self.client_key):
            return Said(draft_id=held)
        if self.last_seen_seq is not None:
            _guard(batch, thread, self.last_seen_seq, self.actor)
        checked = check(batch, thread, self.words, self.actor)
        if self.hold_s or checked.deferred:
            until, why = batch.now + timedelta(seconds=self.hold_s), "undo"
            if checked.deferred and checked.deferred.until:
                until, why = max(until, checked.deferred.until), checked.deferred.reason
            return Said(
                draft_id=drafts.hold(batch, self.actor, thread.id, self.client_key, self.words.content(), until, why)
            )
        entry = say(batch, thread, self.words, checked, self.actor, self.client_key)
        drafts.forget(batch, self.actor.id, thread.id, f"reply:{self.words.inbox_id}")
        return Said(entry["id"])


@dataclass(frozen=True, slots=True)
class Note:
    """Words for colleagues. This job has no channel and no address: it can't reach a customer."""

    actor: Actor
    thread_id: UUID
    client_key: str
    text: str
    case_id: UUID | None = None
    attachments: tuple[UUID, ...] = ()

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)
        wants.client_keys.add(self.client_key)
        wants.attachments.update(self.attachments)
        if self.case_id:
            wants.cases.add(self.case_id)

    def run(self, batch: Batch) -> Said:
        thread = batch.thread(self.thread_id)
        if entry_id := batch.client_keys.get((thread.id, self.client_key)):
            return Said(entry_id)
        case = batch.case_in(thread, self.case_id) if self.case_id else _current_case(batch, thread)
        files = _own_files(batch, self.attachments, self.actor)
        entry = batch.append(
            thread,
            case=case,
            public=False,
            kind="note",
            author_kind="agent",
            author_id=self.actor.id,
            author_name=self.actor.name,
            text=self.text,
            client_key=self.client_key,
        )
        _post_files(files, entry)
        if case:
            case.set(
                last_at=batch.now,
                last_seq=entry["seq"],
                preview=preview(self.text),
                preview_by="note",
                preview_agent_id=self.actor.id,
            )
        drafts.forget(batch, self.actor.id, thread.id, "note")
        return Said(entry["id"])


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks found out on the way."""

    inbox: InboxFacts
    case: Row | None
    wrote: bool
    """The address is this customer's own."""
    live: InboxFacts | None
    """Where the chat link leads, if there is to be one."""
    files: list[Row] = field(default_factory=list)
    decision: dict[str, Any] = field(default_factory=dict)
    deferred: Decision | None = None
    """Until when it must wait, and why."""
    asked: questions.Asked | None = None


def _guard(batch: Batch, thread: ThreadState, last_seen_seq: int, actor: Actor) -> None:
    """Refuse if a colleague or the customer said something the sender hasn't seen."""
    if thread.last_seq <= last_seen_seq:
        return
    newer = [
        row["id"]
        for row in batch.new_entries
        if row["thread_id"] == thread.id and row["kind"] == "message" and row["author_id"] != actor.id
    ]
    statement = (
        sa.select(ENTRY.c.id)
        .where(
            ENTRY.c.thread_id == thread.id,
            ENTRY.c.seq > last_seen_seq,
            ENTRY.c.kind == "message",
            sa.or_(ENTRY.c.author_id.is_(None), ENTRY.c.author_id != actor.id),
        )
        .order_by(ENTRY.c.seq)
        .limit(20)
    )
    newer = [*batch.conn.scalars(statement), *newer]
    if newer:
        raise Stale(tuple(newer))


def check(batch: Batch, thread: ThreadState, words: Words, actor: Actor) -> Checked:
    """Everything that may forbid the send, before anything is recorded."""
    inbox = batch.desk.inbox(words.inbox_id)
    if inbox is None:
        raise NotFound("inbox")
    files = _own_files(batch, words.attachments, actor)
    asked = questions.put(batch.desk, inbox, words.ask, words.text, words.html) if words.ask else None
    text = asked.text if asked else words.text
    if not text.strip() and not words.html and not files:
        raise Conflict("There is nothing to send. Write something or attach a file.")
    case = batch.case_in(thread, words.case_id) if words.case_id else _current_case(batch, thread)
    wrote = _recipient(batch, thread, words.to)
    if (words.cc or words.bcc) and not inbox.capabilities.copies:
        raise Conflict(f"{inbox.name} can't send copies. Remove them, or answer by email.")
    if words.chat_link and (words.cc or words.bcc):
        raise Conflict("A chat link is for this customer alone. Remove the copies, or send it without the link.")
    for copy in (*words.cc, *words.bcc):
        if copy.kind != "email" or "@" not in copy.value:
            raise Conflict(f"{copy.value} is no mail address. Copies go by email only.")
    request = Request(
        inbox=inbox,
        kind=words.to.kind,
        address=words.to.value,
        purpose=words.purpose,
        now=batch.now,
        wrote_before=wrote,
        unfit=fit.problem(text, len(files), inbox.capabilities, inbox.name),
        bytes=sum(file["size"] for file in files),
        files=len(files),
        person=actor.kind == "agent",
        facts=facts_of(batch, thread, inbox, words.to, words.purpose, person=actor.kind == "agent"),
    )
    decision: Decision = permit(request)
    if decision.verdict == "deny":
        raise NotPermitted(decision.reason)
    live = _live_chat(batch) if words.chat_link else None
    deferred = decision if decision.verdict == "defer" else None
    return Checked(inbox, case, wrote, live, files, decision.record(request), deferred, asked)


def facts_of(
    batch: Batch, thread: ThreadState, inbox: InboxFacts, to: Address, purpose: Purpose, *, person: bool
) -> Facts:
    """What is known of the address, with what this very transaction has heard."""
    heard = [entry for entry in batch.new_entries if entry["thread_id"] == thread.id]
    return known.look_up(batch.conn, inbox, thread.id, to, purpose, person=person, heard=heard)


def _recipient(batch: Batch, thread: ThreadState, to: Address) -> bool:
    """True if the address is an identity of this customer. One that nobody owns may be written to."""
    kind, address = canonical(to)
    owner = batch.conn.execute(
        sa.select(IDENTITY.c.customer_id, CUSTOMER.c.merged_into, CUSTOMER.c.name)
        .join(CUSTOMER, CUSTOMER.c.id == IDENTITY.c.customer_id)
        .where(IDENTITY.c.kind == kind, IDENTITY.c.address == address)
    ).first()
    if owner is None:
        return False
    if thread.customer_id not in (owner.customer_id, owner.merged_into):
        raise NotPermitted(f"{address} belongs to another customer ({owner.name or 'no name'}). Write in their thread.")
    return True


def _own_files(batch: Batch, ids: tuple[UUID, ...], actor: Actor) -> list[Row]:
    files = []
    for id_ in ids:
        file = batch.attachments.get(id_)
        if file is None or file["owner_id"] != actor.id or file["entry_id"] is not None:
            raise NotFound("attachment")
        files.append(file)
    return files


def _post_files(files: list[Row], entry: dict[str, Any]) -> None:
    for position, file in enumerate(files):
        file.set(entry_id=entry["id"], position=position)


def _current_case(batch: Batch, thread: ThreadState) -> Row | None:
    """The open case that was touched last."""
    open_cases = [case for case in batch.cases_of[thread.id] if case["status"] not in ("done", "spam")]
    return max(open_cases, key=lambda case: (case["last_at"], case["last_seq"]), default=None)


def say(
    batch: Batch, thread: ThreadState, words: Words, checked: Checked, actor: Actor, client_key: str
) -> dict[str, Any]:
    """Entry and delivery together, so that nothing is shown as said without being on its way."""
    inbox = checked.inbox
    if not checked.wrote:
        claims.claim(batch, thread.customer_id, words.to)
    case = checked.case or batch.new_case(
        thread,
        subject=(words.subject or preview(words.text) or "No subject")[:300],
        channel=inbox.channel,
        origin={"inbox": inbox.id.hex, "channel": inbox.channel, "by": "agent"},
    )
    asked = checked.asked
    text, html = (asked.text, asked.html) if asked else (words.text, words.html)
    if checked.live:
        text, html = _with_chat_link(batch, thread, case, checked.live, words.to, text, html)
    entry = batch.append(
        thread,
        case=case,
        public=True,
        direction="out",
        channel=inbox.channel,
        inbox_id=inbox.id,
        case_reason="chosen",
        author_kind="agent",
        author_id=actor.id,
        author_name=actor.name,
        subject=_subject(words, case) if inbox.capabilities.subject else "",
        text=text,
        html=html if inbox.capabilities.html else "",
        purpose=words.purpose,
        client_key=client_key,
        data={"to": [_plain(words.to)], "cc": [_plain(a) for a in words.cc], "bcc": [_plain(a) for a in words.bcc]}
        | ({"ask": questions.shown(asked)} if asked else {}),
    )
    if asked:
        questions.keep(batch, case, entry, inbox, asked)
    _post_files(checked.files, entry)
    delivery = deliver(batch, thread, entry, inbox, words.to, words.purpose, checked.decision)
    delivery["parts"] = max(1, fit.count(text, len(checked.files), inbox.capabilities, inbox.name))
    _advance(batch, thread, case, entry, actor, words)
    return entry


def _subject(words: Words, case: Row) -> str:
    if words.subject:
        return words.subject
    subject: str = case["subject"]
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _live_chat(batch: Batch) -> InboxFacts:
    for facts in batch.desk.inboxes():
        if facts.capabilities.live and facts.active:
            return facts
    raise Conflict("There is no live chat to invite to. Connect one in Settings, Channels.")


def _with_chat_link(
    batch: Batch, thread: ThreadState, case: Row, live: InboxFacts, to: Address, text: str, html: str
) -> tuple[str, str]:
    invitation = chatlink.invite(
        batch.conn,
        batch.desk.keys,
        customer_id=thread.customer_id,
        inbox_id=live.id,
        case_id=case["id"],
        now=batch.now,
        to=to,
    )
    url = f"{batch.desk.public_url}/c/{invitation.token}"
    case.set(asked_at=batch.now, origin={**(case["origin"] or {}), "asked": live.channel})
    words = "Answer us in live chat"
    return f"{text}\n\n{words}: {url}", f'{html}<p><a href="{url}">{words}</a></p>' if html else ""


def deliver(
    batch: Batch,
    thread: ThreadState,
    entry: dict[str, Any],
    inbox: InboxFacts,
    to: Address,
    purpose: str,
    decision: dict[str, Any],
    options: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Put one delivery of an entry into the outbox, at the end of its lane."""
    kind, address = canonical(to)
    delivery_id = new_id()
    own_ref = inbox.own_ref(batch.desk.delivery_key(delivery_id))
    lane = f"{inbox.id.hex}:{address}"
    row: dict[str, Any] = {
        "id": delivery_id,
        "entry_id": entry["id"],
        "thread_id": thread.id,
        "inbox_id": inbox.id,
        "channel": inbox.channel,
        "lane": lane,
        "seq": entry["seq"],
        "to_kind": kind,
        "to_address": address,
        "to_name": to.name[:200],
        "state": State.QUEUED.value,
        "reason": "",
        "remark": "",
        "retryable": False,
        "ref": own_ref,
        "attempts": 0,
        "parts": 1,
        "began_at": None,
        "purpose": purpose,
        "decision": decision,
        "options": {**(options or {}), "case_id": entry["case_id"].hex if entry["case_id"] else None},
        "rev": thread.next_rev(),
        "public_rev": thread.next_public_rev(),
        "next_at": batch.now,
        "deadline_at": batch.now + DEADLINE,
        "continue_at": None,
        "created_at": batch.now,
        "settled_at": None,
    }
    batch.deliveries[delivery_id] = Row(row, new=True)
    batch.new_lanes.add(lane)
    thread.entries[entry["id"]] = None
    thread.sends = True
    if own_ref:
        batch.refer(thread, own_ref, entry)
    return row


def _advance(batch: Batch, thread: ThreadState, case: Row, entry: dict[str, Any], actor: Actor, words: Words) -> None:
    """We answered: the case waits for the customer, and its first response is measured once."""
    before = case["status"]
    case.set(
        status="waiting",
        preview=preview(words.text) or "Attachment",
        preview_by=actor.name,
        preview_agent_id=actor.id,
        last_at=batch.now,
        last_seq=entry["seq"],
        waiting_since=None,
        first_response_at=case["first_response_at"] or _first_response(case, batch.now),
        snoozed_until=None,
        until_reply=False,
        done_at=None,
        failed=False,
    )
    if before == "done":
        batch.event(thread, case, actor, "reopened", by="agent")
    if words.then_done:
        case.set(status="done", done_at=batch.now)
        batch.event(thread, case, actor, "done")


def _first_response(case: Row, now: datetime) -> datetime | None:
    """Only an answer to a customer's words is a response."""
    return now if case["waiting_since"] else None
