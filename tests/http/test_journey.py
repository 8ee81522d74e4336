"""A message comes in, is seen, answered, noted, moved on and found again: over real HTTP, on both databases."""

from uuid import uuid4

from tests.http.conftest import House, Person


async def test_a_message_becomes_a_case_and_is_answered(house: House, agent: Person, inbox: str) -> None:
    assert await house.arrive(inbox, "My boots are the wrong size", key="m-1") == 200
    assert await house.arrive(inbox, "My boots are the wrong size", key="m-1") == 200

    page = await agent.get("/api/cases", view="unassigned")
    assert [case["subject"] for case in page["items"]] == ["My boots are the wrong size"]
    assert page["counts"]["open"] == 1
    case = page["items"][0]
    assert case["unread"]

    thread = await agent.get(f"/api/threads/{case['thread_id']}")
    assert [entry["text"] for entry in thread["entries"]] == ["My boots are the wrong size"]
    assert thread["customer"]["identities"][0]["trust"] == "verified"
    target = next(way for way in thread["targets"] if way["default"])

    key = uuid4().hex
    reply = {
        "client_key": key,
        "last_seen_seq": thread["last_seq"],
        "inbox_id": inbox,
        "to": target["to"],
        "text": "We send another pair",
        "undo_s": 0,
    }
    sent = await agent.post(f"/api/threads/{thread['id']}/replies", reply, want=201)
    assert sent["entry"]["author"]["name"] == "Sofia Lind"
    assert sent["entry"]["deliveries"][0]["state"] in ("queued", "sending", "failed")
    again = await agent.post(f"/api/threads/{thread['id']}/replies", reply, want=201)
    assert again["entry"]["id"] == sent["entry"]["id"]

    status, seen = await agent.send("POST", f"/api/threads/{thread['id']}/seen", {"seq": 2})
    assert (status, seen) == (200, {"seq": 2})
    row = await agent.get(f"/api/cases/{case['id']}")
    assert not row["unread"]
    assert row["preview"] == "We send another pair"


async def test_a_held_reply_can_be_taken_back(house: House, agent: Person, inbox: str) -> None:
    await house.arrive(inbox, "Hello")
    case = (await agent.get("/api/cases"))["items"][0]
    path = f"/api/threads/{case['thread_id']}"
    reply = {
        "client_key": uuid4().hex,
        "last_seen_seq": 1,
        "inbox_id": inbox,
        "to": {"kind": "webhook", "address": "maya"},
        "text": "Wrong words",
        "undo_s": 30,
    }
    held = (await agent.post(f"{path}/replies", reply, want=202))["held"]
    assert held["send_at"]
    status, draft = await agent.send("DELETE", f"/api/held/{held['id']}")
    assert (status, draft["text"], draft["send_at"]) == (200, "Wrong words", None)
    status, problem = await agent.send("DELETE", f"/api/held/{held['id']}")
    assert (status, problem["type"]) == (409, "too-late")
    assert [d["id"] for d in (await agent.get(path))["drafts"]] == [draft["id"]]


async def test_a_reply_that_crossed_a_new_message_is_stopped_once(house: House, agent: Person, inbox: str) -> None:
    await house.arrive(inbox, "First")
    case = (await agent.get("/api/cases"))["items"][0]
    await house.arrive(inbox, "Wait, I found them")
    reply = {
        "client_key": uuid4().hex,
        "last_seen_seq": 1,
        "inbox_id": inbox,
        "to": {"kind": "webhook", "address": "maya"},
        "text": "On their way",
        "undo_s": 0,
    }
    path = f"/api/threads/{case['thread_id']}/replies"
    status, problem = await agent.send("POST", path, reply)
    assert (status, problem["type"]) == (409, "stale")
    assert [entry["text"] for entry in problem["newer"]] == ["Wait, I found them"]
    await agent.post(path, {**reply, "send_anyway": True}, want=201)


async def test_cases_are_changed_tagged_moved_and_counted(house: House, agent: Person, inbox: str) -> None:
    await house.arrive(inbox, "Two problems at once")
    case = (await agent.get("/api/cases"))["items"][0]
    thread = await agent.get(f"/api/threads/{case['thread_id']}")
    me = await agent.get("/api/me")

    status, changed = await agent.send(
        "PATCH", f"/api/cases/{case['id']}", {"assignee_id": me["id"], "tags": ["boots"], "priority": "high"}
    )
    assert status == 200, changed
    assert changed["assignee"]["initials"] == "SL"
    assert [tag["name"] for tag in changed["tags"]] == ["boots"]
    counts = {view["key"]: view["count"] for view in await agent.get("/api/views")}
    assert (counts["mine"], counts["unassigned"], counts["all"], counts["channel:webhook"]) == (1, 0, 1, 1)

    second = await agent.post(f"/api/threads/{thread['id']}/cases", {"subject": "Invoice"}, want=201)
    moved = await agent.post(f"/api/entries/{thread['entries'][0]['id']}/move", {"case_id": second["id"]})
    assert moved["case_id"] == second["id"]
    events = [entry["event"]["type"] for entry in (await agent.get(f"/api/threads/{thread['id']}"))["entries"][1:]]
    assert "assigned" in events
    assert "moved" in events

    status, done = await agent.send("PATCH", f"/api/cases/{case['id']}", {"status": "done"})
    assert done["status"] == "done"
    assert (await agent.get("/api/cases", view="mine", status="done"))["counts"]["done"] == 1


async def test_a_note_stays_inside(house: House, agent: Person, inbox: str) -> None:
    await house.arrive(inbox, "Hello")
    case = (await agent.get("/api/cases"))["items"][0]
    note = {"client_key": uuid4().hex, "text": "She called twice"}
    entry = await agent.post(f"/api/threads/{case['thread_id']}/notes", note, want=201)
    assert (entry["kind"], entry["deliveries"], entry["channel"]) == ("note", [], "")


async def test_search_finds_words_people_and_notes(house: House, agent: Person, inbox: str) -> None:
    await house.arrive(inbox, "The zipper of the Café bag is broken", sender="maya@example.org")
    case = (await agent.get("/api/cases"))["items"][0]
    note = {"client_key": uuid4().hex, "text": "zipper again, third time"}
    await agent.post(f"/api/threads/{case['thread_id']}/notes", note, want=201)
    await house.indexed()
    found = await agent.get("/api/search", q="cafe zip")
    assert [hit["snippet"] for hit in found["entries"]["items"]] == [
        "The \ue000zipper\ue001 of the \ue000Café\ue001 bag is broken"
    ]
    assert len((await agent.get("/api/search", q="zipper"))["entries"]["items"]) == 2
    only = await agent.get("/api/search", q="zipper", kind="note")
    assert [hit["kind"] for hit in only["entries"]["items"]] == ["note"]
    assert (await agent.get("/api/search", q="maya example"))["customers"][0]["addresses"] == ["maya@example.org"]
    assert (await agent.get("/api/customers", q="exampl"))["items"][0]["thread_id"] == case["thread_id"]
