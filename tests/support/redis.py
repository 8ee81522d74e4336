"""`redis_url` for tests that need a Redis, `redis_server` for those that stop and start it."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.processes import accepts, free_port, wait_until
from tests.support.unavailable import unavailable

GIVEN = "ONETHREAD_TEST_REDIS_URL"


class RedisServer:
    """A real server without persistence: the hub must live with one that forgot everything."""

    def __init__(self, program: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="onethread-redis-"))
        self.port = free_port()
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        self._process = subprocess.Popen([*command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
        wait_until(lambda: accepts(self.port), 10, lambda: f"{self._program} did not open port {self.port}")

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A Redis that was given is one for all workers, and whoever begins with it empties it: one worker has them all."""
    for item in items if os.environ.get(GIVEN) else ():
        if isinstance(item, pytest.Function) and "redis_url" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("redis"))


def find_program() -> str | None:
    return shutil.which("redis-server") or shutil.which("valkey-server")


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[str]:
    if given := os.environ.get(GIVEN):
        yield given
    elif program := find_program():
        server = RedisServer(program)
        server.start()
        yield server.url
        server.remove()
    else:
        yield from imitation()


def imitation() -> Iterator[str]:
    """Speaks enough of the protocol for fan-out and presence, for machines where no server can be installed."""
    if os.environ.get("CI") == "true":
        unavailable("Redis: no redis-server on PATH and " + GIVEN + " is not set")
    from fakeredis import TcpFakeServer

    port = free_port()
    server = TcpFakeServer(("127.0.0.1", port))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{port}/0"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def redis_url(shared_redis: str) -> str:
    with redis.Redis.from_url(shared_redis) as client:
        client.flushall()
    return shared_redis


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    program = find_program()
    if program is None:
        unavailable("Redis: this test stops and starts a redis-server, and there is none on PATH")
    server = RedisServer(program)
    server.start()
    yield server
    server.remove()
