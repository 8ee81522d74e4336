"""Divide a mail's lines into what is new and what is old: quoted history and signature.

One pass over the lines and no pattern that spans lines, so that no mail can stall it. When in doubt a line is new:
an answer between quotes stays visible with them, and if nothing would be left, everything is shown.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from . import heading, phrases
from .heading import is_rule, next_line

MAX_LINES = 100_000
_MAX_SIGNATURE_LINES = 40
_MAX_DEVICE_LINE = 120
_UNSEEN = dict.fromkeys(
    map(ord, "\u1427\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
)
_UNSEEN[ord("\xa0")] = " "
_FOOTER_RULE = re.compile(r"[_\u2500]{20,}|[-=]{30,}")
_SIGNATURE = re.compile(r"--|[-_\u2014]{2}|\u2014")


def split(lines: Sequence[str], marks: Collection[int] = (), signatures: Collection[int] = ()) -> tuple[int, int]:
    """The range of lines that is new.

    `marks` are lines where a mail program's own marker says that history begins, `signatures` those it marks as one.
    """
    window = lines[:MAX_LINES]
    plain = [line.strip() if line.isascii() else line.translate(_UNSEEN).strip() for line in window]
    first, last = _without_history(plain, frozenset(marks))
    if last == len(window) < len(lines):
        return first, len(lines)
    last = _back_over(plain, first, last, frozenset(signatures))
    last = _without_signature(plain, first, last)
    last = _without_device_lines(plain, first, last)
    return (first, last) if any(plain[first:last]) else (0, len(lines))


def _without_history(lines: Sequence[str], marks: frozenset[int]) -> tuple[int, int]:
    begin, below = _history(lines, marks)
    if begin is None:
        return _around_quotes(lines)
    first, last = _answers(lines, below)
    if first == last:
        return 0, begin
    above = any(line and not _is_quoted(line) for line in lines[:begin])
    return 0 if above or _hold_quotes(lines[first:last]) else first, last


def _history(lines: Sequence[str], marks: frozenset[int]) -> tuple[int | None, int]:
    """Where the first quoted mail begins, and the first line below its heading."""
    last_new = max((number for number, line in enumerate(lines) if line and not _is_quoted(line)), default=-1)
    for number, line in enumerate(lines):
        if not line or _is_quoted(line):
            if number in marks and number > last_new:
                return number, number
        elif below := heading.end(lines, number):
            return _with_name_above(lines, number), below
        elif number in marks:
            return number, number
    return None, len(lines)


def _with_name_above(lines: Sequence[str], number: int) -> int:
    """A long introduction that begins with the author is broken before the address; the name belongs to it."""
    above = number - 1
    wrapped = lines[number].startswith(("<", "(")) and above >= 0 and lines[above] and len(lines[above]) < 60
    return above if wrapped and (above == 0 or not lines[above - 1]) else number


def _around_quotes(lines: Sequence[str]) -> tuple[int, int]:
    """No heading anywhere: drop the quoted lines at the end, and one quoted block at the very beginning."""
    last = _above_a_last_signature(lines)
    while last and (not lines[last - 1] or _is_quoted(lines[last - 1])):
        last -= 1
    first = 0
    while first < last and (not lines[first] or _is_quoted(lines[first])):
        first += 1
    return 0 if _hold_quotes(lines[first:last]) else first, last


def _above_a_last_signature(lines: Sequence[str]) -> int:
    """The end of the quotes, where only a signature stands below them."""
    last = len(lines)
    while last and not _is_quoted(lines[last - 1]):
        last -= 1
    begin = next_line(lines, last)
    signed = begin < len(lines) <= begin + _MAX_SIGNATURE_LINES and _SIGNATURE.fullmatch(lines[begin])
    return last if last and signed else len(lines)


def _answers(lines: Sequence[str], start: int) -> tuple[int, int]:
    """The range from the first to the last new line between or below quoted ones; empty if there is none.

    Only where history is marked by `>` can it be told; elsewhere all that follows a heading is history.
    """
    number = next_line(lines, start)
    first, last = number, number
    if number >= len(lines) or not _is_quoted(lines[number]):
        return first, last
    while number < len(lines):
        line = lines[number]
        if line and not _is_quoted(line):
            if _FOOTER_RULE.fullmatch(line) or _SIGNATURE.fullmatch(line):
                break
            if below := heading.end(lines, number):
                number = next_line(lines, below)
                if number >= len(lines) or not _is_quoted(lines[number]):
                    break
                continue
            if not phrases.MOBILE.match(line):
                first = number if first == last else first
                last = number + 1
        number += 1
    return first, last


def _is_quoted(line: str) -> bool:
    return line.startswith(">")


def _hold_quotes(lines: Sequence[str]) -> bool:
    """Quotes between answers stay: the answers make sense only with them."""
    return any(_is_quoted(line) for line in lines)


def _without_signature(lines: Sequence[str], first: int, last: int) -> int:
    """Without what stands below `-- `; with quotes or much text below, the dashes were something else."""
    last = _back(lines, first, last)
    delimiter = next((number for number in range(first, last) if lines[number] in ("--", "\u2014")), last)
    signed = last - delimiter <= _MAX_SIGNATURE_LINES and not _hold_quotes(lines[delimiter:last])
    return _back(lines, first, delimiter) if signed and any(lines[first:delimiter]) else last


def _without_device_lines(lines: Sequence[str], first: int, last: int) -> int:
    """Without `Sent from my phone`, if it is a paragraph of its own."""
    above = last
    while above > first and _is_device_line(lines[above - 1]):
        above -= 1
    own = above == first or not lines[above - 1] or is_rule(lines[above - 1])
    return _back(lines, first, above) if own else last


def _is_device_line(line: str) -> bool:
    return len(line) <= _MAX_DEVICE_LINE and phrases.MOBILE.match(line.lstrip("-_*[(<\u2022 ")) is not None


def _back_over(lines: Sequence[str], first: int, last: int, signatures: frozenset[int]) -> int:
    """Without the lines at the end that a mail program marked as signature, unless nothing else is there."""
    above = last
    while above > first and (not lines[above - 1] or above - 1 in signatures):
        above -= 1
    return above if above > first else last


def _back(lines: Sequence[str], first: int, last: int) -> int:
    """Without blank lines and rules at the end."""
    while last > first and (not lines[last - 1] or is_rule(lines[last - 1])):
        last -= 1
    return last
