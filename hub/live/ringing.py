"""Tells agents that a call rings for them, when it doesn't any more, and how their own goes on, on all their screens.

Said with every change of a ringing call, so that one lost message is made good by the next; `GET /api/calls/ringing`
has the same for a screen that just opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hub.core.read import calls
from hub.live.fanout import Rooms

AGENT = "/agent"
Message = tuple[str, str, dict[str, Any]]
"""Event, room and what is said."""


def own_room(agent_id: UUID | str) -> str:
    """What is for one agent alone."""
    return f"agent:{agent_id}"


class Ringing:
    """What the calls of some threads mean for the agents of this process."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def read(self, conn: Connection, threads: Iterable[UUID]) -> list[Message]:
        """What is to be told, and to whom; nothing where nobody concerned is in this process."""
        found = calls.concerns(conn, threads)
        rung = [(row, UUID(hex=agent)) for row in found for agent in row.rung or ()]
        rung = [(row, agent) for row, agent in rung if self._here(agent)]
        return [*self._own(conn, found), *self._rung(conn, rung)]

    def _here(self, agent: UUID) -> bool:
        return bool(self._rooms.watched(AGENT, own_room(agent)))

    def _own(self, conn: Connection, found: list[Any]) -> list[Message]:
        """The call bar follows its own call in whatever thread is open."""
        ids = [row.id for row in found if row.agent_id and self._here(row.agent_id)]
        shown = calls.by_ids(conn, ids) if ids else []
        return [("call", own_room(call["agent_id"]), {"call": call}) for call in shown]

    @staticmethod
    def _rung(conn: Connection, rung: list[tuple[Any, UUID]]) -> list[Message]:
        ringing = {row.id for row, agent in rung if calls.rings_for(row.rung, agent) and row.ended_at is None}
        shown = {item["call"]["id"]: item for item in calls.shown_ringing(conn, ringing)}
        told: list[Message] = []
        for row, agent in rung:
            if row.id in shown and calls.rings_for(row.rung, agent):
                item = {**shown[row.id], "mine": True, "why": calls.why(row.rung, agent)}
                told.append(("ringing", own_room(agent), item))
            else:
                over = {"call": row.id, "thread": row.thread_id, "by": row.agent_name or "", "agent_id": row.agent_id}
                told.append(("ringing_over", own_room(agent), over))
        return told

    async def tell(self, told: Iterable[Message]) -> None:
        for event, room, message in told:
            await self._rooms.emit(event, message, AGENT, room)
