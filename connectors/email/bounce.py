"""Delivery reports, RFC 3464 and free-form: what became of a mail of ours, for which recipient, and why, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hub.contract import State, Status

from . import charset, headers, html
from .compose import Marks
from .headers import Headers
from .mime import Part, Tree

_MACHINE = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|maildaemon|mdaemon|mail\.delivery)(?:[@+.-]|$)", re.I)
_CODE = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_REPLY = re.compile(r"\b([45])\d\d[ -]")
_ADDRESS = re.compile(r"[^\s<>@,;:\"']{1,64}@[^\s<>@,;:\"']{1,255}")
_DELAY = re.compile(
    r"delayed|not yet been delivered|will (?:keep|continue) (?:trying|to try)|will be retried|"
    r"warning message only|verzögert|retardé",
    re.I,
)
_FAILURE = re.compile(
    r"undeliver|could not be delivered|couldn't be delivered|wasn't able to deliver|was not delivered|failure notice|"
    r"permanent (?:fatal )?error|delivery (?:has )?failed|returned to sender|unzustellbar|nicht zugestellt|non remis|"
    r"no se pudo entregar|mancata consegna|user unknown|unknown user|no such user|does not exist|over quota|"
    r"mailbox (?:is )?full|address rejected|mailbox unavailable",
    re.I,
)
_REASONS = {
    "1.0": "The address was refused",
    "1.1": "The mailbox does not exist",
    "1.2": "The domain does not exist",
    "1.3": "The address is not valid",
    "1.6": "The mailbox has moved",
    "1.10": "The domain takes no mail",
    "2.0": "The mailbox can't take mail",
    "2.1": "The mailbox is disabled",
    "2.2": "The mailbox is full",
    "2.3": "The mail is too large for this mailbox",
    "3.4": "The mail is too large",
    "4.1": "The mail server of the domain does not answer",
    "4.4": "No mail server was found for the domain",
    "4.6": "The mail went in circles",
    "4.7": "The mail could not be delivered in time",
    "6.0": "The content was refused",
    "7.0": "The mail was refused",
    "7.1": "The mail was refused by the recipient's rules",
    "7.23": "The mail was refused: SPF failed",
    "7.26": "The mail was refused: authentication failed",
}
_STATES = {
    "failed": State.FAILED,
    "delayed": State.SENT,
    "relayed": State.SENT,
    "expanded": State.DELIVERED,
    "delivered": State.DELIVERED,
}
MAX_TEXT = 100_000
MAX_RECIPIENTS = 100


def is_report(tree: Tree) -> bool:
    return tree.root.type == "multipart/report" or any(_status_parts(tree.root))


def from_machine(fields: Headers, envelope_sender: str | None) -> bool:
    """No sender, or a mail system by name."""
    return envelope_sender == "" or any(_MACHINE.match(author.address) for author in fields.addresses("from"))


def statuses(tree: Tree, recipients: Sequence[str], envelope_sender: str | None, marks: Marks) -> list[Status]:
    """What a report says about a mail of ours; nothing if this is no report, or one about somebody else's mail."""
    fields = tree.root.headers
    groups = [group for part in _status_parts(tree.root) for group in _groups(part)][:MAX_RECIPIENTS]
    if not groups and not from_machine(fields, envelope_sender):
        return []
    ref = _about(tree, recipients, marks)
    if ref is None:
        return []
    if groups:
        return [status for group in groups if (status := _status(ref, group))]
    return _free_form(ref, tree, fields)


def _status_parts(part: Part) -> Iterator[Part]:
    if part.type in ("message/delivery-status", "message/global-delivery-status"):
        yield part
    for child in part.children:
        yield from _status_parts(child)


def _groups(part: Part) -> Iterator[Headers]:
    """The fields of each recipient; the first group, about the message as a whole, has no Action."""
    for block in re.split(rb"\r?\n[ \t]*\r?\n", part.payload()[:MAX_TEXT].strip() + b"\n"):
        fields, _, _ = headers.split(block.lstrip(b"\r\n"))
        if "action" in fields:
            yield fields


def _status(ref: str, group: Headers) -> Status | None:
    action = group.raw("action").partition(";")[0].split("(")[0].strip().lower()
    state = _STATES.get(action)
    if state is None:
        return None
    address = _typed(group.raw("original-recipient")) or _typed(group.raw("final-recipient"))
    said = " ".join(group.text("diagnostic-code").partition(";")[2].split())
    code = _CODE.search(group.raw("status")) or _CODE.search(said)
    if state is State.FAILED:
        return Status(ref, state, _reason(code, said), code is not None and code[1] == "4", address=address)
    remark = action if action in ("delayed", "relayed") else ""
    return Status(ref, state, _reason(code, said) if action == "delayed" else "", remark=remark, address=address)


def _typed(value: str) -> str:
    """`rfc822; maya@example.org` without its type."""
    found = _ADDRESS.search(value.rpartition(";")[2])
    return found[0] if found else ""


def _reason(code: re.Match[str] | None, said: str) -> str:
    if code is None:
        return said[:300] or "The mail could not be delivered"
    known = _REASONS.get(f"{code[2]}.{code[3]}") or _REASONS.get(f"{code[2]}.0")
    return f"{known} ({code[0]})" if known else f"{said[:300] or 'The mail could not be delivered'} ({code[0]})"


def _about(tree: Tree, recipients: Sequence[str], marks: Marks) -> str | None:
    """Our mail's id: from the return address, else from the returned mail, else from what the report answers."""
    for address in recipients:
        if ref := marks.returned(address):
            return ref
    fields = tree.root.headers
    candidates = [identifier for part in _returned(tree.root) for identifier in part.ids("message-id")]
    candidates += [*fields.ids("in-reply-to"), *fields.ids("references")]
    own = next((identifier for identifier in candidates if marks.is_own_id(identifier)), None)
    return own or next(iter(marks.own_ids_in(_text(tree.root))), None)


def _returned(part: Part) -> Iterator[Headers]:
    if part.type in ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"):
        yield headers.split(part.payload()[:MAX_TEXT].lstrip())[0]
    for child in part.children:
        yield from _returned(child)


def _text(part: Part) -> str:
    if part.type.startswith("text/"):
        text = charset.decode(part.payload()[:MAX_TEXT], part.parameter("charset"))
        return html.without_tags(text) if part.type == "text/html" else text
    return "\n".join(_text(child) for child in part.children)


def _free_form(ref: str, tree: Tree, fields: Headers) -> list[Status]:
    """A report in prose: believed only from a mail system and about a mail of ours, which is known by now."""
    text = f"{fields.text('subject')}\n{_text(tree.root)}"
    named = fields.addresses("x-failed-recipients")
    code = next((hit for hit in _CODE.finditer(text) if hit[1] in "45"), None)
    if _DELAY.search(text) and not named and not (code and code[1] == "5"):
        return [Status(ref, State.SENT, remark="delayed")]
    if not named and code is None and not _FAILURE.search(text):
        return []
    said = next((line.strip() for line in text.split("\n") if _REPLY.search(line) or _CODE.search(line)), "")
    addresses = [mailbox.address for mailbox in named] or _addresses_before_the_copy(text, ref)
    return [Status(ref, State.FAILED, _reason(code, said), address=address) for address in addresses[:MAX_RECIPIENTS]]


def _addresses_before_the_copy(text: str, ref: str) -> list[str]:
    """The first address that stands in brackets or alone on its line: reports name the recipient so."""
    for line in text.partition(ref)[0].split("\n")[:200]:
        found = _ADDRESS.search(line)
        if found and line.strip().startswith((found[0], "<" + found[0])):
            return [found[0].rstrip(".:")]
    return [""]
