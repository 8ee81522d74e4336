"""A provider without a network, whose every word a test decides, and the connector that speaks to it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from hub import contract
from hub.contract import Capabilities, Connector, Event, Message, Outgoing, Raw, State, Status
from hub.registry import discovery

SMALL = Capabilities(
    channel="pager", identity="phone", max_chars=20, splits=True, media=True, media_bytes=1_000_000, max_files=4,
    files_apart=True, receipts=(State.DELIVERED,), undo_s=0,
)  # fmt: skip


@dataclass
class Pager:
    """What customers got, and how the next sends go: an exception is raised, with `taken` after taking the message."""

    shown: list[Outgoing] = field(default_factory=list)
    script: deque[tuple[bool, Exception] | None] = field(default_factory=deque)
    lookups: deque[Exception] = field(default_factory=deque)
    asked: int = 0

    def misbehave(self, error: Exception | None, *, taken: bool = False) -> None:
        self.script.append((taken, error) if error else None)

    @property
    def texts(self) -> list[str]:
        return [message.text or message.files[0].name for message in self.shown]

    async def send(self, outgoing: Outgoing) -> str:
        self.asked += 1
        taken, error = (self.script.popleft() if self.script else None) or (True, None)
        if taken:
            self.shown.append(outgoing)
        if error:
            raise error
        return f"ref-{outgoing.key}"


class NoSettings(contract.Settings):
    pass


class PagerConnector(Connector[NoSettings]):
    key = "pager"
    label = "Pager"
    Settings = NoSettings
    capabilities = SMALL
    provider: ClassVar[Pager]

    def verify(self, raw: Raw) -> None:
        """Nobody else can reach it."""

    def normalise(self, raw: Raw) -> Iterable[Event]:
        said = json.loads(raw.body)
        if "state" in said:
            yield Status(said["ref"], State(said["state"]), said.get("reason", ""))
        else:
            sender = contract.Address("phone", said["from"])
            yield Message(said["ref"], sender, said["text"], choice=said.get("choice", ""))

    def own_ref(self, key: str) -> str:
        return f"ref-{key}"

    async def send(self, outgoing: Outgoing) -> str:
        return await self.provider.send(outgoing)


class AskablePager(PagerConnector):
    """One that can be asked what it has."""

    key = "askable_pager"

    async def look_up(self, outgoing: Outgoing, since: datetime) -> str | None:
        if self.provider.lookups:
            raise self.provider.lookups.popleft()
        taken = any(message.key == outgoing.key for message in self.provider.shown)
        return f"ref-{outgoing.key}" if taken else None


@contextmanager
def pagers(monkeypatch: pytest.MonkeyPatch, **more: type[Connector[Any]]) -> Iterator[Pager]:
    """As if a package with these connectors were installed."""
    provider = Pager()
    for connector in (PagerConnector, AskablePager, *more.values()):
        monkeypatch.setattr(connector, "provider", provider, raising=False)
    found = discovery._found()
    known: dict[str, type[Connector[Any]]] = {
        **found.connectors,
        "pager": PagerConnector,
        "askable_pager": AskablePager,
        **more,
    }
    monkeypatch.setattr(discovery, "_found", lambda: discovery._Found(known, {}))
    yield provider


def event(**said: Any) -> Raw:
    return Raw("POST", "http://hub.example/hooks/x", {}, json.dumps(said).encode(), datetime.now(UTC))
