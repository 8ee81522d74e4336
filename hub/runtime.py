"""What the edges are given: the parts of one running hub. `hub.app` builds it, nobody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import aiohttp
from aiohttp import web

from hub.blobs import Blobs
from hub.config import Config
from hub.contract import Answer, Raw
from hub.core.changes import Change
from hub.core.desk import Desk
from hub.core.receive import Receipt
from hub.db import Database
from hub.inboxes import Inboxes
from hub.secrets import Keys
from hub.writer import Writer


class IntakePort(Protocol):
    """The one way in: webhooks, the mail listener and the chat socket all call it."""

    async def __call__(self, inbox_id: UUID, raw: Raw) -> Answer | None:
        """Verify, store, commit. Raises `UnknownInbox`, `Unverified`, `TooLarge` or `DatabaseGone`."""

    async def receive(self, inbox_id: UUID, raw: Raw) -> tuple[Answer | None, Receipt]:
        """The same, with what became of it."""

    async def replay(self, envelope_id: UUID) -> Receipt:
        """Read a stored envelope again. Raises `NotFound`."""

    async def close(self) -> None:
        """Finish what is being read."""


class PresencePort(Protocol):
    """Who is looking right now, as the sockets know it."""

    def visitor_online(self, thread_id: UUID) -> bool:
        """Has the thread's customer a live conversation open?"""

    @property
    def staffed(self) -> bool:
        """Has any agent a console open?"""

    def online(self) -> set[UUID]:
        """Agents who have a console open, in any process."""


class SignsPort(Protocol):
    """Small signs for the customer on channels that have them: best effort, and nobody waits for them."""

    def typing(self, thread_id: UUID, *, on: bool) -> None:
        """Somebody is writing an answer."""

    def read(self, thread_id: UUID) -> None:
        """Somebody has read what the customer wrote."""


@dataclass(frozen=True)
class Hub:
    """One process of a hub."""

    config: Config
    db: Database
    writer: Writer[Change]
    blobs: Blobs
    keys: Keys
    desk: Desk
    inboxes: Inboxes
    intake: IntakePort
    http: aiohttp.ClientSession
    now: Callable[[], datetime]
    nudge: Callable[[], None]
    """Something may be due: let the background loops look now instead of at their next turn."""
    presence: PresencePort
    signs: SignsPort

    def visitor_online(self, thread_id: UUID) -> bool:
        return self.presence.visitor_online(thread_id)


HUB = web.AppKey("hub", Hub)
Publish = Callable[[list[Change]], Awaitable[None]]


def client_address(request: web.Request) -> str:
    """Who really asks: as many entries of X-Forwarded-For are believed as proxies of ours stand before us."""
    proxies = request.app[HUB].config.trusted_proxies
    named = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(named) >= proxies:
        return named[-proxies][:64]
    return request.remote or ""
