"""A mail provider in this process: an SMTP server that keeps what it is given, and an IMAP mailbox to be filled."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from hub.testkit import Fault, Shown, Simulator

from . import body, mime
from .imap_server import ImapServer

USER = "support"
PASSWORD = "simulated-mail-password"


@dataclass(frozen=True, slots=True)
class SentMail:
    """One mail as the provider took it."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def tree(self) -> mime.Tree:
        return mime.parse(self.raw)

    def header(self, name: str) -> str:
        return self.tree.root.headers.text(name.lower())

    @property
    def text(self) -> str:
        return body.read(self.tree).text


class MailProvider(Simulator):
    """Takes mail by SMTP and serves a mailbox by IMAP, both on free ports of the loopback."""

    plays = frozenset(Fault) - {Fault.BUSY, Fault.MOVED}
    """SMTP has words for "later" but none for when, which is what BUSY is about."""

    def __init__(self, user: str = USER, password: str = PASSWORD) -> None:
        super().__init__()
        self.user = user
        self.password = password
        self.mails: list[SentMail] = []
        self.arrived = asyncio.Event()
        """Set whenever a mail was taken; tests clear it."""
        self.unknown: set[str] = set()
        """Recipients that don't exist."""
        self.imap = ImapServer(user, password)
        self.smtp_port = 0
        self._smtp: asyncio.Server | None = None
        self._refused: WeakSet[Session] = WeakSet()
        """Clients try every mechanism they know; a refused one stays so."""

    def settings(self) -> Mapping[str, Any]:
        return {
            "smtp_host": "127.0.0.1",
            "smtp_port": self.smtp_port,
            "smtp_tls": "none",
            "smtp_user": self.user,
            "smtp_password": self.password,
            "imap_host": "127.0.0.1",
            "imap_port": self.imap.port,
            "imap_tls": "none",
            "imap_user": self.user,
            "imap_password": self.password,
        }

    async def start(self, smtp_port: int = 0, imap_port: int = 0) -> None:
        loop = asyncio.get_running_loop()
        self._smtp = await loop.create_server(self._conversation, "127.0.0.1", smtp_port)
        self.smtp_port = self._smtp.sockets[0].getsockname()[1]
        await self.imap.start(imap_port)

    async def stop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None
        await self.imap.stop()

    def _conversation(self) -> SMTP:
        return SMTP(
            _Handler(self),
            enable_SMTPUTF8=True,
            data_size_limit=40 * 1024 * 1024,
            hostname="mail.simulated.example",
            auth_require_tls=False,
            authenticator=self._authenticate,
            loop=asyncio.get_running_loop(),
        )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        if self.faults and self.faults[0] is Fault.UNAUTHORISED:
            self.faults.popleft()
            self._refused.add(session)
        expected = LoginPassword(self.user.encode(), self.password.encode())
        return AuthResult(success=session not in self._refused and data == expected, handled=False)

    def keep(self, envelope: Envelope) -> None:
        raw = envelope.original_content or b""
        mail = SentMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw)
        self.mails.append(mail)
        content = body.read(mail.tree)
        identifier = mail.tree.root.headers.ids("message-id")
        for recipient in mail.recipients:
            files = tuple(file.content for file in content.files)
            self.shown.append(Shown(identifier[0] if identifier else "", recipient, content.text.strip("\n"), files))
        self.arrived.set()


class _Handler:
    def __init__(self, provider: MailProvider) -> None:
        self.provider = provider

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.provider.user and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.provider.unknown:
            return "550 5.1.1 The mailbox does not exist"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fault = self.provider.next_fault()
        match fault:
            case Fault.REFUSED:
                return "554 5.7.1 This mail is refused"
            case Fault.BUSY:
                return "451 4.7.1 Too many mails, try again later"
            case Fault.DOWN:
                return "421 4.3.2 Down for maintenance"
            case Fault.UNAUTHORISED:
                return "535 5.7.8 Credentials are invalid"
            case Fault.SLOW:
                await asyncio.sleep(self.provider.delay)
        self.provider.keep(envelope)
        if fault is Fault.DROPPED and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return "250 2.0.0 Taken"
