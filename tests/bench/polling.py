"""Waiting for what happens in another process, where nothing can tell us."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(happened: Callable[[], Awaitable[bool]], within: float, step: float = 0.02) -> float:
    """Ask until it is so; returns how many seconds that took."""
    started = time.perf_counter()
    while True:
        if await happened():
            return time.perf_counter() - started
        if time.perf_counter() - started > within:
            raise TimeoutError(f"it did not happen within {within} s")
        await asyncio.sleep(step)
