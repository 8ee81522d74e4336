"""Inboxes with their latest traffic, and envelopes that wait for somebody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.envelopes import IS_WAITING
from hub.core.errors import NotFound
from hub.models import Delivery, Envelope, Inbox
from hub.models.tables import REST

INBOX, ENVELOPE, DELIVERY = Inbox.__table__, Envelope.__table__, Delivery.__table__  # type: ignore[attr-defined]

Out = dict[str, Any]


_LAST_OUT = sa.select(sa.func.max(DELIVERY.c.settled_at)).where(
    DELIVERY.c.inbox_id == INBOX.c.id, DELIVERY.c.settled_at.is_not(None)
)
_INBOXES = (
    sa.select(
        INBOX,
        _LAST_OUT.scalar_subquery().label("last_out_at"),
        REST.c.until.label("next_try_at"),
        REST.c.since.label("trouble_since"),
        REST.c.reason.label("trouble"),
    )
    .join(REST, sa.and_(REST.c.inbox_id == INBOX.c.id, REST.c.until.is_not(None)), isouter=True)
    .where(INBOX.c.removed_at.is_(None))
)


def inboxes(conn: Connection) -> list[Out]:
    """Those that weren't removed, the oldest first."""
    return [dict(row) for row in conn.execute(_INBOXES.order_by(INBOX.c.id)).mappings()]


def inbox(conn: Connection, inbox_id: UUID) -> Out:
    row = conn.execute(_INBOXES.where(INBOX.c.id == inbox_id)).mappings().first()
    if row is None:
        raise NotFound("inbox")
    return dict(row)


def envelopes(conn: Connection, state: str, before: UUID | None, limit: int) -> tuple[list[Out], UUID | None]:
    """Envelopes in one state, the newest first."""
    found = (
        sa.select(ENVELOPE, INBOX.c.name.label("inbox_name"))
        .join_from(ENVELOPE, INBOX, INBOX.c.id == ENVELOPE.c.inbox_id)
        .where(ENVELOPE.c.state == state)
    )
    if state in ("new", "dead"):
        found = found.where(IS_WAITING)
    if before is not None:
        found = found.where(ENVELOPE.c.id < before)
    rows = conn.execute(found.order_by(ENVELOPE.c.id.desc()).limit(limit + 1)).all()
    return [_envelope(row) for row in rows[:limit]], rows[limit - 1].id if len(rows) > limit else None


def envelope(conn: Connection, envelope_id: UUID) -> Out:
    row = conn.execute(
        sa.select(ENVELOPE, INBOX.c.name.label("inbox_name"))
        .join_from(ENVELOPE, INBOX, INBOX.c.id == ENVELOPE.c.inbox_id)
        .where(ENVELOPE.c.id == envelope_id)
    ).first()
    if row is None:
        raise NotFound("envelope")
    return _envelope(row)


def _envelope(row: Any) -> Out:
    names = ("id", "inbox_id", "inbox_name", "state", "reason", "received_at", "size", "attempts")
    return {name: getattr(row, name) for name in names}
