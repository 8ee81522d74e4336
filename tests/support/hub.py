"""The hub as its operator runs it: a process with a port, an environment and a log, that can be killed."""

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.processes import free_port, wait_until

REPOSITORY = Path(__file__).parents[2]


class Hub:
    """`python -m hub serve`, or another command. The port stays the same over restarts, as a real address does."""

    command = "serve"

    def __init__(
        self, data: Path, *, db_url: str = "", redis_url: str = "", env: Mapping[str, str] | None = None
    ) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = data / "hub.log"
        own = {
            "ONETHREAD_DATA": str(data),
            "ONETHREAD_PORT": str(self.port),
            "ONETHREAD_PUBLIC_URL": self.url,
            **({"ONETHREAD_DATABASE_URL": db_url} if db_url else {}),
            **({"ONETHREAD_REDIS_URL": redis_url} if redis_url else {}),
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ONETHREAD_")}
        self.env = {**inherited, **own, **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    @property
    def pid(self) -> int:
        assert self._process is not None, "the hub isn't running"
        return self._process.pid

    def start(self, **extra_env: str) -> "Hub":
        """`extra_env` holds for this start only: a fail point, say, that the next start must not have."""
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hub", self.command],
                cwd=REPOSITORY,
                env={**self.env, **extra_env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._up, 30, lambda: f"the hub did not answer {self.url}/health:\n{self.log}")
        return self

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL: nothing of the hub's own runs any more."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """A planned end, which must be clean."""
        code = self._end(signal.SIGTERM)
        assert code == 0, f"the hub ended with {code}:\n{self.log}"

    def restart(self, **extra_env: str) -> "Hub":
        self.stop()
        return self.start(**extra_env)

    def wait_for_end(self, within: float = 30) -> int:
        """For a hub that a fail point ends."""
        assert self._process is not None, "the hub isn't running"
        code = self._process.wait(within)
        self._process = None
        return code

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        if self._process.poll() is None:
            os.killpg(self._process.pid, how)
        return self.wait_for_end()

    def _up(self) -> bool:
        if not self.alive():
            raise RuntimeError(f"the hub ended while starting:\n{self.log}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


class StartHub(Protocol):
    def __call__(
        self, *, name: str = "hub", db_url: str = "", redis_url: str = "", env: Mapping[str, str] | None = None
    ) -> Hub: ...


@pytest.fixture
def start_hub(tmp_path: Path) -> Iterator[StartHub]:
    """Starts as many hubs as a test needs, each with a data folder named after it, and ends those that still run."""
    started: list[Hub] = []

    def start(*, name: str = "hub", db_url: str = "", redis_url: str = "", env: Mapping[str, str] | None = None) -> Hub:
        hub = Hub(tmp_path / name, db_url=db_url, redis_url=redis_url, env=env)
        started.append(hub)
        return hub.start()

    yield start
    for hub in started:
        hub.kill()


@pytest.fixture
def hub(start_hub: StartHub) -> Hub:
    """One embedded hub: SQLite in its data folder, nothing else."""
    return start_hub()
