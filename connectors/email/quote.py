"""Find what the customer newly wrote; simple first form."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_WROTE = re.compile(r"^(on\b.*)?\bwrote:\s*$", re.I)


def split(lines: Sequence[str], marks: Collection[int] = ()) -> tuple[int, int]:
    """The range of lines that is new."""
    end = next((i for i, line in enumerate(lines) if i in marks or _WROTE.match(line.strip())), len(lines))
    while end and (not lines[end - 1].strip() or lines[end - 1].startswith(">")):
        end -= 1
    return (0, end) if any(line.strip() for line in lines[:end]) else (0, len(lines))
