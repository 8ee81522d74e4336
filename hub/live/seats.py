"""One visitor's socket, and whether it may be one at all: its connector and its page's origin decide."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiohttp import web
from socketio.exceptions import ConnectionRefusedError

from hub.contract import Address, Connector, Converses, Unverified, Visitor
from hub.core.read import public, visitors
from hub.live.agents import own_origin
from hub.runtime import Hub, client_address


@dataclass(slots=True)
class Seat:
    """One visitor's socket."""

    sid: str
    inbox_id: UUID
    connector: Connector[Any]
    visitor: Visitor
    channel: str
    ip: str
    known: visitors.Known | None = None
    claims: tuple[Address, ...] = ()
    """Typed before the first message; kept here until there is somebody to keep them for."""
    name: str = ""
    read_seq: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def address(self) -> str:
        return self.visitor.address.value

    @property
    def live(self) -> Converses:
        assert isinstance(self.connector, Converses)
        return self.connector

    def sight(self, known: visitors.Known) -> public.Sight:
        return public.Sight(known.thread_id, known.proven or self.visitor.history, self.channel)


def admit(hub: Hub, sid: str, request: web.Request, hello: dict[str, Any]) -> Seat:
    """Raises the refusal that the client shows."""
    try:
        inbox_id = UUID(hello["inbox"]) if isinstance(hello.get("inbox"), str) else None
    except ValueError:
        inbox_id = None
    connector = hub.inboxes.get(inbox_id) if inbox_id else None
    if inbox_id is None or not isinstance(connector, Converses):
        raise refusal("This chat doesn't exist any more.")
    origin = request.headers.get("Origin", "")
    if own_origin(request, hub.config.address):
        origin = ""  # our own page: which sites may show it, its frame policy says
    try:
        visitor = connector.admit(hello, origin)
    except Unverified as error:
        raise refusal(str(error), _blame(connector, hello, origin)) from None
    return Seat(sid, inbox_id, connector, visitor, connector.capabilities.channel, client_address(request))


def refusal(message: str, code: str = "") -> ConnectionRefusedError:
    return ConnectionRefusedError(message, *([{"code": code}] if code else []))


def _blame(connector: Converses, hello: dict[str, Any], origin: str) -> str:
    """Was it the token, the identity, or where the page stands? The app forgets only what is to blame."""
    try:
        connector.admit({}, origin)
    except Unverified:
        return ""
    return "identity" if hello.get("identity") else "token"
