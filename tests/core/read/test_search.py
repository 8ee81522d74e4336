"""Search: the same words find the same entries on both engines, whichever plan finds them."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from hub.core.access import BY_ROLE, Viewer
from hub.core.cases import MoveEntry, OpenCase
from hub.core.index import forget, index
from hub.core.people import ChangeCustomer
from hub.core.read import search
from hub.core.read.search import BEGIN, END, Query, snippet
from hub.core.words import words
from hub.models import Unindexed
from tests.support.workshop import Workshop

UNINDEXED = Unindexed.__table__  # type: ignore[attr-defined]


def viewer(shop: Workshop) -> Viewer:
    assert shop.ann.id
    return Viewer(shop.ann.id, "Ann Agent", "ann@hub.example", "agent", BY_ROLE["agent"])


async def indexed(shop: Workshop) -> None:
    while await shop.db.write(lambda conn: index(conn, 7)):
        pass


async def find(shop: Workshop, text: str, limit: int = 50, **narrow: Any) -> list[str]:
    me, query = viewer(shop), Query(text, **narrow)
    rows, _ = await shop.db.read(lambda conn: search.search(conn, me, query, None, limit))
    return [row["snippet"].replace(BEGIN, "").replace(END, "") for row in rows]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("The ZIPPER is broken", ["the", "zipper", "is", "broken"]),
        ("Café Łódź naïve", ["cafe", "łodz", "naive"]),
        ("maya.berg@example.org", ["maya", "berg", "example", "org"]),
        ("A-1234_b don't", ["a", "1234", "b", "don", "t"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー"]),
        ("Привет, мир", ["привет", "мир"]),
        ("", []),
        ("!!! ---", []),
        ("x" * 100, ["x" * 64]),
    ],
)
def test_words(text: str, cut: list[str]) -> None:
    assert words(text) == cut


async def test_all_words_must_be_there_and_the_last_may_go_on(workshop: Workshop) -> None:
    await workshop.hear("a@example.org", "The zipper of my bag is broken")
    await workshop.hear("b@example.org", "My bag is too small")
    await indexed(workshop)
    assert len(await find(workshop, "bag")) == 2
    assert await find(workshop, "BAG zip") == ["The zipper of my bag is broken"]
    assert await find(workshop, "zip bag") == []
    assert await find(workshop, "zip ") == []
    assert await find(workshop, "") == []
    assert await find(workshop, "\"'*:&|!()<-> NEAR OR") == []


@pytest.mark.parametrize("text", ["' OR 1=1 --", '"', "a:*", "words: x", "\\", "\ue010channelemail", "NOT a", "a*b"])
async def test_nothing_typed_is_an_operator(workshop: Workshop, text: str) -> None:
    await workshop.hear("a@example.org", "plain words")
    await indexed(workshop)
    assert await find(workshop, text) == []


async def test_filters_narrow(workshop: Workshop) -> None:
    first = await workshop.hear("a@example.org", "broken strap")
    thread_id = first.threads[0]
    await workshop.note(thread_id, "strap: third this week")
    await workshop.reply(thread_id, "a@example.org", "A new strap is on its way")
    await workshop.hear("v_1", "strap by chat", inbox=workshop.chat)
    await indexed(workshop)
    assert len(await find(workshop, "strap")) == 4
    assert await find(workshop, "strap", channel="chat") == ["strap by chat"]
    assert await find(workshop, "strap", kind="note") == ["strap: third this week"]
    assert len(await find(workshop, "strap", agent_id=workshop.ann.id)) == 2
    case_id: UUID = (await workshop.entry(first))["case_id"]
    assert len(await find(workshop, "strap", case_id=case_id)) == 3
    assert len(await find(workshop, "", channel="email")) == 2


async def test_dates_narrow(workshop: Workshop) -> None:
    moments = []
    for number in range(4):
        workshop.later(days=1)
        moments.append(workshop.now)
        await workshop.hear("a@example.org", f"strap {number}")
    await indexed(workshop)
    assert await find(workshop, "strap", after=moments[1], before=moments[3]) == ["strap 2", "strap 1"]


async def test_newest_first_page_by_page(workshop: Workshop) -> None:
    for number in range(25):
        workshop.later(seconds=number % 2)
        await workshop.hear(f"c{number}@example.org", f"common word {number}")
    await indexed(workshop)
    me, seen, after = viewer(workshop), [], None
    for _ in range(20):
        ask = partial(search.search, viewer=me, query=Query("common word"), after=after, limit=4)
        rows, more = await workshop.db.read(ask)
        seen += [(row["at"], row["entry_id"]) for row in rows]
        if more is None:
            break
        after = tuple(more)
    assert len(seen) == len(set(seen)) == 25
    assert [at for at, _ in seen] == sorted((at for at, _ in seen), reverse=True)


async def test_both_plans_give_the_same(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL a common word is walked to, a rare one looked up; neither may change what is found."""
    for number in range(60):
        workshop.later(seconds=1)
        rare = "needle" if number % 20 == 0 else "hay"
        await workshop.hear(f"c{number}@example.org", f"common {rare} {number}")
    await indexed(workshop)
    if not workshop.db.is_sqlite:
        await workshop.db.write(lambda conn: conn.execute(sa.text("ANALYZE search_entry")) and None)
    answers = []
    for walk in (1000, 0):
        monkeypatch.setattr(search, "_how_far_to_walk", lambda *_, walk=walk: walk)
        answers.append([await find(workshop, text, 5) for text in ("common", "needle", "needle common", "hay 1")])
    assert answers[0] == answers[1]
    assert answers[0][1] == ["common needle 40", "common needle 20", "common needle 0"]


@pytest.mark.db("postgres")
async def test_the_planner_knows_common_words_from_rare_ones(workshop: Workshop) -> None:
    for number in range(60):
        await workshop.hear(f"c{number}@example.org", f"common number{number}")
    await indexed(workshop)

    def expected(conn: sa.Connection) -> list[tuple[float, float]]:
        conn.execute(sa.text("ANALYZE search_entry"))
        return [search._expected(conn, f"'{word}'::tsquery") for word in ("common", "number7")]

    (common, total), (rare, _) = await workshop.db.write(expected)
    assert total == 60
    assert common > 50
    assert rare < 5


@pytest.mark.parametrize(
    ("matches", "total", "walks"),
    [(0, 0, False), (1, 1_000_000, False), (100, 1_000_000, False), (300_000, 1_000_000, True), (60, 60, True)],
)
def test_common_words_are_walked_to_and_rare_ones_fetched(matches: float, total: float, walks: bool) -> None:
    assert bool(search._how_far_to_walk(matches, total, 21)) is walks


async def test_what_changes_is_found_anew(workshop: Workshop) -> None:
    receipt = await workshop.hear("a@example.org", "strap", name="Maya Berg")
    await indexed(workshop)
    thread_id, entry_id = receipt.threads[0], receipt.entries[0]
    assert await workshop.db.read(lambda conn: len(search.customers(conn, "maya berg", 5))) == 1
    assert await workshop.db.read(lambda conn: len(search.customers(conn, "lindgren", 5))) == 0
    await workshop.writer.submit(ChangeCustomer(workshop.ann, thread_id, {"name": "Maya Lindgren"}))
    case_id = await workshop.writer.submit(OpenCase(workshop.ann, thread_id, "Other", None))
    await workshop.writer.submit(MoveEntry(workshop.ann, entry_id, case_id))
    await indexed(workshop)
    assert await workshop.db.read(lambda conn: len(search.customers(conn, "lindgren", 5))) == 1
    assert await find(workshop, "strap", case_id=case_id) == ["strap"]


async def test_indexing_twice_is_indexing_once(workshop: Workshop) -> None:
    receipt = await workshop.hear("a@example.org", "strap")
    await indexed(workshop)
    again = sa.insert(UNINDEXED).values(entry_id=receipt.entries[0])
    await workshop.db.write(lambda conn: conn.execute(again) and None)
    await indexed(workshop)
    assert await find(workshop, "strap") == ["strap"]
    assert await workshop.rows(Unindexed) == []


async def test_what_is_forgotten_is_not_found(workshop: Workshop) -> None:
    receipt = await workshop.hear("a@example.org", "strap")
    await indexed(workshop)
    await workshop.db.write(lambda conn: forget(conn, receipt.entries, []))
    assert await find(workshop, "strap") == []


@pytest.mark.parametrize(
    ("text", "asked", "shown"),
    [
        ("The zipper broke", "zipper", f"The {BEGIN}zipper{END} broke"),
        ("Zipper, ZIPPER", "zipper", f"{BEGIN}Zipper{END}, {BEGIN}ZIPPER{END}"),
        ("zippers", "zip", f"{BEGIN}zippers{END}"),
        ("no such word", "zipper", "no such word"),
        (f"{BEGIN}forged{END} marks", "marks", f"forged {BEGIN}marks{END}"),
        ("line\n\n  breaks zipper", "zipper", f"line breaks {BEGIN}zipper{END}"),
    ],
)
def test_snippets(text: str, asked: str, shown: str) -> None:
    query = Query(asked)
    assert snippet(text, query.words, (query.open_end,)) == shown


def test_a_long_text_is_shown_around_its_first_match() -> None:
    shown = snippet("before " * 200 + "needle " + "after " * 200, ["needle"], ())
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert f"{BEGIN}needle{END}" in shown
    assert len(shown) < 200
