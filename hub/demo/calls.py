"""A call of the past, written as the core's own calls are, with what was recorded and understood of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hub.contract import Address, Proof
from hub.core.batch import Batch
from hub.core.calls import cases
from hub.core.calls.hear import new_call
from hub.core.calls.legs import new_leg
from hub.core.changes import Actor
from hub.core.desk import InboxFacts
from hub.core.states import Row, Wants
from hub.demo.sample import Rang
from hub.models import new_id


@dataclass(frozen=True, slots=True)
class Tape:
    """A recording in the blob store."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class PastCall:
    """By an agent, or by the customer where nobody took it. Nothing of it is left to be told to a provider."""

    actor: Actor
    """An agent; the customer for a call to us."""
    name: str
    """The customer's."""
    number: str
    inbox: InboxFacts
    thread_id: UUID
    case_id: UUID
    rang: Rang
    tape: Tape | None

    @property
    def inbound(self) -> bool:
        return self.actor.kind == "customer"

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)
        wants.cases.add(self.case_id)

    def run(self, batch: Batch) -> None:
        thread = batch.thread(self.thread_id)
        case = batch.case_in(thread, self.case_id)
        party = {"kind": "phone", "address": self.number, "name": self.name if self.inbound else ""}
        entry = batch.append(
            thread,
            case=case,
            public=False,
            kind="call",
            direction="in" if self.inbound else "out",
            channel=self.inbox.channel,
            inbox_id=self.inbox.id,
            case_reason="only" if self.inbound else "chosen",
            author_kind=self.actor.kind,
            author_id=self.actor.id,
            author_name=self.actor.name,
            proof=Proof.PROVIDER.value if self.inbound else "",
            purpose="" if self.inbound else "transactional",
            data={"from": party} if self.inbound else {"to": [party]},
        )
        call = batch.calls.add_call(self._row(batch, entry["id"]), case["id"])
        cases.began(batch, call, entry, case, self.actor, is_new=False)
        if call["agent_id"] and call["answered_at"]:
            cases.answered(batch, call)
        cases.ended(batch, call)
        legs = [self._leg(batch, call, "customer", Address("phone", self.number))]
        if not self.inbound and self.actor.id:
            legs.append(self._leg(batch, call, "agent", Address("agent", self.actor.id.hex)))
        if self.tape:
            self._record(batch, call, self.tape)
        self._understood(batch, call, legs[0])

    def _row(self, batch: Batch, entry_id: UUID) -> dict[str, Any]:
        rang, line = self.rang, batch.calls.line(batch.conn, self.inbox.id)
        answered = batch.now + timedelta(seconds=rang.ring_s) if rang.talk_s else None
        talked = 0 if self.inbound else rang.talk_s
        ended = batch.now + timedelta(seconds=rang.ring_s + rang.talk_s)
        ours, theirs = self.inbox.address, self.number
        return new_call(
            batch,
            self.inbox,
            line,
            self.thread_id,
            entry_id,
            direction="in" if self.inbound else "out",
            mode="" if self.inbound else "browser",
            agent_id=None if self.inbound else self.actor.id,
            from_address=theirs if self.inbound else ours,
            to_address=ours if self.inbound else theirs,
            customer_name=self.name,
            proof=Proof.PROVIDER.value if self.inbound else "",
            state="ended",
            path="voicemail" if self.inbound else "room",
            ringing_at=batch.now,
            answered_at=answered,
            ended_at=ended,
            ring_s=rang.ring_s,
            wait_s=rang.ring_s if self.inbound else 0,
            talk_s=talked,
            end_reason=rang.end,
            disposition=rang.disposition or ("" if self.inbound else "no_answer"),
            note=rang.note,
            wrapped_at=None if self.inbound else ended,
            voicemail=self.inbound,
            rev=batch.thread(self.thread_id).next_rev(),
        )

    def _leg(self, batch: Batch, call: Row, role: str, address: Address) -> Row:
        times: dict[str, datetime | None] = {
            "ringing_at": call["ringing_at"],
            "answered_at": call["answered_at"],
            "joined_at": call["answered_at"],
            "ended_at": call["ended_at"],
        }
        ended = "completed" if call["answered_at"] else "no_answer"
        agent = self.actor.id if role == "agent" else None
        row = new_leg(batch, call, role, address, agent, 30, False)
        return batch.calls.add_leg({**row, **times, "state": "ended", "ended": ended})

    def _record(self, batch: Batch, call: Row, tape: Tape) -> None:
        attachment, name = new_id(), "voicemail" if self.inbound else "call"
        batch.new_attachments.append(
            {
                "id": attachment,
                "entry_id": call["entry_id"],
                "position": 0,
                "name": f"{name}-{call['created_at']:%Y-%m-%d-%H%M}.wav",
                "type": "audio/wav",
                "size": tape.size,
                "sha256": tape.sha256,
                "cid": "",
                "source": "",
                "inbox_id": None,
                "state": "ready",
                "next_at": None,
                "created_at": batch.now,
            }
        )
        batch.calls.new_recordings.append(
            {
                "id": new_id(),
                "call_id": call["id"],
                "inbox_id": call["inbox_id"],
                "ref": f"sample-{call['id'].hex}",
                "attachment_id": attachment,
                "seconds": self.rang.talk_s,
                "channels": 1,
                "voicemail": self.inbound,
                "failed": False,
                "created_at": batch.now,
            }
        )
        call.set(recording="ready", recording_s=self.rang.talk_s, attachment_id=attachment)

    def _understood(self, batch: Batch, call: Row, leg: Row) -> None:
        began = call["answered_at"] or batch.now
        step = self.rang.talk_s / max(len(self.rang.said), 1)
        for seq, (theirs, text) in enumerate(self.rang.said):
            batch.calls.new_lines.append(
                {
                    "id": new_id(),
                    "call_id": call["id"],
                    "leg_id": leg["id"],
                    "seq": seq,
                    "role": "customer" if theirs else "agent",
                    "text": text,
                    "at": began + timedelta(seconds=seq * step),
                    "final": True,
                }
            )
