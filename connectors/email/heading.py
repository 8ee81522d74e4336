"""The lines that introduce a quoted mail: `On …, Maya wrote:`, header blocks, "Original message", in many languages."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from . import phrases

_MAX_LINES = 4
_MAX_CHARS = 400
_BLOCK_LINES = 16
_RULE = re.compile(r"[-_=*~#+\u2500\u2014\u2013]{3,}")
_TIME = re.compile(r"\d{1,2}[:.h]\s?\d{2}|\b(?:19|20)\d{2}\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_CLOCK = re.compile(r"\d{1,2}[:.]\d{2}")
_MAIL = re.compile(r"[^\s<>@]@[^\s<>@]")
_ONLY_IN_MAILS = {"subject", "sent"}
_DATE_AND_NAME = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}\b[^:]{0,20}(?::\d{2} GMT|.{0,200}<[^<>\s]{1,100}@[^<>\s]{1,100}>$)"
)
_COLON_END = re.compile(r"[:：]\s*[*_>]?\s*$")
_MAIL_THEN_VERB = re.compile(r"[<(][^\s<>()]{1,100}@[^\s<>()]{1,100}[>)]\s[^<>]{0,40}[:：]$")
_LABEL = re.compile(r"[*_>\s]{0,4}([^\W\d_][^:：*<>@]{0,30}?)\s{0,2}[*_]{0,2}\s{0,3}[:：][*_]{0,2}(.*)", re.S)


def end(lines: Sequence[str], number: int) -> int:
    """The line below the heading that begins here; 0 if none does. Lines come without blanks around them."""
    line = lines[number]
    if is_rule(line):
        following = next_line(lines, number + 1)
        near = following <= number + 3 and following < len(lines)
        return _header_block(lines, following, 3) or (_attribution(lines, following) if near else 0)
    if len(line) <= 200 and " ".join(line.strip("-_=*~#:： ").lower().split()) in phrases.SEPARATORS:
        return _below_separator(lines, number)
    if ":" in line or "：" in line or phrases.START.match(line) or _MAIL.search(line):
        return _header_block(lines, number, 3) or _attribution(lines, number) or _without_verb(lines, number)
    return 0


def is_rule(line: str) -> bool:
    return _RULE.fullmatch(line) is not None


def next_line(lines: Sequence[str], number: int) -> int:
    """The next line that isn't blank."""
    while number < len(lines) and not lines[number]:
        number += 1
    return number


def _below_separator(lines: Sequence[str], number: int) -> int:
    """`--- Original message ---`; the same words without dashes or colon count only above a header block."""
    line = lines[number]
    framed = is_rule(line[:3]) or line.startswith("--") or line.endswith((":", "："))
    return _header_block(lines, next_line(lines, number + 1), 2) or (number + 1 if framed else 0)


def _header_block(lines: Sequence[str], number: int, wanted: int) -> int:
    """`From: … Sent: … To: … Subject: …` in any language and order; returns the line below, 0 if this is none.

    A customer may write such lines, too ("From: Berlin, To: Paris"), so one that only mails have must be there.
    """
    kinds: list[frozenset[str]] = []
    sender = False
    position = below = number
    unlabelled = 0
    while position < min(len(lines), number + _BLOCK_LINES) and unlabelled <= 3:
        line = lines[position]
        kind, value = _label(line[:500])
        if kind:
            kinds.append(kind)
            sender = sender or ("from" in kind and (wanted < 3 or "@" in value))
            unlabelled = 0
            below = position + 1
        elif not kinds or (not line and position > below and len(kinds) > 1):
            break
        elif line:
            unlabelled += 1
            if _distinct(kinds) >= wanted and not line.startswith((";", "<")) and "@" not in line:
                break
        position += 1
    has_from = any("from" in kind for kind in kinds)
    proven = sender or any(kind & _ONLY_IN_MAILS for kind in kinds)
    return below if has_from and proven and _distinct(kinds) >= wanted else 0


@functools.lru_cache(maxsize=4096)
def _label(line: str) -> tuple[frozenset[str], str]:
    """What a `Label: value` line may stand for, and its value."""
    found = _LABEL.match(line)
    if not found:
        return frozenset(), ""
    return phrases.LABELS.get(" ".join(found[1].lower().split()), frozenset()), found[2].strip()


def _distinct(kinds: Sequence[frozenset[str]]) -> int:
    """How many different things the labels can stand for, each label counted once."""
    used: set[str] = set()
    for kind in sorted(kinds, key=len):
        free = kind - used
        if free:
            used.add(min(free))
    return len(used)


def _attribution(lines: Sequence[str], number: int) -> int:
    """`On …, Maya <maya@example.org> wrote:`, also wrapped; returns the line below, 0 if this is none."""
    text = ""
    for position in range(number, min(number + _MAX_LINES, len(lines))):
        line = lines[position]
        if not line or (line.startswith(">") and not (text.rfind("<") > text.rfind(">") and _COLON_END.search(line))):
            return 0
        text = f"{text} {line}" if text else line
        if len(text) > _MAX_CHARS:
            return 0
        if _COLON_END.search(line):
            wrapped = position > number
            if wrapped and number and lines[number - 1] and not phrases.START.match(text):
                return 0
            following = next_line(lines, position + 1)
            quoted = following < len(lines) and lines[following].startswith(">")
            return position + 1 if _names_author(text, quoted) else 0
    return 0


def _names_author(text: str, quoted: bool) -> bool:
    has_mail, has_time = bool(_MAIL.search(text)), bool(_TIME.search(text))
    wrote = phrases.WROTE.search(text)
    if quoted and phrases.QUOTING.match(text):
        return True
    if wrote and quoted:
        return has_mail or any(character.isdigit() for character in text) or len(text) < 80
    if wrote and _MAIL_THEN_VERB.search(text):
        return True
    if wrote:
        return has_time and (has_mail or bool(_CLOCK.search(text)) or bool(phrases.START.match(text)))
    return has_mail and bool(_CLOCK.search(text)) and len(text) < 200


def _without_verb(lines: Sequence[str], number: int) -> int:
    """`---- On …, Maya wrote ----`, and `2026-11-02 10:15 GMT+01:00 Maya` alone in its paragraph."""
    line = lines[number]
    if len(line) > _MAX_CHARS:
        return 0
    if line.startswith("--") and line.endswith("--"):
        return number + 1 if phrases.WROTE.search(line) and _TIME.search(line) else 0
    alone = (not number or not lines[number - 1]) and (number + 1 >= len(lines) or not lines[number + 1])
    return number + 1 if alone and _DATE_AND_NAME.match(line) else 0
