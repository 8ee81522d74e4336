"""What every helper that runs a process needs: a free port, and to wait for something with a limit."""

import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
