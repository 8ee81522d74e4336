"""The people side of the story over the API: proof, merge and the way back, promises, the card, ratings, the report."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from hub.core.proof import value
from hub.models import Entry, ProofCode, utcnow
from tests.http.conftest import House, Person

ENTRY, CODE = Entry.__table__, ProofCode.__table__  # type: ignore[attr-defined]


async def until(probe: Callable[[], Awaitable[Any]]) -> Any:
    """What the hub's loops bring about."""
    async with asyncio.timeout(10):
        while not (found := await probe()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return found


async def thread_of(house: House, text: str) -> str:
    statement = sa.select(ENTRY.c.thread_id).where(ENTRY.c.text == text)
    return str(await house.hub.db.read(lambda conn: conn.execute(statement).scalar_one()))


async def other_inbox(house: House, owner: Person) -> str:
    """A second channel with another kind of address."""
    body = {
        "connector": "webhook",
        "name": "Pager",
        "settings": {"secret": "a secret of the webhook", "identity": "phone"},
    }
    return str((await owner.post("/api/inboxes", body, want=201))["id"])


async def test_a_code_joins_the_two_and_the_old_id_is_found_for_ever(house: House, owner: Person, inbox: str) -> None:
    pager = await other_inbox(house, owner)
    await house.arrive(inbox, "Hello from the web", "maya")
    await house.arrive(pager, "My order is B-9", "+4915112345678")
    asks, has = await thread_of(house, "Hello from the web"), await thread_of(house, "My order is B-9")
    asked = await owner.post(
        f"/api/threads/{asks}/proofs", {"kind": "phone", "address": "+4915112345678", "inbox_id": pager}, want=201
    )
    assert (asked["state"], asked["tries_left"]) == ("open", 5)
    code_id = await house.hub.db.read(lambda conn: conn.execute(sa.select(CODE.c.id)).scalar_one())
    code = value(house.hub.keys, code_id)
    shown = await owner.get(f"/api/threads/{asks}")
    assert code not in str(shown["entries"])
    await house.arrive(inbox, code, "maya")

    async def joined() -> Any:
        told = await owner.get(f"/api/threads/{has}")
        return told if told["id"] == asks else None

    thread = await until(joined)
    texts = [entry["text"] for entry in thread["entries"] if entry["kind"] == "message" and entry["direction"] == "in"]
    assert texts == ["Hello from the web", "My order is B-9", code]
    assert {i["trust"] for i in thread["customer"]["identities"]} == {"verified"}
    assert (await owner.get(f"/api/threads/{asks}/proofs"))[0]["state"] == "proved"
    changes = await owner.get(f"/api/threads/{has}/changes", after=1)
    assert changes["complete"] is False, "the number counted another thread's changes"
    note = await owner.post(f"/api/threads/{has}/notes", {"client_key": uuid4().hex, "text": "By the old id"}, want=201)
    assert note["thread_id"] == asks
    [merge] = await owner.get(f"/api/customers/{thread['customer']['id']}/merges")
    assert merge["reason"] == "Proved +4915112345678 with a code"
    assert (await owner.get(f"/api/customers/{merge['from_customer']}"))["id"] == thread["customer"]["id"]

    undone = await owner.post(f"/api/merges/{merge['id']}/undo", {"reason": "Two sisters"})
    assert undone["undone_at"]
    parted = await owner.get(f"/api/threads/{has}")
    assert parted["id"] == has
    assert [e["text"] for e in parted["entries"] if e["direction"] == "in"] == ["My order is B-9"]
    assert (await owner.send("POST", f"/api/merges/{merge['id']}/undo", {}))[0] == 409
    assert (await owner.get(f"/api/threads/{asks}/changes", after=3))["complete"] is False


async def test_by_hand(house: House, owner: Person, agent: Person, inbox: str) -> None:
    for name in ("ada", "bea"):
        await house.arrive(inbox, f"I am {name}", name)
    ids = {name: await thread_of(house, f"I am {name}") for name in ("ada", "bea")}
    who = {name: (await agent.get(f"/api/threads/{id_}"))["customer"]["id"] for name, id_ in ids.items()}
    made = await agent.post(
        f"/api/customers/{who['ada']}/merge", {"into": who["bea"], "reason": "She told me"}, want=201
    )
    assert (made["into_thread"], made["by"]) == (ids["bea"], "Sofia Lind")
    assert (await agent.send("POST", f"/api/customers/{who['ada']}/merge", {"into": who["bea"]}))[0] == 409
    assert (await agent.send("POST", f"/api/customers/{uuid4()}/merge", {"into": who["bea"]}))[0] == 404
    hits = (await agent.get("/api/customers"))["items"]
    assert [hit["customer_id"] for hit in hits] == [who["bea"]]


async def test_a_promise_passes_to_the_team_and_stands_on_the_card(
    house: House, owner: Person, agent: Person, inbox: str
) -> None:
    await house.arrive(inbox, "Please send me the label", "maya")
    thread = await thread_of(house, "Please send me the label")
    due = (utcnow() + timedelta(minutes=30)).isoformat()
    made = await agent.post(f"/api/threads/{thread}/promises", {"text": "The label by six", "due_at": due}, want=201)
    assert made["who"] == "Sofia Lind"
    assert (await agent.post("/api/me/availability", {"on": False}))["on_shift"] is False

    async def passed() -> Any:
        return await owner.get("/api/promises", whose="team")

    await until(passed)
    card = await owner.get(f"/api/threads/{thread}/handover")
    assert [p["who"] for p in card["promises"]] == ["team, because Sofia Lind is off shift"]
    assert [case["subject"] for case in card["cases"]] == ["Please send me the label"]
    assert card["exchanges"][0]["entries"][0]["text"] == "Please send me the label"
    kept = await owner.post(f"/api/promises/{made['id']}/keep")
    assert kept["state"] == "kept"
    assert (await owner.send("POST", f"/api/promises/{made['id']}/keep"))[0] == 409
    assert (await agent.post("/api/me/availability", {"on": True}))["on_shift"] is True


async def test_a_confirmation_a_preference_and_their_events(house: House, agent: Person, inbox: str) -> None:
    made = await agent.post(
        "/api/customers", {"name": "Maya", "kind": "email", "address": "maya@shop.example"}, want=201
    )
    path = f"/api/customers/{made['id']}/identities/{made['claims'][0]['id']}"
    assert (await agent.send("POST", f"{path}/confirm", {"reason": ""}))[0] == 422
    who = await agent.post(f"{path}/confirm", {"reason": "Spoke with her"})
    [identity] = who["identities"]
    assert (identity["trust"], identity["proven_by"], who["claims"]) == ("verified", "agent", [])
    path = f"/api/customers/{made['id']}/identities/{identity['id']}"
    who = await agent.post(f"{path}/revoke", {"reason": "It was her sister"})
    assert (who["identities"], [c["address"] for c in who["claims"]]) == ([], ["maya@shop.example"])
    status, told = await agent.send("PUT", f"/api/customers/{made['id']}/preference", {"channel": "webhook"})
    assert (status, told["preferred_channel"], told["preferred_by"]) == (200, "webhook", "agent")
    events = [e["event"]["type"] for e in (await agent.get(f"/api/threads/{made['thread_id']}"))["entries"]]
    assert events == ["customer added", "confirmed", "confirmation revoked", "customer"]


async def test_asked_once_answered_and_reported(house: House, owner: Person, inbox: str) -> None:
    assert (await owner.get("/api/workspace/survey"))["on"] is False
    status, told = await owner.send("PUT", "/api/workspace/survey", {"on": True})
    assert (status, told["on"]) == (200, True)
    await house.arrive(inbox, "It pinches", "maya")
    thread = await owner.get(f"/api/threads/{await thread_of(house, 'It pinches')}")
    case = thread["cases"][0]["id"]
    assert (await owner.send("GET", f"/api/cases/{case}/survey"))[0] == 404
    await owner.send("PATCH", f"/api/cases/{case}", {"status": "done"})

    async def asked() -> Any:
        status, told = await owner.send("GET", f"/api/cases/{case}/survey")
        return status == 200 and told["state"] == "asked"

    await until(asked)
    await house.arrive(inbox, "5 lovely", "maya")
    told = await owner.get(f"/api/cases/{case}/survey")
    assert (told["score"], told["comment"], told["channel"]) == (5, "lovely", "webhook")
    report = await owner.get("/api/reports/cases")
    [line] = report["cases"]
    assert (line["csat"], line["status"], line["switches"]) == (5, "done", 0)
    assert report["totals"]["csat_mean"] == 5
