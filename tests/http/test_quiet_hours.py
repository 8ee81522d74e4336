"""Quiet hours as the workspace sets them: offers are held, answers leave."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hub.models import utcnow
from tests.support.pager import Paging


async def quiet_now(paging: Paging, **more: Any) -> datetime:
    """From an hour ago; returns when it is over."""
    over_at = (utcnow() + timedelta(hours=2)).replace(second=0, microsecond=0)
    hours = {"start": f"{utcnow() - timedelta(hours=1):%H:%M}", "end": f"{over_at:%H:%M}", **more}
    status, kept = await paging.api("PUT", "/api/workspace/quiet-hours", json=hours)
    assert (status, kept["end"]) == (200, hours["end"])
    return over_at


async def reply(paging: Paging, thread: UUID, purpose: str) -> tuple[int, Any]:
    words = {"client_key": uuid4().hex, "last_seen_seq": 99, "inbox_id": str(paging.inbox_id), "purpose": purpose,
             "to": {"kind": "pager", "address": "maya"}, "text": "20 % off", "undo_s": 0}  # fmt: skip
    return await paging.api("POST", f"/api/threads/{thread}/replies", json=words)


async def test_an_offer_is_held_until_they_are_over_and_an_answer_leaves(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    over_at = await quiet_now(paging)
    status, told = await reply(paging, thread, "promotional")
    assert (status, datetime.fromisoformat(told["held"]["send_at"])) == (202, over_at)
    assert told["held"]["held_reason"].startswith("Quiet hours: it waits until")
    assert (await reply(paging, thread, "transactional"))[0] == 201


async def test_switched_off_they_hold_nothing(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    await quiet_now(paging, on=False)
    assert (await reply(paging, thread, "promotional"))[0] == 201
    assert (await paging.get("/api/workspace/quiet-hours"))["on"] is False


async def test_a_zone_must_exist_and_other_settings_stay(paging: Paging) -> None:
    await quiet_now(paging, timezone="Europe/Berlin")
    wrong = {"start": "21:00", "end": "08:00", "timezone": "Europe/Nowhere"}
    assert (await paging.api("PUT", "/api/workspace/quiet-hours", json=wrong))[0] == 422
    assert (await paging.api("PUT", "/api/workspace/quiet-hours", json={"start": "9pm"}))[0] == 422
    assert (await paging.get("/api/workspace/quiet-hours"))["timezone"] == "Europe/Berlin"
    assert (await paging.get("/api/workspace"))["name"] == ""
