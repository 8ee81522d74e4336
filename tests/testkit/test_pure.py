"""The watch over pure code: it sees each impure act, however it was imported, and nothing else."""

import os
import random
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic as renamed
from uuid import uuid4

import pytest

from hub.testkit.pure import watched


def connect() -> None:
    with socket.socket() as line:
        line.setblocking(False)
        line.connect_ex(("127.0.0.1", 9))


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (lambda: Path(__file__).read_bytes(), "opens a file"),
        (lambda: os.open(__file__, os.O_RDONLY), "opens a file"),
        (lambda: list(Path(__file__).parent.iterdir()), "reads a folder"),
        (connect, "opens a socket"),
        (lambda: socket.getaddrinfo("localhost", 80), "looks up a host"),
        (lambda: subprocess.run(["true"], check=True), "starts a process"),
        (lambda: time.time(), "asks the clock"),
        (lambda: renamed(), "asks the clock"),
        (lambda: datetime.now(UTC), "asks the clock"),
        (lambda: date.today(), "asks the clock"),  # noqa: DTZ011
        (lambda: random.random(), "asks for a random number"),
        (lambda: random.choice("ab"), "asks for a random number"),
        (lambda: secrets.token_hex(), "asks for a random number"),
        (lambda: uuid4(), "asks for a random number"),
    ],
)
def test_an_impure_act_is_seen(act: Callable[[], object], name: str) -> None:
    with watched() as seen:
        act()
    assert any(line.startswith(name) for line in seen), seen


def test_pure_code_is_not_accused() -> None:
    with watched() as seen:
        datetime.fromtimestamp(1_767_323_045, UTC).isoformat()
        datetime.fromisoformat("2026-01-02T03:04:05+00:00").astimezone(UTC)
        "".join(sorted("text")).encode().hex()
    assert seen == []


def test_what_other_threads_do_meanwhile_is_their_own_affair() -> None:
    begin, done = threading.Event(), threading.Event()

    def read() -> None:
        begin.wait()
        Path(__file__).read_bytes()
        done.set()

    thread = threading.Thread(target=read)
    thread.start()
    with watched() as seen:
        begin.set()
        done.wait()
    thread.join()
    assert [line for line in seen if "file" in line] == []


def test_afterwards_nobody_watches() -> None:
    with watched() as seen:
        pass
    Path(__file__).read_bytes()
    time.time()
    assert seen == []
