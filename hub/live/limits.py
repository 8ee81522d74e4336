"""How much one socket, visitor or address may do before it has to wait or goes."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import ip_address


@dataclass(frozen=True, slots=True)
class Rate:
    per_s: float
    burst: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What a person never reaches and a flood does at once."""

    frame_bytes: int = 160 * 1024
    """Ten thousand characters of the widest kind, escaped."""
    frames: Rate = Rate(20, 100)
    """Packets of any kind from one socket; above it the socket is cut."""
    says: Rate = Rate(0.5, 10)
    """Messages of one visitor."""
    says_by_ip: Rate = Rate(4, 60)
    sockets_by_ip: int = 500
    """Our own proxy on the loopback isn't counted: everybody comes through it."""
    idle_s: float = 10
    """How long a connection may stay without entering a namespace."""
    waiting: int = 500
    """Packets that wait for one slow screen; above it, it is cut and loads afresh when it comes back."""
    threads: int = 30
    """Threads that one agent's socket has open."""


class Meter:
    """Token buckets by key; the keys longest unused are forgotten first."""

    def __init__(self, rate: Rate, keys: int = 50_000) -> None:
        self._rate = rate
        self._keys = keys
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> bool:
        now = time.monotonic()
        tokens, since = self._held.pop(key, (float(self._rate.burst), now))
        tokens = min(self._rate.burst, tokens + (now - since) * self._rate.per_s)
        allowed = tokens >= 1
        self._held[key] = (tokens - 1 if allowed else tokens, now)
        if len(self._held) > self._keys:
            self._held.popitem(last=False)
        return allowed

    def forget(self, key: str) -> None:
        self._held.pop(key, None)


def is_loopback(ip: str) -> bool:
    try:
        return ip_address(ip).is_loopback
    except ValueError:
        return False
