"""What a commit changed, shown on the screens that watch it: at most one read for all, one encoding for each room.

A room gets bodies because everybody in it may read them; the list room gets ids, and each client fetches through the
access function. Visitors' rooms get what `hub.core.read.public` can say, which no note or event is.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hub.core.changes import Change
from hub.core.read import entries, public
from hub.db import Database, DatabaseGone
from hub.live.bus import Bus
from hub.live.fanout import Rooms
from hub.live.ringing import Ringing

log = logging.getLogger(__name__)

AGENT, VISITOR = "/agent", "/visitor"
LIST = "list"
LIST_REST_S = 0.05


def agents_room(thread_id: UUID) -> str:
    return f"thread:{thread_id}"


def visitors_room(sight: public.Sight) -> str:
    """Visitors who see different amounts of one thread don't share a room."""
    return f"{'proven' if sight.proven else 'own'}:{sight.channel}:{sight.thread_id}"


@dataclass(slots=True)
class _Shown:
    """What one thread's rooms are about to get."""

    change: Change
    agents: list[dict[str, Any]]
    visitors: dict[public.Sight, list[public.PublicEntry]]


class Publisher:
    """Called with the changes of each commit, batches in order; also with what other processes committed."""

    def __init__(self, db: Database, rooms: Rooms, bus: Bus, file_url: public.FileUrl) -> None:
        self._db = db
        self._rooms = rooms
        self._bus = bus
        self._file_url = file_url
        self._turn = asyncio.Lock()
        self._to_list: list[Change] = []
        self._listing: asyncio.Task[None] | None = None
        self._ringing = Ringing(rooms)
        self.channels: set[str] = set()
        """Of the live inboxes that visitors came through."""

    async def publish(self, changes: Sequence[Change]) -> None:
        """Show what this process committed, here and elsewhere. Never raises for a database that is away."""
        if changes:
            self._bus.send({"changes": [_pack(change) for change in changes]})
            await self.show(changes)

    async def hear(self, packed: list[Any]) -> None:
        """Show what another process committed."""
        await self.show([_unpack(row) for row in packed])

    async def show(self, changes: Sequence[Change]) -> None:
        async with self._turn:  # a thread's changes go out in the order in which they come
            watched = [change for change in changes if self._watching(change)]
            unread = {change.thread_id for change in watched if not self._is_known(change)}
            for change in watched:
                if change.thread_id not in unread:
                    await self._emit(_Shown(change, entries.just_heard(change.heard), {}))
            self._list(changes)
            await self._rings({change.thread_id for change in changes if change.calls})
            if not unread:
                return
            to_read = [change for change in watched if change.thread_id in unread]
            try:
                shown = await self._db.read(lambda conn: self._read(conn, to_read))
            except DatabaseGone:
                return log.warning("Changes could not be read for the screens; they are told again within 20 s")
            for item in shown:
                await self._emit(item)

    def _is_known(self, change: Change) -> bool:
        """All that its rooms shall see came with it."""
        return bool(change.heard) and not self._sights(change)

    async def _rings(self, threads: set[UUID]) -> None:
        if not threads:
            return
        try:
            told = await self._db.read(lambda conn: self._ringing.read(conn, threads))
        except DatabaseGone:
            return log.warning("Ringing calls could not be read; screens ask for them when they come back")
        await self._ringing.tell(told)

    def _list(self, changes: Sequence[Change]) -> None:
        """At once, and then what comes meanwhile together: every agent's list hears of every thread."""
        if not self._rooms.watched(AGENT, LIST):
            return
        self._to_list.extend(changes)
        if self._listing is None or self._listing.done():
            self._listing = asyncio.create_task(self._tell_list())

    async def _tell_list(self) -> None:
        while self._to_list:
            changes, self._to_list = self._to_list, []
            cases = dict.fromkeys(case for change in changes for case in change.cases)
            revs: dict[UUID, int] = {}
            for change in changes:
                revs[change.thread_id] = max(change.rev, revs.get(change.thread_id, 0))
            threads = [{"thread": thread_id, "rev": rev} for thread_id, rev in revs.items()]
            await self._rooms.emit("cases", {"cases": list(cases), "threads": threads}, AGENT, LIST)
            await asyncio.sleep(LIST_REST_S)

    def _sights(self, change: Change) -> list[public.Sight]:
        """The visitors of a thread that somebody of is here."""
        if not change.public:
            return []
        possible = (public.Sight(change.thread_id, proven, ch) for ch in self.channels for proven in (True, False))
        return [sight for sight in possible if self._rooms.watched(VISITOR, visitors_room(sight))]

    def _watching(self, change: Change) -> bool:
        return self._rooms.watched(AGENT, agents_room(change.thread_id)) or bool(self._sights(change))

    def _read(self, conn: Connection, changes: Iterable[Change]) -> list[_Shown]:
        for_agents = [c for c in changes if self._rooms.watched(AGENT, agents_room(c.thread_id))]
        bodies: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        if ids := [id_ for change in for_agents for id_ in change.entries]:
            for row in entries.by_ids(conn, ids):
                bodies[row["thread_id"]].append(row)
        sights = {change.thread_id: self._sights(change) for change in changes}
        everybody = [sight for found in sights.values() for sight in found]
        ids = [id_ for change in changes if sights[change.thread_id] for id_ in change.entries]
        said = public.these(conn, ids, everybody, self._file_url) if everybody else {}
        return [_Shown(c, bodies[c.thread_id], {s: said[s] for s in sights[c.thread_id]}) for c in changes]

    async def _emit(self, shown: _Shown) -> None:
        change = shown.change
        message = {
            "thread": change.thread_id,
            "since": change.since,
            "rev": change.rev,
            "entries": shown.agents,
            "cases": change.cases,
        }
        await self._rooms.emit("thread", message, AGENT, agents_room(change.thread_id))
        for sight, said in shown.visitors.items():
            told = {"since": change.public_since, "rev": change.public_rev, "entries": said}
            await self._rooms.emit("entries", told, VISITOR, visitors_room(sight))


def _pack(change: Change) -> list[Any]:
    return [
        change.thread_id.hex,
        change.rev,
        change.public_rev,
        [id_.hex for id_ in change.entries],
        [id_.hex for id_ in change.cases],
        change.public,
        change.since,
        change.public_since,
        change.calls,
    ]


def _unpack(row: list[Any]) -> Change:
    thread, rev, public_rev, entry_ids, cases, is_public, since, public_since, calls = row
    return Change(
        UUID(thread),
        rev,
        public_rev,
        tuple(map(UUID, entry_ids)),
        tuple(map(UUID, cases)),
        is_public,
        since=since,
        public_since=public_since,
        calls=calls,
    )
