"""The case list: every order pages without gap or double, and kept counts equal counted ones."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from hub.core.access import BY_ROLE, Viewer
from hub.core.cases import ChangeCase
from hub.core.errors import NotFound
from hub.core.index import index
from hub.core.read import cases, search
from hub.core.read.cases import View
from hub.models import Case, Draft, new_id
from tests.support.workshop import Workshop

CASE, DRAFT = Case.__table__, Draft.__table__  # type: ignore[attr-defined]


def viewer(shop: Workshop) -> Viewer:
    assert shop.ann.id
    return Viewer(shop.ann.id, "Ann Agent", "ann@hub.example", "agent", BY_ROLE["agent"])


async def busy(shop: Workshop) -> None:
    """A few days' work: assigned, prioritised, answered, closed; some at the very same moment."""
    for number in range(24):
        shop.later(seconds=number % 3)
        inbox, sender = (shop.email, f"c{number}@example.org") if number % 4 else (shop.chat, f"v_{number}")
        receipt = await shop.hear(sender, f"Question {number}", inbox=inbox, name=f"Customer {number}")
        case_id = (await shop.entry(receipt))["case_id"]
        changes: dict[str, Any] = {"priority": ("low", "normal", "high", "urgent")[number % 4]}
        if number % 3 == 0:
            changes["assignee_id"] = shop.ann.id
        if number % 5 == 0:
            changes["status"] = "done"
        await shop.writer.submit(ChangeCase(shop.bob, case_id, changes))
        if number % 6 == 1:
            await shop.reply(receipt.threads[0], sender, "An answer", inbox=inbox, case_id=case_id)


async def page_through(shop: Workshop, view: View, limit: int) -> list[dict[str, Any]]:
    me, found, after = viewer(shop), [], None
    for _ in range(50):
        rows, after = await shop.db.read(partial(cases.page, viewer=me, view=view, after=after, limit=limit))
        found += rows
        if after is None:
            return found
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("sort", ["newest", "oldest_waiting", "priority"])
@pytest.mark.parametrize("key", ["all", "mine", "unassigned", "channel:email"])
async def test_pages_hold_every_case_once_and_in_order(workshop: Workshop, key: str, sort: cases.Sort) -> None:
    await busy(workshop)
    whole = await page_through(workshop, View(key, sort=sort), 100)
    pieces = await page_through(workshop, View(key, sort=sort), 3)
    assert [case["id"] for case in pieces] == [case["id"] for case in whole]
    assert len({case["id"] for case in whole}) == len(whole)
    rank = {name: place for place, name in enumerate(cases.PRIORITIES)}
    keys = {
        "newest": lambda case: (case["last_at"], case["id"]),
        "oldest_waiting": lambda case: (case["waiting_since"], case["id"]),
        "priority": lambda case: (rank[case["priority"]], case["last_at"], case["id"]),
    }
    assert whole == sorted(whole, key=keys[sort], reverse=sort != "oldest_waiting")


async def test_kept_counts_are_the_counted_ones(workshop: Workshop) -> None:
    await busy(workshop)
    me = viewer(workshop)
    kept = await workshop.db.read(cases.tally)
    for key in ("all", "mine", "unassigned", "channel:email", "channel:chat"):
        for status, n in kept.of_view(me, key).items():
            rows = await page_through(workshop, View(key, status=status), 100)
            assert n == len(rows), (key, status)


async def test_an_unknown_view_is_not_there(workshop: Workshop) -> None:
    with pytest.raises(NotFound):
        await page_through(workshop, View("everything"), 10)


async def test_views_show_drafts_only_when_there_are_some(workshop: Workshop) -> None:
    receipt = await workshop.hear("maya@example.org", "Hello")
    me = viewer(workshop)
    before = await workshop.db.read(lambda conn: cases.views(conn, me, {"email": ("Email", "mail")}))
    assert [view["key"] for view in before] == ["mine", "unassigned", "all", "snoozed", "channel:email"]
    row = {"id": new_id(), "agent_id": me.id, "thread_id": receipt.threads[0], "slot": "note", "content": {"text": "x"}}
    draft = sa.insert(DRAFT).values(**row, version=1, updated_at=workshop.now)
    await workshop.db.write(lambda conn: conn.execute(draft) and None)
    after = await workshop.db.read(lambda conn: cases.views(conn, me, {"email": ("Email", "mail")}))
    assert [(view["key"], view["count"]) for view in after if view["key"] == "drafts"] == [("drafts", 1)]
    rows = await page_through(workshop, View("drafts"), 10)
    assert [case["has_draft"] for case in rows] == [True]


async def test_a_list_is_narrowed_by_customer_or_subject(workshop: Workshop) -> None:
    await busy(workshop)
    while await workshop.db.write(lambda conn: index(conn)):
        pass
    found = await workshop.db.read(lambda conn: tuple(search.customers(conn, "customer 8", 50)))
    assert len(found) == 1
    rows = await page_through(workshop, View("all", customers=found, words="Question 14"), 10)
    assert {case["subject"] for case in rows} == {"Question 8", "Question 14"}
    nobody = await page_through(workshop, View("all", customers=(), words="100%_"), 10)
    assert nobody == []


async def test_a_page_of_the_list_is_a_handful_of_statements(workshop: Workshop) -> None:
    await busy(workshop)
    seen: list[str] = []
    for engine in workshop.db.sync_engines:
        sa.event.listen(engine, "before_cursor_execute", lambda _c, _k, text, *_: seen.append(text))
    await page_through(workshop, View("all"), 100)
    assert len([text for text in seen if text.startswith(("SELECT", "WITH"))]) <= 4
