"""How many parts a text takes on the air, and which character makes it dear: one curly quote halves what fits."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Encoding = Literal["GSM-7", "UCS-2"]
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
"""Written as an escape and a second septet."""
GSM: Final = "GSM-7"
UCS2: Final = "UCS-2"
ALONE: dict[Encoding, int] = {GSM: 160, UCS2: 70}
JOINED: dict[Encoding, int] = {GSM: 153, UCS2: 67}
"""The rest of each part says which part of how many it is."""


@dataclass(frozen=True, slots=True)
class Segments:
    """`units` are septets in GSM-7 and 16-bit units in UCS-2; `forced_by` is the first character that GSM-7 lacks."""

    encoding: Encoding
    parts: int
    units: int
    forced_by: str = ""

    def __str__(self) -> str:
        parts = f"{self.parts} part" + ("s" if self.parts != 1 else "")
        return f"{parts}, because of {name_of(self.forced_by)}" if self.forced_by else parts


def segments(text: str) -> Segments:
    """What sending `text` as SMS takes."""
    forced_by = next((sign for sign in text if sign not in BASIC and sign not in EXTENDED), "")
    encoding: Encoding = UCS2 if forced_by else GSM
    sizes = list(_sizes(text, encoding))
    units = sum(sizes)
    parts = 1 if units <= ALONE[encoding] else _packed(sizes, JOINED[encoding])
    return Segments(encoding, parts, units, forced_by)


def name_of(sign: str) -> str:
    """A character so that people find it, also one that can't be seen."""
    known = unicodedata.name(sign, "").lower()
    shown = f"“{sign}”" if sign.isprintable() and not sign.isspace() and not unicodedata.combining(sign) else ""
    code = f"U+{ord(sign):04X}"
    return " ".join(part for part in (shown, f"({known}, {code})" if known else f"({code})") if part)


def _sizes(text: str, encoding: Encoding) -> Iterator[int]:
    for sign in text:
        yield 2 if (sign in EXTENDED if encoding == GSM else ord(sign) > 0xFFFF) else 1


def _packed(sizes: list[int], room: int) -> int:
    """Neither an escape and its septet nor the two halves of an emoji may stand in different parts."""
    parts, used = 1, 0
    for size in sizes:
        if used + size > room:
            parts, used = parts + 1, 0
        used += size
    return parts
