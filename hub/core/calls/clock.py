"""What the clock says of a call when nobody else does: telephones that ring for ever, callers whom nobody answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from hub.contract import Ended
from hub.core.batch import Batch
from hub.core.calls.follow import end, follow
from hub.core.calls.legs import NO_KEY, NOBODY_SAID, end_leg, hang_up
from hub.core.calls.states import ANSWERS, PARTING, SILENT, reason_of, silent_at
from hub.core.states import Row, Wants

LONGEST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Tick:
    """True where the provider should be asked: it has been silent about a conversation for hours."""

    call_id: UUID

    def wants(self, wants: Wants) -> None:
        wants.calls.add(self.call_id)

    def run(self, batch: Batch) -> bool:
        call = batch.calls.call(self.call_id)
        if call["next_at"] is None or call["next_at"] > batch.now:
            return False
        legs = [leg for leg in batch.calls.legs_of[call["id"]] if leg["state"] != "ended"]
        gone = [leg for leg in legs if self._given_up(batch, call, leg)]
        if call["path"] in PARTING and not gone:
            reason, detail = reason_of(call, batch.calls.legs_of[call["id"]], by_us=True)
            end(batch, call, reason, detail)
        talking = bool(call["answered_at"]) and call["path"] in ("room", "consent")
        silent = talking and not (gone or call["drop_text"] or call["transfer"])
        if silent and batch.now - call["answered_at"] > LONGEST:
            end(batch, call, "failed", NOBODY_SAID, call["answered_at"])
        follow(batch, call)
        return silent and call["ended_at"] is None

    @staticmethod
    def _given_up(batch: Batch, call: Row, leg: Row) -> bool:
        if leg["state"] == "active":
            late = leg["role"] != "customer" and not leg["joined_at"]
            if not late or (leg["answered_at"] or leg["created_at"]) + ANSWERS + SILENT > batch.now:
                return False
            hang_up(batch, call, leg)
            end_leg(batch, leg, Ended.NO_ANSWER, NO_KEY)
            return True
        if silent_at(leg) > batch.now:
            return False
        hang_up(batch, call, leg)
        end_leg(batch, leg, Ended.NO_ANSWER, NOBODY_SAID)
        return True
