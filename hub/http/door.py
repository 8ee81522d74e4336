"""The listening port, with the time limit that aiohttp lacks: whoever connects must soon say what they want."""

from __future__ import annotations

import asyncio
import socket
from typing import cast

from aiohttp import web

HEAD_TIME_S = 20.0
KEEP_ALIVE_S = 75.0
LINGER_S = 2.0
"""How long what is left of a refused body is read, so that the sender sees the answer before the line ends."""
SHUTDOWN_S = 5.0
END_OF_HEAD = b"\r\n\r\n"


def runner(app: web.Application) -> web.AppRunner:
    """A runner with our limits."""
    return web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=KEEP_ALIVE_S,
        lingering_time=LINGER_S,
        shutdown_timeout=SHUTDOWN_S,
        handler_cancellation=False,
    )


class Door(web.BaseSite):
    """Serves a runner on an open socket."""

    def __init__(self, runner: web.AppRunner, sock: socket.socket, *, backlog: int = 1024) -> None:
        super().__init__(runner, backlog=backlog)
        self._sock = sock

    @property
    def name(self) -> str:
        host, port = self._sock.getsockname()[:2]
        return f"http://{host}:{port}"

    async def start(self) -> None:
        await super().start()
        handlers = self._runner.server
        assert handlers, "the runner is set up before its port is opened"
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: FirstRequest(handlers()), sock=self._sock, backlog=self._backlog
        )


class FirstRequest(asyncio.Protocol):
    """Stands before a connection's handler until the first head is complete, then steps out of the way.

    Between later requests the keep-alive limit holds, which aiohttp has.
    """

    def __init__(self, handler: asyncio.Protocol) -> None:
        self._handler = handler
        self._end = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own are transports by their methods alone
        self._timer = asyncio.get_running_loop().call_later(HEAD_TIME_S, self._transport.abort)
        self._handler.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if END_OF_HEAD in self._end + data:
            self._timer.cancel()
            self._transport.set_protocol(self._handler)
        self._end = (self._end + data)[-3:]
        self._handler.data_received(data)

    def eof_received(self) -> bool | None:
        return self._handler.eof_received()

    def pause_writing(self) -> None:
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        self._handler.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self._timer.cancel()
        self._handler.connection_lost(error)
