"""The hub's owner as a program: signs in by the one-time link in the hub's log, makes inboxes, calls the API."""

import re
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.support.hub import Hub

ONE_TIME_LINK = re.compile(r"/link/([A-Za-z0-9_.-]+)")
EMAIL = "owner@shop.example"
PASSWORD = "correct horse battery"


class ApiError(Exception):
    """The API said no: its status and problem document."""

    def __init__(self, status: int, problem: Any) -> None:
        super().__init__(f"{status}: {problem}")
        self.status = status
        self.problem = problem


class Owner:
    """The first start needs the link from the log; a hub that has its owner is entered by password."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._csrf = ""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True),  # tests kill hubs: a kept connection would be a dead one
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(total=60),
        )

    async def __aenter__(self) -> Self:
        link = ONE_TIME_LINK.search(self.hub.log)
        assert link, f"the hub's log shows no one-time link:\n{self.hub.log}"
        opening = {"token": link[1], "name": "Olive Owner", "workspace": "Shop", "email": EMAIL, "password": PASSWORD}
        await self._enter("/links", opening)
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self._session.close()

    @property
    def cookie(self) -> str:
        return "; ".join(f"{cookie.key}={cookie.value}" for cookie in self._session.cookie_jar)

    @property
    def csrf(self) -> str:
        return self._csrf

    async def sign_in(self) -> None:
        """Again, where a session was lost."""
        await self._enter("/session", {"email": EMAIL, "password": PASSWORD})

    async def _enter(self, path: str, body: dict[str, str]) -> None:
        self._csrf = (await self.call("POST", path, body))["csrf"]

    async def call(self, method: str, path: str, body: Any = None, **query: str | int) -> Any:
        """One call under `/api`; returns decoded JSON, raises `ApiError`."""
        async with self._session.request(
            method, f"{self.hub.url}/api{path}", json=body, params=query, headers={"X-CSRF-Token": self._csrf}
        ) as response:
            answer = await response.json(content_type=None) if response.content_length != 0 else None
            if response.status >= 400:
                raise ApiError(response.status, answer)
            return answer

    async def get(self, path: str, **query: str | int) -> Any:
        return await self.call("GET", path, **query)

    async def post(self, path: str, body: Any = None) -> Any:
        return await self.call("POST", path, body)

    async def new_inbox(self, connector: str, **settings: Any) -> Any:
        return await self.post("/inboxes", {"connector": connector, "name": connector.title(), "settings": settings})
