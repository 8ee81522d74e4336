"""The link into live chat: for one customer, on the first device that takes it, for a week."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from hub.core import chatlink, linkcode, proof
from hub.core.read.visitors import known
from hub.db import update
from hub.models import Customer, Delivery, Entry, Identity, ProofCode
from tests.support.workshop import Workshop


async def invited(workshop: Workshop, sender: str = "ada@example.org") -> tuple[UUID, UUID, str]:
    """A customer who wrote, their case, and a link for them."""
    receipt = await workshop.hear(sender)
    entry = await workshop.entry(receipt)
    identity = await workshop.row(Identity, address=sender)
    link = await workshop.db.write(
        lambda conn: chatlink.invite(
            conn,
            workshop.desk.keys,
            customer_id=identity["customer_id"],
            inbox_id=workshop.chat.id,
            case_id=entry["case_id"],
            now=workshop.now,
        )
    )
    return identity["customer_id"], entry["case_id"], link.token


async def accept(workshop: Workshop, token: str, device: str = "") -> chatlink.Accepted:
    return await workshop.db.write(
        lambda conn: chatlink.accept(conn, workshop.desk.keys, token, device=device, now=workshop.now)
    )


async def test_taking_the_link_makes_this_device_the_customers(workshop: Workshop) -> None:
    customer_id, case_id, token = await invited(workshop)
    accepted = await accept(workshop, token)
    assert accepted.inbox_id == workshop.chat.id
    found = await workshop.db.read(lambda conn: known(conn, [accepted.visitor]))
    assert found[accepted.visitor].customer_id == customer_id
    assert found[accepted.visitor].proven
    assert await workshop.db.read(lambda conn: chatlink.case_of(conn, accepted.visitor)) == case_id


async def test_looking_at_the_link_spends_nothing(workshop: Workshop) -> None:
    _, _, token = await invited(workshop)
    for _ in range(3):
        await workshop.db.read(lambda conn: chatlink.inbox_of(conn, workshop.desk.keys, token))
    assert await accept(workshop, token)


async def test_a_second_device_is_told_no(workshop: Workshop) -> None:
    _, _, token = await invited(workshop)
    first = await accept(workshop, token, "v_aaaaaaaaaaaaaaaaaaaaaaaa")
    for other in ("", "v_bbbbbbbbbbbbbbbbbbbbbbbb"):
        with pytest.raises(chatlink.LinkTaken, match="another device"):
            await accept(workshop, token, other)
    # the first may come again: before it got its answer, and with what the answer gave it
    assert await accept(workshop, token, "v_aaaaaaaaaaaaaaaaaaaaaaaa") == first
    assert await accept(workshop, token, first.visitor) == first


async def test_two_devices_at_once_get_one_link(workshop: Workshop) -> None:
    _, _, token = await invited(workshop)
    devices = [f"v_{letter * 24}" for letter in "abcdef"]
    answers = await asyncio.gather(*(accept(workshop, token, device) for device in devices), return_exceptions=True)
    assert sum(isinstance(answer, chatlink.Accepted) for answer in answers) == 1
    assert sum(isinstance(answer, chatlink.LinkTaken) for answer in answers) == 5
    assert len(await workshop.rows(Identity, kind="visitor")) == 1


async def test_the_link_runs_out(workshop: Workshop) -> None:
    _, _, token = await invited(workshop)
    workshop.later(days=7, seconds=1)
    with pytest.raises(chatlink.LinkGone, match="expired"):
        await accept(workshop, token)


@pytest.mark.parametrize("place", [0, 10, -1, -20])
async def test_an_altered_link_is_none(workshop: Workshop, place: int) -> None:
    _, _, token = await invited(workshop)
    other = "a" if token[place] != "a" else "b"  # links survive a change of case, so that is no alteration
    altered = token[:place] + other + (token[place + 1 :] if place != -1 else "")
    for wrong in (altered, "", ".", token[:-1], token + "a", workshop.desk.keys.token("visitor-file", {"id": "x"}, 60)):
        with pytest.raises(chatlink.LinkGone):
            await accept(workshop, wrong)


async def test_a_device_that_is_the_customers_already_keeps_its_address(workshop: Workshop) -> None:
    _, _, token = await invited(workshop)
    first = await accept(workshop, token)
    _, _, second_link = await invited(workshop)
    assert (await accept(workshop, second_link, first.visitor)).visitor == first.visitor


async def test_a_device_of_another_customer_does_not_become_this_ones(workshop: Workshop) -> None:
    """Two people share a computer: what one wrote in the chat stays theirs."""
    other: dict[str, Any] = {"inbox": workshop.chat}
    receipt = await workshop.hear("v_aaaaaaaaaaaaaaaaaaaaaaaa", **other)
    customer_id, _, token = await invited(workshop)
    accepted = await accept(workshop, token, "v_aaaaaaaaaaaaaaaaaaaaaaaa")
    assert accepted.visitor != "v_aaaaaaaaaaaaaaaaaaaaaaaa"
    found = await workshop.db.read(lambda conn: known(conn, ["v_aaaaaaaaaaaaaaaaaaaaaaaa", accepted.visitor]))
    assert found["v_aaaaaaaaaaaaaaaaaaaaaaaa"].thread_id == receipt.threads[0]
    assert found[accepted.visitor].customer_id == customer_id


async def test_a_merged_customers_link_leads_to_whom_they_became(workshop: Workshop) -> None:
    customer_id, _, token = await invited(workshop)
    into, _, _ = await invited(workshop, "ada@elsewhere.example")
    merged = [{"id": customer_id, "merged_into": into}]
    await workshop.db.write(lambda conn: update(conn, Customer.__table__, merged))  # type: ignore[attr-defined]
    accepted = await accept(workshop, token)
    row = await workshop.row(Identity, address=accepted.visitor)
    assert row["customer_id"] == into


# --- a second device ---


async def sent_by_mail(workshop: Workshop) -> tuple[UUID, str]:
    """A link that was mailed to Ada, and the thread it leads into."""
    thread = (await workshop.hear("ada@example.org")).threads[0]
    await workshop.reply(thread, "ada@example.org", "Let us chat", chat_link=True)
    text = (await workshop.rows(Entry, direction="out"))[0]["text"]
    return thread, text.rpartition("/c/")[2]


async def send_code(workshop: Workshop, token: str) -> str:
    """Ask for a code; returns it, as Ada's mailbox gets it."""
    link_id, thread_id = await workshop.db.read(lambda conn: linkcode.thread_of(conn, workshop.desk.keys, token))
    assert await workshop.writer.submit(linkcode.SendLinkCode(link_id, thread_id)) == "a•••@example.org"
    [row] = await workshop.rows(ProofCode, state="open")
    return proof.value(workshop.desk.keys, row["id"])


async def give(workshop: Workshop, token: str, given: str, device: str = "") -> chatlink.Accepted | None:
    link_id, thread_id = await workshop.db.read(lambda conn: linkcode.thread_of(conn, workshop.desk.keys, token))
    taken: chatlink.Accepted | None = await workshop.writer.submit(
        linkcode.TakeLinkCode(link_id, thread_id, device, given)
    )
    return taken


async def test_a_second_device_is_let_in_by_a_code_that_goes_where_the_link_went(workshop: Workshop) -> None:
    thread, token = await sent_by_mail(workshop)
    first = await accept(workshop, token, "v_aaaaaaaaaaaaaaaaaaaaaaaa")
    with pytest.raises(chatlink.LinkTaken, match="A code shows") as taken:
        await accept(workshop, token, "v_bbbbbbbbbbbbbbbbbbbbbbbb")
    assert taken.value.sent_to == "a•••@example.org"
    code = await send_code(workshop, token)
    sent = (await workshop.rows(Delivery))[-1]
    assert (sent["to_address"], sent["channel"]) == ("ada@example.org", "email")
    second = await give(workshop, token, code, "v_bbbbbbbbbbbbbbbbbbbbbbbb")
    assert second
    found = await workshop.db.read(lambda conn: known(conn, [first.visitor, second.visitor]))
    assert [found[one.visitor].thread_id for one in (first, second)] == [thread, thread]
    assert found[second.visitor].proven
    assert (await accept(workshop, token, first.visitor)).visitor == first.visitor, "the first keeps its place"


async def test_whoever_the_link_was_passed_on_to_gets_nowhere(workshop: Workshop) -> None:
    _, token = await sent_by_mail(workshop)
    await accept(workshop, token)
    code = await send_code(workshop, token)
    for n in range(1, 6):
        assert await give(workshop, token, f"{(int(code) + n) % 1_000_000:06d}") is None
    with pytest.raises(chatlink.LinkGone):
        await give(workshop, token, code)
    assert len(await workshop.rows(Identity, kind="visitor")) == 1
    stranger = await workshop.hear("v_stranger", code, inbox=workshop.chat)
    assert (await workshop.row(Identity, address="v_stranger"))["trust"] == "verified", "its own thread's, as ever"
    assert stranger.threads[0] != (await workshop.rows(Delivery))[0]["thread_id"]


async def test_a_code_for_a_device_runs_out_and_works_once(workshop: Workshop) -> None:
    _, token = await sent_by_mail(workshop)
    await accept(workshop, token)
    code = await send_code(workshop, token)
    assert await give(workshop, token, code)
    with pytest.raises(chatlink.LinkGone):
        await give(workshop, token, code)
    late = await send_code(workshop, token)
    workshop.later(minutes=10, seconds=1)
    with pytest.raises(chatlink.LinkGone):
        await give(workshop, token, late)


async def test_a_link_of_which_nobody_knows_where_it_went_has_no_code(workshop: Workshop) -> None:
    _, _, token = await invited(workshop)
    await accept(workshop, token)
    with pytest.raises(chatlink.LinkTaken, match="Answer the mail") as taken:
        await accept(workshop, token)
    assert taken.value.sent_to == ""
    with pytest.raises(chatlink.LinkGone):
        await send_code(workshop, token)
