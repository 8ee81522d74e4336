"""Where a call is and why it ended, as tables; and when the clock speaks next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from hub.core.calls.line import WORKSPACE, Hours, Line, Lines, lines
from hub.core.calls.states import due, reason_of, state_of
from hub.core.errors import Conflict
from tests.support.workshop import Workshop

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CALL: dict[str, Any] = {
    "direction": "out", "ended_at": None, "answered_at": None, "agent_id": None, "rung": None, "path": "room",
    "voicemail": False, "answered_by": "", "created_at": NOW, "rung_at": None, "drop_text": "", "transfer": None,
}  # fmt: skip
LEG: dict[str, Any] = {
    "role": "customer", "state": "active", "held": False, "turn": 0, "ended": "", "reason": "", "created_at": NOW,
    "answered_at": None, "joined_at": None, "ring_s": 30,
}  # fmt: skip


def customer(state: str = "active", **more: Any) -> dict[str, Any]:
    return LEG | {"state": state} | more


def agent(state: str = "active", **more: Any) -> dict[str, Any]:
    return LEG | {"role": "agent", "state": state, "joined_at": NOW} | more


RINGS = {"a": {"state": "ringing"}}
STATES: list[tuple[dict[str, Any], list[dict[str, Any]], str]] = [
    ({}, [agent("planned")], "created"),
    ({}, [agent("dialling")], "dialling"),
    ({}, [agent("ringing")], "dialling"),
    ({}, [agent()], "dialling"),
    ({}, [agent(), customer("dialling")], "dialling"),
    ({}, [agent(), customer("ringing")], "ringing"),
    ({"answered_at": NOW}, [agent(), customer()], "active"),
    ({"answered_at": NOW}, [agent(), customer(held=True)], "held"),
    ({"ended_at": NOW, "answered_at": NOW}, [agent(), customer()], "ended"),
    ({"direction": "in", "path": "queue"}, [customer()], "waiting"),
    ({"direction": "in", "path": "queue", "rung": RINGS}, [customer()], "ringing"),
    ({"direction": "in", "path": "queue", "rung": {"a": {"state": "declined"}}}, [customer()], "waiting"),
    ({"direction": "in", "path": "queue", "agent_id": "a"}, [customer(), agent("ringing")], "ringing"),
    ({"direction": "in", "path": "voicemail"}, [customer()], "waiting"),
    ({"direction": "in", "answered_at": NOW}, [customer(), agent()], "active"),
]


@pytest.mark.parametrize(("call", "legs", "state"), STATES)
def test_the_state_follows_from_the_legs(call: dict[str, Any], legs: list[dict[str, Any]], state: str) -> None:
    assert state_of(CALL | call, legs) == state


ENDS: list[tuple[dict[str, Any], list[dict[str, Any]], bool, str]] = [
    ({}, [agent("ended")], True, "canceled"),
    ({}, [agent(), customer("ringing")], True, "canceled"),
    ({}, [agent(), customer("ended", ended="no_answer")], False, "no_answer"),
    ({}, [agent(), customer("ended", ended="busy")], False, "busy"),
    ({}, [agent(), customer("ended", ended="rejected")], False, "rejected"),
    ({}, [agent(), customer("ended", ended="failed")], False, "failed"),
    ({}, [agent(), customer("ended", ended="cancelled")], False, "canceled"),
    ({"answered_at": NOW}, [agent(), customer("ended", ended="completed")], False, "completed"),
    ({"answered_at": NOW, "answered_by": "machine"}, [agent(), customer()], True, "machine_hangup"),
    ({"answered_at": NOW, "answered_by": "machine_ready"}, [agent(), customer()], True, "machine_hangup"),
    ({"answered_at": NOW, "path": "drop"}, [customer("ended", turn=1)], False, "voicemail_left"),
    ({"direction": "in", "path": "queue"}, [customer("ended")], False, "abandoned"),
    ({"direction": "in", "path": "queue"}, [customer()], True, "missed"),
    ({"direction": "in", "path": "voicemail"}, [customer("ended")], False, "missed"),
    ({"direction": "in", "path": "closed"}, [customer("ended")], False, "missed"),
    ({"direction": "in", "path": "voicemail", "voicemail": True}, [customer("ended")], False, "voicemail_left"),
    ({"direction": "in", "answered_at": NOW}, [customer("ended"), agent()], False, "completed"),
]


@pytest.mark.parametrize(("call", "legs", "by_us", "reason"), ENDS)
def test_why_it_ended(call: dict[str, Any], legs: list[dict[str, Any]], by_us: bool, reason: str) -> None:
    assert reason_of(CALL | call, legs, by_us=by_us)[0] == reason


def test_the_clock_speaks_for_a_provider_that_is_silent() -> None:
    line = Line(ring_s=20, queue_s=60)
    assert due(CALL, [agent("ringing", joined_at=None)], line, NOW) == NOW + timedelta(seconds=60)
    waiting = CALL | {"direction": "in", "path": "queue"}
    assert due(waiting, [customer()], line, NOW) == NOW + timedelta(seconds=3)
    assert due(CALL | {"answered_at": NOW}, [agent(), customer()], line, NOW) == NOW + timedelta(hours=4)
    assert due(CALL | {"ended_at": NOW}, [agent(), customer()], line, NOW) is None
    unpressed = agent("active", joined_at=None, answered_at=NOW)
    assert due(CALL, [unpressed], line, NOW) == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23T07:59:00+00:00", False),
        ("2026-11-23T08:00:00+00:00", True),
        ("2026-11-23T16:59:59+00:00", True),
        ("2026-11-23T17:00:00+00:00", False),
        ("2026-11-22T12:00:00+00:00", False),
    ],
)
def test_hours_are_those_of_the_lines_own_zone(at: str, is_open: bool) -> None:
    hours = Hours(zone="Europe/Berlin", days={"mon": [("09:00", "18:00")]})
    assert hours.open_at(datetime.fromisoformat(at)) is is_open


def test_what_a_line_has_of_its_own() -> None:
    inbox = UUID(int=7)
    settings = Lines(line=Line(ring_s=20, allow=["+49"]), inboxes={inbox: {"allow": ["+1"]}})
    assert (settings.of(inbox).allow, settings.of(inbox).ring_s) == (["+1"], 20)
    assert settings.of(UUID(int=8)).allow == ["+49"]
    assert settings.disposition("do_not_call").do_not_call
    with pytest.raises(Conflict, match="no disposition “nonsense”"):
        settings.disposition("nonsense")
    with pytest.raises(ValidationError, match="no time zone Mars"):
        Hours(zone="Mars/Olympus")


async def test_settings_that_nobody_can_read_count_as_not_set(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    row = {"id": 1, "name": "Shop", "settings": {"calls": {"line": {"ring_s": "for ever"}}}, "created_at": NOW}
    await workshop.db.write(lambda conn: conn.execute(sa.insert(WORKSPACE).values(**row)) and None)
    assert await workshop.db.read(lines) == Lines()
    assert "can't be read" in caplog.text
