"""The demo's customer's mailbox: what is written there goes to the hub by real SMTP, and so do the answers back."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid, parseaddr, parsedate_to_datetime
from typing import Annotated, Any

import aiosmtplib
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from connectors.email import body
from connectors.email.simulator import MailProvider, SentMail
from hub.demo.script import STEPS
from hub.http.bodies import read_body, read_json
from hub.http.errors import HttpProblem
from hub.http.files import response
from hub.models import utcnow
from hub.runtime import HUB

SUPPORT = "support@fernandfell.example"
ME = {"name": "Maya Lindgren", "email": "maya@example.com"}
LIMIT = 20 * 1024 * 1024
KEPT = 500

Header = Annotated[str, StringConstraints(max_length=998, pattern=r"^[^\r\n]*$")]
Email = Annotated[str, StringConstraints(max_length=320, pattern=r"^[^@\s<>]+@[^@\s<>]+$")]


class FileIn(BaseModel):
    name: Header
    type: Header = "application/octet-stream"
    data: str


class MailIn(BaseModel):
    """One mail as the customer's page sends it."""

    model_config = ConfigDict(populate_by_name=True)

    sender: Email = Field(alias="from")
    name: Header = ""
    to: Email
    subject: Header = ""
    text: Annotated[str, StringConstraints(max_length=200_000)] = ""
    in_reply_to: Header = ""
    references: list[Header] = Field(default=[], max_length=100)
    files: list[FileIn] = Field(default=[], max_length=20)


class Mailbox:
    """A mail provider in this process: nothing the demo sends leaves the machine."""

    def __init__(self) -> None:
        self.provider = MailProvider(user="", password="")
        self.port = 0
        """Where the hub takes mail."""

    async def start(self) -> None:
        await self.provider.start()

    async def stop(self) -> None:
        await self.provider.stop()

    def outgoing(self) -> dict[str, Any]:
        """Settings with which an inbox sends here."""
        return {
            "smtp_host": "127.0.0.1",
            "smtp_port": self.provider.smtp_port,
            "smtp_tls": "none",
            "smtp_user": "",
            "smtp_password": "",
        }

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/demo/config", self.config),
            web.post("/demo/mail", self.send),
            web.get("/demo/mails", self.mails),
            web.get("/demo/mails/{mail}/{file}", self.file),
        ]

    async def config(self, request: web.Request) -> web.Response:
        hub = request.app[HUB]
        chat = next((facts.id for facts in hub.inboxes.all_facts() if facts.capabilities.live), None)
        shown = {
            "inbox": str(chat or ""),
            "support": SUPPORT,
            "smtp": f"127.0.0.1:{self.port}",
            "me": ME,
            "console": hub.config.address,
            "story": [asdict(step) for step in STEPS],
        }
        return web.json_response(shown)

    async def send(self, request: web.Request) -> web.Response:
        """Over the wire, as any mail program would: to the port that the hub listens on."""
        mail = read_json(MailIn, await read_body(request, LIMIT))
        message = compose(mail)
        try:
            await aiosmtplib.send(message, hostname="127.0.0.1", port=self.port, start_tls=False, timeout=20)
        except aiosmtplib.SMTPException as error:
            raise HttpProblem(503, f"The hub's mail port didn't take the mail: {error}") from error
        return web.json_response({"id": message["Message-ID"]}, status=202)

    async def mails(self, request: web.Request) -> web.Response:
        """What the hub sent to the customer of this page, newest last."""
        wanted = request.query.get("to", ME["email"]).casefold()
        start = max(0, len(self.provider.mails) - KEPT)
        found = [
            shown(number, mail)
            for number, mail in enumerate(self.provider.mails[start:], start)
            if wanted in (address.casefold() for address in mail.recipients)
        ]
        return web.json_response(found)

    async def file(self, request: web.Request) -> web.Response:
        try:
            mail = self.provider.mails[int(request.match_info["mail"])]
            file = body.read(mail.tree).files[int(request.match_info["file"])]
        except (ValueError, IndexError):
            raise HttpProblem(404, "This file isn't in the mailbox any more.") from None
        return response(file.content, file.name, "application/octet-stream")


def compose(mail: MailIn) -> EmailMessage:
    message = EmailMessage()
    message["From"] = formataddr((mail.name, mail.sender))
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(utcnow())
    message["Message-ID"] = make_msgid(domain=mail.sender.rpartition("@")[2])
    if mail.in_reply_to:
        message["In-Reply-To"] = mail.in_reply_to
    if mail.references:
        message["References"] = " ".join(mail.references)
    message.set_content(mail.text)
    for file in mail.files:
        kind, _, detail = file.type.partition(";")[0].partition("/")
        try:
            content = base64.b64decode(file.data, validate=True)
        except binascii.Error:
            raise HttpProblem(422, f"{file.name} can't be read.", fields={"files": "Send it as base64."}) from None
        message.add_attachment(
            content, maintype=kind or "application", subtype=detail or "octet-stream", filename=file.name
        )
    return message


def shown(number: int, mail: SentMail) -> dict[str, Any]:
    headers, content = mail.tree.root.headers, body.read(mail.tree)
    from_name, sender = parseaddr(mail.header("from"))
    own = headers.ids("message-id")
    return {
        "id": str(number),
        "at": _moment(mail.header("date")),
        "from": sender,
        "from_name": from_name,
        "reply_to": parseaddr(mail.header("reply-to"))[1],
        "to": parseaddr(mail.header("to"))[1],
        "subject": mail.header("subject"),
        "text": content.text,
        "html": content.html,
        "message_id": f"<{own[0]}>" if own else "",
        "references": [f"<{ref}>" for ref in headers.ids("references")],
        "in_reply_to": next((f"<{ref}>" for ref in headers.ids("in-reply-to")), ""),
        "attachments": [
            {"name": file.name, "type": file.type, "size": len(file.content), "url": f"/demo/mails/{number}/{place}"}
            for place, file in enumerate(content.files)
        ],
    }


def _moment(date: str) -> str:
    try:
        return parsedate_to_datetime(date).isoformat()
    except ValueError:
        return utcnow().isoformat()
