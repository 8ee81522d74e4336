"""A provider that fails again and again is left alone for a while, so that nothing waits in line for an answer."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

IN_A_ROW = 5
LANES = 3
"""Failures of fewer customers than this say more about these than about the provider (a full mailbox)."""
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0


class Breaker:
    """One inbox's. Closed all may go; open nothing; when the pause is over one message tries whether it is."""

    def __init__(self) -> None:
        self.until: datetime | None = None
        self.since: datetime | None = None
        self.reason = ""
        self.times = 0
        """How often in a row it opened: each time the pause is longer."""
        self._failures = 0
        self._lanes: set[str] = set()

    def room(self, now: datetime, most: int) -> int:
        """How many may be on their way at once."""
        if self.until is None:
            return most
        return 0 if now < self.until else 1

    def failed(self, now: datetime, lane: str, reason: str, retry_after: float | None) -> bool:
        """The provider failed to answer, or said when to come back. True if the inbox rests because of that."""
        if retry_after:
            return self._rest(now, now + timedelta(seconds=retry_after), reason)
        if self.until is not None and now < self.until:
            return False  # it began before the pause did
        self._failures += 1
        self._lanes.add(lane)
        if self.until is None and (self._failures < IN_A_ROW or len(self._lanes) < LANES):
            return False
        self.times += 1
        pause = min(FIRST_PAUSE_S * 2 ** (self.times - 1), LONGEST_PAUSE_S) * random.uniform(0.8, 1.2)
        return self._rest(now, now + timedelta(seconds=pause), reason)

    def _rest(self, now: datetime, until: datetime, reason: str) -> bool:
        if self.until is not None and until <= self.until:
            return False
        self.until, self.since, self.reason = until, self.since or now, reason
        return True

    def answered(self) -> bool:
        """The provider works, whatever it thought of the message. True if the inbox rested until now."""
        rested = self.until is not None
        self.adopt(None, None, "", 0)
        return rested

    def adopt(self, until: datetime | None, since: datetime | None, reason: str, times: int) -> None:
        """Take over what another process found out."""
        self.until, self.since, self.reason, self.times = until, since, reason, times
        self._failures = 0
        self._lanes.clear()
