"""A database with a desk and a writer, and nothing else of the hub: where the verbs are tried one at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy import Connection

from hub.app import prepare
from hub.contract import Address, Capabilities, File, Message, Proof, State, Status
from hub.core import quick
from hub.core.append import Append
from hub.core.batch import Written, write
from hub.core.changes import Actor, Change
from hub.core.compose import Note, Reply, Said, Words
from hub.core.desk import Desk, InboxFacts
from hub.core.receive import Arrived, Heard, Receipt
from hub.db import Database, insert
from hub.models import Agent, Entry, Inbox, Thread, new_id
from hub.secrets import Keys
from hub.writer import Writer

EMAIL = Capabilities(
    channel="email", identity="email", html=True, subject=True, copies=True, media=True, media_bytes=25_000_000,
    quotes_history=True, refs_are_global=True,
)  # fmt: skip
CHAT = Capabilities(
    channel="chat", identity="visitor", live=True, initiate=False, media=True, media_bytes=25_000_000,
    idempotent_send=True, undo_s=0, max_chars=10_000,
)  # fmt: skip
SMS = Capabilities(channel="sms", identity="phone", max_chars=160)


class Workshop:
    """Time stands still until it is moved; every change that a commit published is kept."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
        self.changes: list[Change] = []
        self._facts: dict[UUID, InboxFacts] = {}
        self.desk = Desk(
            keys=Keys("a secret of the workshop, long enough"),
            public_url="https://hub.example",
            inbox=self._facts.get,
            inboxes=lambda: list(self._facts.values()),
        )
        self.writer: Writer[Change] = Writer(db, self._write, self.changes.extend, self._write_quickly)
        self.ann = Actor("agent", new_id(), "Ann Agent")
        self.bob = Actor("agent", new_id(), "Bob Agent")
        self._numbers = 0

    def _write(self, conn: Connection, jobs: Sequence[Any], published: dict[UUID, int]) -> Written:
        return write(conn, self.desk, self.now, jobs, published, prepare)

    def _write_quickly(self, conn: Connection, jobs: Sequence[Any], published: dict[UUID, int]) -> Written | None:
        return quick.write(conn, self.desk, self.now, jobs, published, prepare)

    async def open(self) -> None:
        self.email = await self.inbox("email", EMAIL, own_ref=True)
        self.chat = await self.inbox("chat", CHAT)
        self.sms = await self.inbox("sms", SMS)
        agents: list[dict[str, Any]] = [
            {"id": a.id, "email": f"{a.name}@hub.example", "name": a.name, "role": "agent", "password_hash": "",
             "active": True, "settings": {}, "created_at": self.now}
            for a in (self.ann, self.bob)
        ]  # fmt: skip
        await self.db.write(lambda conn: insert(conn, Agent.__table__, agents))  # type: ignore[attr-defined]
        self.writer.start()

    async def close(self) -> None:
        await self.writer.close()
        await self.db.close()

    async def inbox(self, name: str, capabilities: Capabilities, *, own_ref: bool = False) -> InboxFacts:
        row = {"id": new_id(), "connector": name, "channel": capabilities.channel, "name": name, "address": "",
               "settings": b"", "active": True, "paused_reason": "", "version": 1, "created_at": self.now}  # fmt: skip
        await self.db.write(lambda conn: insert(conn, Inbox.__table__, [row]))  # type: ignore[attr-defined]
        facts = InboxFacts(
            id=row["id"],  # type: ignore[arg-type]
            connector=name,
            name=name,
            address="",
            capabilities=capabilities,
            own_ref=(lambda key: f"<{key}@hub.example>") if own_ref else (lambda key: None),
            continue_after_s=60 if capabilities.live else None,
        )
        self._facts[facts.id] = facts
        return facts

    def pause(self, facts: InboxFacts) -> None:
        self._facts[facts.id] = replace(facts, active=False)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    # --- what happens ---

    async def hear(
        self,
        sender: str,
        text: str = "Hello",
        *,
        inbox: InboxFacts | None = None,
        ref: str = "",
        dedup_key: str = "",
        token: str = "",
        proof: Proof = Proof.PROVIDER,
        files: tuple[File, ...] = (),
        **message: Any,
    ) -> Receipt:
        """One message of a customer, through the whole batch."""
        inbox = inbox or self.email
        ref = ref or f"ref-{self.number()}"
        case = self.desk.case_of_token(token) if token else None
        address = Address(inbox.capabilities.identity, sender, message.pop("name", ""))
        heard = Heard(
            Message(ref, address, text, proof=proof, refs=message.pop("refs", (f"<{ref}>",)), **message),
            cases=(case,) if case else (),
        )
        return await self.arrive(inbox, dedup_key or f"key-{self.number()}", (heard,))

    async def arrive(self, inbox: InboxFacts, dedup_key: str, items: tuple[Any, ...] | None, **more: Any) -> Receipt:
        arrived = Arrived(inbox=inbox, dedup_key=dedup_key, sealed=b"raw", received_at=self.now, items=items, **more)
        receipt: Receipt = await self.writer.submit(Append(arrived))
        return receipt

    async def status(self, inbox: InboxFacts, ref: str, state: State, **more: Any) -> Receipt:
        return await self.arrive(inbox, f"key-{self.number()}", (Status(ref, state, **more),))

    async def reply(self, thread_id: UUID, to: str, text: str = "Hi", **more: Any) -> Said:
        inbox = more.pop("inbox", self.email)
        actor, key = more.pop("actor", self.ann), more.pop("key", f"reply-{self.number()}")
        guard, hold = more.pop("last_seen_seq", None), more.pop("hold_s", 0)
        words = Words(inbox.id, Address(inbox.capabilities.identity, to), text, **more)
        said: Said = await self.writer.submit(Reply(actor, thread_id, key, words, guard, hold))
        return said

    async def note(self, thread_id: UUID, text: str = "Psst", **more: Any) -> Said:
        said: Said = await self.writer.submit(Note(self.ann, thread_id, f"note-{self.number()}", text, **more))
        return said

    # --- what is there ---

    async def rows(self, model: Any, **where: Any) -> list[dict[str, Any]]:
        table = model.__table__
        statement = sa.select(table).where(*(table.c[name] == value for name, value in where.items()))
        order = table.c.seq if "seq" in table.c else table.c.values()[0]
        found = await self.db.read(lambda conn: conn.execute(statement.order_by(order)).mappings().all())
        return [dict(row) for row in found]

    async def row(self, model: Any, **where: Any) -> dict[str, Any]:
        found = await self.rows(model, **where)
        assert len(found) == 1, f"{len(found)} rows of {model.__name__} where {where}"
        return found[0]

    async def entry(self, receipt: Receipt) -> dict[str, Any]:
        return await self.row(Entry, id=receipt.entries[0])

    async def faults(self) -> list[str]:
        """What must never be: gaps in an order, counters that are off, children without parents."""
        found = []
        for thread in await self.rows(Thread):
            seqs = [entry["seq"] for entry in await self.rows(Entry, thread_id=thread["id"])]
            if seqs != list(range(1, thread["last_seq"] + 1)):
                found.append(f"thread {thread['id']} has {seqs}, last_seq {thread['last_seq']}")
        return found


@pytest_asyncio.fixture
async def workshop(db_url: str) -> AsyncIterator[Workshop]:
    shop = Workshop(Database(db_url))
    await shop.open()
    yield shop
    await shop.close()
