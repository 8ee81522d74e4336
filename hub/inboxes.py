"""The running inboxes: one connector instance each, rebuilt when its settings change, here or in another process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import aiohttp
import orjson
import sqlalchemy as sa

from hub.contract import Capabilities, Connector, ConnectorError, Context
from hub.core.desk import InboxFacts
from hub.db import Database
from hub.models import Inbox
from hub.registry import build
from hub.secrets import BadToken, Keys

log = logging.getLogger(__name__)

INBOX = Inbox.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Running:
    """An inbox whose settings are good."""

    connector: Connector[Any]
    facts: InboxFacts
    version: int


class Inboxes:
    """Looked up by id on every path; loads nothing itself but through `refresh`."""

    def __init__(
        self, db: Database, keys: Keys, http: aiohttp.ClientSession, public_url: str, now: Callable[[], datetime]
    ) -> None:
        self._db, self._keys, self._http, self._public_url, self._now = db, keys, http, public_url, now
        self._running: dict[UUID, Running] = {}
        self._broken: dict[UUID, tuple[int, str]] = {}
        self._listeners: list[Callable[[], None]] = []
        self._lock = asyncio.Lock()
        self._heard: dict[UUID, datetime] = {}
        self._noted: dict[UUID, datetime] = {}

    def get(self, inbox_id: UUID) -> Connector[Any] | None:
        running = self._running.get(inbox_id)
        return running.connector if running else None

    def running(self, inbox_id: UUID) -> Running | None:
        return self._running.get(inbox_id)

    def facts(self, inbox_id: UUID) -> InboxFacts | None:
        running = self._running.get(inbox_id)
        return running.facts if running else None

    def capabilities(self, inbox_id: UUID) -> Capabilities | None:
        running = self._running.get(inbox_id)
        return running.facts.capabilities if running else None

    def all(self) -> list[Running]:
        return list(self._running.values())

    def all_facts(self) -> list[InboxFacts]:
        return [running.facts for running in self._running.values()]

    def problem(self, inbox_id: UUID) -> str:
        """Why an inbox can't run, in words; empty while it does."""
        return self._broken.get(inbox_id, (0, ""))[1]

    def heard(self, inbox_id: UUID, at: datetime) -> None:
        """Something came in; `note_heard` writes it down later."""
        self._heard[inbox_id] = max(at, self._heard.get(inbox_id, at))

    def last_heard(self, inbox_id: UUID) -> datetime | None:
        """When something last came in by this process."""
        return self._heard.get(inbox_id)

    async def note_heard(self) -> None:
        """Tell the other processes, and the next start; silent inboxes cost nothing."""
        later = {inbox_id: at for inbox_id, at in self._heard.items() if self._noted.get(inbox_id) != at}
        if not later:
            return

        def note(conn: sa.Connection) -> None:
            for inbox_id, at in sorted(later.items()):
                earlier = sa.or_(INBOX.c.last_in_at.is_(None), INBOX.c.last_in_at < at)
                conn.execute(sa.update(INBOX).where(INBOX.c.id == inbox_id, earlier).values(last_in_at=at))

        await self._db.write(note)
        self._noted |= later

    def on_change(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def context(self, inbox_id: UUID, connector: str) -> Context:
        return Context(
            http=self._http,
            log=logging.getLogger(f"connectors.{connector}"),
            now=self._now,
            public_url=self._public_url,
            hook_url=f"{self._public_url}/hooks/{inbox_id}",
            sign=lambda value: self._keys.sign(f"inbox:{inbox_id.hex}", value),
        )

    def open_settings(self, sealed: bytes) -> dict[str, Any]:
        settings: dict[str, Any] = orjson.loads(self._keys.open(sealed))
        return settings

    def seal_settings(self, settings: dict[str, Any]) -> bytes:
        return self._keys.seal(orjson.dumps(settings))

    async def refresh(self) -> None:
        """Bring the running set in line with the table: cheap when nothing changed."""
        async with self._lock:
            rows = await self._db.read(
                lambda conn: conn.execute(sa.select(INBOX).where(INBOX.c.removed_at.is_(None))).mappings().all()
            )
            changed = self._drop_missing({row["id"] for row in rows})
            for row in rows:
                changed |= self._bring_up(dict(row))
        if changed:
            for listener in self._listeners:
                listener()

    async def reload(self, inbox_id: UUID) -> None:
        """After a change of settings made here."""
        await self.refresh()

    def _drop_missing(self, present: set[UUID]) -> bool:
        for inbox_id in self._broken.keys() - present:
            del self._broken[inbox_id]
        gone = self._running.keys() - present
        for inbox_id in gone:
            del self._running[inbox_id]
        return bool(gone)

    def _bring_up(self, row: dict[str, Any]) -> bool:
        inbox_id, version = row["id"], row["version"]
        known = self._running.get(inbox_id)
        if (known and known.version == version) or self._broken.get(inbox_id, (0, ""))[0] == version:
            return False
        self._running.pop(inbox_id, None)
        self._broken.pop(inbox_id, None)
        try:
            settings = self.open_settings(row["settings"])
            connector = build(row["connector"], settings, self.context(inbox_id, row["connector"]))
        except (ConnectorError, BadToken) as error:
            log.error("inbox %s can't run: %s", row["name"], error)
            self._broken[inbox_id] = (version, str(error))
            return True
        facts = InboxFacts(
            id=inbox_id,
            connector=row["connector"],
            name=row["name"],
            address=connector.address,
            capabilities=connector.capabilities,
            own_ref=connector.own_ref,
            active=row["active"],
            continue_after_s=connector.continue_after_s,
        )
        self._running[inbox_id] = Running(connector, facts, version)
        return True
