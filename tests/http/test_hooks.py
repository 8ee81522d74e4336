"""Webhooks: only what is verified gets in, everything verified is kept, and the provider hears the truth."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from io import BytesIO
from uuid import UUID

import aiohttp
import orjson
import pytest
import sqlalchemy as sa
from yarl import URL

from hub.contract import Raw
from hub.models import Entry, Envelope
from tests.http.conftest import House, Person, signature

ENTRY, ENVELOPE = Entry.__table__, Envelope.__table__  # type: ignore[attr-defined]
NOBODYS = "01a20253-ba0f-7621-b24d-85663940e505"


async def post(house: House, inbox: str, body: bytes, **headers: str) -> tuple[int, dict[str, str]]:
    address = f"{house.url}/hooks/{inbox}"
    async with aiohttp.ClientSession() as session, session.post(address, data=BytesIO(body), headers=headers) as told:
        return told.status, orjson.loads(await told.read() or b"{}")


async def count(house: House, table: sa.Table) -> int:
    return await house.hub.db.read(lambda conn: conn.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


async def test_a_forged_request_is_refused_and_leaves_nothing(house: House, inbox: str) -> None:
    body = orjson.dumps({"id": "1", "from": {"address": "maya"}, "text": "hello"})
    forged = [
        {},
        {"x-onethread-signature": "t=1,v1=" + "0" * 64},
        signature(body, "another secret"),
        signature(b"other"),
    ]
    for headers in forged:
        status, problem = await post(house, inbox, body, **headers)
        assert (status, problem["type"]) == (401, "unverified"), headers
    assert await count(house, ENVELOPE) == 0


async def test_fifty_copies_at_once_are_one_entry(house: House, inbox: str) -> None:
    statuses = await asyncio.gather(*(house.arrive(inbox, "only once", key="same-key") for _ in range(50)))
    assert set(statuses) == {200}
    assert (await count(house, ENVELOPE), await count(house, ENTRY)) == (1, 1)


async def test_what_cannot_be_read_is_kept_shown_and_replayed(house: House, owner: Person, inbox: str) -> None:
    body = b'{"id": "7", "from": {"address": 12}, "text": ['
    status, _ = await post(house, inbox, body, **signature(body))
    assert status == 200
    dead = (await owner.get("/api/envelopes"))["items"]
    assert (len(dead), dead[0]["state"], dead[0]["inbox_name"]) == (1, "dead", "Shop")
    assert dead[0]["reason"]
    status, text = await owner.send("GET", f"/api/envelopes/{dead[0]['id']}/original")
    assert (status, text) == (200, body.decode())
    assert owner.last.headers["Content-Disposition"].startswith("attachment")
    again = await owner.post(f"/api/envelopes/{dead[0]['id']}/replay")
    assert (again["state"], again["attempts"]) == ("dead", 1)
    assert await house.arrive(inbox, "the next one is unharmed") == 200
    assert await count(house, ENTRY) == 1


async def test_a_body_over_the_limit_is_a_sentence(house: House, inbox: str) -> None:
    body = b"x" * (1024 * 1024 + 1)
    status, problem = await post(house, inbox, body, **signature(body))
    assert status == 413
    assert "1 MB" in problem["detail"]


async def test_a_compressed_bomb_is_stopped_on_the_way(house: House, inbox: str) -> None:
    bomb = gzip.compress(b"\0" * (64 * 1024 * 1024))
    status, problem = await post(house, inbox, bomb, **{"Content-Encoding": "gzip"})
    assert status == 413, problem


async def test_a_chunked_body_without_a_length_has_the_same_limit(house: House, inbox: str) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 65536

    address = f"{house.url}/hooks/{inbox}"
    async with aiohttp.ClientSession() as session, session.post(address, data=endless()) as told:
        assert told.status == 413


@pytest.mark.parametrize("inbox_id", ["nope", NOBODYS, "00000000-0000-0000-0000-000000000000", "%00", "a" * 3000])
async def test_an_unknown_inbox_is_not_there(house: House, inbox_id: str) -> None:
    status, problem = await post(house, inbox_id, b"{}")
    assert status == 404
    assert "inbox" in problem["detail"]


async def test_the_signed_address_is_the_configured_one_undecoded(
    house: House, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Raw] = []
    inbox = await house.webhook(owner)
    connector = house.hub.inboxes.get(UUID(inbox))
    monkeypatch.setattr(connector, "verify", seen.append)
    body = orjson.dumps({"id": "1", "from": {"address": "maya"}, "text": "x"})
    headers = {**signature(body), "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Odd": "odd"}
    address = URL(f"{house.url}/hooks/{inbox}?a=%2B1%20x&b=c%C3%A9", encoded=True)
    async with aiohttp.ClientSession() as session, session.post(address, data=body, headers=headers) as told:
        assert told.status == 200
    assert seen[0].url == f"http://hub.example/hooks/{inbox}?a=%2B1%20x&b=c%C3%A9"
    assert seen[0].headers["x-forwarded-host"] == "evil.example"
    assert all(name == name.lower() for name in seen[0].headers)
