"""What all processes must know of an inbox: until when nothing leaves it and why, and when its rate allows the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.db import insert_missing
from hub.models.tables import REST

_RESTING = sa.select(REST.c.inbox_id, REST.c.until, REST.c.since, REST.c.reason, REST.c.failures).where(
    REST.c.until.is_not(None)
)


@dataclass(frozen=True, slots=True)
class Resting:
    inbox_id: UUID
    until: datetime
    since: datetime
    reason: str
    failures: int


def resting(conn: Connection) -> dict[UUID, Resting]:
    return {row.inbox_id: Resting(*row) for row in conn.execute(_RESTING)}


def note(
    conn: Connection, inbox_id: UUID, until: datetime | None, since: datetime | None, reason: str, failures: int
) -> None:
    """An inbox begins to rest, or (`until` None) works again."""
    _have(conn, inbox_id)
    values = {"until": until, "since": since, "reason": reason, "failures": failures}
    conn.execute(sa.update(REST).where(REST.c.inbox_id == inbox_id).values(**values))


def next_moment(conn: Connection, inbox_id: UUID, now: datetime, apart: timedelta) -> datetime:
    """Take the next moment at which something may leave this inbox."""
    _have(conn, inbox_id)
    here = sa.select(REST.c.paced_to).where(REST.c.inbox_id == inbox_id).with_for_update()
    paced_to = conn.scalar(here)
    moment = max(now, paced_to) if paced_to else now
    conn.execute(sa.update(REST).where(REST.c.inbox_id == inbox_id).values(paced_to=moment + apart))
    return moment


def _have(conn: Connection, inbox_id: UUID) -> None:
    row = {"inbox_id": inbox_id, "until": None, "since": None, "reason": "", "failures": 0, "paced_to": None}
    insert_missing(conn, REST, [row], ("inbox_id",))
