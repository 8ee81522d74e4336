"""Reactions, changed and removed words, reading: through the real intake, as the API shows them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from hub.contract import Address, Card, Echo, Edit, Message, Proof, Reaction, ReadUntil, Removal, State, Status
from hub.models import Customer, Entry, Envelope, utcnow
from tests.support.pager import Paging

MAYA = Address("pager", "maya", "Maya")


async def test_a_reaction_is_an_event_and_the_message_shows_the_latest_of_each_person(paging: Paging) -> None:
    thread = (await paging.says("maya", "My boots", ref="m1")).threads[0]
    for emoji in ("👍", "❤️"):
        assert (await paging.post(Reaction("r" + emoji, MAYA, "m1", emoji))).state == "done"
    message, *events = await paging.entries(thread)
    assert message["reactions"] == [{"emoji": "❤️", "name": "Maya"}]
    assert [event["event"] for event in events] == [
        {"type": "reaction", "about": message["id"], "emoji": emoji} for emoji in ("👍", "❤️")
    ]
    assert {event["case_id"] for event in events} == {message["case_id"]}
    before = (await paging.thread(thread))["rev"]
    await paging.post(Reaction("r3", MAYA, "m1", ""))
    changes = await paging.get(f"/api/threads/{thread}/changes?after={before}")
    assert [entry["reactions"] for entry in changes["entries"] if entry["kind"] == "message"] == [[]]


async def test_a_reaction_to_what_we_sent_finds_it_by_the_providers_ref(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    said = await paging.reply(thread, "maya", "It left today.")
    await paging.delivery(said.entry_id, "sent")
    await paging.post(Reaction("r1", MAYA, "sent-1", "🎉"))
    ours = next(entry for entry in await paging.entries(thread) if entry["direction"] == "out")
    assert ours["reactions"] == [{"emoji": "🎉", "name": "Maya"}]


@pytest.mark.parametrize(
    "event",
    [
        Reaction("x", Address("pager", "stranger"), "m1", "👍"),
        Edit("x", Address("pager", "stranger"), "m1", "New words"),
        Removal("x", Address("pager", "stranger"), "m1"),
        ReadUntil(Address("pager", "stranger"), utcnow()),
        Reaction("x", MAYA, "unknown", "👍"),
        Edit("x", MAYA, "unknown", "New words"),
        Removal("x", MAYA, "unknown"),
        Removal("x", MAYA, "m1", proof=Proof.CLAIMED),
    ],
)
async def test_what_is_about_nothing_we_know_changes_nothing(
    paging: Paging, event: Reaction | Edit | Removal | ReadUntil
) -> None:
    await paging.says("maya", ref="m1")
    receipt = await paging.post(event)
    assert receipt.state == "ignored"
    [kept] = await paging.rows(Envelope, id=receipt.envelope_id)
    assert (kept["state"], kept["reason"]) == ("ignored", receipt.reason)
    assert receipt.reason.endswith(".")
    assert (await paging.count(Entry), await paging.count(Customer)) == (1, 1)


async def test_another_customer_changes_nothing_of_this_one(paging: Paging) -> None:
    await paging.says("maya", "Mine", ref="m1")
    await paging.says("tom", "Hello", ref="t1")
    receipt = await paging.post(Removal("x", Address("pager", "tom"), "m1"))
    assert receipt.state == "ignored"
    assert [entry["text"] for entry in await paging.rows(Entry)] == ["Mine", "Hello"]


async def test_changed_words_are_a_new_entry_that_points_at_the_old_one(paging: Paging) -> None:
    thread = (await paging.says("maya", "Size 8", ref="m1")).threads[0]
    await paging.post(Edit("m1.1", MAYA, "m1", "Size 9"))
    await paging.post(Edit("m1.2", MAYA, "m1", "Size 10"))
    await paging.post(Edit("m1.2", MAYA, "m1", "Size 10", at=utcnow()))  # told again
    first, second, third = await paging.entries(thread)
    assert [entry["text"] for entry in (first, second, third)] == ["Size 8", "Size 9", "Size 10"]
    assert second["edits"] == third["edits"] == first["id"]
    assert first["edited_by"] == third["id"]
    assert first["case_id"] == third["case_id"]
    assert (await paging.thread(thread))["cases"][0]["preview"] == "Size 10"


async def test_a_removal_empties_every_form_of_the_words_and_says_so(paging: Paging) -> None:
    url = paging.provider.keeps("boots.png", b"picture")
    thread = (await paging.says("maya", "My card number", ref="m1", cards=(Card("A post"),))).threads[0]
    await paging.post(Edit("m1.1", MAYA, "m1", "My PIN"))
    receipt = await paging.post(Removal("m1.r", MAYA, "m1"))
    first, second, event = await paging.entries(thread)
    assert [(entry["text"], entry["redacted"], entry["cards"]) for entry in (first, second)] == [("", True, [])] * 2
    assert event["event"] == {"type": "removed", "about": first["id"]}
    assert receipt.state == "done"
    assert (await paging.thread(thread))["cases"][0]["preview"] == "Removed by the customer"
    again = await paging.post(Removal("m1.r", MAYA, "m1", at=utcnow()))
    assert again.state == "ignored"
    assert url


async def test_a_message_and_what_happened_to_it_may_come_in_one_request(paging: Paging) -> None:
    receipt = await paging.post(
        Message("m1", MAYA, "Hello"), Reaction("r1", MAYA, "m1", "👍"), Edit("m1.1", MAYA, "m1", "Hello there")
    )
    message, _, edit = await paging.entries(receipt.threads[0])
    assert (message["reactions"][0]["emoji"], message["edited_by"]) == ("👍", edit["id"])


async def test_reading_up_to_a_moment_settles_what_was_sent_until_then(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    early = await paging.reply(thread, "maya", "First")
    await paging.delivery(early.entry_id, "sent")
    now = utcnow()
    late = await paging.reply(thread, "maya", "Second")
    await paging.delivery(late.entry_id, "sent")
    await paging.post(ReadUntil(MAYA, now))
    assert (await paging.delivery(early.entry_id))["state"] == "read"
    assert (await paging.delivery(late.entry_id))["state"] == "sent"
    assert (await paging.thread(thread))["customer_read_seq"] == 2
    await paging.post(ReadUntil(MAYA, now + timedelta(seconds=5), State.DELIVERED))
    assert (await paging.delivery(late.entry_id))["state"] == "delivered"


async def test_cards_and_the_pressed_choice_are_shown(paging: Paging) -> None:
    card = Card("Our new boots", "In brown", "https://social.example/p/1", "post")
    thread = (await paging.says("maya", "These?", cards=(card,), choice="yes")).threads[0]
    [message] = await paging.entries(thread)
    assert message["cards"] == [
        {"title": "Our new boots", "text": "In brown", "url": "https://social.example/p/1", "kind": "post"}
    ]
    assert message["choice"] == "yes"


async def test_words_from_the_providers_own_app_are_the_teams(paging: Paging) -> None:
    thread = (await paging.says("maya", "Anybody there?")).threads[0]
    echo = Echo("e1", MAYA, "Yes, on the phone app", author="Robin")
    await paging.post(echo)
    await paging.post(Echo("e1", MAYA, "Yes, on the phone app", at=utcnow()))
    theirs, ours = await paging.entries(thread)
    assert (ours["direction"], ours["author"]["name"], ours["elsewhere"]) == ("out", "Robin", True)
    assert ours["deliveries"] == []
    [case] = (await paging.thread(thread))["cases"]
    assert (case["status"], ours["case_id"]) == ("waiting", theirs["case_id"])


async def test_an_echo_of_what_we_sent_is_no_second_message(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    said = await paging.reply(thread, "maya", "It left today.")
    await paging.delivery(said.entry_id, "sent")
    await paging.post(Echo("sent-1", MAYA, "It left today."))
    assert len(await paging.entries(thread)) == 2


async def test_an_echo_with_our_key_settles_what_was_uncertain(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    paging.provider.lose_answers = 1
    said = await paging.reply(thread, "maya", "Did it arrive?")
    delivery = await paging.delivery(said.entry_id, "uncertain")
    await paging.post(Echo("at-provider", MAYA, "Did it arrive?", key=paging.hub.desk.delivery_key(delivery["id"])))
    settled = await paging.delivery(said.entry_id)
    assert (settled["state"], settled["ref"]) == ("sent", "at-provider")
    await paging.post(Status("at-provider", State.READ))
    assert (await paging.delivery(said.entry_id))["state"] == "read"
    assert len(await paging.entries(thread)) == 2


async def test_an_echo_without_a_key_settles_the_same_words_in_flight(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    paging.provider.lose_answers = 1
    said = await paging.reply(thread, "maya", "Did it arrive?")
    await paging.delivery(said.entry_id, "uncertain")
    await paging.post(Echo("at-provider", MAYA, "Did it arrive?"))
    assert (await paging.delivery(said.entry_id))["ref"] == "at-provider"
    assert len(await paging.entries(thread)) == 2


async def test_a_key_that_isnt_ours_settles_nothing(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    forged = f"{UUID(int=1).hex}.{'a' * 20}"
    await paging.post(Echo("e1", MAYA, "Words", key=forged))
    assert (await paging.entries(thread))[-1]["elsewhere"]
