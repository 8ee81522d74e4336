"""Search over everything ever said and everybody who said it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import Connection

from hub.core.access import Right, Viewer
from hub.core.read import search
from hub.db import is_sqlite
from hub.http import cursors
from hub.http.ask import Ask
from hub.http.openapi import Routes
from hub.http.shapes import Moment, SearchOut

routes = Routes("search")
CUSTOMERS = 5


@routes.get("/search", Right.READ)
async def search_all(
    ask: Ask,
    q: Annotated[str, Field(max_length=500)] = "",
    channel: Annotated[str, Field(max_length=50)] = "",
    kind: Literal["", "message", "note", "call"] = "",
    before: Moment | None = None,
    after: Moment | None = None,
    case_id: UUID | None = None,
    agent_id: UUID | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> SearchOut:
    """Entries with all these words, the newest first, notes included; matches stand between U+E000 and U+E001.

    The last word may be the beginning of one. The first page also has the customers whose name or address fits.
    """
    query = search.Query(q, channel, kind, case_id, agent_id, after, before)
    return SearchOut.model_validate(await ask.read(_search, ask.me, query, cursor, limit))


def _search(conn: Connection, me: Viewer, query: search.Query, cursor: str | None, limit: int) -> dict[str, Any]:
    kinds: tuple[type, ...] = (int,) if is_sqlite(conn) else (datetime, UUID)
    after = tuple(cursors.decode(cursor, *kinds)) if cursor else None
    found, more = search.search(conn, me, query, after, limit)
    people = search.customer_hits(conn, query.text, CUSTOMERS) if cursor is None else []
    return {"entries": {"items": found, "next": cursors.encode(more)}, "customers": people}
