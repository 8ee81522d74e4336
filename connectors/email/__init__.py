"""Email: mail comes in by SMTP or from an IMAP mailbox and leaves through an SMTP server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from hub.contract import (
    Answer,
    Capabilities,
    Connector,
    Context,
    Cursor,
    Event,
    Intake,
    Outgoing,
    Raw,
    State,
    Unverified,
)

from . import compose, imap, smtp_out
from .compose import Marks
from .read import Reader
from .settings import EmailSettings
from .smtp_in import Mailroom, door

__all__ = ["Email", "EmailSettings"]


class Email(Connector[EmailSettings]):
    """One email address of ours."""

    key = "email"
    label = "Email"
    description = "Answer mail to an address such as support@example.org."
    Settings = EmailSettings
    capabilities = Capabilities(
        channel="email",
        identity="email",
        label="Email",
        icon="mail",
        colour="email",
        max_chars=500_000,
        html=True,
        subject=True,
        copies=True,
        media=True,
        media_bytes=25 * 1024 * 1024,
        receipts=(State.DELIVERED,),
        quotes_history=True,
        costly=True,
        refs_are_global=True,
    )

    def __init__(self, settings: EmailSettings, context: Context) -> None:
        super().__init__(settings, context)
        self.marks = Marks(settings, context.sign)
        self.reader = Reader(settings, self.marks)
        self.listening_port: int | None = None
        """The port mail comes in on while `listen` runs; tells which one the system chose for port 0."""

    @property
    def address(self) -> str:
        return self.settings.address

    def verify(self, raw: Raw) -> Answer | None:
        """Mail enters only through our own listeners; nobody can post one over HTTP."""
        if raw.method not in ("SMTP", "IMAP") or not raw.url.startswith(("smtp://", "imap://")):
            raise Unverified("This inbox takes mail by SMTP or IMAP only.")
        return None

    def normalise(self, raw: Raw) -> Iterable[Event]:
        return self.reader.read(raw)

    def dedup_key(self, raw: Raw) -> str:
        return self.reader.dedup_key(raw)

    def lane(self, raw: Raw) -> str:
        return self.reader.lane(raw)

    @property
    def listens_everywhere(self) -> bool:
        return self.settings.receive == "smtp"

    def own_ref(self, key: str) -> str:
        return self.marks.message_id(key)

    async def send(self, outgoing: Outgoing) -> str:
        message_id = self.marks.message_id(outgoing.key)
        recipients = [compose.wire_address(address.value) for address in (outgoing.to, *outgoing.cc, *outgoing.bcc)]
        mail = await compose.build(outgoing, self.settings, self.marks, self.context.now())
        utf8 = not all(address.isascii() for address in (*recipients, self.settings.address))
        await smtp_out.deliver(
            self.settings, self.marks.return_path(message_id), list(dict.fromkeys(recipients)), mail, utf8
        )
        return message_id

    async def listen(self, intake: Intake, cursor: Cursor) -> None:
        """Take mail until cancelled."""
        if self.settings.receive == "smtp":
            await self._listen_smtp(intake)
        elif self.settings.receive == "imap":
            await imap.read_mailbox(self.settings, self.context, intake, cursor)

    async def _listen_smtp(self, intake: Intake) -> None:
        room = Mailroom(self.settings, intake, self.context.now)
        entrance = door(self.settings.listen_host, self.settings.listen_port)
        await entrance.enter(room)
        self.listening_port = entrance.bound_port
        try:
            await asyncio.Event().wait()
        finally:
            self.listening_port = None
            await entrance.leave(room)

    async def health(self) -> str:
        reached = []
        if self.settings.smtp_host:
            reached.append(await smtp_out.check(self.settings))
        if self.settings.receive == "imap":
            reached.append(await imap.check(self.settings))
        return " ".join(reached) or "Nothing to check: this inbox only listens."
