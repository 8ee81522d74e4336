"""Cut a mail into its parts without recursion, so that neither depth nor damage can stall or crash it."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from email.message import Message as StandardMessage

from . import charset, headers
from .headers import Headers

MAX_DEPTH = 50
MAX_PARTS = 1_000
_TOO_MUCH = "This mail has more parts than are read; the rest is in its original."
_DELIMITER_TAIL = re.compile(rb"(--)?[ \t]*(?:\r?\n|$)")
_GUESSED_BOUNDARY = re.compile(rb"(?:^|\n)--([^\r\n]{1,200}?)[ \t]*\r?\n(?=[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-)")
_TOKEN = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+*-]{1,120}")


@dataclass(slots=True)
class Part:
    """One node of the MIME tree; leaves carry their content still encoded."""

    headers: Headers
    type: str
    content: bytes
    children: list[Part] = field(default_factory=list)
    depth: int = 0

    @property
    def multipart(self) -> bool:
        return bool(self.children)

    def parameter(self, name: str, header: str = "content-type") -> str:
        """A parameter in any of its spellings: plain, RFC 2231 (split or encoded), RFC 2047 where it mustn't be."""
        value = self.headers.raw(header)
        if name not in value.lower():
            return ""
        message = StandardMessage()
        message[header] = headers.one_line(value[:20_000])
        try:
            found = message.get_param(name, "", header)
        except (ValueError, IndexError, LookupError, TypeError):
            return ""
        if isinstance(found, tuple):
            label, _, text = found
            return headers.one_line(charset.decode(text.encode("latin-1", "replace"), label or "utf-8"))
        return headers.one_line(headers.decode_words(str(found)))

    @property
    def disposition(self) -> str:
        return self.headers.raw("content-disposition").partition(";")[0].strip().lower()

    @property
    def filename(self) -> str:
        return self.parameter("filename", "content-disposition") or self.parameter("name")

    @property
    def cid(self) -> str:
        return headers.one_line(self.headers.raw("content-id").strip().strip("<>"))

    def payload(self) -> bytes:
        """The decoded bytes; what an unknown or broken encoding hides is returned as it came."""
        encoding = self.headers.raw("content-transfer-encoding").partition(";")[0].strip().lower()
        if encoding == "base64":
            decoded = headers.decode_base64(self.content)
            return decoded if decoded or not self.content.strip() else self.content
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.content)
        if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
            return uudecode(self.content.splitlines()) or self.content
        return self.content


@dataclass(slots=True)
class Tree:
    root: Part
    warnings: list[str]


def parse(raw: bytes) -> Tree:
    """The tree of a raw mail. Past the limits the rest stays in one piece and a warning says so."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    warnings: list[str] = []
    fields, content, too_many = headers.split(raw)
    if too_many:
        warnings.append(f"Only the first {headers.MAX_LINES} header lines were read.")
    root = Part(fields, _type(fields, "text/plain"), content)
    open_parts = [root]
    count = 1
    while open_parts:
        part = open_parts.pop()
        if not part.type.startswith("multipart/"):
            continue
        if part.depth >= MAX_DEPTH:
            warnings.append(_TOO_MUCH)
            part.type = "application/octet-stream"
            continue
        pieces, more = _pieces(part, MAX_PARTS - count)
        if more:
            warnings.append(_TOO_MUCH)
        if not pieces:
            part.type = "text/plain"
            continue
        count += len(pieces)
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for piece in pieces:
            fields, content, _ = headers.split(piece)
            part.children.append(Part(fields, _type(fields, default), content, depth=part.depth + 1))
        part.content = b""
        open_parts.extend(reversed(part.children))
    return Tree(root, list(dict.fromkeys(warnings)))


def _type(fields: Headers, default: str) -> str:
    value = fields.raw("content-type")
    if not value:
        return default
    value = value.strip().lower()
    found = _TOKEN.match(value)
    return found[0] if found else ("text/plain" if value.startswith("text") else default)


def _pieces(part: Part, limit: int) -> tuple[list[bytes], bool]:
    """The bodies between the boundary's lines, at most `limit` of them, and whether there are more."""
    boundary = part.parameter("boundary").encode("utf-8", "replace").rstrip()
    content = b"\n" + part.content
    if not boundary or b"\n--" + boundary not in content:
        guessed = _GUESSED_BOUNDARY.search(content)
        if not guessed:
            return [], False
        boundary = guessed[1]
    needle = b"\n--" + boundary
    pieces: list[bytes] = []
    begin = -1
    position = content.find(needle)
    while position >= 0:
        tail = _DELIMITER_TAIL.match(content, position + len(needle))
        if tail:
            if begin >= 0:
                pieces.append(_without_last_break(content[begin:position]))
            else:
                preamble = content[:position].strip()
                if preamble and not pieces and len(preamble) > 400:
                    pieces.append(b"\n" + preamble)
            if len(pieces) >= limit:
                return pieces[:limit], True
            begin = -1 if tail[1] else tail.end()
            # The line break before a delimiter may be the one that ended the delimiter before it.
            position = content.find(needle, max(tail.end() - 1, position + 1))
        else:
            position = content.find(needle, position + 1)
    if begin >= 0:
        pieces.append(content[begin:])
    return pieces, False


def _without_last_break(data: bytes) -> bytes:
    return data[:-1] if data.endswith(b"\r") else data


def uudecode(lines: list[bytes]) -> bytes:
    """The bytes of uuencoded lines, with or without `begin` and `end`; broken lines are skipped."""
    out = bytearray()
    for line in lines:
        if line.startswith(b"begin ") or line.strip() in (b"end", b"`", b""):
            continue
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            length = ((line[0] - 32) & 63) * 4 // 3 + 2
            try:
                out += binascii.a2b_uu(line[:length])
            except binascii.Error:
                continue
    return bytes(out)
