"""What every event must be so that the hub can keep it, whatever the provider sent."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, get_args

from hub.contract import Address, CallUpdate, Event, Ignored, LegState, Message, State
from hub.testkit.verdict import require

MOST_REF_BYTES = 1000
"""Refs and addresses are indexed; PostgreSQL's index rows end at 2,700 bytes."""


def check(event: Event) -> None:
    """Raises `Disagreement` unless the hub can store this event as it is."""
    name = type(event).__name__
    require(isinstance(event, get_args(Event)), f"normalise yields {name}, which is no event")
    for path, value in _walk(event, name):
        _check_text(path, value)
    for field in dataclasses.fields(event):
        _check_field(f"{name}.{field.name}", field.name, getattr(event, field.name))
    if isinstance(event, Message):
        _check_data(event)
    elif isinstance(event, CallUpdate):
        require(not event.asks or event.leg or event.caller, "A CallUpdate asks for a leg that it doesn't name")
    elif isinstance(event, Ignored):
        require(event.reason, "An Ignored has no reason: say in a few words why there is nothing to show")


def _check_field(path: str, name: str, value: Any) -> None:
    """Refs and addresses are what the hub finds things by; a time without a zone is nobody's time."""
    if name in ("ref", "about"):
        require(value, f"{path} is empty: use the provider's id, or raise Malformed")
        _check_length(path, value)
    elif name in ("sender", "to", "caller") and isinstance(value, Address):
        require(value.kind and value.value, f"{path} has no kind or no value: raise Malformed")
        _check_length(f"{path}.value", value.value)
    elif name == "state":
        require(value is None or isinstance(value, (State, LegState)), f"{path} is {value!r}: use hub.contract.State")
    elif isinstance(value, datetime):
        require(value.tzinfo, f"{path} has no time zone: make it UTC")


def _check_length(path: str, value: str) -> None:
    require(len(value.encode()) <= MOST_REF_BYTES, f"{path} is longer than {MOST_REF_BYTES} bytes")


def _check_data(message: Message) -> None:
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
