"""Every route of the API, and what the application needs for them."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from hub import __version__
from hub.http import cases, entries, session, threads
from hub.http.auth import admit
from hub.http.errors import problems
from hub.http.limits import InMemory
from hub.http.openapi import Operation, document, install
from hub.http.passwords import Passwords

NOUNS = (session.routes, cases.routes, threads.routes, entries.routes)


def operations() -> list[Operation]:
    return [found for noun in NOUNS for found in noun.operations]


def openapi() -> dict[str, Any]:
    return document(operations(), title="Onethread", version=__version__)


def setup(app: web.Application) -> None:
    """Add the API to an application that has its `HUB`."""
    app.middlewares.append(problems)
    app[session.PASSWORDS] = Passwords()
    app[session.TRIES] = InMemory()
    install(app.router, operations(), admit)
