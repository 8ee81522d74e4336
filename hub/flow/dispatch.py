"""The way out: lease a lane, send its head, settle, go on. Only this module knows about retries."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub import failpoints
from hub.blobs import Blobs
from hub.contract import Connector, Refused, State, Unauthorised, Unavailable, Uncertain
from hub.core import lanes
from hub.core.changes import Change
from hub.core.desk import Desk, InboxFacts
from hub.core.errors import Conflict, NotFound
from hub.core.permit import Request, permit
from hub.core.render import Rendered, render
from hub.core.settle import Abandoned, Begin, Settle
from hub.db import Database, DatabaseGone
from hub.inboxes import Inboxes
from hub.models import Inbox
from hub.writer import Writer

log = logging.getLogger(__name__)

INBOX = Inbox.__table__  # type: ignore[attr-defined]
LANES = 32
POLL_S = 1.0
SEND_TIMEOUT_S = 45.0
LONGEST_SEND = timedelta(seconds=SEND_TIMEOUT_S + 10)
"""A lane is held at least as long as one send can take: another process must not find it abandoned in the middle."""
FIRST_BACK_OFF_S = 2.0
LONGEST_BACK_OFF_S = 900.0
PAUSED_S = 30.0


@dataclass(frozen=True, slots=True)
class _Ready:
    """Everything there is to one send."""

    connector: Connector[Any]
    facts: InboxFacts
    rendered: Rendered


class Dispatch:
    """Sends what is due. Several processes share the work by leasing lanes."""

    def __init__(
        self,
        db: Database,
        writer: Writer[Change],
        blobs: Blobs,
        desk: Desk,
        inboxes: Inboxes,
        now: Callable[[], datetime],
        worker: str,
    ) -> None:
        self._db, self._writer, self._blobs, self._desk = db, writer, blobs, desk
        self._inboxes, self._now, self._worker = inboxes, now, worker
        self._held: dict[str, asyncio.Task[None]] = {}
        self._awake = asyncio.Event()

    def nudge(self) -> None:
        """Something may be due now."""
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled; then what is being sent is finished first."""
        try:
            while True:
                try:
                    await self._take_lanes()
                except DatabaseGone as error:
                    log.warning("nothing is sent while the database is away: %s", error)
                except Exception:
                    log.exception("no lanes could be taken; it is tried again")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._awake.wait()
                self._awake.clear()
        finally:
            if self._held:
                await asyncio.wait(self._held.values(), timeout=8)

    async def _take_lanes(self) -> None:
        room = LANES - len(self._held)
        if room <= 0:
            return
        held, now = set(self._held), self._now()
        due = await self._db.read(lambda conn: lanes.has_due(conn, now, held))
        if not due:
            return
        taken = await self._db.write(lambda conn: lanes.lease(conn, self._worker, now, held, room))
        for lane in taken:
            self._held[lane] = asyncio.create_task(self._run_lane(lane))

    async def _run_lane(self, lane: str) -> None:
        """Send the lane's deliveries one after the other until the head isn't due."""
        try:
            until = self._now() + lanes.LEASE
            while head := await self._db.read(lambda conn: lanes.head(conn, lane)):
                now = self._now()
                if until - now < LONGEST_SEND:
                    if not await self._db.write(lambda conn: lanes.renew(conn, self._worker, lane, self._now())):
                        return
                    until = now + lanes.LEASE
                if head.state == State.SENDING:
                    await self._abandoned(head)
                elif head.next_at > now:
                    break
                else:
                    await self._send(head)
        except DatabaseGone as error:
            log.warning("lane left alone while the database is away: %s", error)
        except Exception:
            log.exception("a lane stopped")
        finally:
            with contextlib.suppress(DatabaseGone):
                await self._db.write(lambda conn: lanes.give_back(conn, self._worker, lane))
            del self._held[lane]

    async def _abandoned(self, head: lanes.Head) -> None:
        facts = self._inboxes.facts(head.inbox_id)
        again = bool(facts and facts.capabilities.idempotent_send)
        await self._writer.submit(Abandoned(head.id, again))

    async def _send(self, head: lanes.Head) -> None:
        now = self._now()
        ready = await self._prepare(head)
        if ready is None:
            await self._later(head, now + timedelta(seconds=PAUSED_S), "The inbox is paused.")
            return
        try:
            attempt = await self._writer.submit(Begin(head.id, self._worker))
        except (Conflict, NotFound):
            return
        if refusal := self._forbidden(ready):
            await self._settle(Settle(head.id, State.FAILED, reason=refusal))
            return
        await self._settle(await self._attempt(head, ready, attempt))

    async def _prepare(self, head: lanes.Head) -> _Ready | None:
        connector, facts = self._inboxes.get(head.inbox_id), self._inboxes.facts(head.inbox_id)
        if connector is None or facts is None or not facts.active:
            return None
        rendered = await self._db.read(lambda conn: render(conn, self._desk, facts, head.id, self._blobs.get))
        return _Ready(connector, facts, rendered) if rendered else None

    def _forbidden(self, ready: _Ready) -> str:
        """The gate is asked again right before the send: what was allowed when it was queued may not be any more."""
        out = ready.rendered.outgoing
        decision = permit(
            Request(
                ready.facts,
                out.to.kind,
                out.to.value,
                ready.rendered.delivery["purpose"],
                self._now(),
                bytes=ready.rendered.bytes,
                files=len(out.files),
            )
        )
        return decision.reason if decision.verdict == "deny" else ""

    async def _attempt(self, head: lanes.Head, ready: _Ready, attempt: int) -> Settle:
        """One try, and what its outcome means."""
        capabilities = ready.facts.capabilities
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                ref = await ready.connector.send(ready.rendered.outgoing)
        except Refused as error:
            return Settle(head.id, State.FAILED, reason=str(error))
        except Unauthorised as error:
            await self._pause(ready.facts, str(error))
            return self._again(head, attempt, str(error), PAUSED_S)
        except Unavailable as error:
            return self._again(head, attempt, str(error), error.retry_after)
        except (Uncertain, TimeoutError) as error:
            if capabilities.idempotent_send:
                return self._again(head, attempt, str(error) or "No answer in time.", None)
            reason = str(error) or "The provider gave no answer in time. The message may have arrived."
            return Settle(head.id, State.UNCERTAIN, reason=reason, retryable=True)
        except Exception as error:
            # a connector's own mistake: whether it sent before it failed, nobody knows
            log.exception("%s failed to send", ready.connector.key)
            return Settle(head.id, State.UNCERTAIN, reason=f"The connector failed: {error}", retryable=True)
        failpoints.hit("after_provider_accept")
        continue_after = ready.facts.continue_after_s
        return Settle(
            head.id,
            State.SENT,
            ref=ref,
            refer=True,
            continue_at=self._now() + timedelta(seconds=continue_after) if continue_after else None,
        )

    def _again(self, head: lanes.Head, attempt: int, reason: str, after: float | None) -> Settle:
        """Put it back with a growing pause, until its deadline."""
        pause = min(FIRST_BACK_OFF_S * 2 ** (attempt - 1), LONGEST_BACK_OFF_S) * random.uniform(0.8, 1.2)
        retry_at = self._now() + timedelta(seconds=max(after or 0.0, pause))
        if retry_at > head.deadline_at:
            return Settle(head.id, State.FAILED, reason=f"Given up after {attempt} tries. {reason}", retryable=True)
        return Settle(head.id, State.QUEUED, reason=reason, retry_at=retry_at)

    async def _settle(self, settle: Settle) -> None:
        """The provider has it: its state must reach the database, however long that is away."""
        while True:
            try:
                await self._writer.submit(settle)
                return
            except DatabaseGone:
                await asyncio.sleep(0.5)

    async def _later(self, head: lanes.Head, when: datetime, reason: str) -> None:
        if when > head.deadline_at:
            await self._writer.submit(Settle(head.id, State.FAILED, reason=reason, retryable=True))
            return
        await self._db.write(lambda conn: lanes.put_off(conn, head.id, when))

    async def _pause(self, facts: InboxFacts, reason: str) -> None:
        """Refused credentials: nothing more is tried through this inbox until somebody mends them."""
        statement = (
            sa.update(INBOX)
            .where(INBOX.c.id == facts.id, INBOX.c.active)
            .values(active=False, paused_reason=reason, version=INBOX.c.version + 1)
        )
        await self._db.write(lambda conn: conn.execute(statement) and None)
        await self._inboxes.refresh()
        log.error("inbox %s is paused: %s", facts.name, reason)
