"""The story without a browser: mail, chat link, live chat, mail again; one thread, the hub killed on the way."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from connectors.email.simulator import MailProvider
from tests.e2e.mail_client import MAYA, MailClient
from tests.support.hub import StartHub
from tests.support.owner import Owner
from tests.support.processes import free_port
from tests.support.sockets import Socket


async def until(looks: Any, within: float = 15) -> Any:
    async with asyncio.timeout(within):
        while not (found := await looks()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return found


async def test_mail_then_chat_then_mail_is_one_thread(start_hub: StartHub) -> None:
    hub = start_hub()
    async with Owner(hub) as owner, MailProvider() as provider, aiohttp.ClientSession() as http:
        smtp_port = free_port()
        email = await owner.new_inbox(
            "email", address="support@shop.example", receive="smtp", listen_port=smtp_port,
            **{name: value for name, value in provider.settings().items() if name.startswith("smtp_")},
        )  # fmt: skip
        chat = await owner.new_inbox("chat", name="Shop", continue_after_s=5)
        maya = MailClient(provider, smtp_port)
        await until(lambda: _listens(smtp_port))

        first_id = await maya.send("Wrong size", "The boots are a 38, I ordered a 40.")
        page = await until(lambda: _cases(owner))
        thread_id = page[0]["thread_id"]

        hub.kill()
        hub.start()

        file = await _upload(owner, b"%PDF-1.4 label", "label.pdf")
        reply = {
            "client_key": f"key-{uuid4().hex}", "last_seen_seq": 1, "inbox_id": email["id"],
            "to": {"kind": "email", "address": MAYA}, "text": "Here is the label.", "attachments": [file["id"]],
            "chat_link": True, "undo_s": 0,
        }  # fmt: skip
        sent = await owner.post(f"/threads/{thread_id}/replies", reply)
        assert sent["entry"]["deliveries"][0]["state"] in ("queued", "sending", "sent")
        mail = (await maya.received(1))[0]
        assert mail.header("In-Reply-To") == first_id
        assert mail.header("Subject") == "Re: Wrong size"
        assert "Here is the label." in mail.text
        assert b"label.pdf" in mail.raw

        link = next(word for word in mail.text.split() if "/c/" in word)
        async with http.get(link) as page_of_link:
            assert page_of_link.status == 200
        async with http.post(link) as accepted:
            assert accepted.status == 200
            visitor = (await accepted.json())["visitor"]
        async with aiohttp.ClientSession() as elsewhere, elsewhere.post(link) as second:
            assert second.status == 409

        heard: list[tuple[str, Any]] = []
        socket = await Socket.connect(
            http, hub.url, namespace="/visitor", auth={"inbox": chat["id"], "visitor": visitor},
            headers={"Origin": hub.url}, heard=lambda event, value: heard.append((event, value)),
        )  # fmt: skip
        ready = await until(lambda: _event(heard, "ready"))
        assert [(entry["mine"], entry["channel"]) for entry in ready["entries"]] == [(True, "email"), (False, "email")]
        answer = await socket.call(
            "say", {"client_key": "chat-1-" + uuid4().hex, "text": "Any news?", "attachments": []}
        )
        assert answer["ok"], answer

        thread = await owner.get(f"/threads/{thread_id}")
        assert [entry["text"] for entry in _words(thread)][-1] == "Any news?"
        target = next(t for t in thread["targets"] if t["channel"] == "chat" and t["usable"])
        chat_reply = {
            "client_key": f"key-{uuid4().hex}", "last_seen_seq": thread["last_seq"], "inbox_id": chat["id"],
            "to": target["to"], "text": "Size 40 is in stock.",
        }  # fmt: skip
        await owner.post(f"/threads/{thread_id}/replies", chat_reply)
        shown = await until(lambda: _said(heard, "Size 40 is in stock."))
        await socket.call("read", {"rev": shown["rev"]})
        await until(lambda: _state(owner, thread_id, "Size 40 is in stock.", "read"))
        await socket.close()

        await owner.post(
            f"/threads/{thread_id}/replies",
            chat_reply | {"client_key": f"key-{uuid4().hex}", "last_seen_seq": 99, "text": "It leaves tonight."},
        )
        second_mail = (await maya.received(2, within=30))[1]
        assert "It leaves tonight." in second_mail.text
        assert "Any news?" in second_mail.raw.decode(errors="replace")

        await maya.send("Re: Wrong size", "Perfect, thank you.", answers=second_mail)
        await until(lambda: _last_word(owner, thread_id, "Perfect, thank you."))
        thread = await owner.get(f"/threads/{thread_id}")
        assert [
            (entry["author"]["name"], entry["channel"], entry["text"].split("\n")[0]) for entry in _words(thread)
        ] == [
            ("Maya Okafor", "email", "The boots are a 38, I ordered a 40."),
            ("Olive Owner", "email", "Here is the label."),
            ("Maya Okafor", "chat", "Any news?"),
            ("Olive Owner", "chat", "Size 40 is in stock."),
            ("Olive Owner", "chat", "It leaves tonight."),
            ("Maya Okafor", "email", "Perfect, thank you."),
        ]
        assert len(thread["cases"]) == 1
        assert len((await owner.get("/customers"))["items"]) == 1


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _cases(owner: Owner) -> Any:
    return (await owner.get("/cases", view="all"))["items"]


async def _upload(owner: Owner, content: bytes, name: str) -> Any:
    headers = {"X-CSRF-Token": owner._csrf, "x-file-name": name, "content-type": "application/pdf"}
    async with owner._session.post(f"{owner.hub.url}/api/attachments", data=content, headers=headers) as response:
        assert response.status in (200, 201), await response.text()
        return await response.json()


async def _event(heard: list[tuple[str, Any]], name: str) -> Any:
    return next((value for event, value in heard if event == name), None)


async def _said(heard: list[tuple[str, Any]], text: str) -> Any:
    for event, value in heard:
        for entry in value.get("entries", ()) if event == "entries" else ():
            if entry["text"] == text:
                return value
    return None


async def _state(owner: Owner, thread_id: str, text: str, state: str) -> bool:
    thread = await owner.get(f"/threads/{thread_id}")
    return any(
        delivery["state"] == state
        for entry in thread["entries"]
        if entry["text"] == text
        for delivery in entry["deliveries"]
    )


async def _last_word(owner: Owner, thread_id: str, text: str) -> bool:
    words = _words(await owner.get(f"/threads/{thread_id}"))
    return bool(words[-1]["text"].strip() == text)


def _words(thread: Any) -> list[Any]:
    return [entry for entry in thread["entries"] if entry["kind"] == "message"]


pytestmark = pytest.mark.timeout(120)
