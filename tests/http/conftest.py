"""A whole hub in this process, on either database, behind a real port; and people who talk to it."""

import hmac
import time
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import orjson
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher
from sqlalchemy import Connection
from yarl import URL

from hub.app import create
from hub.config import Config
from hub.core import sessions
from hub.core.index import index
from hub.core.sessions import COOKIE
from hub.http.agents import invite
from hub.http.session import name_workspace
from hub.models import Agent
from hub.runtime import HUB, Hub

AGENT = Agent.__table__  # type: ignore[attr-defined]

SECRET = "a secret of the webhook"
PASSWORD = "correct horse battery"


class Person:
    """Somebody with a browser (a cookie jar), or a program with a token; sends the CSRF token as our pages do."""

    def __init__(self, url: str, **headers: str) -> None:
        self.url = url
        self.csrf = ""
        self.headers = headers
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def send(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        """Status, and decoded JSON or text."""
        headers = {**self.headers, **({"X-CSRF-Token": self.csrf} if self.csrf else {}), **options.pop("headers", {})}
        if body is not None:
            options["json"] = body
        async with self.session.request(method, self.url + path, headers=headers, **options) as response:
            told = await response.read()
            self.last = response
            is_json = response.content_type.endswith("json") and told
            return response.status, orjson.loads(told) if is_json else told.decode("utf-8", "replace")

    async def get(self, path: str, **query: Any) -> Any:
        status, told = await self.send("GET", path, params={name: str(value) for name, value in query.items()})
        assert status == 200, told
        return told

    async def post(self, path: str, body: Any = None, want: int = 200) -> Any:
        status, told = await self.send("POST", path, body)
        assert status == want, told
        return told

    async def sign_in(self, email: str, password: str = PASSWORD) -> Any:
        me = await self.post("/api/session", {"email": email, "password": password})
        self.csrf = me["csrf"]
        return me


class House:
    """A running hub with an owner, an administrator and an agent."""

    def __init__(self, app: web.Application, url: str) -> None:
        self.app = app
        self.url = url
        self.people: list[Person] = []

    @property
    def hub(self) -> Hub:
        return self.app[HUB]

    def stranger(self, **headers: str) -> Person:
        person = Person(self.url, **headers)
        self.people.append(person)
        return person

    async def enter(self, role: str, name: str = "") -> Person:
        """An agent of this role with `PASSWORD`, signed in already: typing it takes a third of a second each time."""
        name = name or f"{role.title()} {uuid4().hex[:4]}"
        person = self.stranger()
        secret, person.csrf = await self.hub.db.write(lambda conn: _signed_in(conn, role, name))
        person.session.cookie_jar.update_cookies({COOKIE: secret}, URL(self.url))
        return person

    async def webhook(self, owner: Person, **settings: Any) -> str:
        body = {"connector": "webhook", "name": "Shop", "settings": {"secret": SECRET, **settings}}
        return str((await owner.post("/api/inboxes", body, want=201))["id"])

    async def arrive(self, inbox: str, text: str, sender: str = "maya", *, key: str = "", **more: Any) -> int:
        """One signed message through the hook."""
        body = orjson.dumps({"id": key or uuid4().hex, "from": {"address": sender}, "text": text, **more})
        address = f"{self.url}/hooks/{inbox}"
        async with (
            aiohttp.ClientSession() as session,
            session.post(address, data=body, headers=signature(body)) as told,
        ):
            return told.status

    async def indexed(self) -> None:
        while await self.hub.db.write(lambda conn: index(conn, 200)):
            pass


@cache
def hashed_password() -> str:
    return PasswordHasher().hash(PASSWORD)


def _signed_in(conn: Connection, role: str, name: str) -> tuple[str, str]:
    email = f"{name.replace(' ', '.').lower()}@shop.example"
    made, _ = invite(conn, email, name, role)
    conn.execute(sa.update(AGENT).where(AGENT.c.id == made["id"]).values(password_hash=hashed_password()))
    secret, _ = sessions.open_session(conn, made["id"], ip="", user_agent="")
    signed = sessions.by_cookie(conn, secret)
    assert signed
    return secret, signed.csrf


def signature(body: bytes, secret: str = SECRET) -> dict[str, str]:
    at = str(int(time.time()))
    mac = hmac.digest(secret.encode(), f"{at}.".encode() + body, "sha256").hex()
    return {"x-onethread-signature": f"t={at},v1={mac}", "content-type": "application/json"}


@pytest_asyncio.fixture
async def house(db_url: str, tmp_path: Path) -> AsyncIterator[House]:
    config = Config(data=tmp_path, database_url=db_url, public_url="http://hub.example", max_body=1024 * 1024)
    app = await create(config)
    async with TestServer(app) as server:
        house = House(app, str(server.make_url("")).rstrip("/"))
        await house.hub.db.write(lambda conn: name_workspace(conn, "Shop"))
        yield house
        for person in house.people:
            await person.session.close()


@pytest_asyncio.fixture
async def owner(house: House) -> Person:
    return await house.enter("owner", "Olive Owner")


@pytest_asyncio.fixture
async def agent(house: House, owner: Person) -> Person:
    return await house.enter("agent", "Sofia Lind")


@pytest_asyncio.fixture
async def inbox(house: House, owner: Person) -> str:
    return await house.webhook(owner)
