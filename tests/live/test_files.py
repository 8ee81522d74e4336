"""Files in and out of a chat, its configuration, and the chat link from mail to widget."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
from sqlalchemy import Connection

from hub.contract import Proof
from hub.core import chatlink
from hub.core.read.visitors import known
from hub.models import utcnow
from tests.support.live import House, address_in, say

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


async def upload(
    http: aiohttp.ClientSession,
    house: House,
    token: str,
    content: bytes = PNG,
    *,
    name: str = "label.png",
    kind: str = "image/png",
) -> tuple[int, dict[str, Any]]:
    sent = {"Authorization": f"Visitor {token}", "Content-Type": kind, "X-File-Name": name}
    async with http.post(
        f"{house.url}/visitor/attachments", params={"inbox": str(house.chat)}, data=io.BytesIO(content), headers=sent
    ) as response:
        return response.status, await response.json(content_type=None)


async def test_a_file_goes_with_the_first_message(house: House, http: aiohttp.ClientSession) -> None:
    visitor = await house.visitor()
    token = visitor.all("ready")[0]["visitor"]
    status, file = await upload(http, house, token, name="..%2Fetc%2Fp%C3%A4ssword.png")
    assert status == 201
    assert file["name"] == "pässword.png"
    assert file["size"] == len(PNG)
    answer = await visitor.ask("say", say("", attachments=[file["id"]]))
    (shown,) = answer["entry"]["attachments"]
    assert shown["name"] == "pässword.png"
    async with http.get(house.url + shown["url"]) as response:
        assert response.status == 200
        assert await response.read() == PNG
        assert response.content_type == "image/png"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    (entry,) = [e for e in await house.fresh(await house.thread_of(address_in(token))) if e["kind"] == "message"]
    assert [(f["name"], f["size"], f["type"]) for f in entry["attachments"]] == [
        ("pässword.png", len(PNG), "image/png")
    ]


async def test_what_could_carry_script_is_only_for_saving(house: House, http: aiohttp.ClientSession) -> None:
    visitor = await house.visitor()
    token = visitor.all("ready")[0]["visitor"]
    _, file = await upload(http, house, token, b"<svg onload=alert(1)>", kind="image/svg+xml")
    async with http.get(house.url + file["url"]) as response:
        assert response.content_type == "application/octet-stream"
        assert response.headers["Content-Disposition"].startswith("attachment;")


async def test_another_visitors_file_can_not_be_sent_or_seen(house: House, http: aiohttp.ClientSession) -> None:
    one, two = await house.visitor(), await house.visitor()
    _, file = await upload(http, house, one.all("ready")[0]["visitor"])
    _, own = await upload(http, house, two.all("ready")[0]["visitor"])
    answer = await two.ask("say", say("Mine?", attachments=[file["id"]]))
    assert answer["ok"] is False
    assert "no longer there" in answer["error"]
    token = own["url"].partition("token=")[2]
    for wrong in (f"{file['id']}?token={token}", file["id"], f"{file['id']}?token=", f"{uuid4()}?token={token}", "x"):
        async with http.get(f"{house.url}/visitor/attachments/{wrong}") as response:
            assert response.status == 404


@pytest.mark.parametrize("token", ["", "x", "v_aaaaaaaaaaaaaaaaaaaaaaaa.9999999999.aaaaaaaaaaaaaaaaaaaa"])
async def test_nobody_uploads_without_a_chat(house: House, http: aiohttp.ClientSession, token: str) -> None:
    status, problem = await upload(http, house, token)
    assert status == 401
    assert problem["detail"] == "The chat has to be open before a file can be attached. Open it again."


async def test_a_file_that_is_too_large_or_empty_is_refused_with_a_sentence(
    house: House, http: aiohttp.ClientSession
) -> None:
    token = (await house.visitor()).all("ready")[0]["visitor"]
    status, problem = await upload(http, house, token, b"x" * (25 * 1024 * 1024 + 1))
    assert status == 413
    assert "25 MB" in problem["detail"]
    status, problem = await upload(http, house, token, b"")
    assert status == 422
    assert "empty" in problem["detail"]


async def test_the_configuration_is_public_and_short_lived(house: House, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{house.url}/widget/config/{house.chat}") as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Cache-Control"] == "public, max-age=60"
        config = await response.json()
    assert config["name"] == "Shop"
    assert config["online"] is False
    await house.agent()
    async with http.get(f"{house.url}/widget/config/{house.chat}") as response:
        assert (await response.json())["online"] is True
    for wrong in (uuid4(), "x", "%00", "*"):
        async with http.get(f"{house.url}/widget/config/{wrong}") as response:
            assert response.status == 404


# --- the chat link ---


async def mailed(house: House) -> tuple[UUID, str]:
    """A customer who wrote before, as if by mail, and the token of a link sent to them."""
    writer = await house.visitor()
    address = address_in((await writer.ask("say", say("As if by mail")))["visitor"])
    thread_id = await house.thread_of(address)
    (entry,) = [entry for entry in await house.fresh(thread_id) if entry["kind"] == "message"]
    thread = await house.hub.db.read(lambda conn: _customer(conn, address))
    link = await house.hub.db.write(
        lambda conn: chatlink.invite(
            conn,
            house.hub.keys,
            customer_id=thread,
            inbox_id=house.chat,
            case_id=UUID(str(entry["case_id"])),
            now=utcnow(),
        )
    )
    return thread_id, link.token


def _customer(conn: Connection, address: str) -> UUID:
    return known(conn, [address])[address].customer_id


async def press(http: aiohttp.ClientSession, house: House, token: str, held: str = "") -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Visitor {held}"} if held else {}
    async with http.post(f"{house.url}/c/{token}", headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def test_the_link_opens_the_same_thread_with_its_history(house: House, http: aiohttp.ClientSession) -> None:
    thread_id, token = await mailed(house)
    status, given = await press(http, house, token)
    assert status == 200
    assert given["inbox"] == str(house.chat)
    visitor = await house.visitor(visitor=given["visitor"])
    assert [entry["text"] for entry in visitor.all("ready")[0]["entries"]] == ["As if by mail"]
    answer = await visitor.ask("say", say("Now in the chat"))
    assert answer["ok"]
    thread = [entry for entry in await house.fresh(thread_id) if entry["kind"] == "message"]
    assert [entry["text"] for entry in thread] == ["As if by mail", "Now in the chat"]
    assert thread[1]["proof"] == Proof.TOKEN
    assert thread[1]["case_reason"] == "token"
    assert thread[0]["case_id"] == thread[1]["case_id"]


async def test_a_second_device_is_refused_with_a_sentence(house: House, http: aiohttp.ClientSession) -> None:
    _, token = await mailed(house)
    status, given = await press(http, house, token)
    assert status == 200
    status, problem = await press(http, house, token)
    assert status == 409
    assert problem["detail"].startswith("This link was opened on another device.")
    assert (await press(http, house, token, given["visitor"]))[0] == 200


async def test_a_link_that_is_none_is_gone(house: House, http: aiohttp.ClientSession) -> None:
    _, token = await mailed(house)
    for wrong in (token[:-1] + "x", "x", "a.b"):
        status, problem = await press(http, house, wrong)
        assert status == 410
        assert problem["detail"].startswith("This link is incomplete or has expired.")
