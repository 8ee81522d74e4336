"""Calls beside the requests: providers are told what the commands say; where they are silent, the clock is asked."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hub import failpoints
from hub.contract import (
    ConnectorError,
    Dials,
    Reconciles,
    Record,
    Unavailable,
    Uncertain,
)
from hub.core.calls import commands
from hub.core.calls.clock import Tick
from hub.core.calls.commands import Abandoned, Begin, Finish, Order, Waiting
from hub.core.changes import Change
from hub.core.errors import CoreError, UnknownInbox
from hub.db import Database, DatabaseGone
from hub.inboxes import Inboxes
from hub.runtime import IntakePort
from hub.writer import Writer

log = logging.getLogger(__name__)

POLL_S = 1.0
LOST_EVERY_S = 10.0
TIMEOUT_S = 40.0
NO_LINE = "The line is paused or disconnected."


class Calls:
    """One per process; several share the work by taking single commands."""

    def __init__(
        self,
        db: Database,
        writer: Writer[Change],
        inboxes: Inboxes,
        intake: IntakePort,
        now: Callable[[], datetime],
        worker: str,
    ) -> None:
        self._db, self._writer, self._inboxes, self._intake = db, writer, inboxes, intake
        self._now, self._worker = now, worker
        self._busy: dict[UUID, asyncio.Task[None]] = {}
        """By leg: each is told one thing after the other."""
        self._asking: dict[UUID, asyncio.Task[None]] = {}
        self._awake = asyncio.Event()

    def nudge(self) -> None:
        """There may be something to tell."""
        self._awake.set()

    async def give_up(self) -> None:
        """At the start of a hub that is alone: what it was about to dial when it ended is dialled no more."""
        now = self._now()
        for lost in await self._db.read(lambda conn: commands.abandoned(conn, now, all_dials=True)):
            await self._submit(Abandoned(lost.id, lost.call_id, lost.leg_id))

    async def run(self) -> None:
        lost_at = 0.0
        clock = asyncio.get_running_loop().time
        try:
            while True:
                try:
                    if any(facts.capabilities.calls for facts in self._inboxes.all_facts()):
                        await self._look(lost=clock() - lost_at >= LOST_EVERY_S)
                        if clock() - lost_at >= LOST_EVERY_S:
                            lost_at = clock()
                except DatabaseGone as error:
                    log.warning("calls wait for the database: %s", error)
                except Exception:
                    log.exception("calls could not be looked after; it is tried again")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._awake.wait()
                self._awake.clear()
        finally:
            for task in self._asking.values():
                task.cancel()
            if self._busy:
                await asyncio.wait(self._busy.values(), timeout=8)

    async def _look(self, *, lost: bool) -> None:
        now = self._now()
        due = await self._db.read(lambda conn: commands.due(conn, now))
        for waiting in due:
            if waiting.leg_id not in self._busy:
                self._busy[waiting.leg_id] = asyncio.create_task(self._tell(waiting))
        for call_id in await self._db.read(lambda conn: commands.calls_due(conn, now)):
            if await self._submit(Tick(call_id)):
                self._ask(call_id, now)
        if lost:
            for one in await self._db.read(lambda conn: commands.abandoned(conn, now)):
                await self._submit(Abandoned(one.id, one.call_id, one.leg_id))

    async def _tell(self, waiting: Waiting) -> None:
        """One command: noted, said, and what came of it noted too."""
        try:
            key = (waiting.id, waiting.call_id, waiting.leg_id)
            failpoints.hit("before_call_command")
            order: Order | None = await self._submit(Begin(*key, worker=self._worker))
            if order is None:
                return
            finish = await self._say(order, key)
            while True:
                try:
                    await self._writer.submit(finish)
                    return
                except DatabaseGone:
                    await asyncio.sleep(0.5)
        except DatabaseGone as error:
            log.warning("a call waits for the database: %s", error)
        except Exception:
            log.exception("a call's command failed")
        finally:
            del self._busy[waiting.leg_id]
            self.nudge()

    async def _say(self, order: Order, key: tuple[UUID, UUID, UUID]) -> Finish:
        connector, facts = self._inboxes.get(order.inbox_id), self._inboxes.facts(order.inbox_id)
        if not isinstance(connector, Dials) or facts is None or (order.kind == "dial" and not facts.active):
            return Finish(*key, ok=False, reason=NO_LINE)
        failpoints.hit("before_dial")
        try:
            async with asyncio.timeout(TIMEOUT_S):
                ref = await _do(connector, order)
        except Unavailable as error:
            return Finish(*key, ok=False, reason=str(error), again=True)
        except (Uncertain, TimeoutError) as error:
            return Finish(*key, ok=False, reason=str(error) or "The provider gave no answer in time.")
        except ConnectorError as error:
            return Finish(*key, ok=False, reason=str(error))
        except Exception as error:
            log.exception("%s failed to %s", connector.key, order.kind)
            return Finish(*key, ok=False, reason=f"The connector failed: {error}")
        failpoints.hit("after_dial")
        return Finish(*key, ref=ref)

    def _ask(self, call_id: UUID, now: datetime) -> None:
        """The provider's own list says what became of a call that nobody told us of."""
        for running in self._inboxes.all():
            if running.facts.capabilities.calls and isinstance(running.connector, Reconciles):
                inbox_id = running.facts.id
                if inbox_id not in self._asking:
                    task = asyncio.create_task(self._reconcile(inbox_id, running.connector, now - timedelta(days=1)))
                    self._asking[inbox_id] = task
                    task.add_done_callback(lambda _, inbox_id=inbox_id: self._asking.pop(inbox_id, None))  # type: ignore[misc]
        log.warning("the provider of call %s has been silent for hours", call_id)

    async def _reconcile(self, inbox_id: UUID, connector: Reconciles, since: datetime) -> None:
        try:
            async for raw in connector.reconcile(since):
                await self._intake.receive(inbox_id, raw)
        except (ConnectorError, DatabaseGone, UnknownInbox) as error:
            log.warning("the list of calls could not be read: %s", error)
        except Exception:
            log.exception("the list of calls could not be read")

    async def _submit(self, job: Any) -> Any:
        try:
            return await self._writer.submit(job)
        except CoreError as refusal:
            log.info("a call was left as it is: %s", refusal)
            return None


async def _do(connector: Dials, order: Order) -> str:
    """Say it; dialling alone has an answer that is kept."""
    leg, on = order.leg, order.what == "on"
    match order.kind:
        case "dial":
            return await connector.dial(leg)
        case "hang_up":
            await connector.hang_up(leg)
        case "steer":
            await connector.steer(leg, order.steps)
        case "hold":
            await connector.hold(leg, on)
        case "mute":
            await connector.mute(leg, on)
        case "keys":
            await connector.keys(leg, order.what)
        case "record":
            await connector.record(leg, Record(order.what))
    return ""
