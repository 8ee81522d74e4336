"""`onethread doctor`: looks at everything a hub stands on, and says for each fault what to do about it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
from sqlalchemy import Connection

from hub import registry
from hub.config import Config
from hub.contract import ConnectorError
from hub.db import Database, DatabaseGone
from hub.inboxes import Inboxes
from hub.models import Agent, Inbox, utcnow
from hub.secrets import BadToken, Keys, load_secret

AGENT, INBOX = Agent.__table__, Inbox.__table__  # type: ignore[attr-defined]

PATIENCE = aiohttp.ClientTimeout(total=8)
INBOX_TIME_S = 20
LEAST_ROOM = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `fix` is empty while it is well."""

    about: str
    found: str
    fix: str = ""


async def examine(config: Config) -> AsyncIterator[Finding]:
    """Findings as they come; each check stands alone, so that one fault doesn't hide the next."""
    yield data_folder(config)
    db = Database(config.database)
    async with aiohttp.ClientSession(timeout=PATIENCE) as http:
        try:
            well = await database(config, db)
            yield well
            if config.redis_url:
                yield await redis(config)
            yield await port(config, http)
            for check in (public_url, sockets):
                yield await check(config, http)
            for key, why in registry.broken().items():
                yield Finding(f"connector {key}", why, "Install it again, or remove its package.")
            if not well.fix:
                async for finding in inboxes(config, db, http):
                    yield finding
        finally:
            await db.close()


def data_folder(config: Config) -> Finding:
    folder = config.data.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(existing, os.W_OK):
        return Finding("data folder", f"{folder} can't be written", f"Give this user the right to write {existing}.")
    free = shutil.disk_usage(existing).free
    room = f"{folder}, {free // 2**20:,} MB free"
    if free < LEAST_ROOM:
        return Finding("data folder", room, "Make room: a full disk stops the hub from taking anything.")
    return Finding("data folder", room)


async def database(config: Config, db: Database) -> Finding:
    kind = "SQLite" if db.is_sqlite else "PostgreSQL"
    if db.is_sqlite and not _has_file(config):
        return Finding("database", "it isn't there yet", "Run `onethread serve` or `onethread migrate`; both make it.")
    try:
        agents = await db.read(_agents)
    except DatabaseGone as error:
        return Finding("database", f"{kind} can't be reached: {error}", "Start it, and check ONETHREAD_DATABASE_URL.")
    except sa.exc.DBAPIError:
        return Finding("database", f"{kind} has no tables of ours, or old ones", "Run `onethread migrate`.")
    if not agents:
        sentence = "Open the link that `onethread serve` prints, or run `onethread agent add … --role owner`."
        return Finding("database", f"{kind} answers, and nobody can sign in yet", sentence)
    return Finding("database", f"{kind} answers, {agents} can sign in")


def _has_file(config: Config) -> bool:
    return Path(config.database.removeprefix("sqlite:///")).exists()


def _agents(conn: Connection) -> int:
    conn.execute(sa.select(INBOX.c.version).limit(1))
    return int(conn.execute(sa.select(sa.func.count()).where(AGENT.c.active)).scalar_one())


async def redis(config: Config) -> Finding:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    client = Redis.from_url(config.redis_url, socket_connect_timeout=5, socket_timeout=5)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        return Finding("Redis", f"it can't be reached: {error}", "Start it, and check ONETHREAD_REDIS_URL.")
    finally:
        await client.aclose()
    return Finding("Redis", "it answers")


async def port(config: Config, http: aiohttp.ClientSession) -> Finding:
    """Ours when a hub answers on it, free when nobody does."""
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host
    where = f"{config.host}:{config.port}"
    try:
        async with http.get(f"http://{host}:{config.port}/health") as response:
            status = response.status
            ours = response.headers.get("X-Request-ID") is not None
    except (aiohttp.ClientConnectorError, TimeoutError):
        return _bind(config, where)
    except aiohttp.ClientError:
        status, ours = 0, False
    if not ours:
        return Finding("port", f"another program has {where}", "Stop it, or choose another ONETHREAD_PORT.")
    if status != 200:
        return Finding("port", f"the hub on {where} isn't well ({status})", "Look at its log.")
    return Finding("port", f"the hub answers on {where}")


def _bind(config: Config, where: str) -> Finding:
    with socket.socket(socket.AF_INET6 if ":" in config.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            return Finding("port", f"{where} can't be used: {error.strerror}", "Choose another ONETHREAD_PORT.")
    return Finding("port", f"{where} is free; no hub runs on it")


async def public_url(config: Config, http: aiohttp.ClientSession) -> Finding:
    if not config.public_url:
        sentence = (
            "Set ONETHREAD_PUBLIC_URL to the address that customers and providers use, before you connect channels."
        )
        return Finding("public URL", f"none is set, so {config.address} is used", sentence)
    fault = await _ask(http, f"{config.public_url}/health", lambda response: response.json())
    if isinstance(fault, str):
        return Finding(
            "public URL", f"{config.public_url} doesn't lead here: {fault}", "Check DNS, certificate and proxy."
        )
    return Finding("public URL", f"{config.public_url} leads to a hub")


async def sockets(config: Config, http: aiohttp.ClientSession) -> Finding:
    """A proxy that doesn't pass upgrades on is the commonest fault there is: screens work and never move."""
    base = config.public_url or config.address
    address = f"{base}/socket.io/?EIO=4&transport=websocket"
    try:
        async with http.ws_connect(address) as stream:
            opened = await stream.receive_str(timeout=5)
    except (aiohttp.ClientError, TimeoutError, TypeError) as error:
        fix = "Let the proxy pass WebSocket upgrades on for /socket.io/, and start the hub if it doesn't run."
        return Finding("sockets", f"no live connection through {base}: {_words(error)}", fix)
    if not opened.startswith("0"):
        return Finding("sockets", f"something else answers at {base}/socket.io/", "Point the proxy at this hub.")
    return Finding("sockets", f"live connections work through {base}")


async def _ask(
    http: aiohttp.ClientSession, address: str, read: Callable[[aiohttp.ClientResponse], Awaitable[Any]]
) -> Any:
    """What is there, or in words why nothing is."""
    try:
        async with http.get(address) as response:
            if response.status != 200:
                return f"it answers {response.status}"
            return await read(response)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return _words(error)


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__


async def inboxes(config: Config, db: Database, http: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    keys = Keys(load_secret(config.secret_key.get_secret_value(), config.data))
    running = Inboxes(db, keys, http, config.address, utcnow)
    await running.refresh()
    rows = await db.read(
        lambda conn: conn.execute(sa.select(INBOX).where(INBOX.c.removed_at.is_(None)).order_by(INBOX.c.id)).all()
    )
    if not rows:
        yield Finding("inboxes", "none is connected", "Connect a channel in the console: Settings, Channels.")
    for row in rows:
        yield await _inbox(running, row)


async def _inbox(running: Inboxes, row: Any) -> Finding:
    about = f"inbox {row.name}"
    fix = "Correct it in Settings, Channels; Test tells which field is wrong."
    connector = running.get(row.id)
    if connector is None:
        return Finding(about, running.problem(row.id), fix)
    if not row.active:
        return Finding(about, f"it is paused. {row.paused_reason}".strip(), "Resume it in Settings, Channels.")
    try:
        async with asyncio.timeout(INBOX_TIME_S):
            return Finding(about, await connector.health())
    except TimeoutError:
        return Finding(about, f"no answer within {INBOX_TIME_S} seconds", fix)
    except (ConnectorError, BadToken, OSError) as error:
        return Finding(about, _words(error), fix)
