"""What every handler is given: who asks, and the hub's parts. Nothing about HTTP leaves this package through it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from aiohttp import web
from sqlalchemy import Connection

from hub.core.access import Right, Viewer, require
from hub.core.desk import InboxFacts
from hub.core.sessions import COOKIE, SESSION_LIFE, SignedIn
from hub.http.bodies import read_body
from hub.http.errors import HttpProblem
from hub.runtime import Hub, client_address

P = ParamSpec("P")
T = TypeVar("T")

__all__ = ["COOKIE", "Admit", "Ask"]


@dataclass
class Ask:
    """One request. `me` is there on every route that needs a right."""

    request: web.Request
    hub: Hub
    signed: SignedIn | None = None
    led_on: bool = False
    """The thread that was asked for became another one."""
    _cookie: str | None = field(default=None, repr=False)

    @property
    def me(self) -> Viewer:
        if self.signed is None:
            raise HttpProblem(401, "Sign in first, or send an API token.")
        return self.signed.viewer

    @property
    def ip(self) -> str:
        return client_address(self.request)

    @property
    def user_agent(self) -> str:
        return self.request.headers.get("User-Agent", "")[:300]

    async def read(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.hub.db.read(lambda conn: fn(conn, *args, **kwargs))

    async def write(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.hub.db.write(lambda conn: fn(conn, *args, **kwargs))

    async def allow(self, right: Right, thread_id: UUID) -> None:
        """Ask the access function before a verb runs. Raises `NotFound` or `Forbidden`."""
        await self.read(require, self.me, right, thread_id)

    @property
    def inboxes(self) -> list[InboxFacts]:
        return self.hub.desk.inboxes()

    async def submit(self, job: Any) -> Any:
        return await self.hub.writer.submit(job)

    async def body(self, limit: int) -> bytes:
        return await read_body(self.request, limit)

    def keep_session(self, secret: str) -> None:
        self._cookie = secret

    def drop_session(self) -> None:
        self._cookie = ""

    def finish(self, response: web.Response) -> web.Response:
        """Put the session's cookie on the answer, if this request began or ended one."""
        if self._cookie is not None:
            response.set_cookie(
                COOKIE,
                self._cookie,
                max_age=int(SESSION_LIFE.total_seconds()) if self._cookie else 0,
                path="/",
                httponly=True,
                samesite="Lax",
                secure=self.hub.config.address.startswith("https:"),
            )
        return response


Admit = Callable[[web.Request, Right | None], Awaitable[Ask]]
