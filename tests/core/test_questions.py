"""One neutral question on every kind of channel: the same values in the same place, whatever carried them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from hub import registry
from hub.contract import Proof
from hub.core import forms, questions
from hub.core.desk import InboxFacts
from hub.core.errors import Conflict
from hub.core.questions import matching, signs
from hub.core.render import render
from hub.models import Case, Delivery, Entry, Question
from hub.models.tables import CASE
from tests.support.scripted import SMALL
from tests.support.workshop import Workshop

SIZES: dict[str, Any] = {
    "kind": "choice",
    "key": "size",
    "options": [{"label": str(size), "value": size} for size in (38, 39, 40)],
}
FORM: dict[str, Any] = {
    "kind": "form",
    "title": "Your return",
    "fields": [
        {"key": "name", "label": "Your name", "type": "text", "required": True, "options": []},
        {"key": "order", "label": "Order number", "type": "number", "required": True, "options": []},
        {"key": "bought", "label": "Bought on", "type": "date", "required": False, "options": []},
        {"key": "mail", "label": "Mail", "type": "email", "required": False, "options": []},
        {"key": "colour", "label": "Colour", "type": "choice", "required": True,
         "options": [{"label": "Red", "value": "Red"}, {"label": "Blue", "value": "Blue"}]},
    ],
}  # fmt: skip
CONNECTORS = ("webhook", "email", "chat", "twilio_sms", "instagram", "pager")
ADDRESSES = {"email": "maya@example.com", "phone": "+491511234567"}


async def channel(workshop: Workshop, connector: str) -> tuple[InboxFacts, str, UUID]:
    """An inbox with this connector's own capabilities, and somebody who wrote to it."""
    if connector == "pager":
        can = replace(SMALL, max_chars=200, buttons=3)
    else:
        offered = registry.available()
        if connector not in offered:
            pytest.skip(f"{connector} isn't among the connectors")
        can = offered[connector].capabilities
    inbox = await workshop.inbox(connector, can)
    address = ADDRESSES.get(can.identity, "maya")
    thread = (await workshop.hear(address, "Which one is it?", inbox=inbox, refs=())).threads[0]
    return inbox, address, thread


async def ask(workshop: Workshop, thread: UUID, to: str, inbox: InboxFacts, question: dict[str, Any]) -> dict[str, Any]:
    said = await workshop.reply(thread, to, "Which size?", inbox=inbox, ask=question)
    return await workshop.row(Entry, id=said.entry_id)


async def sent(workshop: Workshop, entry: dict[str, Any], inbox: InboxFacts) -> Any:
    """What the connector is given."""
    delivery = await workshop.row(Delivery, entry_id=entry["id"])

    async def read(sha256: str) -> bytes:
        return b""

    rendered = await workshop.db.read(lambda conn: render(conn, workshop.desk, inbox, delivery["id"], read))
    assert rendered
    assert not rendered.unfit
    return rendered.messages[-1]


@pytest.mark.parametrize("connector", CONNECTORS)
async def test_a_choice_stores_the_same_value_on_every_channel(workshop: Workshop, connector: str) -> None:
    inbox, address, thread = await channel(workshop, connector)
    asked = await ask(workshop, thread, address, inbox, SIZES)
    last = await sent(workshop, asked, inbox)
    if last.choices:
        assert asked["text"] == "Which size?"
        pressed = next(choice for choice in last.choices if choice.label == "39")
        reply = await workshop.hear(address, "39", inbox=inbox, refs=(), choice=pressed.id)
    else:
        assert asked["text"] == "Which size?\n\nReply 1 for 38\n2 for 39\n3 for 40"
        reply = await workshop.hear(address, "2", inbox=inbox, refs=())
    case = await workshop.row(Case, id=asked["case_id"])
    assert case["answers"] == {"size": 39}
    answer = await workshop.entry(reply)
    assert answer["reply_to"] == asked["id"]
    (event,) = [entry for entry in await workshop.rows(Entry, kind="event") if entry["data"]["type"] == "answered"]
    assert event["data"]["values"] == {"size": 39}
    assert event["data"]["asked_by"] == str(asked["id"])


@pytest.mark.parametrize("connector", CONNECTORS)
async def test_a_form_stores_the_same_values_on_every_channel(workshop: Workshop, connector: str) -> None:
    inbox, address, thread = await channel(workshop, connector)
    asked = await ask(workshop, thread, address, inbox, FORM)
    assert "Your return: https://hub.example/q/" in (await sent(workshop, asked, inbox)).text
    given = {"name": "Maya", "order": "4711", "bought": "2026-11-02", "mail": "maya@example.com", "colour": "blue"}
    values, problems = forms.read(FORM, given)
    assert problems == {}
    question = await workshop.row(Question)
    job = forms.FillIn(question["id"], thread, asked["case_id"], values)
    entry_id = await workshop.writer.submit(job)
    expected = {"name": "Maya", "order": 4711, "bought": "2026-11-02", "mail": "maya@example.com", "colour": "Blue"}
    assert (await workshop.row(Case, id=asked["case_id"]))["answers"] == expected
    entry = await workshop.row(Entry, id=entry_id)
    assert (entry["channel"], entry["direction"], entry["reply_to"]) == (inbox.channel, "in", asked["id"])
    assert "Order number: 4711" in entry["text"]
    with pytest.raises(Conflict):
        await workshop.writer.submit(job)
    assert await workshop.faults() == []


async def test_a_reply_that_means_none_of_them_is_just_a_message(workshop: Workshop) -> None:
    inbox, address, thread = await channel(workshop, "twilio_sms")
    asked = await ask(workshop, thread, address, inbox, SIZES)
    await workshop.hear(address, "What do they cost?", inbox=inbox, refs=())
    assert (await workshop.row(Question))["state"] == "open"
    await workshop.hear(address, "40.", inbox=inbox, refs=())
    assert (await workshop.row(Case, id=asked["case_id"]))["answers"] == {"size": 40}
    await workshop.hear(address, "38", inbox=inbox, refs=())
    assert (await workshop.row(Case, id=asked["case_id"]))["answers"] == {"size": 40}, "it was answered already"


async def test_only_while_it_is_open_and_only_from_who_was_asked(workshop: Workshop) -> None:
    inbox, address, thread = await channel(workshop, "twilio_sms")
    await ask(workshop, thread, address, inbox, SIZES)
    question = await workshop.row(Question)
    button = f"{question['id'].hex}.1"
    await workshop.hear("+491519999999", "39", inbox=inbox, refs=(), choice=button)
    await workshop.hear(address, "39", inbox=inbox, refs=(), proof=Proof.FAILED)
    await workshop.hear(address, "39", inbox=inbox, refs=(), automatic="auto-replied")
    assert (await workshop.row(Question))["state"] == "open"
    workshop.later(days=15)
    await workshop.hear(address, "39", inbox=inbox, refs=(), choice=button)
    assert (await workshop.row(Question))["state"] == "open"
    assert [case["answers"] for case in await workshop.rows(Case)] == [None] * len(await workshop.rows(Case))


async def test_an_answer_in_the_same_batch_as_another_is_taken_once(workshop: Workshop) -> None:
    inbox, address, thread = await channel(workshop, "webhook")
    asked = await ask(workshop, thread, address, inbox, SIZES)
    for text in ("1", "2"):
        await workshop.hear(address, text, inbox=inbox, refs=())
    assert (await workshop.row(Case, id=asked["case_id"]))["answers"] == {"size": 38}


async def test_a_pressed_button_finds_its_case_among_others(workshop: Workshop) -> None:
    inbox, address, thread = await channel(workshop, "pager")
    asked = await ask(workshop, thread, address, inbox, SIZES)
    question = await workshop.row(Question)
    email = await workshop.inbox("mail", replace(SMALL, channel="mail"))
    await workshop.reply(thread, address, "Something else", inbox=email)
    done = sa.update(CASE).where(CASE.c.id == asked["case_id"]).values(status="done", done_at=workshop.now)
    await workshop.db.write(lambda conn: conn.execute(done) and None)
    await workshop.reply(thread, address, "A new matter", inbox=email)
    reply = await workshop.hear(address, "40", inbox=inbox, refs=(), choice=f"{question['id'].hex}.2")
    answer = await workshop.entry(reply)
    assert (answer["case_id"], answer["case_reason"]) == (asked["case_id"], "reopened")


@pytest.mark.parametrize("made_up", ["x", "²", "-1", "99", "9" * 5000, ""])
async def test_a_button_that_was_made_up_answers_nothing_and_its_words_are_kept(
    workshop: Workshop, made_up: str
) -> None:
    inbox, address, thread = await channel(workshop, "pager")
    await ask(workshop, thread, address, inbox, SIZES)
    question = await workshop.row(Question)
    reply = await workshop.hear(address, "Hm", inbox=inbox, refs=(), choice=f"{question['id'].hex}.{made_up}")
    assert (await workshop.entry(reply))["text"] == "Hm"
    assert (await workshop.row(Question))["state"] == "open"


def test_numbers_that_are_labels_are_not_numbers_of_answers() -> None:
    options = [{"label": label, "value": label} for label in ("2", "3", "1")]
    assert signs(["2", "3", "1"]) == ["A", "B", "C"]
    assert matching(options, "1") == 2
    assert matching(options, "a") == 0


@pytest.mark.parametrize(
    ("said", "meant"),
    [("Blue", 1), ("  BLUE! ", 1), ("2", 1), ("2.", 1), ("2)\n\nThank you, Maya", 1), ("blueish", None), ("", None)],
)
def test_what_people_write_for_a_choice(said: str, meant: int | None) -> None:
    assert matching([{"label": "Red", "value": "r"}, {"label": "Blue", "value": "b"}], said) == meant


def test_what_can_t_be_taken_is_said_field_by_field() -> None:
    given = {"name": " ", "order": "12a", "bought": "2.11.26", "mail": "maya", "colour": "Green"}
    values, problems = forms.read(FORM, given)
    assert values == {}
    assert problems["name"] == "Please fill this in."
    assert "number" in problems["order"]
    assert "2026-12-31" in problems["bought"]
    assert "mail address" in problems["mail"]
    assert "choose" in problems["colour"]


async def test_what_is_known_is_filled_in(workshop: Workshop) -> None:
    inbox, address, thread = await channel(workshop, "email")
    await ask(workshop, thread, address, inbox, FORM)
    question = await workshop.row(Question)
    known = await workshop.db.read(lambda conn: forms.known(conn, question))
    assert known["mail"] == "maya@example.com"


async def test_an_address_that_somebody_made_up_names_no_question(workshop: Workshop) -> None:
    inbox, address, thread = await channel(workshop, "email")
    asked = await ask(workshop, thread, address, inbox, FORM)
    token = asked["text"].rpartition("/q/")[2]
    keys = workshop.desk.keys
    assert await workshop.db.read(lambda conn: questions.of_token(conn, keys, token))
    for guess in (token[:-1] + "a", "a" * 46, "", token + "a"):
        if guess != token:
            assert await workshop.db.read(lambda conn: questions.of_token(conn, keys, guess)) is None  # noqa: B023
