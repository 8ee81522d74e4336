"""All that one screen of a thread needs, in a dozen statements whether it has ten entries or a hundred thousand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.access import Right, Viewer, require
from hub.core.desk import InboxFacts
from hub.core.errors import NotFound
from hub.core.read import cases, entries, people
from hub.core.read.ways import ways
from hub.db import among
from hub.models import Attachment, Draft, Seen, Thread

THREAD, SEEN, DRAFT = Thread.__table__, Seen.__table__, Draft.__table__  # type: ignore[attr-defined]
ATTACHMENT = Attachment.__table__  # type: ignore[attr-defined]

PAGE = 40
Out = dict[str, Any]
_FILES = sa.select(ATTACHMENT).where(among(ATTACHMENT.c.id, "ids"))


def thread(
    conn: Connection, viewer: Viewer, thread_id: UUID, inboxes: Iterable[InboxFacts], around: int | None, online: bool
) -> Out:
    """The newest entries, or those around a `seq`, with customer, cases, drafts and ways to answer."""
    row = conn.execute(sa.select(THREAD).where(THREAD.c.id == thread_id)).first()
    if row is None:
        raise NotFound("thread")
    require(conn, viewer, Right.READ, thread_id)
    after = False
    if around is None:
        found, before = entries.before(conn, thread_id, row.last_seq + 1, PAGE)
    else:
        found, before, after = entries.around(conn, thread_id, around, PAGE)
    who = people.customer(conn, row.customer_id)
    return {
        "id": row.id,
        "rev": row.rev,
        "last_seq": row.last_seq,
        "customer": who,
        "cases": cases.of_thread(conn, viewer, thread_id),
        "entries": found,
        "more_before": before,
        "more_after": after,
        "drafts": drafts(conn, viewer, thread_id),
        "targets": ways(conn, who, inboxes, online=online),
        "seen_seq": seen(conn, viewer, thread_id),
        "visitor_online": online,
        "customer_read_seq": row.read_seq,
    }


def page(conn: Connection, viewer: Viewer, thread_id: UUID, before: int | None, after: int | None, limit: int) -> Out:
    """Entries on one side of a `seq`; the newest when neither side is named."""
    require(conn, viewer, Right.READ, thread_id)
    if after is not None:
        found, more = entries.after(conn, thread_id, after, limit)
        return {"entries": found, "more_before": after > 0, "more_after": more}
    found, more = entries.before(conn, thread_id, before if before is not None else 2**62, limit)
    return {"entries": found, "more_before": more, "more_after": before is not None and bool(found)}


def changes(conn: Connection, viewer: Viewer, thread_id: UUID, after: int) -> Out:
    """What changed after a `rev`, as it is now, for a screen that missed something."""
    require(conn, viewer, Right.READ, thread_id)
    # read the mark first: what changes meanwhile has a higher one and is asked for again
    rev, reset = conn.execute(sa.select(THREAD.c.rev, THREAD.c.reset_rev).where(THREAD.c.id == thread_id)).one()
    found, complete = entries.changed(conn, thread_id, after) if after >= reset else ([], False)
    return {"rev": rev, "entries": found, "cases": cases.of_thread(conn, viewer, thread_id), "complete": complete}


def revs(conn: Connection, thread_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Where the threads are now; told to every socket from time to time."""
    statement = sa.select(THREAD.c.id, THREAD.c.rev).where(among(THREAD.c.id, "ids"))
    return {row.id: row.rev for row in conn.execute(statement, {"ids": list(thread_ids)})}


def seen(conn: Connection, viewer: Viewer, thread_id: UUID) -> int:
    mine = sa.select(SEEN.c.seq).where(SEEN.c.agent_id == viewer.id, SEEN.c.thread_id == thread_id)
    return int(conn.execute(mine).scalar() or 0)


def targets(
    conn: Connection, viewer: Viewer, thread_id: UUID, inboxes: Iterable[InboxFacts], online: bool
) -> list[Out]:
    require(conn, viewer, Right.READ, thread_id)
    customer_id = conn.execute(sa.select(THREAD.c.customer_id).where(THREAD.c.id == thread_id)).scalar_one()
    return ways(conn, people.customer(conn, customer_id), inboxes, online=online)


# --- drafts ---


def drafts(conn: Connection, viewer: Viewer, thread_id: UUID | None = None) -> list[Out]:
    """The viewer's own, in one thread or everywhere, the newest first."""
    mine = sa.select(DRAFT).where(DRAFT.c.agent_id == viewer.id)
    if thread_id is not None:
        mine = mine.where(DRAFT.c.thread_id == thread_id)
    return draft_rows(conn, conn.execute(mine.order_by(DRAFT.c.updated_at.desc(), DRAFT.c.id).limit(500)).all())


def draft(conn: Connection, viewer: Viewer, draft_id: UUID) -> Out:
    """Somebody else's draft is as if it didn't exist."""
    mine = sa.select(DRAFT).where(DRAFT.c.id == draft_id, DRAFT.c.agent_id == viewer.id)
    found = draft_rows(conn, conn.execute(mine).all())
    if not found:
        raise NotFound("draft")
    return found[0]


def draft_rows(conn: Connection, rows: Iterable[Any]) -> list[Out]:
    rows = list(rows)
    ids = {UUID(id_) for row in rows for id_ in row.content.get("attachments", [])}
    files: dict[UUID, Out] = defaultdict(dict)
    if ids:
        files |= {row.id: entries.attachment(row) for row in conn.execute(_FILES, {"ids": list(ids)})}
    return [_draft(row, files) for row in rows]


def _draft(row: Any, files: dict[UUID, Out]) -> Out:
    content = row.content
    return {
        "id": row.id,
        "slot": row.slot,
        "thread_id": row.thread_id,
        "case_id": content.get("case_id"),
        "inbox_id": content.get("inbox_id"),
        "to": content.get("to"),
        "cc": content.get("cc", []),
        "bcc": content.get("bcc", []),
        "subject": content.get("subject", ""),
        "text": content.get("text", ""),
        "html": content.get("html", ""),
        "attachments": [files[UUID(id_)] for id_ in content.get("attachments", []) if UUID(id_) in files],
        "version": row.version,
        "send_at": row.send_at,
        "client_key": row.client_key,
        "updated_at": row.updated_at,
        "held_reason": row.held_reason,
    }
