"""Files and large raw bodies, stored once under the hash of their content."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Protocol
from uuid import uuid4


class Blobs(Protocol):
    """Where bytes lie. What `put` returned is durable: the transaction that names it may commit."""

    async def put(self, content: bytes) -> str: ...
    async def get(self, sha256: str) -> bytes: ...


class Folder:
    """A folder of files, two levels deep."""

    def __init__(self, root: Path) -> None:
        self.root = root

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

    def _put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        if path.exists():
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{sha256}.{uuid4().hex}")
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        _flush(path.parent)
        return sha256


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
