"""A text cut into as many messages as its channel needs: between paragraphs, lines or words, never in a link.

Limits are what providers count: characters (code points) and, for some, UTF-8 bytes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from hub.contract import Capabilities

MOST_MESSAGES = 20
_LINK = re.compile(r"(?:https?://|www\.|mailto:)[^\s<>\"]+", re.IGNORECASE)
_BREAKS = (
    re.compile(r"\n[ \t]*\n\s*"),
    re.compile(r"[ \t]*\n\s*"),
    re.compile(r"(?<=[.!?…。！？])[\"'”’)\]]*\s+|(?<=[。！？])"),
    re.compile(r"\s+"),
)
"""The better ones first; one is taken only if it fills half of the message, but for spaces, which always do."""
_JOINERS = "\u200d\ufe0e\ufe0f\u20e3"


class TooLong(Exception):
    """It can't be brought onto this channel; the text is for people."""


def cut(text: str, can: Capabilities, name: str) -> tuple[str, ...]:
    """The messages that this text is. `name` is the inbox's, for the reason where it can't be sent."""
    if _fits(text, can):
        return (text,)
    if not can.splits:
        raise TooLong(_too_long(text, can, name))
    pieces = tuple(_pieces(text.strip(), can, name))
    if len(pieces) > MOST_MESSAGES:
        raise TooLong(f"The text would be {len(pieces)} messages through {name}; {MOST_MESSAGES} are allowed.")
    return pieces


def count(text: str, files: int, can: Capabilities, name: str) -> int:
    """How many messages text and files are together. Raises `TooLong` where they can't be sent."""
    if files and can.media and files > can.max_files:
        raise TooLong(f"{files} files are attached; {name} takes {can.max_files}.")
    texts = len(cut(text, can, name)) if text or not (files and can.files_apart) else 0
    return texts + (files if can.files_apart else 0)


def problem(text: str, files: int, can: Capabilities, name: str) -> str:
    """Why they can't be sent, for `permit`; empty if they can."""
    try:
        count(text, files, can, name)
    except TooLong as error:
        return str(error)
    return ""


def _fits(text: str, can: Capabilities) -> bool:
    return len(text) <= can.max_chars and (can.max_bytes is None or len(text.encode()) <= can.max_bytes)


def _too_long(text: str, can: Capabilities, name: str) -> str:
    if len(text) > can.max_chars:
        return f"The message has {len(text):,} characters; {name} takes {can.max_chars:,}."
    return f"The message has {len(text.encode()):,} bytes; {name} takes {can.max_bytes:,}."


def _pieces(text: str, can: Capabilities, name: str) -> Iterator[str]:
    while not _fits(text, can):
        most = _most(text, can)
        links = [found.span() for found in _LINK.finditer(text[: most + can.max_chars + 2000])]
        end, start = _break(text, most, links)
        if end == 0:
            raise TooLong(f"A link of {links[0][1] - links[0][0]:,} characters doesn't fit into one message of {name}.")
        yield text[:end]
        text = text[start:]
    if text:
        yield text


def _most(text: str, can: Capabilities) -> int:
    """How many characters of the text fit into one message."""
    most = min(can.max_chars, len(text))
    if can.max_bytes is None:
        return most
    used = 0
    for place, letter in enumerate(text[:most]):
        used += len(letter.encode())
        if used > can.max_bytes:
            return place
    return most


def _break(text: str, most: int, links: list[tuple[int, int]]) -> tuple[int, int]:
    """Where the message ends and where the next begins; (0, 0) if a link in front leaves no room."""
    for kind in _BREAKS:
        least = 1 if kind is _BREAKS[-1] else most // 2
        # one more, so that a space right behind the last letter that fits counts
        found = [m for m in kind.finditer(text, 0, min(len(text), most + 200)) if least <= m.start() <= most]
        if found:
            return found[-1].start() + _closing(found[-1]), found[-1].end()
    end = most
    for first, last in links:
        if first < end < last:
            end = first
    while end > 0 and not _between_letters(text, end):
        end -= 1
    if end == 0 and not (links and links[0][0] == 0):
        end = most  # one letter of endless marks: nothing better can be done
    return end, end


def _closing(found: re.Match[str]) -> int:
    """Quotes and brackets behind a full stop belong to the sentence."""
    return len(found[0]) - len(found[0].lstrip("\"'”’)]"))


def _between_letters(text: str, place: int) -> bool:
    """What a reader sees as one letter (an accent, a flag, a family) stays whole."""
    if place >= len(text):
        return True
    before, after = text[place - 1], text[place]
    if unicodedata.combining(after) or unicodedata.category(after) in ("Mn", "Me", "Mc"):
        return False
    if after in _JOINERS or before == "\u200d" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return False
    if "\U000e0020" <= after <= "\U000e007f" or (before == "\r" and after == "\n"):
        return False
    if _is_flag(before) and _is_flag(after):
        flags = 0
        while flags < place and _is_flag(text[place - 1 - flags]):
            flags += 1
        return flags % 2 == 0
    return not (_is_jamo(before) and _is_jamo(after))


def _is_flag(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _is_jamo(letter: str) -> bool:
    """Korean letters that form one syllable."""
    return "\u1100" <= letter <= "\u11ff"
