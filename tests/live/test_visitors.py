"""A visitor's side of live chat: from the first word into the thread, and back on the screen."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import socketio.exceptions
import sqlalchemy as sa

from hub.models import Customer, Identity, Inbox, utcnow
from tests.support.live import House, Person, a_house, address_in, say

CUSTOMER, IDENTITY = Customer.__table__, Identity.__table__  # type: ignore[attr-defined]
INBOX = Inbox.__table__  # type: ignore[attr-defined]


async def customers(house: House) -> int:
    return await house.hub.db.read(lambda conn: conn.execute(sa.select(sa.func.count(CUSTOMER.c.id))).scalar_one())


async def test_nobody_is_stored_before_their_first_message(house: House) -> None:
    visitor = await house.visitor()
    ready = visitor.all("ready")[0]
    assert ready["entries"] == []
    assert ready["rev"] == 0
    assert ready["config"]["name"] == "Shop"
    assert await customers(house) == 0
    answer = await visitor.ask("say", say("Where is my parcel?"))
    assert answer["ok"]
    assert answer["entry"]["text"] == "Where is my parcel?"
    assert answer["entry"]["mine"]
    assert await customers(house) == 1


async def test_coming_back_with_the_token_shows_the_same_thread(house: House) -> None:
    visitor = await house.visitor()
    token = (await visitor.ask("say", say("Hello")))["visitor"]
    await visitor.leave()
    again = await house.visitor(visitor=token)
    ready = again.all("ready")[0]
    assert [entry["text"] for entry in ready["entries"]] == ["Hello"]
    await again.ask("say", say("Still me"))
    assert await customers(house) == 1


async def test_a_retry_is_the_same_entry(house: House) -> None:
    visitor = await house.visitor()
    message = say("Once")
    first = await visitor.ask("say", message)
    answers = await asyncio.gather(*(visitor.ask("say", message) for _ in range(5)))
    assert {answer["entry"]["id"] for answer in answers} == {first["entry"]["id"]}
    thread = await house.fresh(await house.thread_of(address_in(first["visitor"])))
    assert [entry["text"] for entry in thread if entry["kind"] == "message"] == ["Once"]


async def test_a_first_message_retried_on_a_new_socket_makes_one_customer(house: House) -> None:
    visitor = await house.visitor()
    token, message = visitor.all("ready")[0]["visitor"], say("Did this arrive?")
    await visitor.send("say", message)
    await visitor.leave()
    again = await house.visitor(visitor=token)
    assert (await again.ask("say", message))["ok"]
    assert await customers(house) == 1
    thread = await house.fresh(await house.thread_of(address_in(token)))
    assert len([entry for entry in thread if entry["kind"] == "message"]) == 1


async def test_an_answer_reaches_the_screen_and_reading_it_the_agent(house: House) -> None:
    agent, visitor = await house.agent(), await house.visitor()
    token = (await visitor.ask("say", say("Hello?")))["visitor"]
    thread_id = await house.thread_of(address_in(token))
    assert (await agent.ask("open", {"thread": str(thread_id)}))["ok"]
    entry_id = await house.reply(thread_id, address_in(token), "Hi, this is Ann.")

    def is_answer(told: dict[str, list[dict[str, object]]]) -> bool:
        return any(entry["text"] == "Hi, this is Ann." for entry in told["entries"])

    shown = await visitor.wait("entries", is_answer)
    answer = next(entry for entry in shown["entries"] if entry["text"] == "Hi, this is Ann.")
    assert not answer["mine"]
    assert answer["author"] == "Ann"
    assert answer["client_key"] is None
    await visitor.wait("entries", lambda told: any(e["id"] == str(entry_id) for e in told["entries"]))

    def sent() -> bool:
        return "sent" in [
            delivery["state"]
            for told in agent.all("thread")
            for entry in told["entries"]
            if entry["id"] == str(entry_id)
            for delivery in entry["deliveries"]
        ]

    await agent.until(sent)
    await visitor.ask("read", {"rev": 10_000})
    await agent.wait(
        "thread",
        lambda told: any(d["state"] == "read" for entry in told["entries"] for d in entry["deliveries"]),
    )
    fresh = await house.fresh_public(thread_id)
    assert [(entry.text, entry.state) for entry in fresh.entries] == [("Hello?", "sent"), ("Hi, this is Ann.", "read")]


async def test_two_tabs_of_one_visitor_both_show_everything(house: House) -> None:
    one = await house.visitor()
    token = one.all("ready")[0]["visitor"]
    two = await house.visitor(visitor=token)
    await one.ask("say", say("From the first tab"))
    await one.ask("say", say("And again"))
    await two.wait("entries", lambda told: told["entries"][0]["text"] == "And again")
    await two.ask("say", say("From the second"))
    await one.wait("entries", lambda told: told["entries"][0]["text"] == "From the second")
    assert await customers(house) == 1


async def test_what_one_visitor_says_is_stored_in_the_order_they_said_it(house: House) -> None:
    visitor = await house.visitor()
    token = (await visitor.ask("say", say("0")))["visitor"]
    for n in range(1, 9):
        await visitor.send("say", say(str(n)))
    await visitor.until(lambda: sum(len(told["entries"]) for told in visitor.all("entries")) >= 8)
    thread = await house.fresh(await house.thread_of(address_in(token)))
    assert [entry["text"] for entry in thread if entry["kind"] == "message"] == [str(n) for n in range(9)]


async def test_typing_goes_both_ways_but_never_from_a_note(house: House) -> None:
    agent, visitor = await house.agent(), await house.visitor()
    token = (await visitor.ask("say", say("Hello")))["visitor"]
    thread = str(await house.thread_of(address_in(token)))
    await agent.ask("open", {"thread": thread})
    await visitor.ask("typing", {"on": True})
    told = await agent.wait("typing")
    assert told["who"]["kind"] == "customer"
    assert told["channel"] == "chat"
    await agent.ask("typing", {"thread": thread, "on": True, "note": True})
    await agent.ask("typing", {"thread": thread, "on": True})  # whether it is a note isn't said: assume it is
    await agent.ask("typing", {"thread": thread, "on": True, "note": False})
    assert await visitor.wait("typing") == {"on": True, "name": "Ann"}
    await visitor.ask("typing", {"on": False})
    assert len(visitor.all("typing")) == 1


async def test_agents_see_who_is_here(house: House) -> None:
    ann, bob, visitor = await house.agent("Ann"), await house.agent("Bob"), await house.visitor()
    token = (await visitor.ask("say", say("Hello")))["visitor"]
    thread_id = await house.thread_of(address_in(token))
    await ann.ask("open", {"thread": str(thread_id)})
    await bob.ask("open", {"thread": str(thread_id)})
    here = await ann.wait("presence", lambda told: len(told["agents"]) == 2)
    assert [agent["name"] for agent in here["agents"]] == ["Ann", "Bob"]
    assert here["visitor_online"]
    assert house.hub.visitor_online(thread_id)
    await visitor.leave()
    await ann.wait("presence", lambda told: not told["visitor_online"])
    await bob.ask("close", {"thread": str(thread_id)})
    await ann.wait("presence", lambda told: [agent["name"] for agent in told["agents"]] == ["Ann"])
    assert not house.hub.visitor_online(thread_id)


async def test_a_typed_address_is_a_claim_and_a_typed_name_is_shown(house: House) -> None:
    visitor = await house.visitor()
    assert await visitor.ask("claim", {"email": "ada@example.org", "name": "Ada"}) == {"ok": True}
    answer = await visitor.ask("say", say("Hello"))
    thread_id = await house.thread_of(address_in(answer["visitor"]))
    (entry,) = [entry for entry in await house.fresh(thread_id) if entry["kind"] == "message"]
    assert entry["author"]["name"] == "Ada"
    assert entry["proof"] == "claimed"
    kinds = await house.hub.db.read(lambda conn: conn.scalars(sa.select(IDENTITY.c.kind)).all())
    assert list(kinds) == ["visitor"]
    again = await house.visitor(visitor=answer["visitor"])
    assert again.all("ready")[0]["email"] is True
    bad = await visitor.ask("claim", {"email": "not an address"})
    assert bad["ok"] is False
    assert "name@example.com" in bad["error"]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({}, "incomplete"),
        ({"client_key": "short", "text": "x"}, "incomplete"),
        ({"client_key": "x" * 101, "text": "x"}, "incomplete"),
        ({"client_key": ["long-enough"], "text": "x"}, "incomplete"),
        ({"client_key": "long-enough", "text": 7}, "incomplete"),
        ({"client_key": "long-enough", "text": "  \n"}, "empty"),
        ({"client_key": "long-enough", "text": "x" * 10_001}, "too long: 10,001 characters"),
        ({"client_key": "long-enough", "text": "x", "attachments": "all"}, "files"),
        ({"client_key": "long-enough", "text": "x", "attachments": [str(uuid4())]}, "no longer there"),
        ({"client_key": "long-enough", "text": "x", "attachments": ["*"]}, "no longer there"),
        ({"client_key": "long-enough", "text": "x", "claims": ["a"]}, "incomplete"),
        ({"client_key": "long-enough", "text": "x", "claims": {"email": "nobody"}}, "name@example.com"),
    ],
)
async def test_a_message_that_can_not_be_taken_says_why(house: House, message: object, why: str) -> None:
    visitor = await house.visitor()
    answer = await visitor.ask("say", message)
    assert answer["ok"] is False
    assert answer["retry"] is False
    assert why in answer["error"]
    assert await customers(house) == 0
    assert (await visitor.ask("say", say("But this works")))["ok"]


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        ({"inbox": "nothing"}, None),
        ({"inbox": str(uuid4())}, None),
        ({"inbox": ["a"]}, None),
        ({"visitor": "v_aaaaaaaaaaaaaaaaaaaaaaaa.9999999999.aaaaaaaaaaaaaaaaaaaa"}, "token"),
        ({"identity": "a.b.c"}, "identity"),
    ],
)
async def test_who_can_not_come_in_is_told_why(house: House, auth: dict[str, object], code: str | None) -> None:
    person = Person("/visitor")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await person.connect(house.url, {"inbox": str(house.chat), **auth}, {})
    (told,) = person.all("refused")
    assert told["message"].endswith(".")
    assert told.get("data", {}).get("code") == code
    await person.leave()


async def test_a_foreign_page_may_not_open_the_socket(house: House) -> None:
    person = Person("/visitor")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await person.connect(house.url, {"inbox": str(house.chat)}, {"Origin": "https://evil.example"})
    await person.leave()
    own = await house.visitor(headers={"Origin": house.url})
    assert own.connected


async def test_a_visitor_is_never_told_of_another(house: House) -> None:
    one, two = await house.visitor(), await house.visitor()
    first = await one.ask("say", say("I am one"))
    second = await two.ask("say", say("I am two"))
    await house.reply(await house.thread_of(address_in(first["visitor"])), address_in(first["visitor"]), "For one")
    await one.wait("entries", lambda told: told["entries"][0]["text"] == "For one")
    one_before = await two.ask("before", {"id": first["entry"]["id"]})
    assert one_before["entries"] == []
    changes = await two.ask("changes", {"after": 0})
    assert [entry["text"] for entry in changes["entries"]] == ["I am two"]
    assert "For one" not in str(two.told)
    assert "I am one" not in str(two.told)
    assert UUID(second["entry"]["id"]) != UUID(first["entry"]["id"])


async def test_rooms_can_not_be_guessed(house: House) -> None:
    """There is no event by which a visitor could name a room, and events of agents are unknown here."""
    one, spy = await house.visitor(), await house.visitor()
    token = (await one.ask("say", say("Private")))["visitor"]
    thread = str(await house.thread_of(address_in(token)))
    for event in ("open", "join", "enter_room", "subscribe"):
        for room in (thread, f"thread:{thread}", f"own:chat:{thread}", "%", "*", ["list"], {"thread": thread}):
            answer = await spy.ask(event, {"thread": room})
            assert answer["ok"] is False
    await house.reply(UUID(thread), address_in(token), "Secret answer")
    await one.wait("entries", lambda told: told["entries"][0]["text"] == "Secret answer")
    assert not spy.all("entries")


async def test_older_entries_come_page_by_page(house: House) -> None:
    visitor = await house.visitor()
    token = (await visitor.ask("say", say("first")))["visitor"]
    thread_id = await house.thread_of(address_in(token))
    for n in range(60):
        await house.reply(thread_id, address_in(token), f"answer {n}")
    again = await house.visitor(visitor=token)
    ready = again.all("ready")[0]
    assert len(ready["entries"]) == 40
    assert ready["more_before"]
    older = await again.ask("before", {"id": ready["entries"][0]["id"]})
    texts = [entry["text"] for entry in older["entries"] + ready["entries"]]
    assert texts == ["first", *(f"answer {n}" for n in range(60))]
    assert older["more_before"] is False


async def test_reading_more_than_there_is_changes_nothing(house: House) -> None:
    visitor = await house.visitor()
    assert await visitor.ask("read", {"rev": 5}) == {"ok": True}
    await visitor.ask("say", say("Hello"))
    for rev in (-1, "x", None, 1.5, 2**62, True):
        assert await visitor.ask("read", {"rev": rev}) == {"ok": True}


async def test_a_chat_whose_inbox_was_removed_says_so(house: House) -> None:
    visitor = await house.visitor()
    assert (await visitor.ask("say", say("Hello")))["ok"]
    gone = sa.update(INBOX).where(INBOX.c.id == house.chat).values(removed_at=utcnow())
    await house.hub.db.write(lambda conn: conn.execute(gone))
    await house.hub.inboxes.refresh()
    answer = await visitor.ask("say", say("Anybody?"))
    assert answer == {"ok": False, "error": "This chat is closed. Write to us another way, please.", "retry": False}


async def test_the_hub_ends_with_people_inside(db_url: str, tmp_path: Path) -> None:
    async with asyncio.timeout(20):
        async with a_house(tmp_path, db_url) as house:
            house.chat = await house.new_chat()
            visitor, agent = await house.visitor(), await house.agent()
            house.people.clear()
        await visitor.wait("gone")
        await agent.wait("gone")


async def test_where_web_sockets_are_blocked_polling_does(house: House) -> None:
    visitor, agent = Person("/visitor"), await house.agent()
    await visitor.connect(house.url, {"inbox": str(house.chat)}, {"Origin": house.url}, transport="polling")
    house.people.append(visitor)
    await visitor.wait("ready")
    answer = await visitor.ask("say", say("Hello 👋 from behind a proxy"))
    assert answer["entry"]["text"] == "Hello 👋 from behind a proxy"
    thread_id = await house.thread_of(address_in(answer["visitor"]))
    await agent.ask("open", {"thread": str(thread_id)})
    await house.reply(thread_id, address_in(answer["visitor"]), "Grüße")
    await visitor.wait("entries", lambda told: any(entry["text"] == "Grüße" for entry in told["entries"]))


async def test_who_comes_is_told_by_our_own_proxies_and_by_nobody_else(db_url: str, tmp_path: Path) -> None:
    async with a_house(tmp_path, db_url, trusted_proxies=2) as house:
        house.chat = await house.new_chat()
        for named, ip in {
            "203.0.113.9, 192.0.2.7, 198.51.100.1": "192.0.2.7",  # the first is the visitor's own invention
            "192.0.2.7": "127.0.0.1",  # came by one of two proxies: who wrote it, nobody knows
            "": "127.0.0.1",
        }.items():
            await house.visitor(headers={"X-Forwarded-For": named})
            assert list(house.live.visitors.seats.values())[-1].ip == ip
