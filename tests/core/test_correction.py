"""A message in the wrong case is put right, and the clocks of both cases are as if it had come there at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from hub.core.cases import ChangeCase, MoveEntry, OpenCase
from hub.models import Case, Entry
from tests.support.workshop import Workshop

MAYA = "maya@example.com"


async def one(workshop: Workshop, case_id: UUID) -> dict[str, Any]:
    return await workshop.row(Case, id=case_id)


async def two_cases(workshop: Workshop) -> tuple[UUID, UUID, UUID]:
    """A thread with a question of an hour ago, and a second, empty case."""
    thread = (await workshop.hear(MAYA, "Where are my boots?")).threads[0]
    first = (await workshop.row(Case))["id"]
    workshop.later(hours=1)
    second: UUID = await workshop.writer.submit(OpenCase(workshop.ann, thread, "The other order"))
    return thread, first, second


async def say(workshop: Workshop, text: str, case: UUID) -> UUID:
    return (await workshop.hear(MAYA, text, token=workshop.desk.case_token(case))).entries[0]


async def move(workshop: Workshop, entry: UUID, case: UUID) -> None:
    await workshop.writer.submit(MoveEntry(workshop.bob, entry, case))


async def test_the_waiting_goes_with_the_words(workshop: Workshop) -> None:
    _, first, second = await two_cases(workshop)
    asked = workshop.now
    entry = await say(workshop, "And the socks?", first)
    before = (await one(workshop, first))["waiting_since"]
    workshop.later(minutes=30)
    await move(workshop, entry, second)
    here, there = await one(workshop, first), await one(workshop, second)
    assert here["waiting_since"] == before == asked - timedelta(hours=1), "the first question still waits"
    assert (there["waiting_since"], there["status"], there["preview"]) == (asked, "open", "And the socks?")
    assert (here["preview"], here["last_in_seq"]) == ("Where are my boots?", 1)
    row = await workshop.row(Entry, id=entry)
    assert (row["case_reason"], there["last_in_seq"]) == ("chosen", row["seq"])


async def test_the_only_question_leaves_nothing_to_wait_for(workshop: Workshop) -> None:
    _, first, second = await two_cases(workshop)
    [entry] = [row["id"] for row in await workshop.rows(Entry, kind="message")]
    await move(workshop, entry, second)
    here, there = await one(workshop, first), await one(workshop, second)
    assert (here["waiting_since"], here["last_in_seq"], here["preview"]) == (None, 0, "")
    assert there["waiting_since"] == workshop.now - timedelta(hours=1)


async def test_a_first_response_is_measured_where_the_answer_belongs(workshop: Workshop) -> None:
    thread, first, second = await two_cases(workshop)
    said = await workshop.reply(thread, MAYA, "They left today", case_id=first)
    answered = workshop.now
    assert (await one(workshop, first))["first_response_at"] == answered
    question = await say(workshop, "And the socks?", second)
    assert said.entry_id
    await move(workshop, said.entry_id, second)
    here, there = await one(workshop, first), await one(workshop, second)
    assert (here["first_response_at"], here["waiting_since"]) == (None, answered - timedelta(hours=1))
    assert there["first_response_at"] is None, "it came before the question"
    await move(workshop, question, first)
    await move(workshop, said.entry_id, first)
    assert (await one(workshop, first))["first_response_at"] == answered


@pytest.mark.parametrize(("status", "waits"), [("done", False), ("spam", False), ("waiting", True), ("snoozed", True)])
async def test_words_wake_a_case_that_waits_and_not_one_that_is_over(
    workshop: Workshop, status: str, waits: bool
) -> None:
    _, first, second = await two_cases(workshop)
    changes: dict[str, Any] = {"status": status} | ({"until_reply": True} if status == "snoozed" else {})
    await workshop.writer.submit(ChangeCase(workshop.ann, second, changes))
    await move(workshop, await say(workshop, "And the socks?", first), second)
    there = await one(workshop, second)
    assert there["status"] == ("open" if waits else status)
    assert (there["waiting_since"] is not None) == waits


async def test_what_a_machine_wrote_starts_no_clock(workshop: Workshop) -> None:
    _, first, second = await two_cases(workshop)
    heard = await workshop.hear(MAYA, "Out of office", automatic="auto-replied", token=workshop.desk.case_token(first))
    await move(workshop, heard.entries[0], second)
    assert (await one(workshop, second))["waiting_since"] is None


async def test_a_correction_and_its_way_back_change_nothing(workshop: Workshop) -> None:
    thread, first, second = await two_cases(workshop)
    await workshop.reply(thread, MAYA, "Soon", case_id=first)
    entry = await say(workshop, "And the socks?", first)
    clocks = ("waiting_since", "first_response_at", "last_in_seq", "last_seq", "preview", "channel", "status")
    before = {name: (await one(workshop, first))[name] for name in clocks}
    await move(workshop, entry, second)
    await move(workshop, entry, first)
    assert {name: (await one(workshop, first))[name] for name in clocks} == before
    assert isinstance(before["waiting_since"], datetime)
