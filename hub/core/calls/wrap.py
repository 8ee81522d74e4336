"""After the call: how it went, and what follows from that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.contract import Address
from hub.core import consent
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.core.calls import cases
from hub.core.calls.acts import OfCall
from hub.core.calls.allowed import PURPOSE
from hub.core.calls.line import Disposition
from hub.core.calls.rows import touch
from hub.core.errors import Conflict
from hub.core.states import Row
from hub.models import Identity
from hub.models.tables import UNINDEXED

IDENTITY = Identity.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class WrapUp(OfCall):
    """The disposition may be corrected later; what it did stays done, each with its event."""

    disposition: str = ""
    note: str | None = None
    follow_up_at: datetime | None = None

    def run(self, batch: Batch) -> None:
        call = batch.calls.call(self.call_id)
        if call["ended_at"] is None:
            raise Conflict("The call goes on. End it first.")
        chosen = batch.calls.lines(batch.conn).disposition(self.disposition)
        if self.follow_up_at is not None and self.follow_up_at <= batch.now:
            raise Conflict("The time to come back to it is in the past.")
        again = call["disposition"] == chosen.key
        call.set(disposition=chosen.key, wrapped_at=batch.now)
        if self.note is not None:
            call.set(note=self.note)
        touch(batch, call)
        batch.at_end_insert_missing(UNINDEXED, [{"entry_id": call["entry_id"]}], ("entry_id",))
        if not again:
            self._act(batch, call, chosen)
        if self.follow_up_at is not None:
            self._come_back(batch, call, self.follow_up_at)

    def _act(self, batch: Batch, call: Row, chosen: Disposition) -> None:
        number = _number(call)
        if chosen.do_not_call and number:
            said = call["note"] or chosen.label
            thread = batch.thread(call["thread_id"])
            told = {"allowed": False, "source": "agent", "said": said, "actor": self.actor, "purpose": PURPOSE}
            consent.record(batch, thread, None, Address("phone", number), **told)  # type: ignore[arg-type]
        if chosen.wrong_number and number:
            kind, address = canonical(Address("phone", number))
            here = sa.update(IDENTITY).where(IDENTITY.c.kind == kind, IDENTITY.c.address == address)
            why = f"Wrong number, said {self.actor.name} after a call."
            batch.at_end(here.values(undeliverable=why))
        case = cases.of(batch, call)
        if case is not None and chosen.closes and case["status"] not in ("done", "spam"):
            case.set(status="done", done_at=batch.now, waiting_since=None, snoozed_until=None, until_reply=False)
            batch.event(batch.thread(call["thread_id"]), case, self.actor, "done", by="call")

    def _come_back(self, batch: Batch, call: Row, at: datetime) -> None:
        """The case sleeps until then, and is its agent's again."""
        case = cases.of(batch, call)
        if case is None:
            return
        if case["assignee_id"] is None:
            name = self.actor.name
            case.set(assignee_id=self.actor.id)
            thread = batch.thread(call["thread_id"])
            batch.event(thread, case, self.actor, "assigned", agent=name, agent_id=str(self.actor.id), by="call")
        case.set(status="snoozed", snoozed_until=at, until_reply=False, done_at=None)
        thread = batch.thread(call["thread_id"])
        batch.event(thread, case, self.actor, "snoozed", until=at.isoformat(), until_reply=False, by="call")


def _number(call: Row) -> str:
    number: str = call["from_address"] if call["direction"] == "in" else call["to_address"]
    return number
