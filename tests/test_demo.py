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
from hub.demo.seed import stories
from hub.models import (
    Attachment,
    Call,
    CallLeg,
    CallLine,
    CallRecording,
    CaseTally,
    Customer,
    Delivery,
    Entry,
    Identity,
    Promise,
    Thread,
)
from hub.models.consent import Consent
from hub.models.tables import COMMAND
from hub.runtime import HUB

GOES = (
    Customer,
    Identity,
    Thread,
    Entry,
    Delivery,
    Call,
    CallLeg,
    CallLine,
    CallRecording,
    Attachment,
    Promise,
    Consent,
)


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
    assert await db.read(partial(scalar, count(Customer))) == len(stories()) >= 200
    for model in GOES:
        assert await db.read(partial(scalar, count(model))) > 0, model
    states = await db.read(lambda conn: set(conn.scalars(sa.select(Delivery.__table__.c.state))))  # type: ignore[attr-defined]
    assert states == {"delivered", "read", "failed"}
    while await db.write(lambda conn: index(conn)):
        pass

    assert await db.write(remove_samples) == len(stories())
    for model in GOES:
        assert await db.read(partial(scalar, count(model))) == 0, model
    tally = CaseTally.__table__  # type: ignore[attr-defined]
    totals = sa.select(sa.func.sum(tally.c.n)).group_by(tally.c.assignee, tally.c.status, tally.c.channel)
    assert set(await db.read(lambda conn: list(conn.scalars(totals)))) == {0}
    words = sa.text("SELECT count(*) FROM search_entry")
    assert await db.read(lambda conn: conn.scalar(words)) == 0


async def test_every_channel_is_lived_in(shop: web.Application) -> None:
    """Several languages, both writing directions, calls that can be listened to, and nothing left to be told."""
    db, entry, call = shop[HUB].db, Entry.__table__, Call.__table__  # type: ignore[attr-defined]
    by_channel = sa.select(entry.c.channel, sa.func.count()).where(entry.c.kind != "event").group_by(entry.c.channel)
    found = dict(await db.read(lambda conn: [tuple(row) for row in conn.execute(by_channel)]))
    assert all(found[channel] >= 20 for channel in ("email", "chat", "sms", "instagram", "voice")), found
    words = await db.read(lambda conn: " ".join(conn.scalars(sa.select(entry.c.text))))
    assert all(letter in words for letter in "بשのöç你주ę")
    ends = await db.read(lambda conn: set(conn.scalars(sa.select(call.c.end_reason))))
    assert ends == {"completed", "no_answer", "voicemail_left"}
    assert await db.read(lambda conn: scalar(sa.select(sa.func.count()).select_from(COMMAND), conn)) == 0
    files = await db.read(lambda conn: set(conn.scalars(sa.select(Attachment.__table__.c.sha256))))  # type: ignore[attr-defined]
    sounds = [await shop[HUB].blobs.get(file) for file in files]
    assert all(sound.startswith(b"RIFF") and len(sound) < 200_000 for sound in sounds)


async def test_a_second_start_adds_nothing(shop: web.Application, capsys: pytest.CaptureFixture[str]) -> None:
    before = await shop[HUB].db.read(partial(scalar, count(Entry)))
    again = Demo()
    await again.ready(shop)
    assert "/link/" in capsys.readouterr().out
    assert await shop[HUB].db.read(partial(scalar, count(Entry))) == before
    people = again.providers.instagram.people.values()
    assert sum(person.last_wrote is not None for person in people) >= 20, "whoever wrote before can still be answered"
