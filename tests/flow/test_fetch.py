"""Files that the provider keeps: shown at once, fetched off the ack path, tried again, never lost, or given up."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import orjson
import pytest
import sqlalchemy as sa

from hub.contract import Address, Echo, File, Message, Removal
from hub.core import files
from hub.db import Database
from hub.flow import fetch
from hub.models import Attachment, Entry, Inbox, new_id, utcnow
from hub.secrets import Keys
from tests.support.hub import StartHub
from tests.support.pager import PagerProvider, Paging, body

PICTURE = b"\x89PNG not really"
ATTACHMENT, INBOX = Attachment.__table__, Inbox.__table__  # type: ignore[attr-defined]


async def until(found: Callable[[], Awaitable[Any]], within: float = 15) -> Any:
    async with asyncio.timeout(within):
        while not (answer := await found()):  # noqa: ASYNC110
            await asyncio.sleep(0.03)
    return answer


async def in_state(paging: Paging, thread: UUID, state: str) -> dict[str, Any]:
    """The entry, once its only file is so."""

    async def found() -> Any:
        return [e for e in await paging.entries(thread) if [f["state"] for f in e["attachments"]] == [state]]

    entry: dict[str, Any] = (await until(found))[0]
    return entry


async def picture(paging: Paging, name: str = "boots.png", **file: Any) -> UUID:
    """Maya sends a picture; the thread."""
    url = paging.provider.keeps(name, PICTURE)
    receipt = await paging.says("maya", "Look", files=(File(name, "image/png", url=url, **file),))
    return receipt.threads[0]


async def test_the_entry_is_there_at_once_and_the_file_follows(paging: Paging) -> None:
    paging.provider.pause_s = 0.5
    thread = await picture(paging)
    [entry] = await paging.entries(thread)
    [file] = entry["attachments"]
    assert (file["state"], file["name"]) == ("waiting", "boots.png")
    assert (await paging.api("GET", file["url"]))[0] == 409
    rev = (await paging.thread(thread))["rev"]
    ready = await in_state(paging, thread, "ready")
    assert await paging.api("GET", ready["attachments"][0]["url"]) == (200, PICTURE)
    assert ready["attachments"][0]["size"] == len(PICTURE)
    changes = await paging.get(f"/api/threads/{thread}/changes?after={rev}")
    assert [one["id"] for one in changes["entries"]] == [entry["id"]]
    [row] = await paging.rows(Entry)
    assert (row["rev"], row["public_rev"]) > (entry["rev"], 1)


async def test_a_file_without_a_name_gets_one(paging: Paging) -> None:
    url = paging.provider.keeps("1234", PICTURE, "image/jpeg")
    receipt = await paging.says("maya", "", files=(File("", "application/octet-stream", url=url),))
    entry = await in_state(paging, receipt.threads[0], "ready")
    assert (entry["attachments"][0]["name"], entry["attachments"][0]["type"]) == ("file.jpg", "image/jpeg")


async def test_it_is_tried_again_with_pauses(paging: Paging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "PAUSES_S", (0.05, 0.05, 0.05))
    monkeypatch.setattr(fetch, "POLL_S", 0.05)
    paging.provider.failures = 3
    thread = await picture(paging)
    await in_state(paging, thread, "ready")
    assert len(paging.provider.asked) == 4


async def test_it_is_given_up_with_the_reason_and_asked_for_again(
    paging: Paging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "PAUSES_S", (0.05,))
    monkeypatch.setattr(fetch, "POLL_S", 0.05)
    paging.provider.failures = 2
    thread = await picture(paging)
    [file] = (await in_state(paging, thread, "failed"))["attachments"]
    assert file["problem"] == "Given up after 2 tries. The provider has no time."
    assert (await paging.api("POST", f"/api/attachments/{file['id']}/fetch"))[0] == 200
    await in_state(paging, thread, "ready")
    assert (await paging.api("POST", f"/api/attachments/{file['id']}/fetch"))[0] == 409


async def test_what_is_gone_or_too_large_is_not_tried_again(paging: Paging) -> None:
    paging.provider.gone.add("old.png")
    gone = await picture(paging, "old.png")
    [file] = (await in_state(paging, gone, "failed"))["attachments"]
    assert file["problem"] == "The provider doesn't keep it any more."
    url = paging.provider.keeps("film.mp4", b"x" * (paging.hub.config.max_body + 1), "video/mp4")
    receipt = await paging.says("tom", files=(File("film.mp4", "video/mp4", url=url),))
    [file] = (await in_state(paging, receipt.threads[0], "failed"))["attachments"]
    assert "larger than this hub takes" in file["problem"]
    assert paging.provider.asked == ["old.png", "film.mp4"]


async def test_files_of_words_from_elsewhere_are_fetched_too(paging: Paging) -> None:
    await paging.says("maya")
    url = paging.provider.keeps("offer.png", PICTURE)
    echo = Echo("e1", Address("pager", "maya"), "See this", files=(File("offer.png", "image/png", url=url),))
    receipt = await paging.post(echo)
    assert (await in_state(paging, receipt.threads[0], "ready"))["elsewhere"]


async def test_a_removed_message_keeps_no_file_whenever_it_comes(paging: Paging) -> None:
    paging.provider.pause_s = 0.5
    url = paging.provider.keeps("boots.png", PICTURE)
    receipt = await paging.says("maya", ref="m1", files=(File("boots.png", "image/png", url=url),))
    [file] = (await paging.entries(receipt.threads[0]))[0]["attachments"]
    await paging.post(Removal("r1", Address("pager", "maya"), "m1"))
    await asyncio.sleep(1)
    assert (await paging.entries(receipt.threads[0]))[0]["attachments"] == []
    assert (await paging.api("GET", file["url"]))[0] == 404


async def test_a_hanging_provider_holds_up_no_other_inbox(paging: Paging) -> None:
    async with PagerProvider() as hangs:
        hangs.gives.clear()
        slow = await paging.inbox("Slow", provider=hangs.url)
        for n in range(20):
            url = hangs.keeps(f"{n}.png", PICTURE)
            await paging.says(f"p{n}", inbox=slow, files=(File(f"{n}.png", "image/png", url=url),))
        thread = await picture(paging)
        await in_state(paging, thread, "ready")
        assert len(hangs.asked) == fetch.OF_ONE_INBOX
        hangs.gives.set()


async def test_two_processes_never_fetch_the_same(paging: Paging) -> None:
    entry = UUID(str((await paging.says("maya")).entries[0]))
    now = utcnow() + timedelta(hours=1)
    rows = [
        {"id": UUID(int=n), "entry_id": entry, "name": f"{n}", "type": "x/y", "size": 0, "sha256": "", "source": "-",
         "inbox_id": paging.inbox_id, "state": "waiting", "next_at": now, "created_at": now}
        for n in range(1, 41)
    ]  # fmt: skip
    await paging.hub.db.write(lambda conn: conn.execute(sa.insert(ATTACHMENT), rows) and None)

    async def claim() -> list[UUID]:
        later = now + timedelta(minutes=1)
        taken = await paging.hub.db.write(lambda conn: files.claim(conn, paging.inbox_id, now, later, 10))
        return [one.id for one in taken]

    claimed = [id_ for some in await asyncio.gather(*(claim() for _ in range(4))) for id_ in some]
    assert len(claimed) == len(set(claimed)) == 40
    assert await claim() == []


@pytest.mark.parametrize("moment", ["before_fetch", "after_fetch"])
async def test_whoever_fetches_it_may_be_killed(db_url: str, tmp_path: Path, start_hub: StartHub, moment: str) -> None:
    """SIGKILL while it is fetched, or when its bytes are stored and nothing names them yet."""
    secret = "a secret of this test, long enough for it"
    db, inbox_id = Database(db_url), new_id()
    async with PagerProvider() as provider:
        settings = Keys(secret).seal(orjson.dumps({"provider": provider.url}))
        row = {"id": inbox_id, "connector": "pager", "channel": "pager", "name": "Pager", "settings": settings,
               "active": True, "version": 1, "created_at": utcnow()}  # fmt: skip
        await db.write(lambda conn: conn.execute(sa.insert(INBOX).values(**row)) and None)
        env = {"PYTHONPATH": str(installed(tmp_path)), "ONETHREAD_SECRET_KEY": secret}
        hub = await asyncio.to_thread(start_hub, db_url=db_url, env=env)
        await asyncio.to_thread(hub.restart, ONETHREAD_FAIL_AT=moment)
        url = provider.keeps("boots.png", PICTURE)
        said = Message("m1", Address("pager", "maya"), "Look", files=(File("boots.png", "image/png", url=url),))
        hook = f"{hub.url}/hooks/{inbox_id}"
        async with aiohttp.ClientSession() as http, http.post(hook, data=body(said)) as answer:
            assert answer.status == 200
        assert await asyncio.to_thread(hub.wait_for_end) == -signal.SIGKILL
        await asyncio.to_thread(hub.start)

        async def ready() -> Any:
            return await db.read(lambda conn: conn.scalars(sa.select(ATTACHMENT.c.state)).all()) == ["ready"]

        await until(ready)
        assert len(provider.asked) == (1 if moment == "before_fetch" else 2)
        await asyncio.to_thread(hub.stop)
    await db.close()


def installed(folder: Path) -> Path:
    """A folder from which Python takes the pagers as an installed package."""
    info = folder / "pagers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pagers\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hub.connectors]\npager = tests.support.pager:Pager\n")
    return folder
