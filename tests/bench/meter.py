"""What a process costs: CPU time and memory, its children's included."""

import asyncio
from contextlib import suppress

import psutil

QUIET = 0.02  # CPU share below which a process counts as having nothing left to do
LONGEST_WAIT_S = 20


class Meter:
    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)

    @property
    def _family(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def cpu(self) -> float:
        """Seconds of CPU so far."""
        total = 0.0
        for process in self._family:
            with suppress(psutil.NoSuchProcess):
                used = process.cpu_times()
                total += used.user + used.system
        return total

    def memory(self) -> int:
        """Resident bytes."""
        total = 0
        for process in self._family:
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total

    async def settled(self, step: float = 0.5) -> float:
        """The CPU so far once nothing runs any more, so that work put off until after the answer is counted too."""
        used = self.cpu()
        for _ in range(round(LONGEST_WAIT_S / step)):
            await asyncio.sleep(step)
            before, used = used, self.cpu()
            if used - before < QUIET * step:
                break
        return used
