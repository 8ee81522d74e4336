"""What happened in the last seconds, for lists that may have missed it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.models import Entry, Thread, utcnow

ENTRY, THREAD = Entry.__table__, Thread.__table__  # type: ignore[attr-defined]

MARGIN_S = 10
"""Clocks of processes differ, and a transaction may commit a while after it made its ids."""
MOST = 500


def touched(conn: Connection, seconds: float) -> dict[str, Any]:
    """Cases and threads with entries of the last so many seconds, found by the time in their ids."""
    since = utcnow() - timedelta(seconds=seconds + MARGIN_S)
    rows = (
        sa.select(ENTRY.c.case_id, ENTRY.c.thread_id, THREAD.c.rev)
        .join_from(ENTRY, THREAD, THREAD.c.id == ENTRY.c.thread_id)
        .where(ENTRY.c.id >= UUID(int=int(since.timestamp() * 1000) << 80))
        .distinct()
        .limit(MOST)
    )
    found = conn.execute(rows).all()
    return {
        "cases": list({row.case_id for row in found if row.case_id}),
        "threads": [{"thread": id_, "rev": rev} for id_, rev in {row.thread_id: row.rev for row in found}.items()],
    }
