"""Tells the sample's stories to the hub's own verbs, each at its moment in the past, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.app import prepare
from hub.contract import Address, Message, Proof
from hub.core import chatlink
from hub.core.append import Append
from hub.core.batch import Job, write
from hub.core.cases import ChangeCase
from hub.core.changes import Actor
from hub.core.compose import Note, Reply, Words
from hub.core.desk import Desk, InboxFacts
from hub.core.receive import Arrived, Heard
from hub.db import insert
from hub.demo.sample import AGENTS, STORIES, Story, Turn
from hub.models import Agent, Case, Customer, Delivery, Entry, Seen, Thread, new_id

AGENT, CASE, CUSTOMER = Agent.__table__, Case.__table__, Customer.__table__  # type: ignore[attr-defined]
DELIVERY, ENTRY, SEEN = Delivery.__table__, Entry.__table__, Seen.__table__  # type: ignore[attr-defined]
THREAD = Thread.__table__  # type: ignore[attr-defined]


@dataclass
class _Line:
    """One story as far as it is told."""

    number: int
    story: Story
    thread_id: UUID | None = None
    case_id: UUID | None = None
    visitor: str = ""
    said: int = 0


def seed(conn: Connection, desk: Desk, now: datetime) -> bool:
    """True if the sample was made; a hub that ever had a customer is left alone."""
    if conn.execute(sa.select(CUSTOMER.c.id).limit(1)).first():
        return False
    by_channel = {facts.channel: facts for facts in desk.inboxes()}
    if not {"email", "chat"} <= by_channel.keys():
        return False
    agents = {name: _agent(conn, name, now) for name in AGENTS}
    telling = _Telling(conn, desk, by_channel, agents, now)
    lines = [_Line(number, story) for number, story in enumerate(STORIES)]
    moments = [(turn.hours, line, turn) for line in lines for turn in line.story.turns]
    for _, line, turn in sorted(moments, key=lambda moment: -moment[0]):
        telling.tell(line, turn)
    for line in lines:
        telling.close(line)
    _settle(conn)
    _mark(conn)
    return True


def _agent(conn: Connection, name: str, now: datetime) -> Actor:
    agent_id = new_id()
    email = f"{name.split()[0].lower()}@fernandfell.example"
    row = {"id": agent_id, "email": email, "name": name, "role": "agent", "password_hash": "", "active": True}
    conn.execute(sa.insert(AGENT).values(**row, settings={"sample": True}, created_at=now))
    return Actor("agent", agent_id, name)


class _Telling:
    def __init__(
        self, conn: Connection, desk: Desk, inboxes: dict[str, InboxFacts], agents: dict[str, Actor], now: datetime
    ) -> None:
        self.conn, self.desk, self.inboxes, self.agents, self.now = conn, desk, inboxes, agents, now

    def tell(self, line: _Line, turn: Turn) -> None:
        line.said += 1
        at = self.now - timedelta(hours=turn.hours)
        if turn.by:
            self._do(at, self._by_agent(line, turn))
            return
        receipt = self._do(at, self._by_customer(line, turn, at))
        line.thread_id = receipt.threads[0]
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
        actor = self.agents.get(story.assignee, self.agents[AGENTS[0]])
        self._do(at, ChangeCase(actor, line.case_id, changes))
        if story.failed:
            self.conn.execute(sa.update(CASE).where(CASE.c.id == line.case_id).values(failed=True))
            failed = {"state": "failed", "reason": story.failed, "retryable": True}
            self.conn.execute(sa.update(DELIVERY).where(DELIVERY.c.thread_id == line.thread_id).values(failed))

    def _by_agent(self, line: _Line, turn: Turn) -> Job:
        actor, key = self.agents[turn.by], f"sample-{line.number}-{line.said}"
        assert line.thread_id
        if turn.note:
            return Note(actor, line.thread_id, key, turn.text, line.case_id)
        to = Address("visitor", line.visitor) if turn.channel == "chat" else Address("email", line.story.address)
        words = Words(self.inboxes[turn.channel].id, to, turn.text, case_id=line.case_id)
        return Reply(actor, line.thread_id, key, words)

    def _by_customer(self, line: _Line, turn: Turn, at: datetime) -> Append:
        inbox = self.inboxes[turn.channel]
        if turn.channel == "chat":
            sender = Address("visitor", self._visitor(line, inbox, at), line.story.name)
            proof = Proof.TOKEN if line.story.address else Proof.CLAIMED
        else:
            sender, proof = Address("email", line.story.address, line.story.name), Proof.DMARC
        ref = f"sample-{line.number}-{line.said}@mail.example"
        message = Message(ref=ref, sender=sender, text=turn.text, subject=self._subject(line, turn), at=at, proof=proof)
        return Append(Arrived(inbox, dedup_key=ref, size=len(turn.text), received_at=at, items=(Heard(message),)))

    def _subject(self, line: _Line, turn: Turn) -> str:
        if turn.channel == "chat":
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
