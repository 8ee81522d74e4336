"""An agent's sockets: who gets in, what is told to whom, and that a screen which missed something heals."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
import socketio.exceptions
import sqlalchemy as sa

from hub.core import sessions
from hub.core.access import Viewer, rights
from hub.core.read import threads
from hub.live.fanout import Json
from hub.models import Agent
from tests.support.live import House, Person, address_in, say

AGENT = Agent.__table__  # type: ignore[attr-defined]
NOBODYS = "01a20253-ba0f-7621-b24d-85663940e505"


async def a_thread(house: House, text: str = "Hello") -> tuple[Person, str, UUID]:
    visitor = await house.visitor()
    address = address_in((await visitor.ask("say", say(text)))["visitor"])
    return visitor, address, await house.thread_of(address)


# --- getting in ---


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cookie": f"{sessions.COOKIE}=guess"},
        {"Cookie": f"{sessions.COOKIE}={'a' * 43}"},
        {"Authorization": "Bearer ot_" + "a" * 43},
        {"Authorization": "Basic YTpi"},
    ],
)
async def test_nobody_gets_in_without_a_session(house: House, headers: dict[str, str]) -> None:
    person = Person("/agent")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await person.connect(house.url, None, headers)
    assert person.all("refused") == [{"message": "Sign in again.", "data": {"code": "signed_out"}}]
    await person.leave()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1"])
async def test_another_site_can_not_use_the_cookie(house: House, origin: str) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        await house.agent(Origin=origin)
    assert (await house.agent(Origin=house.url)).connected


async def test_a_token_of_the_api_opens_the_socket_as_far_as_its_scopes(house: House) -> None:
    agent_id = await house.new_agent("Ann")
    made = await house.hub.db.write(lambda conn: sessions.make_token(conn, agent_id, "screen", ["read"], None))
    person = Person("/agent")
    await person.connect(house.url, None, {"Authorization": f"Bearer {made['secret']}"})
    house.people.append(person)
    _, _, thread_id = await a_thread(house)
    assert (await person.ask("open", {"thread": str(thread_id)}))["ok"]


@pytest.mark.parametrize("thread", ["", "*", "%", "list", [], {}, None, 7, NOBODYS, "a" * 36, ["list"]])
async def test_only_a_thread_that_is_there_can_be_opened(house: House, thread: object) -> None:
    agent = await house.agent()
    answer = await agent.ask("open", {"thread": thread})
    assert answer == {"ok": False, "error": "This thread doesn't exist, or you have no access to it."}
    assert house.live.rooms.get_rooms(next(iter(house.live.agents.desks)), "/agent") is not None
    rooms = house.live.rooms.get_rooms(next(iter(house.live.agents.desks)), "/agent")
    assert {room for room in rooms if room.startswith("thread:")} == set()


async def test_events_of_the_visitors_are_unknown_here(house: House) -> None:
    agent = await house.agent()
    for event in ("say", "read", "claim", "changes", "enter_room", "disconnecting"):
        assert (await agent.ask(event, {}))["ok"] is False


# --- what is told ---


async def test_the_open_thread_gets_bodies_and_the_list_ids(house: House) -> None:
    reading, elsewhere = await house.agent("Ann"), await house.agent("Bob")
    visitor, _, thread_id = await a_thread(house)
    opened = await reading.ask("open", {"thread": str(thread_id)})
    await visitor.ask("say", say("Are you there?"))
    told = await reading.wait("thread")
    assert told["since"] == opened["rev"]
    assert [entry["text"] for entry in told["entries"]] == ["Are you there?"]
    listed = await elsewhere.wait("cases", lambda told: told["threads"][0]["rev"] == opened["rev"] + 1)
    assert listed["cases"] == told["cases"]
    assert listed["threads"][0]["thread"] == str(thread_id)
    assert "Are you there?" not in str(elsewhere.told)
    assert not elsewhere.all("thread")


async def test_the_shape_is_the_one_that_the_api_returns(house: House) -> None:
    agent = await house.agent()
    visitor, address, thread_id = await a_thread(house)
    await agent.ask("open", {"thread": str(thread_id)})
    await house.reply(thread_id, address, "Hi")
    await house.note(thread_id, "Be kind to this one")
    await visitor.ask("say", say("Thanks"))
    await agent.wait("thread", lambda told: any(entry["text"] == "Thanks" for entry in told["entries"]))
    await agent.until(lambda: '"sent"' in Json.dumps(agent.all("thread")))
    newest = {entry["id"]: entry for told in agent.all("thread") for entry in told["entries"]}
    fresh = Json.loads(Json.dumps(await house.fresh(thread_id)))
    assert [newest[entry["id"]] for entry in fresh if entry["id"] in newest] == fresh[1:]


async def test_a_note_is_never_told_to_the_visitor(house: House) -> None:
    visitor, address, thread_id = await a_thread(house)
    before = (await visitor.ask("changes", {"after": 0}))["rev"]
    for n in range(5):
        await house.note(thread_id, f"secret note {n}")
    await house.reply(thread_id, address, "A public answer")
    await visitor.wait("entries", lambda told: any(entry["text"] == "A public answer" for entry in told["entries"]))
    assert "secret" not in str(visitor.told)
    assert "secret" not in str(await visitor.ask("changes", {"after": 0}))
    # neither gaps nor traffic tell of notes: each change the visitor hears of follows the one before
    for told in visitor.all("entries"):
        assert told["since"] == before
        before = told["rev"]


async def test_a_closed_thread_tells_nothing_more(house: House) -> None:
    agent, (visitor, _, thread_id) = await house.agent(), await a_thread(house)
    await agent.ask("open", {"thread": str(thread_id)})
    await agent.ask("close", {"thread": str(thread_id)})
    await visitor.ask("say", say("Anybody?"))
    await agent.wait("cases")
    assert not agent.all("thread")


async def test_opening_very_many_threads_closes_the_oldest(house: House) -> None:
    agent = await house.agent()
    opened = []
    for _ in range(32):
        _, _, thread_id = await a_thread(house)
        opened.append(thread_id)
        assert (await agent.ask("open", {"thread": str(thread_id)}))["ok"]
    assert list(next(iter(house.live.agents.desks.values())).threads) == opened[2:]


# --- rights that end ---


async def test_a_revoked_session_is_put_out(house: House) -> None:
    agent = await house.agent("Ann")
    visitor, _, thread_id = await a_thread(house)
    await agent.ask("open", {"thread": str(thread_id)})
    (desk,) = house.live.agents.desks.values()
    await house.hub.db.write(lambda conn: sessions.revoke(conn, desk.viewer.id, desk.session_id))
    async with asyncio.timeout(5):
        await agent.wait("signed_out")
    await agent.wait("gone")
    told = len(agent.told)
    await visitor.ask("say", say("Psst"))
    assert len(agent.told) == told
    assert not house.live.agents.desks


async def test_an_agent_who_was_switched_off_is_put_out(house: House) -> None:
    agent = await house.agent("Ann")
    off = sa.update(AGENT).values(active=False)
    await house.hub.db.write(lambda conn: conn.execute(off))
    await house.live.check()
    await agent.wait("signed_out")
    await agent.wait("gone")


async def test_a_lost_right_leaves_the_room_and_keeps_the_socket(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    agent, (visitor, _, thread_id) = await house.agent(), await a_thread(house)
    await agent.ask("open", {"thread": str(thread_id)})
    monkeypatch.setattr("hub.core.access.readable", lambda conn, viewer, ids: set())
    await house.live.check()
    await visitor.ask("say", say("Not for Ann any more"))
    await agent.wait("cases")
    assert not agent.all("thread")
    assert agent.connected


# --- healing ---


class Screen:
    """What a console does with what it is told: apply what follows, fetch what is missing."""

    def __init__(self, house: House, thread_id: UUID) -> None:
        self.house, self.thread_id = house, thread_id
        self.entries: dict[str, dict[str, Any]] = {}
        self.rev = 0
        self.fetched = 0

    async def load(self) -> None:
        self.take(await self.house.fresh(self.thread_id))

    def take(self, rows: list[dict[str, Any]]) -> None:
        for entry in Json.loads(Json.dumps(rows)):
            self.entries[entry["id"]] = entry
            self.rev = max(self.rev, entry["rev"])

    async def apply(self, told: dict[str, Any]) -> None:
        if told["rev"] <= self.rev:
            return
        if told["since"] > self.rev:
            return await self.heal()
        self.take(told["entries"])
        self.rev = max(self.rev, told["rev"])

    async def heal(self) -> None:
        self.fetched += 1
        viewer = Viewer(uuid4(), "Ann", "", "agent", rights("agent"))
        known = self.rev
        found = await self.house.hub.db.read(lambda conn: threads.changes(conn, viewer, self.thread_id, known))
        assert found["complete"]
        self.take(found["entries"])
        self.rev = max(self.rev, found["rev"])

    @property
    def shown(self) -> list[dict[str, Any]]:
        return sorted(self.entries.values(), key=lambda entry: entry["seq"])


async def busy(house: House, visitor: Person, address: str, thread_id: UUID, times: int) -> None:
    """Customer, agents and system at once, so that revs rise by different steps."""
    for n in range(times):
        await asyncio.gather(
            visitor.ask("say", say(f"question {n}")),
            house.reply(thread_id, address, f"answer {n}"),
            house.note(thread_id, f"note {n}"),
        )
        if n % 5 == 0:
            await visitor.ask("read", {"rev": 10**6})


async def settled(house: House) -> None:
    """Until no delivery is on its way any more and all is published."""
    for _ in range(200):
        waiting = await house.hub.db.read(
            lambda conn: conn.execute(
                sa.text("SELECT count(*) FROM delivery WHERE state IN ('queued', 'sending')")
            ).scalar_one()
        )
        if not waiting:
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """These visitors write faster than people: the limit on that has tests of its own."""
    monkeypatch.setattr("hub.live.limits.Meter.take", lambda self, key: True)


@pytest.mark.usefixtures("unhurried")
async def test_a_watching_screen_equals_a_fresh_load(house: House) -> None:
    """An old snapshot plus the told changes is a fresh snapshot (rule 7), without a single fetch."""
    agent, (visitor, address, thread_id) = await house.agent(), await a_thread(house)
    screen = Screen(house, thread_id)
    await agent.ask("open", {"thread": str(thread_id)})
    await screen.load()
    await busy(house, visitor, address, thread_id, 20)
    await settled(house)
    for told in agent.all("thread"):
        await screen.apply(told)
    assert screen.shown == Json.loads(Json.dumps(await house.fresh(thread_id)))
    assert screen.fetched == 0


@pytest.mark.usefixtures("unhurried")
async def test_a_screen_that_was_away_for_two_hundred_entries_heals(house: House) -> None:
    agent, (visitor, address, thread_id) = await house.agent(), await a_thread(house)
    screen = Screen(house, thread_id)
    await agent.ask("open", {"thread": str(thread_id)})
    await screen.load()
    await agent.leave()
    await busy(house, visitor, address, thread_id, 67)
    await settled(house)
    back = await house.agent()
    opened = await back.ask("open", {"thread": str(thread_id)})
    if opened["rev"] > screen.rev:
        await screen.heal()
    await visitor.ask("say", say("One more"))
    told = await back.wait("thread", lambda told: any(entry["text"] == "One more" for entry in told["entries"]))
    await screen.apply(told)
    assert len(screen.shown) >= 200
    assert screen.shown == Json.loads(Json.dumps(await house.fresh(thread_id)))
    assert screen.fetched == 1


@pytest.mark.usefixtures("unhurried")
async def test_a_visitor_who_was_away_resumes_by_rev(house: House) -> None:
    visitor, address, thread_id = await a_thread(house)
    token = visitor.all("ready")[0]["visitor"]
    held = (await visitor.ask("changes", {"after": 0}))["rev"]
    await visitor.leave()
    for n in range(200):
        await house.reply(thread_id, address, f"answer {n}")
    back = await house.visitor(visitor=token)
    missed = await back.ask("changes", {"after": held})
    assert missed["complete"]
    assert [entry["text"] for entry in missed["entries"]] == [f"answer {n}" for n in range(200)]


async def test_a_lost_last_message_is_noticed(house: House) -> None:
    agent, (visitor, _, thread_id) = await house.agent(), await a_thread(house)
    await agent.ask("open", {"thread": str(thread_id)})
    await house.live.revs()
    (row,) = (await agent.wait("revs"))["threads"]
    assert row["thread"] == str(thread_id)
    assert row["rev"] == (await house.hub.db.read(lambda conn: threads.revs(conn, [thread_id])))[thread_id]
    told = await visitor.wait("rev")
    assert told["rev"] == (await visitor.ask("changes", {"after": 0}))["rev"]


async def test_while_access_is_asked_nothing_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The room is entered after the access function has agreed, not before."""
    agent, (visitor, _, thread_id) = await house.agent(), await a_thread(house)
    loop, asked, answer = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    async def think() -> None:
        asked.set()
        await asyncio.wait_for(answer.wait(), 5)

    def slow_no(*_: Any) -> bool:
        """Takes its time as a statement does: in a thread on SQLite, handing on the loop on PostgreSQL."""
        if house.hub.db.is_sqlite:
            asyncio.run_coroutine_threadsafe(think(), loop).result()
        else:
            sa.util.await_(think())
        return False

    monkeypatch.setattr("hub.core.access.may", slow_no)
    opening = asyncio.create_task(agent.ask("open", {"thread": str(thread_id)}))
    await asyncio.wait_for(asked.wait(), 5)
    await visitor.ask("say", say("Not for everybody"))
    await agent.wait("cases", lambda told: told["threads"][0]["rev"] > 1)
    answer.set()
    assert (await opening)["ok"] is False
    assert not agent.all("thread")
