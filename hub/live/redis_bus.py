"""The bus of several processes, in Redis pub/sub: loaded only where there is a Redis.

No body goes through here. Each process reads what its own screens watch, once per batch, so that a change nobody
watches costs one small message.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from hub.live.bus import Healed, Receive

log = logging.getLogger(__name__)

CHANNEL = "onethread:live"
WAITING = 2_000
"""Messages kept while Redis is slow; more are dropped, since screens heal by `rev`."""
AWAY = (RedisError, OSError, TimeoutError)


class RedisBus:
    """One channel for all processes; each drops its own echo."""

    def __init__(self, url: str, process: str) -> None:
        self._redis = Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3)
        self._listener = Redis.from_url(url, socket_connect_timeout=3, socket_timeout=None, health_check_interval=5)
        self._process = process
        self._outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue(WAITING)
        self._tasks: list[asyncio.Task[None]] = []
        self._away_since: float | None = None

    def send(self, message: dict[str, Any]) -> None:
        with suppress(asyncio.QueueFull):
            self._outbox.put_nowait(message)

    async def start(self, receive: Receive, healed: Healed) -> None:
        self._tasks = [
            asyncio.create_task(self._sending(), name="bus-send"),
            asyncio.create_task(self._listening(receive, healed), name="bus-listen"),
        ]

    async def stop(self) -> None:
        pending = set(self._tasks)
        while pending:
            for task in pending:
                task.cancel()
            # a line that breaks while it is being closed raises its own error in place of the cancellation: ask again
            _, pending = await asyncio.wait(pending, timeout=1)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(*AWAY):
            await self._redis.aclose()
        with suppress(*AWAY):
            await self._listener.aclose()

    async def _sending(self) -> None:
        while True:
            messages = [await self._outbox.get()]
            while not self._outbox.empty() and len(messages) < 100:
                messages.append(self._outbox.get_nowait())
            with suppress(*AWAY):  # the listener notices and says so
                await self._redis.publish(CHANNEL, orjson.dumps({"from": self._process, "messages": messages}))

    async def _listening(self, receive: Receive, healed: Healed) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with self._listener.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    if self._away_since is not None:
                        log.warning("Redis is back; other processes' changes reach the screens at once again")
                        await healed(loop.time() - self._away_since)
                        self._away_since = None
                    await self._take(pubsub, receive)
            except AWAY as error:
                if self._away_since is None:
                    log.warning("Redis can't be reached (%s); screens of other processes are told within 20 s", error)
                    self._away_since = loop.time()
                await asyncio.sleep(0.5)

    async def _take(self, pubsub: Any, receive: Receive) -> None:
        while True:
            # the time-out makes the client check the line, so that a silent loss is noticed
            got = await pubsub.get_message(ignore_subscribe_messages=True, timeout=5)
            if got is None:
                continue
            try:
                heard = orjson.loads(got["data"])
                process, messages = heard["from"], heard["messages"]
            except (ValueError, LookupError, TypeError):
                log.warning("Somebody else writes to our Redis channel; that message is left out")
                continue
            if process != self._process:
                for message in messages:
                    await _safely(receive, process, message)


async def _safely(receive: Receive, process: str, message: dict[str, Any]) -> None:
    """One message that can't be shown doesn't end the listening."""
    try:
        await receive(process, message)
    except Exception:
        log.exception("A change from another process could not be shown")
