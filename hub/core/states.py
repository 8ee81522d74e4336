"""What a batch holds in memory while it has the locks: threads with their counters, rows that may change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

PREVIEW_CHARS = 160


@dataclass(slots=True)
class Wants:
    """Ids the jobs of a batch ask for; threads are found through them, locked, and read again under the lock."""

    threads: set[UUID] = field(default_factory=set)
    cases: set[UUID] = field(default_factory=set)
    entries: set[UUID] = field(default_factory=set)
    deliveries: set[UUID] = field(default_factory=set)
    drafts: set[UUID] = field(default_factory=set)
    attachments: set[UUID] = field(default_factory=set)
    delivery_refs: set[tuple[UUID, str]] = field(default_factory=set)
    refs: set[str] = field(default_factory=set)
    known_refs: set[str] = field(default_factory=set)
    ref_spaces: set[str] = field(default_factory=set)
    client_keys: set[str] = field(default_factory=set)
    calls: set[UUID] = field(default_factory=set)
    legs: set[UUID] = field(default_factory=set)
    leg_refs: set[tuple[UUID, str]] = field(default_factory=set)


@dataclass(slots=True)
class Owner:
    """Whose an address is."""

    identity_id: UUID
    trust: str
    thread_id: UUID
    customer_id: UUID


@dataclass(slots=True)
class ThreadState:
    id: UUID
    customer_id: UUID
    last_seq: int = 0
    rev: int = 0
    public_rev: int = 0
    published_rev: int = 0
    read_seq: int = 0
    new: bool = False
    touched: bool = False
    entries: dict[UUID, None] = field(default_factory=dict)
    cases: dict[UUID, None] = field(default_factory=dict)
    public: bool = False
    sends: bool = False
    fetches: bool = False
    calls: bool = False
    revs: int = 0
    public_revs: int = 0

    def next_rev(self) -> int:
        self.rev += 1
        self.revs += 1
        self.touched = True
        return self.rev

    def next_public_rev(self) -> int:
        self.public_rev += 1
        self.public_revs += 1
        self.public = True
        return self.public_rev


class Row:
    """A row held in memory under its thread's lock; what is set on it is written at the end."""

    __slots__ = ("changed", "new", "values")

    def __init__(self, values: dict[str, Any], *, new: bool = False) -> None:
        self.values = values
        self.changed: set[str] = set()
        self.new = new

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def set(self, **values: Any) -> None:
        for name, value in values.items():
            if self.values[name] != value:
                self.values[name] = value
                self.changed.add(name)


def preview(text: str) -> str:
    return " ".join(text[: PREVIEW_CHARS * 4].split())[:PREVIEW_CHARS]
