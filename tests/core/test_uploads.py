"""Uploads that nobody used are forgotten, and nothing else."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from hub.core.uploads import FIRST, KEPT, forget_unused, unnamed
from hub.db import insert
from hub.models import Attachment, Draft, Envelope, new_id
from tests.support.workshop import Workshop

MAYA = "maya@example.com"


async def _upload(workshop: Workshop, content: str = "a") -> UUID:
    id_ = new_id()
    file = {"id": id_, "owner_id": workshop.ann.id, "name": "label.pdf", "type": "application/pdf", "size": 9,
            "sha256": content * 64, "cid": "", "position": 0, "created_at": workshop.now}  # fmt: skip
    await _insert(workshop, Attachment, file)
    return id_


async def _insert(workshop: Workshop, model: Any, row: dict[str, Any]) -> None:
    await workshop.db.write(lambda conn: insert(conn, model.__table__, [row]))


async def _forget(workshop: Workshop) -> set[str]:
    """Contents that may go."""
    some = partial(forget_unused, before=workshop.now - KEPT, after=FIRST, live=[workshop.chat.id])
    forgotten = await workshop.db.write(some)
    return await workshop.db.read(lambda conn: unnamed(conn, forgotten.contents))


async def test_an_unused_upload_is_forgotten_after_a_day(workshop: Workshop) -> None:
    await _upload(workshop)
    workshop.later(hours=23)
    assert await _forget(workshop) == set()
    assert len(await workshop.rows(Attachment)) == 1
    workshop.later(hours=2)
    assert await _forget(workshop) == {"a" * 64}
    assert await workshop.rows(Attachment) == []


async def test_what_was_sent_or_is_in_a_draft_stays(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    sent, drafted, held = [await _upload(workshop, content) for content in "abc"]
    await workshop.reply(thread, MAYA, attachments=(sent,))
    await workshop.reply(thread, MAYA, attachments=(held,), hold_s=10)
    row = {"id": new_id(), "agent_id": workshop.ann.id, "thread_id": thread, "slot": "note",
           "content": {"attachments": [str(drafted)]}, "version": 1, "updated_at": workshop.now}  # fmt: skip
    await _insert(workshop, Draft, row)
    workshop.later(days=30)
    assert await _forget(workshop) == set()
    assert {row["id"] for row in await workshop.rows(Attachment)} == {sent, drafted, held}


async def test_content_that_something_else_holds_stays(workshop: Workshop) -> None:
    await _upload(workshop)
    workshop.later(days=2)
    newer = await _upload(workshop)
    assert await _forget(workshop) == set()
    assert (await workshop.row(Attachment))["id"] == newer


async def test_a_chat_message_that_waits_to_be_read_keeps_the_files_it_may_name(workshop: Workshop) -> None:
    await _upload(workshop)
    workshop.later(minutes=1)
    dead = {"id": new_id(), "inbox_id": workshop.chat.id, "dedup_key": "k", "state": "dead", "reason": "", "lane": "",
            "sealed": b"", "blob": "", "size": 0, "attempts": 0, "received_at": workshop.now}  # fmt: skip
    await _insert(workshop, Envelope, dead)
    workshop.later(days=2)
    assert await _forget(workshop) == set()
    assert len(await workshop.rows(Attachment)) == 1


async def test_many_are_forgotten_in_several_goes(workshop: Workshop) -> None:
    for _ in range(250):
        await _upload(workshop)
    workshop.later(days=2)
    before = workshop.now - KEPT
    first = await workshop.db.write(lambda conn: forget_unused(conn, before, FIRST, []))
    assert first.last is not None
    assert len(await workshop.rows(Attachment)) == 50
    last = first.last
    assert (await workshop.db.write(lambda conn: forget_unused(conn, before, last, []))).last is None
    assert await workshop.rows(Attachment) == []


async def test_a_colleague_s_upload_is_not_saved_by_my_draft(workshop: Workshop) -> None:
    """A draft can't name another's file; one that was made to is as if it didn't."""
    thread = (await workshop.hear(MAYA)).threads[0]
    upload = await _upload(workshop)
    row = {"id": new_id(), "agent_id": workshop.bob.id, "thread_id": thread, "slot": "note",
           "content": {"attachments": [str(upload)]}, "version": 1, "updated_at": workshop.now}  # fmt: skip
    await _insert(workshop, Draft, row)
    workshop.later(days=2)
    assert await _forget(workshop) == {"a" * 64}
