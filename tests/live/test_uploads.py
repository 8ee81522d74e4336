"""A visitor's upload that can't be taken: the answer says so, and nothing is said to be there that isn't."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.live.test_files import upload
from tests.support.live import House


async def test_no_room_for_a_file_is_a_503(
    house: House, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = (await house.visitor()).all("ready")[0]["visitor"]

    async def full(_content: bytes) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(house.hub.blobs, "put", full)
    status, problem = await upload(http, house, token)
    assert status == 503
    assert "has no room" in problem["detail"]


async def test_a_name_that_no_database_stores_is_refused(house: House) -> None:
    token = (await house.visitor()).all("ready")[0]["visitor"]
    site = urlsplit(house.url)
    reader, writer = await asyncio.open_connection(site.hostname, site.port)
    writer.write(
        f"POST /visitor/attachments?inbox={house.chat} HTTP/1.1\r\nHost: {site.netloc}\r\nConnection: close\r\n"
        f"Authorization: Visitor {token}\r\nContent-Length: 1\r\nX-File-Name: ".encode()
        + b"\xff.png\r\n\r\nx"
    )
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 422")
    assert b"name can't be read" in answer


async def test_a_name_that_reads_backwards_is_shown_as_it_is(house: House, http: aiohttp.ClientSession) -> None:
    token = (await house.visitor()).all("ready")[0]["visitor"]
    _, file = await upload(http, house, token, name="photo%E2%80%AEgnp.exe")
    assert file["name"] == "photo gnp.exe"
