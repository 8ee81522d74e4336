"""What every event must be so that the hub can keep it, whatever the provider sent."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from hub.contract import Event, Ignored, Message, State, Status
from hub.testkit.verdict import require

MOST_REF_BYTES = 1000
"""Refs and addresses are indexed; PostgreSQL's index rows end at 2,700 bytes."""


def check(event: Event) -> None:
    """Raises `Disagreement` unless the hub can store this event as it is."""
    require(
        isinstance(event, (Message, Status, Ignored)), f"normalise yields {type(event).__name__}, which is no event"
    )
    for path, value in _walk(event, type(event).__name__):
        _check_text(path, value)
    if isinstance(event, Message):
        _check_message(event)
    elif isinstance(event, Status):
        require(event.ref, "A Status has no ref: the hub can't tell which delivery it is about")
        require(isinstance(event.state, State), f"Status.state is {event.state!r}: use hub.contract.State")
    else:
        require(event.reason, "An Ignored has no reason: say in a few words why there is nothing to show")


def _check_message(message: Message) -> None:
    require(message.ref, "A Message has no ref: use the provider's id, or raise Malformed")
    require(message.sender.kind and message.sender.value, "Message.sender has no kind or no value: raise Malformed")
    for name, value in (("ref", message.ref), ("sender.value", message.sender.value)):
        require(len(value.encode()) <= MOST_REF_BYTES, f"Message.{name} is longer than {MOST_REF_BYTES} bytes")
    require(message.at is None or message.at.tzinfo, "Message.at has no time zone: make it UTC")
    try:
        json.dumps(dict(message.data), allow_nan=False)
    except (TypeError, ValueError) as error:
        require(False, f"Message.data can't be stored as JSON: {error}")


def _check_text(path: str, value: str) -> None:
    require("\0" not in value, f"{path} holds a NUL character, which PostgreSQL can't store: take it out")
    try:
        value.encode()
    except UnicodeEncodeError:
        require(False, f"{path} holds half a surrogate pair, which no database stores: take it out")


def _walk(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, str(value.value if isinstance(value, Enum) else value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            held = getattr(value, field.name)
            declared = str(field.type)
            require(
                not declared.startswith("str") or isinstance(held, str),
                f"{path}.{field.name} is {type(held).__name__}, not text",
            )
            require(not declared.startswith("tuple") or isinstance(held, tuple), f"{path}.{field.name} is no tuple")
            yield from _walk(held, f"{path}.{field.name}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _walk(key, f"{path} key")
            yield from _walk(item, f"{path}[{key!r}]")
    elif isinstance(value, (tuple, list)):
        for number, item in enumerate(value):
            yield from _walk(item, f"{path}[{number}]")
