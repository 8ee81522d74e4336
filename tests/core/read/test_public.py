"""What a visitor sees: messages and calls, never a note, an event, or anything of another thread."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any, get_args
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.core.cases import ChangeCase
from hub.core.read import public
from hub.core.read.public import PublicEntry, Sight
from hub.core.reading import seen_up_to, shown_up_to
from hub.http import shapes
from hub.models import Entry
from tests.support.workshop import Workshop

VISITOR = "v_aaaaaaaaaaaaaaaaaaaaaaaa"


def url(file: UUID) -> str:
    return f"/f/{file}"


async def seen(workshop: Workshop, thread_id: UUID, *, proven: bool = False) -> public.PublicChanges:
    sight = Sight(thread_id, proven, "chat")
    return await workshop.db.read(lambda conn: public.latest(conn, sight, url))


def test_the_shape_can_say_neither_note_nor_event() -> None:
    assert set(get_args(public.Kind)) == {"message", "call"}
    told = {field.name for field in fields(PublicEntry)}
    assert told == set(shapes.PublicEntry.model_fields)
    assert told.isdisjoint(["case_id", "case_reason", "seq", "event", "proof", "deliveries", "author_id", "cc"])


STEPS = st.lists(st.sampled_from(["say", "reply", "note", "mail", "assign", "read", "seen"]), min_size=1, max_size=12)


@pytest.mark.db("sqlite")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_whatever_happens_nothing_internal_is_seen(workshop: Workshop, steps: list[str]) -> None:
    visitor = f"v_{workshop.number():024d}".replace("0", "a").replace("1", "b")
    first = await workshop.hear(visitor, "public: first", inbox=workshop.chat)
    thread_id = first.threads[0]
    for step in steps:
        await _do(workshop, step, thread_id, visitor)
        workshop.later(seconds=1)
    for proven in (True, False):
        sight = Sight(thread_id, proven, "chat")
        everything = await seen(workshop, thread_id, proven=proven)
        changes = await workshop.db.read(lambda conn, sight=sight: public.changed(conn, sight, 0, url))  # type: ignore[misc]
        ids = [entry["id"] for entry in await workshop.rows(Entry, thread_id=thread_id)]
        these = await workshop.db.read(lambda conn, ids=ids, s=sight: public.these(conn, ids, [s], url))  # type: ignore[misc]
        for shown in (everything.entries, changes.entries, these[sight]):
            assert b"internal" not in orjson.dumps([asdict(entry) for entry in shown])
            assert {entry.kind for entry in shown} == {"message"}
            assert len(shown) == 1 + sum(step in ("say", "reply", "mail") for step in steps)
            assert len({entry.rev for entry in shown}) == len(shown)
            assert max(entry.rev for entry in shown) == everything.rev


async def _do(workshop: Workshop, step: str, thread_id: UUID, visitor: str) -> None:
    match step:
        case "say":
            await workshop.hear(visitor, "public: again", inbox=workshop.chat)
        case "mail":
            await workshop.reply(thread_id, "ada@example.org", "public: by mail")
        case "reply":
            await workshop.reply(thread_id, visitor, "public: answer", inbox=workshop.chat)
        case "note":
            await workshop.note(thread_id, "internal: a note")
        case "assign":
            await _change_case(workshop, thread_id)
        case "read":
            await _read_by_the_customer(workshop, thread_id)
        case "seen":
            await _read_by_us(workshop, thread_id)


async def _change_case(workshop: Workshop, thread_id: UUID) -> None:
    (entry, *_) = await workshop.rows(Entry, thread_id=thread_id)
    await workshop.writer.submit(ChangeCase(workshop.ann, entry["case_id"], {"subject": f"internal {workshop.now}"}))


async def _read_by_the_customer(workshop: Workshop, thread_id: UUID) -> None:
    job = await workshop.db.read(lambda conn: shown_up_to(conn, thread_id, "chat", 10**6))
    if job:
        await workshop.writer.submit(job)


async def _read_by_us(workshop: Workshop, thread_id: UUID) -> None:
    telling = replace(workshop.chat, capabilities=replace(workshop.chat.capabilities, tells_read=True))
    job = await workshop.db.read(lambda conn: seen_up_to(conn, thread_id, 10**6, [telling]))
    if job:
        await workshop.writer.submit(job)


async def test_words_of_other_channels_are_for_proven_visitors(workshop: Workshop) -> None:
    receipt = await workshop.hear(VISITOR, "In the chat", inbox=workshop.chat)
    await workshop.reply(receipt.threads[0], "ada@example.org", "By mail, with private words")
    anonymous = await seen(workshop, receipt.threads[0])
    assert [(e.channel, e.text) for e in anonymous.entries] == [("chat", "In the chat"), ("email", "")]
    proven = await seen(workshop, receipt.threads[0], proven=True)
    assert [e.text for e in proven.entries] == ["In the chat", "By mail, with private words"]


async def test_another_threads_entries_are_nobodys_elses(workshop: Workshop) -> None:
    mine = await workshop.hear(VISITOR, "Mine", inbox=workshop.chat)
    other = await workshop.hear("v_bbbbbbbbbbbbbbbbbbbbbbbb", "Theirs", inbox=workshop.chat)
    sight = Sight(mine.threads[0], True, "chat")

    def read(conn: Any) -> list[Any]:
        return [
            public.these(conn, other.entries, [sight], url)[sight],
            public.latest(conn, sight, url, before=other.entries[0]).entries,
            public.by_ref(conn, sight, workshop.chat.ref_space, "ref-2", url),
        ]

    assert await workshop.db.read(read) == [[], [], None]


async def test_too_many_changes_ask_for_a_fresh_load(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "MOST_CHANGES", 3)
    receipt = await workshop.hear(VISITOR, "1", inbox=workshop.chat)
    for n in range(4):
        await workshop.hear(VISITOR, str(n), inbox=workshop.chat)
    sight = Sight(receipt.threads[0], False, "chat")
    changes = await workshop.db.read(lambda conn: public.changed(conn, sight, 0, url))
    assert (changes.complete, changes.entries, changes.rev) == (False, [], 5)
    changes = await workshop.db.read(lambda conn: public.changed(conn, sight, 2, url))
    assert (changes.complete, len(changes.entries)) == (True, 3)
