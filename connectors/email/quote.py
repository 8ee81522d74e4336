"""Divide a mail's lines into what is new and what is old: quoted history and signature.

One pass over the lines and no pattern that spans lines, so that no mail can stall it. When in doubt a line is new:
an answer between quotes stays visible with them, and if nothing would be left, everything is shown.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Sequence

from . import phrases

MAX_LINES = 100_000
_MAX_ATTRIBUTION_LINES = 4
_MAX_ATTRIBUTION = 400
_MAX_SIGNATURE_LINES = 40
_DIRECTION = dict.fromkeys(
    map(ord, "\u1427\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
)
_DIRECTION[ord("\xa0")] = " "
_RULE = re.compile(r"[-_=*~#+\u2500\u2014\u2013]{3,}")
_LONG_RULE = re.compile(r"[_\u2500]{20,}|[-=]{30,}")
_SIGNATURE = re.compile(r"--\s?|[-_\u2014]{2}\s*$|\u2014\s*")
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


def split(lines: Sequence[str], marks: Collection[int] = (), signatures: Collection[int] = ()) -> tuple[int, int]:
    """The range of lines that is new.

    `marks` are lines where a mail program's own marker says that history begins, `signatures` those it marks as one.
    """
    window = lines[:MAX_LINES]
    plain = [line.translate(_DIRECTION).strip() if not line.isascii() else line.strip() for line in window]
    first, last = _range(plain, frozenset(marks))
    if last == len(window) < len(lines):
        return first, len(lines)
    last = _without_marked_signature(plain, first, last, frozenset(signatures))
    last = _without_signature(plain, first, last, window)
    return (first, last) if any(plain[first:last]) else (0, len(lines))


def _range(lines: Sequence[str], marks: frozenset[int]) -> tuple[int, int]:
    cut, body = _history(lines, 0, marks)
    if cut is None:
        return _around_quotes(lines)
    above = any(line and not line.startswith(">") for line in lines[:cut])
    answer_first, answer_last = _answers_below(lines, body, marks)
    if answer_last is None:
        return 0, cut
    if above or answer_first is None or _holds_quotes(lines[answer_first:answer_last]):
        return 0, answer_last
    return answer_first, answer_last


def _around_quotes(lines: Sequence[str]) -> tuple[int, int]:
    """No marker anywhere: drop the quoted lines at the end, and one quoted block at the very beginning."""
    last = _above_a_last_signature(lines)
    while last and (not lines[last - 1] or lines[last - 1].startswith(">")):
        last -= 1
    first = 0
    while first < last and (not lines[first] or lines[first].startswith(">")):
        first += 1
    return (0 if _holds_quotes(lines[first:last]) else first), last


def _above_a_last_signature(lines: Sequence[str]) -> int:
    """The end of the quotes, where only a signature stands below them."""
    last = len(lines)
    while last and not lines[last - 1].startswith(">"):
        last -= 1
    following = _next(lines, last)
    short = len(lines) - following <= _MAX_SIGNATURE_LINES
    return last if last and short and following < len(lines) and _SIGNATURE.fullmatch(lines[following]) else len(lines)


def _holds_quotes(lines: Sequence[str]) -> bool:
    """Quotes between answers stay: the answers make sense only with them."""
    return any(line.startswith(">") for line in lines)


def _history(lines: Sequence[str], start: int, marks: frozenset[int]) -> tuple[int | None, int]:
    """Where the first quoted mail begins, and the first line below its heading."""
    for number in range(start, len(lines)):
        line = lines[number]
        if not line or line.startswith(">"):
            if number in marks and not _answers_follow(lines, number):
                return number, number
            continue
        if number in marks:
            return number, _heading_end(lines, number)
        end = _heading(lines, number)
        if end:
            return _with_name_above(lines, start, number), end
    return None, len(lines)


def _with_name_above(lines: Sequence[str], start: int, number: int) -> int:
    """A long introduction that begins with the author is broken before the address; the name belongs to it."""
    above = number - 1
    wrapped = lines[number].startswith(("<", "(")) and above >= start and lines[above] and len(lines[above]) < 60
    return above if wrapped and (above == start or not lines[above - 1]) else number


def _answers_follow(lines: Sequence[str], number: int) -> bool:
    return any(line and not line.startswith(">") for line in lines[number:])


def _heading_end(lines: Sequence[str], number: int) -> int:
    return _heading(lines, number) or number


def _heading(lines: Sequence[str], number: int) -> int:
    """The line below a quote's heading that begins here; 0 if none does."""
    line = lines[number]
    if _RULE.match(line) or phrases.SEPARATED.fullmatch(line):
        if len(line) <= 200 and any(character.isalpha() for character in line):
            if phrases.SEPARATED.fullmatch(line) and (
                _RULE.match(line[:5]) or line[:2] in ("--", "==", "**") or line[-1:] in ":："
            ):
                return _header_block(lines, _next(lines, number + 1), 2) or number + 1
            if phrases.SEPARATED.fullmatch(line) and _header_block(lines, _next(lines, number + 1), 2):
                return _header_block(lines, _next(lines, number + 1), 2)
        elif _LONG_RULE.match(line) or _RULE.fullmatch(line):
            return _header_block(lines, _next(lines, number + 1), 3) or _after_rule(lines, number)
    if ":" not in line and "：" not in line and not phrases.START.match(line) and not _MAIL.search(line):
        return 0
    return _header_block(lines, number, 3) or _attribution(lines, number) or _without_verb(lines, number)


def _without_verb(lines: Sequence[str], number: int) -> int:
    """`---- On …, Maya wrote ----`, and `2026-11-02 10:15 GMT+01:00 Maya` alone in its paragraph."""
    line = lines[number]
    if len(line) > _MAX_ATTRIBUTION:
        return 0
    if line.startswith("--") and line.endswith("--"):
        return number + 1 if phrases.WROTE.search(line) and _TIME.search(line) else 0
    alone = (not number or not lines[number - 1]) and (number + 1 >= len(lines) or not lines[number + 1])
    return number + 1 if alone and _DATE_AND_NAME.match(line) else 0


def _after_rule(lines: Sequence[str], number: int) -> int:
    following = _next(lines, number + 1)
    if following >= len(lines) or following > number + 3:
        return 0
    return _attribution(lines, following)


def _next(lines: Sequence[str], number: int) -> int:
    """The next line that isn't blank."""
    while number < len(lines) and not lines[number]:
        number += 1
    return number


def _header_block(lines: Sequence[str], number: int, wanted: int) -> int:
    """`From: … Sent: … To: … Subject: …` in any language and order; returns the line below, 0 if this is none.

    A customer may write such lines, too ("From: Berlin, To: Paris"), so one that only mails have must be there.
    """
    kinds: list[frozenset[str]] = []
    sender = False
    position = end = number
    unlabelled = 0
    while position < min(len(lines), number + 16) and unlabelled <= 3:
        line = lines[position]
        kind, value = _label(line[:500])
        if kind:
            kinds.append(kind)
            sender = sender or ("from" in kind and (wanted < 3 or "@" in value))
            unlabelled = 0
            end = position + 1
        elif not kinds or (not line and position > end and len(kinds) > 1):
            break
        elif line:
            unlabelled += 1
            if _distinct(kinds) >= wanted and not line.startswith((";", "<")) and "@" not in line:
                break
        position += 1
    has_from = any("from" in kind for kind in kinds)
    proven = sender or any(kind & _ONLY_IN_MAILS for kind in kinds)
    return end if has_from and proven and _distinct(kinds) >= wanted else 0


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
    for position in range(number, min(number + _MAX_ATTRIBUTION_LINES, len(lines))):
        line = lines[position]
        if not line or (line.startswith(">") and not (text.rfind("<") > text.rfind(">") and _COLON_END.search(line))):
            return 0
        text = f"{text} {line}" if text else line
        if len(text) > _MAX_ATTRIBUTION:
            return 0
        if _COLON_END.search(line):
            wrapped = position > number
            if wrapped and number and lines[number - 1] and not phrases.START.match(text):
                return 0
            quoted = _next(lines, position + 1) < len(lines) and lines[_next(lines, position + 1)].startswith(">")
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


def _answers_below(lines: Sequence[str], start: int, marks: frozenset[int]) -> tuple[int | None, int | None]:
    """First line and end of the new text that stands between or below quoted lines.

    Only where the history is marked by `>` can it be told; elsewhere all that follows a heading is history.
    """
    number = _next(lines, start)
    if number >= len(lines) or not lines[number].startswith(">"):
        return None, None
    first = last = None
    while number < len(lines):
        line = lines[number]
        if line and not line.startswith(">"):
            if _LONG_RULE.fullmatch(line) or _SIGNATURE.fullmatch(line):
                break
            end = _heading(lines, number)
            if end:
                following = _next(lines, end)
                if following >= len(lines) or not lines[following].startswith(">"):
                    break
                number = following
                continue
            if not phrases.MOBILE.match(line):
                first = number if first is None else first
                last = number + 1
        number += 1
    return first, last


def _without_signature(lines: Sequence[str], first: int, last: int, original: Sequence[str]) -> int:
    last = _back(lines, first, last)
    for number in range(first, last):
        is_delimiter = original[number].rstrip("\r") in ("-- ", "--") or (
            lines[number] in ("--", "\u2014") and number > first
        )
        if (
            is_delimiter
            and last - number <= _MAX_SIGNATURE_LINES
            and not any(line.startswith(">") for line in lines[number:last])
        ):
            if any(lines[first:number]):
                last = _back(lines, first, number)
            break
    while last > first and _is_device_line(lines, last - 1):
        last = _back(lines, first, last - 1)
    return last


def _is_device_line(lines: Sequence[str], number: int) -> bool:
    """`Sent from my phone`, in a paragraph of such lines."""
    line = lines[number]
    if len(line) > 120 or not phrases.MOBILE.match(line.lstrip("-_*[(<\u2022 ")):
        return False
    return not number or not lines[number - 1] or _is_rule(lines[number - 1]) or _is_device_line(lines, number - 1)


def _is_rule(line: str) -> bool:
    return _RULE.fullmatch(line) is not None


def _without_marked_signature(lines: Sequence[str], first: int, last: int, signatures: frozenset[int]) -> int:
    end = last
    while end > first and (not lines[end - 1] or end - 1 in signatures):
        end -= 1
    return end if end > first else last


def _back(lines: Sequence[str], first: int, last: int) -> int:
    """Without blank lines and rules at the end."""
    while last > first and (not lines[last - 1] or _RULE.fullmatch(lines[last - 1])):
        last -= 1
    return last
