"""python-socketio with changes: rooms are encoded once, slow screens are cut, a flood hurts only its own socket."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import Any

import engineio.packet
import orjson
import socketio
import socketio.packet
from aiohttp import web
from engineio.async_drivers.aiohttp import WebSocket

from hub.live.limits import Limits, Meter, is_loopback
from hub.runtime import client_address

log = logging.getLogger(__name__)
quiet = logging.getLogger(f"{__name__}.protocol")
quiet.setLevel(logging.CRITICAL)  # the libraries log a trace for every packet of rubbish that somebody sends


GOODBYE_S = 2
DIGITS = frozenset("0123456789")
"""Every packet in text begins with one, its type."""


class Json:
    """orjson with the interface that the library asks for; times end in Z, as the API writes them."""

    @staticmethod
    def dumps(value: Any, **_options: Any) -> str:
        # asyncpg has a UUID of its own, which orjson takes for something unknown
        return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z).decode()

    @staticmethod
    def loads(text: str | bytes, **_options: Any) -> Any:
        return orjson.loads(text)


class _Encoded(engineio.packet.Packet):  # type: ignore[misc]
    """A packet for many sockets, encoded at most once for each transport."""

    def __init__(self, data: str) -> None:
        super().__init__(engineio.packet.MESSAGE, data)
        self._ready: dict[bool, str] = {}

    def encode(self, b64: bool = False) -> str:
        if b64 not in self._ready:
            self._ready[b64] = super().encode(b64)
        return self._ready[b64]


class _Line(WebSocket):  # type: ignore[misc]
    """Ends as a broken line does where no packet can be read: the library would fail with a trace for the log."""

    async def wait(self) -> str | bytes:
        data: str | bytes = await super().wait()
        if isinstance(data, str) and data[:1] not in DIGITS:
            raise OSError("this is no packet")
        return data


class Rooms(socketio.AsyncManager):  # type: ignore[misc]
    """Who is in which room of this process."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits

    def watched(self, namespace: str, room: str) -> bool:
        return room in self.rooms.get(namespace, ())

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: str | None = None,
        skip_sid: str | None = None,
        callback: Any = None,
        to: str | None = None,
        **_options: Any,
    ) -> None:
        """One encoding for everybody in the room, and no task for each. Acknowledged emits aren't used here."""
        target = to or room
        if target is None or not self.watched(namespace, target):
            return
        encoded = self.server.packet_class(socketio.packet.EVENT, namespace=namespace, data=[event, data]).encode()
        packet = _Encoded(encoded)
        for sid, eio_sid in list(self.get_participants(namespace, target)):
            if sid != skip_sid:
                self._hand_over(eio_sid, packet)

    def _hand_over(self, eio_sid: str, packet: _Encoded) -> None:
        socket = self.server.eio.sockets.get(eio_sid)
        if socket is None or socket.closed or socket.closing:
            return
        if socket.queue.qsize() >= self._limits.waiting:
            log.info("A screen doesn't keep up and is cut; it loads afresh when it comes back")
            cut(self.server, eio_sid)
        else:
            socket.queue.put_nowait(packet)


class Server(socketio.AsyncServer):  # type: ignore[misc]
    """Counts connections and packets before they are looked into, and ends a connection that sends rubbish."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(
            client_manager=Rooms(limits),
            async_mode="aiohttp",
            json=Json,
            logger=quiet,
            engineio_logger=quiet,
            # origins are checked where a namespace is entered: each inbox has its own list
            cors_allowed_origins=[],
            max_http_buffer_size=limits.frame_bytes,
            ping_interval=25,
            ping_timeout=20,
        )
        self.eio._async = {**self.eio._async, "websocket": _Line}
        self._limits = limits
        self._frames = Meter(limits.frames)
        self._since: dict[str, tuple[str, float]] = {}
        """By connection: whence and when it came."""
        self._by_ip: Counter[str] = Counter()

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> bool | None:
        ip = client_address(request_of(environ))
        if self._by_ip[ip] >= self._limits.sockets_by_ip and not is_loopback(ip):
            return False
        self._by_ip[ip] += 1
        self._since[eio_sid] = ip, time.monotonic()
        await super()._handle_eio_connect(eio_sid, environ)
        return None

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        if not self._frames.take(eio_sid):
            return cut(self, eio_sid)
        if not isinstance(data, str):  # nobody here speaks binary
            return cut(self, eio_sid)
        try:
            await super()._handle_eio_message(eio_sid, data)
        except Exception as error:
            log.info("A socket sent what can't be read: %s", type(error).__name__)
            cut(self, eio_sid)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        self._frames.forget(eio_sid)
        if came := self._since.pop(eio_sid, None):
            ip, _ = came
            self._by_ip[ip] -= 1
            if not self._by_ip[ip]:
                del self._by_ip[ip]
        await super()._handle_eio_disconnect(eio_sid, reason)

    def alive(self, eio_sid: str | None) -> bool:
        return eio_sid in self._since

    def cut_idle(self) -> None:
        """Connections that never said what for, or were refused and stayed."""
        late = time.monotonic() - self._limits.idle_s
        entered = {eio_sid for rooms in self.manager.rooms.values() for eio_sid in rooms.get(None, {}).values()}
        for eio_sid, (_, since) in list(self._since.items()):
            if since < late and eio_sid not in entered:
                cut(self, eio_sid)

    async def close_all(self) -> None:
        """Tell every client to turn elsewhere; who doesn't take the goodbye in time is cut."""
        goodbyes = [asyncio.create_task(self.eio.disconnect(eio_sid)) for eio_sid in list(self._since)]
        if goodbyes:
            await asyncio.wait(goodbyes, timeout=GOODBYE_S)
        for eio_sid in list(self._since):
            cut(self, eio_sid)


def request_of(environ: dict[str, Any]) -> web.Request:
    request: web.Request = environ["aiohttp.request"]
    return request


def cut(server: socketio.AsyncServer, eio_sid: str) -> None:
    """End the connection below the protocol: a client that doesn't read wouldn't see a polite goodbye either."""
    environ = server.environ.get(eio_sid)
    transport = request_of(environ).transport if environ else None
    if transport is not None:
        transport.abort()
    server.start_background_task(server.eio.disconnect, eio_sid)
