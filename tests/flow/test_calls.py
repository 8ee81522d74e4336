"""Calls that come in: whoever is rung, waits, leaves a message or gives up, all of it ends as an entry."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from hub.models import Call, CallLeg, Case, Entry, utcnow
from tests.http.conftest import House, Person, agent, house, owner
from tests.support.calling import MAYA, Desk, configure, desk, kinds, near, until
from tests.support.line import OURS

__all__ = ["agent", "desk", "house", "owner"]

OWN = "+4930111222333"


async def online(house: House, *people: Person) -> list[UUID]:
    """They have a console open."""
    ids = [UUID((await person.get("/api/me"))["id"]) for person in people]
    house.hub.presence.here.update(ids)  # type: ignore[attr-defined]
    return ids


async def mailbox(desk: Desk) -> list[str]:
    """Led there: what the caller hears then."""
    await desk.until(path="voicemail", within=8)
    await until(lambda: any("TakeMessage" in kinds(steps) for _, steps in desk.exchange.of("steer")))
    return kinds(desk.exchange.of("steer")[-1][1])


async def test_answered_in_the_browser(desk: Desk, agent: Person, house: House) -> None:
    await online(house, agent)
    ref, steps = await desk.rings()
    assert kinds(steps) == ["Say", "Say", "Wait"]
    assert steps[1]["text"] == "You are number 1 in line."
    ringing = (await agent.get("/api/calls/ringing"))[0]
    assert (ringing["mine"], ringing["queue"], ringing["call"]["from"]["address"]) == (True, "Hotline", MAYA)
    call = ringing["call"]
    assert (call["state"], call["direction"], call["queue_place"]) == ("ringing", "in", 1)
    # again in the queue: the greeting is said once
    assert kinds(await desk.tell({"ref": ref, "seq": 1, "asks": True})) == ["Say", "Wait"]
    await desk.move_clock(seconds=20)
    answered = await agent.post(f"/api/calls/{call['id']}/answer", {"mode": "browser"})
    assert (answered["agent_name"], answered["mode"], answered["state"]) == ("Sofia Lind", "browser", "ringing")
    leg = await desk.dialled(1)
    assert (leg.role, leg.to.kind) == ("agent", "agent")
    assert kinds(await desk.picks_up(leg)) == ["Join", "HangUp"]
    steered = (await desk.told("steer"))[0]
    assert kinds(steered[1]) == ["Join", "HangUp"]
    found = await agent.get(f"/api/calls/{call['id']}")
    assert (found["state"], found["queue_place"]) == ("active", None)
    assert near(found["wait_s"], 20)
    await desk.move_clock(seconds=60)
    await desk.tell({"ref": ref, "seq": 2, "state": "ended", "ended": "completed"})
    found = await agent.get(f"/api/calls/{call['id']}")
    assert (found["end_reason"], near(found["talk_s"], 60)) == ("completed", True)
    case = (await desk.rows(Case))[0]
    assert (case["waiting_since"], case["assignee_id"], case["status"]) == (None, UUID(found["agent_id"]), "open")
    assert case["first_response_at"] is not None


async def test_two_accept_at_once(desk: Desk, agent: Person, house: House) -> None:
    others = [await house.enter("agent", f"Agent {n}") for n in range(4)]
    everybody = [agent, *others]
    await online(house, *everybody)
    await desk.rings()
    call = await desk.call()
    answers = await asyncio.gather(
        *(one.send("POST", f"/api/calls/{call['id']}/answer", {"mode": "browser"}) for one in everybody)
    )
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409, 409]
    winner = next(told["agent_name"] for status, told in answers if status == 200)
    refused = {told["detail"] for status, told in answers if status == 409}
    assert refused == {f"This call was already accepted by {winner}."}
    await desk.dialled(1)
    await asyncio.sleep(0.2)
    assert len(desk.exchange.dialled) == 1
    for person in everybody:
        assert not any(item["mine"] for item in await person.get("/api/calls/ringing"))


async def test_the_owner_is_rung_first_then_everybody(desk: Desk, agent: Person, house: House, owner: Person) -> None:
    await configure(owner, owner_first_s=2, ring_s=60)
    mine, other = await online(house, agent, owner)
    await desk.rings(ref="first")
    case = (await desk.rows(Case))[0]
    await agent.send("PATCH", f"/api/cases/{case['id']}", {"assignee_id": str(mine)})
    await desk.tell({"ref": "first", "state": "ended", "ended": "completed"})
    await desk.rings(ref="second")
    call = next(c for c in await desk.rows(Call) if c["ended_at"] is None)
    assert {agent: told["state"] for agent, told in call["rung"].items()} == {mine.hex: "ringing"}
    assert (await agent.get("/api/calls/ringing"))[0]["why"] == "This customer's case is yours"
    assert [item["mine"] for item in await owner.get("/api/calls/ringing")] == [False], "it can be taken all the same"

    async def both() -> bool:
        rows = await desk.rows(Call, id=call["id"])
        return set(rows[0]["rung"]) == {mine.hex, other.hex}

    async with asyncio.timeout(8):
        while not await both():  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_telephones_of_their_own_are_rung_and_the_first_key_has_it(
    desk: Desk, agent: Person, house: House
) -> None:
    other = await house.enter("agent", "Bob Else")
    for person, number in ((agent, OWN), (other, "+4930444555666")):
        me = (await person.get("/api/me"))["id"]
        await desk.settings(me, phone=number, ring_phone=True)
    ref, _ = await desk.rings()
    await desk.dialled(2)
    first, second = sorted(desk.exchange.dialled, key=lambda leg: leg.to.value)
    assert [leg.to.value for leg in (first, second)] == [OWN, "+4930444555666"]
    for leg in (first, second):
        assert kinds(await desk.picks_up(leg)) == ["Gather"]
    assert kinds(await desk.picks_up(second, digits="1")) == ["Join", "HangUp"]
    late = await desk.picks_up(first, digits="1")
    assert (kinds(late), late[0]["text"]) == (["Say", "HangUp"], "This call was already accepted by Bob Else.")
    assert kinds((await desk.told("steer"))[0][1]) == ["Join", "HangUp"]
    assert (await desk.told("hang_up"))[0][0] == first.id
    call = await desk.call()
    assert (call["mode"], call["agent_phone"], call["state"]) == ("phone", "+4930444555666", "active")
    await desk.tell({"ref": ref, "state": "ended", "ended": "completed"})
    assert (await desk.call())["end_reason"] == "completed"


async def test_nobody_answers_and_the_caller_leaves_a_message(
    desk: Desk, agent: Person, house: House, owner: Person
) -> None:
    await configure(owner, ring_s=5)
    await online(house, agent)
    ref, _ = await desk.rings()
    await desk.move_clock(seconds=6)
    assert await mailbox(desk) == ["Say", "TakeMessage"]
    assert await agent.get("/api/calls/ringing") == []
    recording = {"ref": "rec-1", "url": "https://line.example/rec/1", "type": "audio/wav", "seconds": 9}
    await desk.tell({"ref": ref, "state": "ended", "ended": "completed"})
    assert (await desk.call())["end_reason"] == "missed", "what was said is not there yet"
    await desk.tell({"ref": ref, "recording": recording, "voicemail": True})
    call = await desk.call()
    assert (call["end_reason"], call["voicemail"], call["recording_s"]) == ("voicemail_left", True, 9)
    await _waits(desk, "voicemail_left", 6)


async def test_a_mailbox_that_nobody_tells_the_end_of(desk: Desk, agent: Person, owner: Person) -> None:
    await configure(owner, queue_s=0)
    await desk.rings()
    await desk.until(path="voicemail")
    await desk.move_clock(minutes=16)
    call = await desk.until(state="ended")
    assert call["end_reason"] == "missed"


async def test_answered_on_a_telephone_of_ones_own(desk: Desk, agent: Person, house: House) -> None:
    (me,) = await online(house, agent)
    await desk.settings(str(me), phone=OWN)
    await desk.rings()
    call = await desk.call()
    await agent.post(f"/api/calls/{call['id']}/answer", {"mode": "phone"})
    leg = await desk.dialled(1)
    assert (leg.to.kind, leg.to.value) == ("phone", OWN)
    assert kinds(await desk.picks_up(leg)) == ["Gather"]
    assert (await desk.call())["state"] == "ringing", "a mailbox may have answered"
    assert kinds(await desk.picks_up(leg, digits="1")) == ["Join", "HangUp"]
    assert (await desk.call())["state"] == "active"


async def test_everybody_declines(desk: Desk, agent: Person, house: House) -> None:
    other = await house.enter("agent", "Bob Else")
    await online(house, agent, other)
    await desk.rings()
    call = await desk.call()
    await agent.post(f"/api/calls/{call['id']}/decline")
    assert (await desk.call())["path"] == "queue"
    status, _ = await agent.send("POST", f"/api/calls/{call['id']}/decline")
    assert status == 409
    await other.post(f"/api/calls/{call['id']}/decline")
    assert await mailbox(desk) == ["Say", "TakeMessage"]


async def test_nobody_is_there_at_all(desk: Desk, agent: Person, owner: Person) -> None:
    await configure(owner, queue_s=10)
    ref, steps = await desk.rings()
    assert kinds(steps) == ["Say", "Say", "Wait"]
    assert (await desk.call())["state"] == "waiting"
    await desk.move_clock(seconds=11)
    assert await mailbox(desk) == ["Say", "TakeMessage"]
    await desk.tell({"ref": ref, "state": "ended", "ended": "completed"})
    await _waits(desk, "missed", 11)


async def test_whoever_waits_makes_no_noise_on_the_screens(desk: Desk, agent: Person) -> None:
    ref, _ = await desk.rings()
    thread = (await desk.call())["thread_id"]
    before = (await agent.get(f"/api/threads/{thread}"))["rev"]
    await desk.move_clock(seconds=4)
    assert kinds(await desk.tell({"ref": ref, "seq": 1, "asks": True})) == ["Say", "Wait"]
    await desk.move_clock(seconds=4)
    async with asyncio.timeout(5):
        while (await desk.call())["next_at"] < utcnow():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert (await agent.get(f"/api/threads/{thread}"))["rev"] == before


async def test_somebody_comes_online_while_a_caller_waits(desk: Desk, agent: Person, house: House) -> None:
    await desk.rings()
    assert (await desk.call())["state"] == "waiting"
    await online(house, agent)
    await desk.until(state="ringing", within=6)
    assert (await agent.get("/api/calls/ringing"))[0]["mine"]


async def test_no_mailbox(desk: Desk, agent: Person, owner: Person) -> None:
    await configure(owner, queue_s=0, voicemail=False)
    ref, _ = await desk.rings()
    await desk.until(path="goodbye")
    # it was led on in the very moment in which it came: its first question is answered so
    assert kinds(await desk.tell({"ref": ref, "seq": 1, "asks": True})) == ["Say", "HangUp"]
    await desk.tell({"ref": ref, "state": "ended", "ended": "completed"})
    await _waits(desk, "missed", 0)


@pytest.mark.parametrize(("voicemail", "told"), [(True, ["Say", "Say", "TakeMessage"]), (False, ["Say", "HangUp"])])
async def test_out_of_hours(
    desk: Desk, agent: Person, house: House, owner: Person, voicemail: bool, told: list[str]
) -> None:
    await configure(owner, hours={"zone": "UTC", "days": {}}, voicemail=voicemail)
    await online(house, agent)
    ref, steps = await desk.rings()
    assert kinds(steps) == told
    assert await agent.get("/api/calls/ringing") == []
    await desk.tell({"ref": ref, "state": "ended", "ended": "completed"})
    await _waits(desk, "missed", 0)


async def test_hung_up_in_the_queue(desk: Desk, agent: Person, house: House) -> None:
    await online(house, agent)
    ref, _ = await desk.rings()
    await desk.move_clock(seconds=25)
    await desk.tell({"ref": ref, "state": "ended", "ended": "completed"})
    await _waits(desk, "abandoned", 25)
    assert await agent.get("/api/calls/ringing") == []
    assert (await desk.call())["rung"].popitem()[1]["state"] == "over"


async def _waits(desk: Desk, reason: str, wait_s: int) -> None:
    """One entry with its reason and waiting time, and a case that waits for us."""
    call = await desk.call()
    assert (call["state"], call["end_reason"]) == ("ended", reason)
    assert near(call["wait_s"], wait_s)
    entries = await desk.rows(Entry, kind="call")
    assert [(e["id"], e["direction"], e["author_kind"]) for e in entries] == [(call["entry_id"], "in", "customer")]
    case = (await desk.rows(Case, id=entries[0]["case_id"]))[0]
    assert case["status"] == "open"
    assert case["waiting_since"] is not None
    assert case["waiting_since"] <= utcnow() - timedelta(seconds=wait_s)


async def test_a_missed_call_opens_a_case_that_was_done(desk: Desk, agent: Person) -> None:
    await desk.rings(ref="one")
    await desk.tell({"ref": "one", "state": "ended", "ended": "completed"})
    case = (await desk.rows(Case))[0]
    await agent.send("PATCH", f"/api/cases/{case['id']}", {"status": "done"})
    assert (await desk.rows(Case))[0]["waiting_since"] is None
    await desk.rings(ref="two")
    await desk.tell({"ref": "two", "state": "ended", "ended": "completed"})
    cases = await desk.rows(Case)
    assert [(c["status"], c["waiting_since"] is not None) for c in cases] == [("open", True)]
    assert len(await desk.rows(Call)) == 2


async def test_the_place_in_line(desk: Desk, agent: Person) -> None:
    numbers = ("+4915100000001", "+4915100000002", "+4915100000003")
    heard = [(await desk.rings(number, ref=f"in-{number}"))[1][1]["text"] for number in numbers]
    assert heard == [f"You are number {n} in line." for n in (1, 2, 3)]
    await desk.tell({"ref": "in-+4915100000001", "state": "ended", "ended": "completed"})
    steps = await desk.tell({"ref": "in-+4915100000003", "seq": 1, "asks": True})
    assert steps
    assert steps[0]["text"] == "You are number 2 in line."
    queued = await agent.get("/api/calls/ringing")
    assert [(item["call"]["queue_place"], item["mine"]) for item in queued] == [(1, False), (2, False)]


async def test_the_same_first_ring_twice_is_one_call(desk: Desk, agent: Person) -> None:
    update = {"ref": "in-1", "seq": 0, "state": "ringing", "caller": MAYA, "called": OURS, "asks": True}
    told = await asyncio.gather(*(desk.tell(update, key="ring-1") for _ in range(3)))
    assert {tuple(kinds(steps)) for steps in told} == {("Say", "Say", "Wait")}
    # its status comes by another road at the same time, and knows the caller too
    status = {**update, "asks": False, "state": "active", "seq": 1}
    await asyncio.gather(desk.tell(status), desk.tell(status))
    assert len(await desk.rows(Call)) == 1
    assert len(await desk.rows(CallLeg)) == 1
    assert len(await desk.rows(Entry, kind="call")) == 1


async def test_who_accepted_is_not_there_after_all(desk: Desk, agent: Person, house: House) -> None:
    other = await house.enter("agent", "Bob Else")
    await online(house, agent, other)
    await desk.rings()
    call = await desk.call()
    await agent.post(f"/api/calls/{call['id']}/answer", {"mode": "browser"})
    await desk.ends(await desk.dialled(1), "no_answer")
    back = await desk.call()
    assert (back["agent_id"], back["path"]) == (None, "queue")
    await other.post(f"/api/calls/{call['id']}/answer", {"mode": "browser"})
    await desk.picks_up(await desk.dialled(2))
    assert (await desk.call())["state"] == "active"


async def test_a_caller_without_a_number_is_somebody_new_each_time(desk: Desk, agent: Person) -> None:
    for n in range(2):
        await desk.rings("anonymous", proof="claimed", ref=f"hidden-{n}")
    threads = {entry["thread_id"] for entry in await desk.rows(Entry, kind="call")}
    assert len(threads) == 2
    found = (await agent.get("/api/calls/ringing"))[0]
    assert (found["customer"]["name"], found["call"]["attested"]) == ("Number withheld", False)


async def test_the_number_of_an_sms_is_the_same_person(desk: Desk, agent: Person) -> None:
    await desk.rings(ref="one")
    await desk.rings(ref="two", proof="claimed")
    assert len({entry["thread_id"] for entry in await desk.rows(Entry, kind="call")}) == 1


async def test_what_is_about_no_call_is_kept_as_ignored(desk: Desk, agent: Person) -> None:
    assert await desk.tell({"ref": "nobody", "state": "ended", "ended": "completed"}) is None
    assert await desk.rows(Call) == []


async def talk(desk: Desk, person: Person) -> tuple[str, str]:
    """An inbound call that this agent has taken: the call's id and the caller's ref."""
    ref, _ = await desk.rings()
    call = next(c for c in await desk.rows(Call) if c["ended_at"] is None)
    n = len(desk.exchange.dialled)
    await person.post(f"/api/calls/{call['id']}/answer", {"mode": "browser"})
    await desk.picks_up(await desk.dialled(n + 1))
    return str(call["id"]), ref


async def test_a_warm_transfer(desk: Desk, agent: Person, house: House) -> None:
    other = await house.enter("agent", "Bob Else")
    _, bob = await online(house, agent, other)
    call, ref = await talk(desk, agent)
    moved = await agent.post(f"/api/calls/{call}/transfer", {"kind": "warm", "agent_id": str(bob)})
    assert (moved["state"], moved["transfer"]["name"]) == ("held", "Bob Else")
    assert (await other.get("/api/calls/ringing"))[0]["why"] == "Sofia Lind hands it over"
    status, told = await agent.send("POST", f"/api/calls/{call}/transfer/complete")
    assert (status, told["detail"]) == (409, "Bob Else hasn't answered yet.")
    await other.post(f"/api/calls/{call}/answer", {"mode": "browser"})
    assert (await desk.dialled(2)).role == "colleague"
    await desk.picks_up(desk.exchange.dialled[1])
    swapped = await agent.post(f"/api/calls/{call}/transfer/swap")
    assert swapped["state"] == "active"
    assert {leg["role"]: leg["held"] for leg in swapped["legs"]} == {
        "customer": False, "agent": False, "colleague": True,
    }  # fmt: skip
    done = await agent.post(f"/api/calls/{call}/transfer/complete")
    assert (done["agent_name"], done["state"], done["transfer"]) == ("Bob Else", "active", None)
    first = desk.exchange.dialled[0]
    assert (await desk.told("hang_up"))[0][0] == first.id
    await desk.ends(first)
    assert (await desk.call())["state"] == "active", "the call goes on without who handed it over"
    await desk.tell({"ref": ref, "state": "ended", "ended": "completed"})
    assert [c["id"] for c in (await other.get("/api/calls/mine"))["wrap_up"]] == [call]
    assert (await agent.get("/api/calls/mine"))["wrap_up"] == []


async def test_a_warm_transfer_that_is_declined_or_cancelled(desk: Desk, agent: Person, house: House) -> None:
    other = await house.enter("agent", "Bob Else")
    _, bob = await online(house, agent, other)
    call, _ = await talk(desk, agent)
    await agent.post(f"/api/calls/{call}/transfer", {"kind": "warm", "agent_id": str(bob)})
    await other.post(f"/api/calls/{call}/decline")
    back = await agent.get(f"/api/calls/{call}")
    assert (back["state"], back["transfer"], back["problem"]) == ("active", None, "Bob Else declined.")
    await agent.post(f"/api/calls/{call}/transfer", {"kind": "warm", "phone": "+4930777888999"})
    leg = await desk.dialled(2)
    assert (leg.role, leg.to.value) == ("colleague", "+4930777888999")
    back = await agent.post(f"/api/calls/{call}/transfer/cancel")
    assert (back["state"], back["transfer"]) == ("active", None)
    assert leg.id in {told for told, _ in await desk.told("hang_up")}
    status, _ = await agent.send("POST", f"/api/calls/{call}/transfer", {"phone": "+499001234567"})
    assert status == 403


async def test_a_cold_transfer(desk: Desk, agent: Person, house: House) -> None:
    other = await house.enter("agent", "Bob Else")
    _, bob = await online(house, agent, other)
    call, ref = await talk(desk, agent)
    await agent.post(f"/api/calls/{call}/transfer", {"kind": "cold", "agent_id": str(bob)})
    await desk.ends(desk.exchange.dialled[0])
    assert (await desk.call())["ended_at"] is None, "the customer waits for the colleague"
    await other.post(f"/api/calls/{call}/answer", {"mode": "browser"})
    await desk.picks_up(await desk.dialled(2))
    found = await other.get(f"/api/calls/{call}")
    assert (found["agent_name"], found["state"], found["transfer"]) == ("Bob Else", "active", None)
    await desk.ends(desk.exchange.dialled[1])
    assert (await desk.call())["end_reason"] == "completed"
    assert ref


async def test_a_colleague_who_does_not_react(desk: Desk, agent: Person, house: House, owner: Person) -> None:
    await configure(owner, ring_s=5)
    other = await house.enter("agent", "Bob Else")
    _, bob = await online(house, agent, other)
    call, _ = await talk(desk, agent)
    await agent.post(f"/api/calls/{call}/transfer", {"kind": "warm", "agent_id": str(bob)})
    back = await desk.until(transfer=None, within=12)
    assert (back["problem"], back["state"]) == ("Bob Else did not answer.", "active")
    assert not any(item["mine"] for item in await other.get("/api/calls/ringing"))


async def test_whoever_hands_over_may_just_leave(desk: Desk, agent: Person, house: House) -> None:
    other = await house.enter("agent", "Bob Else")
    _, bob = await online(house, agent, other)
    call, _ = await talk(desk, agent)
    await agent.post(f"/api/calls/{call}/transfer", {"kind": "warm", "agent_id": str(bob)})
    await other.post(f"/api/calls/{call}/answer", {"mode": "browser"})
    await desk.picks_up(await desk.dialled(2))
    await desk.ends(desk.exchange.dialled[0])
    found = await other.get(f"/api/calls/{call}")
    assert (found["agent_name"], found["state"], found["transfer"]) == ("Bob Else", "active", None)
    assert [with_ for _, with_ in await desk.told("hold", 2)] == [True, False]


async def test_a_cold_transfer_that_nobody_takes(desk: Desk, agent: Person, house: House) -> None:
    other = await house.enter("agent", "Bob Else")
    _, bob = await online(house, agent, other)
    call, _ = await talk(desk, agent)
    await agent.post(f"/api/calls/{call}/transfer", {"kind": "cold", "agent_id": str(bob)})
    await desk.ends(desk.exchange.dialled[0])
    await other.post(f"/api/calls/{call}/decline")
    assert await mailbox(desk) == ["Say", "TakeMessage"]


async def test_the_agent_hangs_up(desk: Desk, agent: Person, house: House) -> None:
    await online(house, agent)
    call, _ = await talk(desk, agent)
    await desk.ends(desk.exchange.dialled[0])
    found = await agent.get(f"/api/calls/{call}")
    assert (found["state"], found["end_reason"]) == ("ended", "completed")
    customer = next(leg for leg in found["legs"] if leg["role"] == "customer")
    assert (await desk.told("hang_up"))[-1][0] == UUID(customer["id"]).hex


async def test_changes_bring_the_call(desk: Desk, agent: Person, house: House) -> None:
    await online(house, agent)
    call, _ = await talk(desk, agent)
    thread = (await desk.call())["thread_id"]
    rev = (await agent.get(f"/api/threads/{thread}"))["rev"]
    await agent.send("PUT", f"/api/calls/{call}/note", {"note": "A word"})
    changes = await agent.get(f"/api/threads/{thread}/changes", after=rev)
    assert [(e["kind"], e["call"]["note"], e["rev"]) for e in changes["entries"]] == [("call", "A word", rev + 1)]
    assert changes["rev"] == rev + 1
