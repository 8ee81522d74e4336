"""Tells agents that a call rings for them, and when it doesn't any more, on all their screens.

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


def own_room(agent_id: UUID | str) -> str:
    """What is for one agent alone."""
    return f"agent:{agent_id}"


class Ringing:
    """What the calls of some threads mean for the agents of this process."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def read(self, conn: Connection, threads: Iterable[UUID]) -> list[tuple[str, str, dict[str, Any]]]:
        """Event, room and message."""
        rung = calls.rung(conn, threads)
        here = [(row, UUID(hex=agent)) for row in rung for agent in row.rung]
        here = [(row, agent) for row, agent in here if self._rooms.watched(AGENT, own_room(agent))]
        if not here:
            return []
        ringing = {row.id for row, agent in here if calls.rings_for(row.rung, agent) and row.ended_at is None}
        shown = {item["call"]["id"]: item for item in calls.shown_ringing(conn, ringing)}
        told: list[tuple[str, str, dict[str, Any]]] = []
        for row, agent in here:
            if row.id in shown and calls.rings_for(row.rung, agent):
                item = {**shown[row.id], "mine": True, "why": calls.why(row.rung, agent)}
                told.append(("ringing", own_room(agent), item))
            else:
                over = {"call": row.id, "thread": row.thread_id, "by": row.agent_name or "", "agent_id": row.agent_id}
                told.append(("ringing_over", own_room(agent), over))
        return told

    async def tell(self, told: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
        for event, room, message in told:
            await self._rooms.emit(event, message, AGENT, room)
