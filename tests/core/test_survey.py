"""Satisfaction is asked once for a case, on the channel used last; the answer opens nothing again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from hub.contract import Proof, State
from hub.core import survey
from hub.core.cases import ChangeCase
from hub.core.permit import Decision
from hub.models import Case, Delivery, Entry, Survey
from tests.support.workshop import Workshop


async def switch(workshop: Workshop, *, on: bool = True, after_s: int = 0) -> None:
    await workshop.db.write(lambda conn: survey.set_settings(conn, on=on, after_s=after_s, now=workshop.now))
    workshop.later(seconds=1)


async def tick(workshop: Workshop) -> int:
    jobs = await workshop.db.read(lambda conn: survey.due(conn, workshop.now, 100))
    for job in jobs:
        await workshop.writer.submit(job)
    return len(jobs)


async def done(workshop: Workshop, status: str = "done", sender: str = "maya@example.com", **heard: Any) -> UUID:
    """A case that was answered and closed; its thread."""
    thread = (await workshop.hear(sender, **heard)).threads[0]
    for case in await workshop.rows(Case, thread_id=thread):
        await workshop.writer.submit(ChangeCase(workshop.ann, case["id"], {"status": status}))
    return thread


async def test_it_is_asked_once_on_the_channel_used_last(workshop: Workshop) -> None:
    await switch(workshop)
    thread = await done(workshop, sender="+4915112345678", inbox=workshop.sms)
    assert await tick(workshop) == 1
    sent = await workshop.row(Delivery)
    assert (sent["channel"], sent["to_address"], sent["purpose"]) == ("sms", "+4915112345678", "informational")
    assert (await workshop.row(Survey))["state"] == "asked"
    assert await tick(workshop) == 0
    case = await workshop.row(Case)
    assert case["status"] == "done"
    for status in ("open", "done"):
        await workshop.writer.submit(ChangeCase(workshop.ann, case["id"], {"status": status}))
    assert await tick(workshop) == 0, "never twice"
    assert len(await workshop.rows(Entry, thread_id=thread, direction="out")) == 1


@pytest.mark.parametrize(
    ("text", "score", "comment"),
    [("5", 5, ""), ("4 - thanks", 4, "thanks"), ("3/5", 3, ""), ("1\nToo slow", 1, "Too slow"), (" 2. ", 2, "")],
)
async def test_a_digit_is_the_answer_and_opens_nothing(workshop: Workshop, text: str, score: int, comment: str) -> None:
    await switch(workshop)
    thread = await done(workshop)
    await tick(workshop)
    heard = await workshop.hear("maya@example.com", text)
    row = await workshop.row(Survey)
    assert (row["state"], row["score"], row["comment"]) == ("answered", score, comment)
    case = await workshop.row(Case)
    assert (case["status"], (await workshop.entry(heard))["case_id"]) == ("done", case["id"])
    events = [row["data"]["type"] for row in await workshop.rows(Entry, thread_id=thread, kind="event")]
    assert events == ["done", "rated"]


@pytest.mark.parametrize("text", ["50 boots please", "It still hurts", "6", "10", "my 5 boots"])
async def test_other_words_are_words(workshop: Workshop, text: str) -> None:
    await switch(workshop)
    await done(workshop)
    await tick(workshop)
    await workshop.hear("maya@example.com", text)
    assert (await workshop.row(Survey))["state"] == "asked"
    assert (await workshop.row(Case))["status"] == "open"


async def test_the_second_digit_and_a_stranger_s_are_words(workshop: Workshop) -> None:
    await switch(workshop)
    await done(workshop)
    await tick(workshop)
    await workshop.hear("other@example.com", "1")
    await workshop.hear("maya@example.com", "1", proof=Proof.FAILED)
    assert (await workshop.row(Survey))["score"] is None
    await workshop.hear("maya@example.com", "5")
    await workshop.hear("maya@example.com", "1")
    assert (await workshop.row(Survey))["score"] == 5


async def test_nobody_is_asked_unless_it_is_wanted(workshop: Workshop) -> None:
    await done(workshop)
    assert await tick(workshop) == 0
    await switch(workshop)
    assert await tick(workshop) == 0, "what was done before isn't asked about"
    await switch(workshop, on=False)
    await done(workshop, sender="bo@example.com")
    assert await tick(workshop) == 0
    assert not await workshop.rows(Survey)


async def test_spam_and_machines_are_not_asked(workshop: Workshop) -> None:
    await switch(workshop)
    await done(workshop, "spam")
    await done(workshop, sender="robot@example.com", automatic="auto-replied")
    await tick(workshop)
    assert [row["state"] for row in await workshop.rows(Survey)] == ["skipped"]
    assert not await workshop.rows(Delivery)


async def test_it_waits_as_long_as_it_should_and_is_not_asked_when_the_case_goes_on(workshop: Workshop) -> None:
    await switch(workshop, after_s=3600)
    await done(workshop)
    assert await tick(workshop) == 0
    workshop.later(minutes=30)
    await workshop.hear("maya@example.com", "One more thing")
    workshop.later(minutes=31)
    assert await tick(workshop) == 0
    assert not await workshop.rows(Delivery)


async def test_the_gate_puts_it_off_or_forbids_it(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    await switch(workshop)
    await done(workshop)
    morning = workshop.now.replace(hour=20)
    monkeypatch.setattr(survey, "permit", lambda request, *more: Decision("defer", "It is night there.", morning))
    await tick(workshop)
    row = await workshop.row(Survey)
    assert (row["state"], row["due_at"], row["reason"]) == ("due", morning, "It is night there.")
    assert await tick(workshop) == 0
    monkeypatch.undo()
    workshop.now = morning
    assert await tick(workshop) == 1
    assert (await workshop.row(Survey))["state"] == "asked"


async def test_a_question_that_did_not_arrive_opens_nothing(workshop: Workshop) -> None:
    await switch(workshop)
    await done(workshop)
    await tick(workshop)
    sent = await workshop.row(Delivery)
    await workshop.status(workshop.email, sent["ref"], State.FAILED, reason="The mailbox is full.")
    assert (await workshop.row(Delivery))["state"] == "failed"
    assert (await workshop.row(Case))["status"] == "done"
