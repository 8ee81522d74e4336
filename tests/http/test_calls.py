"""Calls that go out, through a whole hub: asked over the API, told of by webhooks, shown in the thread."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from hub.contract import Unavailable, Uncertain
from hub.models import Call, CallCommand, Entry, new_id, utcnow
from hub.models.tables import CONSENT
from tests.http.conftest import House, Person
from tests.support.calling import MAYA, Desk, configure, desk, earlier, kinds, near
from tests.support.line import OURS

__all__ = ["desk"]

OWN = "+4930111222333"


async def customer(agent: Person, number: str = MAYA) -> str:
    """Somebody with a number; the thread."""
    made = await agent.post("/api/customers", {"name": "Maya", "kind": "phone", "address": number}, want=201)
    return str(made["thread_id"])


def order(desk: Desk, **more: Any) -> dict[str, Any]:
    to = {"kind": "phone", "address": more.pop("to", MAYA)}
    return {"client_key": f"call-{uuid4().hex}", "inbox_id": str(desk.line), "to": to, "mode": "browser", **more}


async def talking(desk: Desk, agent: Person, **more: Any) -> dict[str, Any]:
    """An outbound call in which both speak."""
    return await talking_in(desk, agent, await customer(agent), **more)


async def talking_in(desk: Desk, agent: Person, thread: str, **more: Any) -> dict[str, Any]:
    call: dict[str, Any] = await agent.post(f"/api/threads/{thread}/calls", order(desk, **more), want=201)
    await desk.picks_up(await desk.dialled(1))
    await desk.picks_up(await desk.dialled(2))
    found: dict[str, Any] = await agent.get(f"/api/calls/{call['id']}")
    assert found["state"] == "active"
    return found


async def test_an_outbound_call_rings_the_agent_first(desk: Desk, agent: Person) -> None:
    thread = await customer(agent)
    call = await agent.post(f"/api/threads/{thread}/calls", order(desk), want=201)
    assert (call["state"], call["direction"], call["to"]["address"]) == ("created", "out", MAYA)
    first = await desk.dialled(1)
    assert (first.role, first.to.kind, first.caller) == ("agent", "agent", OURS)
    await asyncio.sleep(0.1)
    assert len(desk.exchange.dialled) == 1, "the customer's telephone rings only once the agent is there"
    assert kinds(await desk.picks_up(first)) == ["Join", "HangUp"]
    second = await desk.dialled(2)
    assert (second.role, second.to.value) == ("customer", MAYA)
    await desk.tell({"ref": f"ref-{second.id}", "leg": second.id, "state": "ringing", "seq": 1})
    assert (await agent.get(f"/api/calls/{call['id']}"))["state"] == "ringing"
    assert kinds(await desk.picks_up(second, seq=2)) == ["Join", "HangUp"]
    await desk.ends(second, seq=3)
    ended = await agent.get(f"/api/calls/{call['id']}")
    assert (ended["state"], ended["end_reason"], ended["end_reason_text"]) == ("ended", "completed", "Answered")
    assert (await desk.told("hang_up"))[0][0] == first.id, "the agent's telephone is let go"
    shown = next(e for e in (await agent.get(f"/api/threads/{thread}"))["entries"] if e["kind"] == "call")
    assert shown["call"]["end_reason"] == "completed"


async def test_the_same_key_is_the_same_call(desk: Desk, agent: Person) -> None:
    thread, body = await customer(agent), order(desk)
    one, two = [await agent.post(f"/api/threads/{thread}/calls", body, want=201) for _ in range(2)]
    assert one["id"] == two["id"]
    await desk.dialled(1)
    await asyncio.sleep(0.2)
    assert len(desk.exchange.dialled) == 1


async def test_a_telephone_of_ones_own_is_connected_by_a_key(desk: Desk, agent: Person) -> None:
    thread = await customer(agent)
    await agent.post(f"/api/threads/{thread}/calls", order(desk, mode="phone", agent_phone=OWN), want=201)
    leg = await desk.dialled(1)
    assert (leg.to.kind, leg.to.value) == ("phone", OWN)
    assert kinds(await desk.picks_up(leg)) == ["Gather"]
    assert kinds(await desk.picks_up(leg, digits="")) == ["Gather"]
    await asyncio.sleep(0.2)
    assert len(desk.exchange.dialled) == 1, "a mailbox presses no key"
    assert kinds(await desk.picks_up(leg, digits="1")) == ["Join", "HangUp"]
    assert (await desk.dialled(2)).to.value == MAYA


async def test_no_key_ends_it(desk: Desk, agent: Person) -> None:
    thread = await customer(agent)
    await agent.post(f"/api/threads/{thread}/calls", order(desk, mode="phone", agent_phone=OWN), want=201)
    leg = await desk.dialled(1)
    told = [kinds(await desk.picks_up(leg, digits=digits)) for digits in ("", "5", "")]
    assert told == [["Gather"], ["Gather"], ["HangUp"]]
    await desk.ends(leg)
    call = await desk.until(state="ended")
    assert (call["end_reason"], len(desk.exchange.dialled)) == ("canceled", 1)


@pytest.mark.parametrize(
    ("ended", "reason"), [("no_answer", "no_answer"), ("busy", "busy"), ("rejected", "rejected"), ("failed", "failed")]
)
async def test_nobody_answers(desk: Desk, agent: Person, ended: str, reason: str) -> None:
    thread = await customer(agent)
    call = await agent.post(f"/api/threads/{thread}/calls", order(desk), want=201)
    await desk.picks_up(await desk.dialled(1))
    await desk.ends(await desk.dialled(2), ended, reason="The network said so (486)")
    found = await agent.get(f"/api/calls/{call['id']}")
    assert (found["end_reason"], found["talk_s"]) == (reason, 0)
    assert found["end_reason_text"].endswith(": The network said so (486)")
    assert (await agent.get("/api/calls/mine"))["wrap_up"] == [], "nothing to wrap up where nobody spoke"


async def test_cancelled_before_an_answer(desk: Desk, agent: Person) -> None:
    thread = await customer(agent)
    call = await agent.post(f"/api/threads/{thread}/calls", order(desk), want=201)
    await desk.picks_up(await desk.dialled(1))
    second = await desk.dialled(2)
    ended = await agent.post(f"/api/calls/{call['id']}/hang_up")
    assert (ended["state"], ended["end_reason"]) == ("ended", "canceled")
    assert {leg for leg, _ in await desk.told("hang_up", 2)} == {desk.exchange.dialled[0].id, second.id}
    assert kinds(await desk.picks_up(second)) == ["HangUp"], "who answers at that very moment is not left alone"
    assert (await desk.call())["end_reason"] == "canceled"


@pytest.mark.parametrize(
    ("to", "why"),
    [("+14155550123", "not allowed"), ("+499001234567", "premium"), ("110", "country code")],
)
async def test_where_nobody_may_call(desk: Desk, agent: Person, to: str, why: str) -> None:
    thread = await customer(agent)
    status, told = await agent.send("POST", f"/api/threads/{thread}/calls", order(desk, to=to))
    assert (status, told["type"]) == (403, "not-permitted")
    assert why in told["detail"]
    assert await desk.rows(Call) == []
    status, told = await agent.send(
        "POST", f"/api/threads/{thread}/calls", order(desk, mode="phone", agent_phone="+14155550123")
    )
    assert status == 403, "one's own telephone is called at the workspace's cost too"


async def test_an_administrator_allows_a_country(desk: Desk, agent: Person, owner: Person) -> None:
    thread = await customer(agent)
    settings = await owner.get("/api/calls/settings")
    settings["inboxes"] = {str(desk.line): {"allow": ["+1"]}}
    status, _ = await owner.send("PUT", "/api/calls/settings", settings)
    assert status == 200
    await agent.post(f"/api/threads/{thread}/calls", order(desk, to="+14155550123"), want=201)
    status, _ = await agent.send("PUT", "/api/calls/settings", settings)
    assert status == 403
    settings["inboxes"] = {str(desk.line): {"ring_s": 5000}}
    assert (await owner.send("PUT", "/api/calls/settings", settings))[0] == 422


async def test_do_not_call_is_obeyed_and_asked_again_before_the_customer_is_dialled(desk: Desk, agent: Person) -> None:
    call = await talking(desk, agent)
    await agent.post(f"/api/calls/{call['id']}/hang_up")
    wrapped = await agent.post(
        f"/api/calls/{call['id']}/wrap_up", {"disposition": "do_not_call", "note": "Asked me so"}
    )
    assert (wrapped["disposition"], wrapped["wrapped"]) == ("do_not_call", True)
    status, told = await agent.send("POST", f"/api/threads/{call['thread_id']}/calls", order(desk))
    assert status == 403
    assert "Asked me so" in told["detail"]


async def test_a_stop_between_the_two_dials_is_obeyed(desk: Desk, agent: Person, house: House) -> None:
    thread = await customer(agent)
    await agent.post(f"/api/threads/{thread}/calls", order(desk), want=201)
    first = await desk.dialled(1)
    word = {"id": new_id(), "kind": "phone", "address": MAYA, "purpose": "", "allowed": False, "source": "word",
            "said": "STOP", "at": utcnow()}  # fmt: skip
    await house.hub.db.write(lambda conn: conn.execute(sa.insert(CONSENT).values(**word)) and None)
    assert kinds(await desk.picks_up(first)) == ["HangUp"]
    call = await desk.until(state="ended")
    assert call["end_reason"] == "blocked"
    assert "STOP" in call["end_detail"]
    assert len(desk.exchange.dialled) == 1


@pytest.mark.parametrize("error", [Uncertain("The line broke."), Unavailable("The exchange is away.")])
async def test_a_dial_that_fails_is_never_repeated(desk: Desk, agent: Person, error: Exception) -> None:
    desk.exchange.fails["dial"] = error
    thread = await customer(agent)
    await agent.post(f"/api/threads/{thread}/calls", order(desk), want=201)
    call = await desk.until(state="ended")
    assert (call["end_reason"], call["end_detail"]) == ("failed", str(error))
    await asyncio.sleep(0.3)
    assert len(desk.exchange.dialled) == 1
    assert await desk.rows(CallCommand) == []


async def test_a_lost_answer_of_a_telephone_that_rings_all_the_same(desk: Desk, agent: Person) -> None:
    """The provider's own word is there before our time-out: then nothing was lost."""
    desk.exchange.slow = asyncio.Event()
    desk.exchange.fails["dial"] = Uncertain("The line broke.")
    thread = await customer(agent)
    await agent.post(f"/api/threads/{thread}/calls", order(desk), want=201)
    leg = await desk.dialled(1)
    await desk.tell({"ref": f"ref-{leg.id}", "leg": leg.id, "state": "ringing"})
    desk.exchange.slow.set()
    desk.exchange.fails.clear()
    assert kinds(await desk.picks_up(leg)) == ["Join", "HangUp"]
    assert (await desk.dialled(2)).to.value == MAYA


async def test_one_that_rings_after_it_was_given_up_is_hung_up(desk: Desk, agent: Person) -> None:
    desk.exchange.fails["dial"] = Uncertain("The line broke.")
    thread = await customer(agent)
    await agent.post(f"/api/threads/{thread}/calls", order(desk), want=201)
    await desk.until(state="ended")
    desk.exchange.fails.clear()
    assert kinds(await desk.picks_up(desk.exchange.dialled[0])) == ["HangUp"]


async def test_out_of_order_and_repeated_updates(desk: Desk, agent: Person) -> None:
    thread = await customer(agent)
    call = await agent.post(f"/api/threads/{thread}/calls", order(desk), want=201)
    await desk.picks_up(await desk.dialled(1))
    leg = await desk.dialled(2)
    base = {"ref": f"ref-{leg.id}", "leg": leg.id}
    steps = await desk.tell({**base, "state": "active", "asks": True, "at": earlier(60), "seq": 2}, key="answered")
    assert steps == await desk.tell(
        {**base, "state": "active", "asks": True, "at": earlier(60), "seq": 2}, key="answered"
    )
    await desk.tell({**base, "state": "ended", "ended": "completed", "at": earlier(10), "seq": 4})
    # what was overtaken changes no state, and still completes the figures
    await desk.tell({**base, "state": "ringing", "at": earlier(90), "seq": 1})
    await desk.tell({**base, "state": "active", "at": earlier(70), "seq": 3})
    await desk.tell({**base, "state": "ended", "ended": "failed", "at": earlier(1), "seq": 5})
    found = await agent.get(f"/api/calls/{call['id']}")
    assert (found["state"], found["end_reason"]) == ("ended", "completed")
    assert near(found["talk_s"], 60), "the earliest answer counts, whenever it is told"
    assert near(found["ring_s"], 20)
    assert (await desk.rows(Entry, kind="call")).__len__() == 1


async def test_an_end_that_overtakes_the_answer(desk: Desk, agent: Person) -> None:
    thread = await customer(agent)
    call = await agent.post(f"/api/threads/{thread}/calls", order(desk), want=201)
    await desk.picks_up(await desk.dialled(1))
    leg = await desk.dialled(2)
    base = {"ref": f"ref-{leg.id}", "leg": leg.id}
    await desk.tell({**base, "state": "ended", "ended": "completed", "at": earlier(5), "seq": 3})
    await desk.tell({**base, "state": "active", "at": earlier(35), "seq": 2})
    found = await agent.get(f"/api/calls/{call['id']}")
    assert (found["state"], found["end_reason"], near(found["talk_s"], 30)) == ("ended", "completed", True)


async def test_holding_is_counted_and_taken_back_where_it_fails(desk: Desk, agent: Person) -> None:
    call = await talking(desk, agent)
    at = f"/api/calls/{call['id']}"
    held = await agent.post(f"{at}/hold")
    assert held["state"] == "held"
    assert (await desk.told("hold"))[0] == (desk.exchange.dialled[1].id, True)
    await desk.move_clock(seconds=30)
    resumed = await agent.post(f"{at}/resume")
    assert (resumed["state"], near(resumed["hold_s"], 30)) == ("active", True)
    desk.exchange.fails["hold"] = Unavailable("Busy")
    desk.exchange.fails["mute"] = Uncertain("Who knows")
    muted = await agent.post(f"{at}/mute")
    assert [leg["muted"] for leg in muted["legs"]] == [True, False]
    await desk.told("mute")
    async with asyncio.timeout(5):
        while not (found := await agent.get(at))["problem"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert found["problem"] == "Muting did not work: Who knows"
    assert [leg["muted"] for leg in found["legs"]] == [False, False]


async def test_keys_and_recording(desk: Desk, agent: Person) -> None:
    call = await talking(desk, agent)
    at = f"/api/calls/{call['id']}"
    await agent.post(f"{at}/keys", {"digits": "12#"})
    assert (await desk.told("keys"))[0][1] == "12#"
    told = [await agent.post(f"{at}/record", {"what": what}) for what in ("start", "pause", "resume", "stop")]
    states = [call["recording"]["state"] for call in told]
    assert states == ["on", "paused", "on", "stopped"]
    assert [what for _, what in await desk.told("record", 4)] == ["start", "pause", "resume", "stop"]
    status, refused = await agent.send("POST", f"{at}/record", {"what": "pause"})
    assert (status, refused["detail"]) == (409, "The recording isn't in a state for that.")


async def test_a_line_that_never_records(desk: Desk, agent: Person, owner: Person) -> None:
    await configure(owner, consent="never", record=True)
    thread = await customer(agent)
    status, told = await agent.send("POST", f"/api/threads/{thread}/calls", order(desk, record=True))
    assert (status, "never recorded" in told["detail"]) == (409, True)
    call = await talking_in(desk, agent, thread)
    assert call["recording"] == {"state": "none", "consent": "never", "attachment_id": None, "seconds": 0}
    # the rule of the beginning holds, whatever is configured meanwhile
    await configure(owner, consent="announce", record=True)
    status, _ = await agent.send("POST", f"/api/calls/{call['id']}/record", {"what": "start"})
    assert status == 409


async def test_an_announced_recording(desk: Desk, agent: Person) -> None:
    thread = await customer(agent)
    call = await agent.post(f"/api/threads/{thread}/calls", order(desk, record=True), want=201)
    assert (call["recording"]["state"], call["recording"]["consent"]) == ("none", "announce")
    await desk.picks_up(await desk.dialled(1))
    steps = await desk.picks_up(await desk.dialled(2))
    assert kinds(steps) == ["Say", "Join", "HangUp"]
    assert steps[1]["record"] is True
    assert (await agent.get(f"/api/calls/{call['id']}"))["recording"]["state"] == "on"


@pytest.mark.parametrize(
    ("digits", "state", "recorded"), [("1", "on", True), ("2", "none", False), ("", "none", False)]
)
async def test_a_recording_that_is_asked_for(
    desk: Desk, agent: Person, owner: Person, digits: str, state: str, recorded: bool
) -> None:
    await configure(owner, consent="ask")
    thread = await customer(agent)
    call = await agent.post(f"/api/threads/{thread}/calls", order(desk, record=True), want=201)
    await desk.picks_up(await desk.dialled(1))
    leg = await desk.dialled(2)
    assert kinds(await desk.picks_up(leg)) == ["Gather"]
    assert (await agent.get(f"/api/calls/{call['id']}"))["recording"]["state"] == "asked"
    steps = await desk.picks_up(leg, digits=digits)
    assert (kinds(steps), steps[0]["record"]) == (["Join", "HangUp"], recorded)
    assert (await agent.get(f"/api/calls/{call['id']}"))["recording"]["state"] == state
    if not recorded:
        status, _ = await agent.send("POST", f"/api/calls/{call['id']}/record", {"what": "start"})
        assert status == 409, "no is no for this call"


async def test_what_was_recorded_is_a_file_of_the_entry(desk: Desk, agent: Person) -> None:
    call = await talking(desk, agent)
    leg = desk.exchange.dialled[1]
    desk.exchange.sounds["https://line.example/rec/1"] = b"RIFF the sound"
    recording = {"ref": "rec-1", "url": "https://line.example/rec/1", "type": "audio/wav", "seconds": 12}
    await desk.ends(leg)
    for _ in range(2):
        await desk.tell({"ref": f"ref-{leg.id}", "leg": leg.id, "recording": recording})
    found = await agent.get(f"/api/calls/{call['id']}")
    assert (found["recording"]["state"], found["recording"]["seconds"]) == ("ready", 12)
    async with asyncio.timeout(10):
        while True:
            entries = (await agent.get(f"/api/threads/{call['thread_id']}"))["entries"]
            files = next(e for e in entries if e["kind"] == "call")["attachments"]
            if files[0]["state"] == "ready":
                break
            await asyncio.sleep(0.05)
    assert len(files) == 1
    assert files[0]["id"] == found["recording"]["attachment_id"]
    status, _ = await agent.send("GET", files[0]["url"])
    assert status == 200


async def test_transcript_lines_replace_what_was_not_final(desk: Desk, agent: Person) -> None:
    call = await talking(desk, agent)
    leg = desk.exchange.dialled[1]
    base = {"ref": f"ref-{leg.id}", "leg": leg.id}
    for seq, text, final in ((1, "Hel", False), (1, "Hello", True), (1, "Late", False), (2, "I need", False)):
        await desk.tell({**base, "line": {"seq": seq, "text": text, "role": "customer", "final": final}})
    lines = (await agent.get(f"/api/calls/{call['id']}"))["transcript"]
    assert [(line["text"], line["final"]) for line in lines] == [("Hello", True), ("I need", False)]


async def test_a_message_for_a_machine(desk: Desk, agent: Person, owner: Person) -> None:
    await configure(owner, machines=True)
    call = await talking(desk, agent)
    first, leg = desk.exchange.dialled
    assert leg.machines
    await desk.tell({"ref": f"ref-{leg.id}", "leg": leg.id, "answered_by": "machine"})
    assert (await agent.get(f"/api/calls/{call['id']}"))["answered_by"] == "machine"
    await agent.post(f"/api/calls/{call['id']}/drop", {"text": "Please call us back."})
    assert (await desk.told("hang_up"))[0][0] == first.id, "the agent is free at once"
    await desk.ends(first)
    assert (await desk.call())["state"] == "active"
    assert desk.exchange.of("steer") == []
    await desk.tell({"ref": f"ref-{leg.id}", "leg": leg.id, "answered_by": "machine_ready"})
    steered = (await desk.told("steer"))[0]
    assert (steered[0], kinds(steered[1]), steered[1][0]["text"]) == (leg.id, ["Say", "HangUp"], "Please call us back.")
    await desk.ends(leg)
    assert (await desk.call())["end_reason"] == "voicemail_left"


async def test_a_note_is_saved_while_talking(desk: Desk, agent: Person) -> None:
    call = await talking(desk, agent)
    for note in ("Wants a refund", "Wants a refund for 4711"):
        status, told = await agent.send("PUT", f"/api/calls/{call['id']}/note", {"note": note})
        assert (status, told["note"]) == (200, note)


async def test_wrapping_up_comes_before_the_next_call(desk: Desk, agent: Person) -> None:
    call = await talking(desk, agent)
    status, told = await agent.send("POST", f"/api/threads/{call['thread_id']}/calls", order(desk))
    assert (status, told["detail"]) == (409, "You are in a call. End it before you call somebody else.")
    await agent.post(f"/api/calls/{call['id']}/hang_up")
    mine = await agent.get("/api/calls/mine")
    assert ([c["id"] for c in mine["wrap_up"]], mine["current"]) == ([call["id"]], [])
    status, told = await agent.send("POST", f"/api/threads/{call['thread_id']}/calls", order(desk))
    assert (status, told["detail"]) == (409, f"Say first how the call with {MAYA} went.")
    status, _ = await agent.send("POST", f"/api/calls/{call['id']}/wrap_up", {"disposition": "nonsense"})
    assert status == 409
    later = (utcnow() + timedelta(hours=2)).isoformat()
    body = {"disposition": "follow_up", "note": "Call again", "follow_up": {"at": later}}
    await agent.post(f"/api/calls/{call['id']}/wrap_up", body)
    case = await agent.get(f"/api/cases/{call['case_id']}")
    assert case["status"] == "snoozed"
    assert (await agent.get("/api/calls/mine"))["wrap_up"] == []
    await agent.post(f"/api/threads/{call['thread_id']}/calls", order(desk), want=201)


async def test_a_resolved_call_closes_its_case(desk: Desk, agent: Person) -> None:
    call = await talking(desk, agent)
    await agent.post(f"/api/calls/{call['id']}/hang_up")
    await agent.post(f"/api/calls/{call['id']}/wrap_up", {"disposition": "resolved"})
    assert (await agent.get(f"/api/cases/{call['case_id']}"))["status"] == "done"


async def test_a_provider_that_stays_silent(desk: Desk, agent: Person) -> None:
    thread = await customer(agent)
    await agent.post(f"/api/threads/{thread}/calls", order(desk), want=201)
    await desk.picks_up(await desk.dialled(1))
    leg = await desk.dialled(2)
    await desk.until(state="dialling")
    await desk.move_clock(seconds=61)
    call = await desk.until(state="ended")
    assert (call["end_reason"], call["end_detail"]) == ("no_answer", "The provider did not say what became of it.")
    assert leg.id in {told for told, _ in await desk.told("hang_up", 2)}


async def test_the_providers_own_list_says_how_a_silent_conversation_ended(desk: Desk, agent: Person) -> None:
    await talking(desk, agent)
    leg = desk.exchange.dialled[1]
    base = {"ref": f"ref-{leg.id}", "leg": leg.id, "state": "ended", "ended": "completed"}
    desk.exchange.listed.append({**base, "at": earlier(3600)})
    await desk.move_clock(hours=5)
    call = await desk.until(state="ended")
    assert (call["end_reason"], near(call["talk_s"], 4 * 3600)) == ("completed", True)


async def test_a_conversation_nobody_told_the_end_of(desk: Desk, agent: Person) -> None:
    await talking(desk, agent)
    await desk.move_clock(hours=13)
    call = await desk.until(state="ended")
    assert (call["end_reason"], call["talk_s"]) == ("failed", 0)


async def test_the_browsers_telephone(desk: Desk, agent: Person) -> None:
    me = (await agent.get("/api/me"))["id"].replace("-", "")
    told = await agent.post("/api/calls/phone_token", {"inbox_id": str(desk.line)})
    assert told == {"token": f"token-of-{me}", "identity": me}


async def test_what_is_not_the_agents_call(desk: Desk, agent: Person, house: House) -> None:
    call = await talking(desk, agent)
    other = await house.enter("agent", "Bob Else")
    for act in ("hang_up", "hold", "mute", "answer", "decline"):
        status, _ = await other.send("POST", f"/api/calls/{call['id']}/{act}", {} if act == "answer" else None)
        assert status == 409, act
    assert (await other.send("POST", f"/api/calls/{uuid4()}/hang_up"))[0] == 404


async def test_a_call_is_found_by_its_note_and_by_what_was_said(desk: Desk, agent: Person, house: House) -> None:
    call = await talking(desk, agent)
    leg = desk.exchange.dialled[1]
    said = {"seq": 1, "text": "The zeppelin is late", "role": "customer"}
    await desk.tell({"ref": f"ref-{leg.id}", "leg": leg.id, "line": said})
    await agent.post(f"/api/calls/{call['id']}/hang_up")
    await agent.send("PUT", f"/api/calls/{call['id']}/note", {"note": "Wants a voucher"})
    await house.indexed()
    for word in ("zeppelin", "voucher"):
        found = await agent.get("/api/search", q=word)
        assert [hit["entry_id"] for hit in found["entries"]["items"]] == [call["entry_id"]], word
