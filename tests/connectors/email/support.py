"""Email connectors for tests, and short ways to give them mail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import aiohttp

from connectors.email import Email, EmailSettings
from hub.contract import Context, Event, Message, Raw
from hub.secrets import Keys

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
KEYS = Keys("a secret of these tests, long enough to be one")


def email(inbox: str = "1", **settings: Any) -> Email:
    http: aiohttp.ClientSession = None  # type: ignore[assignment]
    context = Context(
        http=http,
        log=logging.getLogger("test"),
        now=lambda: NOW,
        public_url="https://hub.example",
        hook_url=f"https://hub.example/hooks/{inbox}",
        sign=lambda value: KEYS.sign(f"inbox:{inbox}", value),
    )
    return Email(EmailSettings(**{"address": "support@example.org", "smtp_tls": "none", **settings}), context)


def raw(body: bytes | str, sender: str = "sam@example.com", to: str = "support@example.org") -> Raw:
    data = body.encode() if isinstance(body, str) else body
    return Raw("SMTP", "smtp://example.org/", {"x-mail-from": sender, "x-rcpt-to": to}, data, NOW)


def events(body: bytes | str, connector: Email | None = None, **envelope: str) -> list[Event]:
    return list((connector or email()).normalise(raw(body, **envelope)))


def message(body: bytes | str, connector: Email | None = None, **envelope: str) -> Message:
    (event,) = events(body, connector, **envelope)
    assert isinstance(event, Message), event
    return event


def mail(body: str = "Hello", **headers: str) -> str:
    fields = {
        "From": "Sam Fox <sam@example.com>",
        "To": "support@example.org",
        "Subject": "A question",
        "Date": "Mon, 02 Nov 2026 11:00:00 +0000",
        "Message-ID": "<sam1@example.com>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value) + "\n" + body + "\n"


class Memory:
    """A cursor that forgets with the test."""

    def __init__(self) -> None:
        self.value: dict[str, Any] = {}

    async def load(self) -> dict[str, Any]:
        return dict(self.value)

    async def save(self, value: dict[str, Any]) -> None:
        self.value = dict(value)


class Store:
    """An intake that keeps what it gets; `fail` makes it refuse the next ones."""

    def __init__(self) -> None:
        self.raws: list[Raw] = []
        self.fail: list[Exception] = []

    async def __call__(self, raw: Raw) -> None:
        if self.fail:
            raise self.fail.pop(0)
        self.raws.append(raw)

    async def holds(self, count: int) -> list[Raw]:
        await until(lambda: len(self.raws) >= count)
        return self.raws


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is awaited happens in threads and in other tasks
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(listening: Awaitable[None]) -> AsyncIterator[asyncio.Future[None]]:
    task = asyncio.ensure_future(listening)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def open_door(connector: Email, store: Store) -> AsyncIterator[int]:
    """The connector's mail port while the block runs."""
    async with running(connector.listen(store, Memory())) as task:
        await until(lambda: task.done() or connector.listening_port is not None)
        if task.done():
            task.result()
        assert connector.listening_port is not None
        yield connector.listening_port
