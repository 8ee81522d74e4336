"""Cases: the list, its views and counts, and what people do to one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import Connection

from hub.core.access import Right, Viewer
from hub.core.cases import ChangeCase, MoveEntry, OpenCase
from hub.core.read import cases, entries, search
from hub.http import cursors
from hub.http.ask import Ask
from hub.http.openapi import Routes
from hub.http.shapes import CaseChange, CaseIn, CaseOut, CasePage, CaseStatus, EntryOut, MoveIn, ViewOut

MOST_FOUND_CUSTOMERS = 200
KEYS: dict[cases.Sort, tuple[type, ...]] = {
    "newest": (datetime, UUID),
    "oldest_waiting": (datetime, UUID),
    "priority": (int, datetime, UUID),
}

routes = Routes("cases")


@routes.get("/views", Right.READ)
async def list_views(ask: Ask) -> list[ViewOut]:
    """The left pane: named filters with how many cases each holds."""
    labels = {facts.channel: (facts.capabilities.label or facts.name, facts.capabilities.icon) for facts in ask.inboxes}
    return [ViewOut.model_validate(view) for view in await ask.read(cases.views, ask.me, labels)]


@routes.get("/cases", Right.READ)
async def list_cases(
    ask: Ask,
    ids: Annotated[list[UUID] | None, Field(max_length=100)] = None,
    view: Annotated[
        str, Field(max_length=100, pattern=r"^(mine|unassigned|all|snoozed|drafts|channel:[\w.-]+)$")
    ] = "all",
    status: CaseStatus = "open",
    sort: Literal["newest", "oldest_waiting", "priority"] = "newest",
    q: Annotated[str, Field(max_length=200)] = "",
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 50,
) -> CasePage:
    """One page of a view, or with `ids` those cases as they are now.

    Of `ids`, what is missing in the answer is gone or not yours to see.
    """
    after = cursors.decode(cursor, *KEYS[sort]) if cursor else None
    return CasePage.model_validate(await ask.read(_page, ask.me, ids, view, status, sort, q.strip(), after, limit))


def _page(
    conn: Connection,
    me: Viewer,
    ids: list[UUID] | None,
    view: str,
    status: str,
    sort: cases.Sort,
    q: str,
    after: list[Any] | None,
    limit: int,
) -> dict[str, Any]:
    counts = cases.tally(conn).of_view(me, view)
    if ids is not None:
        return {"items": cases.by_ids(conn, me, ids), "next": None, "counts": counts}
    customers = tuple(search.customers(conn, q, MOST_FOUND_CUSTOMERS)) if q else None
    found, more = cases.page(conn, me, cases.View(view, status, sort, customers, q), after, limit)
    return {"items": found, "next": cursors.encode(more), "counts": counts}


@routes.get("/cases/{id}", Right.READ)
async def get_case(ask: Ask, id: UUID) -> CaseOut:
    """One case as a row of the list."""
    return CaseOut.model_validate(await ask.read(cases.one, ask.me, id))


@routes.patch("/cases/{id}", Right.WORK)
async def change_case(ask: Ask, id: UUID, change: CaseChange) -> CaseOut:
    """Assign, tag, snooze, close, reopen, rename; each change is an event in the thread."""
    await ask.read(cases.one, ask.me, id)
    await ask.submit(ChangeCase(ask.me.actor, id, change.model_dump(exclude_unset=True)))
    return CaseOut.model_validate(await ask.read(cases.one, ask.me, id))


@routes.post("/threads/{id}/cases", Right.WORK, status=201)
async def open_case(ask: Ask, id: UUID, case: CaseIn) -> CaseOut:
    """Open a second piece of work in the same thread, from an entry if one is named."""
    await ask.allow(Right.WORK, id)
    case_id = await ask.submit(OpenCase(ask.me.actor, id, case.subject, case.entry_id))
    return CaseOut.model_validate(await ask.read(cases.one, ask.me, case_id))


@routes.post("/entries/{id}/move", Right.WORK)
async def move_entry(ask: Ask, id: UUID, move: MoveIn) -> EntryOut:
    """Put an entry into another case of its thread; the clocks move with it."""
    await ask.submit(MoveEntry(ask.me.actor, id, move.case_id))
    return EntryOut.model_validate((await ask.read(entries.by_ids, [id]))[0])
