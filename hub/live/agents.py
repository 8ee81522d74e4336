"""Agents' sockets: a session or a token opens them, the access function alone lets them into a thread's room."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import socketio
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError

from hub.core import access, merge, sessions, watch
from hub.core.access import Right, Viewer
from hub.core.read import threads as read_threads
from hub.db import DatabaseGone
from hub.live.fanout import Rooms, request_of
from hub.live.limits import Limits
from hub.live.presence import Presence
from hub.live.publish import AGENT, LIST, agents_room
from hub.live.ringing import own_room
from hub.live.typing import Typing
from hub.runtime import Hub

log = logging.getLogger(__name__)

TRY_AGAIN = "The database can't be reached. It is tried again in a moment."


@dataclass(slots=True)
class Desk:
    """One agent's socket."""

    session_id: UUID
    token: bool
    viewer: Viewer
    threads: dict[UUID, None] = field(default_factory=dict)


class Agents(socketio.AsyncNamespace):  # type: ignore[misc]
    def __init__(self, hub: Hub, rooms: Rooms, presence: Presence, typing: Typing, limits: Limits) -> None:
        super().__init__(AGENT)
        self._hub = hub
        self._rooms = rooms
        self._presence = presence
        self._typing = typing
        self._limits = limits
        self.desks: dict[str, Desk] = {}

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Only what is named here can be asked for; a handler's failure is an answer, never a dead connection."""
        handlers = {"open": self.open, "close": self.close, "typing": self.typing}
        if event == "connect":
            return await self.enter(args[0], request_of(args[1]))
        if event == "disconnect":
            return await self.leave(args[0])
        sid, given = args[0], args[1] if len(args) > 1 and isinstance(args[1], dict) else {}
        if event not in handlers or sid not in self.desks:
            return {"ok": False, "error": "This is not something a console can ask for."}
        try:
            return await handlers[event](sid, given)
        except DatabaseGone:
            return {"ok": False, "error": TRY_AGAIN}
        except Exception:
            log.exception("The socket's %s failed", event)
            return {"ok": False, "error": "Something went wrong here; the log says what."}

    async def enter(self, sid: str, request: web.Request) -> None:
        signed = await self._signed_in(request)
        if signed is None or signed.session_id is None or Right.READ not in signed.viewer.rights:
            raise ConnectionRefusedError("Sign in again.", {"code": "signed_out"})
        by_token = "Authorization" in request.headers
        self.desks[sid] = Desk(signed.session_id, by_token, signed.viewer)
        self._count()
        await self._rooms.enter_room(sid, AGENT, LIST)
        await self._rooms.enter_room(sid, AGENT, own_room(signed.viewer.id))

    async def leave(self, sid: str) -> None:
        desk = self.desks.pop(sid, None)
        self._count()
        for thread_id in desk.threads if desk else ():
            self._presence.left(thread_id, sid)

    def _count(self) -> None:
        at_work = {desk.viewer.id for desk in self.desks.values() if Right.WORK in desk.viewer.rights}
        self._presence.staffed_by(at_work, len(self.desks))

    async def open(self, sid: str, given: dict[str, Any]) -> dict[str, Any]:
        desk, named = self.desks[sid], thread_of(given)
        refused = {"ok": False, "error": "This thread doesn't exist, or you have no access to it."}
        db = self._hub.db
        if named is None:
            return refused
        thread_id = await db.read(lambda conn: merge.survivor(conn, named)) or named
        if not await db.read(lambda conn: access.may(conn, desk.viewer, Right.READ, thread_id)):
            return refused
        if len(desk.threads) >= self._limits.threads and thread_id not in desk.threads:
            await self._close(sid, desk, next(iter(desk.threads)))
        if sid not in self.desks:  # gone meanwhile
            return refused
        await self._rooms.enter_room(sid, AGENT, agents_room(thread_id))
        desk.threads[thread_id] = None
        self._presence.agent_came(thread_id, sid, (str(desk.viewer.id), desk.viewer.name))
        # read after joining: what commits in between is told, or counted here
        revs = await db.read(lambda conn: read_threads.revs(conn, [thread_id]))
        return {"ok": True, "rev": revs.get(thread_id, 0), "thread": thread_id}

    async def close(self, sid: str, given: dict[str, Any]) -> dict[str, Any]:
        thread_id = thread_of(given)
        if thread_id is not None:
            await self._close(sid, self.desks[sid], thread_id)
        return {"ok": True}

    async def typing(self, sid: str, given: dict[str, Any]) -> dict[str, Any]:
        desk, thread_id = self.desks[sid], thread_of(given)
        if thread_id in desk.threads and Right.WORK in desk.viewer.rights:
            on, note = given.get("on") is True, given.get("note") is not False
            await self._typing.agent(thread_id, desk.viewer, on=on, note=note, skip=sid)
            if not note:
                self._hub.signs.typing(thread_id, on=on)
        return {"ok": True}

    async def check(self) -> None:
        """Put out whoever's session ended or right was lost; run every few seconds."""
        for sid in [sid for sid in self.desks if not self.server.alive(self._rooms.eio_sid_from_sid(sid, AGENT))]:
            await self.leave(sid)  # lost while it was being let in: the library says no goodbye
            await self._rooms.disconnect(sid, AGENT)
        if not self.desks:
            return
        desks = dict(self.desks)
        held = {(desk.session_id, desk.token) for desk in desks.values()}
        viewers = await self._hub.db.read(lambda conn: watch.still(conn, held))
        for sid, desk in desks.items():
            viewer = viewers.get(desk.session_id)
            if viewer is None or Right.READ not in viewer.rights:
                await self._put_out(sid)
            else:
                desk.viewer = viewer
        await self._leave_what_is_lost()

    async def _leave_what_is_lost(self) -> None:
        open_by: dict[Viewer, set[UUID]] = {}
        for desk in self.desks.values():
            open_by.setdefault(desk.viewer, set()).update(desk.threads)
        if not any(open_by.values()):
            return
        may_read = await self._hub.db.read(
            lambda conn: {viewer: access.readable(conn, viewer, ids) for viewer, ids in open_by.items() if ids}
        )
        for sid, desk in dict(self.desks).items():
            for thread_id in set(desk.threads) - may_read.get(desk.viewer, set(desk.threads)):
                await self._close(sid, desk, thread_id)

    async def revs(self) -> None:
        """Tell each socket how far its open threads are, so that a lost last message is noticed."""
        threads = {thread_id for desk in self.desks.values() for thread_id in desk.threads}
        if not threads:
            return
        revs = await self._hub.db.read(lambda conn: read_threads.revs(conn, threads))
        for sid, desk in list(self.desks.items()):
            told = [{"thread": t, "rev": revs[t]} for t in desk.threads if t in revs]
            if told:
                await self._rooms.emit("revs", {"threads": told}, AGENT, sid)

    async def _close(self, sid: str, desk: Desk, thread_id: UUID) -> None:
        if thread_id in desk.threads:
            del desk.threads[thread_id]
            await self._rooms.leave_room(sid, AGENT, agents_room(thread_id))
            self._presence.left(thread_id, sid)

    async def _put_out(self, sid: str) -> None:
        await self._rooms.emit("signed_out", {"reason": "Your session has ended. Sign in again."}, AGENT, sid)
        await self.disconnect(sid)

    async def _signed_in(self, request: web.Request) -> sessions.SignedIn | None:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        cookie = request.cookies.get(sessions.COOKIE, "")
        if not bearer and not own_origin(request, self._hub.config.address):
            return None
        try:
            return await self._hub.db.read(
                lambda conn: sessions.by_token(conn, bearer) if bearer else sessions.by_cookie(conn, cookie)
            )
        except DatabaseGone:
            raise ConnectionRefusedError(TRY_AGAIN) from None


def thread_of(given: dict[str, Any]) -> UUID | None:
    """Only a plain UUID names a thread: no pattern, list or object gets as far as a query."""
    value = given.get("thread")
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def own_origin(request: web.Request, address: str) -> bool:
    """A browser on another site may not use the cookie that comes along; what is no browser sends no Origin."""
    origin = request.headers.get("Origin")
    # hosts alone are compared: behind a proxy that speaks TLS, our own scheme is another than the browser's
    return origin is None or (urlsplit(origin).netloc or None) in (request.host, urlsplit(address).netloc)
