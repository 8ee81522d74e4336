"""What agents say: once, with its delivery, held if wished, and only to whom it may go."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from hub.contract import Address
from hub.core.compose import Said
from hub.core.errors import Conflict, NotFound, NotPermitted, Stale, TooLate
from hub.core.held import Release, TakeBack
from hub.db import insert
from hub.models import Attachment, Case, ChatLink, Claim, Delivery, Draft, Entry, Reference, Thread, new_id
from tests.support.workshop import Workshop

MAYA = "maya@example.com"


async def test_an_answer_is_entry_and_delivery_together(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA, subject="Boots")).threads[0]
    workshop.later(minutes=5)
    said = await workshop.reply(thread, MAYA, "A size 40 is in stock")
    entry = await workshop.row(Entry, id=said.entry_id)
    delivery = await workshop.row(Delivery)
    case = await workshop.row(Case)
    assert (entry["direction"], entry["author_name"], entry["subject"]) == ("out", "Ann Agent", "Re: Boots")
    assert (delivery["state"], delivery["to_address"]) == ("queued", MAYA)
    assert delivery["decision"]["verdict"] == "allow"
    assert (case["status"], case["waiting_since"], case["first_response_at"]) == ("waiting", None, workshop.now)
    assert delivery["ref"] in {row["ref"] for row in await workshop.rows(Reference, entry_id=entry["id"])}


async def test_the_same_client_key_is_the_same_entry(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    first = await workshop.reply(thread, MAYA, key="key-1")
    assert await workshop.reply(thread, MAYA, key="key-1") == first
    assert len(await workshop.rows(Delivery)) == 1
    held = await workshop.reply(thread, MAYA, key="key-2", hold_s=10)
    assert await workshop.reply(thread, MAYA, key="key-2", hold_s=10) == held
    assert len(await workshop.rows(Draft)) == 1


async def test_a_send_over_unseen_words_is_stopped(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    newer = await workshop.hear(MAYA, "Wait, one more thing")
    with pytest.raises(Stale) as stale:
        await workshop.reply(thread, MAYA, last_seen_seq=1)
    assert stale.value.newer == newer.entries
    await workshop.reply(thread, MAYA, last_seen_seq=2)
    await workshop.note(thread)
    await workshop.reply(thread, MAYA, last_seen_seq=3)  # one's own words and notes are no news
    with pytest.raises(Stale):
        await workshop.reply(thread, MAYA, last_seen_seq=2, actor=workshop.bob)


async def test_a_held_answer_can_be_taken_back_until_it_is_due(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    held = await workshop.reply(thread, MAYA, "Oops", hold_s=10)
    assert held.entry_id is None
    assert held.draft_id is not None
    with pytest.raises(Conflict):
        await workshop.writer.submit(Release(held.draft_id))
    await workshop.writer.submit(TakeBack(workshop.ann, held.draft_id))
    draft = await workshop.row(Draft)
    assert (draft["send_at"], draft["slot"], draft["content"]["text"]) == (None, f"reply:{workshop.email.id}", "Oops")
    with pytest.raises(TooLate):
        await workshop.writer.submit(TakeBack(workshop.ann, held.draft_id))
    assert len(await workshop.rows(Entry)) == 1


async def _write_on(workshop: Workshop, thread: UUID, **content: Any) -> None:
    """Ann goes on writing in the same place, and her console keeps it."""
    row = {"id": new_id(), "agent_id": workshop.ann.id, "thread_id": thread, "slot": f"reply:{workshop.email.id}",
           "content": {"inbox_id": str(workshop.email.id), **content}, "version": 3,
           "updated_at": workshop.now}  # fmt: skip
    await workshop.db.write(lambda conn: insert(conn, Draft.__table__, [row]))  # type: ignore[attr-defined]


async def test_what_was_written_meanwhile_stays_below_what_is_taken_back(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    held = await workshop.reply(thread, MAYA, "Oops", hold_s=10, cc=(Address("email", "tom@example.com"),))
    assert held.draft_id
    file = new_id()
    await _write_on(workshop, thread, text="And the label", html="<p>And the <b>label</b></p>", attachments=[str(file)])
    await workshop.writer.submit(TakeBack(workshop.ann, held.draft_id))
    draft = await workshop.row(Draft)
    assert (draft["id"], draft["version"], draft["send_at"]) == (held.draft_id, 4, None)
    content = draft["content"]
    assert content["text"] == "Oops\n\nAnd the label"
    assert content["html"] == "<p>Oops</p><p>And the <b>label</b></p>"
    assert content["attachments"] == [str(file)]
    assert [copy["address"] for copy in content["cc"]] == ["tom@example.com"]


async def test_several_taken_back_at_once_lose_no_word(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    held = [await workshop.reply(thread, MAYA, text, hold_s=10) for text in ("One", "Two")]
    ids = [one.draft_id for one in held if one.draft_id]
    await asyncio.gather(*(workshop.writer.submit(TakeBack(workshop.ann, id_)) for id_ in ids))
    assert (await workshop.row(Draft))["content"]["text"] == "Two\n\nOne"


async def test_what_may_not_go_out_any_more_goes_back_above_newer_words(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    held = await workshop.reply(thread, "tom@example.com", "Too late", hold_s=10)
    assert held.draft_id
    await _write_on(workshop, thread, text="Something else")
    await workshop.hear("tom@example.com")  # he turns out to be somebody else
    workshop.later(seconds=11)
    assert (await workshop.writer.submit(Release(held.draft_id))).entry_id is None
    draft = await workshop.row(Draft)
    assert draft["content"]["text"] == "Too late\n\nSomething else"
    assert draft["held_reason"]


async def test_a_held_answer_goes_out_once_when_it_is_due(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    held = await workshop.reply(thread, MAYA, hold_s=10, key="key-held")
    assert held.draft_id
    with pytest.raises(NotFound):
        await workshop.writer.submit(TakeBack(workshop.bob, held.draft_id))
    workshop.later(seconds=11)
    said: Said = await workshop.writer.submit(Release(held.draft_id))
    with pytest.raises(TooLate):
        await workshop.writer.submit(Release(held.draft_id))
    entry = await workshop.row(Entry, id=said.entry_id)
    assert (entry["author_id"], entry["client_key"]) == (workshop.ann.id, "key-held")
    assert await workshop.rows(Draft) == []


async def test_what_may_no_longer_go_out_returns_to_its_author_with_the_reason(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    held = await workshop.reply(thread, "new@example.com", hold_s=10)
    assert held.draft_id
    await workshop.hear("new@example.com", name="Somebody Else")
    workshop.later(seconds=11)
    await workshop.writer.submit(Release(held.draft_id))
    draft = await workshop.row(Draft)
    assert draft["send_at"] is None
    assert "belongs to another customer" in draft["held_reason"]


async def test_another_customers_address_is_refused(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    await workshop.hear("tom@example.com", name="Tom")
    with pytest.raises(NotPermitted, match="Tom"):
        await workshop.reply(thread, "tom@example.com")
    assert await workshop.rows(Delivery) == []


async def test_a_typed_address_can_be_written_to_and_stays_a_claim(workshop: Workshop) -> None:
    thread = (await workshop.hear("v_1", inbox=workshop.chat)).threads[0]
    await workshop.reply(thread, MAYA)
    assert (await workshop.row(Claim))["address"] == MAYA


@pytest.mark.parametrize(
    ("inbox", "to", "text", "words"),
    [
        ("sms", "+447700900142", "x" * 161, "161 characters"),
        ("chat", "v_unknown", "Hi", "can only answer"),
        ("email", MAYA, "   ", "nothing to send"),
    ],
)
async def test_what_a_channel_cant_carry_is_refused_in_words(
    workshop: Workshop, inbox: str, to: str, text: str, words: str
) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    with pytest.raises((NotPermitted, Conflict), match=words):
        await workshop.reply(thread, to, text, inbox=getattr(workshop, inbox))


async def test_a_note_is_no_change_for_the_customer(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    before = (await workshop.row(Thread))["public_rev"]
    said = await workshop.note(thread, "She is a VIP")
    assert (await workshop.row(Thread))["public_rev"] == before
    entry = await workshop.row(Entry, id=said.entry_id)
    assert (entry["public_rev"], entry["channel"]) == (None, "")
    assert await workshop.rows(Delivery) == []


async def test_a_file_is_posted_once_and_only_by_its_owner(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    file = {"id": new_id(), "owner_id": workshop.ann.id, "name": "label.pdf", "type": "application/pdf", "size": 9,
            "sha256": "0" * 64, "cid": "", "position": 0, "created_at": workshop.now}  # fmt: skip
    await workshop.db.write(lambda conn: insert(conn, Attachment.__table__, [file]))  # type: ignore[attr-defined]
    with pytest.raises(NotFound):
        await workshop.reply(thread, MAYA, attachments=(file["id"],), actor=workshop.bob)
    said = await workshop.reply(thread, MAYA, attachments=(file["id"],))
    assert (await workshop.row(Attachment))["entry_id"] == said.entry_id
    with pytest.raises(NotFound):
        await workshop.reply(thread, MAYA, attachments=(file["id"],))


async def test_an_invitation_to_chat_brings_its_answer_into_this_case(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA, "First problem")).threads[0]
    first = await workshop.row(Case)
    said = await workshop.reply(thread, MAYA, "Let us talk", chat_link=True, case_id=first["id"])
    entry = await workshop.row(Entry, id=said.entry_id)
    link = await workshop.row(ChatLink)
    assert "https://hub.example/c/" in entry["text"]
    assert (link["case_id"], link["inbox_id"]) == (first["id"], workshop.chat.id)
    assert (await workshop.row(Case))["origin"]["asked"] == "chat"


async def test_copies_go_to_mail_addresses_only(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    with pytest.raises(Conflict, match="no mail address"):
        await workshop.reply(thread, MAYA, cc=(Address("phone", "+447700900142"),))


async def test_a_channel_without_copies_refuses_them(workshop: Workshop) -> None:
    thread = (await workshop.hear("+447700900142", inbox=workshop.sms)).threads[0]
    with pytest.raises(Conflict, match="can't send copies"):
        await workshop.reply(thread, "+447700900142", inbox=workshop.sms, cc=(Address("email", MAYA),))


async def test_a_chat_link_goes_to_nobody_else(workshop: Workshop) -> None:
    thread = (await workshop.hear(MAYA)).threads[0]
    with pytest.raises(Conflict, match="for this customer alone"):
        await workshop.reply(thread, MAYA, chat_link=True, cc=(Address("email", "tom@example.com"),))
    assert await workshop.rows(ChatLink) == []
