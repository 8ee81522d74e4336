"""Who is writing, passed on and forgotten. An agent's note is never told to the customer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hub.core.access import Viewer
from hub.core.read.public import Sight
from hub.live.bus import Bus
from hub.live.fanout import Rooms
from hub.live.publish import AGENT, VISITOR, Publisher, agents_room, visitors_room


class Typing:
    def __init__(self, rooms: Rooms, bus: Bus, publisher: Publisher) -> None:
        self._rooms = rooms
        self._bus = bus
        self._publisher = publisher

    async def agent(self, thread_id: UUID, viewer: Viewer, *, on: bool, note: bool, skip: str) -> None:
        """Other agents always see it; the customer only while a reply is being written."""
        who = {"kind": "agent", "id": str(viewer.id), "name": viewer.name}
        await self._tell({"thread": str(thread_id), "who": who, "on": on, "channel": ""}, not note, skip)

    async def customer(self, thread_id: UUID, customer_id: UUID, name: str, channel: str, *, on: bool) -> None:
        who = {"kind": "customer", "id": str(customer_id), "name": name or "Visitor"}
        await self._tell({"thread": str(thread_id), "who": who, "on": on, "channel": channel}, False, "")

    async def hear(self, told: dict[str, Any]) -> None:
        """The same from another process."""
        await self._show(told["typing"], told["public"], "")

    async def _tell(self, message: dict[str, Any], to_customer: bool, skip: str) -> None:
        self._bus.send({"typing": message, "public": to_customer})
        await self._show(message, to_customer, skip)

    async def _show(self, message: dict[str, Any], to_customer: bool, skip: str) -> None:
        thread_id = UUID(message["thread"])
        await self._rooms.emit("typing", message, AGENT, agents_room(thread_id), skip_sid=skip)
        if not to_customer:
            return
        for channel in self._publisher.channels:
            for proven in (True, False):
                room = visitors_room(Sight(thread_id, proven, channel))
                await self._rooms.emit("typing", {"on": message["on"], "name": message["who"]["name"]}, VISITOR, room)
