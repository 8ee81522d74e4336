"""Watches a piece of code for what pure code doesn't do: network, disk, clock and chance."""

from __future__ import annotations

import gc
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from types import FrameType
from typing import Any

TOUCHES = {
    "open": "opens a file",
    "os.listdir": "reads a folder",
    "os.scandir": "reads a folder",
    "os.remove": "removes a file",
    "os.rename": "renames a file",
    "os.mkdir": "makes a folder",
    "os.system": "starts a process",
    "socket.__new__": "opens a socket",
    "socket.connect": "connects a socket",
    "socket.getaddrinfo": "looks up a host",
    "sqlite3.connect": "opens a database",
    "subprocess.Popen": "starts a process",
}
CLOCKS = frozenset(
    {
        time.time,
        time.time_ns,
        time.monotonic,
        time.monotonic_ns,
        time.perf_counter,
        time.perf_counter_ns,
        time.sleep,
    }
)

_watching: dict[int, list[str]] = {}
"""Thread -> what was seen in it; the audit hook below can't be taken away again, so it looks here."""


@contextmanager
def watched() -> Iterator[list[str]]:
    """Yields the impure acts seen while the block runs. Run the code once before, since imports read files.

    Garbage is collected later: what is done then, and by whoever listens to it, isn't this code's act.
    """
    _install()
    seen: list[str] = []
    before, collects = sys.getprofile(), gc.isenabled()
    gc.disable()
    _watching[threading.get_ident()] = seen
    sys.setprofile(lambda frame, event, callee: _profile(seen, frame, event, callee))
    try:
        yield seen
    finally:
        sys.setprofile(before)
        del _watching[threading.get_ident()]
        if collects:
            gc.enable()


@cache
def _install() -> None:
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    seen = _watching.get(threading.get_ident())
    if seen is not None and event in TOUCHES:
        seen.append(f"{TOUCHES[event]} ({arguments[0] if arguments else ''})")


def _profile(seen: list[str], frame: FrameType, event: str, callee: Any) -> None:
    """Built-in clocks can't be replaced where they were imported by name, but calling them shows here."""
    if event != "c_call":
        return
    name, owner = getattr(callee, "__name__", ""), getattr(callee, "__self__", None)
    if callee in CLOCKS or (name in ("now", "utcnow", "today") and isinstance(owner, type) and issubclass(owner, date)):
        act = "asks the clock"
    elif callee is os.urandom or (isinstance(owner, random.Random) and name in ("random", "getrandbits")):
        act = "asks for a random number"
    else:
        return
    seen.append(f"{act} ({frame.f_code.co_filename}:{frame.f_lineno})")
