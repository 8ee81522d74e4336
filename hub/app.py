"""The composition root: builds everything, knows everyone. The two modes differ in the engine and the bus."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp
from aiohttp import web
from sqlalchemy import Connection

from hub import http, live
from hub.blobs import Folder
from hub.config import Config
from hub.core import files, quick, told
from hub.core.append import Append
from hub.core.batch import Batch, Job, Written, write
from hub.core.changes import Change
from hub.core.desk import Desk
from hub.core.identify import identify
from hub.core.lanes import give_back_all
from hub.core.proof import foresee
from hub.core.receive import receive
from hub.db import Database, DatabaseGone
from hub.flow.announce import Announcer
from hub.flow.calls import Calls
from hub.flow.dispatch import Dispatch
from hub.flow.fetch import Fetching
from hub.flow.indexing import Indexing
from hub.flow.intake import Intake
from hub.flow.listen import Listeners
from hub.flow.reconcile import Reconciler
from hub.flow.signs import Signs
from hub.flow.sweep import Sweep
from hub.inboxes import Inboxes
from hub.models import utcnow
from hub.runtime import HUB, Hub
from hub.secrets import Keys, load_secret
from hub.writer import Writer

log = logging.getLogger(__name__)


def prepare(batch: Batch, jobs: Sequence[Job]) -> None:
    """Steps 1 and 2 of a batch: envelopes, then identities, for everything that arrived."""
    arrived = [job for job in jobs if isinstance(job, Append)]
    receive(batch, [job.arrived for job in arrived])
    heard = [item for job in arrived for item in job.heard]
    identify(batch, [*heard, *(caller for job in arrived for caller in job.callers)])
    foresee(batch, heard)
    told.find(batch, [event for job in arrived for event in job.tells], heard)


@dataclass
class _Loops:
    """What runs beside the requests, and is stopped in this order."""

    dispatch: Dispatch
    sweep: Sweep
    announcer: Announcer
    listeners: Listeners
    indexing: Indexing
    calls: Calls
    fetching: Fetching
    signs: Signs
    reconciler: Reconciler

    def all(self) -> dict[str, Coroutine[Any, Any, None]]:
        return {
            "listen": self.listeners.run(),
            "sweep": self.sweep.run(),
            "dispatch": self.dispatch.run(),
            "index": self.indexing.run(),
            "calls": self.calls.run(),
            "fetch": self.fetching.run(),
            "reconcile": self.reconciler.run(),
            "announce": self.announcer.run(),
        }


async def create(config: Config) -> web.Application:
    """One process of a hub, ready to be run; the database must be migrated."""
    app = web.Application(client_max_size=config.max_body)
    db = Database(config.database)
    keys = Keys(load_secret(config.secret_key.get_secret_value(), config.data))
    # unlimited: each inbox has its places, and one provider that hangs must not use up the others' connections
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=30),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
    inboxes = Inboxes(db, keys, session, config.address, utcnow)
    presence = live.Presence()
    desk = Desk(
        keys=keys,
        public_url=config.address,
        inbox=inboxes.facts,
        inboxes=inboxes.all_facts,
        shard=random.randrange(1, 64) if config.redis_url else 0,
        reopen=timedelta(days=config.reopen_days),
        recent=timedelta(hours=config.recent_hours),
        online=presence.online,
    )

    def write_batch(conn: Connection, jobs: Sequence[Any], published: dict[Any, int]) -> Written:
        return write(conn, desk, utcnow(), jobs, published, prepare)

    def write_quickly(conn: Connection, jobs: Sequence[Any], published: dict[Any, int]) -> Written | None:
        return quick.write(conn, desk, utcnow(), jobs, published, prepare)

    def committed(changes: list[Change]) -> None:
        announcer.add(changes)
        indexing.nudge()
        if any(change.sends for change in changes):
            dispatch.nudge()
        if any(change.calls for change in changes):
            calls.nudge()
        if any(change.fetches for change in changes):
            fetching.nudge()

    writer: Writer[Change] = Writer(db, write_batch, committed, write_quickly)
    blobs = Folder(config.data / "blobs")
    intake = Intake(db, writer, blobs, desk, inboxes, utcnow, config.max_body)
    worker = f"{os.getpid()}-{uuid4().hex[:12]}"
    dispatch = Dispatch(db, writer, blobs, desk, inboxes, utcnow, worker, shared=bool(config.redis_url))
    indexing = Indexing(db)
    calls = Calls(db, writer, inboxes, intake, utcnow, worker)
    signs = Signs(db, inboxes)
    fetching = Fetching(db, writer, blobs, inboxes, utcnow, config.max_body)
    reconciler = Reconciler(db, inboxes, intake, utcnow, worker)

    def nudge() -> None:
        dispatch.nudge()
        sweep.nudge()

    hub = Hub(config, db, writer, blobs, keys, desk, inboxes, intake, session, utcnow, nudge, presence, signs)
    app[HUB] = hub
    http.setup(app)
    sockets = live.attach(app, hub)
    announcer = Announcer(sockets.publisher.publish, writer.mark)
    sweep = Sweep(db, writer, blobs, intake, inboxes, announcer, utcnow)
    listeners = Listeners(db, inboxes, intake, utcnow, worker if config.redis_url else "")
    loops = _Loops(dispatch, sweep, announcer, listeners, indexing, calls, fetching, signs, reconciler)
    app.cleanup_ctx.append(lambda app: _run(app[HUB], loops))
    inboxes.on_change(lambda: _tell(sockets))
    return app


async def _run(hub: Hub, loops: _Loops) -> AsyncIterator[None]:
    """Open what a hub needs, run its loops, and close in the reverse order: the database last."""
    await hub.inboxes.refresh()
    if not hub.config.redis_url:
        await hub.db.write(give_back_all)
        await hub.db.write(lambda conn: files.give_back_all(conn, hub.now()))
    hub.writer.start()
    # what a crash left unread is queued before any door opens, so that nothing newer overtakes it
    await loops.sweep.catch_up()
    if not hub.config.redis_url:
        with contextlib.suppress(DatabaseGone):
            await loops.calls.give_up()
    tasks = [asyncio.create_task(work, name=name) for name, work in loops.all().items()]
    for task in tasks:
        task.add_done_callback(_cry)
    yield
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await loops.signs.close()
    await hub.intake.close()
    with contextlib.suppress(DatabaseGone):
        await hub.inboxes.note_heard()
    await hub.writer.close()
    await hub.http.close()
    await hub.db.close()


def _cry(task: asyncio.Task[None]) -> None:
    """A loop that ends while the hub runs is a defect nobody would see."""
    if not task.cancelled() and task.exception():
        log.critical("the %s loop died", task.get_name(), exc_info=task.exception())


_told: set[asyncio.Task[None]] = set()


def _tell(sockets: live.Live) -> None:
    task = asyncio.get_running_loop().create_task(sockets.inboxes_changed())
    _told.add(task)
    task.add_done_callback(_told.discard)
