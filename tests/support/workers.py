"""Several workers share the tests: how many, in which order, and that one marked `alone` has the machine to itself."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FOLDER = pytest.StashKey[str]()
MOST_WORKERS = 4


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "alone: the test measures, or fills the whole machine: no other runs meanwhile")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, as tests wait now and then; each has servers and a browser of its own."""
    return min((os.cpu_count() or 1) + 1, MOST_WORKERS)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """In the process that hands out the tests, for each worker: where they agree on turns."""
    config: pytest.Config = node.config
    if FOLDER not in config.stash:
        folder = config.stash[FOLDER] = tempfile.mkdtemp(prefix="onethread-turns-")
        config.add_cleanup(lambda: shutil.rmtree(folder))
    node.workerinput["turns"] = config.stash[FOLDER]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long ones first, so that no worker is left with one at the end; those that make all others wait last."""
    if is_worker(config):
        items.sort(key=lambda item: (is_alone(item), -time_allowed(item)))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Outside of the test's own time limit, which waiting doesn't count towards."""
    if not is_worker(item.config):
        return (yield)
    with turn(Path(item.config.workerinput["turns"]), alone=is_alone(item)):  # type: ignore[attr-defined]
        return (yield)


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


def time_allowed(item: pytest.Item) -> float:
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker else 0


@contextmanager
def turn(folder: Path, *, alone: bool) -> Iterator[None]:
    """Everybody comes in through the gate; whoever waits there for an empty floor lets nobody pass meanwhile."""
    with (folder / "gate").open("w") as gate, (folder / "floor").open("w") as floor:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(floor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield
