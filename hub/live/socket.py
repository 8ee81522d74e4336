"""Puts the sockets into an application: the server, its two namespaces, and what they do from time to time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

from aiohttp import web

from hub.core.read import public, recent
from hub.db import DatabaseGone
from hub.live.agents import Agents
from hub.live.bus import Alone, Bus
from hub.live.fanout import Rooms, Server
from hub.live.limits import Limits
from hub.live.presence import Presence
from hub.live.publish import AGENT, LIST, Publisher, agents_room
from hub.live.typing import Typing
from hub.live.visitors import Visitors
from hub.runtime import Hub

log = logging.getLogger(__name__)

REVS_EVERY_S = 20.0
CHECK_EVERY_S = 3.0
"""A lost right or session has left its rooms within five seconds."""


def _bus(redis_url: str) -> Bus:
    if not redis_url:
        return Alone()
    from hub.live.redis_bus import RedisBus

    return RedisBus(redis_url, uuid4().hex)


class Live:
    """The sockets of one process."""

    def __init__(self, hub: Hub, limits: Limits, *, revs_every: float, check_every: float) -> None:
        self._hub = hub
        self._every = {self.revs: revs_every, self.check: check_every}
        self.server = Server(limits)
        self.rooms: Rooms = self.server.manager
        self.bus = _bus(hub.config.redis_url)
        self.publisher = Publisher(hub.db, self.rooms, self.bus, public.file_url(hub.keys))
        self.presence = hub.presence if isinstance(hub.presence, Presence) else Presence()
        self.presence.tell(self._came_or_went)
        self.presence.tell_staff(lambda: self.bus.send(self.presence.report(())))
        self._typing = Typing(self.rooms, self.bus, self.publisher)
        self.agents = Agents(hub, self.rooms, self.presence, self._typing, limits)
        self.visitors = Visitors(hub, self.rooms, self.presence, self.publisher, self._typing, limits)
        self.server.register_namespace(self.agents)
        self.server.register_namespace(self.visitors)
        self._moved: set[UUID] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self.bus.start(self._hear, self._healed)
        self._tasks = [asyncio.create_task(self._repeat(work, every)) for work, every in self._every.items()]

    async def stop(self) -> None:
        """Close every socket, so that clients turn to another process at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.bus.stop()
        await self.server.close_all()
        await self.server.shutdown()

    async def inboxes_changed(self) -> None:
        """An inbox was paused, mended, added or removed: consoles fetch the list again."""
        await self.rooms.emit("inboxes", {}, AGENT, LIST)

    # --- what is done from time to time ---

    async def revs(self) -> None:
        for thread_id in self.presence.expire():
            await self._tell_presence(thread_id)
        self.bus.send(self.presence.report())
        await self.agents.revs()
        await self.visitors.revs()

    async def check(self) -> None:
        self.server.cut_idle()
        await self.visitors.check()
        await self.agents.check()

    async def _repeat(self, work: Callable[[], Awaitable[None]], every: float) -> None:
        away = False
        while True:
            await asyncio.sleep(every)
            try:
                await work()
                away = False
            except DatabaseGone:
                if not away:
                    log.warning("The database can't be reached; open screens wait for it")
                away = True
            except Exception:
                log.exception("Looking after the sockets failed")

    # --- between processes ---

    async def _hear(self, process: str, message: dict[str, Any]) -> None:
        if "changes" in message:
            await self.publisher.hear(message["changes"])
        elif "typing" in message:
            await self._typing.hear(message)
        elif "here" in message:
            for thread_id in self.presence.hear(process, message):
                await self._tell_presence(thread_id)

    async def _healed(self, away_s: float) -> None:
        """Redis is back: tell open threads how far they are, and the lists what happened meanwhile elsewhere."""
        try:
            await self.revs()
            if self.rooms.watched(AGENT, LIST):
                touched = await self._hub.db.read(lambda conn: recent.touched(conn, away_s))
                await self.rooms.emit("cases", touched, AGENT, LIST)
        except DatabaseGone:
            log.warning("The database can't be reached; open screens wait for it")

    # --- presence ---

    def _came_or_went(self, thread_id: UUID) -> None:
        """Told once per turn of the loop, however many came and went in it."""
        if not self._moved:
            asyncio.get_running_loop().call_soon(self._tell_moved)
        self._moved.add(thread_id)

    def _tell_moved(self) -> None:
        moved, self._moved = self._moved, set()
        self.bus.send(self.presence.report(moved))
        self.server.start_background_task(self._tell_presences, moved)

    async def _tell_presences(self, threads: set[UUID]) -> None:
        for thread_id in threads:
            await self._tell_presence(thread_id)

    async def _tell_presence(self, thread_id: UUID) -> None:
        await self.rooms.emit("presence", self.presence.shape(thread_id), AGENT, agents_room(thread_id))


LIVE = web.AppKey("live", Live)


def attach(
    app: web.Application,
    hub: Hub,
    *,
    limits: Limits | None = None,
    revs_every: float = REVS_EVERY_S,
    check_every: float = CHECK_EVERY_S,
) -> Live:
    """Add the sockets to an application that has not started yet; they live and end with it."""
    live = Live(hub, limits or Limits(), revs_every=revs_every, check_every=check_every)
    live.server.attach(app)

    async def run(_app: web.Application) -> AsyncIterator[None]:
        await live.start()
        yield

    async def end(_app: web.Application) -> None:
        await live.stop()

    app[LIVE] = live
    app.cleanup_ctx.append(run)
    app.on_shutdown.append(end)
    return live
