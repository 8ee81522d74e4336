"""The way out: lease a lane, send its head, settle, go on. Only this module knows about retries."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import aiohttp
import sqlalchemy as sa

from hub import failpoints
from hub.blobs import Blobs
from hub.contract import Connector, LooksUp, OptedOut, Outgoing, Refused, State, Unauthorised, Unavailable, Uncertain
from hub.core import known, lanes, rests
from hub.core.changes import Change
from hub.core.desk import Desk, InboxFacts
from hub.core.errors import Conflict, NotFound
from hub.core.permit import Decision, Request, permit
from hub.core.render import Rendered, render
from hub.core.settle import Abandoned, Accepted, Begin, GiveUp, Settle
from hub.db import Database, DatabaseGone
from hub.flow.rates import Rates
from hub.flow.ways import Ways
from hub.inboxes import Inboxes
from hub.models import Inbox
from hub.writer import Writer

log = logging.getLogger(__name__)

INBOX = Inbox.__table__  # type: ignore[attr-defined]
AT_ONCE = 256
TURN = 8
"""Deliveries of one lane before another may go first."""
POLL_S = 1.0
OVERDUE_S = 10.0
SEND_TIMEOUT_S = 45.0
LONGEST_SEND = timedelta(seconds=SEND_TIMEOUT_S + 10)
"""A lane is held at least as long as one send can take: another process must not find it abandoned in the middle."""
FIRST_BACK_OFF_S = 2.0
LONGEST_BACK_OFF_S = 900.0
PAUSED_S = 30.0
LOOK_AFTER_S = 3.0
"""Providers list a message a moment after they took it."""
LOOK_FOR_S = 900.0


@dataclass(frozen=True, slots=True)
class _Ready:
    """Everything there is to one send."""

    connector: Connector[Any]
    facts: InboxFacts
    rendered: Rendered
    version: int

    @property
    def messages(self) -> tuple[Outgoing, ...]:
        return self.rendered.messages


class _Lease:
    """The right to send from a lane, renewed in time."""

    def __init__(self, db: Database, worker: str, lane: str, now: Callable[[], datetime]) -> None:
        self._db, self._worker, self._lane, self._now = db, worker, lane, now
        self._until = now() + lanes.LEASE

    async def kept(self) -> bool:
        """Long enough for one more send; False if it was lost."""
        if self._until - self._now() < LONGEST_SEND:
            if not await self._db.write(lambda conn: lanes.renew(conn, self._worker, self._lane, self._now())):
                return False
            self._until = self._now() + lanes.LEASE
        return True


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
        *,
        shared: bool = False,
    ) -> None:
        """`shared`: other processes send through the same inboxes."""
        self._db, self._writer, self._blobs, self._desk = db, writer, blobs, desk
        self._inboxes, self._now, self._worker, self._shared = inboxes, now, worker, shared
        self._ways, self._rates = Ways(db, inboxes, now), Rates(db, now, shared=shared)
        self._held: dict[str, asyncio.Task[None]] = {}
        self._awake = asyncio.Event()
        self._renewed = True
        inboxes.on_change(self._settings_changed)

    def nudge(self) -> None:
        """Something may be due now."""
        self._awake.set()

    def _settings_changed(self) -> None:
        self._renewed = True
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled; then what is being sent is finished first."""
        clock = asyncio.get_running_loop().time
        overdue, rested = clock(), False
        try:
            while True:
                try:
                    if self._shared or not rested:
                        self._ways.take_over(await self._db.read(rests.resting))
                        rested = True
                    if self._renewed:
                        self._renewed = False
                        await self._ways.renewed()
                    await self._take_lanes()
                    if clock() - overdue >= OVERDUE_S:
                        overdue = clock()
                        await self._fail_overdue()
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
        """Inbox by inbox as many as have room, so that a crowd before one doesn't hide what is due at another."""
        more = True
        while more:
            rooms, now = self._ways.rooms(), self._now()
            without = self._ways.resting_lanes() | self._held.keys()
            found = await self._db.read(lambda conn: lanes.due(conn, now, rooms, without, AT_ONCE))  # noqa: B023
            chosen = _choose(found, rooms)
            taken = await self._db.write(lambda conn: lanes.lease(conn, self._worker, now, chosen)) if chosen else []  # noqa: B023
            for lane in taken:
                self._ways.began(chosen[lane])
                self._held[lane] = asyncio.create_task(self._run_lane(lane, chosen[lane]))
            more = bool(taken) or (not found and self._ways.new_round(rooms))

    async def _run_lane(self, lane: str, inbox_id: UUID) -> None:
        """Send the lane's deliveries one after the other, until the head isn't due or others should go first."""
        try:
            await self._serve(lane, inbox_id)
        except DatabaseGone as error:
            log.warning("lane left alone while the database is away: %s", error)
        except Exception:
            log.exception("a lane stopped")
        finally:
            with contextlib.suppress(DatabaseGone):
                await self._db.write(lambda conn: lanes.give_back(conn, self._worker, lane))
            del self._held[lane]
            self._ways.ended(inbox_id)
            self._awake.set()

    async def _serve(self, lane: str, inbox_id: UUID) -> None:
        lease = _Lease(self._db, self._worker, lane, self._now)
        for _ in range(TURN):
            head = await self._db.read(lambda conn: lanes.head(conn, lane))
            if head is None or head.next_at > self._now():
                return
            if not await lease.kept():
                return
            if head.state == State.SENDING:
                await self._abandoned(head)
            elif not self._ways.open(inbox_id) or not await self._send(head, lease):
                return
        self._ways.had_turn(inbox_id, lane)

    # --- one delivery ---

    async def _send(self, head: lanes.Head, lease: _Lease) -> bool:
        """Send it, message by message. False if nothing can be said about the lane's next one."""
        ready = await self._prepare(head)
        if ready is None:
            return False
        await self._pace(ready)
        refs = tuple(ready.connector.own_ref(message.key) for message in ready.messages)
        try:
            begun = await self._writer.submit(Begin(head.id, self._worker, refs))
        except (Conflict, NotFound):
            return False
        outcome = None
        for n in begun.pending:
            if outcome:
                await self._writer.submit(Accepted(head.id, n - 1 if len(refs) > 1 else 0, outcome.ref))
                failpoints.hit("between_messages")
                await self._pace(ready)
                if not await lease.kept():
                    return False
            outcome = await self._attempt(head, ready, n, begun.attempt)
            if outcome.state is not State.SENT:
                break
        if outcome:
            await self._settle(outcome)
        return True

    async def _pace(self, ready: _Ready) -> None:
        await self._rates.wait(ready.facts.id, ready.facts.capabilities.rate_per_s)

    async def _prepare(self, head: lanes.Head) -> _Ready | None:
        running = self._inboxes.running(head.inbox_id)
        if running is None or not running.facts.active:
            return None
        facts = running.facts
        rendered = await self._db.read(lambda conn: render(conn, self._desk, facts, head.id, self._blobs.get))
        return _Ready(running.connector, facts, rendered, running.version) if rendered else None

    async def _decide(self, ready: _Ready) -> Decision:
        """The gate is asked again right before the send: what was allowed when it was queued may not be any more."""
        out, delivery, person = ready.rendered.outgoing, ready.rendered.delivery, not ready.rendered.outgoing.automatic
        look_up = partial(
            known.look_up,
            inbox=ready.facts,
            thread_id=delivery["thread_id"],
            to=out.to,
            purpose=delivery["purpose"],
            person=person,
        )
        return permit(
            Request(
                ready.facts,
                out.to.kind,
                out.to.value,
                delivery["purpose"],
                self._now(),
                unfit=ready.rendered.unfit,
                bytes=ready.rendered.bytes,
                files=len(out.files),
                person=person,
                facts=await self._db.read(look_up),
            )
        )

    async def _attempt(self, head: lanes.Head, ready: _Ready, n: int, attempt: int) -> Settle:
        """One try at one message, and what its outcome means."""
        part = n if len(ready.messages) > 1 else 0
        try:
            decision = await self._decide(ready)
        except DatabaseGone as error:
            # it surely was not sent
            return Settle(head.id, State.QUEUED, reason=str(error), retry_at=self._now())
        if decision.verdict == "deny":
            return Settle(head.id, State.FAILED, reason=decision.reason, part=part)
        if decision.verdict == "defer":
            return Settle(head.id, State.QUEUED, reason=decision.reason, retry_at=decision.until)
        inbox_id, lane = ready.facts.id, head.lane
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                ref = await ready.connector.send(replace(ready.messages[n - 1], late=decision.late))
        except Refused as error:
            await self._ways.answered(inbox_id)
            stop = isinstance(error, OptedOut)
            return Settle(head.id, State.FAILED, reason=str(error), part=part, opted_out=stop)
        except Unauthorised as error:
            await self._pause(ready, str(error))
            return self._again(head, attempt, str(error), PAUSED_S)
        except Unavailable as error:
            await self._ways.failed(inbox_id, lane, str(error), error.retry_after)
            doubt = ready.facts.capabilities.idempotent_send and _may_have_arrived(error)
            return replace(self._again(head, attempt, str(error), error.retry_after), doubt=doubt)
        except (Uncertain, TimeoutError) as error:
            await self._ways.failed(inbox_id, lane, str(error) or "No answer in time.")
            return self._in_doubt(head, ready, part, attempt, str(error))
        except Exception as error:
            # a connector's own mistake: whether it sent before it failed, nobody knows
            log.exception("%s failed to send", ready.connector.key)
            reason = f"The connector failed: {error}"
            return Settle(head.id, State.UNCERTAIN, reason=reason, retryable=True, part=part)
        failpoints.hit("after_provider_accept")
        await self._ways.answered(inbox_id)
        continue_after = ready.facts.continue_after_s
        return Settle(
            head.id,
            State.SENT,
            ref=ref,
            refer=True,
            continue_at=self._now() + timedelta(seconds=continue_after) if continue_after else None,
            part=part,
        )

    def _again(self, head: lanes.Head, attempt: int, reason: str, after: float | None) -> Settle:
        """Put it back with a growing pause, until its deadline."""
        pause = min(FIRST_BACK_OFF_S * 2 ** min(attempt - 1, 20), LONGEST_BACK_OFF_S) * random.uniform(0.8, 1.2)
        retry_at = self._now() + timedelta(seconds=max(after or 0.0, pause))
        if retry_at > head.deadline_at:
            return Settle(head.id, State.FAILED, reason=f"Given up after {attempt} tries. {reason}", retryable=True)
        return Settle(head.id, State.QUEUED, reason=reason, retry_at=retry_at)

    def _in_doubt(self, head: lanes.Head, ready: _Ready, part: int, attempt: int, reason: str) -> Settle:
        """The provider may have it: sent again only where that is harmless, looked up where that is possible."""
        if ready.facts.capabilities.idempotent_send:
            return replace(self._again(head, attempt, reason or "No answer in time.", None), doubt=True)
        if isinstance(ready.connector, LooksUp):
            look_at = self._now() + timedelta(seconds=LOOK_AFTER_S)
            reason = "No answer in time: it is being found out whether the provider has it."
            return Settle(head.id, State.UNCERTAIN, reason=reason, look_at=look_at, part=part)
        reason = reason or "The provider gave no answer in time. The message may have arrived."
        return Settle(head.id, State.UNCERTAIN, reason=reason, retryable=True, part=part)

    # --- what may have been sent ---

    async def _abandoned(self, head: lanes.Head) -> None:
        """Somebody began to send this and nobody knows how it ended."""
        running = self._inboxes.running(head.inbox_id)
        again = bool(running and running.facts.capabilities.idempotent_send)
        if running is None or again or not isinstance(running.connector, LooksUp):
            await self._writer.submit(Abandoned(head.id, again))
            return
        if not self._ways.open(head.inbox_id):
            rests_until = self._ways.until(head.inbox_id) or self._now() + timedelta(seconds=PAUSED_S)
            await self._look_later(head, rests_until)
            return
        ready = await self._prepare(head)
        if ready is None:
            await self._writer.submit(Abandoned(head.id, again))
            return
        await self._look_up(head, ready, running.connector)

    async def _look_up(self, head: lanes.Head, ready: _Ready, connector: LooksUp) -> None:
        """Ask the provider whether it has the message; the lane waits, so that nothing overtakes it."""
        n = await self._db.read(lambda conn: lanes.first_pending(conn, head.id))
        message, part = ready.messages[min(n, len(ready.messages)) - 1], n if len(ready.messages) > 1 else 0
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                ref = await connector.look_up(message, head.began_at or head.created_at)
        except (Unavailable, Unauthorised, TimeoutError) as error:
            after = error.retry_after if isinstance(error, Unavailable) else None
            await self._ways.failed(ready.facts.id, head.lane, str(error), after)
            if self._now() - (head.began_at or head.created_at) < timedelta(seconds=LOOK_FOR_S):
                await self._look_later(head, self._now() + timedelta(seconds=max(after or 0, FIRST_BACK_OFF_S)))
                return
            doubt = "The provider could not be asked whether it has this. It may have arrived."
            await self._settle(Settle(head.id, State.UNCERTAIN, reason=doubt, retryable=True, part=part))
        except Exception as error:
            if not isinstance(error, Uncertain | Refused):
                log.exception("%s failed to look up a message", ready.connector.key)
            doubt = f"{str(error).rstrip('.') or type(error).__name__}. The message may have arrived."
            await self._settle(Settle(head.id, State.UNCERTAIN, reason=doubt, retryable=True, part=part))
        else:
            await self._ways.answered(ready.facts.id)
            if ref is None:
                missing = "The provider doesn't have it: it is sent again."
                await self._settle(Settle(head.id, State.QUEUED, reason=missing, retry_at=self._now()))
            else:
                await self._settle(Settle(head.id, State.SENT, ref=ref, refer=True, part=part))

    async def _look_later(self, head: lanes.Head, when: datetime) -> None:
        await self._db.write(lambda conn: lanes.put_off(conn, head.id, when))

    # --- what becomes of it ---

    async def _settle(self, settle: Settle) -> None:
        """The provider has it: its state must reach the database, however long that is away."""
        while True:
            try:
                await self._writer.submit(settle)
                return
            except DatabaseGone:
                await asyncio.sleep(0.5)

    async def _fail_overdue(self) -> None:
        """What could not even be tried until its deadline: its inbox rests, or is paused."""
        now = self._now()
        for delivery_id in await self._db.read(lambda conn: lanes.overdue(conn, now)):
            reason = "It could not be sent in time: nothing left this inbox for a whole day."
            await self._writer.submit(GiveUp(delivery_id, reason))

    async def _pause(self, ready: _Ready, reason: str) -> None:
        """Refused credentials: nothing more is tried through this inbox until somebody mends them.

        Only those that were used: an answer to the old ones says nothing about the ones that came meanwhile.
        """
        used = sa.and_(INBOX.c.id == ready.facts.id, INBOX.c.version == ready.version)
        statement = (
            sa.update(INBOX)
            .where(used, INBOX.c.active)
            .values(active=False, paused_reason=reason, version=INBOX.c.version + 1)
        )
        if await self._db.write(lambda conn: conn.execute(statement).rowcount):
            log.error("inbox %s is paused: %s", ready.facts.name, reason)
        await self._inboxes.refresh()


def _may_have_arrived(error: Unavailable) -> bool:
    """Where sending twice is harmless a lost answer is no more than "later"; only a line that never stood is proof."""
    never_stood = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
    return not (error.retry_after or isinstance(error.__cause__, never_stood))


def _choose(found: list[tuple[str, UUID]], rooms: Mapping[UUID, int]) -> dict[str, UUID]:
    """The longest waiting of each inbox, as many as it has room for; what may be abandoned needs no room."""
    chosen: dict[str, UUID] = {}
    used: Counter[UUID] = Counter()
    for lane, inbox_id in found:
        if used[inbox_id] < rooms.get(inbox_id, 1):
            used[inbox_id] += 1
            chosen[lane] = inbox_id
    return chosen
