"""Every route of the hub, and what the application needs for them."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from hub import __version__
from hub.http import (
    agents,
    attachments,
    calls,
    cases,
    consent,
    customers,
    drafts,
    entries,
    envelopes,
    files,
    health,
    hooks,
    inboxes,
    merge,
    promises,
    proof,
    questions,
    report,
    search,
    session,
    surveys,
    threads,
    tokens,
    visitor,
)
from hub.http.auth import admit
from hub.http.docs import Docs
from hub.http.errors import problems
from hub.http.limits import InMemory, Tries
from hub.http.openapi import Operation, document, install
from hub.http.passwords import Passwords
from hub.http.static import Web
from hub.runtime import HUB

NOUNS = (session, agents, threads, entries, cases, drafts, calls, attachments, customers, consent, proof, questions,
         merge, promises, report, surveys, search, inboxes, envelopes, tokens)  # fmt: skip


def operations() -> list[Operation]:
    return [found for noun in NOUNS for found in noun.routes.operations]


def openapi() -> dict[str, Any]:
    return document(operations(), title="Onethread", version=__version__)


def _tries(app: web.Application) -> Tries:
    """Several processes share their counts, or each would allow all the tries anew."""
    config = app[HUB].config
    if not config.redis_url:
        return InMemory()
    from redis.asyncio import Redis

    from hub.http.shared_limits import InRedis

    client = Redis.from_url(config.redis_url, socket_connect_timeout=1, socket_timeout=1)

    async def close(_app: web.Application) -> None:
        await client.aclose()

    app.on_cleanup.append(close)
    return InRedis(client)


def setup(app: web.Application) -> None:
    """Add all that is spoken over HTTP to an application that has its `HUB`."""
    app.middlewares.append(problems)
    app[session.PASSWORDS] = Passwords()
    app[session.TRIES] = _tries(app)
    hooks.install(app.router)
    health.install(app.router)
    files.install(app.router)
    Docs(openapi).install(app.router)
    install(app.router, operations(), admit)
    app.router.add_routes(visitor.routes())
    app.router.add_routes(questions.pages())
    Web(hosts=lambda: _phone_hosts(app)).install(app.router)


def _phone_hosts(app: web.Application) -> list[str]:
    """The console talks to a telephone provider where a line is spoken on in the browser, and to nobody else."""
    lines = (facts.capabilities.calls for facts in app[HUB].desk.inboxes())
    return sorted({host for calls in lines if calls and calls.browser for host in calls.hosts})
