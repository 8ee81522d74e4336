"""Uploads that nobody used: forgotten after a day, and their bytes with them where nothing else holds the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.envelopes import ENVELOPE, IS_WAITING
from hub.db import among
from hub.models.tables import ATTACHMENT, DRAFT

KEPT = timedelta(days=1)
AT_ONCE = 200
FIRST = UUID(int=0)

_UNUSED = (
    sa.select(ATTACHMENT.c.id, ATTACHMENT.c.owner_id, ATTACHMENT.c.sha256, ATTACHMENT.c.created_at)
    .where(
        ATTACHMENT.c.entry_id.is_(None),
        ATTACHMENT.c.created_at < sa.bindparam("before", type_=ATTACHMENT.c.created_at.type),
        ATTACHMENT.c.id > sa.bindparam("after", type_=ATTACHMENT.c.id.type),
    )
    .order_by(ATTACHMENT.c.id)
    .limit(AT_ONCE)
    # one that is being put into a message or a draft right now isn't unused
    .with_for_update(skip_locked=True)
)
_DRAFTS = sa.select(DRAFT.c.content).where(among(DRAFT.c.agent_id, "owners"))
_UNREAD = sa.select(ENVELOPE.c.received_at).where(
    IS_WAITING,
    among(ENVELOPE.c.inbox_id, "live"),
    ENVELOPE.c.received_at >= sa.bindparam("since", type_=ENVELOPE.c.received_at.type),
)
_NAMED = sa.select(ATTACHMENT.c.sha256).where(among(ATTACHMENT.c.sha256, "contents")).distinct()


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What one go took away; `last` is where the next begins, None after the last."""

    contents: frozenset[str]
    last: UUID | None


def forget_unused(conn: Connection, before: datetime, after: UUID, live: Iterable[UUID]) -> Forgotten:
    """Forget some of the uploads from before then that no entry and no draft holds.

    Nor may one be named by a message that still waits to be read: those of `live` inboxes name their files, and are
    written soon after them.
    """
    rows = conn.execute(_UNUSED, {"before": before, "after": after}).all()
    drafted = _drafted(conn, rows)
    heard = _unread(conn, rows, live)
    unused = [
        row
        for row in rows
        if row.id not in drafted and not any(row.created_at <= at <= row.created_at + KEPT for at in heard)
    ]
    conn.execute(sa.delete(ATTACHMENT).where(among(ATTACHMENT.c.id, "ids")), {"ids": [row.id for row in unused]})
    return Forgotten(frozenset(row.sha256 for row in unused), rows[-1].id if len(rows) == AT_ONCE else None)


def unnamed(conn: Connection, contents: Iterable[str]) -> set[str]:
    """Which of these no attachment names. Raw requests need no look: what is stored of them is sealed, like nothing."""
    wanted = set(contents)
    return wanted - set(conn.scalars(_NAMED, {"contents": list(wanted)}))


def _drafted(conn: Connection, rows: Sequence[Any]) -> set[UUID]:
    contents = conn.scalars(_DRAFTS, {"owners": list({row.owner_id for row in rows})}) if rows else ()
    return {UUID(id_) for content in contents for id_ in content.get("attachments", [])}


def _unread(conn: Connection, rows: Sequence[Any], live: Iterable[UUID]) -> list[datetime]:
    if not rows:
        return []
    return list(conn.scalars(_UNREAD, {"live": list(live), "since": min(row.created_at for row in rows)}))
