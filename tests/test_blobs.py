"""What `put` returned survives a power cut; what is removed is what nobody put again."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.blobs import Folder


class Disk:
    """Remembers which names each folder listed when it was flushed: all others are gone after a power cut."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}
        self._flushed: set[str] = set()

    def fsync(self, handle: int) -> None:
        path = os.readlink(f"/proc/self/fd/{handle}")
        self._flushed.add(str(os.fstat(handle).st_ino))
        if Path(path).is_dir():
            self._names.setdefault(path, set()).update(os.listdir(path))

    def keeps(self, path: Path, above: Path) -> bool:
        """Is the file found from this old folder on, with its content?"""
        if str(path.stat().st_ino) not in self._flushed:
            return False
        while path != above:
            if path.name not in self._names.get(str(path.parent), ()):
                return False
            path = path.parent
        return True


@pytest.fixture
def disk(monkeypatch: Any) -> Disk:
    made = Disk()
    monkeypatch.setattr(os, "fsync", made.fsync)
    return made


async def test_a_file_in_folders_that_are_all_new_outlives_a_power_cut(disk: Disk, tmp_path: Path) -> None:
    blobs = Folder(tmp_path / "data" / "blobs")
    for content in (b"one", b"two"):
        assert disk.keeps(blobs.path(await blobs.put(content)), above=tmp_path)


async def test_folders_that_somebody_else_has_just_made_do_too(disk: Disk, tmp_path: Path) -> None:
    blobs, probe = Folder(tmp_path / "blobs"), Folder(tmp_path / "elsewhere")
    sha256 = await probe.put(b"one")
    blobs.path(sha256).parent.mkdir(parents=True)
    await blobs.put(b"one")
    assert disk.keeps(blobs.path(sha256), above=tmp_path)


async def test_the_same_content_is_one_file_and_can_be_removed(tmp_path: Path) -> None:
    blobs = Folder(tmp_path)
    sha256 = await blobs.put(b"one")
    assert await blobs.put(b"one") == sha256
    assert os.listdir(blobs.path(sha256).parent) == [sha256]
    assert await blobs.remove(sha256, datetime.now(UTC) + timedelta(seconds=1))
    with pytest.raises(FileNotFoundError):
        await blobs.get(sha256)
    assert await blobs.remove(sha256, datetime.now(UTC)), "gone is gone"


async def test_what_was_put_again_stays(tmp_path: Path) -> None:
    blobs = Folder(tmp_path)
    sha256 = await blobs.put(b"one")
    days_ago = (datetime.now(UTC) - timedelta(days=3)).timestamp()
    os.utime(blobs.path(sha256), (days_ago, days_ago))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    await blobs.put(b"one")
    assert not await blobs.remove(sha256, yesterday)
    assert await blobs.get(sha256) == b"one"


async def test_putting_and_removing_at_once_loses_nothing_that_was_put(tmp_path: Path) -> None:
    blobs = Folder(tmp_path)
    sha256 = await blobs.put(b"one")
    path = blobs.path(sha256)
    for _ in range(100):
        if path.exists():
            os.utime(path, (0, 0))
        put, removed = await asyncio.gather(
            blobs.put(b"one"), blobs.remove(sha256, datetime.now(UTC) - timedelta(days=1))
        )
        assert put == sha256
        assert await blobs.get(sha256) == b"one", removed
