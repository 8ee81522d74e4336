"""One of the two exceptions to "words never change": an entry is emptied, and an event says so (rule 6)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from hub.core.batch import Batch
from hub.core.states import Row, ThreadState
from hub.models.tables import ATTACHMENT

WORDS = ("cards", "choice", "warnings")
"""What an entry's data holds of what was said."""


def redact(batch: Batch, thread: ThreadState, entry: Row, shown_as: str) -> None:
    """Empty an entry; lists show `shown_as` where they showed its words. Whoever calls adds the event."""
    _let_files_go(batch, entry["id"])
    kept = {name: value for name, value in (entry["data"] or {}).items() if name not in WORDS}
    entry.set(
        subject="", text="", html="", quoted="", quoted_html="", data=kept or None, since=None, redacted_at=batch.now
    )
    touch(thread, entry)
    if entry["case_id"]:
        batch.load_cases({entry["case_id"]})
    case = batch.cases.get(entry["case_id"])
    if case is not None and case["last_seq"] == entry["seq"]:
        case.set(preview=shown_as)
        thread.cases[case["id"]] = None


def touch(thread: ThreadState, entry: Row) -> None:
    """The entry changed: screens fetch it anew, the customer's too where they may see it."""
    entry.set(rev=thread.next_rev())
    if entry["public_rev"] is not None:
        entry.set(public_rev=thread.next_public_rev())
    thread.entries[entry["id"]] = None


def _let_files_go(batch: Batch, entry_id: UUID) -> None:
    """Nobody's uploads: unreadable at once, and forgotten with their bytes a day later."""
    batch.new_attachments[:] = [row for row in batch.new_attachments if row["entry_id"] != entry_id]
    gone = sa.update(ATTACHMENT).where(ATTACHMENT.c.entry_id == entry_id)
    batch.conn.execute(gone.values(entry_id=None, next_at=None))
