"""What processes tell each other: ids of what changed, typing and presence; in one process, nothing at all.

What is lost on the way is healed by `rev`; nothing waits for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

Receive = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Takes the sending process and one message."""
Healed = Callable[[float], Awaitable[None]]
"""Called when the line is back, with the seconds it was away."""


class Bus(Protocol):
    def send(self, message: dict[str, Any]) -> None: ...
    async def start(self, receive: Receive, healed: Healed) -> None: ...
    async def stop(self) -> None: ...


class Alone:
    """The bus of a hub that is one process."""

    def send(self, message: dict[str, Any]) -> None:
        """Nobody else is there."""

    async def start(self, receive: Receive, healed: Healed) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Nothing to close."""
