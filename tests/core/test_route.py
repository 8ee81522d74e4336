"""Histories with several cases, and where the customer's next words must land: never silently in a wrong case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from hub.contract import Proof
from hub.db import insert
from hub.models import Case, Entry, Reference, new_id
from tests.support.workshop import Workshop

CASE = Case.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Past:
    """A case as it stands when the message arrives."""

    status: str = "open"
    hours: float = 1
    asked: str = ""


OPEN_NOW, OPEN_OLD = Past(), Past(hours=100)
DONE_NOW, DONE_WEEK, DONE_LONG = Past("done"), Past("done", 24 * 7), Past("done", 24 * 30)
SPAM = Past("spam")


@dataclass(frozen=True)
class Next:
    """What arrives; `token` and `answers` name a case by its place in the history, from 0."""

    token: int | None = None
    answers: int | None = None
    automatic: str = ""
    channel: str = "email"
    forged: bool = False


PLAIN = Next()

# history, what arrives, the case it lands in (None: a new one), and why
HISTORIES: list[tuple[list[Past], Next, int | None, str]] = [
    ([], PLAIN, None, "new"),
    ([], Next(channel="chat"), None, "new"),
    ([], Next(automatic="list"), None, "new"),
    # one open case takes what has no better place
    ([OPEN_NOW], PLAIN, 0, "only open"),
    ([OPEN_OLD], PLAIN, 0, "only open"),
    ([Past("waiting")], PLAIN, 0, "only open"),
    ([Past("snoozed", 50)], PLAIN, 0, "only open"),
    ([OPEN_OLD, DONE_NOW], PLAIN, 0, "only open"),
    ([OPEN_OLD, SPAM], PLAIN, 0, "only open"),
    ([OPEN_OLD, DONE_LONG], Next(channel="chat"), 0, "only open"),
    # two open: the one touched within a day, the latest first
    ([OPEN_OLD, OPEN_NOW], PLAIN, 1, "recent"),
    ([OPEN_NOW, OPEN_OLD], PLAIN, 0, "recent"),
    ([Past(hours=3), Past(hours=2), Past(hours=20)], PLAIN, 1, "recent"),
    ([Past("waiting", 23), OPEN_OLD], PLAIN, 0, "recent"),
    ([Past("snoozed", 2), Past(hours=5)], PLAIN, 0, "recent"),
    # two open and none touched lately: nobody may guess
    ([OPEN_OLD, Past(hours=200)], PLAIN, None, "new"),
    ([Past("waiting", 25), Past("waiting", 26)], PLAIN, None, "new"),
    ([OPEN_OLD, Past(hours=200)], Next(channel="chat"), None, "new"),
    # a case that asked for this answer wins over the later one
    ([Past(hours=2, asked="chat"), OPEN_NOW], Next(channel="chat"), 0, "asked"),
    ([Past("waiting", 90, asked="chat"), OPEN_NOW], Next(channel="chat"), 0, "asked"),
    ([Past(hours=2, asked="chat"), OPEN_NOW], PLAIN, 1, "recent"),
    ([Past(asked="chat")], Next(channel="chat"), 0, "asked"),
    ([Past(asked="chat")], PLAIN, 0, "only open"),
    ([Past("done", 2, asked="chat"), OPEN_NOW], Next(channel="chat"), 1, "only open"),
    # a token names its case, wherever the others stand
    ([OPEN_OLD, OPEN_NOW], Next(token=0), 0, "token"),
    ([Past("waiting", 300), OPEN_NOW, OPEN_NOW], Next(token=0), 0, "token"),
    ([DONE_WEEK, OPEN_NOW], Next(token=0), 0, "reopened"),
    ([DONE_LONG, OPEN_NOW], Next(token=0), 1, "only open"),
    ([DONE_LONG], Next(token=0), None, "new"),
    ([SPAM, OPEN_NOW], Next(token=0), 1, "only open"),
    ([Past(hours=5, asked="chat"), OPEN_NOW], Next(token=1, channel="chat"), 1, "token"),
    ([OPEN_OLD, OPEN_NOW], Next(token=0, answers=1), 0, "token"),
    ([OPEN_OLD, OPEN_NOW], Next(token=0, forged=True), 1, "recent"),
    # a known message id likewise, after the token
    ([OPEN_OLD, OPEN_NOW], Next(answers=0), 0, "reference"),
    ([Past("snoozed", 300), OPEN_NOW], Next(answers=0), 0, "reference"),
    ([DONE_WEEK], Next(answers=0), 0, "reopened"),
    ([DONE_WEEK, OPEN_NOW], Next(answers=0), 0, "reopened"),
    ([DONE_LONG], Next(answers=0), None, "new"),
    ([DONE_LONG, OPEN_OLD], Next(answers=0), 1, "only open"),
    ([DONE_LONG, DONE_NOW], Next(answers=0), 1, "recent"),
    # nothing open: what was done within a day goes on, older ones only by token or id
    ([DONE_NOW], PLAIN, 0, "recent"),
    ([Past("done", 23), Past("done", 3)], PLAIN, 1, "recent"),
    ([DONE_WEEK], PLAIN, None, "new"),
    ([DONE_LONG], Next(channel="chat"), None, "new"),
    ([SPAM], PLAIN, None, "new"),
    # several open at once, and the customer changes the channel
    ([OPEN_NOW, Past(hours=2)], Next(channel="chat"), 0, "recent"),
    ([Past(hours=2), OPEN_NOW], Next(channel="chat"), 1, "recent"),
    ([Past("waiting", 2), Past(hours=3)], Next(channel="chat"), 0, "recent"),
    ([Past("snoozed", 2), Past("waiting", 3)], Next(channel="chat"), 0, "recent"),
    ([Past(hours=26), Past(hours=25)], Next(channel="chat"), None, "new"),
    ([Past("snoozed", 300), Past("snoozed", 320)], PLAIN, None, "new"),
    ([OPEN_NOW, OPEN_OLD, DONE_NOW], PLAIN, 0, "recent"),
    ([OPEN_OLD, Past(hours=200), DONE_NOW], PLAIN, None, "new"),
    ([OPEN_OLD, Past(hours=23.9), SPAM], PLAIN, 1, "recent"),
    ([Past(hours=5), Past(hours=5), Past(hours=4)], PLAIN, 2, "recent"),
    # two cases asked: the one that asked last
    ([Past(hours=2, asked="chat"), Past(hours=1, asked="chat")], Next(channel="chat"), 1, "asked"),
    ([Past(hours=1, asked="chat"), Past(hours=2, asked="chat")], Next(channel="chat"), 0, "asked"),
    ([Past(hours=1, asked="email"), Past(hours=2, asked="chat")], Next(channel="chat"), 1, "asked"),
    ([Past(hours=1, asked="email"), Past(hours=2, asked="chat")], PLAIN, 0, "asked"),
    ([Past("snoozed", 300, asked="chat"), OPEN_OLD], Next(channel="chat"), 0, "asked"),
    ([Past("done", 1, asked="chat"), OPEN_NOW, OPEN_OLD], Next(channel="chat"), 1, "recent"),
    ([Past(hours=90, asked="chat"), Past(hours=80)], PLAIN, None, "new"),
    # what points at one of several open cases wins over time and over what was asked
    ([OPEN_NOW, OPEN_OLD], Next(token=1, channel="chat"), 1, "token"),
    ([Past("snoozed", 300), OPEN_NOW], Next(token=0), 0, "token"),
    ([Past("waiting", 300), OPEN_NOW, Past(asked="email")], Next(answers=0), 0, "reference"),
    ([OPEN_OLD, OPEN_NOW, Past(asked="email")], Next(token=0), 0, "token"),
    ([OPEN_OLD, OPEN_NOW, DONE_WEEK], Next(token=2), 2, "reopened"),
    ([OPEN_OLD, OPEN_NOW, DONE_LONG], Next(token=2), 1, "recent"),
    ([OPEN_OLD, OPEN_NOW, SPAM], Next(token=2), 1, "recent"),
    ([OPEN_OLD, Past(hours=200), DONE_LONG], Next(answers=2), None, "new"),
    ([OPEN_OLD, OPEN_NOW], Next(token=0, answers=1, forged=True), 1, "reference"),
    # a machine's words open nothing again
    ([DONE_NOW], Next(automatic="auto-replied"), 0, "latest"),
    ([OPEN_OLD, DONE_NOW], Next(automatic="auto-replied"), 1, "latest"),
    ([OPEN_OLD, OPEN_NOW], Next(automatic="auto-replied", answers=0), 0, "reference"),
    ([DONE_WEEK], Next(automatic="auto-replied", answers=0), 0, "reopened"),
]


def test_there_are_histories_enough() -> None:
    several = [history for history, *_ in HISTORIES if sum(past.status not in ("done", "spam") for past in history) > 1]
    assert len(several) >= 40


@pytest.mark.parametrize("number", range(len(HISTORIES)))
async def test_the_right_case(workshop: Workshop, number: int) -> None:
    history, arrives, expected, reason = HISTORIES[number]
    first = await workshop.hear("maya@example.com", "The very first words")
    thread_id = first.threads[0]
    cases = await _write_history(workshop, thread_id, history)
    more: dict[str, Any] = {"automatic": arrives.automatic}
    if arrives.token is not None:
        token = workshop.desk.case_token(cases[arrives.token])
        more["token"] = token[:-1] + ("a" if token[-1] != "a" else "b") if arrives.forged else token
    if arrives.answers is not None:
        more["reply_to"] = ("<unknown@elsewhere>", f"<known-{arrives.answers}>")
    inbox = {"email": workshop.email, "chat": workshop.chat}[arrives.channel]
    if arrives.channel == "chat":
        await _give_visitor(workshop, thread_id)
    entry = await workshop.entry(
        await workshop.hear("v_maya" if arrives.channel == "chat" else "maya@example.com", inbox=inbox, **more)
    )
    assert entry["thread_id"] == thread_id
    assert entry["case_reason"] == reason
    assert entry["case_id"] is not None
    if expected is None:
        assert entry["case_id"] not in cases
        case = await workshop.row(Case, id=entry["case_id"])
        pointed = arrives.token if arrives.token is not None else arrives.answers
        within = [id_ for id_, past in zip(cases, history, strict=True) if past.status != "spam" and past.hours < 336]
        if pointed is not None:
            assert case["origin"]["same_as"] == str(cases[pointed])
        else:
            assert bool(case["origin"].get("same_as")) == bool(within)
    else:
        assert entry["case_id"] == cases[expected]
    status = (await workshop.row(Case, id=entry["case_id"]))["status"]
    if arrives.automatic and expected is not None:
        assert status == history[expected].status, "a machine opens nothing again"
    else:
        assert status == "open"


async def _write_history(workshop: Workshop, thread_id: UUID, history: list[Past]) -> list[UUID]:
    """Put the cases as they stood, each with one entry that later messages can refer to."""
    template = (await workshop.rows(Case, thread_id=thread_id))[0]
    cases, entries, references = [], [], []
    base = (await workshop.rows(Entry, thread_id=thread_id))[0]
    for place, past in enumerate(history):
        at = workshop.now - timedelta(hours=past.hours)
        case = template | {
            "id": new_id(), "status": past.status, "last_at": at, "last_seq": place + 1,
            "done_at": at if past.status == "done" else None, "asked_at": at if past.asked else None,
            "origin": {"asked": past.asked} if past.asked else {},
        }  # fmt: skip
        entry = base | {
            "id": new_id(), "seq": place + 2, "rev": place + 2, "public_rev": place + 2, "case_id": case["id"],
            "ref": f"history-{place}", "at": at,
        }  # fmt: skip
        cases.append(case)
        entries.append(entry)
        references.append(
            {"thread_id": thread_id, "ref": f"<known-{place}>", "entry_id": entry["id"], "case_id": case["id"]}
        )

    def put(conn: sa.Connection) -> None:
        conn.execute(sa.update(Entry.__table__).values(case_id=None))  # type: ignore[attr-defined]
        conn.execute(sa.update(Reference.__table__).values(case_id=None))  # type: ignore[attr-defined]
        conn.execute(sa.delete(CASE).where(CASE.c.id == template["id"]))
        insert(conn, CASE, cases)
        insert(conn, Entry.__table__, entries)  # type: ignore[attr-defined]
        insert(conn, Reference.__table__, references)  # type: ignore[attr-defined]
        n = len(history) + 1
        conn.execute(sa.text(f"UPDATE thread SET last_seq = {n}, rev = {n}, public_rev = {n}"))

    await workshop.db.write(put)
    return [case["id"] for case in cases]


async def _give_visitor(workshop: Workshop, thread_id: UUID) -> None:
    """Maya's browser is known as hers."""
    from hub.models import Identity, Thread

    customer_id = (await workshop.row(Thread, id=thread_id))["customer_id"]
    row = {"id": new_id(), "kind": "visitor", "address": "v_maya", "customer_id": customer_id, "name": "",
           "trust": "verified", "shared": False, "undeliverable": "", "created_at": workshop.now}  # fmt: skip
    await workshop.db.write(lambda conn: insert(conn, Identity.__table__, [row]))  # type: ignore[attr-defined]


async def test_a_stranger_s_answer_stays_in_their_thread_and_tells_what_it_refers_to(workshop: Workshop) -> None:
    """Somebody the mail was passed on to answers it: by token, or by what the customer's own mail was called."""
    first = await workshop.hear("maya@example.com", "My order", ref="mail-1")
    case = await workshop.row(Case)
    named = {"thread_id": str(first.threads[0]), "case_id": str(case["id"])}
    token = workshop.desk.case_token(case["id"])
    for number, pointing in enumerate(({"token": token}, {"reply_to": ("mail-1",)})):
        heard = await workshop.hear(f"friend{number}@example.com", "I know about it", **pointing)  # type: ignore[arg-type]
        assert heard.threads != first.threads
        entry = await workshop.entry(heard)
        assert (entry["data"]["refers_to"], entry["case_id"] != case["id"]) == (named, True)
    heard = await workshop.hear("maya@example.com", "One more thing", token=token, reply_to=("mail-1",))
    own = await workshop.entry(heard)
    assert (own["case_id"], "refers_to" in (own["data"] or {})) == (case["id"], False)


@pytest.mark.parametrize("status", ["done", "snoozed", "waiting"])
async def test_who_failed_the_check_moves_no_case_and_is_seen_all_the_same(workshop: Workshop, status: str) -> None:
    """A forged mail with all that a copy of ours tells: it gets a case of its own, and hers stays as it is."""
    first = await workshop.hear("maya@example.com", "My order", ref="mail-1")
    hers = (await workshop.row(Case))["id"]
    change = sa.update(CASE).where(CASE.c.id == hers)
    await workshop.db.write(lambda conn: conn.execute(change.values(status=status, done_at=workshop.now)) and None)
    before = await workshop.row(Case, id=hers)
    known: dict[str, Any] = {"token": workshop.desk.case_token(hers), "reply_to": ("mail-1",)}
    forged = [await workshop.hear("maya@example.com", "Cancel it", proof=Proof.FAILED, **known) for _ in range(2)]
    assert {heard.threads for heard in forged} == {first.threads}
    (own,) = {(await workshop.entry(heard))["case_id"] for heard in forged}
    assert own != hers
    assert (await workshop.row(Case, id=own))["status"] == "open"
    assert await workshop.row(Case, id=hers) == before
    assert not await workshop.rows(Entry, kind="event")

    await workshop.hear("maya@example.com", "It is me", proof=Proof.CLAIMED, **known)
    assert (await workshop.row(Case, id=hers))["status"] == "open"


async def test_who_failed_the_check_joins_an_open_case_and_leaves_its_clock(workshop: Workshop) -> None:
    first = await workshop.hear("maya@example.com", "My order")
    await workshop.reply(first.threads[0], "maya@example.com", "It leaves tonight.")
    await workshop.db.write(lambda conn: conn.execute(sa.update(CASE).values(status="open")) and None)
    await workshop.hear("maya@example.com", "Cancel it", proof=Proof.FAILED)
    case = await workshop.row(Case)
    assert (case["waiting_since"], case["preview"]) == (None, "Cancel it")
