"""What a case took: each figure as its definition says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.contract import Address
from hub.core.access import Viewer, rights
from hub.core.cases import ChangeCase
from hub.core.proof import AskProof
from hub.core.read import report
from hub.core.read.report import figures
from hub.models import Case
from tests.support.workshop import Workshop


async def told(workshop: Workshop, **more: Any) -> dict[str, Any]:
    assert workshop.ann.id
    me = Viewer(workshop.ann.id, workshop.ann.name, "", "agent", rights("agent"))
    start, end = workshop.now - timedelta(days=1), workshop.now + timedelta(days=1)
    return await workshop.db.read(lambda conn: report.case_report(conn, me, start, end))


async def test_one_case_over_two_channels(workshop: Workshop) -> None:
    thread = (await workshop.hear("maya@example.com", "Hello")).threads[0]
    workshop.later(minutes=10)
    await workshop.note(thread)
    await workshop.hear("maya@example.com", "Out of office", automatic="auto-replied")
    workshop.later(minutes=5)
    await workshop.reply(thread, "maya@example.com", "By mail")
    await workshop.reply(thread, "+4915112345678", "By text", inbox=workshop.sms)
    workshop.later(minutes=5)
    await workshop.reply(thread, "maya@example.com", "By mail again")
    case = await workshop.row(Case)
    workshop.later(minutes=40)
    for status in ("done", "open", "done"):
        await workshop.writer.submit(ChangeCase(workshop.ann, case["id"], {"status": status}))
        workshop.later(minutes=1)
    found = await told(workshop)
    [line] = found["cases"]
    wanted = {
        "switches": 2,
        "channels": ["email", "sms"],
        "messages_in": 1,
        "messages_out": 3,
        "calls": 0,
        "first_response_s": 15 * 60,
        "resolution_s": 62 * 60,
        "failed": 0,
        "csat": None,
        "status": "done",
    }
    assert {name: line[name] for name in wanted} == wanted
    totals = {"cases": 1, "done": 1, "switches": 2, "answered": 1, "resolution_median_s": 62 * 60, "csat_mean": None}
    assert {name: found["totals"][name] for name in totals} == totals
    assert found["complete"]


async def test_what_is_open_has_no_resolution_and_spam_no_line(workshop: Workshop) -> None:
    await workshop.hear("maya@example.com")
    spam = await workshop.hear("spam@example.com")
    case = (await workshop.rows(Case, thread_id=spam.threads[0]))[0]
    await workshop.writer.submit(ChangeCase(workshop.ann, case["id"], {"status": "spam"}))
    found = await told(workshop)
    [line] = found["cases"]
    assert (line["resolution_s"], line["first_response_s"], line["switches"]) == (None, None, 0)
    assert found["totals"]["first_response_median_s"] is None


async def test_only_cases_opened_in_the_time_asked_for(workshop: Workshop) -> None:
    await workshop.hear("maya@example.com")
    workshop.later(days=3)
    await workshop.hear("bo@example.com")
    assert [line["customer_name"] for line in (await told(workshop))["cases"]] == ["bo@example.com"]


@pytest.mark.parametrize("scores", [[5], [5, 2], []])
def test_totals_say_over_how_many_they_are(scores: list[int]) -> None:
    line = {"status": "open", "switches": 1, "messages_in": 2, "messages_out": 1, "calls": 1, "failed": 0}
    lines = [line | {"csat": score, "first_response_s": score * 10, "resolution_s": None} for score in scores]
    found = report.totals(lines)
    assert (found["csat_answers"], found["answered"]) == (len(scores), len(scores))
    assert found["csat_mean"] == (sum(scores) / len(scores) if scores else None)
    assert found["first_response_median_s"] == ({5: 50, 7: 35}[sum(scores)] if scores else None)


async def test_a_code_is_no_message_and_no_switch(workshop: Workshop) -> None:
    thread = (await workshop.hear("v_maya", "Hello", inbox=workshop.chat)).threads[0]
    await workshop.reply(thread, "v_maya", "Hi", inbox=workshop.chat)
    await workshop.writer.submit(AskProof(workshop.ann, thread, Address("email", "maya@example.com")))
    await workshop.hear("v_maya", "Which code?", inbox=workshop.chat)
    [line] = (await told(workshop))["cases"]
    assert (line["switches"], line["messages_out"], line["channels"]) == (0, 1, ["chat"])


@dataclass
class Item:
    """An entry, as far as figures look at it."""

    kind: str
    direction: str
    channel: str
    minute: int = 0
    author_kind: str = "agent"
    automatic: str = ""
    public_rev: int | None = 1
    data: dict[str, Any] | None = None

    @property
    def at(self) -> datetime:
        return START + timedelta(minutes=self.minute)


START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_the_story_is_one_case_and_four_switches() -> None:
    said = [
        Item("message", "in", "instagram", 0, "customer"),
        Item("message", "in", "email", 5, "customer"),
        Item("message", "out", "email", 8),
        Item("note", "none", "", 9, public_rev=None),
        Item("message", "in", "chat", 10, "customer"),
        Item("call", "out", "voice", 12, public_rev=None),
        Item("message", "out", "voice", 13, "system", automatic="survey"),
        Item("message", "in", "sms", 60, "customer"),
        Item("message", "out", "sms", 61),
        Item("event", "none", "", 70, data={"type": "done"}, public_rev=None),
    ]
    found = figures(said, START, done=True)
    assert (found.switches, found.calls, found.messages_in, found.messages_out) == (4, 1, 4, 2)
    assert (found.first_response_s, found.resolution_s) == (8 * 60, 70 * 60)
    assert found.channels == ["instagram", "email", "chat", "voice", "sms"]
