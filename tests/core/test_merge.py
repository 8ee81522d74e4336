"""Two threads become one and two again: nothing is lost, nothing doubled, and parting restores every entry."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from hub.contract import Address, Proof
from hub.core import merge
from hub.core.cases import ChangeCase, OpenCase
from hub.core.confirm import Confirm
from hub.core.errors import Conflict
from hub.core.merge import MergeCustomers
from hub.core.promises import MakePromise
from hub.core.proof import AskProof, value
from hub.core.read import entries as read_entries
from hub.core.read import people
from hub.core.unmerge import Unmerge
from hub.db import insert
from hub.models import (
    Case,
    Claim,
    Customer,
    Delivery,
    Draft,
    Entry,
    Identity,
    Merge,
    Promise,
    ProofCode,
    Reference,
    Seen,
    Thread,
    new_id,
)
from tests.support.workshop import Workshop

SEEN, DRAFT = Seen.__table__, Draft.__table__  # type: ignore[attr-defined]
EVENTS = ("merged", "unmerged")


async def join(workshop: Workshop, source: UUID, target: UUID) -> UUID:
    merge_id: UUID = await workshop.writer.submit(MergeCustomers(workshop.ann, source, target, "Same person"))
    return merge_id


async def part(workshop: Workshop, merge_id: UUID) -> None:
    row = await workshop.row(Merge, id=merge_id)
    await workshop.writer.submit(Unmerge(workshop.ann, merge_id, row["from_thread"], row["into_thread"]))


async def two(workshop: Workshop) -> tuple[UUID, UUID]:
    """Maya by chat and Maya by mail, each with a conversation."""
    mail = (await workshop.hear("maya@example.com", "My order", ref="mail-1")).threads[0]
    workshop.later(minutes=1)
    chat = (await workshop.hear("v_maya", "Hello", inbox=workshop.chat)).threads[0]
    workshop.later(minutes=1)
    await workshop.reply(mail, "maya@example.com", "Which one?")
    workshop.later(minutes=1)
    await workshop.reply(chat, "v_maya", "Hi", inbox=workshop.chat)
    return mail, chat


async def said(workshop: Workshop, thread: UUID) -> list[str]:
    rows = await workshop.rows(Entry, thread_id=thread)
    return [row["text"] or row["data"]["type"] for row in rows]


async def test_two_histories_become_one_in_the_order_of_time(workshop: Workshop) -> None:
    mail, chat = await two(workshop)
    await join(workshop, mail, chat)
    assert await said(workshop, chat) == ["My order", "Hello", "Which one?", "Hi", "merged"]
    assert await said(workshop, mail) == []
    assert await workshop.faults() == [f"thread {mail} has [], last_seq 2"], "the merged one keeps its count"
    assert {row["customer_id"] for row in await workshop.rows(Identity)} == {
        (await workshop.row(Thread, id=chat))["customer_id"]
    }
    assert {row["thread_id"] for row in await workshop.rows(Delivery)} == {chat}
    assert {row["thread_id"] for row in await workshop.rows(Case)} == {chat}
    entries = {row["id"]: row for row in await workshop.rows(Entry)}
    for delivery in await workshop.rows(Delivery):
        assert delivery["seq"] == entries[delivery["entry_id"]]["seq"]


async def test_whoever_held_the_thread_is_told_all_of_it(workshop: Workshop) -> None:
    mail, chat = await two(workshop)
    known = (await workshop.row(Thread, id=chat))["rev"]
    await join(workshop, mail, chat)
    rows, complete = await workshop.db.read(lambda conn: read_entries.changed(conn, chat, known))
    assert complete
    assert [row["text"] for row in rows][:4] == ["My order", "Hello", "Which one?", "Hi"]
    rev = (await workshop.row(Thread, id=chat))["rev"]
    assert max(row["rev"] for row in rows) <= rev
    last = [change for change in workshop.changes if change.thread_id == chat][-1]
    assert (last.rev, last.since) == (rev, rev), "no screen may apply it without asking"


async def test_what_arrives_later_lands_in_the_one_who_remains(workshop: Workshop) -> None:
    mail, chat = await two(workshop)
    token = workshop.desk.case_token((await workshop.rows(Case, thread_id=mail))[0]["id"])
    await join(workshop, mail, chat)
    by_ref = await workshop.hear("maya@example.com", "By id", reply_to=("<mail-1>",))
    by_token = await workshop.hear("maya@example.com", "By token", token=token)
    assert by_ref.threads == by_token.threads == (chat,)
    assert [(await workshop.entry(heard))["case_reason"] for heard in (by_ref, by_token)] == ["reference", "token"]
    await workshop.reply(mail, "maya@example.com", "To the old id")
    assert (await said(workshop, chat))[-1] == "To the old id"


async def test_old_ids_are_found_for_ever_also_over_two_merges(workshop: Workshop) -> None:
    mail, chat = await two(workshop)
    text = (await workshop.hear("+4915112345678", "Hi", inbox=workshop.sms)).threads[0]
    old = {thread: (await workshop.row(Thread, id=thread))["customer_id"] for thread in (mail, chat, text)}
    first = await join(workshop, mail, chat)
    await join(workshop, chat, text)
    for thread in (mail, chat):
        assert await workshop.db.read(lambda conn, thread=thread: merge.survivor(conn, thread)) == text  # type: ignore[misc]
        who = await workshop.db.read(lambda conn, thread=thread: people.customer(conn, old[thread]))  # type: ignore[misc]
        assert who["id"] == old[text]
    with pytest.raises(Conflict, match="later"):
        await part(workshop, first)


async def test_a_visitor_who_has_not_shown_who_they_are_is_not_merged_by_hand(workshop: Workshop) -> None:
    """A stranger who typed her address would see her words in the chat."""
    maya = (await workshop.hear("v_maya", "Hello", inbox=workshop.chat)).threads[0]
    stranger = (await workshop.hear("v_stranger", "I am Maya", inbox=workshop.chat, proof=Proof.CLAIMED)).threads[0]
    for pair in ((maya, stranger), (stranger, maya)):
        with pytest.raises(Conflict, match="not shown who they are"):
            await join(workshop, *pair)
    device = await workshop.row(Identity, address="v_stranger")
    await workshop.writer.submit(Confirm(workshop.ann, stranger, device["id"], "Her other telephone, she called"))
    await join(workshop, stranger, maya)


async def test_the_same_two_are_not_merged_twice(workshop: Workshop) -> None:
    mail, chat = await two(workshop)
    await join(workshop, mail, chat)
    for pair in ((mail, chat), (chat, mail), (chat, chat)):
        with pytest.raises(Conflict):
            await join(workshop, *pair)
    assert len(await workshop.rows(Merge)) == 1


async def test_a_proven_code_joins_the_two(workshop: Workshop) -> None:
    mail = (await workshop.hear("maya@example.com", "My order", proof=Proof.CLAIMED)).threads[0]
    chat = (await workshop.hear("v_maya", "Hello", inbox=workshop.chat)).threads[0]
    code_id = await workshop.writer.submit(AskProof(workshop.ann, chat, Address("email", "maya@example.com")))
    await workshop.hear("v_maya", value(workshop.desk.keys, code_id), inbox=workshop.chat)
    [job] = await workshop.db.read(merge.due)
    assert (job.code_id, job.from_thread, job.into_thread) == (code_id, mail, chat)
    await workshop.writer.submit(job)
    assert await workshop.db.read(merge.due) == []
    assert (await workshop.row(ProofCode))["joins"] is None
    assert (await workshop.hear("maya@example.com")).threads == (chat,)
    customer = (await workshop.row(Thread, id=chat))["customer_id"]
    who = await workshop.db.read(lambda conn: people.customer(conn, customer))
    assert (len(who["identities"]), who["claims"]) == (2, []), "what is hers is no claim any more"


async def test_what_came_after_goes_with_whom_it_is_of(workshop: Workshop) -> None:
    mail, chat = await two(workshop)
    merge_id = await join(workshop, mail, chat)
    await workshop.hear("maya@example.com", "Later by mail")
    await workshop.hear("v_maya", "Later by chat", inbox=workshop.chat)
    await workshop.reply(chat, "maya@example.com", "Answer by mail")
    await part(workshop, merge_id)
    assert await said(workshop, mail) == ["My order", "Which one?", "unmerged", "Later by mail", "Answer by mail"]
    assert await said(workshop, chat) == ["Hello", "Hi", "merged", "Later by chat", "unmerged"]
    assert await workshop.faults() == []
    cases = {case["id"]: case["thread_id"] for case in await workshop.rows(Case)}
    for entry in await workshop.rows(Entry):
        assert entry["case_id"] is None or cases[entry["case_id"]] == entry["thread_id"]
    assert (await workshop.hear("maya@example.com")).threads == (mail,)


async def test_agents_marks_and_screens_after_parting(workshop: Workshop) -> None:
    mail, chat = await two(workshop)
    rows = [{"agent_id": workshop.ann.id, "thread_id": mail, "seq": 2}]
    await workshop.db.write(lambda conn: insert(conn, SEEN, rows))
    merge_id = await join(workshop, mail, chat)
    assert (await workshop.row(Seen))["seq"] == 1, "the chat's first words are unread"
    await part(workshop, merge_id)
    assert await workshop.rows(Seen) == rows
    thread = await workshop.row(Thread, id=chat)
    assert thread["reset_rev"] == thread["rev"], "a screen that knows less loads afresh"


# --- the property ---

TABLES: tuple[Any, ...] = (Entry, Case, Delivery, Identity, Claim, Reference, Seen, Customer)
COUNTS = {"rev", "public_rev"}


async def picture(workshop: Workshop) -> dict[str, Any]:
    """All that a history is, but for counters of change and the traces of merging."""
    shown: dict[str, Any] = {}
    for model in TABLES:
        rows = [{k: v for k, v in row.items() if k not in COUNTS} for row in await workshop.rows(model)]
        kept = [r for r in rows if not (model is Entry and r["kind"] == "event" and r["data"]["type"] in EVENTS)]
        shown[model.__name__] = sorted(kept, key=lambda row: str(sorted(row.items(), key=lambda pair: pair[0])))
    return shown


async def history(workshop: Workshop, seed: int) -> list[UUID]:
    """Something happens to three people over a few days."""
    dice = random.Random(seed)
    people_ = [("maya@example.com", workshop.email), ("v_maya", workshop.chat), ("+4915112345678", workshop.sms)]
    threads: dict[str, UUID] = {}
    for address, inbox in people_:
        threads[address] = (await workshop.hear(address, "First", inbox=inbox)).threads[0]
    for n in range(dice.randrange(4, 14)):
        workshop.later(minutes=dice.choice((0, 1, 5, 600, 3000)))
        address, inbox = dice.choice(people_)
        thread = threads[address]
        cases = await workshop.rows(Case, thread_id=thread)
        match dice.randrange(6):
            case 0 | 1:
                await workshop.hear(
                    address, f"Words {n}", inbox=inbox, claims=dice.choice(((), (Address("email", "m@x.example"),)))
                )
            case 2:
                await workshop.reply(thread, address, f"Answer {n}", inbox=inbox)
            case 3:
                await workshop.note(thread, f"Note {n}")
            case 4:
                await workshop.writer.submit(OpenCase(workshop.ann, thread, f"Case {n}"))
            case 5:
                status = dice.choice(("done", "open", "waiting"))
                await workshop.writer.submit(ChangeCase(workshop.bob, dice.choice(cases)["id"], {"status": status}))
        if dice.random() < 0.4:
            row = {"agent_id": workshop.ann.id, "thread_id": thread, "seq": dice.randrange(1, 3)}

            def see(conn: sa.Connection, row: dict[str, Any] = row) -> None:
                conn.execute(sa.delete(SEEN).where(SEEN.c.thread_id == row["thread_id"]))
                insert(conn, SEEN, [row])

            await workshop.db.write(see)
    order = list(threads.values())
    dice.shuffle(order)
    return order


@pytest.mark.parametrize("seed", range(12))
async def test_merging_and_parting_is_as_if_nothing_had_happened(workshop: Workshop, seed: int) -> None:
    first, second, third = await history(workshop, seed)
    before = await picture(workshop)
    one = await join(workshop, first, second)
    between = await picture(workshop)
    two_ = await join(workshop, second, third)
    assert len(await workshop.rows(Entry, thread_id=third)) == len(await workshop.rows(Entry))
    seqs = [row["seq"] for row in await workshop.rows(Entry, thread_id=third)]
    assert seqs == list(range(1, len(seqs) + 1))
    await part(workshop, two_)
    now = await picture(workshop)
    assert {name: now[name] for name in now} == between
    await part(workshop, one)
    assert await picture(workshop) == before
    assert await workshop.faults() == []


async def test_promises_codes_and_drafts_go_over_and_come_back(workshop: Workshop) -> None:
    mail, chat = await two(workshop)
    due = workshop.now + timedelta(hours=1)
    await workshop.writer.submit(MakePromise(workshop.ann, mail, "The label", due))
    await workshop.writer.submit(AskProof(workshop.ann, mail, Address("phone", "+4915112345678")))
    drafts = [
        {"id": new_id(), "agent_id": workshop.ann.id, "thread_id": thread, "slot": slot, "content": {"text": text},
         "version": 1, "send_at": None, "client_key": None, "held_reason": "", "updated_at": workshop.now}
        for thread, slot, text in (
            (mail, "note", "From there"), (chat, "note", "From here"), (mail, "reply:x", "Alone"),
        )
    ]  # fmt: skip
    await workshop.db.write(lambda conn: insert(conn, DRAFT, drafts))
    before = {model: await workshop.rows(model) for model in (Promise, ProofCode)}
    merge_id = await join(workshop, mail, chat)
    for model in (Promise, ProofCode, Draft):
        assert {row["thread_id"] for row in await workshop.rows(model)} == {chat}
    [note] = await workshop.rows(Draft, slot="note")
    assert note["content"]["text"] == "From there\n\nFrom here", "no word of either is lost"
    await part(workshop, merge_id)
    assert {model: await workshop.rows(model) for model in before} == before
    parted = {(row["thread_id"], row["slot"]): row["content"]["text"] for row in await workshop.rows(Draft)}
    assert parted == {(mail, "note"): "From there", (chat, "note"): "From here", (mail, "reply:x"): "Alone"}


def test_every_table_that_names_a_thread_or_a_customer_has_a_rule() -> None:
    """A new table is moved as it is; one with a unique key on the thread needs a rule of its own."""
    for table in SQLModel.metadata.sorted_tables:
        for column, own_rules in (("thread_id", merge.OWN_RULES), ("customer_id", merge.FOLLOWED)):
            if column in table.c and table.name not in own_rules:
                keys = [
                    c.columns for c in table.constraints if isinstance(c, sa.UniqueConstraint | sa.PrimaryKeyConstraint)
                ]
                keys += [index.columns for index in table.indexes if index.unique]
                assert not any(column in key for key in keys), f"{table.name} needs a rule in hub.core.merge"


async def test_a_code_joins_nobody_while_another_device_is_unknown(workshop: Workshop) -> None:
    """A stranger typed the victim's address, and the victim answered the mail: the stranger still sits there."""
    victim = Address("email", "victim@example.com")
    stranger = (
        await workshop.hear("v_stranger", "I am her", inbox=workshop.chat, proof=Proof.CLAIMED, claims=(victim,))
    ).threads[0]
    token = workshop.desk.case_token((await workshop.row(Case))["id"])
    await workshop.reply(stranger, victim.value, "By mail")
    sent = await workshop.row(Delivery)
    answer = await workshop.hear(victim.value, "Who is it?", token=token, proof=Proof.DMARC, reply_to=(sent["ref"],))
    assert answer.threads == (stranger,)
    hers = (await workshop.hear("v_victim", "Secret", inbox=workshop.chat, proof=Proof.CLAIMED)).threads[0]
    code_id = await workshop.writer.submit(AskProof(workshop.ann, hers, victim))
    code = value(workshop.desk.keys, code_id)
    await workshop.hear("v_victim", code, inbox=workshop.chat, proof=Proof.CLAIMED)
    (job,) = await workshop.db.read(merge.due)
    assert await workshop.writer.submit(job) is None
    assert "Secret" in await said(workshop, hers)
    assert await workshop.rows(Merge) == []
    assert await workshop.db.read(merge.due) == [], "it is told once, not tried for ever"
    assert "merge held" in [row["data"]["type"] for row in await workshop.rows(Entry, thread_id=hers, kind="event")]
    device = await workshop.row(Identity, address="v_stranger")
    await workshop.writer.submit(Confirm(workshop.ann, stranger, device["id"], "By telephone"))
    await join(workshop, stranger, hers)
    assert "I am her" in await said(workshop, hers)
