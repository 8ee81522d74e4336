"""When does a typed address become its customer's? Only when they answer from it what was sent to it."""

from __future__ import annotations

import pytest

from hub.contract import Address, Proof
from hub.models import Case, Delivery, Identity, Thread
from tests.support.workshop import Workshop


async def visitor(workshop: Workshop, email: str) -> tuple[object, str]:
    """Somebody who typed an address into the chat, and the token that their case's mails carry."""
    chat = await workshop.hear("v_1", inbox=workshop.chat, claims=(Address("email", email),))
    return chat.threads[0], workshop.desk.case_token((await workshop.row(Case))["id"])


@pytest.mark.parametrize("proof", [Proof.FAILED, Proof.CLAIMED])
async def test_a_forged_sender_with_a_known_token_owns_nothing(workshop: Workshop, proof: Proof) -> None:
    """Who got one of our mails knows its token, and can type and forge whose address they like."""
    thread, token = await visitor(workshop, "victim@example.com")
    forged = await workshop.hear("victim@example.com", token=token, proof=proof)
    assert forged.threads[0] != thread
    assert (await workshop.row(Identity, address="victim@example.com"))["trust"] == "claimed"
    real = await workshop.hear("victim@example.com", "My first mail", proof=Proof.DMARC)
    assert real.threads[0] != thread


async def test_an_answer_to_what_was_sent_to_the_address_proves_it(workshop: Workshop) -> None:
    thread, token = await visitor(workshop, "maya@example.com")
    await workshop.reply(thread, "maya@example.com", "By mail")  # type: ignore[arg-type]
    sent = await workshop.row(Delivery)
    answer = await workshop.hear("maya@example.com", token=token, proof=Proof.CLAIMED, reply_to=(sent["ref"],))
    assert answer.threads == (thread,)
    assert len(await workshop.rows(Thread)) == 1
    assert (await workshop.row(Identity, address="maya@example.com"))["trust"] == "verified"


async def test_an_answer_to_what_was_sent_to_another_address_proves_nothing(workshop: Workshop) -> None:
    thread, token = await visitor(workshop, "victim@example.com")
    await workshop.reply(thread, "mallory@example.com", "By mail")  # type: ignore[arg-type]
    sent = await workshop.row(Delivery)
    forged = await workshop.hear("victim@example.com", token=token, proof=Proof.CLAIMED, reply_to=(sent["ref"],))
    assert forged.threads[0] != thread


async def test_an_absence_note_proves_no_address(workshop: Workshop) -> None:
    """Whoever types another's address into the chat must not get their mail because they are on holiday."""
    thread, token = await visitor(workshop, "victim@example.com")
    await workshop.reply(thread, "victim@example.com", "By mail")  # type: ignore[arg-type]
    sent = await workshop.row(Delivery)
    away = await workshop.hear(
        "victim@example.com", token=token, proof=Proof.DMARC, reply_to=(sent["ref"],), automatic="auto-replied"
    )
    assert away.threads[0] != thread
