"""A stop binds everything until it is taken back: words, the provider's, and what was already queued."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.contract import Address, Consent, Message, State, Status
from hub.core.errors import NotPermitted
from hub.models import Consent as ConsentRow
from hub.models import Customer, Delivery, Inbox, utcnow
from tests.support.pager import Paging

MAYA = Address("pager", "maya", "Maya")
CUSTOMER, INBOX, DELIVERY = Customer.__table__, Inbox.__table__, Delivery.__table__  # type: ignore[attr-defined]


async def stopped(paging: Paging) -> Any:
    """Maya wrote STOP; the thread."""
    receipt = await paging.post(Message("m1", MAYA, "STOP"), Consent(MAYA, False, "STOP"))
    return receipt.threads[0]


async def customer_of(paging: Paging, thread: Any) -> str:
    return str((await paging.thread(thread))["customer"]["id"])


async def test_stop_is_an_entry_an_event_and_a_word_in_the_ledger(paging: Paging) -> None:
    thread = await stopped(paging)
    message, event = await paging.entries(thread)
    assert message["text"] == "STOP"
    assert event["event"] == {
        "type": "consent", "allowed": False, "source": "word", "said": "STOP", "purpose": "", "address": "maya",
        "inbox": "Pager", "inbox_id": str(paging.inbox_id),
    }  # fmt: skip
    assert event["author"]["kind"] == "customer"
    [word] = await paging.get(f"/api/customers/{await customer_of(paging, thread)}/consents")
    assert (word["allowed"], word["said"], word["inbox_name"], word["standing"]) == (False, "STOP", "Pager", True)


async def test_nothing_goes_to_who_stopped_and_everybody_sees_why(paging: Paging) -> None:
    thread = await stopped(paging)
    with pytest.raises(NotPermitted, match=r"They stopped messages from Pager to maya on .* \(STOP\)"):
        await paging.reply(thread, "maya")
    [way] = await paging.get(f"/api/threads/{thread}/targets")
    assert (way["usable"], way["stopped"]) == (False, True)
    assert "stopped messages from Pager" in way["reason"]


async def test_a_stop_in_one_inbox_leaves_the_other_open(paging: Paging) -> None:
    thread = await stopped(paging)
    other = await paging.inbox("Other pager")
    said = await paging.reply(thread, "maya", inbox=other)
    await paging.delivery(said.entry_id, "sent")


async def test_start_allows_again_and_both_are_kept(paging: Paging) -> None:
    thread = await stopped(paging)
    await paging.post(Consent(MAYA, True, "START"))
    said = await paging.reply(thread, "maya")
    await paging.delivery(said.entry_id, "sent")
    words = await paging.get(f"/api/customers/{await customer_of(paging, thread)}/consents")
    assert [(word["said"], word["standing"]) for word in words] == [("START", True), ("STOP", False)]


async def test_an_older_start_that_is_told_late_undoes_no_stop(paging: Paging) -> None:
    thread = await stopped(paging)
    await paging.post(Consent(MAYA, True, "START", at=utcnow() - timedelta(days=1)))
    with pytest.raises(NotPermitted):
        await paging.reply(thread, "maya")


async def test_a_second_stop_adds_nothing(paging: Paging) -> None:
    thread = await stopped(paging)
    receipt = await paging.post(Consent(MAYA, False, "STOP", at=utcnow()))
    assert receipt.state == "ignored"
    assert len(await paging.entries(thread)) == 2


async def test_who_never_wrote_may_forbid_and_becomes_no_customer(paging: Paging) -> None:
    await paging.post(Consent(Address("pager", "stranger"), False, "STOP"))
    [word] = await paging.rows(ConsentRow)
    assert (word["address"], word["allowed"], word["entry_id"]) == ("stranger", False, None)
    assert await paging.count(Customer) == 0
    thread = (await paging.says("stranger")).threads[0]
    with pytest.raises(NotPermitted):
        await paging.reply(thread, "stranger")


async def test_what_was_queued_before_the_stop_is_stopped_too(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    await _change(paging, active=False)
    said = await paging.reply(thread, "maya", "Queued")
    await paging.post(Consent(MAYA, False, "STOP"))
    await _change(paging, active=True)
    delivery = await paging.delivery(said.entry_id, "failed", "sent")
    assert delivery["state"] == "failed"
    assert "stopped messages from Pager" in delivery["reason"]
    assert paging.provider.sent == []


async def _change(paging: Paging, **values: Any) -> None:
    change = sa.update(INBOX).where(INBOX.c.id == paging.inbox_id).values(**values, version=INBOX.c.version + 1)
    await paging.hub.db.write(lambda conn: conn.execute(change) and None)
    await paging.hub.inboxes.refresh()
    # the lane of a paused inbox is looked at again later
    due = sa.update(DELIVERY).where(DELIVERY.c.state == "queued").values(next_at=utcnow())
    await paging.hub.db.write(lambda conn: conn.execute(due) and None)
    paging.hub.nudge()


async def test_the_networks_refusal_is_a_stop_with_its_words(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    paging.provider.opted_out.add("maya")
    said = await paging.reply(thread, "maya")
    await paging.delivery(said.entry_id, "failed")
    [word] = await paging.rows(ConsentRow)
    assert (word["source"], word["said"]) == ("provider", "The recipient told the network to stop.")
    assert (await paging.entries(thread))[-1]["event"]["type"] == "consent"
    with pytest.raises(NotPermitted):
        await paging.reply(thread, "maya", "Again")


async def test_a_later_report_of_a_stop_is_kept_as_well(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    said = await paging.reply(thread, "maya")
    await paging.delivery(said.entry_id, "sent")
    for key in ("first", "again"):
        await paging.post(Status("sent-1", State.FAILED, f"They opted out ({key})", opted_out=True))
    assert [word["said"] for word in await paging.rows(ConsentRow)] == ["They opted out (first)"]
    assert (await paging.delivery(said.entry_id))["state"] == "failed"


async def test_an_agent_overrules_a_stop_only_with_a_reason(paging: Paging) -> None:
    thread = await stopped(paging)
    where = f"/api/customers/{await customer_of(paging, thread)}/consents"
    word = {"kind": "pager", "address": "maya", "inbox_id": str(paging.inbox_id), "allowed": True}
    assert (await paging.api("POST", where, json=word))[0] == 422
    assert (await paging.api("POST", where, json={**word, "address": "tom", "reason": "She rang"}))[0] == 404
    status, made = await paging.api("POST", where, json={**word, "reason": "She rang and asked for it"})
    assert (status, made["source"], made["agent_name"], made["standing"]) == (201, "agent", "Ann", True)
    event = (await paging.entries(thread))[-1]
    assert (event["author"]["name"], event["event"]["said"]) == ("Ann", "She rang and asked for it")
    said = await paging.reply(thread, "maya")
    await paging.delivery(said.entry_id, "sent")


async def test_a_stop_after_an_agents_word_stops_again(paging: Paging) -> None:
    """Though the agent's word was about all inboxes, and the latest about this one was a stop already."""
    thread = await stopped(paging)
    where = f"/api/customers/{await customer_of(paging, thread)}/consents"
    word = {"kind": "pager", "address": "maya", "allowed": True, "reason": "She rang"}
    assert (await paging.api("POST", where, json=word))[0] == 201
    await paging.delivery((await paging.reply(thread, "maya")).entry_id, "sent")
    assert (await paging.post(Consent(MAYA, False, "STOP"))).state == "done"
    with pytest.raises(NotPermitted):
        await paging.reply(thread, "maya")


async def test_a_stop_for_offers_leaves_answers(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    where = f"/api/customers/{await customer_of(paging, thread)}/consents"
    word = {"kind": "pager", "address": "maya", "allowed": False, "purpose": "promotional", "reason": "No offers"}
    assert (await paging.api("POST", where, json=word))[0] == 201
    with pytest.raises(NotPermitted):
        await paging.reply(thread, "maya", "20 % off", purpose="promotional")
    said = await paging.reply(thread, "maya", "It left today.")
    await paging.delivery(said.entry_id, "sent")


async def test_a_stop_and_an_answer_at_the_same_moment_agree(paging: Paging) -> None:
    """Whichever comes first, nothing leaves after the stop was stored."""
    thread = (await paging.says("maya")).threads[0]
    results = await asyncio.gather(
        paging.post(Consent(MAYA, False, "STOP")), paging.reply(thread, "maya"), return_exceptions=True
    )
    if isinstance(results[1], NotPermitted):
        assert paging.provider.sent == []
    await paging.hub.db.write(lambda conn: conn.execute(sa.update(CUSTOMER).values(name="Maya")) and None)
    with pytest.raises(NotPermitted):
        await paging.reply(thread, "maya", "Later")
