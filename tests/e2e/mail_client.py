"""Maya's mail program: sends by SMTP and reads what her provider got, as any client does."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import make_msgid

from connectors.email.simulator import MailProvider, SentMail

MAYA = "maya.okafor@mail.example"


class MailClient:
    """`provider` is where the hub's answers arrive; the hub's own door is where hers go."""

    def __init__(self, provider: MailProvider, hub_port: int, address: str = MAYA) -> None:
        self.provider, self.hub_port, self.address = provider, hub_port, address

    async def send(
        self, subject: str, text: str, *, to: str = "support@shop.example", answers: SentMail | None = None
    ) -> str:
        """The new mail's Message-ID. An answer goes where the mail it answers asks for it."""
        mail = EmailMessage()
        mail["From"] = f"Maya Okafor <{self.address}>"
        mail["Subject"] = subject
        mail["Message-ID"] = make_msgid(domain="mail.example")
        if answers:
            to = answers.header("Reply-To") or answers.header("From")
            mail["In-Reply-To"] = answers.header("Message-ID")
            mail["References"] = f"{answers.header('References')} {answers.header('Message-ID')}".strip()
            quoted = "\n".join(f"> {line}" for line in answers.text.splitlines())
            text = f"{text}\n\nOn Sun, 22 Nov 2026 at 12:00, Shop wrote:\n{quoted}\n"
        mail["To"] = to
        mail.set_content(text)
        await asyncio.to_thread(self._deliver, mail)
        identifier: str = mail["Message-ID"]
        return identifier

    def _deliver(self, mail: EmailMessage) -> None:
        with smtplib.SMTP("127.0.0.1", self.hub_port, timeout=10) as server:
            server.send_message(mail)

    async def received(self, count: int, within: float = 20) -> Sequence[SentMail]:
        """Her mailbox, once it holds so many mails."""
        async with asyncio.timeout(within):
            while len(self.provider.mails) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return self.provider.mails
