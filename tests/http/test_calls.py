"""Calls through a whole hub: what agents ask over the API, what the provider tells by webhooks, what the thread shows."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from hub.contract import Uncertain, Unavailable
from hub.models import Call, CallCommand, Case, Entry
from tests.http.conftest import House, Person
from tests.support.calling import MAYA, Desk, desk, earlier, kinds, open_line
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
    thread = await customer(agent)
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
