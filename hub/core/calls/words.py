"""What is said of a call in words: for the timeline, and for whoever searches."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.db import Prepared, among
from hub.models.tables import CALL, CALL_LINE

ENDS = {
    "completed": "Answered",
    "no_answer": "No answer",
    "busy": "Busy",
    "rejected": "Rejected",
    "failed": "Failed",
    "canceled": "Cancelled before an answer",
    "voicemail_left": "Voicemail",
    "machine_hangup": "Answering machine",
    "missed": "Missed",
    "abandoned": "Hung up while waiting",
    "blocked": "Not allowed",
}
_NOTES = Prepared(
    sa.select(CALL.c.entry_id, CALL.c.from_address, CALL.c.to_address, CALL.c.note).where(among(CALL.c.entry_id, "ids"))
)
_SAID = Prepared(
    sa.select(CALL.c.entry_id, CALL_LINE.c.text)
    .join_from(CALL_LINE, CALL, CALL.c.id == CALL_LINE.c.call_id)
    .where(among(CALL.c.entry_id, "ids"), CALL_LINE.c.final)
    .order_by(CALL_LINE.c.call_id, CALL_LINE.c.at, CALL_LINE.c.seq)
)


def end_text(reason: str, detail: str) -> str:
    """The reason with what the provider said of it, if anything."""
    words = ENDS.get(reason, reason.replace("_", " ").capitalize())
    return f"{words}: {detail}" if detail else words


def duration(seconds: int) -> str:
    minutes, rest = divmod(max(0, seconds), 60)
    return f"{minutes}:{rest:02}"


def called(conn: Connection, entry_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What a call is found by: its numbers, its note and what was said, by the entry that shows it."""
    found: dict[UUID, str] = {}
    if not entry_ids:
        return found
    for row in _NOTES.rows(conn, ids=list(entry_ids)):
        found[row.entry_id] = f"{row.from_address} {row.to_address} {row.note}"
    for row in _SAID.rows(conn, ids=list(entry_ids)):
        found[row.entry_id] = f"{found.get(row.entry_id, '')} {row.text}"
    return found
