"""The line between processes outlives what somebody else writes to it."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio import Redis

from hub.live.redis_bus import CHANNEL, RedisBus


async def test_rubbish_on_the_channel_does_not_end_the_listening(redis_url: str) -> None:
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def take(_process: str, message: dict[str, Any]) -> None:
        heard.put_nowait(message)

    async def healed(_away_s: float) -> None:
        """The line is never away here."""

    one, two = RedisBus(redis_url, "one"), RedisBus(redis_url, "two")
    await one.start(take, healed)
    await two.start(take, healed)
    async with Redis.from_url(redis_url) as stranger, asyncio.timeout(10):
        while await stranger.publish(CHANNEL, b"no json") != 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        for rubbish in (b"[]", b'{"from": "x"}', b"null"):
            await stranger.publish(CHANNEL, rubbish)
        two.send({"typing": "yes"})
        assert await heard.get() == {"typing": "yes"}
    await one.stop()
    await two.stop()
