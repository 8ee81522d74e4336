"""What the conformance suite must know about the email connector."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, ClassVar

from hub.contract import File, Outgoing, Raw, Settings
from hub.testkit import MOMENT, Kit

from . import Email
from .simulator import PASSWORD, USER, MailProvider

_UNSIGNED = "mail carries no signature of a provider: it enters only by our own listeners, and each mail is judged"


class EmailKit(Kit):
    connector = Email
    settings: ClassVar[Mapping[str, Any]] = {
        "address": "support@example.org",
        "name": "Example Support",
        "receive": "imap",
        "imap_host": "imap.example.org",
        "imap_user": USER,
        "imap_password": PASSWORD,
        "smtp_host": "smtp.example.org",
        "smtp_user": USER,
        "smtp_password": PASSWORD,
        "trusted_server": "mx.example.org",
    }
    exempt: ClassVar[Mapping[str, str]] = dict.fromkeys(("forged", "tampered", "stale", "stranger"), _UNSIGNED)

    def sign(self, raw: Raw, settings: Settings) -> Raw:
        return raw

    def incoming(self, text: str, file: File | None = None) -> Raw:
        mail = _mail("Ada Lovelace <ada@example.com>", "support@example.org", text)
        if file:
            main, _, sub = file.type.partition("/")
            mail.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
        return _raw(mail)

    def echo(self, outgoing: Outgoing, ref: str) -> Raw:
        mail = _mail("support@example.org", outgoing.to.value, outgoing.text)
        mail.replace_header("Message-ID", f"<{ref}>")
        return _raw(mail)

    def simulator(self, settings: Settings) -> MailProvider:
        return MailProvider()


def _mail(sender: str, to: str, text: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = "A question"
    mail["Date"] = "Fri, 02 Jan 2026 03:04:00 +0000"
    mail["Message-ID"] = "<conformance@example.com>"
    mail.set_content(text, cte="base64")
    return mail


def _raw(mail: EmailMessage) -> Raw:
    headers = {"x-mail-from": "ada@example.com", "x-rcpt-to": "support@example.org"}
    return Raw("SMTP", "smtp://example.org/", headers, mail.as_bytes(), MOMENT)


KIT = EmailKit()
