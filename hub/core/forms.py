"""A form that a customer fills in: what is known already, what may stand in each field, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Proof, is_email
from hub.core import questions
from hub.core.append import advance
from hub.core.batch import Batch
from hub.core.changes import Actor
from hub.core.errors import Conflict
from hub.core.states import Wants
from hub.models import Identity
from hub.models.tables import CASE, CUSTOMER, ENTRY, THREAD

IDENTITY = Identity.__table__  # type: ignore[attr-defined]
LONGEST = 5000
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{4,24}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,15}([.,][0-9]{1,9})?", re.ASCII)


def fields(ask: questions.Ask) -> list[dict[str, Any]]:
    """A choice is a form of one field."""
    if ask["kind"] == "form":
        found: list[dict[str, Any]] = ask["fields"]
        return found
    return [{"key": ask["key"], "label": "Your choice", "type": "choice", "required": True, "options": ask["options"]}]


def read(ask: questions.Ask, given: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Typed values by key, and a sentence for each field that can't be taken."""
    values, problems = {}, {}
    for field in fields(ask):
        text = given.get(field["key"], "").strip()
        if not text:
            if field.get("required"):
                problems[field["key"]] = "Please fill this in."
            continue
        try:
            values[field["key"]] = _value(field, text)
        except ValueError as error:
            problems[field["key"]] = str(error)
    return values, problems


def _value(field: dict[str, Any], text: str) -> Any:
    """Raises `ValueError` with a sentence for the customer."""
    if len(text) > LONGEST:
        raise ValueError(f"Please write at most {LONGEST:,} characters.")
    match field["type"]:
        case "number":
            if not _NUMBER.fullmatch(text):
                raise ValueError("Please write a number, such as 38.")
            return float(text.replace(",", ".")) if {",", "."} & set(text) else int(text)
        case "date":
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                raise ValueError("Please write the date as year, month and day: 2026-12-31.") from None
        case "email":
            if not is_email(text):
                raise ValueError("This is no mail address. Please look at it again.")
            return text
        case "phone":
            if not _PHONE.fullmatch(text):
                raise ValueError("This is no phone number. Please write it with its country, such as +49 151 1234567.")
            return text
        case "choice":
            place = questions.matching(field["options"], text)
            if place is None:
                raise ValueError("Please choose one of these.")
            return field["options"][place]["value"]
        case _:
            return text


def known(conn: Connection, question: dict[str, Any]) -> dict[str, str]:
    """What needn't be asked again: earlier answers in this case, the customer's name and own addresses."""
    case = conn.execute(sa.select(CASE.c.answers).where(CASE.c.id == question["case_id"])).first()
    answers = (case.answers if case else None) or {}
    owner = sa.select(THREAD.c.customer_id).where(THREAD.c.id == question["thread_id"]).scalar_subquery()
    name = conn.scalar(sa.select(CUSTOMER.c.name).where(CUSTOMER.c.id == owner)) or ""
    mine = sa.select(IDENTITY.c.kind, IDENTITY.c.address).where(IDENTITY.c.customer_id == owner)
    addresses = {row.kind: row.address for row in conn.execute(mine.order_by(IDENTITY.c.id.desc()))}
    found = {}
    for field in fields(question["ask"]):
        key, kind = field["key"], field["type"]
        if key in answers:
            found[key] = str(answers[key])
        elif kind in ("email", "phone") and kind in addresses:
            found[key] = addresses[kind]
        elif kind == "text" and key == "name":
            found[key] = name
    return found


@dataclass(frozen=True, slots=True)
class FillIn:
    """The customer sent the form: an entry of theirs, on the channel they were asked on."""

    question_id: UUID
    thread_id: UUID
    case_id: UUID
    values: Mapping[str, Any]

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)
        wants.cases.add(self.case_id)

    def run(self, batch: Batch) -> UUID:
        thread, question = batch.thread(self.thread_id), questions.load(batch, self.question_id)
        if question is None or not questions.is_open(question, batch.now):
            raise Conflict("This was answered already, or its time has run out.")
        case = batch.case(question["case_id"])
        asked = batch.conn.execute(sa.select(ENTRY).where(ENTRY.c.id == question["entry_id"])).mappings().one()
        name = batch.conn.scalar(sa.select(CUSTOMER.c.name).where(CUSTOMER.c.id == thread.customer_id)) or ""
        to = next(iter((asked["data"] or {}).get("to", ())), {"name": "", "address": ""})
        author = Actor("customer", None, (name or to["name"] or to["address"])[:200])
        labels = [(field["label"], self.values.get(field["key"])) for field in fields(question["ask"])]
        entry = batch.append(
            thread,
            case=case,
            public=True,
            direction="in",
            channel=asked["channel"],
            inbox_id=asked["inbox_id"],
            case_reason="token",
            author_kind="customer",
            author_name=author.name,
            text="\n".join(f"{label}: {value}" for label, value in labels if value is not None),
            proof=Proof.TOKEN.value,
            reply_to=asked["id"],
            data={"form": True},
        )
        advance(batch, thread, case, entry, author, False)
        questions.record(batch, thread, question, entry, dict(self.values), author)
        id_: UUID = entry["id"]
        return id_
