"""Where tests keep their files: in memory where a system has room there, as each test waits for many commits."""

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30


def pytest_configure() -> None:
    """For `tmp_path` and all that is made below it."""
    if folder := in_memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)


def in_memory() -> str | None:
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return str(MEMORY) if has_room else None
