"""What a screen shows of a thread: pages without gaps, costs that don't grow, and changes that add up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from hub.contract import State
from hub.core.access import BY_ROLE, Viewer
from hub.core.cases import ChangeCase, MoveEntry, OpenCase
from hub.core.errors import NotFound
from hub.core.people import ChangeCustomer
from hub.core.read import entries, threads
from hub.core.settle import Cancel, Retry
from hub.db import Database
from hub.models import Delivery
from tests.support.workshop import Workshop


def viewer(shop: Workshop) -> Viewer:
    assert shop.ann.id
    return Viewer(shop.ann.id, "Ann Agent", "ann@hub.example", "agent", BY_ROLE["agent"])


async def screen(shop: Workshop, thread_id: UUID, around: int | None = None, online: bool = False) -> dict[str, Any]:
    return await shop.db.read(
        lambda conn: threads.thread(conn, viewer(shop), thread_id, shop.desk.inboxes(), around, online)
    )


async def filled(shop: Workshop, n: int) -> UUID:
    for number in range(n):
        receipt = await shop.hear("maya@example.org", f"message {number + 1}", name="Maya Berg")
    return receipt.threads[0]


async def test_paging_back_and_forth_shows_everything_once(workshop: Workshop) -> None:
    thread_id = await filled(workshop, 95)
    first = await screen(workshop, thread_id)
    assert [entry["seq"] for entry in first["entries"]] == list(range(56, 96))
    assert (first["more_before"], first["more_after"]) == (True, False)

    me, seen = viewer(workshop), [entry["seq"] for entry in first["entries"]]
    more = True
    while more:
        page = await workshop.db.read(
            partial(threads.page, viewer=me, thread_id=thread_id, before=seen[0], after=None, limit=40)
        )
        seen = [entry["seq"] for entry in page["entries"]] + seen
        more = page["more_before"]
    assert seen == list(range(1, 96))

    forth: list[int] = [0]
    more = True
    while more:
        page = await workshop.db.read(
            partial(threads.page, viewer=me, thread_id=thread_id, before=None, after=forth[-1], limit=40)
        )
        forth += [entry["seq"] for entry in page["entries"]]
        more = page["more_after"]
    assert forth[1:] == list(range(1, 96))


@pytest.mark.parametrize(
    ("around", "first", "last", "before", "after"),
    [(1, 1, 20, False, True), (50, 30, 69, True, True), (95, 75, 95, True, False), (400, 76, 95, True, False)],
)
async def test_a_search_hit_opens_with_what_stood_around_it(
    workshop: Workshop, around: int, first: int, last: int, before: bool, after: bool
) -> None:
    thread_id = await filled(workshop, 95)
    shown = await screen(workshop, thread_id, around)
    seqs = [entry["seq"] for entry in shown["entries"]]
    assert (seqs[0], seqs[-1], len(seqs)) == (first, last, last - first + 1)
    assert (shown["more_before"], shown["more_after"]) == (before, after)


def count_statements(db: Database) -> Callable[[], list[str]]:
    seen: list[str] = []
    for engine in db.sync_engines:
        sa.event.listen(engine, "before_cursor_execute", lambda _c, _k, text, *_: seen.append(text))
    return lambda: seen


async def test_a_screen_costs_the_same_however_long_the_thread(workshop: Workshop) -> None:
    short, statements = await filled(workshop, 3), count_statements(workshop.db)
    await screen(workshop, short)
    few = len(statements())
    await filled(workshop, 120)
    statements().clear()
    await screen(workshop, short)
    assert len(statements()) == few
    assert few <= 18


async def test_an_unknown_thread_is_not_there(workshop: Workshop) -> None:
    with pytest.raises(NotFound):
        await screen(workshop, uuid4())
    me = viewer(workshop)
    for read in (
        lambda conn: threads.page(conn, me, uuid4(), None, None, 40),
        lambda conn: threads.changes(conn, me, uuid4(), 0),
        lambda conn: threads.targets(conn, me, uuid4(), [], False),
    ):
        with pytest.raises(NotFound):
            await workshop.db.read(read)


async def test_too_many_changes_ask_for_a_fresh_load(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MOST_CHANGES", 10)
    thread_id = await filled(workshop, 12)
    me = viewer(workshop)
    told = await workshop.db.read(lambda conn: threads.changes(conn, me, thread_id, 0))
    assert (told["complete"], told["entries"]) == (False, [])
    told = await workshop.db.read(lambda conn: threads.changes(conn, me, thread_id, 2))
    assert (told["complete"], len(told["entries"])) == (True, 10)


class Client:
    """A screen that only ever applies what it is told after its first load."""

    def __init__(self, shop: Workshop, snapshot: dict[str, Any]) -> None:
        self.shop = shop
        self.id = snapshot["id"]
        self.rev = snapshot["rev"]
        self.entries = {entry["id"]: entry for entry in snapshot["entries"]}
        self.cases = {case["id"]: case for case in snapshot["cases"]}

    async def catch_up(self) -> None:
        me = viewer(self.shop)
        told = await self.shop.db.read(lambda conn: threads.changes(conn, me, self.id, self.rev))
        assert told["complete"]
        assert all(entry["rev"] > self.rev for entry in told["entries"])
        self.rev = told["rev"]
        self.entries.update((entry["id"], entry) for entry in told["entries"])
        self.cases = {case["id"]: case for case in told["cases"]}

    def shows(self) -> Any:
        return sorted(self.entries.values(), key=lambda entry: entry["seq"]), self.cases


async def test_an_old_snapshot_and_its_deltas_are_a_fresh_snapshot(workshop: Workshop) -> None:
    """Walked over every action there is, asked for at once and asked for late."""
    shop = workshop
    thread_id = (await shop.hear("maya@example.org", "My boots don't fit", name="Maya Berg")).threads[0]
    snapshot = await screen(shop, thread_id)
    at_once, late = Client(shop, snapshot), Client(shop, snapshot)
    case_id = next(iter(at_once.cases))

    async def latest_delivery() -> dict[str, Any]:
        return (await shop.rows(Delivery, thread_id=thread_id))[-1]

    async def reported(state: State, **more: Any) -> None:
        await shop.status(shop.email, (await latest_delivery())["ref"], state, **more)

    async def change(**changes: Any) -> None:
        await shop.writer.submit(ChangeCase(shop.bob, case_id, changes))

    async def second_case() -> None:
        entry = next(iter(at_once.entries))
        other = await shop.writer.submit(OpenCase(shop.ann, thread_id, "Invoice", entry))
        await shop.writer.submit(MoveEntry(shop.bob, entry, case_id))
        await shop.writer.submit(ChangeCase(shop.ann, other, {"status": "spam"}))

    actions: list[Callable[[], Awaitable[Any]]] = [
        lambda: shop.hear("maya@example.org", "Are you there?"),
        lambda: shop.note(thread_id, "She is in a hurry"),
        lambda: shop.reply(thread_id, "maya@example.org", "We are", case_id=case_id),
        lambda: reported(State.SENT),
        lambda: reported(State.DELIVERED),
        lambda: reported(State.FAILED, reason="The mailbox is full"),
        lambda: change(assignee_id=shop.ann.id),
        lambda: change(priority="urgent", tags=["boots", "size"]),
        lambda: change(subject="Boots, again"),
        lambda: change(status="snoozed", until_reply=True),
        lambda: shop.hear("maya@example.org", "That wakes it"),
        second_case,
        lambda: change(status="done"),
        lambda: shop.hear("maya@example.org", "And that reopens it"),
        lambda: shop.writer.submit(ChangeCustomer(shop.ann, thread_id, {"name": "Maya Lindgren"})),
        lambda: shop.reply(thread_id, "maya@example.org", "On its way", case_id=case_id, then_done=True),
    ]
    for number, action in enumerate(actions):
        shop.later(seconds=1)
        await action()
        await at_once.catch_up()
        fresh = Client(shop, await screen(shop, thread_id))
        assert at_once.shows() == fresh.shows(), f"after action {number}"
        assert at_once.rev == fresh.rev
    await shop.writer.submit(Cancel(shop.ann, (await latest_delivery())["id"]))
    await shop.writer.submit(Retry(shop.ann, (await latest_delivery())["id"]))
    await at_once.catch_up()
    await late.catch_up()
    fresh = Client(shop, await screen(shop, thread_id))
    assert at_once.shows() == late.shows() == fresh.shows()
    told = [change for change in shop.changes if change.thread_id == thread_id]
    assert [change.rev for change in told] == sorted(change.rev for change in told)
    assert {entry for change in told for entry in change.entries} == fresh.entries.keys()


async def test_ways_to_answer_say_why_not(workshop: Workshop) -> None:
    thread_id = (await workshop.hear("maya@example.org", "Hello")).threads[0]
    found = {way["channel"]: way for way in (await screen(workshop, thread_id))["targets"]}
    assert (found["email"]["default"], found["email"]["reason"]) == (True, "last used")
    assert "chat" not in found  # no visitor of hers is known
    workshop.pause(workshop.email)
    found = {way["channel"]: way for way in (await screen(workshop, thread_id))["targets"]}
    assert (found["email"]["usable"], "paused" in found["email"]["reason"]) == (False, True)


async def test_the_default_way_follows_the_customer(workshop: Workshop) -> None:
    thread_id = (await workshop.hear("v_maya", "Hello", inbox=workshop.chat)).threads[0]
    way = (await screen(workshop, thread_id, online=True))["targets"][0]
    assert (way["channel"], way["default"], way["reason"]) == ("chat", True, "visitor is here")
    away = (await screen(workshop, thread_id))["targets"][0]
    assert away["reason"] == "goes by email if unread"


async def test_a_nameless_visitor_is_a_visitor(workshop: Workshop) -> None:
    thread_id = (await workshop.hear("v_secrettoken", "Hello", inbox=workshop.chat)).threads[0]
    shown = await screen(workshop, thread_id)
    assert shown["entries"][0]["author"]["name"] == "Visitor"
    assert shown["customer"]["name"].startswith("Visitor ")
    assert shown["cases"][0]["customer_name"] == shown["customer"]["name"]
