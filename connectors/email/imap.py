"""Read an IMAP mailbox, resuming by UID."""

from __future__ import annotations

from hub.contract import Context, Cursor, Intake, Unavailable

from .settings import EmailSettings


async def check(settings: EmailSettings) -> str:
    raise Unavailable("Reading IMAP mailboxes isn't built yet.")


async def read_mailbox(settings: EmailSettings, context: Context, intake: Intake, cursor: Cursor) -> None:
    raise Unavailable("Reading IMAP mailboxes isn't built yet.")
