"""One stored mail to the hub's shapes: who wrote, what is new, what it answers, and how far it can be believed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.contract import Address, Event, Ignored, Malformed, Message, Raw

from . import automatic, body, bounce, headers, html, mime, quote, trust
from .compose import LOOP_HEADER, Marks
from .headers import Headers, Mailbox
from .settings import EmailSettings

MAX_SUBJECT = 1_000
_TRACE = re.compile(
    rb"received|return-path|delivered-to|x-[a-z-]*received[a-z-]*|x-original-to|x-forwarded-(?:to|for)|authentication-results|arc-[a-z-]+|"
    rb"x-(?:ms-exchange|microsoft|gm|google|spam|virus|forefront)-?[a-z0-9-]*|status|x-status|x-uid|x-keywords|x-mozilla-[a-z0-9-]+"
)
_RECIPIENT_FIELDS = (
    "to",
    "cc",
    "delivered-to",
    "x-original-to",
    "x-forwarded-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
)


class Reader:
    """Reads the mails of one inbox; pure, so that a stored mail can be read again at any time."""

    def __init__(self, settings: EmailSettings, marks: Marks) -> None:
        self.settings = settings
        self.marks = marks

    def read(self, raw: Raw) -> list[Event]:
        if not raw.body.strip():
            raise Malformed("This mail is empty.")
        try:
            return self._events(raw)
        except Malformed:
            raise
        except Exception as error:
            raise Malformed(f"This mail can't be read ({type(error).__name__}: {error}).") from error

    def _events(self, raw: Raw) -> list[Event]:
        tree = mime.parse(raw.body)
        fields = tree.root.headers
        recipients = self._recipients(raw, fields)
        envelope_sender = raw.headers.get("x-mail-from") if raw.method == "SMTP" else _return_path(fields)
        report = bounce.statuses(tree, recipients, envelope_sender, self.marks)
        if report:
            return list(report)
        if self.marks.loop in (value.strip() for value in fields.all_raw(LOOP_HEADER.lower())):
            return [Ignored("Our own mail came back (loop mark).")]
        sender, warnings = self._sender(raw, fields)
        if self.settings.tag_of(sender.address) is not None:
            return [Ignored(f"Sent from this inbox's own address {sender.address}.")]
        machine = automatic.why(fields, fields.text("subject"), envelope_sender)
        if bounce.is_report(tree):
            machine = "report"
        return [self._message(raw, tree, recipients, sender, warnings, machine)]

    def _message(
        self, raw: Raw, tree: mime.Tree, recipients: list[str], sender: Mailbox, warnings: list[str], machine: str
    ) -> Message:
        fields = tree.root.headers
        content = body.read(tree)
        parts = _split(content)
        if "x-truncated" in raw.headers:
            limit = self.settings.max_megabytes
            warnings.append(
                f"This mail is larger than {limit} MB; only its beginning was read, all of it is in the mailbox."
            )
        subject = fields.text("subject")
        if len(subject) > MAX_SUBJECT:
            warnings.append("The subject is very long and was cut.")
            subject = subject[:MAX_SUBJECT]
        identifiers = fields.ids("message-id")
        answer_to = next(iter(fields.addresses("reply-to")), None)
        proof, detail = trust.proof(fields, sender.domain, self.settings.trusted_server)
        answers = [
            *fields.ids("in-reply-to"),
            *reversed(fields.ids("references")),
            *(ref for address in recipients if (ref := self.marks.returned(address))),
            *self.marks.own_ids_in(parts.quoted),
        ]
        return Message(
            ref=self._ref(raw, fields, content, identifiers),
            sender=_address(sender),
            text=parts.text,
            html=parts.html,
            quoted=parts.quoted,
            quoted_html=parts.quoted_html,
            subject=subject,
            at=_not_later(fields.date(), raw.received_at),
            proof=proof,
            proof_detail=detail,
            refs=tuple(identifiers[:1]),
            reply_to=tuple(dict.fromkeys(answers)),
            tokens=self._tokens(recipients, parts.quoted),
            files=tuple(content.files),
            to=_addresses(fields.addresses("to")),
            cc=_addresses(fields.addresses("cc")),
            answer_to=_address(answer_to) if answer_to and answer_to.address != sender.address else None,
            automatic=machine,
            warnings=tuple(dict.fromkeys(warnings + content.warnings)),
            data=_facts(fields, content, identifiers),
        )

    def dedup_key(self, raw: Raw) -> str:
        """One key for every delivery of the same mail to the same recipients.

        Headers that servers add on the way don't count, unless the mail has no Message-ID: then only they tell two
        equal mails from one mail that came twice.
        """
        fields, content, _ = headers.split(raw.body)
        trusted = bool(fields.ids("message-id"))
        kept = [(name, value) for name, value in fields.fields if not trusted or not _TRACE.fullmatch(name.encode())]
        digest = hashlib.sha256()
        for name, value in kept:
            digest.update(name.encode() + b":" + b" ".join(value.split()) + b"\n")
        digest.update(b"\n" + content.replace(b"\r\n", b"\n").rstrip(b"\n"))
        if raw.method == "SMTP":
            digest.update(f"\n{raw.headers.get('x-mail-from')}\n{raw.headers.get('x-rcpt-to')}".encode())
        return digest.hexdigest()

    def lane(self, raw: Raw) -> str:
        """Who sent it, as cheaply as that can be known."""
        if sender := raw.headers.get("x-mail-from"):
            return sender.lower()
        fields, _, _ = headers.split(raw.body[:65_536])
        return next((mailbox.address.lower() for mailbox in fields.addresses("from")), "")

    def _ref(self, raw: Raw, fields: Headers, content: body.Body, identifiers: Sequence[str]) -> str:
        """Message-ID and content together: a retry is one entry, a guessed id can't suppress another mail (rule 5)."""
        if not identifiers:
            return f"no-id#{self.dedup_key(raw)[:32]}"
        digest = hashlib.sha256()
        for text in (fields.raw("from"), fields.raw("date"), fields.text("subject"), content.text, content.html):
            digest.update(" ".join(text.split()).encode() + b"\x00")
        for file in content.files:
            digest.update(hashlib.sha256(file.content).digest())
        return f"{identifiers[0]}#{digest.hexdigest()[:32]}"

    def _sender(self, raw: Raw, fields: Headers) -> tuple[Mailbox, list[str]]:
        """The From address; without one the envelope's; without that, too, the inbox's unknown sender."""
        warnings = []
        authors = fields.addresses("from")
        if len(fields.all_raw("from")) > 1:
            warnings.append("This mail names its sender twice; the first one is shown.")
        if authors:
            return authors[0], warnings
        warnings.append("This mail has no readable sender address.")
        spare = headers.parse_addresses(raw.headers.get("x-mail-from", "")) or fields.addresses("sender", "return-path")
        return (spare or [Mailbox("Unknown sender", f"unknown-sender@{self.settings.domain}.invalid")])[0], warnings

    def _recipients(self, raw: Raw, fields: Headers) -> list[str]:
        envelope = [address for address in raw.headers.get("x-rcpt-to", "").split(",") if address]
        named = [mailbox.address for mailbox in fields.addresses(*_RECIPIENT_FIELDS)]
        return list(dict.fromkeys(envelope + named))

    def _tokens(self, recipients: Sequence[str], quoted: str) -> tuple[str, ...]:
        tags = [tag for address in recipients if (tag := self.marks.tag(address))]
        return tuple(dict.fromkeys(tags + self.marks.tags_in(quoted)))


class _Parts:
    """A mail's text and HTML, each divided into new and old."""

    __slots__ = ("html", "quoted", "quoted_html", "text")

    def __init__(self, text: str, quoted: str, html: str, quoted_html: str) -> None:
        self.text = text
        self.quoted = quoted
        self.html = html
        self.quoted_html = quoted_html


def _split(content: body.Body) -> _Parts:
    """Divide the text and the HTML; where only the HTML shows what is old, its text is taken."""
    text, quoted = _split_text(content.text.split("\n"))
    if not content.html.strip():
        return _Parts(text, quoted, "", "")
    if html.is_damaged(content.html):
        content.warnings.append("The formatting of this mail is damaged; only its words are shown.")
        if not content.text:
            text, quoted = _split_text(html.without_tags(content.html).split("\n"))
        return _Parts(text, quoted, "", "")
    document = html.parse(content.html)
    lines = html.lines(document)
    words = [line.text for line in lines]
    marks = [number for number, line in enumerate(lines) if line.marked]
    signatures = [number for number, line in enumerate(lines) if line.signature]
    first, last = quote.split(words, marks, signatures)
    if not content.text.strip() or (not quoted.strip() and (first, last) != (0, len(words))):
        text, quoted = _join(words, first, last)
    else:
        text, quoted = _ends_like(text, quoted, "\n".join(words[first:last]))
    removed = ""
    if (first, last) != (0, len(words)):
        removed = html.cut(
            document, lines[first].node if first else None, lines[last].node if last < len(lines) else None
        )
    return _Parts(text, quoted, html.inner(document), removed)


def _ends_like(text: str, quoted: str, words: str) -> tuple[str, str]:
    """Where the HTML marks a signature that the text doesn't, the text ends where the HTML does."""
    wanted, lines = len("".join(words.split())), text.split("\n")
    if not wanted or not "".join(text.split()).startswith("".join(words.split())):
        return text, quoted
    for number, line in enumerate(lines):
        wanted -= len("".join(line.split()))
        if wanted <= 0:
            rest = "\n".join(lines[number + 1 :])
            return ("\n".join(lines[: number + 1]), f"{rest}\n{quoted}".strip("\n")) if not wanted else (text, quoted)
    return text, quoted


def _split_text(lines: list[str]) -> tuple[str, str]:
    return _join(lines, *quote.split(lines))


def _join(lines: Sequence[str], first: int, last: int) -> tuple[str, str]:
    old = [*lines[:first], *lines[last:]]
    return "\n".join(lines[first:last]).strip("\n"), "\n".join(old).strip("\n")


def _address(mailbox: Mailbox) -> Address:
    return Address("email", mailbox.address, mailbox.name)


def _addresses(mailboxes: Sequence[Mailbox]) -> tuple[Address, ...]:
    return tuple(_address(mailbox) for mailbox in mailboxes)


def _not_later(at: datetime | None, received_at: datetime) -> datetime | None:
    """A wrong clock must not put a mail ahead of the ones that follow."""
    return None if at is None or at > received_at + timedelta(minutes=10) else at


def _return_path(fields: Headers) -> str | None:
    """What delivery wrote as the envelope's sender: "" for a report, None where nothing is said."""
    value = fields.raw("return-path").strip()
    return value.strip("<> ") if value else None


def _facts(fields: Headers, content: body.Body, identifiers: Sequence[str]) -> dict[str, object]:
    facts: dict[str, object] = {}
    if identifiers:
        facts["message_id"] = identifiers[0]
    for fact, name in (("list", "list-id"), ("mailer", "x-mailer"), ("importance", "importance")):
        if value := fields.text(name)[:200]:
            facts[fact] = value
    if original := fields.addresses("x-original-sender"):
        facts["original_sender"] = original[0].address
    if content.signed:
        facts["signed"] = True
    if content.encrypted:
        facts["encrypted"] = True
    return facts
