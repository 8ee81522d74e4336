"""The gate is asked again right before a send: what was allowed when it was queued may have to wait, or come late."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.core import known
from hub.db import DatabaseGone
from hub.models import Delivery, Inbox, utcnow
from tests.support.pager import Paging

INBOX, DELIVERY = Inbox.__table__, Delivery.__table__  # type: ignore[attr-defined]


async def test_an_offer_that_was_queued_by_day_waits_through_the_night(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    await _hours(paging, on=False)
    await _active(paging, False)
    offer = await paging.reply(thread, "maya", "20 % off", purpose="promotional")
    over_at = await _hours(paging, on=True)
    await _active(paging, True)
    async with asyncio.timeout(15):
        while not (delivery := await paging.delivery(offer.entry_id))["reason"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert (delivery["state"], delivery["next_at"]) == ("queued", over_at)
    assert delivery["reason"].startswith("Quiet hours")
    assert paging.provider.sent == []


async def test_after_the_window_a_persons_answer_says_that_it_is_late(paging: Paging) -> None:
    inbox = await paging.inbox("Narrow", reply_window_s=2, late_window_s=600)
    thread = (await paging.says("maya", inbox=inbox)).threads[0]
    in_time = await paging.reply(thread, "maya", "In time", inbox=inbox)
    await paging.delivery(in_time.entry_id, "sent")
    await asyncio.sleep(2)
    late = await paging.reply(thread, "maya", "Late", inbox=inbox)
    await paging.delivery(late.entry_id, "sent")
    assert [(sent["text"], sent["late"]) for sent in paging.provider.sent] == [("In time", False), ("Late", True)]


async def test_what_waited_until_the_window_closed_does_not_leave(paging: Paging) -> None:
    inbox = await paging.inbox("Narrow", reply_window_s=2)
    thread = (await paging.says("maya", inbox=inbox)).threads[0]
    await _active(paging, False, inbox)
    said = await paging.reply(thread, "maya", "Waiting", inbox=inbox)
    await asyncio.sleep(2)
    await _active(paging, True, inbox)
    delivery = await paging.delivery(said.entry_id, "failed", "sent")
    assert delivery["state"] == "failed"
    assert "Narrow takes answers within" in delivery["reason"]


async def test_what_the_gate_could_not_judge_was_surely_not_sent(
    paging: Paging, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away between the beginning and the send: nothing is in doubt, and it leaves later."""
    thread = (await paging.says("maya")).threads[0]
    look_up, asked = known.look_up, []

    def away_once(*given: Any, **named: Any) -> Any:
        # the second asks before the send, the first composed
        asked.append(named)
        if len(asked) == 2:
            raise DatabaseGone("It restarts.")
        return look_up(*given, **named)

    monkeypatch.setattr(known, "look_up", away_once)
    said = await paging.reply(thread, "maya")
    delivery = await paging.delivery(said.entry_id, "sent", "uncertain", "failed")
    assert (delivery["state"], delivery["attempts"]) == ("sent", 2)
    assert len(paging.provider.sent) == 1


async def _hours(paging: Paging, *, on: bool) -> Any:
    over_at = (utcnow() + timedelta(hours=2)).replace(second=0, microsecond=0)
    hours = {"start": f"{utcnow() - timedelta(hours=1):%H:%M}", "end": f"{over_at:%H:%M}", "on": on}
    assert (await paging.api("PUT", "/api/workspace/quiet-hours", json=hours))[0] == 200
    return over_at


async def _active(paging: Paging, active: bool, inbox: Any = None) -> None:
    change = sa.update(INBOX).where(INBOX.c.id == (inbox or paging.inbox_id))
    values = change.values(active=active, version=INBOX.c.version + 1)
    await paging.hub.db.write(lambda conn: conn.execute(values) and None)
    await paging.hub.inboxes.refresh()
    due = sa.update(DELIVERY).where(DELIVERY.c.state == "queued").values(next_at=utcnow())
    await paging.hub.db.write(lambda conn: conn.execute(due) and None)
    paging.hub.nudge()
