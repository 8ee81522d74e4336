"""The one way in: verify the raw bytes, store the envelope, and only then let the provider be answered (rule 4).

A cheap arrival is normalised at once and becomes an entry in the same commit. A costly one (a mail, a large body) is
stored first and read by a worker, in its lane's order; the sweep takes up what a crash left unread.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from hub import failpoints
from hub.blobs import Blobs
from hub.contract import Answer, Connector, Echo, Event, File, Malformed, Message, Raw, TooLarge
from hub.core.append import Append
from hub.core.changes import Change
from hub.core.clean import clean
from hub.core.desk import Desk, InboxFacts
from hub.core.envelopes import Stored, load, pack, unpack, unread_twin
from hub.core.errors import Conflict, NotFound, UnknownInbox
from hub.core.receive import Arrived, Heard, Item, Receipt, Returned, StoredFile
from hub.db import Database, DatabaseGone
from hub.flow.names import Names
from hub.inboxes import Inboxes
from hub.secrets import BadToken
from hub.writer import Writer

log = logging.getLogger(__name__)

LARGE = 64 * 1024
READERS = 32
"""Mails that are read at once: threads don't parse faster for it, but each batch takes more of them."""
IN_HAND = 16 * 1024 * 1024
"""Bytes of small mails kept in memory until they are read; others are loaded again."""
POURS_S, REST_S = 0.02, 0.5
"""While mails come closer together than this, each reader rests before its next: taking them in goes first."""
AWAY_S = 0.5
MAX_REFS = 60


@dataclass(frozen=True, slots=True)
class _Understood:
    """An event, with a message's HTML made harmless."""

    event: Event
    html: str = ""
    quoted_html: str = ""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A stored envelope that nobody read yet; `raw` while there is room to keep it."""

    id: UUID
    inbox_id: UUID | None = None
    dedup_key: str = ""
    raw: Raw | None = None

    @property
    def size(self) -> int:
        return len(self.raw.body) if self.raw else 0


class Intake:
    """Stores and reads what arrives; one per process."""

    def __init__(
        self,
        db: Database,
        writer: Writer[Change],
        blobs: Blobs,
        desk: Desk,
        inboxes: Inboxes,
        now: Callable[[], datetime],
        max_body: int,
    ) -> None:
        self._db, self._writer, self._blobs, self._desk = db, writer, blobs, desk
        self._inboxes, self._now, self._max_body = inboxes, now, max_body
        self._names = Names(db, writer)
        self._lanes: dict[str, deque[_Waiting]] = {}
        self._reading: set[UUID] = set()
        self._in_hand = 0
        self._arrived_at = self._pours_until = 0.0
        self._room = asyncio.Semaphore(READERS)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self.turned_away: set[UUID] = set()
        """Inboxes whose provider was sent away because the database was gone: it may not come again."""

    async def __call__(self, inbox_id: UUID, raw: Raw) -> Answer | None:
        answer, _ = await self.receive(inbox_id, raw)
        return answer

    async def receive(self, inbox_id: UUID, raw: Raw) -> tuple[Answer | None, Receipt]:
        connector, facts = self._inbox(inbox_id)
        if len(raw.body) > self._max_body:
            raise TooLarge(f"This is larger than {self._max_body // 1_048_576} MB, the most this hub takes.")
        answer = connector.verify(raw)
        if answer is not None and answer.final:
            return answer, Receipt(None, "answered")
        failpoints.hit("after_receive")
        take = self._store if connector.capabilities.costly or len(raw.body) > LARGE else self._append
        try:
            receipt = await take(connector, facts, raw)
        except DatabaseGone:
            self.turned_away.add(facts.id)
            raise
        if receipt.state != "duplicate":
            self._inboxes.heard(facts.id, raw.received_at)
        failpoints.hit("before_ack")
        return answer, receipt

    async def replay(self, envelope_id: UUID) -> Receipt:
        """Read a stored envelope again, now that the code or the settings are mended."""
        stored = await self._db.read(partial(load, envelope_id=envelope_id))
        if stored is None:
            raise NotFound("envelope")
        if stored.state not in ("new", "dead"):
            raise Conflict("This envelope was read already.")
        return await self._read(stored)

    def read_later(self, envelope_id: UUID, lane: str) -> None:
        """Queue a stored envelope; those of one lane are read in order."""
        self._queue(_Waiting(envelope_id), lane)

    def _queue(self, waiting: _Waiting, lane: str) -> None:
        if waiting.id in self._reading:
            return
        self._reading.add(waiting.id)
        self._in_hand += waiting.size
        if not lane:
            self._spawn(self._read_lane("", deque([waiting])))
        elif lane in self._lanes:
            self._lanes[lane].append(waiting)
        else:
            self._lanes[lane] = deque([waiting])
            self._spawn(self._read_lane(lane, self._lanes[lane]))

    async def close(self) -> None:
        """Let what is being read finish; what is not begun stays `new` and is read after the next start."""
        self._closing = True
        for waiting in self._lanes.values():
            waiting.clear()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)

    # --- the cheap path ---

    async def _append(self, connector: Connector[Any], facts: InboxFacts, raw: Raw) -> Receipt:
        key = connector.dedup_key(raw)[:200]
        items, dead = self._normalise(connector, raw)
        arrived = Arrived(
            inbox=facts,
            dedup_key=key,
            sealed=self._desk.keys.seal(pack(raw)),
            size=len(raw.body),
            received_at=raw.received_at,
            items=await self._prepare(facts, items, key),
            dead=dead,
        )
        receipt: Receipt = await self._writer.submit(Append(arrived))
        self._introduce(connector, arrived)
        return receipt

    def _normalise(self, connector: Connector[Any], raw: Raw) -> tuple[list[_Understood], str]:
        """Events, or why there are none. A connector's own error must not make the provider repeat this for ever."""
        try:
            return [_understand(event) for event in connector.normalise(raw)], ""
        except Malformed as error:
            return [], str(error) or "It can't be read."
        except Exception as error:
            log.exception("%s failed to read a request", connector.key)
            return [], f"The connector failed: {type(error).__name__}: {str(error)[:300]}"

    # --- the costly path ---

    async def _store(self, connector: Connector[Any], facts: InboxFacts, raw: Raw) -> Receipt:
        packed = self._desk.keys.seal(pack(raw))
        large = len(packed) > LARGE
        arrived = Arrived(
            inbox=facts,
            dedup_key=connector.dedup_key(raw)[:200],
            sealed=None if large else packed,
            blob=await self._put(packed) if large else "",
            size=len(raw.body),
            lane=f"{facts.id.hex}:{connector.lane(raw)}"[:200],
            received_at=raw.received_at,
        )
        receipt: Receipt = await self._writer.submit(Append(arrived))
        if receipt.state == "new" and receipt.envelope_id:
            in_hand = not large and self._in_hand < IN_HAND
            waiting = _Waiting(receipt.envelope_id, facts.id, arrived.dedup_key, raw if in_hand else None)
            self._queue(waiting, arrived.lane)
        elif receipt.state == "duplicate":
            await self._take_up(facts, arrived.dedup_key)
        now = time.monotonic()
        if now - self._arrived_at < POURS_S:
            self._pours_until = now + POURS_S
        self._arrived_at = now
        return receipt

    async def _take_up(self, facts: InboxFacts, dedup_key: str) -> None:
        """It was stored, and the answer lost with the database: read it before what its sender says next."""
        for envelope_id, lane in await self._db.read(partial(unread_twin, inbox_id=facts.id, dedup_key=dedup_key)):
            self.read_later(envelope_id, lane)

    async def _read_lane(self, lane: str, waiting: deque[_Waiting]) -> None:
        while waiting:
            head = waiting[0]
            try:
                async with self._room:
                    if time.monotonic() < self._pours_until:
                        await asyncio.sleep(REST_S)
                    await self._read_waiting(head)
            except DatabaseGone as error:
                if self._closing:
                    break
                # the head stays the head: nothing of its lane may overtake it
                log.warning("envelope %s waits for the database: %s", head.id, error)
                await asyncio.sleep(AWAY_S)
                continue
            except UnknownInbox as error:
                log.warning("envelope %s waits for its inbox: %s", head.id, error)
            except Exception:
                log.exception("envelope %s could not be read", head.id)
            self._reading.discard(head.id)
            self._in_hand -= head.size
            if waiting and waiting[0] is head:
                waiting.popleft()
        if lane:
            self._lanes.pop(lane, None)

    async def _read_waiting(self, waiting: _Waiting) -> None:
        if waiting.raw is not None and waiting.inbox_id is not None:
            connector, facts = self._inbox(waiting.inbox_id)
            await self._read_raw(connector, facts, waiting.id, waiting.dedup_key, waiting.raw)
            return
        stored = await self._db.read(partial(load, envelope_id=waiting.id))
        if stored and stored.state == "new":
            await self._read(stored)

    async def _read(self, stored: Stored) -> Receipt:
        connector, facts = self._inbox(stored.inbox_id)
        try:
            raw = unpack(self._desk.keys.open(await self._packed(stored)))
        except (BadToken, FileNotFoundError, ValueError) as error:
            dead = f"The stored request can't be opened: {error}"
            return await self._settle(Arrived(facts, stored.dedup_key, items=(), dead=dead, stored=stored.id))
        return await self._read_raw(connector, facts, stored.id, stored.dedup_key, raw)

    async def _read_raw(
        self, connector: Connector[Any], facts: InboxFacts, envelope_id: UUID, dedup_key: str, raw: Raw
    ) -> Receipt:
        understood, dead = await asyncio.to_thread(self._normalise, connector, raw)
        items = await self._prepare(facts, understood, dedup_key)
        arrived = Arrived(facts, dedup_key, items=items, dead=dead, stored=envelope_id)
        receipt = await self._settle(arrived)
        self._introduce(connector, arrived)
        return receipt

    def _introduce(self, connector: Connector[Any], arrived: Arrived) -> None:
        for work in self._names.asks(connector, arrived):
            self._spawn(work)

    async def _settle(self, arrived: Arrived) -> Receipt:
        receipt: Receipt = await self._writer.submit(Append(arrived))
        return receipt

    async def _packed(self, stored: Stored) -> bytes:
        return stored.sealed if stored.sealed is not None else await self._blobs.get(stored.blob)

    # --- both ---

    def _inbox(self, inbox_id: UUID) -> tuple[Connector[Any], InboxFacts]:
        connector, facts = self._inboxes.get(inbox_id), self._inboxes.facts(inbox_id)
        if connector is None or facts is None:
            raise UnknownInbox(self._inboxes.problem(inbox_id) or "There is no such inbox.")
        return connector, facts

    async def _prepare(self, facts: InboxFacts, events: Iterable[_Understood], dedup_key: str) -> tuple[Item, ...]:
        """What must not happen inside the transaction: store files, check tokens."""
        return tuple([await self._item(facts, one, dedup_key) for one in events])

    async def _item(self, facts: InboxFacts, one: _Understood, dedup_key: str) -> Item:
        if isinstance(one.event, Message):
            return await self._heard(facts, one, one.event, dedup_key)
        if isinstance(one.event, Echo):
            return await self._echo(facts, one.event)
        return one.event

    async def _echo(self, facts: InboxFacts, echo: Echo) -> Item:
        """Our own message with our key, or the team's words from elsewhere."""
        if delivery_id := self._desk.delivery_of_key(echo.key):
            return Returned(delivery_id, echo.ref)
        said = Message(echo.ref, echo.to, echo.text, at=echo.at, files=echo.files, cards=echo.cards)
        files = tuple([await self._keep(facts, file) for file in echo.files])
        return Heard(said, files=files, ours=True, author=echo.author)

    async def _heard(self, facts: InboxFacts, understood: _Understood, message: Message, dedup_key: str) -> Heard:
        cases = (self._desk.case_of_token(token) for token in message.tokens[:MAX_REFS])
        return Heard(
            message,
            html=understood.html,
            quoted_html=understood.quoted_html,
            files=tuple([await self._keep(facts, file) for file in message.files]),
            cases=tuple(case for case in cases if case),
            unique=self._is_unique(facts, message, dedup_key),
        )

    @staticmethod
    def _is_unique(facts: InboxFacts, message: Message, dedup_key: str) -> bool:
        return message.ref == dedup_key and not facts.capabilities.refs_are_global

    async def _keep(self, facts: InboxFacts, file: File) -> StoredFile:
        if facts.capabilities.live and file.ref.startswith("sha256:"):
            # the hub's own socket names what the visitor uploaded before; its requests carry our signature
            _, sha256, size = file.ref.split(":")
            return StoredFile(file.name, file.type, int(size), sha256, file.cid)
        if file.url and not file.content:
            return StoredFile(file.name, file.type, 0, "", file.cid, file.url)
        content = file.content
        return StoredFile(file.name, file.type, len(content), await self._put(content), file.cid)

    async def _put(self, content: bytes) -> str:
        try:
            return await self._blobs.put(content)
        except OSError as error:
            raise DatabaseGone(f"The files can't be stored: {error.strerror or error}") from error

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _understand(event: Event) -> _Understood:
    if not isinstance(event, Message):
        return _Understood(event)
    return _Understood(event, clean(event.html), clean(event.quoted_html))
