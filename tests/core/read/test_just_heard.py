"""A message shown from the rows of its own batch must look exactly as the API gives it back from the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from hub.contract import Address, Message, Proof
from hub.core.cases import ChangeCase
from hub.core.read import entries
from hub.core.receive import Heard, StoredFile
from hub.live.fanout import Json
from tests.support.workshop import Workshop

MESSAGES: dict[str, dict[str, Any]] = {
    "plain": {},
    "a name": {"name": "Maya Lin"},
    "mail": {
        "subject": "Where is it? 📦",
        "quoted": "> you wrote",
        "to": (Address("email", "support@hub.example"),),
        "cc": (Address("email", "noor@example.com", "Noor"),),
        "answer_to": Address("email", "maya+private@example.com"),
        "warnings": ("A file was left out.",),
        "proof": Proof.FAILED,
        "proof_detail": "DMARC failed",
        "reply_to": ("<nobody knows this>",),
        "refs": ("<one>", "<two>"),
    },
    "an automatic one": {"automatic": "auto-replied"},
    "said elsewhere": {"at": datetime(2026, 11, 22, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))},
    "data of its own": {"data": {"page": "https://shop.example/cart?a=1&b=ü", "list": [1, 2.5, None, {"x": True}]}},
    "a name typed": {"claims": (Address("name", "Maya"), Address("email", "typed@example.com"))},
}


def encoded(rows: list[entries.Out]) -> Any:
    """As a screen gets it; PostgreSQL keeps the keys of documents in an order of its own."""
    return [orjson.dumps(orjson.loads(Json.dumps(row)), option=orjson.OPT_SORT_KEYS) for row in rows]


@pytest.mark.parametrize("name", MESSAGES)
async def test_it_looks_the_same(workshop: Workshop, name: str) -> None:
    for sender in ("maya@example.com", "maya@example.com"):  # a stranger, then somebody known
        message = dict(MESSAGES[name])
        message["refs"] = (*message.get("refs", ()), f"<{workshop.number()}>")
        heard = await workshop.hear(sender, f"These are {name}'s words", **message)
        change = workshop.changes[-1]
        assert change.entries == heard.entries
        shown = entries.just_heard(change.heard)
        stored = await workshop.db.read(lambda conn: entries.by_ids(conn, heard.entries))  # noqa: B023
        assert encoded(shown) == encoded(stored)
        assert len(shown) == 1
        assert shown[0]["at"].tzinfo == UTC


async def test_a_visitor_without_a_name_is_called_so(workshop: Workshop) -> None:
    heard = await workshop.hear("v-123", inbox=workshop.chat)
    (shown,) = entries.just_heard(workshop.changes[-1].heard)
    assert shown["author"]["name"] == "Visitor"
    assert [shown["id"]] == list(heard.entries)


async def test_only_where_nothing_else_happened(workshop: Workshop) -> None:
    """A file, an event, an answer: then what is shown must be read."""
    first = await workshop.hear("maya@example.com", ref="one")
    assert len(workshop.changes[-1].heard) == 1
    message = Message("two", Address("email", "maya@example.com"), "See the file", proof=Proof.PROVIDER)
    await workshop.arrive(workshop.email, "two", (Heard(message, files=(StoredFile("a.png", "image/png", 3, "ab"),)),))
    assert not workshop.changes[-1].heard
    case = (await workshop.entry(first))["case_id"]
    await workshop.reply(first.threads[0], "maya@example.com")
    assert not workshop.changes[-1].heard
    await workshop.note(first.threads[0])
    assert not workshop.changes[-1].heard
    await workshop.writer.submit(ChangeCase(workshop.ann, case, {"status": "done"}))
    assert not workshop.changes[-1].heard
    await workshop.hear("maya@example.com")
    assert len(workshop.changes[-1].entries) == 2, "the message, and that it opened its case again"
    assert not workshop.changes[-1].heard
