"""Cuts text into the words that search knows: one cutter for both engines, for what is stored and for what is asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

LONGEST = 64
MOST = 20_000
"""Words of one entry; a pasted log file needn't be found by its last line."""
_WORD = re.compile(r"[^\W_]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def fold(text: str) -> str:
    """Without case and accents: "Łódź CAFÉ" is found by "łodz cafe"."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def words(text: str) -> list[str]:
    """Every word once, in order of appearance."""
    folded = fold(text)
    if folded.isascii():
        # most text, and the unicode classes take seven times as long
        found = dict.fromkeys(_ASCII_WORD.findall(folded))
        if len(max(found, key=len, default="")) > LONGEST:
            found = dict.fromkeys(word[:LONGEST] for word in found)
    elif _UNSPACED.search(folded) is None:
        found = dict.fromkeys(_WORD.findall(folded))
        if len(folded) > LONGEST:
            found = dict.fromkeys(word[:LONGEST] for word in found)
    else:
        found = dict.fromkeys(_cut(folded))
    return list(islice(found, MOST))


def _cut(folded: str) -> Iterator[str]:
    for match in _WORD.finditer(folded):
        word = match[0]
        if _UNSPACED.search(word):
            # scripts without spaces: pairs of letters find any longer run of them
            yield from (word[at : at + 2] for at in range(max(1, len(word) - 1)))
        else:
            yield word[:LONGEST]


def spans(text: str, wanted: list[str], prefixes: tuple[str, ...]) -> list[tuple[int, int]]:
    """Where in `text` the wanted words stand, for highlighting."""
    whole = set(wanted)

    def is_wanted(word: str) -> bool:
        return word in whole or (bool(prefixes) and word.startswith(prefixes))

    if text.isascii():
        # folding is no more than lower case here, and leaves every letter where it is
        return [match.span() for match in _ASCII_WORD.finditer(text.lower()) if is_wanted(match[0][:LONGEST])]
    return [match.span() for match in _WORD.finditer(text) if any(map(is_wanted, _cut(fold(match[0]))))]
