"""Who does something, and what a commit changed: the only thing that publishing needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose account something is done."""

    kind: Literal["agent", "customer", "system"]
    id: UUID | None
    name: str


SYSTEM = Actor("system", None, "Onethread")


@dataclass(frozen=True, slots=True)
class Change:
    """What one transaction changed in one thread; `entries` are new or have a delivery in a new state."""

    thread_id: UUID
    rev: int
    public_rev: int
    entries: tuple[UUID, ...]
    cases: tuple[UUID, ...]
    public: bool
    sends: bool = False
    """Something was put into a lane."""
    since: int = 0
    """The `rev` before this transaction: a screen that holds at least that may apply what it is shown."""
    public_since: int = 0
    fetches: bool = False
    """A file of it waits at its provider."""
    calls: bool = False
    """A telephone call of it changed: who is rung is told, and the provider may have to be."""
    heard: tuple[Mapping[str, Any], ...] = ()
    """The rows of all its entries, where they are new messages of the customer and nothing else happened."""
