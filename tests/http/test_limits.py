"""Counting tries: in one process, in Redis for several, and in each for itself while Redis is away."""

import asyncio

import pytest
from redis.asyncio import Redis

from hub.http.errors import HttpProblem
from hub.http.limits import MOST_KEYS, InMemory, Limit, spend
from hub.http.shared_limits import InRedis

DOOR = Limit("door", 3, 60)


async def test_a_window_slides_open_again() -> None:
    now = 0.0
    tries = InMemory(lambda: now)
    assert [await tries.add(DOOR, "eve") for _ in range(3)] == [0, 0, 0]
    now = 20
    assert await tries.add(DOOR, "eve") == 40
    assert await tries.add(DOOR, "bob") == 0
    now = 61
    assert await tries.add(DOOR, "eve") == 0


async def test_refused_tries_do_not_lengthen_the_wait() -> None:
    now = 0.0
    tries = InMemory(lambda: now)
    for _ in range(50):
        await tries.add(DOOR, "eve")
    now = 60.5
    assert await tries.add(DOOR, "eve") == 0


async def test_a_flood_of_names_takes_no_more_memory() -> None:
    tries = InMemory(lambda: 0)
    for number in range(MOST_KEYS + 100):
        await tries.add(DOOR, str(number))
    assert len(tries._seen) == MOST_KEYS


async def test_processes_share_their_counts(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as one, Redis.from_url(redis_url) as other:
        first, second = InRedis(one), InRedis(other)
        allowed = [await tries.add(DOOR, "eve") == 0 for tries in (first, second) * 3]
        assert allowed == [True, True, True, False, False, False]
        assert 0 < await second.add(DOOR, "eve") <= 60
        await first.forget(DOOR, "eve")
        assert await second.add(DOOR, "eve") == 0


async def test_at_once_is_counted_too(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as client:
        told = await asyncio.gather(*(InRedis(client).add(DOOR, "eve") for _ in range(20)))
        assert sum(wait == 0 for wait in told) == DOOR.tries


async def test_without_redis_each_process_counts_for_itself() -> None:
    async with Redis.from_url("redis://127.0.0.1:9", socket_connect_timeout=1) as nowhere:
        tries = InRedis(nowhere)
        for _ in range(3):
            await spend(tries, DOOR, "eve")
        with pytest.raises(HttpProblem) as refused:
            await spend(tries, DOOR, "eve")
        assert refused.value.status == 429
        assert 59 <= int(refused.value.headers["Retry-After"]) <= 61
