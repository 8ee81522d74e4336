"""A Socket.IO client small enough to measure with: Engine.IO 4 over WebSocket, one namespace, JSON only."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import aiohttp
import orjson

Heard = Callable[[str, Any], None]

PING, PONG, CONNECT, EVENT, ACK, REFUSED = "2", "3", "40", "42", "43", "44"


class ConnectRefused(Exception):
    """The server would not let this client into the namespace; carries what it said."""


class Socket:
    """`heard` is called with every event's name and value, on the loop, in order."""

    def __init__(self, stream: aiohttp.ClientWebSocketResponse, namespace: str, heard: Heard) -> None:
        self._stream = stream
        self._heard = heard
        self._prefix = "" if namespace == "/" else f"{namespace},"
        self._acks: dict[int, asyncio.Future[Any]] = {}
        self._calls = 0
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def connect(
        cls,
        session: aiohttp.ClientSession,
        url: str,
        *,
        namespace: str = "/",
        auth: Any = None,
        headers: dict[str, str] | None = None,
        heard: Heard = lambda _event, _value: None,
    ) -> "Socket":
        address = f"{url}/socket.io/?EIO=4&transport=websocket"
        stream = await session.ws_connect(address, headers=headers, compress=0, max_msg_size=0)
        socket = cls(stream, namespace, heard)
        try:
            await socket._enter(auth)
        except BaseException:
            await stream.close()
            raise
        socket._reading = asyncio.create_task(socket._read())
        return socket

    @property
    def closed(self) -> bool:
        return self._reading is None or self._reading.done()

    async def call(self, event: str, value: Any, within: float = 10) -> Any:
        """Send an event and wait for its acknowledgement. Raises `ConnectionError` when the line drops first."""
        self._calls += 1
        number, answered = self._calls, asyncio.get_running_loop().create_future()
        self._acks[number] = answered
        try:
            await self._stream.send_str(f"{EVENT}{self._prefix}{number}{orjson.dumps([event, value]).decode()}")
            return await asyncio.wait_for(answered, within)
        finally:
            self._acks.pop(number, None)

    async def close(self) -> None:
        if self._reading:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading
        await self._stream.close()

    async def _enter(self, auth: Any) -> None:
        await self._stream.receive_str()
        await self._stream.send_str(f"{CONNECT}{self._prefix}{orjson.dumps(auth or {}).decode()}")
        while not (said := await self._stream.receive_str()).startswith(CONNECT):
            if said.startswith(REFUSED):
                raise ConnectRefused(said.removeprefix(REFUSED + self._prefix))
            await self._answer(said)

    async def _read(self) -> None:
        try:
            async for message in self._stream:
                await self._answer(message.data)
        finally:
            for answered in self._acks.values():
                if not answered.done():
                    answered.set_exception(ConnectionError("the socket closed before the answer came"))

    async def _answer(self, packet: str) -> None:
        if packet == PING:
            await self._stream.send_str(PONG)
            return
        kind, body = packet[:2], packet[2:].removeprefix(self._prefix)
        digits = len(body) - len(body.lstrip("0123456789"))
        if kind == EVENT:
            event, *values = orjson.loads(body[digits:])
            self._heard(event, values[0] if values else None)
        elif kind == ACK and (answered := self._acks.get(int(body[:digits]))) and not answered.done():
            values = orjson.loads(body[digits:])
            answered.set_result(values[0] if values else None)
