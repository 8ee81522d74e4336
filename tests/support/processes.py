"""What every helper that runs a process needs: a free port, and to wait for something with a limit."""

import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count, islice
from urllib.parse import urlsplit

LOWEST_PORT, HIGHEST_PORT = 20_000, 32_000
_candidates = count(secrets.randbelow(HIGHEST_PORT - LOWEST_PORT))


def free_port() -> int:
    """Below the ports that systems give to outgoing connections: one of those could take a killed hub's place.

    Each process goes on from a place of its own, so that two that run tests at once don't name the same one.
    """
    for number in islice(_candidates, HIGHEST_PORT - LOWEST_PORT):
        port = LOWEST_PORT + number % (HIGHEST_PORT - LOWEST_PORT)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"no port is free between {LOWEST_PORT} and {HIGHEST_PORT}")


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None, f"{url} names no port"
    return port


def wait_until(ready: Callable[[], bool], within: float, problem: Callable[[], str]) -> None:
    """`problem` is asked only when time is up, so that it can read a log that by then says why."""
    deadline = time.monotonic() + within
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(problem())
        time.sleep(0.02)
