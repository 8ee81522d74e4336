"""Files for providers that come and take them: an address for an hour, and only for what was sent."""

from __future__ import annotations

import time
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import aiohttp
import pytest

from hub.core import desk
from tests.support.pager import Paging

PICTURE = b"\x89PNG not really"


async def _sent(paging: Paging) -> str:
    """The address at which the provider finds the file of an answer."""
    thread = (await paging.says("maya")).threads[0]
    headers = {"X-File-Name": "Sizes%20%E2%80%93%20boots.png", "Content-Type": "image/png"}
    status, file = await paging.api("POST", "/api/attachments", data=PICTURE, headers=headers)
    assert status == 201
    said = await paging.reply(thread, "maya", "See", attachments=(UUID(file["id"]),))
    await paging.delivery(said.entry_id, "sent")
    url: str = paging.provider.sent[-1]["files"][0]
    return url


async def test_a_provider_takes_it_without_signing_in(paging: Paging) -> None:
    url = await _sent(paging)
    async with aiohttp.ClientSession() as provider, provider.get(url) as answer:
        assert answer.status == 200
        assert await answer.read() == PICTURE
        assert answer.content_type == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert "Set-Cookie" not in answer.headers
    async with aiohttp.ClientSession() as provider, provider.head(url) as answer:
        assert (answer.status, answer.content_length) == (200, len(PICTURE))


async def test_nobody_can_make_or_change_an_address(paging: Paging, monkeypatch: pytest.MonkeyPatch) -> None:
    path = urlsplit(await _sent(paging)).path
    _, _, token, name = path.split("/")
    body, _, signature = token.partition(".")
    nothing = paging.hub.keys.token(desk.FILE_PURPOSE, {"id": uuid4().hex}, 60)
    other = paging.hub.keys.token("visitor-file", {"id": uuid4().hex}, 60)
    for wrong in ("x", f"{body}.{signature[:-1]}a", f"{body}x.{signature}", nothing, other):
        assert (await paging.api("GET", f"/f/{wrong}/{name}"))[0] == 404, wrong
    soon = time.time() + 3700
    monkeypatch.setattr("hub.secrets.time.time", lambda: soon)
    assert (await paging.api("GET", path))[0] == 410


async def test_an_upload_that_was_not_sent_has_no_address(paging: Paging) -> None:
    _, file = await paging.api("POST", "/api/attachments", data=PICTURE, headers={"X-File-Name": "a.png"})
    url = paging.hub.desk.file_url(UUID(file["id"]), "a.png")
    assert (await paging.api("GET", urlsplit(url).path))[0] == 404
