"""An id that only we can have written: short enough for an address or a link, and no use to somebody who guesses."""

from __future__ import annotations

from uuid import UUID

from hub.secrets import Keys

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_LETTERS = 26
"""128 bits, five to a letter."""


def make(keys: Keys, purpose: str, id_: UUID) -> str:
    """46 characters of a to z and 2 to 7: mail programs that change case don't hurt it. The last 20 are its HMAC."""
    return f"{_spell(id_)}{keys.sign(purpose, id_.hex)}"


def read(keys: Keys, purpose: str, token: str) -> UUID | None:
    """The id, if the token is one of ours; a guessed or altered one is as if absent."""
    token = token.lower()
    id_ = _read(token[:_LETTERS])
    return id_ if id_ and keys.checks(purpose, id_.hex, token[_LETTERS:]) else None


def _spell(id_: UUID) -> str:
    number, letters = id_.int, []
    for _ in range(_LETTERS):
        number, rest = divmod(number, 32)
        letters.append(_ALPHABET[rest])
    return "".join(letters)


def _read(letters: str) -> UUID | None:
    if len(letters) != _LETTERS:
        return None
    number = 0
    for letter in reversed(letters):
        place = _ALPHABET.find(letter)
        if place < 0:
            return None
        number = number * 32 + place
    return UUID(int=number) if number < 1 << 128 else None
