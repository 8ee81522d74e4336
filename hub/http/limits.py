"""How often something may be tried. Counts slide out by themselves, so nobody is ever locked out for good."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from hub.http.errors import HttpProblem

MOST_KEYS = 100_000


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries in so many seconds."""

    name: str
    tries: int
    seconds: float


class Tries(Protocol):
    """Counts tries; in this process, or in Redis for several."""

    async def add(self, limit: Limit, who: str) -> float:
        """Note one more try; returns 0, or in how many seconds the next one is allowed."""
        ...

    async def forget(self, limit: Limit, who: str) -> None: ...


@dataclass
class InMemory:
    """Exact sliding windows; the least used names go first when there are very many."""

    now: Callable[[], float] = time.monotonic
    _seen: OrderedDict[tuple[str, str], deque[float]] = field(default_factory=OrderedDict)

    async def add(self, limit: Limit, who: str) -> float:
        now = self.now()
        tries = self._seen.setdefault((limit.name, who), deque())
        self._seen.move_to_end((limit.name, who))
        while tries and tries[0] <= now - limit.seconds:
            tries.popleft()
        if len(tries) >= limit.tries:
            return tries[0] + limit.seconds - now
        tries.append(now)
        if len(self._seen) > MOST_KEYS:
            self._seen.popitem(last=False)
        return 0

    async def forget(self, limit: Limit, who: str) -> None:
        self._seen.pop((limit.name, who), None)


async def spend(tries: Tries, limit: Limit, who: str) -> None:
    """Raises a 429 that says when to come back."""
    wait = await tries.add(limit, who)
    if wait > 0:
        seconds = max(1, round(wait + 0.5))
        words = f"{seconds} seconds" if seconds < 90 else f"{round(seconds / 60)} minutes"
        raise HttpProblem(429, f"Too many tries. Wait {words}, then try again.", headers={"Retry-After": str(seconds)})
