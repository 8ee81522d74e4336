"""Ends the hub again and again while others write to it: at fail points, and at moments that chance picks."""

import asyncio
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tests.support.hub import Hub

INBOUND_POINTS = ("after_receive", "before_commit", "after_commit", "before_ack")
OUTBOUND_POINTS = ("after_provider_accept",)
LATEST_PASSAGE = dict.fromkeys(INBOUND_POINTS, 12) | dict.fromkeys(OUTBOUND_POINTS, 3)
"""A point that few pass has to be met early."""
NOT_REACHED_AFTER_S = 75


@dataclass
class Kills:
    """How the hub ended, and how long it took to answer again."""

    at: Counter[str] = field(default_factory=Counter)
    not_reached: Counter[str] = field(default_factory=Counter)
    ready_after: list[float] = field(default_factory=list)


class Reaper:
    """Holds the hub's life in its hands from its first start to the one that nothing ends any more."""

    def __init__(self, hub: Hub, seed: int, lives: tuple[float, float] = (0.02, 1.5)) -> None:
        """`lives` is how many seconds it has between a start and a random kill, at least and at most."""
        self.kills = Kills()
        self.done = asyncio.Event()
        self._hub, self._lives = hub, lives
        self._chance = random.Random(seed)

    async def reap(self, points: Sequence[str], at_random: int) -> None:
        """One start for each of `points` and each random kill, in mixed order; then a last start that lives."""
        ends = [*points, *[""] * at_random]
        self._chance.shuffle(ends)
        # a death while sending leaves its lanes leased, and until that runs out hardly anything passes these points
        ends.sort(key=lambda end: end not in OUTBOUND_POINTS)
        for end in ends:
            await (self._at_point(end) if end else self._at_random())
        self.done.set()
        await self._start()

    async def _at_point(self, point: str) -> None:
        passage = self._chance.randint(1, LATEST_PASSAGE[point])
        await self._start(ONETHREAD_FAIL_AT=f"{point}:{passage}")
        try:
            code = await asyncio.to_thread(self._hub.wait_for_end, NOT_REACHED_AFTER_S)
        except subprocess.TimeoutExpired:
            self.kills.not_reached[point] += 1
            await asyncio.to_thread(self._hub.kill)
            return
        assert code == -signal.SIGKILL, f"the hub ended with {code} by itself:\n{self._hub.log[-4000:]}"
        self.kills.at[point] += 1

    async def _at_random(self) -> None:
        await self._start()
        await asyncio.sleep(self._chance.uniform(*self._lives))
        await asyncio.to_thread(self._hub.kill)
        self.kills.at["random"] += 1

    async def _start(self, **env: str) -> None:
        started = time.monotonic()
        with suppress(RuntimeError):  # it may meet its fail point before it answers that it is up
            await asyncio.to_thread(lambda: self._hub.start(**env))
            self.kills.ready_after.append(time.monotonic() - started)
