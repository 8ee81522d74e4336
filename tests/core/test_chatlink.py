"""The link into live chat: for one customer, on the first device that takes it, for a week."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from hub.core import chatlink
from hub.core.read.visitors import known
from hub.db import update
from hub.models import Customer, Identity
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
