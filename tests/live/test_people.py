"""What proof and merging mean for those who are looking: screens are led on, a second device is asked for a code."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import aiohttp
import sqlalchemy as sa

from hub.contract import Address
from hub.core import proof
from hub.core.compose import Reply, Words
from hub.core.merge import MergeCustomers
from hub.core.unmerge import Unmerge
from hub.db import insert
from hub.models import Identity, Inbox, ProofCode, new_id, utcnow
from tests.live.test_files import press
from tests.support.live import House, address_in, say

IDENTITY, INBOX, CODE = Identity.__table__, Inbox.__table__, ProofCode.__table__  # type: ignore[attr-defined]


async def speaks(house: House, text: str) -> tuple[Any, str, UUID]:
    """A visitor who said something: their socket, address and thread."""
    person = await house.visitor()
    address = address_in((await person.ask("say", say(text)))["visitor"])
    return person, address, await house.thread_of(address)


async def test_screens_of_a_merged_thread_are_led_to_the_one_that_it_became(house: House) -> None:
    one, _, source = await speaks(house, "On my telephone")
    two, address, target = await speaks(house, "On my computer")
    agent = await house.agent()
    # an agent has spoken with them
    vouched = sa.update(IDENTITY).values(trust="verified")
    await house.hub.db.write(lambda conn: conn.execute(vouched))
    told = await agent.ask("open", {"thread": str(target)})
    job = MergeCustomers(house.actor("Ann"), source, target, "Same person")
    merge_id = await house.hub.writer.submit(job)
    news = await agent.wait("thread", lambda told: told["thread"] == str(target))
    assert news["since"] > told["rev"], "it can't be applied to what the screen holds: it asks"
    old = await agent.ask("open", {"thread": str(source)})
    assert (old["ok"], old["thread"]) == (True, str(target))
    await house.live.visitors.check()
    await one.wait("gone")
    # the other's socket heard of it, and asks for what it missed
    await two.wait("entries")
    shown = (await two.ask("changes", {"after": 1}))["entries"]
    assert [entry["text"] for entry in shown] == ["On my telephone", "On my computer"]
    await house.reply(target, address, "To both of you")
    await two.wait("entries", lambda told: any(e["text"] == "To both of you" for e in told["entries"]))

    await house.hub.writer.submit(Unmerge(house.actor("Ann"), merge_id, source, target))
    changes = await two.ask("changes", {"after": shown[-1]["rev"]})
    assert changes["complete"] is False, "what left can't be told of"
    left = (await house.fresh_public(target)).entries
    assert [entry.text for entry in left] == ["On my computer", "To both of you"]


async def test_a_second_device_gives_the_code_over_http(house: House, http: aiohttp.ClientSession) -> None:
    settings = {"address": "support@shop.example", "smtp_host": "127.0.0.1", "smtp_port": 9}
    row = {"id": new_id(), "connector": "email", "channel": "email", "name": "Mail", "address": "", "active": True,
           "settings": house.hub.inboxes.seal_settings(settings), "paused_reason": "", "version": 1,
           "created_at": utcnow()}  # fmt: skip
    await house.hub.db.write(lambda conn: insert(conn, INBOX, [row]))
    await house.hub.inboxes.refresh()
    _, _, thread = await speaks(house, "Write to me by mail")
    await house.new_agent("Ann")
    words = Words(UUID(str(row["id"])), Address("email", "maya@example.com"), "Let us chat", chat_link=True)
    await house.hub.writer.submit(Reply(house.actor("Ann"), thread, "an-answer-1", words))
    text = (await house.fresh(thread))[-1]["text"]
    token = text.rpartition("/c/")[2]

    assert (await press(http, house, token))[0] == 200
    status, problem = await press(http, house, token)
    assert (status, problem["sent_to"]) == (409, "m•••@example.com")
    assert await post(http, house, f"/c/{token}/code") == (200, {"sent_to": "m•••@example.com"})
    code_id = await house.hub.db.read(lambda conn: conn.execute(sa.select(CODE.c.id)).scalar_one())
    right = proof.value(house.hub.keys, code_id)
    status, problem = await post(http, house, f"/c/{token}/proof", f"{(int(right) + 1) % 1_000_000:06d}")
    assert (status, problem["detail"][:21]) == (403, "This code isn't right")
    status, given = await post(http, house, f"/c/{token}/proof", right)
    assert status == 200
    person = await house.visitor(visitor=given["visitor"])
    assert "Write to me by mail" in [entry["text"] for entry in person.all("ready")[0]["entries"]]
    assert (await post(http, house, f"/c/{token}/proof", right))[0] == 410
    for what in ("code", "proof"):
        assert (await post(http, house, f"/c/nothing/{what}"))[0] == 410


async def post(http: aiohttp.ClientSession, house: House, path: str, body: str = "") -> tuple[int, dict[str, Any]]:
    async with http.post(house.url + path, data=body) as response:
        return response.status, await response.json(content_type=None)
