"""What became of a delivery. States only climb; `failed` and `uncertain` wait for the provider's later word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from hub.contract import Address, State, Status
from hub.core import consent, parts
from hub.core.batch import Batch
from hub.core.changes import Actor
from hub.core.errors import Conflict
from hub.core.states import Row, Wants
from hub.models.tables import DELIVERY, ENTRY, LANE

RANK = {State.QUEUED: 0, State.SENDING: 1, State.SENT: 2, State.DELIVERED: 3, State.READ: 4}
DEADLINE = timedelta(hours=24)
_SAID = ENTRY.alias()


def climbs(current: State, new: State) -> bool:
    """May a delivery in `current` take the provider's word `new`?"""
    if new is State.FAILED:
        return current not in (State.FAILED, State.READ)
    if current in (State.FAILED, State.UNCERTAIN):
        return RANK.get(new, 0) >= RANK[State.SENT]
    return new in RANK and RANK[new] > RANK[current]


def apply_status(batch: Batch, inbox_id: UUID, status: Status) -> bool:
    """Take a provider's callback; False if it is about nothing we sent or says nothing new."""
    delivery_id = batch.delivery_by_ref.get((inbox_id, status.ref))
    delivery = batch.deliveries.get(delivery_id) if delivery_id else None
    if delivery is None or delivery["inbox_id"] != inbox_id:
        return False
    if status.remark and status.remark != delivery["remark"]:
        delivery.set(remark=status.remark)
        batch.touch_delivery(delivery)
    if status.opted_out:
        _opted_out(batch, delivery, status.reason)
    if part := parts.by_ref(batch, delivery, status.ref):
        return _of_part(batch, delivery, part, status.state, status.reason, retryable=status.retryable)
    if delivery["parts"] > 1 or not climbs(State(delivery["state"]), status.state):
        return False
    _set_state(batch, delivery, status.state, status.reason, retryable=status.retryable)
    return True


def _of_part(
    batch: Batch, delivery: Row, part: Row, state: State, reason: str = "", *, retryable: bool = False
) -> bool:
    """The provider's word on one of a delivery's messages."""
    if not climbs(State(part["state"]), state):
        return False
    part.set(state=state.value, reason=reason)
    if delivery["state"] != State.SENDING:
        _sum_up(batch, delivery, retryable=retryable)
    return True


def _sum_up(batch: Batch, delivery: Row, *, retryable: bool = False) -> None:
    """A delivery of several messages is as far as the least of them; what is missing of it goes on."""
    summed = parts.sum_up(batch, delivery)
    assert summed is not None
    state, reason = summed
    if state is State.QUEUED:
        delivery.set(state=state.value, reason="", next_at=batch.now, settled_at=None)
        delivery.set(deadline_at=max(delivery["deadline_at"], batch.now + DEADLINE))
        batch.touch_delivery(delivery)
    elif state.value != delivery["state"] or reason != delivery["reason"]:
        _set_state(batch, delivery, state, reason, retryable=retryable or state is State.UNCERTAIN)


def raise_to(batch: Batch, delivery: Row, state: State) -> bool:
    """The customer's own word on a delivery; False if it says nothing new."""
    if not climbs(State(delivery["state"]), state):
        return False
    _set_state(batch, delivery, state)
    return True


def came_back(batch: Batch, delivery: Row, ref: str) -> None:
    """The provider showed us this message again: it has it, and later words about `ref` are about this delivery."""
    _note_ref(batch, delivery, ref, refer=True)
    if delivery["parts"] > 1:
        if part := parts.by_ref(batch, delivery, ref) or parts.unnamed(batch, delivery):
            part.set(ref=ref)
            _of_part(batch, delivery, part, State.SENT)
        return
    raise_to(batch, delivery, State.SENT)


def _note_ref(batch: Batch, delivery: Row, ref: str, *, refer: bool) -> None:
    if not ref or delivery["ref"]:
        return
    delivery.set(ref=ref)
    if refer:
        case_id = delivery["options"].get("case_id")
        entry = {"id": delivery["entry_id"], "case_id": UUID(case_id) if case_id else None}
        batch.refer(batch.thread(delivery["thread_id"]), ref, entry)


def _opted_out(batch: Batch, delivery: Row, reason: str) -> None:
    """Kept in the same transaction as the refusal that told us."""
    consent.record(
        batch,
        batch.thread(delivery["thread_id"]),
        batch.desk.inbox(delivery["inbox_id"]),
        Address(delivery["to_kind"], delivery["to_address"]),
        allowed=False,
        source="provider",
        said=reason,
    )


def _set_state(batch: Batch, delivery: Row, state: State, reason: str = "", *, retryable: bool = False) -> None:
    delivery.set(state=state.value, reason=reason, retryable=retryable, settled_at=batch.now)
    if state in (State.READ, State.FAILED):
        delivery.set(continue_at=None)
    batch.touch_delivery(delivery)
    _tell_case(batch, delivery)


_ALSO_FAILED = (
    sa.select(DELIVERY.c.id)
    .join_from(ENTRY, DELIVERY, DELIVERY.c.entry_id == ENTRY.c.id)
    .where(
        ENTRY.c.case_id == sa.bindparam("case", type_=ENTRY.c.case_id.type),
        DELIVERY.c.state == State.FAILED.value,
        # what failed before the latest answer was written was seen, and answered anew
        DELIVERY.c.settled_at
        >= sa.select(sa.func.max(_SAID.c.at))
        .where(_SAID.c.case_id == sa.bindparam("case", type_=ENTRY.c.case_id.type), _SAID.c.direction == "out")
        .scalar_subquery(),
    )
)


def _tell_case(batch: Batch, delivery: Row) -> None:
    """An answer that did not arrive raises its case to the list again, until each such answer has been seen to."""
    case_id = delivery["options"].get("case_id")
    case = batch.cases.get(UUID(case_id)) if case_id else None
    if case is None:
        return
    failed = delivery["state"] == State.FAILED
    if case["failed"] == failed or (case["failed"] and _others_failed(batch, case["id"])):
        return
    case.set(failed=failed)
    if failed and case["status"] in ("waiting", "done"):
        case.set(status="open", done_at=None)
    batch.thread(delivery["thread_id"]).cases[case["id"]] = None


def _others_failed(batch: Batch, case_id: UUID) -> bool:
    """Another delivery of the case still stands failed, whether it is stored so or became so in this very batch."""
    stored = set(batch.conn.scalars(_ALSO_FAILED, {"case": case_id})) - batch.deliveries.keys()
    here = (row for row in batch.deliveries.values() if row["options"].get("case_id") == case_id.hex)
    return bool(stored) or any(row["state"] == State.FAILED for row in here)


class _OfDelivery:
    """A job about one delivery."""

    __slots__ = ()
    delivery_id: UUID

    def wants(self, wants: Wants) -> None:
        wants.deliveries.add(self.delivery_id)


@dataclass(frozen=True, slots=True)
class Begun:
    attempt: int
    pending: tuple[int, ...]
    """Numbers of its messages that are still to be sent."""


@dataclass(frozen=True, slots=True)
class Begin(_OfDelivery):
    """A send starts. After this commit a crash leaves `sending`, which nobody sends again by itself (rule 10)."""

    delivery_id: UUID
    worker: str
    refs: tuple[str | None, ...] = (None,)
    """One for each message that it is on its channel, where the connector chooses it."""

    def run(self, batch: Batch) -> Begun:
        """Raises `Conflict` if it isn't ours to send any more."""
        delivery = batch.delivery(self.delivery_id)
        holder = batch.conn.scalar(sa.select(LANE.c.leased_by).where(LANE.c.id == delivery["lane"]))
        if delivery["state"] != State.QUEUED or holder != self.worker:
            raise Conflict("Somebody else took this delivery.")
        try:
            pending = parts.prepare(batch, delivery, self.refs)
        except Conflict as changed:
            _set_state(batch, delivery, State.FAILED, str(changed))
            return Begun(delivery["attempts"], ())
        delivery.set(state=State.SENDING.value, attempts=delivery["attempts"] + 1, began_at=batch.now)
        batch.touch_delivery(delivery)
        return Begun(delivery["attempts"], pending)


@dataclass(frozen=True, slots=True)
class Accepted(_OfDelivery):
    """The provider has one of the messages: whatever happens now, it isn't sent again."""

    delivery_id: UUID
    n: int
    ref: str

    def run(self, batch: Batch) -> None:
        delivery = batch.delivery(self.delivery_id)
        _accept(batch, delivery, self.n, self.ref)
        sure = {name: value for name, value in delivery["options"].items() if name != "doubt"}
        delivery.set(began_at=batch.now, options=sure)


def _doubt(delivery: Row) -> None:
    delivery.set(options={**delivery["options"], "doubt": True})


def _accept(batch: Batch, delivery: Row, n: int, ref: str) -> None:
    part = parts.nth(batch, delivery, n)
    if ref and not part["ref"]:
        part.set(ref=ref)
    if ref and not delivery["ref"]:
        delivery.set(ref=ref)
    if ref:
        case_id = delivery["options"].get("case_id")
        entry = {"id": delivery["entry_id"], "case_id": UUID(case_id) if case_id else None}
        batch.refer(batch.thread(delivery["thread_id"]), ref, entry)
    if climbs(State(part["state"]), State.SENT) and part["state"] != State.FAILED:
        part.set(state=State.SENT.value, reason="")


@dataclass(frozen=True, slots=True)
class Settle(_OfDelivery):
    """How one attempt ended. `retry_at` puts it back into its lane."""

    delivery_id: UUID
    state: State
    ref: str = ""
    reason: str = ""
    retryable: bool = False
    retry_at: datetime | None = None
    continue_at: datetime | None = None
    refer: bool = False
    """Later messages may point at the entry by this ref."""
    part: int = 0
    """Which of its messages this is about; 0 where it is one."""
    look_at: datetime | None = None
    """When to ask the provider whether it has what is in doubt; until then the lane waits."""
    doubt: bool = False
    """It is tried again although the provider may have it: a later refusal then proves nothing."""
    opted_out: bool = False
    """It failed because the recipient told the provider to stop."""

    def run(self, batch: Batch) -> None:
        delivery = batch.delivery(self.delivery_id)
        if self.look_at:
            if delivery["state"] == State.SENDING:
                delivery.set(reason=self.reason, next_at=self.look_at)
                batch.touch_delivery(delivery)
            return
        if self.doubt:
            _doubt(delivery)
        state, reason = self._outcome(delivery)
        batch.new_attempts.append(
            {
                "delivery_id": self.delivery_id,
                "n": delivery["attempts"],
                "outcome": "retry" if self.retry_at else state.value,
                "reason": reason,
                "ref": self.ref,
                "at": batch.now,
            }
        )
        _note_ref(batch, delivery, self.ref, refer=self.refer)
        if self.opted_out:
            _opted_out(batch, delivery, self.reason)
        current = State(delivery["state"])
        if self.retry_at and current is State.SENDING:
            delivery.set(state=State.QUEUED.value, reason=self.reason, retryable=True, next_at=self.retry_at)
            batch.touch_delivery(delivery)
        elif self.part:
            self._settle_part(batch, delivery, state, reason)
        elif current is State.SENDING and state is State.UNCERTAIN:
            _set_state(batch, delivery, state, reason, retryable=True)
        elif climbs(current, state) and not self._outrun(current):
            _set_state(batch, delivery, state, reason, retryable=self.retryable)
            if self.continue_at and not delivery["options"].get("stays"):
                delivery.set(continue_at=self.continue_at)

    def _outcome(self, delivery: Row) -> tuple[State, str]:
        """A refusal after a try that nobody knows the end of is no proof that nothing arrived."""
        if self.state is State.FAILED and delivery["options"].get("doubt"):
            return State.UNCERTAIN, f"{self.reason.rstrip('.')}. An earlier try may have arrived."
        return self.state, self.reason

    def _settle_part(self, batch: Batch, delivery: Row, state: State, reason: str) -> None:
        """The others are as they were; the delivery is as far as the least of them."""
        part = parts.nth(batch, delivery, self.part)
        if state is State.SENT:
            _accept(batch, delivery, self.part, self.ref)
        elif part["state"] == State.QUEUED:
            part.set(state=state.value, reason=reason)
        if delivery["state"] == State.SENDING:
            _sum_up(batch, delivery, retryable=self.retryable)

    def _outrun(self, current: State) -> bool:
        """The provider took it, and its report of the failure was here before our own note of the taking."""
        return current is State.FAILED and self.state is State.SENT


@dataclass(frozen=True, slots=True)
class Abandoned(_OfDelivery):
    """A lane's lease ran out while something was being sent: whether it arrived, nobody knows."""

    delivery_id: UUID
    again: bool
    """The channel's sends are idempotent: sending again is harmless."""

    def run(self, batch: Batch) -> None:
        delivery = batch.delivery(self.delivery_id)
        if delivery["state"] != State.SENDING:
            return
        if self.again:
            _doubt(delivery)
            delivery.set(state=State.QUEUED.value, next_at=batch.now)
            batch.touch_delivery(delivery)
            return
        parts.doubt(batch, delivery)
        reason = "The hub stopped while this was being sent. It may have arrived."
        _set_state(batch, delivery, State.UNCERTAIN, reason, retryable=True)


@dataclass(frozen=True, slots=True)
class GiveUp(_OfDelivery):
    """It waited beyond its deadline, and nobody could even try."""

    delivery_id: UUID
    reason: str

    def run(self, batch: Batch) -> None:
        delivery = batch.delivery(self.delivery_id)
        if delivery["state"] == State.QUEUED and delivery["deadline_at"] < batch.now:
            _set_state(batch, delivery, State.FAILED, self.reason, retryable=True)


@dataclass(frozen=True, slots=True)
class Retry(_OfDelivery):
    """An agent sends a failed or uncertain delivery again: a new attempt of the same delivery."""

    actor: Actor
    delivery_id: UUID

    def run(self, batch: Batch) -> None:
        delivery = batch.delivery(self.delivery_id)
        if delivery["state"] not in (State.FAILED, State.UNCERTAIN):
            raise Conflict("Only a delivery that failed or is uncertain can be sent again.")
        parts.again(batch, delivery)
        delivery.set(
            state=State.QUEUED.value, reason="", next_at=batch.now, deadline_at=batch.now + DEADLINE, settled_at=None
        )
        batch.touch_delivery(delivery)
        _tell_case(batch, delivery)


@dataclass(frozen=True, slots=True)
class Cancel(_OfDelivery):
    """An agent takes a queued delivery out of its lane."""

    actor: Actor
    delivery_id: UUID

    def run(self, batch: Batch) -> None:
        delivery = batch.delivery(self.delivery_id)
        if delivery["state"] != State.QUEUED:
            raise Conflict("This is already on its way.")
        _set_state(batch, delivery, State.FAILED, f"Cancelled by {self.actor.name}.", retryable=True)


@dataclass(frozen=True, slots=True)
class SettleByHand(_OfDelivery):
    """An agent knows what became of an uncertain delivery."""

    actor: Actor
    delivery_id: UUID
    state: State

    def run(self, batch: Batch) -> None:
        delivery = batch.delivery(self.delivery_id)
        if delivery["state"] != State.UNCERTAIN or self.state not in (State.SENT, State.FAILED):
            raise Conflict("Only an uncertain delivery can be settled by hand, as sent or as failed.")
        if delivery["parts"] > 1:
            parts.known(batch, delivery, self.state)
            _sum_up(batch, delivery, retryable=True)
            return
        _set_state(batch, delivery, self.state, f"Settled by {self.actor.name}.", retryable=self.state is State.FAILED)
