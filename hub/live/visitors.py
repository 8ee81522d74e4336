"""Visitors' sockets. What they say goes through the hub's ordinary intake; what they see is `hub.core.read.public`.

Nothing is stored of a visitor before their first message. Who they are, their connector says.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any
from uuid import UUID

import socketio
from aiohttp import web
from sqlalchemy import Connection

from hub.contract import Address, Converses, Proof, TooLarge, Unavailable, Unverified
from hub.core import chatlink, claims, reading
from hub.core.read import public, visitors
from hub.db import DatabaseGone
from hub.live.fanout import Rooms, cut, request_of
from hub.live.limits import Limits, Meter, is_loopback
from hub.live.presence import Presence
from hub.live.publish import VISITOR, Publisher, visitors_room
from hub.live.said import Said, Wrong, read_claims, read_said
from hub.live.seats import Seat, admit, refusal
from hub.live.typing import Typing
from hub.models import utcnow
from hub.runtime import Hub

log = logging.getLogger(__name__)

AWAY = "The chat can't be reached. Your message is sent when it is back."
BROKEN = "Something went wrong here. Try again in a moment."


class Visitors(socketio.AsyncNamespace):  # type: ignore[misc]
    def __init__(
        self, hub: Hub, rooms: Rooms, presence: Presence, publisher: Publisher, typing: Typing, limits: Limits
    ) -> None:
        super().__init__(VISITOR)
        self._hub = hub
        self._rooms = rooms
        self._presence = presence
        self._publisher = publisher
        self._typing = typing
        self._limits = limits
        self._url = public.file_url(hub.keys)
        self._says = Meter(limits.says)
        self._says_by_ip = Meter(limits.says_by_ip)
        self._welcomes: set[asyncio.Task[None]] = set()
        self.seats: dict[str, Seat] = {}

    async def trigger_event(self, event: str, *args: Any) -> Any:
        handlers = {
            "say": self.say,
            "typing": self.typing,
            "got": self.got,
            "read": self.read,
            "changes": self.changes,
            "before": self.before,
            "claim": self.claim,
        }
        if event == "connect":
            return await self.enter(args[0], request_of(args[1]), args[2] if len(args) > 2 else None)
        if event == "disconnect":
            return await self.leave(args[0])
        seat, given = self.seats.get(args[0]), args[1] if len(args) > 1 and isinstance(args[1], dict) else {}
        if event not in handlers or seat is None:
            return {"ok": False, "error": "This is not something a chat can ask for.", "retry": False}
        try:
            return await handlers[event](seat, given)
        except (DatabaseGone, Unavailable):
            return {"ok": False, "error": AWAY, "retry": True}
        except Wrong as error:
            return {"ok": False, "error": str(error), "retry": False}
        except Exception:
            log.exception("The chat's %s failed", event)
            return {"ok": False, "error": BROKEN, "retry": True}

    # --- coming and going ---

    async def enter(self, sid: str, request: web.Request, hello: Any) -> None:
        seat = admit(self._hub, sid, request, hello if isinstance(hello, dict) else {})
        try:
            await self._recognise([seat])
        except DatabaseGone:
            raise refusal("The chat can't be reached. It is tried again in a moment.") from None
        self._publisher.channels.add(seat.channel)
        self.seats[sid] = seat
        welcome = asyncio.create_task(self._welcome(seat))
        self._welcomes.add(welcome)
        welcome.add_done_callback(self._welcomes.discard)

    async def leave(self, sid: str) -> None:
        seat = self.seats.pop(sid, None)
        if seat is None:
            return
        if seat.known:
            self._presence.left(seat.known.thread_id, sid)

    async def _recognise(self, seats: list[Seat]) -> None:
        """Whose thread it is, for seats whose visitor said something before or was invited."""
        found = await self._hub.db.read(lambda conn: visitors.known(conn, {seat.address for seat in seats}))
        for seat in seats:
            if known := found.get(seat.address):
                await self._sit(seat, known)

    async def _sit(self, seat: Seat, known: visitors.Known) -> None:
        if seat.known is not None or not self._connected(seat):
            seat.known = seat.known or known
            return
        seat.known = known
        if known.proven and not seat.visitor.proof.verified:
            seat.visitor = replace(seat.visitor, proof=Proof.TOKEN, history=True)
        await self._rooms.enter_room(seat.sid, VISITOR, visitors_room(seat.sight(known)))
        self._presence.visitor_came(known.thread_id, seat.sid)

    def _connected(self, seat: Seat) -> bool:
        """False once the socket has gone, which may be while a message of its was being stored."""
        return self._rooms.eio_sid_from_sid(seat.sid, VISITOR) is not None

    async def _welcome(self, seat: Seat) -> None:
        """After the connection's own answer is out: some clients drop what comes before it."""
        known = seat.known
        try:
            shown, agent, email = await self._hub.db.read(lambda conn: self._first_sight(conn, seat))
        except DatabaseGone:
            # the whole connection ends, not the namespace alone: the client comes again by itself
            if eio_sid := self._rooms.eio_sid_from_sid(seat.sid, VISITOR):
                cut(self.server, eio_sid)
            return
        await self._rooms.emit(
            "ready",
            {
                "visitor": seat.live.visitor_token(seat.address),
                "rev": shown.rev,
                "entries": shown.entries,
                "more_before": shown.more_before,
                "config": self.config(seat.live),
                "agent": agent,
                "email": email or any(claim.kind == "email" for claim in seat.visitor.claims),
                "known": known is not None,
            },
            VISITOR,
            seat.sid,
        )

    def _first_sight(self, conn: Connection, seat: Seat) -> tuple[public.PublicChanges, dict[str, Any] | None, bool]:
        known = seat.known
        if known is None:
            return public.PublicChanges(0, []), None, False
        return (
            public.latest(conn, seat.sight(known), self._url),
            visitors.answering(conn, known.thread_id),
            visitors.has_email(conn, known.customer_id),
        )

    def config(self, connector: Converses) -> dict[str, Any]:
        return {**connector.public_config(), "online": self._presence.staffed}

    # --- what they do ---

    async def say(self, seat: Seat, given: dict[str, Any]) -> dict[str, Any]:
        said = read_said(given, seat.connector.capabilities)
        if not (self._says.take(seat.address) and (is_loopback(seat.ip) or self._says_by_ip.take(seat.ip))):
            return {"ok": False, "error": "You are writing very fast. Wait a few seconds.", "retry": True}
        async with seat.turn:  # one visitor's messages are stored in the order in which they came
            return await self._say(seat, said)

    async def _say(self, seat: Seat, said: Said) -> dict[str, Any]:
        if self._hub.inboxes.get(seat.inbox_id) is None:
            raise Wrong("This chat is closed. Write to us another way, please.")
        message = await self._hub.db.read(lambda conn: self._message(conn, seat, said))
        visitor = seat.visitor
        if seat.known and seat.known.name:
            visitor = replace(visitor, address=replace(visitor.address, name=seat.known.name))
        raw = seat.live.raw(visitor, message, utcnow())
        try:
            await self._hub.intake(seat.inbox_id, raw)
        except TooLarge as error:
            raise Wrong(str(error)) from error
        except Unverified as error:
            raise Wrong("This chat has ended. Load the page again.") from error
        if seat.known is None:
            # the same visitor's other tabs have a thread now, too
            await self._recognise([other for other in self.seats.values() if other.address == seat.address])
        entry = await self._hub.db.read(lambda conn: self._stored(conn, seat, said)) if seat.known else None
        if entry is None:
            raise Wrong("This message could not be taken. It was kept for the team to look at.")
        return {"ok": True, "entry": entry, "visitor": seat.live.visitor_token(seat.address)}

    def _message(self, conn: Connection, seat: Seat, said: Said) -> dict[str, Any]:
        """What the connector makes an envelope of; files are named by where their bytes lie already."""
        files = visitors.uploads(conn, seat.address, said.attachments)
        if len(files) != len(said.attachments):
            raise Wrong("A file is no longer there. Attach it again.")
        case_id = chatlink.case_of(conn, seat.address) if seat.visitor.proof.verified else None
        typed = {claim.kind: claim.value for claim in seat.claims} | {"name": seat.name} | said.claims
        return {
            "client_key": said.client_key,
            "text": said.text,
            "page": said.page,
            "claims": {kind: value for kind, value in typed.items() if value},
            "files": [{**file, "ref": f"sha256:{file['sha256']}:{file['size']}"} for file in files],
            "tokens": [self._hub.desk.case_token(case_id)] if case_id else [],
        }

    def _stored(self, conn: Connection, seat: Seat, said: Said) -> public.PublicEntry | None:
        assert seat.known is not None
        ref = f"{seat.address}:{said.client_key}"
        return public.by_ref(conn, seat.sight(seat.known), seat.inbox_id.hex, ref, self._url)

    async def typing(self, seat: Seat, given: dict[str, Any]) -> dict[str, Any]:
        if seat.known and seat.connector.capabilities.typing:
            known = seat.known
            await self._typing.customer(
                known.thread_id, known.customer_id, known.name, seat.channel, on=given.get("on") is True
            )
        return {"ok": True}

    async def got(self, seat: Seat, given: dict[str, Any]) -> dict[str, Any]:
        """The device holds everything up to this `rev`: a socket that took the bytes says no such thing."""
        rev = _count(given.get("rev"))
        if seat.known:
            thread_id = seat.known.thread_id
            job = await self._hub.db.read(lambda conn: reading.held_up_to(conn, thread_id, seat.channel, rev))
            if job:
                await self._hub.writer.submit(job)
        return {"ok": True}

    async def read(self, seat: Seat, given: dict[str, Any]) -> dict[str, Any]:
        rev = _count(given.get("rev"))
        if seat.known is None:
            return {"ok": True}
        thread_id = seat.known.thread_id
        job = await self._hub.db.read(lambda conn: reading.shown_up_to(conn, thread_id, seat.channel, rev))
        if job and (job.refs or job.seq > seat.read_seq):
            await self._hub.writer.submit(job)
            seat.read_seq = job.seq
        return {"ok": True}

    async def changes(self, seat: Seat, given: dict[str, Any]) -> Any:
        after = _count(given.get("after"))
        if seat.known is None:
            return public.PublicChanges(0, [])
        sight = seat.sight(seat.known)
        return await self._hub.db.read(lambda conn: public.changed(conn, sight, after, self._url))

    async def before(self, seat: Seat, given: dict[str, Any]) -> Any:
        held = given.get("id")
        try:
            entry_id = UUID(held) if isinstance(held, str) else None
        except ValueError:
            entry_id = None
        if seat.known is None or entry_id is None:
            return public.PublicChanges(0, [])
        sight = seat.sight(seat.known)
        return await self._hub.db.read(lambda conn: public.latest(conn, sight, self._url, before=entry_id))

    async def claim(self, seat: Seat, given: dict[str, Any]) -> dict[str, Any]:
        typed = read_claims(given)
        addresses = tuple(Address(kind, value) for kind, value in typed.items() if kind != "name")
        if seat.known is None:
            seat.claims, seat.name = addresses or seat.claims, typed.get("name", seat.name)
            return {"ok": True}
        customer_id = seat.known.customer_id
        await self._hub.db.write(
            lambda conn: claims.keep(conn, customer_id, addresses, typed.get("name", ""), utcnow())
        )
        return {"ok": True}

    # --- from time to time ---

    async def check(self) -> None:
        """A socket that was lost while it was being let in gets no goodbye from the library."""
        for sid in [sid for sid in self.seats if not self._alive(sid)]:
            await self.leave(sid)
            await self._rooms.disconnect(sid, VISITOR)
        await self._lead_on()

    async def _lead_on(self) -> None:
        """Threads that were merged have no news: whoever sits there comes again by itself, and is recognised anew."""
        seats = {sid: seat.known for sid, seat in self.seats.items() if seat.known}
        threads = {known.thread_id for known in seats.values()}
        gone = await self._hub.db.read(lambda conn: visitors.merged(conn, threads)) if threads else set()
        for sid, known in seats.items():
            eio_sid = self._rooms.eio_sid_from_sid(sid, VISITOR)
            if known.thread_id in gone and eio_sid:
                cut(self.server, eio_sid)

    def _alive(self, sid: str) -> bool:
        here: bool = self.server.alive(self._rooms.eio_sid_from_sid(sid, VISITOR))
        return here

    async def revs(self) -> None:
        """Tell everybody how far their thread is; who has none yet may have got one through another process."""
        if waiting := [seat for seat in self.seats.values() if seat.known is None]:
            await self._recognise(waiting)
        threads = {seat.known.thread_id for seat in self.seats.values() if seat.known}
        if not threads:
            return
        revs = await self._hub.db.read(lambda conn: public.public_revs(conn, threads))
        for thread_id in threads:
            for proven in (True, False):
                for channel in self._publisher.channels:
                    room = visitors_room(public.Sight(thread_id, proven, channel))
                    await self._rooms.emit("rev", {"rev": revs.get(thread_id, 0)}, VISITOR, room)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else 0
