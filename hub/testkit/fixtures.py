"""Recorded requests and what they mean; the format is described in `hub.testkit`."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from hub.contract import Event, File, Raw

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
"""When fixtures arrive, unless they say otherwise."""

HOOK_URL = "https://hub.example/hooks/1"
SHORT = 200
"""A file's content up to this many bytes is written out, longer content as its hash."""

KINDS: dict[type[Event], str] = {
    kind: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower() for kind in get_args(Event)
}
"""What an expectation calls each: `message`, `status`, `call_update`, …"""


class BadFixture(Exception):
    """A fixture file can't be used; the text names the file and what to do."""


@dataclass(frozen=True)
class Fixture:
    name: str
    body_path: Path
    raw: Raw
    expected: Mapping[str, Any] | None
    """None while nobody has written it down."""
    redelivery_of: str = ""

    @property
    def expect_path(self) -> Path:
        return self.body_path.with_name(f"{self.name}.expect.json")

    @property
    def is_malformed(self) -> bool:
        return self.expected is not None and "malformed" in self.expected


def load(folder: Path) -> list[Fixture]:
    """All fixtures of a folder, by name."""
    bodies = sorted(path for path in folder.iterdir() if path.is_file() and path.name.count(".") == 1)
    names = [path.stem for path in bodies]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadFixture(f"{folder}: two bodies are named {', '.join(sorted(twice))}; rename one")
    described = {
        path.name.removesuffix(end) for end in (".expect.json", ".request.json") for path in folder.glob("*" + end)
    }
    if lonely := described - set(names):
        raise BadFixture(f"{folder}: {', '.join(sorted(lonely))} has no body; add a file such as {min(lonely)}.json")
    return [_fixture(path) for path in bodies]


def _fixture(path: Path) -> Fixture:
    asked = _json(path.with_name(f"{path.stem}.request.json")) or {}
    known = {"method", "url", "headers", "received_at", "redelivery_of"}
    if unknown := set(asked) - known:
        raise BadFixture(
            f"{path.stem}.request.json: unknown field {min(unknown)}; known are {', '.join(sorted(known))}"
        )
    raw = Raw(
        method=asked.get("method", "POST"),
        url=asked.get("url", HOOK_URL),
        headers={name.lower(): value for name, value in asked.get("headers", {}).items()},
        body=path.read_bytes(),
        received_at=datetime.fromisoformat(asked["received_at"]) if "received_at" in asked else MOMENT,
    )
    expected = _json(path.with_name(f"{path.stem}.expect.json"))
    if expected is not None and set(expected) not in ({"events"}, {"malformed"}):
        raise BadFixture(f'{path.stem}.expect.json must hold either "events" or "malformed"')
    return Fixture(path.stem, path, raw, expected, asked.get("redelivery_of", ""))


def _json(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        value = json.loads(path.read_bytes())
    except ValueError as error:
        raise BadFixture(f"{path} is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadFixture(f"{path} must hold an object")
    return value


def dump(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Events as an expectation writes them: only what differs from the defaults."""
    return [{KINDS[type(event)]: _dump(event)} for event in events]


def _dump(value: Any) -> Any:
    if isinstance(value, File):
        return _dump_file(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _dump_fields(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _dump(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_dump(item) for item in value]
    return value


def _dump_fields(value: Any) -> dict[str, Any]:
    shown = {}
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        default = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
        if held != default:
            shown[field.name] = _dump(held)
    return shown


def _dump_file(file: File) -> dict[str, Any]:
    shown = _dump_fields(dataclasses.replace(file, content=b""))
    if not file.content:
        return shown
    try:
        text = file.content.decode() if len(file.content) <= SHORT else None
    except UnicodeDecodeError:
        text = None
    if text is not None:
        return shown | {"content": text}
    return shown | {"size": len(file.content), "sha256": hashlib.sha256(file.content).hexdigest()}
