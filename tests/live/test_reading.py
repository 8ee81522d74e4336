"""Read state both ways over real sockets: an agent's reading shows at the visitor's, a device's word at the agent's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import aiohttp
import pytest

from hub.core import sessions
from tests.support.live import House, Person, address_in, say


async def read_by(house: House, name: str, thread_id: UUID, seq: int) -> None:
    """The agent's console says how far they have read."""
    secret, _ = await house.session(name)
    signed = await house.hub.db.read(lambda conn: sessions.by_cookie(conn, secret))
    assert signed
    headers = {"Cookie": f"{sessions.COOKIE}={secret}", "X-CSRF-Token": signed.csrf}
    async with aiohttp.ClientSession(headers=headers) as http:
        answer = await http.post(f"{house.url}/api/threads/{thread_id}/seen", json={"seq": seq})
        assert answer.status == 200, await answer.text()


async def a_talk(house: House, *texts: str) -> tuple[Person, str, UUID, list[dict[str, Any]]]:
    visitor = await house.visitor()
    answers = [await visitor.ask("say", say(text)) for text in texts]
    address = address_in(answers[0]["visitor"])
    return visitor, answers[0]["visitor"], await house.thread_of(address), [answer["entry"] for answer in answers]


def told_of(entry: dict[str, Any], state: str) -> Any:
    return lambda told: any(one["id"] == entry["id"] and one["state"] == state for one in told["entries"])


async def test_a_visitor_sees_live_and_after_a_reload_that_we_have_read(house: House) -> None:
    visitor, token, thread_id, (first, second) = await a_talk(house, "Hello?", "Anybody?")
    other_tab = await house.visitor(visitor=token)
    await read_by(house, "Ann", thread_id, 1)
    told = await visitor.wait("entries", told_of(first, "read"))
    await other_tab.wait("entries", told_of(first, "read"))
    assert told["rev"] == second["rev"] + 1
    assert told["since"] == second["rev"], "no gap: the client need not ask"
    again = (await house.visitor(visitor=token)).all("ready")[0]
    assert [entry["state"] for entry in again["entries"]] == ["read", "sent"]
    missed = await visitor.ask("changes", {"after": second["rev"]})
    assert [(entry["id"], entry["state"]) for entry in missed["entries"]] == [(first["id"], "read")]
    await read_by(house, "Ann", thread_id, 9)
    await visitor.wait("entries", told_of(second, "read"))
    await read_by(house, "Ann", thread_id, 0)
    again = (await house.visitor(visitor=token)).all("ready")[0]
    assert [entry["state"] for entry in again["entries"]] == ["read", "read"], "unread for Ann is no news for anybody"


async def test_reading_tells_neither_who_nor_of_notes_nor_anybody_else(house: House) -> None:
    visitor, _, thread_id, (entry,) = await a_talk(house, "Hello?")
    stranger, _, _, _ = await a_talk(house, "I am somebody else")
    heard = len(stranger.told)
    await house.note(thread_id, "internal words", by="Bob")
    await read_by(house, "Marguerite", thread_id, 1)
    await visitor.wait("entries", told_of(entry, "read"))
    after_first = len(visitor.told)
    await read_by(house, "Marguerite", thread_id, 2)
    await read_by(house, "Bob", thread_id, 2)
    answer = await visitor.ask("changes", {"after": 0})
    assert (answer["rev"], len(visitor.told)) == (2, after_first), "reading a note is nothing to hear of"
    for secret in ("Marguerite", "Bob", "internal", "seen_seq"):
        assert secret not in str(visitor.told)
        assert secret not in str(answer)
    assert len(stranger.told) == heard


async def test_an_inbox_may_keep_to_itself_what_was_read(house: House) -> None:
    house.chat = await house.new_chat(name="Shop", tells_read=False)
    visitor, _, thread_id, (entry,) = await a_talk(house, "Hello?")
    await read_by(house, "Ann", thread_id, 9)
    answer = await visitor.ask("changes", {"after": 0})
    assert (answer["rev"], answer["entries"][0]["state"]) == (entry["rev"], "sent")


async def test_an_answer_is_delivered_when_the_device_says_so_and_read_when_it_was_looked_at(house: House) -> None:
    visitor, token, thread_id, _ = await a_talk(house, "Hello?")
    agent = await house.agent("Ann")
    await agent.ask("open", {"thread": str(thread_id)})
    entry_id = await house.reply(thread_id, address_in(token), "Hi")

    def seen(state: str) -> Any:
        return lambda told: any(
            delivery["state"] == state
            for entry in told["entries"]
            if entry["id"] == str(entry_id)
            for delivery in entry["deliveries"]
        )

    await agent.wait("thread", seen("sent"))
    assert not [told for told in agent.all("thread") if seen("delivered")(told)], "bytes in a socket are no delivery"
    before = (await house.fresh_public(thread_id)).rev
    assert await visitor.ask("got", {"rev": 1}) == {"ok": True}
    assert (await house.fresh_public(thread_id)).rev == before
    await visitor.ask("got", {"rev": before})
    await agent.wait("thread", seen("delivered"))
    await visitor.wait("entries", lambda told: any(entry["state"] == "delivered" for entry in told["entries"]))
    await visitor.ask("read", {"rev": before})
    await agent.wait("thread", seen("read"))
    await visitor.ask("got", {"rev": before + 9})
    fresh = await house.fresh(thread_id)
    assert [d["state"] for entry in fresh for d in entry["deliveries"]] == ["read"]


@pytest.mark.db("sqlite")
async def test_rubbish_is_no_receipt(house: House) -> None:
    stranger = await house.visitor()
    assert await stranger.ask("got", {"rev": 5}) == {"ok": True}
    visitor, _, thread_id, _ = await a_talk(house, "Hello?")
    for rev in (-1, "x", None, 1.5, True, [1], {"a": 1}):
        assert await visitor.ask("got", {"rev": rev}) == {"ok": True}
    assert (await house.fresh_public(thread_id)).rev == 1


@pytest.mark.db("postgres")
async def test_reading_crosses_over_to_another_process(two_houses: tuple[House, House]) -> None:
    one, two = two_houses
    visitor, _, thread_id, (entry,) = await a_talk(two, "Hello?")
    await read_by(one, "Ann", thread_id, 9)
    await visitor.wait("entries", told_of(entry, "read"))
