"""Build the outgoing mail: parts, threading headers, our own ids and marks; nothing a person typed adds a header."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from email import encoders
from email.charset import BASE64, QP, Charset
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from hub.contract import Address, Earlier, Outgoing, OutgoingFile, Refused

from .headers import one_line
from .settings import EmailSettings

MAX_REFERENCES = 50
MAX_EARLIER = 20
MAX_EARLIER_CHARS = 60_000
MAX_LOCAL_PART = 64
"""RFC 5321; servers refuse longer ones."""
LOOP_HEADER = "X-Onethread-Loop"
_REF_HASH = re.compile(r"#[0-9a-f]{32}$")
_LINK = re.compile(r"https?://[^\s<>\"']{1,2000}[^\s<>\"'.,;:!?)\]]")
_OWN_ID = re.compile(r"([a-z2-7]{26})\.([a-z2-7]{20})@")
_PLUS = re.compile(r"[^\s<>\"'(),:;\[\]]{1,64}\+[A-Za-z0-9._-]{1,64}@[A-Za-z0-9.-]{1,255}")
_RETURN = re.compile(r"\+b-([a-z2-7]{26})([a-z2-7]{12})@")
_CID_IMAGE = re.compile(r"<img[^>]{0,500}?src=[\"']?cid:[^>]*>", re.I)
"""The pictures of earlier mails don't travel again."""
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,80}/[A-Za-z0-9!#$&^_.+-]{1,120}")

Sign = Callable[[str], str]


class Marks:
    """Our ids and addresses, each with an HMAC, so that what comes back is known without a look into the database."""

    def __init__(self, settings: EmailSettings, sign: Sign) -> None:
        self.settings = settings
        self.sign = sign
        self.loop = sign("email-loop")

    def message_id(self, key: str) -> str:
        digest = base64.b32encode(hashlib.sha256(key.encode()).digest()[:16]).decode().rstrip("=").lower()
        return self._id(digest)

    def _id(self, digest: str) -> str:
        return f"{digest}.{self.sign('email-id:' + digest)}@{self.settings.domain}"

    def is_own_id(self, identifier: str) -> bool:
        found = _OWN_ID.match(identifier)
        return found is not None and identifier == self._id(found[1])

    def own_ids_in(self, text: str) -> list[str]:
        """Our message ids somewhere in a text, first come first."""
        found = dict.fromkeys(
            self._id(hit[1]) for hit in _OWN_ID.finditer(text) if hit[0] == self._id(hit[1]).partition("@")[0] + "@"
        )
        return list(found)

    def tags_in(self, text: str) -> list[str]:
        """The tags of our plus addresses somewhere in a text."""
        return [tag for found in _PLUS.findall(text) if (tag := self.tag(found))]

    def plus(self, tag: str) -> str:
        local, _, domain = self.settings.address.rpartition("@")
        return f"{local}+{tag}@{domain}"

    def return_path(self, message_id: str) -> str:
        """A bounce comes back to this address, which names the mail it is about (VERP)."""
        if not (self.settings.plus_addresses and self.settings.return_path):
            return self.settings.address
        digest = message_id.partition(".")[0]
        address = self.plus(f"b-{digest}{self.sign('email-return:' + digest)[:12]}")
        return address if len(address.rpartition("@")[0]) <= MAX_LOCAL_PART else self.settings.address

    def returned(self, address: str) -> str | None:
        """The message id behind one of our return addresses; None for any other address."""
        found = _RETURN.search(address.lower())
        if not found or self.sign("email-return:" + found[1])[:12] != found[2]:
            return None
        return self._id(found[1])

    def tag(self, address: str) -> str:
        """What stands behind the plus in one of our addresses, unless it is a return address."""
        return "" if self.returned(address) else self.settings.tag_of(address) or ""


def bare(ref: str) -> str:
    """The Message-ID inside an entry's ref."""
    return _REF_HASH.sub("", ref).strip("<> ")


def references(newest_first: Sequence[str]) -> list[str]:
    """Oldest first; of a long chain the first and the newest are kept."""
    chain = list(dict.fromkeys(bare(ref) for ref in reversed(newest_first)))
    chain = [ref for ref in chain if "@" in ref and not re.search(r"[\s<>]", ref) and len(ref) < 250]
    return chain if len(chain) <= MAX_REFERENCES else [chain[0], *chain[1 - MAX_REFERENCES :]]


async def build(outgoing: Outgoing, settings: EmailSettings, marks: Marks, now: datetime) -> bytes:
    """The whole mail as bytes with CRLF line ends."""
    text, html = _with_surroundings(outgoing, settings)
    body: MIMEBase = MIMEMultipart("alternative", boundary=_boundary())
    body.attach(_text(text, "plain"))
    body.attach(_text(html, "html"))
    inline = [file for file in outgoing.files if file.cid and f"cid:{file.cid}" in html]
    if inline:
        body = _wrap("related", body, [await _file(file, inline=True) for file in inline])
    attached = [file for file in outgoing.files if file not in inline]
    if attached:
        body = _wrap("mixed", body, [await _file(file, inline=False) for file in attached])
    for name, value in _headers(outgoing, settings, marks, now):
        body[name] = value
    return body.as_bytes(policy=_POLICY)


_POLICY = SMTP.clone(max_line_length=None, cte_type="7bit")


def _headers(outgoing: Outgoing, settings: EmailSettings, marks: Marks, now: datetime) -> Iterable[tuple[str, str]]:
    yield "From", mailbox(Address("email", settings.address, outgoing.author or settings.name))
    yield "To", mailbox(outgoing.to)
    if outgoing.cc:
        yield "Cc", ",\r\n ".join(mailbox(address) for address in outgoing.cc)
    reply_to = marks.plus(outgoing.token) if outgoing.token and settings.plus_addresses else ""
    if reply_to and len(reply_to.rpartition("@")[0]) <= MAX_LOCAL_PART:
        yield "Reply-To", mailbox(Address("email", reply_to, settings.name))
    yield "Subject", encoded(outgoing.subject, "Subject")
    yield "Date", format_datetime(now)
    yield "Message-ID", f"<{marks.message_id(outgoing.key)}>"
    chain = references(outgoing.reply_to)
    if chain:
        direct = bare(outgoing.reply_to[0])
        yield "In-Reply-To", f"<{direct if direct in chain else chain[-1]}>"
        yield "References", "\r\n ".join(f"<{ref}>" for ref in chain)
    yield LOOP_HEADER, marks.loop
    if outgoing.automatic:
        yield "Auto-Submitted", "auto-replied" if chain else "auto-generated"
        yield "Precedence", "bulk"
        yield "X-Auto-Response-Suppress", "All"


def mailbox(address: Address) -> str:
    """`name <address>` for a header; the name is encoded, the address must be a plain one."""
    value = wire_address(address.value)
    name = one_line(address.name)
    if not name or name == address.value:
        return f"<{value}>" if "," in value else value
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"\r\n <{value}>'
    return f"{encoded(name, 'From')}\r\n <{value}>"


def wire_address(value: str) -> str:
    """The address as SMTP needs it: the domain in ASCII, and nothing that could end a command or a header."""
    local, _, domain = value.rpartition("@")
    if not local or not domain or re.search(r"[\s<>,;:()\x00-\x1f\x7f]", value):
        raise Refused(f"{one_line(value)!r} is not an email address. Check it and send again")
    try:
        return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise Refused(f"{one_line(value)!r} has no valid domain. Check it and send again") from error


def encoded(text: str, name: str) -> str:
    text = one_line(text)
    if text.isascii() and "=?" not in text and len(text) < 900:
        return text
    return Header(text, "utf-8", header_name=name).encode(linesep="\r\n")


def _text(text: str, subtype: str) -> MIMEText:
    charset = Charset("utf-8")
    foreign = sum(character > "\x7f" for character in text)
    charset.body_encoding = BASE64 if foreign * 6 > len(text) else QP
    return MIMEText(text, subtype, charset)  # type: ignore[arg-type]


async def _file(file: OutgoingFile, inline: bool) -> MIMEBase:
    kind = file.type if _TYPE.fullmatch(file.type) and not file.type.startswith(("multipart/", "message/")) else ""
    main, _, sub = (kind or "application/octet-stream").partition("/")
    name = one_line(file.name).replace("/", "_").replace("\\", "_") or "attachment"
    part = MIMEBase(main, sub)
    part.set_payload(await file.read())
    encoders.encode_base64(part)
    # Most programs read RFC 2231 names, old ones only the encoded word in Content-Type.
    part.set_param("name", name if name.isascii() else Header(name, "utf-8", maxlinelen=1_000_000).encode())
    filename = name if name.isascii() else ("utf-8", "", name)
    part.add_header("Content-Disposition", "inline" if inline else "attachment", filename=filename)
    if file.cid:
        part["Content-ID"] = f"<{one_line(file.cid).strip('<>')}>"
    return part


def _wrap(subtype: str, body: MIMEBase, parts: Sequence[MIMEBase]) -> MIMEBase:
    outer = MIMEMultipart(subtype, boundary=_boundary())
    outer.attach(body)
    for part in parts:
        outer.attach(part)
    return outer


def _boundary() -> str:
    return f"=_{secrets.token_hex(16)}"


def _with_surroundings(outgoing: Outgoing, settings: EmailSettings) -> tuple[str, str]:
    """The answer, the signature, and below them the earlier turns in the form every mail program folds away."""
    text = outgoing.text.replace("\r\n", "\n").rstrip("\n")
    html = outgoing.html or as_html(text)
    signature = settings.signature.replace("\r\n", "\n").strip("\n")
    if signature:
        text += f"\n\n-- \n{signature}"
        html += f'<br><div class="onethread-signature">-- <br>{as_html(signature)}</div>'
    if not settings.quote_earlier:
        return text + "\n", html
    budget = MAX_EARLIER_CHARS
    for turn in outgoing.earlier[:MAX_EARLIER]:
        budget -= len(turn.text) + len(turn.html)
        if budget < 0:
            break
        intro = f"On {turn.at.strftime('%a, %d %b %Y at %H:%M')} UTC, {one_line(turn.author)} wrote:"
        text += f"\n\n{intro}\n" + "\n".join(f"> {line}".rstrip() for line in turn.text.splitlines())
        html += _quoted_html(intro, turn)
    return text + "\n", html


def _quoted_html(intro: str, turn: Earlier) -> str:
    return (
        f'<br><div class="gmail_quote onethread-history"><div>{escape(intro)}</div>'
        f'<blockquote type="cite" style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">'
        f"{_CID_IMAGE.sub('', turn.html) or as_html(turn.text)}</blockquote></div>"
    )


def as_html(text: str) -> str:
    """Plain text as simple HTML with its links made clickable."""
    out, position = [], 0
    for link in _LINK.finditer(text):
        target = escape(link[0])
        out += [escape(text[position : link.start()], quote=False), f'<a href="{target}">{target}</a>']
        position = link.end()
    out.append(escape(text[position:], quote=False))
    return "<div>" + "".join(out).replace("\n", "<br>\n") + "</div>"
