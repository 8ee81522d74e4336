"""Text that is spread like language: a made-up vocabulary with a few common and many rare words, always the same."""

import random
from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate

SEED = 20261122
SYLLABLES = [consonant + vowel for consonant in "bdfklmnprst" for vowel in "aeio"]
SIZE = 30_000
STREAM = 400_000


def _vocabulary() -> list[str]:
    chance, found = random.Random(SEED), dict[str, None]()
    while len(found) < SIZE:
        found["".join(chance.choices(SYLLABLES, k=chance.randint(2, 5)))] = None
    return list(found)


VOCABULARY = _vocabulary()
"""By falling frequency."""
_WEIGHTS = list(accumulate(1 / (rank + 3) for rank in range(SIZE)))


def _pick(chance: random.Random) -> str:
    return VOCABULARY[bisect(_WEIGHTS, chance.random() * _WEIGHTS[-1])]


def sentence(n: int, seed: int = SEED) -> str:
    chance = random.Random(seed)
    return " ".join(_pick(chance) for _ in range(n))


def texts(shortest: int = 8, longest: int = 60) -> Iterator[str]:
    """Endless different texts, cut from one long stream: a million of them take two seconds."""
    chance = random.Random(SEED)
    stream = [_pick(chance) for _ in range(STREAM)]
    while True:
        start = chance.randrange(STREAM - longest)
        yield " ".join(stream[start : start + chance.randint(shortest, longest)])
