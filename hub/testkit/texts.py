"""What people write, and software likes to break."""

from __future__ import annotations

LONG = "The parcel came on Tuesday, and one of the two cups in it was broken. "

TEXTS = {
    "short": "Hello",
    "lines": "First line\nSecond line\n\nAfter a gap",
    "emoji": "👩‍👩‍👧‍👦 🇩🇪 👍🏽 ❤️‍🔥",
    "right-to-left": "שלום עולם, مرحبا بالعالم (123)",
    "combining": "Zäïk̈ǎ 각 กำ",
    "signs": "<b>not bold</b> & \"quoted\" 'text' \\ back\\u0041slash %41 + {brace} #1",
}


def long(characters: int) -> str:
    """Ordinary words of exactly this length."""
    return (LONG * (characters // len(LONG) + 1))[: characters - 1] + "."
