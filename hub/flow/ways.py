"""How much may leave by each inbox just now: its places, its breaker, and whose turn it was."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from hub.core import lanes, rests
from hub.db import Database
from hub.flow.breaker import Breaker
from hub.inboxes import Inboxes, Running

log = logging.getLogger(__name__)

PLACES = 16
"""Lanes of one inbox that are served at once: a provider that hangs keeps no others waiting."""
ALL_PLACES = 256


@dataclass(slots=True)
class Way:
    """One inbox's way out in this process."""

    version: int
    breaker: Breaker = field(default_factory=Breaker)
    busy: int = 0
    had_turn: set[str] = field(default_factory=set)
    """Lanes with more to send that let others go first."""
    unnoted: int = 0
    """Changes of the breaker that are on their way into the database."""


class Ways:
    """Looked at before lanes are taken; told how each send ended."""

    def __init__(self, db: Database, inboxes: Inboxes, now: Callable[[], datetime]) -> None:
        self._db, self._inboxes, self._now = db, inboxes, now
        self._ways: dict[UUID, Way] = {}

    def of(self, running: Running) -> Way:
        way = self._ways.get(running.facts.id)
        if way is None:
            way = self._ways[running.facts.id] = Way(running.version)
        return way

    def rooms(self) -> dict[UUID, int]:
        """The inboxes through which something may leave, and how many lanes more each can serve."""
        left, rooms = ALL_PLACES - sum(way.busy for way in self._ways.values()), {}
        for running in self._inboxes.all():
            way = self.of(running)
            room = min(way.breaker.room(self._now(), self._places(running)) - way.busy, left)
            if running.facts.active and room > 0:
                rooms[running.facts.id] = room
        return rooms

    @staticmethod
    def _places(running: Running) -> int:
        """No more lanes than its rate can use wait for their moment."""
        rate = running.facts.capabilities.rate_per_s
        return min(PLACES, max(1, round(rate * 2))) if rate else PLACES

    def open(self, inbox_id: UUID) -> bool:
        """May one that is being served go on?"""
        way, facts = self._ways.get(inbox_id), self._inboxes.facts(inbox_id)
        return bool(way and facts and facts.active and way.breaker.room(self._now(), PLACES))

    def until(self, inbox_id: UUID) -> datetime | None:
        way = self._ways.get(inbox_id)
        return way.breaker.until if way else None

    def began(self, inbox_id: UUID) -> None:
        if way := self._ways.get(inbox_id):
            way.busy += 1

    def ended(self, inbox_id: UUID) -> None:
        if way := self._ways.get(inbox_id):
            way.busy -= 1

    def had_turn(self, inbox_id: UUID, lane: str) -> None:
        """It has more to send, and lets others go first."""
        if way := self._ways.get(inbox_id):
            way.had_turn.add(lane)

    def resting_lanes(self) -> set[str]:
        return set().union(*(way.had_turn for way in self._ways.values()))

    def new_round(self, rooms: dict[UUID, int]) -> bool:
        """Everybody had a turn where there is room left: those with more to send go again. True if there are any."""
        again = [self._ways[inbox_id] for inbox_id in rooms if self._ways[inbox_id].had_turn]
        for way in again:
            way.had_turn.clear()
        return bool(again)

    def take_over(self, resting: dict[UUID, rests.Resting]) -> None:
        """What other processes found out, or this one before its last start."""
        for running in self._inboxes.all():
            inbox_id, way = running.facts.id, self.of(running)
            row = resting.get(inbox_id)
            if way.unnoted or way.breaker.until == (row.until if row else None):
                continue
            if row:
                way.breaker.adopt(row.until, row.since, row.reason, row.failures)
            else:
                way.breaker.adopt(None, None, "", 0)

    async def failed(self, inbox_id: UUID, lane: str, reason: str, retry_after: float | None = None) -> None:
        way = self._ways[inbox_id]
        if way.breaker.failed(self._now(), lane, reason, retry_after):
            log.warning("inbox %s rests until %s: %s", inbox_id, way.breaker.until, reason)
            await self._note(inbox_id, way)

    async def answered(self, inbox_id: UUID) -> None:
        way = self._ways[inbox_id]
        if way.breaker.answered():
            log.info("inbox %s works again", inbox_id)
            await self._note(inbox_id, way)
            await self._bring_forward(inbox_id)

    async def renewed(self) -> None:
        """After a change of settings: whatever was found out of an inbox with the old ones holds no longer."""
        for running in self._inboxes.all():
            way = self.of(running)
            if way.version != running.version:
                way.version = running.version
                rested = way.breaker.answered()
                if rested:
                    await self._note(running.facts.id, way)
                if running.facts.active:
                    await self._bring_forward(running.facts.id)

    async def _bring_forward(self, inbox_id: UUID) -> None:
        now = self._now()
        await self._db.write(lambda conn: lanes.bring_forward(conn, inbox_id, now))

    async def _note(self, inbox_id: UUID, way: Way) -> None:
        breaker = way.breaker
        values = (breaker.until, breaker.since, breaker.reason, breaker.times)
        way.unnoted += 1
        try:
            await self._db.write(lambda conn: rests.note(conn, inbox_id, *values))
        finally:
            way.unnoted -= 1
