"""One inbound event, one entry: order, duplicates, files, claims, and whose thread it is."""

from __future__ import annotations

import asyncio

from hub.contract import Address, Ignored, Proof
from hub.models import Case, Claim, Customer, Entry, Envelope, Identity, Thread
from tests.support.workshop import Workshop


async def test_a_first_message_makes_customer_thread_case_and_entry(workshop: Workshop) -> None:
    receipt = await workshop.hear("Maya@Example.com", "My boots are too small", name="Maya Okafor", subject="Boots")
    entry = await workshop.entry(receipt)
    thread = await workshop.row(Thread)
    case = await workshop.row(Case)
    customer = await workshop.row(Customer)
    assert (entry["seq"], entry["rev"], entry["public_rev"]) == (1, 1, 1)
    assert (thread["last_seq"], thread["rev"], thread["public_rev"]) == (1, 1, 1)
    assert customer["name"] == "Maya Okafor"
    assert (await workshop.row(Identity))["address"] == "maya@example.com"
    assert (case["subject"], case["status"], case["preview"]) == ("Boots", "open", "My boots are too small")
    assert case["waiting_since"] == workshop.now
    assert (await workshop.row(Envelope))["state"] == "done"


async def test_a_redelivery_adds_nothing(workshop: Workshop) -> None:
    await workshop.hear("maya@example.com", dedup_key="one")
    again = await workshop.hear("maya@example.com", dedup_key="one")
    assert again.state == "duplicate"
    assert len(await workshop.rows(Entry)) == 1


async def test_fifty_deliveries_at_once_are_one_entry(workshop: Workshop) -> None:
    receipts = await asyncio.gather(*(workshop.hear("maya@example.com", ref="r", dedup_key="one") for _ in range(50)))
    assert sorted(receipt.state for receipt in receipts) == ["done"] + ["duplicate"] * 49
    assert len(await workshop.rows(Entry)) == 1


async def test_one_mail_through_two_mailboxes_is_one_entry(workshop: Workshop) -> None:
    other = await workshop.inbox("email", workshop.email.capabilities)
    await workshop.hear("maya@example.com", ref="the-mail")
    await workshop.hear("maya@example.com", ref="the-mail", inbox=other)
    assert len(await workshop.rows(Entry)) == 1
    assert len(await workshop.rows(Envelope, state="done")) == 2


async def test_the_same_ref_through_two_phone_lines_is_two_messages(workshop: Workshop) -> None:
    other = await workshop.inbox("sms", workshop.sms.capabilities)
    await workshop.hear("+44 7700 900142", ref="1", inbox=workshop.sms)
    await workshop.hear("+447700900142", ref="1", inbox=other)
    assert len(await workshop.rows(Entry)) == 2
    assert len(await workshop.rows(Thread)) == 1, "one phone identity serves both lines"


async def test_a_batch_keeps_each_senders_order(workshop: Workshop) -> None:
    senders = ["maya@example.com", "tom@example.com", "zoe@example.com"]
    await asyncio.gather(*(workshop.hear(senders[i % 3], f"word {i}") for i in range(90)))
    assert await workshop.faults() == []
    for thread in await workshop.rows(Thread):
        numbers = [int(entry["text"].split()[1]) for entry in await workshop.rows(Entry, thread_id=thread["id"])]
        assert numbers == sorted(numbers)
        assert len(numbers) == 30


async def test_nothing_to_show_is_kept_as_ignored_with_its_reason(workshop: Workshop) -> None:
    await workshop.arrive(workshop.email, "echo", (Ignored("our own echo"),))
    envelope = await workshop.row(Envelope)
    assert (envelope["state"], envelope["reason"]) == ("ignored", "our own echo")
    assert await workshop.rows(Entry) == []


async def test_what_cant_be_stored_is_dead_and_hurts_nobody_else(workshop: Workshop) -> None:
    """A poison item (here: text no database takes) must not stop the batch it comes with."""
    good = [workshop.hear(f"p{i}@example.com") for i in range(20)]
    poison = workshop.hear("evil@example.com", "\ud800 half a character", dedup_key="poison")
    receipts = await asyncio.gather(*good[:10], poison, *good[10:])
    assert [receipt.state for receipt in receipts].count("done") == 20
    dead = await workshop.row(Envelope, state="dead")
    assert dead["dedup_key"] == "poison"
    assert "could not be stored" in dead["reason"]
    assert len(await workshop.rows(Entry)) == 20
    assert await workshop.faults() == []


async def test_a_typed_address_is_a_claim_and_opens_nobodys_thread(workshop: Workshop) -> None:
    maya = await workshop.hear("maya@example.com", "secret order")
    visitor = await workshop.hear(
        "v_1", inbox=workshop.chat, claims=(Address("email", "maya@example.com"), Address("name", "Maya"))
    )
    assert visitor.threads != maya.threads
    claim = await workshop.row(Claim)
    assert claim["address"] == "maya@example.com"
    stranger = await workshop.row(Thread, id=visitor.threads[0])
    assert claim["customer_id"] == stranger["customer_id"]
    assert (await workshop.row(Customer, id=stranger["customer_id"]))["name"] == "Maya"


async def test_a_claim_is_proved_by_our_token_coming_back(workshop: Workshop) -> None:
    chat = await workshop.hear("v_1", inbox=workshop.chat, claims=(Address("email", "maya@example.com"),))
    case = await workshop.row(Case)
    answer = await workshop.hear("maya@example.com", token=workshop.desk.case_token(case["id"]))
    assert answer.threads == chat.threads
    assert (await workshop.row(Identity, kind="email"))["trust"] == "verified"


async def test_a_token_from_an_address_nobody_claimed_stays_in_its_senders_thread(workshop: Workshop) -> None:
    chat = await workshop.hear("v_1", inbox=workshop.chat)
    case = await workshop.row(Case)
    stranger = await workshop.hear("mallory@example.com", token=workshop.desk.case_token(case["id"]))
    assert stranger.threads != chat.threads


async def test_a_known_reference_from_a_stranger_opens_nothing(workshop: Workshop) -> None:
    maya = await workshop.hear("maya@example.com", ref="first")
    stranger = await workshop.hear("mallory@example.com", reply_to=("<first>",))
    assert stranger.threads != maya.threads
    assert (await workshop.entry(stranger))["reply_to"] is None


async def test_only_a_proven_arrival_makes_an_address_verified(workshop: Workshop) -> None:
    await workshop.hear("maya@example.com", proof=Proof.CLAIMED)
    assert (await workshop.row(Identity))["trust"] == "claimed"
    await workshop.hear("maya@example.com", proof=Proof.FAILED)
    assert (await workshop.row(Identity))["trust"] == "claimed"
    await workshop.hear("maya@example.com", proof=Proof.DMARC)
    assert (await workshop.row(Identity))["trust"] == "verified"
    assert [entry["proof"] for entry in await workshop.rows(Entry)] == ["claimed", "failed", "dmarc"]


async def test_a_date_from_the_future_does_not_sort_above_what_comes_later(workshop: Workshop) -> None:
    from datetime import timedelta

    entry = await workshop.entry(await workshop.hear("maya@example.com", at=workshop.now + timedelta(days=300)))
    assert entry["at"] == workshop.now
