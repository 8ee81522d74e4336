"""Header fields as they really come: split encoded words, raw 8-bit, broken folding, comments, groups, two From."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_tz

from . import charset

MAX_LINES = 10_000
_MAX_VALUE = 250_000
_MAX_ADDRESS_FIELD = 100_000
_MAX_ADDRESSES = 1_000
_MAX_REFERENCES = 2_000
_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_KNOWN = re.compile(
    rb"(?:from|to|cc|subject|date|message-id|mime-version|content-[a-z-]+|received|reply-to|x-[a-z-]+)[ \t]*:", re.I
)
_BLANK_LINE = re.compile(rb"\n\r?\n")
_WORD_START = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?")
_SPECIAL = re.compile(r"[\"(<,;:]|=\?")
_BRACKETED = re.compile(r"<([^<>]{1,900})>")
_BARE_ID = re.compile(r"[^\s<>,;\"()]{1,500}@[^\s<>,;\"()]{1,400}")
_QP = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class Headers:
    """The fields of one message or part, in order; values stay bytes until somebody asks."""

    def __init__(self, fields: list[tuple[str, bytes]]) -> None:
        self.fields = fields
        self._values: dict[str, list[bytes]] = {}
        for name, value in fields:
            self._values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def all_raw(self, name: str) -> list[str]:
        """Every value of this field, unfolded, encoded words left as they are."""
        return [unfold(value[:_MAX_VALUE]) for value in self._values.get(name, ())]

    def raw(self, name: str) -> str:
        return next(iter(self.all_raw(name)), "")

    def text(self, name: str) -> str:
        """The first value, decoded for people, on one line."""
        return one_line(decode_words(self.raw(name)))

    def addresses(self, *names: str) -> list[Mailbox]:
        return [box for name in names for value in self.all_raw(name) for box in parse_addresses(value)][
            :_MAX_ADDRESSES
        ]

    def ids(self, name: str) -> list[str]:
        """Message ids without angle brackets; invalid ones between good ones do no harm."""
        return [identifier for value in self.all_raw(name) for identifier in message_ids(value)]

    def date(self, name: str = "date") -> datetime | None:
        try:
            parts = parsedate_tz(self.raw(name)[:200])
            if parts is None:
                return None
            naive = datetime(*parts[:6], tzinfo=UTC)
            return datetime.fromtimestamp(naive.timestamp() - (parts[9] or 0), UTC)
        except (ValueError, OverflowError, IndexError, TypeError, OSError):
            return None


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address of a header: the decoded display name and the address itself."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def split(block: bytes) -> tuple[Headers, bytes, bool]:
    """Header fields, what follows them, and whether there were more header lines than are read."""
    fields: list[tuple[str, bytes]] = []
    current: list[bytes] = []
    position, lines = 0, 0
    while position < len(block):
        end = block.find(b"\n", position)
        end = len(block) if end < 0 else end + 1
        line = block[position:end].rstrip(b"\r\n")
        if not line:
            return Headers(_joined(fields, current)), block[end:], False
        lines += 1
        if lines > MAX_LINES:
            blank = _BLANK_LINE.search(block, position)
            return Headers(_joined(fields, current)), block[blank.end() :] if blank else b"", True
        match = _NAME.match(line)
        if line[:1] in b" \t" and fields:
            current.append(line)
        elif match:
            fields = _joined(fields, current)
            fields.append((match[1].decode("ascii").lower(), b""))
            current = [line[match.end() :]]
        elif lines == 1 and line.startswith((b"From ", b">From ")):
            pass
        elif fields and _header_follows(block, end):
            current.append(b" " + line)
        else:
            return Headers(_joined(fields, current)), block[position:], False
        position = end
    return Headers(_joined(fields, current)), b"", False


def _joined(fields: list[tuple[str, bytes]], lines: list[bytes]) -> list[tuple[str, bytes]]:
    if fields and lines:
        fields[-1] = (fields[-1][0], b"\n".join(lines))
        lines.clear()
    return fields


def _header_follows(block: bytes, position: int) -> bool:
    """A line that is no header is a wrongly folded one only if well-known headers go on right after it."""
    return any(_KNOWN.match(line) for line in block[position : position + 2000].split(b"\n", 3)[:3])


def unfold(value: bytes) -> str:
    text = charset.decode_raw_header(value) if not value.isascii() else value.decode("ascii")
    return text.replace("\r", "").replace("\n", "").strip(" \t")


def one_line(text: str) -> str:
    """Without control characters, so that no header text can become a second header anywhere."""
    return charset.clean(_CONTROL.sub(" ", text)).strip()


def decode_words(text: str) -> str:
    """Decode RFC 2047 words; neighbours of one charset are joined as bytes first, as characters are split over them."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending = bytearray()
    pending_charset = ""
    position = 0
    for start, end, label, data in _encoded_words(text):
        between = text[position:start]
        if pending and (between.strip() or label != pending_charset):
            out.append(charset.decode(bytes(pending), pending_charset))
            pending.clear()
        if between.strip() or not position:
            out.append(between)
        pending += data
        pending_charset = label
        position = end
    if pending:
        out.append(charset.decode(bytes(pending), pending_charset))
    out.append(text[position:])
    return "".join(out)


def _encoded_words(text: str) -> Iterator[tuple[int, int, str, bytes]]:
    position = 0
    while match := _WORD_START.search(text, position):
        end = text.find("?=", match.end())
        if end < 0:
            return
        payload = text[match.end() : end]
        if "=?" in payload:
            position = match.end()
            continue
        label = match[1].partition("*")[0].lower()
        yield match.start(), end + 2, label, _payload(payload, match[2])
        position = end + 2


def _payload(payload: str, encoding: str) -> bytes:
    data = payload.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return _QP.sub(lambda hit: bytes([int(hit[1], 16)]), data.replace(b"_", b" "))
    return decode_base64(data)


def decode_base64(data: bytes) -> bytes:
    """Base64 with everything foreign skipped and the padding mended; a broken tail costs only itself."""
    data = _NOT_BASE64.sub(b"", data)
    rest = len(data) % 4
    if rest == 1:
        data = data[:-1]
    elif rest:
        data += b"=" * (4 - rest)
    try:
        return base64.b64decode(data)
    except binascii.Error:
        return b""


def message_ids(value: str) -> list[str]:
    found = [re.sub(r"\s+", "", hit) for hit in _BRACKETED.findall(value)][:_MAX_REFERENCES]
    return [hit for hit in found if hit] or _BARE_ID.findall(value[:2_000])


def parse_addresses(value: str) -> list[Mailbox]:
    """All mailboxes of an address field: quoted names, nested comments and groups, in one pass over the text."""
    value = value[:_MAX_ADDRESS_FIELD]
    found: list[Mailbox] = []
    phrase: list[str] = []
    comment: list[str] = []
    angle: str | None = None
    position, size = 0, len(value)

    def finish() -> None:
        nonlocal angle
        mailbox = _mailbox("".join(phrase), angle, "".join(comment))
        if mailbox:
            found.append(mailbox)
        phrase.clear()
        comment.clear()
        angle = None

    while position < size and len(found) < _MAX_ADDRESSES:
        character = value[position]
        if character == '"':
            text, position = _quoted(value, position + 1)
            phrase.append(text if "@" not in text or value[position : position + 1] != "@" else f'"{text}"')
        elif character == "(":
            text, position = _comment(value, position + 1)
            comment.append(text)
        elif character == "<":
            end = value.find(">", position)
            end = size if end < 0 else end
            angle = value[position + 1 : end] if angle is None else angle
            position = end + 1
        elif character in ",;":
            finish()
            position += 1
        elif character == ":" and "@" not in "".join(phrase[-1:]) and angle is None:
            phrase.clear()
            position += 1
        else:
            end = _end_of_words(value, position)
            phrase.append(value[position:end])
            position = end
    finish()
    return found


def _end_of_words(value: str, position: int) -> int:
    """Up to the next sign with a meaning; inside an encoded word no sign has one."""
    word = _WORD_START.match(value, position)
    if word and (end := value.find("?=", word.end(), word.end() + 1_000)) >= 0:
        return end + 2
    stop = _SPECIAL.search(value, position + 1)
    return stop.start() if stop else len(value)


def _quoted(value: str, position: int) -> tuple[str, int]:
    end = position
    while (end := value.find('"', end)) > 0 and value[end - 1] == "\\" and value[end - 2] != "\\":
        end += 1
    end = len(value) if end < 0 else end
    return re.sub(r"\\(.)", r"\1", value[position:end]), end + 1


def _comment(value: str, position: int) -> tuple[str, int]:
    depth, start = 1, position
    while position < len(value) and depth:
        character = value[position]
        depth += (character == "(") - (character == ")")
        position += 2 if character == "\\" else 1
    return value[start : position - 1], position


def _mailbox(phrase: str, angle: str | None, comment: str) -> Mailbox | None:
    address = phrase if angle is None else angle
    name = phrase if angle is not None else comment
    address = re.sub(r"\s+", "", one_line(decode_words(address) if "=?" in address else address))
    if angle is not None and ":" in address and address.startswith("@"):
        address = address.rpartition(":")[2]
    address = address.removeprefix("mailto:").strip("<>'.,")
    if "@" not in address or len(address) > 320:
        return None
    local, _, domain = address.rpartition("@")
    if not local or not domain:
        return None
    return Mailbox(one_line(decode_words(name)).strip("'\"").strip(), f"{local}@{domain.lower()}")
