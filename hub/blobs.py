"""Files and large raw bodies, stored once under the hash of their content."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4


class Blobs(Protocol):
    """Where bytes lie. What `put` returned is durable: the transaction that names it may commit."""

    async def put(self, content: bytes) -> str: ...
    async def get(self, sha256: str) -> bytes: ...
    async def remove(self, sha256: str, before: datetime) -> bool: ...


class Folder:
    """A folder of files, two levels deep."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lasting: set[Path] = set()

    def path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not sha256.isalnum():
            raise FileNotFoundError(sha256)
        return self.root / sha256[:2] / sha256

    async def put(self, content: bytes) -> str:
        """Store and flush to the disk; the same content twice is one file. Raises `OSError` when there is no room."""
        return await asyncio.to_thread(self._put, content)

    async def get(self, sha256: str) -> bytes:
        """Raises `FileNotFoundError`."""
        return await asyncio.to_thread(self.path(sha256).read_bytes)

    async def remove(self, sha256: str, before: datetime) -> bool:
        """Delete what nothing names any more; False if somebody put the same again after `before`, and may name it."""
        return await asyncio.to_thread(self._remove, self.path(sha256), before.timestamp())

    def _put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        self._make_lasting(path.parent)
        if not _renew(path):
            _write(path, content)
        _flush(path.parent)
        return sha256

    def _make_lasting(self, folder: Path) -> None:
        """A new folder outlives a power cut only once the one that lists it is flushed too, up to the first old one.

        Whoever made it may not have come that far: each process flushes each folder once.
        """
        if folder in self._lasting and folder.exists():
            return
        if folder.parent == self.root or not folder.parent.exists():
            self._make_lasting(folder.parent)
        folder.mkdir(exist_ok=True)
        _flush(folder.parent)
        self._lasting.add(folder)

    @staticmethod
    def _remove(path: Path, before: float) -> bool:
        try:
            with _alone(path.parent):
                if path.stat().st_mtime >= before:
                    return False
                path.unlink()
        except FileNotFoundError:
            pass
        return True


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with _alone(path.parent):
            partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _renew(path: Path) -> bool:
    """The content is there already: its time says that it is wanted again, before anything names it."""
    try:
        with _alone(path.parent):
            os.utime(path)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other thread or process puts into this folder or removes from it meanwhile."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
