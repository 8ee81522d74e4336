"""Who has read how far: states only climb, the customer learns of it where the channel tells, and nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest_asyncio

from hub.contract import State
from hub.core import chatlink
from hub.core.desk import InboxFacts
from hub.core.read import public
from hub.core.reading import TeamRead, held_up_to, seen_up_to, shown_up_to
from hub.core.settle import Begin, Settle
from hub.models import Delivery, Identity, Lane, Thread
from tests.support.workshop import CHAT, Workshop

VISITOR = "v_aaaaaaaaaaaaaaaaaaaaaaaa"
LANE = Lane.__table__  # type: ignore[attr-defined]


@pytest_asyncio.fixture
async def chat(workshop: Workshop) -> InboxFacts:
    return await workshop.inbox("chat", replace(CHAT, tells_read=True))


async def read_by_us(workshop: Workshop, thread: UUID, seq: int) -> TeamRead | None:
    job = await workshop.db.read(lambda conn: seen_up_to(conn, thread, seq, workshop.desk.inboxes()))
    if job:
        await workshop.writer.submit(job)
    return job


async def states(workshop: Workshop, thread: UUID) -> list[str]:
    shown = await workshop.db.read(lambda conn: public.latest(conn, public.Sight(thread, False, "chat"), str))
    return [entry.state for entry in shown.entries]


# --- what they wrote, read by us ---


async def test_what_we_have_read_the_customer_is_told_and_agents_hear_of_nothing_new(
    workshop: Workshop, chat: InboxFacts
) -> None:
    thread = (await workshop.hear(VISITOR, "One", inbox=chat)).threads[0]
    second = await workshop.hear(VISITOR, "Two", inbox=chat)
    await workshop.hear(VISITOR, "Three", inbox=chat)
    before = await workshop.row(Thread)
    workshop.changes.clear()
    await read_by_us(workshop, thread, 2)
    assert await states(workshop, thread) == ["read", "read", "sent"]
    after = await workshop.row(Thread)
    assert (after["rev"], after["public_rev"]) == (before["rev"], before["public_rev"] + 1)
    (change,) = workshop.changes
    assert (change.public, change.entries, change.cases) == (True, second.entries, ())
    sight = public.Sight(thread, False, "chat")
    missed = await workshop.db.read(lambda conn: public.changed(conn, sight, before["public_rev"], str))
    assert [(entry.id, entry.state, entry.rev) for entry in missed.entries] == [
        (second.entries[0], "read", after["public_rev"])
    ]


async def test_reading_notes_mails_or_what_was_read_tells_nothing(workshop: Workshop, chat: InboxFacts) -> None:
    thread = (await workshop.hear(VISITOR, "Hello", inbox=chat)).threads[0]
    await read_by_us(workshop, thread, 1)
    rev = (await workshop.row(Thread))["public_rev"]
    await workshop.note(thread, "A note")
    await workshop.reply(thread, VISITOR, "An answer", inbox=chat)
    told = (await workshop.row(Thread))["public_rev"]
    assert await read_by_us(workshop, thread, 3) is None
    assert await read_by_us(workshop, thread, 1) is None
    assert await read_by_us(workshop, thread, 0) is None, "marked unread"
    assert (rev, (await workshop.row(Thread))["public_rev"]) == (2, told)
    assert (await states(workshop, thread))[0] == "read"


async def test_a_channel_that_does_not_tell_tells_nothing(workshop: Workshop, chat: InboxFacts) -> None:
    silent = (await workshop.hear(VISITOR, "Hello", inbox=workshop.chat)).threads[0]
    mail = (await workshop.hear("ada@example.org", "Hello")).threads[0]
    for thread in (silent, mail):
        assert await read_by_us(workshop, thread, 1) is None
    assert await states(workshop, silent) == ["sent"]


async def test_words_of_another_channel_are_never_shown_as_read(workshop: Workshop, chat: InboxFacts) -> None:
    mail = await workshop.hear("ada@example.org", "By mail")
    customer = (await workshop.row(Identity))["customer_id"]
    case = (await workshop.entry(mail))["case_id"]
    keys, now = workshop.desk.keys, workshop.now
    link = await workshop.db.write(
        lambda conn: chatlink.invite(conn, keys, customer_id=customer, inbox_id=chat.id, case_id=case, now=now)
    )
    device = await workshop.db.write(lambda conn: chatlink.accept(conn, keys, link.token, device="", now=now))
    thread = (await workshop.hear(device.visitor, "In the chat", inbox=chat)).threads[0]
    assert thread == mail.threads[0]
    assert await read_by_us(workshop, thread, 1) is None
    assert await read_by_us(workshop, thread, 9)
    assert await states(workshop, thread) == ["sent", "read"]


async def test_who_read_further_counts_when_two_read_at_once(workshop: Workshop, chat: InboxFacts) -> None:
    thread = (await workshop.hear(VISITOR, "One", inbox=chat)).threads[0]
    await workshop.hear(VISITOR, "Two", inbox=chat)
    inboxes = workshop.desk.inboxes()
    jobs = [await workshop.db.read(lambda conn, n=n: seen_up_to(conn, thread, n, inboxes)) for n in (2, 1)]  # type: ignore[misc]
    await asyncio.gather(*map(workshop.writer.submit, jobs))
    assert await states(workshop, thread) == ["read", "read"]
    assert (await workshop.row(Thread))["seen_seq"] == 2


# --- what we wrote, on their device ---


async def _answer(workshop: Workshop, chat: InboxFacts) -> UUID:
    thread = (await workshop.hear(VISITOR, "Hello", inbox=chat)).threads[0]
    await workshop.reply(thread, VISITOR, "Hi", inbox=chat)
    lease = LANE.update().values(leased_by="me")
    await workshop.db.write(lambda conn: conn.execute(lease).rowcount)
    return thread


async def _state(workshop: Workshop) -> tuple[str, bool]:
    row = await workshop.row(Delivery)
    return row["state"], row["continue_at"] is not None


async def _got(workshop: Workshop, thread: UUID) -> bool:
    rev = (await workshop.row(Thread))["public_rev"]
    job = await workshop.db.read(lambda conn: held_up_to(conn, thread, "chat", rev))
    if job:
        await workshop.writer.submit(job)
    return job is not None


async def test_delivered_when_the_device_has_it_read_when_somebody_looked_and_never_back(
    workshop: Workshop, chat: InboxFacts
) -> None:
    thread = await _answer(workshop, chat)
    delivery = (await workshop.row(Delivery))["id"]
    assert not await _got(workshop, thread), "it has not been handed over yet"
    await workshop.writer.submit(Begin(delivery, "me"))
    assert not await _got(workshop, thread)
    due = workshop.now + timedelta(minutes=1)
    await workshop.writer.submit(Settle(delivery, State.SENT, ref="shown", continue_at=due))
    assert await _state(workshop) == ("sent", True)
    assert await _got(workshop, thread)
    assert await _state(workshop) == ("delivered", True), "unread, it still goes on by mail"
    assert not await _got(workshop, thread), "said once"
    late = await workshop.db.read(lambda conn: held_up_to(conn, thread, "chat", 10**6))
    assert late is None
    read = await workshop.db.read(lambda conn: shown_up_to(conn, thread, "chat", 10**6))
    assert read
    await workshop.writer.submit(read)
    assert await _state(workshop) == ("read", False)
    assert not await _got(workshop, thread)
    assert await states(workshop, thread) == ["sent", "read"]


async def test_a_device_that_holds_less_does_not_speak_for_more(workshop: Workshop, chat: InboxFacts) -> None:
    thread = await _answer(workshop, chat)
    delivery = (await workshop.row(Delivery))["id"]
    await workshop.writer.submit(Begin(delivery, "me"))
    await workshop.writer.submit(Settle(delivery, State.SENT, ref="shown"))
    assert await workshop.db.read(lambda conn: held_up_to(conn, thread, "chat", 1)) is None
    assert await workshop.db.read(lambda conn: held_up_to(conn, thread, "sms", 10**6)) is None
