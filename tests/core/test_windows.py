"""Reply windows, quiet hours and direct answers: what may leave when, and until when it waits."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from hub.contract import Capabilities
from hub.core.errors import NotPermitted
from hub.core.held import Release
from hub.core.permit import Quiet
from hub.core.read.ways import ways
from hub.models import Customer, Delivery, Draft, Workspace
from tests.support.workshop import Workshop

CUSTOMER, WORKSPACE = Customer.__table__, Workspace.__table__  # type: ignore[attr-defined]
GRAM = Capabilities(
    channel="gram", identity="gram", initiate=False, reply_window_s=24 * 3600, late_window_s=7 * 24 * 3600
)
STRICT = Capabilities(channel="strict", identity="gram", initiate=False, reply_window_s=24 * 3600)


async def test_within_the_window_everybody_may_answer(workshop: Workshop) -> None:
    gram = await workshop.inbox("Instagram", GRAM)
    thread = (await workshop.hear("maya", inbox=gram)).threads[0]
    workshop.later(hours=23)
    said = await workshop.reply(thread, "maya", inbox=gram)
    assert "late" not in (await workshop.row(Delivery, entry_id=said.entry_id))["decision"]


async def test_the_window_counts_from_the_latest_message_of_that_address_in_that_inbox(workshop: Workshop) -> None:
    gram, strict = await workshop.inbox("Instagram", GRAM), await workshop.inbox("Strict", STRICT)
    thread = (await workshop.hear("maya", inbox=strict)).threads[0]
    workshop.later(days=3)
    await workshop.hear("maya", inbox=gram)
    with pytest.raises(NotPermitted) as refusal:
        await workshop.reply(thread, "maya", inbox=strict)
    assert str(refusal.value) == (
        "Strict takes answers within 24 hours of their last message; that was 3 days ago. Write on another channel."
    )
    await workshop.hear("maya", inbox=strict)
    await workshop.reply(thread, "maya", inbox=strict)


async def test_late_answers_are_a_persons_and_say_so(workshop: Workshop) -> None:
    gram = await workshop.inbox("Instagram", GRAM)
    thread = (await workshop.hear("maya", inbox=gram)).threads[0]
    workshop.later(days=3)
    said = await workshop.reply(thread, "maya", inbox=gram)
    assert (await workshop.row(Delivery, entry_id=said.entry_id))["decision"]["late"] is True
    workshop.later(days=5)
    with pytest.raises(NotPermitted, match=r"within 7 days of their last message; that was 8 days ago"):
        await workshop.reply(thread, "maya", "Too late", inbox=gram)


async def test_ways_say_until_when(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    gram = await workshop.inbox("Instagram", GRAM)
    receipt = await workshop.hear("maya", inbox=gram)
    heard_at = workshop.now

    async def way() -> dict[str, Any]:
        monkeypatch.setattr("hub.core.read.ways.utcnow", lambda: workshop.now)
        identity = {"id": (await workshop.entry(receipt))["author_id"], "kind": "gram", "address": "maya",
                    "trust": "verified", "name": ""}  # fmt: skip
        customer = {"thread_id": receipt.threads[0], "identities": [identity], "claims": [],
                    "preferred_channel": ""}  # fmt: skip
        found: list[dict[str, Any]] = await workshop.db.read(lambda conn: ways(conn, customer, [gram], online=False))
        return found[0]

    first = await way()
    assert (first["window_until"], first["late"], first["usable"]) == (heard_at + timedelta(hours=24), False, True)
    workshop.later(days=2)
    second = await way()
    assert (second["window_until"], second["late"], second["usable"]) == (heard_at + timedelta(days=7), True, True)
    workshop.later(days=6)
    third = await way()
    assert (third["window_until"], third["usable"]) == (None, False)
    assert "that was 8 days ago" in third["reason"]


@pytest.mark.parametrize(
    ("at", "over_at"),
    [
        ("2026-11-22T20:59", None),
        ("2026-11-22T21:00", "2026-11-23T08:00"),
        ("2026-11-23T02:00", "2026-11-23T08:00"),
        ("2026-11-23T08:00", None),
    ],
)
def test_quiet_hours_go_over_midnight(at: str, over_at: str | None) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    quiet = Quiet(time(21), time(8))
    now = datetime.fromisoformat(at).replace(tzinfo=berlin).astimezone(UTC)
    expected = datetime.fromisoformat(over_at).replace(tzinfo=berlin).astimezone(UTC) if over_at else None
    assert quiet.over_at(now, berlin) == expected


async def test_an_offer_waits_for_the_customers_morning_and_an_answer_does_not(workshop: Workshop) -> None:
    """J10: her SMS at 23:10 is answered at 23:11, an offer to her waits until 08:00."""
    thread = (await workshop.hear("+447700900142", inbox=workshop.sms)).threads[0]
    workshop.now = datetime(2026, 7, 1, 22, 11, tzinfo=UTC)  # 23:11 in London
    answer = await workshop.reply(thread, "+447700900142", "Yes", inbox=workshop.sms)
    assert answer.entry_id
    offer = await workshop.reply(thread, "+447700900142", "20 % off", inbox=workshop.sms, purpose="promotional")
    assert offer.entry_id is None
    draft = await workshop.row(Draft)
    assert draft["send_at"] == datetime(2026, 7, 2, 7, tzinfo=UTC)
    assert draft["held_reason"] == "Quiet hours: it waits until 08:00 there."
    workshop.now = datetime(2026, 7, 2, 7, tzinfo=UTC)
    released = await workshop.writer.submit(Release(draft["id"]))
    assert released.entry_id
    assert await workshop.rows(Draft) == []


async def test_what_became_due_in_the_night_waits_again(workshop: Workshop) -> None:
    thread = (await workshop.hear("+447700900142", inbox=workshop.sms)).threads[0]
    workshop.now = datetime(2026, 7, 1, 22, tzinfo=UTC)
    await workshop.reply(thread, "+447700900142", "Offer", inbox=workshop.sms, purpose="promotional")
    draft = await workshop.row(Draft)
    workshop.now = draft["send_at"]
    await _settings(workshop, quiet_hours={"start": "06:00", "end": "10:00"})
    await workshop.writer.submit(Release(draft["id"]))
    assert (await workshop.row(Draft))["send_at"] == datetime(2026, 7, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("profile", "workspace", "address", "quiet"),
    [
        ("America/New_York", "", "+447700900142", False),
        ("", "", "+447700900142", True),
        ("", "America/New_York", "+447700900142", True),
        ("", "America/New_York", "+15550100", False),
        ("", "", "+15550100", True),
    ],
)
async def test_the_clock_is_the_customers_then_the_numbers_then_the_workspaces(
    workshop: Workshop, profile: str, workspace: str, address: str, quiet: bool
) -> None:
    thread = (await workshop.hear(address, inbox=workshop.sms)).threads[0]
    await workshop.db.write(lambda conn: conn.execute(sa.update(CUSTOMER).values(timezone=profile)) and None)
    await _settings(workshop, timezone=workspace)
    workshop.now = datetime(2026, 7, 1, 22, tzinfo=UTC)  # 23:00 in London, 18:00 in New York
    said = await workshop.reply(thread, address, "Offer", inbox=workshop.sms, purpose="promotional")
    assert (said.entry_id is None) is quiet


async def test_switched_off_quiet_hours_hold_nothing_back(workshop: Workshop) -> None:
    thread = (await workshop.hear("+447700900142", inbox=workshop.sms)).threads[0]
    await _settings(workshop, quiet_hours={"start": "21:00", "end": "08:00", "on": False})
    workshop.now = datetime(2026, 7, 1, 22, tzinfo=UTC)
    said = await workshop.reply(thread, "+447700900142", "Offer", inbox=workshop.sms, purpose="promotional")
    assert said.entry_id


async def _settings(workshop: Workshop, **settings: Any) -> None:
    row = {"id": 1, "name": "Shop", "settings": settings, "created_at": workshop.now}
    await workshop.db.write(lambda conn: conn.execute(sa.insert(WORKSPACE).values(**row)) and None)
