"""Drives one receiver of messages: a closed loop shows how much it can take, a steady pace how long it takes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from tests.bench.meter import Meter
from tests.bench.posts import Post

CALLERS = 32
RATE = 200


@dataclass
class Load:
    """What one run showed; times in seconds."""

    seconds: float = 0
    acks: list[float] = field(default_factory=list)
    pushes: list[float] = field(default_factory=list)
    refused: int = 0
    cpu: float = 0

    @property
    def per_second(self) -> float:
        return len(self.acks) / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU of the receiver per message, what it does after the answer included."""
        return self.cpu / max(1, len(self.acks)) * 1e6


def percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[round(percent / 100 * (len(ordered) - 1))] if ordered else float("nan")


class Receiver:
    """Something that takes posts and may tell an agent's socket of them."""

    def __init__(self, url: str, meter: Meter, posts: Callable[[], Iterator[Post]]) -> None:
        self.url = url
        self.meter = meter
        self._posts = posts
        self._sent: dict[str, float] = {}
        self._load = Load()

    def heard(self, ref: str) -> None:
        """An agent's socket showed the message of this ref."""
        if started := self._sent.pop(ref, None):
            self._load.pushes.append(time.perf_counter() - started)

    async def closed_loop(self, seconds: float, callers: int = CALLERS) -> Load:
        """Every caller posts its next message as soon as the last was answered."""
        async with self._measured() as session:
            posts, end = self._posts(), time.perf_counter() + seconds

            async def call() -> None:
                while time.perf_counter() < end:
                    await self._post(session, next(posts))

            started = time.perf_counter()
            await asyncio.gather(*(call() for _ in range(callers)))
            self._load.seconds = time.perf_counter() - started
        return self._load

    async def paced(self, seconds: float, rate: float = RATE) -> Load:
        """A message every `1 / rate` seconds, however long the answers take."""
        async with self._measured() as session:
            posts, started = self._posts(), time.perf_counter()
            running: set[asyncio.Task[None]] = set()
            for n in range(1, round(seconds * rate) + 1):
                task = asyncio.create_task(self._post(session, next(posts)))
                running.add(task)
                task.add_done_callback(running.discard)
                await asyncio.sleep(max(0.0, started + n / rate - time.perf_counter()))
            await asyncio.gather(*running)
            self._load.seconds = time.perf_counter() - started
        return self._load

    @asynccontextmanager
    async def _measured(self) -> AsyncIterator[aiohttp.ClientSession]:
        self._load = Load()
        self._sent.clear()
        before = await self.meter.settled()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            yield session
        self._load.cpu = await self.meter.settled() - before
        assert not self._load.refused, f"{self._load.refused} messages were refused, {len(self._load.acks)} taken"

    async def _post(self, session: aiohttp.ClientSession, post: Post) -> None:
        started = self._sent[post.ref] = time.perf_counter()
        async with session.post(self.url, data=post.body, headers=post.headers) as response:
            await response.read()
            if response.status == 200:
                self._load.acks.append(time.perf_counter() - started)
            else:
                self._load.refused += 1
