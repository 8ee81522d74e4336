"""A delivery of several messages: each has its own state and ref, and the delivery is as far as the least of them."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from hub.contract import State
from hub.core.batch import Batch
from hub.core.errors import Conflict
from hub.core.states import Row
from hub.models import new_id
from hub.models.tables import PART

RANK = {State.QUEUED: 0, State.SENDING: 1, State.SENT: 2, State.DELIVERED: 3, State.READ: 4}
TAKEN = (State.SENT, State.DELIVERED, State.READ)


def of(batch: Batch, delivery: Row) -> list[Row]:
    """In order; none where the delivery is one message."""
    if delivery["parts"] < 2:
        return []
    return sorted((row for row in batch.parts.values() if row["delivery_id"] == delivery["id"]), key=lambda r: r["n"])


def nth(batch: Batch, delivery: Row, n: int) -> Row:
    return of(batch, delivery)[n - 1]


def by_ref(batch: Batch, delivery: Row, ref: str) -> Row | None:
    """By the provider's name for it, or by our key."""
    there = of(batch, delivery)
    n = batch.desk.part_of_key(ref) if there and batch.desk.delivery_of_key(ref) == delivery["id"] else 0
    return next((part for part in there if part["ref"] == ref or part["n"] == n), None)


def prepare(batch: Batch, delivery: Row, refs: tuple[str | None, ...]) -> tuple[int, ...]:
    """The numbers of the messages that are still to be sent. `refs` are those that the connector chooses."""
    there = of(batch, delivery)
    if len(there) == len(refs) or len(refs) == delivery["parts"] == 1:
        return tuple(part["n"] for part in there if part["state"] == State.QUEUED) if there else (1,)
    if any(part["state"] in TAKEN for part in there):
        raise Conflict("The channel's limits changed while this was on its way: send what is missing as a new message.")
    if there:
        _forget(batch, delivery["id"])
    delivery.set(parts=len(refs))
    if len(refs) > 1:
        for n, ref in enumerate(refs, 1):
            id_ = new_id()
            row = {"id": id_, "delivery_id": delivery["id"], "inbox_id": delivery["inbox_id"], "n": n,
                   "state": State.QUEUED.value, "reason": "", "ref": ref}  # fmt: skip
            batch.parts[id_] = Row(row, new=True)
    return tuple(range(1, len(refs) + 1))


def _forget(batch: Batch, delivery_id: UUID) -> None:
    """Cut anew: nothing of the old cut has left."""
    batch.conn.execute(sa.delete(PART).where(PART.c.delivery_id == delivery_id))
    for id_ in [id_ for id_, row in batch.parts.items() if row["delivery_id"] == delivery_id]:
        del batch.parts[id_]


def again(batch: Batch, delivery: Row) -> None:
    """Those that didn't arrive, or may not have, are to be sent once more."""
    for part in of(batch, delivery):
        if part["state"] in (State.FAILED, State.UNCERTAIN):
            part.set(state=State.QUEUED.value, reason="")


def known(batch: Batch, delivery: Row, state: State) -> None:
    """Somebody knows what became of the one in doubt."""
    for part in of(batch, delivery):
        if part["state"] == State.UNCERTAIN:
            part.set(state=state.value)


def unnamed(batch: Batch, delivery: Row) -> Row | None:
    """The first that the provider has given no name yet."""
    return next((part for part in of(batch, delivery) if not part["ref"] and part["state"] not in TAKEN), None)


def doubt(batch: Batch, delivery: Row) -> None:
    """The first that isn't known to be taken may have been on its way."""
    pending = next((part for part in of(batch, delivery) if part["state"] == State.QUEUED), None)
    if pending:
        pending.set(state=State.UNCERTAIN.value)


def sum_up(batch: Batch, delivery: Row) -> tuple[State, str] | None:
    """What the messages say of their delivery, and why; None for one that is a single message."""
    there = of(batch, delivery)
    if not there:
        return None
    for bad in (State.FAILED, State.UNCERTAIN):
        for part in there:
            if part["state"] == bad:
                reason = f": {part['reason']}" if part["reason"] else "."
                return bad, f"Message {part['n']} of {len(there)}{reason}"
    return min((State(part["state"]) for part in there), key=RANK.__getitem__), ""
