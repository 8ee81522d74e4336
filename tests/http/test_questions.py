"""A question from the API to the case's values: by a reply, and by a page that needs no script."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
import pytest
import sqlalchemy as sa

from hub.models.tables import QUESTION
from tests.http.conftest import House, Person

SIZE = {"kind": "choice", "key": "size", "options": [38, 39, 40]}
FORM = {
    "kind": "form",
    "title": "Your <return>",
    "fields": [
        {"key": "order", "label": "Order number", "type": "number", "required": True},
        {"key": "mail", "label": "Mail", "type": "email"},
        {"key": "colour", "label": "Colour", "type": "choice", "options": ["Red & black", "Blue"]},
    ],
}


async def ask(house: House, owner: Person, inbox: str, question: dict[str, Any], want: int = 201) -> Any:
    if not (await owner.get("/api/customers"))["items"]:
        await house.arrive(inbox, "Hello")
    thread = (await owner.get("/api/customers"))["items"][0]["thread_id"]
    reply = {"client_key": "the-question", "last_seen_seq": 0, "send_anyway": True, "undo_s": 0, "inbox_id": inbox,
             "to": {"kind": "webhook", "address": "maya"}, "text": "Which size?", "ask": question}  # fmt: skip
    return await owner.post(f"/api/threads/{thread}/replies", reply, want=want)


async def values(owner: Person) -> dict[str, Any]:
    thread = (await owner.get("/api/customers"))["items"][0]["thread_id"]
    found: dict[str, Any] = (await owner.get(f"/api/threads/{thread}"))["cases"][0]["values"]
    return found


async def test_a_choice_comes_back_as_a_typed_value(house: House, owner: Person, inbox: str) -> None:
    entry = (await ask(house, owner, inbox, SIZE))["entry"]
    assert entry["text"].endswith("Reply 1 for 38\n2 for 39\n3 for 40")
    assert entry["ask"]["options"][1] == {"label": "39", "value": 39}
    assert await values(owner) == {}
    await house.arrive(inbox, "2")
    assert await values(owner) == {"size": 39}
    (question,) = await owner.get(f"/api/cases/{entry['case_id']}/questions")
    assert (question["state"], question["values"], question["entry_id"]) == ("answered", {"size": 39}, entry["id"])
    thread = await owner.get(f"/api/threads/{entry['thread_id']}")
    answer = next(e for e in thread["entries"] if e["id"] == question["answered_by"])
    assert answer["reply_to"] == entry["id"]


async def test_a_form_is_filled_in_without_script(house: House, owner: Person, inbox: str) -> None:
    entry = (await ask(house, owner, inbox, FORM))["entry"]
    path = re.search(r"/q/[a-z2-7]+", entry["text"])
    assert path
    url = f"{house.url}{path[0]}"
    async with aiohttp.ClientSession() as customer:
        async with customer.get(url) as response:
            page, policy = await response.text(), response.headers["Content-Security-Policy"]
            assert response.status == 200
        assert "<script" not in page
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy
        assert "Your &lt;return&gt;" in page
        async with customer.post(url, data={"order": "x<y", "mail": "maya", "colour": "Green"}) as response:
            page = await response.text()
            assert response.status == 422
        for sentence in ("Please write a number", "no mail address", "Please choose one", 'value="x&lt;y"'):
            assert sentence in page
        assert await values(owner) == {}
        filled = {"order": "4711", "mail": "maya@example.com", "colour": "Red & black", "colour2": "nobody asked"}
        async with customer.post(url, data=filled) as response:
            assert (response.status, "Thank you" in await response.text()) == (200, True)
        assert await values(owner) == {"order": 4711, "mail": "maya@example.com", "colour": "Red & black"}
        async with customer.post(url, data=filled) as response:
            assert response.status == 410
    thread = await owner.get(f"/api/threads/{entry['thread_id']}")
    answer = next(e for e in thread["entries"] if e["reply_to"] == entry["id"])
    assert (answer["direction"], answer["channel"], answer["author"]["kind"]) == ("in", "webhook", "customer")
    assert "Order number: 4711" in answer["text"]


async def test_what_was_answered_once_is_filled_in_the_next_time(house: House, owner: Person, inbox: str) -> None:
    await ask(house, owner, inbox, SIZE)
    await house.arrive(inbox, "40", key="answer")
    thread = (await owner.get("/api/customers"))["items"][0]["thread_id"]
    form = {"kind": "form", "fields": [{"key": "size", "label": "Size", "type": "number"}]}
    reply = {"client_key": "the-form-of-it", "last_seen_seq": 0, "send_anyway": True, "undo_s": 0, "inbox_id": inbox,
             "to": {"kind": "webhook", "address": "maya"}, "text": "", "ask": form}  # fmt: skip
    entry = (await owner.post(f"/api/threads/{thread}/replies", reply, want=201))["entry"]
    path = entry["text"][entry["text"].index("/q/") :]
    async with aiohttp.ClientSession() as customer, customer.get(f"{house.url}{path}") as response:
        assert 'name="size" value="40"' in await response.text()


async def test_a_form_that_is_over_or_never_was_says_so(house: House, owner: Person, inbox: str) -> None:
    entry = (await ask(house, owner, inbox, FORM))["entry"]
    path = entry["text"][entry["text"].index("/q/") :]
    over = sa.update(QUESTION).values(expires_at=house.hub.now() - timedelta(seconds=1))
    await house.hub.db.write(lambda conn: conn.execute(over) and None)
    async with aiohttp.ClientSession() as customer:
        for asked, status in ((path, 410), (path[:-1] + ("a" if path[-1] != "a" else "b"), 404), ("/q/x", 404)):
            async with customer.get(f"{house.url}{asked}") as response:
                assert response.status == status
                assert "This form is gone" in await response.text()
        async with customer.post(f"{house.url}{path}", data={"order": "1"}) as response:
            assert response.status == 410
        junk = b"order=%00%ff%fe&" * 2000
        async with customer.post(f"{house.url}{path}", data=junk) as response:
            assert response.status in (410, 422)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "choice", "key": "size", "options": [38]},
        {"kind": "choice", "key": "Size!", "options": [1, 2]},
        {"kind": "choice", "key": "size", "options": ["A", "a"]},
        {"kind": "form", "fields": []},
        {"kind": "form", "fields": [{"key": "a", "label": "A", "type": "choice"}]},
        {"kind": "form", "fields": [{"key": "a", "label": "A"}, {"key": "a", "label": "B"}]},
    ],
)
async def test_a_question_that_can_t_be_answered_is_refused(
    house: House, owner: Person, inbox: str, wrong: dict[str, Any]
) -> None:
    await ask(house, owner, inbox, wrong, want=422)


async def test_a_question_that_is_held_is_asked_when_it_is_due(house: House, owner: Person, inbox: str) -> None:
    await house.arrive(inbox, "Hello")
    thread = (await owner.get("/api/customers"))["items"][0]["thread_id"]
    reply = {"client_key": "the-question", "last_seen_seq": 0, "send_anyway": True, "undo_s": 30, "inbox_id": inbox,
             "to": {"kind": "webhook", "address": "maya"}, "text": "Which size?", "ask": SIZE}  # fmt: skip
    held = (await owner.post(f"/api/threads/{thread}/replies", reply, want=202))["held"]
    assert await house.hub.db.read(lambda conn: conn.execute(sa.select(QUESTION.c.id)).first()) is None
    sent = await owner.post(f"/api/held/{held['id']}/now", want=201)
    assert UUID(sent["entry"]["ask"]["id"])
    await house.arrive(inbox, "38", key="answer")
    assert await values(owner) == {"size": 38}
