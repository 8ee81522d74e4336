"""Tells the sample's stories to the hub's own verbs, each at its moment in the past, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.app import prepare
from hub.blobs import Blobs
from hub.contract import Address, Message, Proof
from hub.core import chatlink
from hub.core.append import Append
from hub.core.batch import Job, write
from hub.core.cases import ChangeCase
from hub.core.changes import Actor
from hub.core.compose import Note, Reply, Words
from hub.core.consent import RecordConsent
from hub.core.desk import Desk, InboxFacts
from hub.core.promises import MakePromise
from hub.core.receive import Arrived, Heard
from hub.db import insert
from hub.demo import tape
from hub.demo.calls import PastCall, Tape
from hub.demo.crowd import SEED, crowd
from hub.demo.sample import AGENTS, STORIES, Story, Turn
from hub.models import Agent, Case, Customer, Delivery, Entry, Identity, Seen, Thread, new_id

AGENT, CASE, CUSTOMER = Agent.__table__, Case.__table__, Customer.__table__  # type: ignore[attr-defined]
DELIVERY, ENTRY, SEEN = Delivery.__table__, Entry.__table__, Seen.__table__  # type: ignore[attr-defined]
IDENTITY, THREAD = Identity.__table__, Thread.__table__  # type: ignore[attr-defined]

CHANNELS = frozenset({"email", "chat", "sms", "instagram", "voice"})
Tapes = Mapping[int, Tape]
"""By length in seconds."""


@dataclass
class _Line:
    """One story as far as it is told."""

    number: int
    story: Story
    thread_id: UUID | None = None
    case_id: UUID | None = None
    visitor: str = ""
    said: int = 0
    known: set[str] = field(default_factory=set)
    """Kinds of addresses that are the customer's."""

    @property
    def handle(self) -> str:
        return str(17_900_000_000_000 + self.number * 7919)


def stories() -> list[Story]:
    return [*STORIES, *crowd()]


def wanted(conn: Connection, desk: Desk) -> bool:
    """A hub that ever had a customer, or lacks a channel, is left alone."""
    channels = {facts.channel for facts in desk.inboxes()}
    return not conn.execute(sa.select(CUSTOMER.c.id).limit(1)).first() and channels >= CHANNELS


async def record(blobs: Blobs) -> Tapes:
    """A recording of each length that calls of the sample have."""
    lengths = sorted({turn.call.talk_s for story in crowd() for turn in story.turns if turn.call and turn.call.talk_s})
    sounds = {length: tape.wav(length, SEED + length) for length in lengths}
    return {length: Tape(await blobs.put(sound), len(sound)) for length, sound in sounds.items()}


def seed(conn: Connection, desk: Desk, now: datetime, tapes: Tapes) -> None:
    by_channel = {facts.channel: facts for facts in desk.inboxes()}
    agents = {name: _agent(conn, name, now) for name in AGENTS}
    telling = _Telling(conn, desk, by_channel, agents, now, tapes)
    lines = [_Line(number, story) for number, story in enumerate(stories())]
    moments = [(turn.hours, line, turn) for line in lines for turn in line.story.turns]
    for _, line, turn in sorted(moments, key=lambda moment: -moment[0]):
        telling.tell(line, turn)
    for line in lines:
        telling.close(line)
    _settle(conn)
    _mark(conn)


def _agent(conn: Connection, name: str, now: datetime) -> Actor:
    agent_id = new_id()
    email = f"{name.split()[0].lower()}@fernandfell.example"
    row = {"id": agent_id, "email": email, "name": name, "role": "agent", "password_hash": "", "active": True}
    conn.execute(sa.insert(AGENT).values(**row, settings={"sample": True}, created_at=now))
    return Actor("agent", agent_id, name)


class _Telling:
    def __init__(
        self,
        conn: Connection,
        desk: Desk,
        inboxes: dict[str, InboxFacts],
        agents: dict[str, Actor],
        now: datetime,
        tapes: Tapes,
    ) -> None:
        self.conn, self.desk, self.inboxes, self.agents, self.now = conn, desk, inboxes, agents, now
        self.tapes = tapes

    def tell(self, line: _Line, turn: Turn) -> None:
        line.said += 1
        at = self.now - timedelta(hours=turn.hours)
        if line.thread_id:
            self._know(line, self.inboxes[turn.channel].capabilities.identity)
        if turn.call:
            self._do(at, self._call(line, turn))
            return
        if turn.by:
            self._do(at, self._by_agent(line, turn))
            return
        receipt = self._do(at, self._by_customer(line, turn, at))
        line.thread_id = receipt.threads[0]
        line.known.add(self.inboxes[turn.channel].capabilities.identity)
        entry = sa.select(ENTRY.c.case_id).where(ENTRY.c.id == receipt.entries[0])
        line.case_id = self.conn.execute(entry).scalar_one()

    def close(self, line: _Line) -> None:
        """What agents did to the case, an instant after its last words."""
        story, at = line.story, self.now - timedelta(hours=line.story.turns[-1].hours * 0.98)
        changes: dict[str, Any] = {"subject": story.subject}
        if story.assignee:
            changes["assignee_id"] = self.agents[story.assignee].id
        if story.tags:
            changes["tags"] = list(story.tags)
        if story.priority != "normal":
            changes["priority"] = story.priority
        if story.status:
            changes["status"] = story.status
        assert line.case_id
        assert line.thread_id
        actor = self.agents.get(story.assignee, self.agents[AGENTS[0]])
        self._do(at, ChangeCase(actor, line.case_id, changes))
        if story.promise:
            due = self.now + timedelta(hours=3 + line.number % 40)
            self._do(at, MakePromise(actor, line.thread_id, story.promise, due, line.case_id, "email"))
        if story.stop:
            phone = Address("phone", story.phone)
            self._do(at, RecordConsent(actor, line.thread_id, phone, False, "Asked for no more texts."))
        if story.failed:
            self.conn.execute(sa.update(CASE).where(CASE.c.id == line.case_id).values(failed=True))
            failed = {"state": "failed", "reason": story.failed, "retryable": True}
            self.conn.execute(sa.update(DELIVERY).where(DELIVERY.c.thread_id == line.thread_id).values(failed))

    def _by_agent(self, line: _Line, turn: Turn) -> Job:
        actor, key = self.agents[turn.by], f"sample-{line.number}-{line.said}"
        assert line.thread_id
        if turn.note:
            return Note(actor, line.thread_id, key, turn.text, line.case_id)
        words = Words(self.inboxes[turn.channel].id, self._address(line, turn.channel), turn.text, case_id=line.case_id)
        return Reply(actor, line.thread_id, key, words)

    def _by_customer(self, line: _Line, turn: Turn, at: datetime) -> Append:
        inbox = self.inboxes[turn.channel]
        if turn.channel == "chat":
            sender = Address("visitor", self._visitor(line, inbox, at), line.story.name)
            proof = Proof.TOKEN if line.story.address else Proof.CLAIMED
        else:
            sender = self._address(line, turn.channel)
            proof = Proof.DMARC if turn.channel == "email" else Proof.PROVIDER
        ref = f"sample-{line.number}-{line.said}@mail.example"
        message = Message(ref=ref, sender=sender, text=turn.text, subject=self._subject(line, turn), at=at, proof=proof)
        return Append(Arrived(inbox, dedup_key=ref, size=len(turn.text), received_at=at, items=(Heard(message),)))

    def _call(self, line: _Line, turn: Turn) -> PastCall:
        assert turn.call
        assert line.thread_id
        assert line.case_id
        story, name = line.story, line.story.name
        actor = self.agents[turn.by] if turn.by else Actor("customer", None, name)
        recorded = self.tapes.get(turn.call.talk_s)
        line_ = self.inboxes["voice"]
        return PastCall(actor, name, story.phone, line_, line.thread_id, line.case_id, turn.call, recorded)

    def _address(self, line: _Line, channel: str) -> Address:
        name = line.story.name
        match channel:
            case "chat":
                return Address("visitor", line.visitor, name)
            case "sms" | "voice":
                return Address("phone", line.story.phone, name)
            case "instagram":
                return Address("instagram", line.handle, name)
        return Address("email", line.story.address, name)

    def _know(self, line: _Line, kind: str) -> None:
        """Whoever changes the channel has proven the new address before; a visitor comes by a link."""
        if kind in line.known or kind == "visitor":
            return
        line.known.add(kind)
        customer = sa.select(THREAD.c.customer_id).where(THREAD.c.id == line.thread_id)
        value = {"email": line.story.address, "phone": line.story.phone, "instagram": line.handle}[kind]
        row = {"id": new_id(), "kind": kind, "address": value, "customer_id": self.conn.execute(customer).scalar_one()}
        proven = {"name": line.story.name, "trust": "verified", "proven_by": "code", "created_at": self.now}
        self.conn.execute(sa.insert(IDENTITY).values(**row, **proven))

    def _subject(self, line: _Line, turn: Turn) -> str:
        if turn.channel != "email":
            return ""
        return line.story.subject if line.said == 1 else f"Re: {line.story.subject}"

    def _visitor(self, line: _Line, inbox: InboxFacts, at: datetime) -> str:
        """Who is known by mail came to the chat by a link in an answer; the others just opened it."""
        if not line.visitor and line.thread_id:
            customer = sa.select(THREAD.c.customer_id).where(THREAD.c.id == line.thread_id)
            customer_id = self.conn.execute(customer).scalar_one()
            keys = self.desk.keys
            made = chatlink.invite(
                self.conn, keys, customer_id=customer_id, inbox_id=inbox.id, case_id=line.case_id, now=at
            )
            line.visitor = chatlink.accept(self.conn, keys, made.token, device="", now=at).visitor
        line.visitor = line.visitor or f"v_sample{line.number}"
        return line.visitor

    def _do(self, at: datetime, job: Job) -> Any:
        result = write(self.conn, self.desk, at, [job], {}, prepare).results[0]
        if isinstance(result, Exception):
            raise result
        return result


def _settle(conn: Connection) -> None:
    """History is over: nothing of it may leave the house now."""
    queued = DELIVERY.c.state == "queued"
    done = {"settled_at": DELIVERY.c.created_at, "attempts": 1}
    conn.execute(sa.update(DELIVERY).where(queued, DELIVERY.c.channel == "chat").values(state="read", **done))
    conn.execute(sa.update(DELIVERY).where(queued).values(state="delivered", **done))
    conn.execute(sa.update(DELIVERY).where(DELIVERY.c.state == "failed").values(done))


def _mark(conn: Connection) -> None:
    """All of it is the sample's; what was answered counts as read by whoever opens the demo."""
    conn.execute(sa.update(CUSTOMER).values(sample=True))
    owners = list(conn.scalars(sa.select(AGENT.c.id).where(AGENT.c.role == "owner")))
    answered = sa.select(CASE.c.thread_id, CASE.c.last_seq).where(CASE.c.waiting_since.is_(None))
    rows = [
        {"agent_id": owner, "thread_id": thread_id, "seq": seq}
        for owner in owners
        for thread_id, seq in conn.execute(answered).all()
    ]
    insert(conn, SEEN, rows)
