"""`onethread new-connector NAME`: the package of a connector that works, to be changed step by step into one's own."""

from __future__ import annotations

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

SAMPLE = "pigeon"
"""The skeleton's own name; `docs/connectors/write-a-connector.md` explains it file by file."""

PACKAGE = f"onethread_{SAMPLE}"


class CantWrite(Exception):
    """The text says why, and what to do."""


def render(key: str) -> dict[str, str]:
    """Path -> text of every file of the package."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", key):
        raise CantWrite(f"“{key}” is no name for a connector: use lower-case letters, digits and _, as in “my_sms”.")
    skeleton = files("hub.testkit") / "skeleton"
    return {
        _renamed(str(_place(path)), key): _renamed(part.read_text(encoding="utf-8"), key)
        for path, part in _parts(skeleton, PurePosixPath())
    }


def write(key: str, parent: Path) -> Path:
    """The package in a new folder of `parent`."""
    rendered, folder = render(key), parent / f"onethread-{key}"
    if folder.exists():
        raise CantWrite(f"{folder} is there already: choose another name, or move it away.")
    for path, text in rendered.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


def next_steps(key: str, folder: Path) -> str:
    return (
        f"Wrote {folder}. It works already, with a provider that only its simulator plays:\n"
        f"\n"
        f"  pip install --editable {folder}\n"
        f"  onethread conformance {key}\n"
        f"\n"
        f"Now make it yours: docs/connectors/write-a-connector.md goes through it file by file."
    )


def _parts(folder: Traversable, path: PurePosixPath) -> list[tuple[PurePosixPath, Traversable]]:
    found = []
    for part in sorted(folder.iterdir(), key=lambda part: part.name):
        if part.is_dir():
            found += _parts(part, path / part.name)
        elif part.name.endswith(".txt"):
            found.append((path / part.name.removesuffix(".txt"), part))
    return found


def _place(path: PurePosixPath) -> PurePosixPath:
    return path if path.name == "pyproject.toml" else PurePosixPath(PACKAGE) / path


def _renamed(text: str, key: str) -> str:
    title = "".join(word.capitalize() for word in key.split("_"))
    header = key.replace("_", "-")
    return (
        text.replace(f"x-{SAMPLE}-", f"x-{header}-")
        .replace(f"{SAMPLE}.example", f"{header}.example")
        .replace(SAMPLE, key)
        .replace(SAMPLE.capitalize(), title)
    )
