"""The database goes away, or its disk is full: nothing is claimed that isn't stored, and the hub recovers by itself."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.bench.posts import post
from tests.support.hub import Hub
from tests.support.postgres import PostgresServer, find_installation
from tests.support.unavailable import unavailable
from tests.torture.ledger import Ledger
from tests.torture.senders import WebhookSender
from tests.torture.trial import Scene, said, scene, settled_entries

MESSAGES = 30
RECOVERS_WITHIN_S = 10


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    installation = find_installation()
    if installation is None:
        unavailable("PostgreSQL: this test stops and starts a server, and there is none")
    made = PostgresServer(installation, durable=True)
    made.start()
    yield made
    made.remove()


@pytest.mark.timeout(300)
async def test_messages_survive_a_crash_of_postgresql(server: PostgresServer, tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub", db_url=server.url).start()
    try:
        async with scene(hub) as on:
            ledger, senders = Ledger(21), on.senders(21, 3)
            async with asyncio.TaskGroup() as everybody:
                for sender in senders:
                    everybody.create_task(sender.say(ledger, MESSAGES))
                await asyncio.sleep(0.5)
                await asyncio.to_thread(server.kill)
                refused = await answers_for(on, ledger, seconds=2)
                await asyncio.to_thread(server.start)
                took = await until_taken(on, ledger)
            for sender in senders:
                await sender.close()
            wrong = await damage(on, ledger)
        assert set(refused) == {503}, f"while the database was away: {refused}"
        assert took < RECOVERS_WITHIN_S
        assert wrong == {}
        assert hub.alive()
    finally:
        hub.kill()


async def answers_for(on: Scene, ledger: Ledger, seconds: float) -> Counter[int]:
    """What a provider hears that says something new again and again for so long, each time once."""
    loop, heard = asyncio.get_running_loop(), Counter[int]()
    end = loop.time() + seconds
    while loop.time() < end:
        probe = ledger.write("probe", len(ledger))
        probe.tries += 1
        made = post(probe.token, "customer-probe", probe.text)
        async with on.session.post(on.hook, data=made.body, headers=made.headers) as response:
            heard[response.status] += 1
            probe.accepted = response.status == 200
        await asyncio.sleep(0.05)
    return heard


async def damage(on: Scene, ledger: Ledger) -> dict[str, list[str]]:
    """All that is wrong, but for probes that were refused: nobody tried those again."""
    verdict = ledger.judge(said(await settled_entries(on.owner)))
    verdict.gave_up = [token for token in verdict.gave_up if "-probe-" not in token]
    return verdict.broken


async def until_taken(on: Scene, ledger: Ledger) -> float:
    """Seconds until the hub takes a message again."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    while 200 not in await answers_for(on, ledger, seconds=0.1):
        assert loop.time() - started < 60, f"the hub did not recover:\n{on.hub.log[-4000:]}"
    return loop.time() - started


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 48 MB, where we may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("Disk full: only root may mount the small disk that this test fills")
    mounted = subprocess.run([mount, "-t", "tmpfs", "-o", "size=48m", "onethread-test", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"Disk full: no small disk can be mounted here ({mounted.stderr.decode().strip()})")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.timeout(300)
async def test_a_full_disk_is_a_503_and_hurts_nothing(small_disk: Path) -> None:
    hub = Hub(small_disk / "hub").start()
    try:
        async with scene(hub) as on:
            ledger, sender = Ledger(31), WebhookSender("writer", 31, on.session, on.hook)
            await sender.say(ledger, MESSAGES)
            ballast = small_disk / "ballast"
            fill(ballast)
            statuses = await until_refused(on, ledger)
            ballast.unlink()
            took = await until_taken(on, ledger)
            await sender.say(ledger, MESSAGES * 2)
            wrong = await damage(on, ledger)
        assert set(statuses) <= {200, 503}, f"on a full disk: {statuses}"
        assert took < RECOVERS_WITHIN_S
        assert wrong == {}
        hub.stop()
        with closing(sqlite3.connect(small_disk / "hub" / "onethread.db")) as stored:
            assert stored.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        hub.kill()


def fill(path: Path) -> None:
    """Until not a page is left."""
    with path.open("wb", buffering=0) as ballast:
        for size in (1 << 20, 4096):
            with suppress(OSError):
                while True:
                    ballast.write(b"\0" * size)


async def until_refused(on: Scene, ledger: Ledger) -> Counter[int]:
    """SQLite may have room in its files for a little while; all that it took must be kept."""
    heard: Counter[int] = Counter()
    while 503 not in heard:
        heard += await answers_for(on, ledger, seconds=0.5)
        assert heard.total() < 5000, "the disk is full and nothing was refused"
    return heard
