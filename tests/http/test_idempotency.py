"""A POST that is sent twice because its answer was lost."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from hub.http.idempotency import ABANDONED
from hub.models import Idempotency, utcnow
from tests.http.conftest import House, Person

TABLE = Idempotency.__table__  # type: ignore[attr-defined]
KEY = {"Idempotency-Key": "made-by-the-client-1"}


async def test_the_same_key_is_answered_and_not_done_again(house: House, owner: Person) -> None:
    first = await owner.send("POST", "/api/teams", {"name": "Returns"}, headers=KEY)
    again = await owner.send("POST", "/api/teams", {"name": "Returns"}, headers=KEY)
    assert first == again
    assert first[0] == 201
    assert owner.last.headers["Idempotency-Replayed"] == "true"
    assert [team["name"] for team in await owner.get("/api/teams")] == ["Returns"]


async def test_the_same_key_for_something_else_is_an_error(house: House, owner: Person) -> None:
    await owner.send("POST", "/api/teams", {"name": "Returns"}, headers=KEY)
    assert (await owner.send("POST", "/api/teams", {"name": "Repairs"}, headers=KEY))[0] == 422
    assert (await owner.send("POST", "/api/agents", {"name": "Returns"}, headers=KEY))[0] == 422
    assert len(await owner.get("/api/teams")) == 1


async def test_ten_at_once_do_it_once(house: House, owner: Person) -> None:
    body = {"name": "script", "scopes": ["read"]}
    told = await asyncio.gather(*(owner.send("POST", "/api/tokens", body, headers=KEY) for _ in range(10)))
    assert {status for status, _ in told} <= {201, 409}
    assert len({answer["id"] for status, answer in told if status == 201}) == 1
    assert len(await owner.get("/api/tokens")) == 1


async def test_keys_of_two_people_have_nothing_to_do_with_each_other(
    house: House, owner: Person, agent: Person
) -> None:
    body = {"name": "script", "scopes": ["read"]}
    mine = await owner.send("POST", "/api/tokens", body, headers=KEY)
    theirs = await agent.send("POST", "/api/tokens", body, headers=KEY)
    assert mine[1]["id"] != theirs[1]["id"]


async def test_a_refusal_may_be_tried_again(house: House, owner: Person) -> None:
    assert (await owner.send("POST", "/api/teams", {"name": ""}, headers=KEY))[0] == 422
    await owner.post("/api/teams", {"name": "Taken"}, want=201)
    assert (await owner.send("POST", "/api/teams", {"name": "Taken"}, headers=KEY))[0] == 409
    assert (await owner.send("POST", "/api/teams", {"name": "Free"}, headers=KEY))[0] == 201


async def test_a_key_whose_process_died_is_free_after_a_while(house: House, owner: Person) -> None:
    await owner.send("POST", "/api/teams", {"name": "Returns"}, headers=KEY)
    running = sa.update(TABLE).values(status=0)
    await house.hub.db.write(lambda conn: conn.execute(running))
    status, _ = await owner.send("POST", "/api/teams", {"name": "Returns"}, headers=KEY)
    assert status == 409
    long_ago = sa.update(TABLE).values(created_at=utcnow() - ABANDONED - timedelta(seconds=1))
    await house.hub.db.write(lambda conn: conn.execute(long_ago))
    status, _ = await owner.send("POST", "/api/teams", {"name": "Repairs"}, headers=KEY)
    assert status == 201


async def test_stored_answers_are_sealed(house: House, owner: Person) -> None:
    _, made = await owner.send("POST", "/api/tokens", {"name": "script", "scopes": ["read"]}, headers=KEY)
    bodies = await house.hub.db.read(lambda conn: list(conn.scalars(sa.select(TABLE.c.body))))
    assert bodies
    assert all(made["secret"] not in body for body in bodies)
