"""The case list: pages by key in any order, and counts that are kept, never counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.access import Viewer, cases_for
from hub.core.errors import NotFound
from hub.core.read.agents import agent_ref
from hub.core.read.people import display_names
from hub.db import among
from hub.models import Agent, Case, CaseTag, CaseTally, Customer, Draft, Seen, Tag, Thread

CASE, THREAD, CUSTOMER = Case.__table__, Thread.__table__, Customer.__table__  # type: ignore[attr-defined]
AGENT, SEEN, DRAFT = Agent.__table__, Seen.__table__, Draft.__table__  # type: ignore[attr-defined]
TAG, CASE_TAG, TALLY = Tag.__table__, CaseTag.__table__, CaseTally.__table__  # type: ignore[attr-defined]

Out = dict[str, Any]
Sort = Literal["newest", "oldest_waiting", "priority"]
PRIORITIES = ("low", "normal", "high", "urgent")
STATUSES = ("open", "waiting", "snoozed", "done", "spam")
MOST_CASES_OF_THREAD = 100


@dataclass(frozen=True, slots=True)
class View:
    """Which cases: a named filter and a status."""

    key: str
    status: str = "open"
    sort: Sort = "newest"
    customers: tuple[UUID, ...] | None = None
    """Only of these customers, or with `words` in the subject."""
    words: str = ""


_ME = sa.bindparam("me", type_=AGENT.c.id.type)
_ROWS = (
    sa.select(
        CASE,
        CUSTOMER.c.id.label("customer_id"),
        CUSTOMER.c.name.label("customer_name"),
        AGENT.c.name.label("assignee_name"),
        sa.func.coalesce(SEEN.c.seq, 0).label("seen_seq"),
        sa.exists()
        .where(DRAFT.c.agent_id == _ME, DRAFT.c.thread_id == CASE.c.thread_id, DRAFT.c.send_at.is_(None))
        .label("has_draft"),
    )
    .join_from(CASE, THREAD, THREAD.c.id == CASE.c.thread_id)
    .join(CUSTOMER, CUSTOMER.c.id == THREAD.c.customer_id)
    .join(AGENT, AGENT.c.id == CASE.c.assignee_id, isouter=True)
    .join(SEEN, sa.and_(SEEN.c.thread_id == CASE.c.thread_id, SEEN.c.agent_id == _ME), isouter=True)
)
_TAGS = (
    sa.select(CASE_TAG.c.case_id, TAG)
    .join_from(CASE_TAG, TAG, TAG.c.id == CASE_TAG.c.tag_id)
    .where(among(CASE_TAG.c.case_id, "ids"))
    .order_by(TAG.c.name)
)
_TALLIES = sa.select(TALLY.c.assignee, TALLY.c.status, TALLY.c.channel, sa.func.sum(TALLY.c.n).label("n")).group_by(
    TALLY.c.assignee, TALLY.c.status, TALLY.c.channel
)


def one(conn: Connection, viewer: Viewer, case_id: UUID) -> Out:
    found = by_ids(conn, viewer, [case_id])
    if not found:
        raise NotFound("case")
    return found[0]


def by_ids(conn: Connection, viewer: Viewer, ids: Iterable[UUID]) -> list[Out]:
    """Cases as they are now; what is missing is gone, or none of the viewer's business."""
    statement = _ROWS.where(among(CASE.c.id, "ids"), cases_for(viewer))
    rows = conn.execute(statement, {"ids": list(ids), "me": viewer.id}).all()
    return _shown(conn, rows)


def of_thread(conn: Connection, viewer: Viewer, thread_id: UUID) -> list[Out]:
    """All of a thread's cases, the one touched last first."""
    statement = (
        _ROWS.where(CASE.c.thread_id == thread_id, cases_for(viewer))
        .order_by(CASE.c.last_at.desc(), CASE.c.id.desc())
        .limit(MOST_CASES_OF_THREAD)
    )
    return _shown(conn, conn.execute(statement, {"me": viewer.id}).all())


def page(
    conn: Connection, viewer: Viewer, view: View, after: Sequence[Any] | None, limit: int
) -> tuple[list[Out], list[Any] | None]:
    """One page of a view, and the key after which the next begins."""
    keys = _keys(view.sort)
    # the walk along the index takes ids alone, so that no join can tempt a planner away from it
    walk = sa.select(*(column for column, _ in keys)).where(*_filters(viewer, view), cases_for(viewer))
    if view.sort == "oldest_waiting":
        walk = walk.where(CASE.c.waiting_since.is_not(None))
    if after is not None:
        walk = walk.where(_beyond(keys, after))
    walk = walk.order_by(*(column if up else column.desc() for column, up in keys)).limit(limit + 1)
    found = conn.execute(walk).all()
    more = list(found[limit - 1]) if len(found) > limit else None
    ids = [row.id for row in found[:limit]]
    rows = {row["id"]: row for row in by_ids(conn, viewer, ids)} if ids else {}
    return [rows[id_] for id_ in ids if id_ in rows], more


def _keys(sort: Sort) -> list[tuple[Any, bool]]:
    """Columns that order the list, and whether they rise."""
    match sort:
        case "newest":
            return [(CASE.c.last_at, False), (CASE.c.id, False)]
        case "oldest_waiting":
            return [(CASE.c.waiting_since, True), (CASE.c.id, True)]
        case "priority":
            return [(CASE.c.priority, False), (CASE.c.last_at, False), (CASE.c.id, False)]


def _beyond(keys: list[tuple[Any, bool]], after: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Row comparison, which both engines answer from an index; every key of an order goes the same way."""
    columns = sa.tuple_(*(column for column, _ in keys))
    values = sa.tuple_(*(sa.literal(value, column.type) for (column, _), value in zip(keys, after, strict=True)))
    return columns > values if keys[0][1] else columns < values


def _filters(viewer: Viewer, view: View) -> list[sa.ColumnElement[bool]]:
    name, _, argument = view.key.partition(":")
    conditions = [CASE.c.status == ("snoozed" if name == "snoozed" else view.status)]
    match name:
        case "mine":
            conditions.append(CASE.c.assignee_id == viewer.id)
        case "unassigned":
            conditions.append(CASE.c.assignee_id.is_(None))
        case "channel":
            conditions.append(CASE.c.channel == argument)
        case "drafts":
            drafted = sa.select(DRAFT.c.thread_id).where(DRAFT.c.agent_id == viewer.id, DRAFT.c.send_at.is_(None))
            conditions = [CASE.c.thread_id.in_(drafted)]
        case "all" | "snoozed":
            pass
        case _:
            raise NotFound("view")
    if view.customers is not None:
        of_them = sa.select(THREAD.c.id).where(THREAD.c.customer_id.in_(view.customers))
        conditions.append(sa.or_(CASE.c.thread_id.in_(of_them), CASE.c.subject.icontains(view.words, autoescape=True)))
    return conditions


def _shown(conn: Connection, rows: Sequence[Any]) -> list[Out]:
    if not rows:
        return []
    tags: dict[UUID, list[Out]] = defaultdict(list)
    for row in conn.execute(_TAGS, {"ids": [row.id for row in rows]}):
        tags[row.case_id].append({"id": row.id, "name": row.name, "colour": row.colour})
    names = display_names(conn, {row.customer_id: row.customer_name for row in rows})
    return [_case(row, names[row.customer_id], tags[row.id]) for row in rows]


def _case(row: Any, customer_name: str, tags: list[Out]) -> Out:
    return {
        "id": row.id,
        "thread_id": row.thread_id,
        "customer_id": row.customer_id,
        "customer_name": customer_name,
        "subject": row.subject,
        "status": row.status,
        "assignee": agent_ref(row.assignee_id, row.assignee_name),
        "team_id": row.team_id,
        "priority": PRIORITIES[row.priority],
        "tags": tags,
        "channel": row.channel,
        "preview": row.preview,
        "preview_by": row.preview_by,
        "preview_agent_id": row.preview_agent_id,
        "last_at": row.last_at,
        "last_seq": row.last_seq,
        "opened_at": row.opened_at,
        "waiting_since": row.waiting_since,
        "snoozed_until": row.snoozed_until,
        "until_reply": row.until_reply,
        "unread": row.last_in_seq > row.seen_seq,
        "failed": row.failed,
        "has_draft": row.has_draft,
        "values": row.answers or {},
    }


# --- counts ---


@dataclass(frozen=True, slots=True)
class Tally:
    """All the kept counts of the workspace: a few rows for each agent, status and channel."""

    rows: tuple[tuple[str, str, str, int], ...]

    def count(self, *, assignee: str | None = None, status: str | None = None, channel: str | None = None) -> int:
        found = sum(
            n
            for who, what, where, n in self.rows
            if (assignee is None or who == assignee)
            and (status is None or what == status)
            and (channel is None or where == channel)
        )
        return max(0, found)

    def of_view(self, viewer: Viewer, key: str) -> dict[str, int]:
        name, _, argument = key.partition(":")
        only: dict[str, str] = {}
        if name == "mine":
            only["assignee"] = viewer.id.hex
        elif name == "unassigned":
            only["assignee"] = ""
        elif name == "channel":
            only["channel"] = argument
        return {status: self.count(status=status, **only) for status in STATUSES}

    @property
    def channels(self) -> list[str]:
        return sorted({channel for _, _, channel, n in self.rows if n and channel})


def tally(conn: Connection) -> Tally:
    return Tally(tuple((row.assignee, row.status, row.channel, int(row.n)) for row in conn.execute(_TALLIES)))


def drafts_count(conn: Connection, viewer: Viewer) -> int:
    own = sa.select(sa.func.count()).where(DRAFT.c.agent_id == viewer.id, DRAFT.c.send_at.is_(None))
    return int(conn.execute(own).scalar_one())


def views(conn: Connection, viewer: Viewer, labels: dict[str, tuple[str, str]]) -> list[Out]:
    """The console's left pane; `labels` are name and icon of each channel that an inbox offers."""
    kept = tally(conn)
    drafts = drafts_count(conn, viewer)
    mine = viewer.id.hex
    fixed = [
        ("mine", "My inbox", "inbox", kept.count(assignee=mine, status="open")),
        ("unassigned", "Unassigned", "user-x", kept.count(assignee="", status="open")),
        ("all", "All open", "layers", kept.count(status="open")),
        ("snoozed", "Snoozed", "alarm-clock", kept.count(status="snoozed")),
    ]
    if drafts:
        fixed.append(("drafts", "Drafts", "pencil", drafts))
    found = [{"key": key, "name": name, "group": "personal", "icon": icon, "count": n} for key, name, icon, n in fixed]
    for channel in sorted({*labels, *kept.channels}):
        name, icon = labels.get(channel, (channel.capitalize(), "message-square"))
        n = kept.count(status="open", channel=channel)
        found.append({"key": f"channel:{channel}", "name": name, "group": "channels", "icon": icon, "count": n})
    return found
