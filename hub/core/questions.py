"""A question of ours that has typed answers: buttons, numbered text or a form, whatever the channel can carry (B11).

It stays open until it is answered or runs out. A pressed button, a number or a label in a reply, and the form's page
all end in the same place: the case's values, with an event, tied to the entry that asked.
"""

from __future__ import annotations

import html as markup
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Choice, Message, Proof
from hub.core import tokens
from hub.core.batch import Batch
from hub.core.changes import SYSTEM, Actor
from hub.core.desk import Desk, InboxFacts
from hub.core.states import Row, ThreadState
from hub.models import new_id
from hub.models.tables import QUESTION
from hub.secrets import Keys

PURPOSE = "question"
OPEN_FOR = timedelta(days=14)
_BY_ID = sa.select(QUESTION).where(QUESTION.c.id == sa.bindparam("id", type_=QUESTION.c.id.type))
Ask = dict[str, Any]
"""As JSON. `{"kind": "choice", "key", "options": [{"label", "value"}]}` or `{"kind": "form", "title", "fields": […]}`,
a field being `{"key", "label", "type", "required", "options"}`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question worded for one channel."""

    id: UUID
    ask: Ask
    text: str
    html: str
    native: bool
    """The channel's own buttons carry the choices."""


def put(desk: Desk, inbox: InboxFacts, ask: Ask, text: str, html: str) -> Asked:
    """Word a question for the channel it will go through."""
    id_, can = new_id(), inbox.capabilities
    if ask["kind"] == "form":
        url = f"{desk.public_url}/q/{tokens.make(desk.keys, PURPOSE, id_)}"
        title = ask.get("title") or "Please fill in this form"
        link = f'<p><a href="{markup.escape(url)}">{markup.escape(title)}</a></p>' if html else ""
        return Asked(id_, ask, _below(text, f"{title}: {url}"), html + link, native=False)
    labels = [option["label"] for option in ask["options"]]
    if len(labels) <= can.buttons and all(len(label) <= can.button_chars for label in labels):
        return Asked(id_, ask, text, html, native=True)
    lines = [f"{sign} for {label}" for sign, label in zip(signs(labels), labels, strict=True)]
    lines[0] = f"Reply {lines[0]}"
    listed = "".join(f"<br>{markup.escape(line)}" for line in lines).removeprefix("<br>")
    return Asked(id_, ask, _below(text, "\n".join(lines)), f"{html}<p>{listed}</p>" if html else "", native=False)


def _below(text: str, more: str) -> str:
    return f"{text}\n\n{more}" if text.strip() else more


def signs(labels: list[str]) -> list[str]:
    """What to reply for each: its number, or a letter where a number could be another one's label."""
    numbers = [str(n) for n in range(1, len(labels) + 1)]
    if set(numbers) & set(labels):
        return [chr(ord("A") + n) for n in range(len(labels))]
    return numbers


def keep(batch: Batch, case: Row, entry: dict[str, Any], inbox: InboxFacts, asked: Asked) -> None:
    """The question is open from now on; the case's latest is the one that a plain reply may answer."""
    row = {
        "id": asked.id,
        "thread_id": entry["thread_id"],
        "case_id": case["id"],
        "entry_id": entry["id"],
        "inbox_id": inbox.id,
        "ask": asked.ask,
        "state": "open",
        "given": None,
        "answered_by": None,
        "expires_at": batch.now + OPEN_FOR,
        "created_at": batch.now,
    }
    batch.questions[asked.id] = Row(row, new=True)
    if asked.ask["kind"] == "choice":
        case.set(question_id=asked.id)


def shown(asked: Asked) -> dict[str, Any]:
    """What the entry keeps of its question."""
    return {"id": str(asked.id), **asked.ask, "native": asked.native}


def choices(data: dict[str, Any] | None) -> tuple[Choice, ...]:
    """The buttons of an entry that asks; their ids come back when one is pressed."""
    question = (data or {}).get("ask")
    if not question or not question["native"]:
        return ()
    id_ = UUID(question["id"]).hex
    return tuple(Choice(f"{id_}.{n}", option["label"]) for n, option in enumerate(question["options"]))


# --- answers that come as messages ---


def pressed(batch: Batch, thread: ThreadState, message: Message) -> Row | None:
    """The question whose button this is, if it is one of this thread."""
    id_, _, _ = message.choice.partition(".")
    if len(id_) != 32 or not re.fullmatch(r"[0-9a-f]{32}", id_):
        return None
    question = load(batch, UUID(hex=id_))
    if question is None or question["thread_id"] != thread.id:
        return None
    batch.load_cases({question["case_id"]})
    return question


def take(batch: Batch, thread: ThreadState, case: Row, entry: dict[str, Any], message: Message) -> None:
    """If this message answers an open question, keep the answer. What doesn't match is just a message."""
    if message.automatic or message.proof is Proof.FAILED:
        return
    button = pressed(batch, thread, message) if message.choice else None
    question = button or (load(batch, case["question_id"]) if case["question_id"] else None)
    if question is None or not is_open(question, batch.now) or question["ask"]["kind"] != "choice":
        return
    options = question["ask"]["options"]
    place = _place(message.choice) if button else matching(options, message.text)
    if place is not None and 0 <= place < len(options):
        author = Actor("customer", entry["author_id"], entry["author_name"])
        record(batch, thread, question, entry, {question["ask"]["key"]: options[place]["value"]}, author)


def _place(choice: str) -> int | None:
    """Which of a question's buttons; None for what is none of ours, whoever made it up."""
    number = choice.partition(".")[2]
    return int(number) if re.fullmatch("[0-9]{1,3}", number) else None


def matching(options: list[dict[str, Any]], text: str) -> int | None:
    """Which option a reply means: by its label first, then by its number; its first line counts."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    said = _plain(first)
    labels = [option["label"] for option in options]
    for known in (list(map(_plain, labels)), list(map(_plain, signs(labels)))):
        if said in known:
            return known.index(said)
    return None


def _plain(text: str) -> str:
    return " ".join(text.split()).strip(".!,;:)(\"'“”„ ").casefold()


def is_open(question: Row, now: datetime) -> bool:
    return bool(question["state"] == "open" and question["expires_at"] > now)


def record(
    batch: Batch,
    thread: ThreadState,
    question: Row,
    entry: dict[str, Any],
    values: dict[str, Any],
    author: Actor,
) -> None:
    """The answer belongs to the case that was asked, and to the entry that asked."""
    case = batch.case(question["case_id"])
    question.set(state="answered", given=values, answered_by=entry["id"])
    case.set(answers={**(case["answers"] or {}), **values})
    if case["question_id"] == question["id"]:
        case.set(question_id=None)
    entry["reply_to"] = entry["reply_to"] or question["entry_id"]
    batch.event(
        thread,
        case,
        author if author.name else SYSTEM,
        "answered",
        question_id=str(question["id"]),
        asked_by=str(question["entry_id"]),
        answered_by=str(entry["id"]),
        values=values,
    )


def load(batch: Batch, question_id: UUID) -> Row | None:
    """Read under its thread's lock."""
    if question_id not in batch.questions:
        found = batch.conn.execute(_BY_ID, {"id": question_id}).mappings().first()
        if found is None:
            return None
        batch.questions[question_id] = Row(dict(found))
    return batch.questions[question_id]


def of_token(conn: Connection, keys: Keys, token: str) -> dict[str, Any] | None:
    """The question that a form's address names; a guessed or altered address names none."""
    id_ = tokens.read(keys, PURPOSE, token)
    found = conn.execute(_BY_ID, {"id": id_}).mappings().first() if id_ else None
    return dict(found) if found else None


def of_case(conn: Connection, case_id: UUID) -> list[dict[str, Any]]:
    """All that was asked in a case, the latest first."""
    statement = sa.select(QUESTION).where(QUESTION.c.case_id == case_id).order_by(QUESTION.c.id.desc()).limit(100)
    return [dict(row) for row in conn.execute(statement).mappings()]
