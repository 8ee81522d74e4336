"""Bodies that no provider should send and one day will, made from those that it does send."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

DEEP = 100_000
HUGE = "9" * 5000

ALWAYS = (
    b"",
    b" ",
    b"null",
    b"true",
    b"0",
    b"NaN",
    b'"text"',
    b"[]",
    b"{}",
    b"[[]]",
    b"\x00",
    b"\xff\xfe\xfd",
    b"\xef\xbb\xbf{}",
    b'{"a": NaN, "b": -Infinity}',
    b'{"a": ' + HUGE.encode() + b"}",
    b"[" * DEEP,
    b"[" * 900 + b"]" * 900,
    b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    b'{"a": "\\ud800"}',
    b'{"__proto__": {"a": 1}, "constructor": {}}',
    b"a=" + b"%" * 1000,
    b"=&=&=&" * 1000,
    b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" * 200,
)
STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 10**30, 1.5, "", "x", "a\0b", "\u202e\u200d", "x" * 5000, [], {}, [None], [[]], {"a": 1}, ["x"],
)  # fmt: skip


def bodies(samples: Sequence[bytes], most: int = 1500) -> Iterator[bytes]:
    """The same bodies in every run: chance comes from a fixed seed."""
    chance = random.Random(1)
    yield from ALWAYS
    made = [body for sample in samples for body in (*_cut(sample), *_garbled(sample, chance), *_restructured(sample))]
    yield from made if len(made) <= most else chance.sample(made, most)


def _cut(sample: bytes) -> Iterator[bytes]:
    step = max(1, len(sample) // 20)
    for end in range(0, len(sample), step):
        yield sample[:end]
    yield sample + sample
    yield sample.replace(b'"', b"'")


def _garbled(sample: bytes, chance: random.Random) -> Iterator[bytes]:
    for _ in range(40 if sample else 0):
        body = bytearray(sample)
        for _ in range(chance.randint(1, 4)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        yield bytes(body)


def _restructured(sample: bytes) -> Iterator[bytes]:
    """Each part of a JSON body replaced by each strange value, and taken out."""
    try:
        whole = json.loads(sample)
    except ValueError:
        return
    for path in list(_paths(whole)):
        for value in STRANGE:
            yield json.dumps(_with(whole, path, value)).encode()
        yield json.dumps(_without(whole, path)).encode()
        yield json.dumps(_with(whole, path, "\ud800")).encode()


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from _paths(child, (*path, key))


def _with(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(whole)
    _parent(changed, path)[path[-1]] = value
    return changed


def _without(whole: Any, path: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(whole)
    del _parent(changed, path)[path[-1]]
    return changed


def _parent(whole: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        whole = whole[step]
    return whole
