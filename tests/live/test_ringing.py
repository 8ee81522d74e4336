"""A call that rings is on its agents' screens within a second, and gone from them as soon as it is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from hub import registry
from hub.core.calls.acts import Answer
from hub.core.changes import Actor
from hub.core.errors import Conflict
from tests.support.calling import MAYA, Desk, open_line
from tests.support.line import OURS, Exchange, TestLine, build
from tests.support.live import House, Person


@pytest.fixture(autouse=True)
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("hub.inboxes.build", build(registry.build))
    TestLine.exchanges[OURS] = Exchange()
    yield
    del TestLine.exchanges[OURS]


async def rings(desk: Desk, *people: Person) -> list[dict[str, object]]:
    await desk.rings()
    async with asyncio.timeout(1):
        return [dict(await person.wait("ringing")) for person in people]


async def test_it_rings_for_everybody_until_one_takes_it(house: House) -> None:
    desk = await open_line(house.hub, house.url)
    ann, bob = await house.agent("Ann"), await house.agent("Bob")
    told = await rings(desk, ann, bob)
    assert [(item["queue"], item["mine"]) for item in told] == [("Hotline", True)] * 2
    call = await desk.call()
    assert told[0]["call"]["id"] == str(call["id"])  # type: ignore[index]
    assert told[0]["call"]["from"]["address"] == MAYA  # type: ignore[index]
    await house.hub.writer.submit(Answer(house.actor("Ann"), call["id"], "browser"))
    for person in (ann, bob):
        async with asyncio.timeout(1):
            over = await person.wait("ringing_over")
        assert (over["call"], over["by"]) == (str(call["id"]), "Ann")
    await desk.picks_up(await desk.dialled(1))
    told_ann = await ann.wait("call", lambda said: said["call"]["state"] == "active")
    assert told_ann["call"]["agent_name"] == "Ann"
    assert bob.all("call") == []


async def test_nobody_else_hears_of_it(house: House) -> None:
    desk = await open_line(house.hub, house.url)
    ann, bob = await house.agent("Ann"), await house.agent("Bob")
    bobs = house.actor("Bob").id
    assert bobs
    await desk.settings(str(bobs), calls="off")
    await rings(desk, ann)
    await asyncio.sleep(0.3)
    assert bob.all("ringing") == []


async def test_a_console_that_closes_is_not_rung(house: House) -> None:
    desk = await open_line(house.hub, house.url)
    ann = await house.agent("Ann")
    await ann.leave()
    async with asyncio.timeout(5):
        while house.hub.presence.online():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await desk.rings()
    assert (await desk.call())["state"] == "waiting"


async def test_it_rings_in_every_process(two_houses: tuple[House, House]) -> None:
    one, two = two_houses
    desk = await open_line(one.hub, one.url)
    await two.hub.inboxes.refresh()
    ann = await two.agent("Ann")
    async with asyncio.timeout(5):
        while not one.hub.presence.online():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    told = await rings(desk, ann)
    assert told[0]["mine"] is True


async def test_two_processes_accept_at_once(two_houses: tuple[House, House]) -> None:
    one, two = two_houses
    desk = await open_line(one.hub, one.url)
    await two.hub.inboxes.refresh()
    ann, bob = await one.new_agent("Ann"), await two.new_agent("Bob")
    await desk.rings()
    call = await desk.call()
    answers = await asyncio.gather(
        *(
            house.hub.writer.submit(Answer(Actor("agent", id_, name), call["id"], "browser"))
            for house, id_, name in ((one, ann, "Ann"), (two, bob, "Bob"))
        ),
        return_exceptions=True,
    )
    refused = [str(answer) for answer in answers if isinstance(answer, Conflict)]
    winner = "Bob" if isinstance(answers[0], Conflict) else "Ann"
    assert refused == [f"This call was already accepted by {winner}."]
    await desk.dialled(1)
    await asyncio.sleep(1.5)
    assert len(desk.exchange.dialled) == 1, "both processes look for what is to be dialled"
