"""A code crosses from one side to the other; whatever else comes, an address stays somebody's word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from hub.contract import Address, Proof, State
from hub.core import proof
from hub.core.confirm import Confirm, Revoke
from hub.core.continuity import ContinueElsewhere
from hub.core.errors import Conflict, CoreError
from hub.core.proof import MASK, AskProof, value
from hub.core.render import render
from hub.core.settle import Begin, Settle
from hub.models import Claim, Customer, Delivery, Entry, Identity, Lane, ProofCode, Thread
from tests.support.workshop import Workshop

MAYA = Address("email", "maya@example.com")


async def ask(workshop: Workshop, thread: UUID, address: Address = MAYA, way: str = "there", **more: Any) -> UUID:
    code_id: UUID = await workshop.writer.submit(AskProof(workshop.ann, thread, address, way, **more))  # type: ignore[arg-type]
    return code_id


async def chat(workshop: Workshop, text: str = "Hello", visitor: str = "v_maya", **more: Any) -> UUID:
    """Words of a device that nobody vouches for."""
    receipt = await workshop.hear(visitor, text, inbox=workshop.chat, proof=Proof.CLAIMED, **more)
    return receipt.threads[0]


async def owner(workshop: Workshop, address: str) -> UUID:
    found: UUID = (await workshop.row(Identity, address=address))["customer_id"]
    return found


async def events(workshop: Workshop, thread: UUID) -> list[str]:
    return [row["data"]["type"] for row in await workshop.rows(Entry, thread_id=thread, kind="event")]


async def test_a_code_sent_to_the_address_and_typed_in_the_chat_proves_it(workshop: Workshop) -> None:
    thread = await chat(workshop)
    code = value(workshop.desk.keys, await ask(workshop, thread))
    sent = await workshop.row(Delivery)
    assert (sent["to_address"], sent["channel"]) == ("maya@example.com", "email")
    await chat(workshop, f"It is {code[:3]} {code[3:]}")
    row = await workshop.row(Identity, address="maya@example.com")
    assert (row["trust"], row["proven_by"]) == ("verified", "code")
    assert row["customer_id"] == await owner(workshop, "v_maya")
    assert (await workshop.row(Identity, address="v_maya"))["trust"] == "verified", (
        "its device has shown itself as well"
    )
    assert (await workshop.row(Claim))["state"] == "proven"
    told = [row["data"] for row in await workshop.rows(Entry, thread_id=thread, kind="event")]
    assert told[-1]["type"] == "proved"
    assert "maya@example.com with a code" in told[-1]["text"]
    # from now on her mail lands there
    assert (await workshop.hear("maya@example.com", proof=Proof.CLAIMED)).threads == (thread,)


async def test_a_code_shown_in_the_chat_proves_the_address_it_is_sent_from(workshop: Workshop) -> None:
    thread = await chat(workshop)
    code = value(workshop.desk.keys, await ask(workshop, thread, way="here"))
    shown = await workshop.row(Delivery)
    assert (shown["to_address"], shown["channel"]) == ("v_maya", "chat")
    assert code in (await workshop.row(Entry, id=shown["entry_id"]))["text"]
    hers = await workshop.hear("maya@example.com", code, proof=Proof.DMARC)
    row = await workshop.row(ProofCode)
    assert (row["state"], row["joins"]) == ("proved", await owner(workshop, "maya@example.com"))
    assert hers.threads[0] != thread, "joining is the merge's work, which comes next"
    assert "proved" in await events(workshop, thread)


async def test_a_phone_number_goes_from_typed_to_verified_and_its_text_lands_in_the_thread(workshop: Workshop) -> None:
    thread = await chat(workshop, claims=(Address("phone", "+4915112345678"),))
    code = value(workshop.desk.keys, await ask(workshop, thread, Address("phone", "+49 151 12345678")))
    await chat(workshop, code)
    heard = await workshop.hear("+4915112345678", "please send me the label", inbox=workshop.sms)
    assert heard.threads == (thread,)


async def test_the_code_stands_nowhere_but_in_what_leaves(workshop: Workshop) -> None:
    thread = await chat(workshop, "My card is 4111")
    code_id = await ask(workshop, thread)
    code = value(workshop.desk.keys, code_id)
    for model in (Entry, Delivery, ProofCode):
        assert code not in str([{k: v for k, v in row.items() if "id" not in k} for row in await workshop.rows(model)])
    sent = await workshop.row(Delivery)

    async def nothing(_sha256: str) -> bytes:
        return b""

    rendered = await workshop.db.read(lambda conn: render(conn, workshop.desk, workshop.email, sent["id"], nothing))
    assert rendered
    out = rendered.outgoing
    assert code in out.text
    assert MASK not in out.text
    assert (out.earlier, out.reply_to, out.token) == ((), (), ""), "a stranger's mailbox may be at the other end"


async def test_coming_back_on_its_own_side_a_code_proves_nothing(workshop: Workshop) -> None:
    """Whoever is tricked into answering our mail would join a stranger."""
    thread = await chat(workshop)
    code = value(workshop.desk.keys, await ask(workshop, thread))
    sent = await workshop.row(Delivery)
    heard = await workshop.hear("maya@example.com", code, proof=Proof.DMARC, reply_to=(sent["ref"],))
    assert heard.threads[0] != thread
    assert (await workshop.row(ProofCode))["state"] == "open"
    shown = value(workshop.desk.keys, await ask(workshop, thread, way="here"))
    await chat(workshop, shown)
    assert {row["state"] for row in await workshop.rows(ProofCode)} == {"open"}


async def test_an_absence_note_that_repeats_a_code_proves_nothing(workshop: Workshop) -> None:
    """A stranger mails their code to the victim and has the answer go to us."""
    await workshop.hear("maya@example.com", "My own history", proof=Proof.DMARC)
    thread = await chat(workshop, visitor="v_stranger")
    code = value(workshop.desk.keys, await ask(workshop, thread, way="here"))
    note = f"I am away until Monday. You wrote: {code}"
    await workshop.hear("maya@example.com", note, proof=Proof.DMARC, automatic="auto-replied")
    code_row = await workshop.row(ProofCode)
    assert (code_row["state"], code_row["tries"], code_row["joins"]) == ("open", 0, None)
    assert (await workshop.row(Identity, address="v_stranger"))["trust"] == "claimed"


async def test_a_code_that_is_shown_never_goes_to_the_address_it_is_to_prove(workshop: Workshop) -> None:
    thread = await chat(workshop, claims=(MAYA,))
    code = value(workshop.desk.keys, await ask(workshop, thread, way="here"))
    live = await workshop.row(Delivery)
    lane = Lane.__table__  # type: ignore[attr-defined]
    await workshop.db.write(lambda conn: conn.execute(lane.update().values(leased_by="me")).rowcount)
    await workshop.writer.submit(Begin(live["id"], "me"))
    due = workshop.now + timedelta(minutes=1)
    await workshop.writer.submit(Settle(live["id"], State.SENT, ref="shown", continue_at=due))
    workshop.later(minutes=2)
    assert await workshop.writer.submit(ContinueElsewhere(thread)) is None
    await workshop.reply(thread, MAYA.value, "By mail, with the earlier turns below")
    mail = await workshop.row(Delivery, channel="email")

    async def nothing(_sha256: str) -> bytes:
        return b""

    rendered = await workshop.db.read(lambda conn: render(conn, workshop.desk, workshop.email, mail["id"], nothing))
    assert rendered
    assert rendered.outgoing.earlier
    assert code not in str(rendered.outgoing.earlier)


async def test_another_s_conversation_and_a_forged_mail_change_nothing(workshop: Workshop) -> None:
    thread = await chat(workshop)
    code = value(workshop.desk.keys, await ask(workshop, thread))
    stranger = await chat(workshop, code, "v_stranger", claims=(MAYA,))
    assert stranger != thread
    shown = value(workshop.desk.keys, await ask(workshop, thread, way="here"))
    for weak in (Proof.FAILED, Proof.CLAIMED):
        await workshop.hear("maya@example.com", shown, proof=weak)
    assert {row["state"] for row in await workshop.rows(ProofCode)} == {"open"}
    assert (await workshop.row(Identity, address="v_stranger"))["trust"] == "claimed"
    assert (await workshop.row(Identity, address="maya@example.com"))["trust"] == "claimed"
    # the control: the same words from where they count
    await workshop.hear("maya@example.com", shown, proof=Proof.DMARC)
    assert "proved" in await events(workshop, thread)


async def test_an_unproven_mail_counts_when_it_answers_what_only_its_mailbox_got(workshop: Workshop) -> None:
    thread = (await workshop.hear("maya@example.com", proof=Proof.CLAIMED)).threads[0]
    await workshop.reply(thread, "maya@example.com", "Which number shall we call?")
    sent = await workshop.row(Delivery)
    code = value(workshop.desk.keys, await ask(workshop, thread, Address("phone", "+4915112345678")))
    await workshop.hear("maya@example.com", code, proof=Proof.CLAIMED)
    assert (await workshop.row(ProofCode))["state"] == "open"
    await workshop.hear("maya@example.com", code, proof=Proof.CLAIMED, reply_to=(sent["ref"],))
    assert (await workshop.row(ProofCode))["state"] == "proved"


async def test_wrong_codes_count_and_the_right_one_comes_too_late(workshop: Workshop) -> None:
    thread = await chat(workshop)
    code = value(workshop.desk.keys, await ask(workshop, thread))
    wrong = [f"{(int(code) + n) % 1_000_000:06d}" for n in range(1, 8)]
    await chat(workshop, " or ".join(wrong[:3]))
    assert (await workshop.row(ProofCode))["tries"] == 3
    for guess in wrong[3:5]:
        await chat(workshop, guess)
    await chat(workshop, code)
    assert (await workshop.row(ProofCode))["state"] == "failed"
    assert "proof failed" in await events(workshop, thread)
    assert not await workshop.rows(Identity, address="maya@example.com")


async def test_a_code_runs_out_and_a_newer_one_replaces_it(workshop: Workshop) -> None:
    thread = await chat(workshop)
    first = value(workshop.desk.keys, await ask(workshop, thread))
    second = value(workshop.desk.keys, await ask(workshop, thread))
    await chat(workshop, first)
    assert not await workshop.rows(Identity, address="maya@example.com")
    workshop.later(minutes=10, seconds=1)
    await chat(workshop, second)
    assert not await workshop.rows(Identity, address="maya@example.com")


async def test_an_address_is_not_flooded_with_codes(workshop: Workshop) -> None:
    threads = [await chat(workshop, visitor=f"v_{n}") for n in range(6)]
    for thread in threads[:5]:
        await ask(workshop, thread)
    with pytest.raises(Conflict, match="Too many"):
        await ask(workshop, threads[5])
    workshop.later(hours=1, seconds=1)
    await ask(workshop, threads[5])


@pytest.mark.parametrize("address", [Address("email", "maya"), Address("phone", "0151 123")])
async def test_what_is_no_address_is_told_so(workshop: Workshop, address: Address) -> None:
    with pytest.raises(CoreError, match="is no"):
        await ask(workshop, await chat(workshop), address)
    assert not await workshop.rows(ProofCode)


async def test_a_code_that_is_shown_proves_no_telephone(workshop: Workshop) -> None:
    """The sender of a text can be forged, so a text from there shows nothing."""
    thread = (await workshop.hear("v-1", inbox=workshop.chat)).threads[0]
    phone = Address("phone", "+447700900142")
    with pytest.raises(Conflict, match="can be forged"):
        await workshop.writer.submit(AskProof(workshop.ann, thread, phone, "here"))


async def test_nothing_is_proven_where_it_is_known_or_shared(workshop: Workshop) -> None:
    thread = (await workshop.hear("maya@example.com", proof=Proof.DMARC)).threads[0]
    with pytest.raises(Conflict, match="already"):
        await ask(workshop, thread)


async def test_an_agent_confirms_with_a_reason_and_takes_it_back(workshop: Workshop) -> None:
    thread = await chat(workshop, claims=(MAYA,))
    claim = await workshop.row(Claim)
    await workshop.writer.submit(Confirm(workshop.ann, thread, claim["id"], "I called her"))
    row = await workshop.row(Identity, address="maya@example.com")
    assert (row["trust"], row["proven_by"]) == ("verified", "agent")
    assert (await events(workshop, thread))[-1] == "confirmed"
    assert (await workshop.hear("maya@example.com", proof=Proof.CLAIMED)).threads == (thread,)
    await workshop.writer.submit(Revoke(workshop.bob, thread, row["id"], "It was her sister"))
    assert (await workshop.row(Identity, address="maya@example.com"))["trust"] == "claimed"
    assert (await events(workshop, thread))[-1] == "confirmation revoked"
    with pytest.raises(Conflict):
        await workshop.writer.submit(Revoke(workshop.bob, thread, row["id"], "Again"))


async def test_a_confirmation_from_which_nothing_came_is_a_claim_again(workshop: Workshop) -> None:
    thread = await chat(workshop, claims=(MAYA,))
    await workshop.writer.submit(Confirm(workshop.ann, thread, (await workshop.row(Claim))["id"], "By telephone"))
    row = await workshop.row(Identity, address="maya@example.com")
    await workshop.writer.submit(Revoke(workshop.ann, thread, row["id"], "Wrong customer"))
    assert not await workshop.rows(Identity, address="maya@example.com")
    assert (await workshop.row(Claim))["state"] == "open"


async def test_what_belongs_to_another_customer_is_not_confirmed_away(workshop: Workshop) -> None:
    other = (await workshop.hear("maya@example.com", proof=Proof.DMARC)).threads[0]
    thread = await chat(workshop, claims=(MAYA,))
    with pytest.raises(Conflict, match="merge"):
        await workshop.writer.submit(Confirm(workshop.ann, thread, (await workshop.row(Claim))["id"], "She said so"))
    assert await owner(workshop, "maya@example.com") == (await workshop.row(Thread, id=other))["customer_id"]
    assert len(await workshop.rows(Customer)) == 2


def test_six_digits_are_found_however_they_are_spelt() -> None:
    assert proof.guesses("123456") == ["123456"]
    assert proof.guesses("It's 123 456, thanks") == ["123456"]
    assert proof.guesses("123-456 or 654321") == ["123456", "654321"]
    assert proof.guesses("order 12345678, +49 30 1234567") == []
