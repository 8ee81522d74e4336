"""Statements that go straight to the driver give what SQLAlchemy's own road gives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from hub.db import Database, Prepared, among, insert
from hub.models import Draft, Identity, new_id, utcnow
from hub.models.tables import CUSTOMER

IDENTITY, DRAFT = Identity.__table__, Draft.__table__  # type: ignore[attr-defined]

_STATEMENT = (
    sa.select(CUSTOMER, IDENTITY.c.address, IDENTITY.c.shared)
    .join_from(CUSTOMER, IDENTITY, IDENTITY.c.customer_id == CUSTOMER.c.id)
    .where(among(CUSTOMER.c.id, "ids"), IDENTITY.c.trust != "none", CUSTOMER.c.created_at <= sa.bindparam("until"))
    .order_by(IDENTITY.c.address)
)


@pytest.fixture
async def db(db_url: str) -> AsyncIterator[Database]:
    made = Database(db_url)
    yield made
    await made.close()


def people(conn: Connection) -> list[Any]:
    ids = [new_id() for _ in range(3)]
    common = {"locale": "", "timezone": "", "sample": False, "created_at": utcnow()}
    insert(conn, CUSTOMER, [{"id": id_, "name": f"Zoë {id_.hex[:4]}", **common} for id_ in ids])
    rows = [
        {"id": new_id(), "kind": "email", "address": f"{n}@example.org", "customer_id": id_, "created_at": utcnow()}
        for n, id_ in enumerate(ids)
    ]
    insert(conn, IDENTITY, [{"name": "", "trust": "claimed", "shared": False, "undeliverable": "", **r} for r in rows])
    return ids


async def test_rows_are_those_of_the_longer_road(db: Database) -> None:
    ids = await db.write(people)
    values = {"ids": ids[:2], "until": utcnow()}
    theirs = await db.read(lambda conn: conn.execute(_STATEMENT, values).all())
    ours = await db.read(lambda conn: Prepared(_STATEMENT).rows(conn, **values))
    assert [tuple(row) for row in ours] == [tuple(row) for row in theirs]
    assert [row.address for row in ours] == ["0@example.org", "1@example.org"]
    dicts = await db.read(lambda conn: Prepared(_STATEMENT).dicts(conn, **values))
    assert dicts == await db.read(lambda conn: [dict(row) for row in conn.execute(_STATEMENT, values).mappings()])


async def test_nothing_found_is_an_empty_list(db: Database) -> None:
    assert await db.read(lambda conn: Prepared(_STATEMENT).rows(conn, ids=[], until=utcnow())) == []


async def test_an_error_is_sqlalchemys_and_tells_no_values(db: Database) -> None:
    def twice(conn: Connection) -> None:
        row = {
            "id": new_id(),
            "name": "a secret",
            "locale": "",
            "timezone": "",
            "sample": False,
            "created_at": utcnow(),
        }
        insert(conn, CUSTOMER, [row])
        insert(conn, CUSTOMER, [row])

    with pytest.raises(IntegrityError) as caught:
        await db.write(twice)
    assert "a secret" not in str(caught.value)


async def test_listeners_hear_of_each_statement(db: Database) -> None:
    heard: list[str] = []
    for engine in db.sync_engines:
        sa.event.listen(engine, "before_cursor_execute", lambda _c, _k, text, *_: heard.append(text))
    await db.read(lambda conn: Prepared(_STATEMENT).rows(conn, ids=[], until=utcnow()))
    assert len([text for text in heard if "identity" in text]) == 1
