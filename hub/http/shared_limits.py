"""Tries counted for all processes together: loaded only where there is a Redis."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, field

from redis.asyncio import Redis
from redis.exceptions import RedisError

from hub.http.limits import InMemory, Limit


@dataclass
class InRedis:
    """One count for all processes, in windows from the first try on; while Redis is away each counts for itself."""

    client: Redis
    alone: InMemory = field(default_factory=InMemory)

    async def add(self, limit: Limit, who: str) -> float:
        key = _key(limit, who)
        try:
            async with self.client.pipeline(transaction=True) as together:
                together.set(key, 0, ex=int(limit.seconds), nx=True)
                together.incr(key)
                together.pttl(key)
                _, tries, left = await together.execute()
        except (RedisError, OSError):
            return await self.alone.add(limit, who)
        return max(left, 1) / 1000 if tries > limit.tries else 0

    async def forget(self, limit: Limit, who: str) -> None:
        await self.alone.forget(limit, who)
        with contextlib.suppress(RedisError, OSError):
            await self.client.delete(_key(limit, who))


def _key(limit: Limit, who: str) -> str:
    """Addresses and accounts aren't kept where Redis' operator could read them."""
    return f"onethread:tries:{limit.name}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
