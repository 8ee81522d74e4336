"""The sample is told by the hub's own verbs, looks lived in, sends nothing, and goes without a trace."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer

from hub.app import create
from hub.config import Config
from hub.core.index import index
from hub.core.samples import remove_samples
from hub.demo import Demo, demo_config
from hub.demo.sample import STORIES
from hub.models import CaseTally, Customer, Delivery, Entry, Thread
from hub.runtime import HUB


@pytest_asyncio.fixture
async def shop(db_url: str, tmp_path: Path) -> AsyncIterator[web.Application]:
    config = demo_config(Config(data=tmp_path, database_url=db_url, public_url="http://127.0.0.1:1"))
    demo = Demo()
    await demo.before(config)
    app = await create(config)
    demo.set_up(app)
    async with TestServer(app):
        await demo.ready(app)
        yield app


def count(model: type) -> sa.Select[int]:
    return sa.select(sa.func.count()).select_from(model)


def scalar(statement: sa.Select[int], conn: sa.Connection) -> int:
    return int(conn.scalar(statement) or 0)


async def test_the_sample_comes_and_goes(shop: web.Application) -> None:
    db = shop[HUB].db
    assert await db.read(partial(scalar, count(Customer))) == len(STORIES)
    states = await db.read(lambda conn: set(conn.scalars(sa.select(Delivery.__table__.c.state))))  # type: ignore[attr-defined]
    assert states == {"delivered", "read", "failed"}
    while await db.write(lambda conn: index(conn)):
        pass

    assert await db.write(remove_samples) == len(STORIES)
    for model in (Customer, Thread, Entry, Delivery):
        assert await db.read(partial(scalar, count(model))) == 0, model
    tally = CaseTally.__table__  # type: ignore[attr-defined]
    totals = sa.select(sa.func.sum(tally.c.n)).group_by(tally.c.assignee, tally.c.status, tally.c.channel)
    assert set(await db.read(lambda conn: list(conn.scalars(totals)))) == {0}
    words = sa.text("SELECT count(*) FROM search_entry")
    assert await db.read(lambda conn: conn.scalar(words)) == 0


async def test_a_second_start_adds_nothing(shop: web.Application, capsys: pytest.CaptureFixture[str]) -> None:
    before = await shop[HUB].db.read(partial(scalar, count(Entry)))
    await Demo().ready(shop)
    assert "/link/" in capsys.readouterr().out
    assert await shop[HUB].db.read(partial(scalar, count(Entry))) == before
