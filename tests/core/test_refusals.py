"""What is refused leaves nothing behind: no half of a change, no case, no claim, no lost draft."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from hub.core.cases import ChangeCase
from hub.core.errors import Conflict, NotPermitted
from hub.core.held import Release
from hub.models import Case, Claim, Draft, Entry, new_id
from tests.support.workshop import Workshop

DRAFT = Draft.__table__  # type: ignore[attr-defined]


async def thread_of_maya(workshop: Workshop) -> UUID:
    return (await workshop.hear("maya@example.com", subject="Boots")).threads[0]


async def test_a_change_of_a_case_is_made_wholly_or_not_at_all(workshop: Workshop) -> None:
    await thread_of_maya(workshop)
    case = await workshop.row(Case)
    changes = {"subject": "Other", "assignee_id": workshop.ann.id, "snoozed_until": workshop.now - timedelta(hours=1)}
    with pytest.raises(Conflict, match="past"):
        await workshop.writer.submit(ChangeCase(workshop.ann, case["id"], changes))
    assert await workshop.row(Case) == case
    assert len(await workshop.rows(Entry)) == 1


async def test_an_invitation_into_a_chat_that_is_not_there_opens_no_case(workshop: Workshop) -> None:
    thread = await thread_of_maya(workshop)
    case = await workshop.row(Case)
    await workshop.writer.submit(ChangeCase(workshop.ann, case["id"], {"status": "done"}))
    workshop.pause(workshop.chat)
    with pytest.raises(Conflict, match="no live chat"):
        await workshop.reply(thread, "maya@example.com", chat_link=True)
    assert len(await workshop.rows(Case)) == 1


async def test_a_held_invitation_goes_back_to_its_author_when_the_chat_has_gone(workshop: Workshop) -> None:
    thread = await thread_of_maya(workshop)
    case = await workshop.row(Case)
    await workshop.writer.submit(ChangeCase(workshop.ann, case["id"], {"status": "done"}))
    said = await workshop.reply(thread, "maya@example.com", chat_link=True, hold_s=10)
    workshop.pause(workshop.chat)
    workshop.later(seconds=11)
    await workshop.writer.submit(Release(said.draft_id))  # type: ignore[arg-type]
    draft = await workshop.row(Draft)
    assert draft["send_at"] is None
    assert "no live chat" in draft["held_reason"]
    assert len(await workshop.rows(Case)) == 1


async def test_a_refused_send_claims_no_address(workshop: Workshop) -> None:
    thread = await thread_of_maya(workshop)
    with pytest.raises(NotPermitted):
        await workshop.reply(thread, "+447700900142", "x" * 161, inbox=workshop.sms)
    assert await workshop.rows(Claim) == []
    await workshop.reply(thread, "+447700900142", "Hi", inbox=workshop.sms)
    assert (await workshop.row(Claim))["address"] == "+447700900142"


async def test_what_is_written_while_a_send_is_held_stays_a_draft(workshop: Workshop) -> None:
    thread = await thread_of_maya(workshop)
    said = await workshop.reply(thread, "maya@example.com", "First", hold_s=10)
    held = await workshop.row(Draft)
    newer = {**held, "id": new_id(), "slot": f"reply:{workshop.email.id}", "send_at": None, "client_key": None,
             "content": {**held["content"], "text": "Second, half wri"}}  # fmt: skip
    await workshop.db.write(lambda conn: conn.execute(sa.insert(DRAFT).values(newer)).rowcount)
    workshop.later(seconds=11)
    await workshop.writer.submit(Release(said.draft_id))  # type: ignore[arg-type]
    assert (await workshop.row(Draft))["content"]["text"] == "Second, half wri"
