"""An agent calls a customer: permitted, then call, entry and the agent's own leg in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.contract import Address
from hub.core import claims
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.core.calls import cases
from hub.core.calls.allowed import refusal
from hub.core.calls.destinations import refusal as destination_refusal
from hub.core.calls.follow import follow
from hub.core.calls.hear import new_call
from hub.core.calls.legs import add_leg
from hub.core.calls.line import Line
from hub.core.changes import Actor
from hub.core.desk import InboxFacts
from hub.core.errors import Conflict, NotFound, NotPermitted
from hub.core.states import Row, ThreadState, Wants
from hub.models import Agent, Identity
from hub.models.tables import CALL, CUSTOMER

AGENT, IDENTITY = Agent.__table__, Identity.__table__  # type: ignore[attr-defined]

WRAP_UP_WITHIN = timedelta(hours=24)
"""A call that nobody said anything of for longer isn't asked about any more."""

_BY_ENTRY = sa.select(CALL.c.id).where(CALL.c.entry_id == sa.bindparam("entry", type_=CALL.c.entry_id.type))
_ME = sa.bindparam("me", type_=AGENT.c.id.type)
_LIVE = sa.select(CALL.c.id).where(CALL.c.agent_id == _ME, CALL.c.ended_at.is_(None)).limit(1)
_UNWRAPPED = (
    sa.select(CALL.c.to_address, CALL.c.from_address, CALL.c.direction)
    .where(
        CALL.c.agent_id == _ME,
        CALL.c.ended_at > sa.bindparam("since", type_=CALL.c.created_at.type),
        CALL.c.answered_at.is_not(None),
        CALL.c.wrapped_at.is_(None),
    )
    .order_by(CALL.c.id.desc())
    .limit(1)
)
_SETTINGS = sa.select(AGENT.c.settings).where(AGENT.c.id == _ME)
_KNOWN = sa.select(IDENTITY.c.id).where(
    IDENTITY.c.kind == sa.bindparam("kind", type_=sa.Text()),
    IDENTITY.c.address == sa.bindparam("address", type_=sa.Text()),
)


@dataclass(frozen=True, slots=True)
class StartCall:
    """Gives the call's id. The same `client_key` twice is the same call: nobody is rung twice by a repeated request."""

    actor: Actor
    thread_id: UUID
    client_key: str
    inbox_id: UUID
    to: Address
    mode: str
    agent_phone: str = ""
    record: bool | None = None
    case_id: UUID | None = None

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)
        wants.client_keys.add(self.client_key)
        if self.case_id:
            wants.cases.add(self.case_id)

    def run(self, batch: Batch) -> UUID:
        thread = batch.thread(self.thread_id)
        if entry_id := batch.client_keys.get((thread.id, self.client_key)):
            return self._again(batch, entry_id)
        inbox = batch.desk.inbox(self.inbox_id)
        if inbox is None:
            raise NotFound("inbox")
        line = batch.calls.line(batch.conn, inbox.id)
        agent = agent_leg(batch, inbox, line, self.actor, self.mode, self.agent_phone)
        self._check(batch, thread, inbox, line)
        entry, case, is_new = self._entry(batch, thread, inbox)
        call = batch.calls.add_call(self._call(batch, thread, inbox, line, entry, agent), case["id"])
        add_leg(batch, call, "agent", agent, agent_id=self.actor.id, ring_s=line.ring_s)
        cases.began(batch, call, entry, case, self.actor, is_new=is_new)
        follow(batch, call)
        call_id: UUID = call["id"]
        return call_id

    @staticmethod
    def _again(batch: Batch, entry_id: UUID) -> UUID:
        for call in batch.calls.calls.values():
            if call["entry_id"] == entry_id:
                here: UUID = call["id"]
                return here
        known: UUID | None = batch.conn.scalar(_BY_ENTRY, {"entry": entry_id})
        if known is None:
            raise Conflict("This key belongs to something else that was written. Use a new one.")
        return known

    def _check(self, batch: Batch, thread: ThreadState, inbox: InboxFacts, line: Line) -> None:
        if not inbox.active:
            raise Conflict(f"{inbox.name} is paused. Mend it in Settings, Channels.")
        if batch.conn.execute(_LIVE, {"me": self.actor.id}).first():
            raise Conflict("You are in a call. End it before you call somebody else.")
        last = batch.conn.execute(_UNWRAPPED, {"me": self.actor.id, "since": batch.now - WRAP_UP_WITHIN}).first()
        if line.wrap_up_required and last:
            number = last.from_address if last.direction == "in" else last.to_address
            raise Conflict(f"Say first how the call with {number or 'the last customer'} went.")
        if self.record and (line.consent == "never" or not _can_record(inbox)):
            raise Conflict(f"Calls through {inbox.name} are never recorded.")
        if reason := refusal(batch, thread, inbox, line, self.to):
            raise NotPermitted(reason)

    def _entry(self, batch: Batch, thread: ThreadState, inbox: InboxFacts) -> tuple[dict[str, Any], Row, bool]:
        case = batch.case_in(thread, self.case_id) if self.case_id else current_case(batch, thread)
        kind, number = canonical(self.to)
        origin = {"inbox": inbox.id.hex, "channel": inbox.channel, "by": "agent"}
        is_new = case is None
        case = case or batch.new_case(thread, subject=f"Call to {number}", channel=inbox.channel, origin=origin)
        if not batch.conn.scalar(_KNOWN, {"kind": kind, "address": number}):
            claims.claim(batch, thread.customer_id, self.to)
        entry = batch.append(
            thread,
            case=case,
            public=False,
            kind="call",
            direction="out",
            channel=inbox.channel,
            inbox_id=inbox.id,
            case_reason="chosen",
            author_kind="agent",
            author_id=self.actor.id,
            author_name=self.actor.name,
            purpose="transactional",
            client_key=self.client_key,
            data={"to": [{"kind": kind, "address": number, "name": ""}]},
        )
        return entry, case, is_new

    def _call(
        self,
        batch: Batch,
        thread: ThreadState,
        inbox: InboxFacts,
        line: Line,
        entry: dict[str, Any],
        agent: Address,
    ) -> dict[str, Any]:
        row = new_call(
            batch,
            inbox,
            line,
            thread.id,
            entry["id"],
            mode=self.mode,
            agent_id=self.actor.id,
            agent_phone=agent.value if agent.kind == "phone" else "",
            from_address=inbox.address,
            to_address=canonical(self.to)[1],
            customer_name=_name(batch, thread),
        )
        if self.record is not None:
            row["record"] = self.record and row["consent"] != "never"
        return row


def agent_leg(batch: Batch, inbox: InboxFacts, line: Line, actor: Actor, mode: str, phone: str) -> Address:
    """Where the agent is called: in the console, or on a telephone of their own."""
    features = inbox.capabilities.calls
    if features is None:
        raise Conflict(f"{inbox.name} is no telephone line.")
    assert actor.id is not None
    if mode == "browser":
        if not features.browser:
            raise Conflict(f"{inbox.name} can't be used in the browser. Use your own telephone.")
        return Address("agent", actor.id.hex)
    number = phone or own_number(batch, actor.id)
    if not number:
        raise Conflict("Your own telephone isn't known. Put its number into your settings.")
    if reason := destination_refusal(Address("phone", number), inbox.address, line.allow):
        raise NotPermitted(reason)
    return Address("phone", number)


def own_number(batch: Batch, agent_id: UUID) -> str:
    settings: dict[str, Any] = batch.conn.scalar(_SETTINGS, {"me": agent_id}) or {}
    number = settings.get("phone")
    return number if isinstance(number, str) else ""


def _can_record(inbox: InboxFacts) -> bool:
    return bool(inbox.capabilities.calls and inbox.capabilities.calls.record)


def current_case(batch: Batch, thread: ThreadState) -> Row | None:
    """The open case that was touched last."""
    open_cases = [case for case in batch.cases_of[thread.id] if case["status"] not in ("done", "spam")]
    return max(open_cases, key=lambda case: (case["last_at"], case["last_seq"]), default=None)


def _name(batch: Batch, thread: ThreadState) -> str:
    statement = sa.select(CUSTOMER.c.name).where(CUSTOMER.c.id == thread.customer_id)
    return batch.conn.scalar(statement) or ""
