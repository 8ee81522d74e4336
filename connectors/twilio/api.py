"""Requests to Twilio, whose failures become the contract's errors."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import aiohttp

from hub.contract import Unauthorised, Unavailable, Uncertain

from .errors import raise_answer
from .settings import TwilioSettings

WITHIN_S = 20

Query = Mapping[str, str]
Fields = Mapping[str, str | Sequence[str]]
"""A form; a field with several values is sent once for each."""


class Api:
    """The 2010-04-01 API of one account. Paths begin behind the account: `/Messages.json`."""

    def __init__(self, settings: TwilioSettings, http: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._http = http
        self.root = f"{settings.api}/2010-04-01/Accounts/{settings.account_sid}"

    async def get(self, path: str, query: Query | None = None) -> Mapping[str, Any]:
        return await self._ask("GET", self.root + path, self.key(), params=query)

    async def post(self, path: str, form: Fields, unsure: str = "") -> Mapping[str, Any]:
        """Twilio has no idempotency key: where doing it twice does harm, `unsure` says what may have been done.

        An answer that is lost after the request went out is `Uncertain` then, otherwise `Unavailable`.
        """
        data = aiohttp.FormData([(name, one) for name, value in form.items() for one in _values(value)])
        return await self._ask("POST", self.root + path, self.key(), unsure, data=data)

    async def delete(self, path: str) -> None:
        await self._ask("DELETE", self.root + path, self.key())

    async def pages(self, path: str, what: str, query: Query) -> AsyncIterator[Mapping[str, Any]]:
        """Each of a list's `what`, page after page."""
        url, given = self.root + path, dict(query)
        while url:
            page = await self._ask("GET", url, self.key(), params=given)
            listed = page.get(what)
            for one in listed if isinstance(listed, list) else ():
                if isinstance(one, dict):
                    yield one
            url, given = self._next(page.get("next_page_uri")), {}

    def _next(self, uri: Any) -> str:
        """The next page is on the same host, whatever the answer says: our credentials go nowhere else."""
        if not isinstance(uri, str) or not uri.startswith("/2010-04-01/"):
            return ""
        return self._settings.api + uri

    def _names_one(self, url: str) -> bool:
        """`/Calls/CA….json`, and not `/Calls.json`."""
        return "/" in url.removeprefix(self.root).partition("?")[0].strip("/")

    async def account(self) -> Mapping[str, Any]:
        """Only the auth token may ask this; a standard API key may not."""
        return await self._ask("GET", f"{self.root}.json", self.token())

    async def health(self, path: str) -> str:
        """A sentence on the account; with an API key the smallest page of `path` is asked for too."""
        account = await self.account()
        name, status = str(account.get("friendly_name") or self._settings.account_sid), account.get("status")
        if status != "active":
            raise Unauthorised(f"The Twilio account “{name}” is {status}: see the notice in Twilio's console")
        if self._settings.api_key_sid:
            await self.get(path, {"PageSize": "1"})
            return f"Connected to the Twilio account “{name}”; the API key is good too."
        return f"Connected to the Twilio account “{name}”."

    def token(self) -> str:
        return _basic(self._settings.account_sid, self._settings.auth_token.get_secret_value())

    def key(self) -> str:
        secret = self._settings.api_key_secret.get_secret_value()
        return _basic(self._settings.api_key_sid, secret) if self._settings.api_key_sid else self.token()

    async def _ask(
        self, method: str, url: str, authorization: str, unsure: str = "", **options: Any
    ) -> Mapping[str, Any]:
        timeout = aiohttp.ClientTimeout(total=WITHIN_S, sock_connect=10)
        headers = {"authorization": authorization, "accept": "application/json"}
        try:
            async with self._http.request(
                method, url, headers=headers, allow_redirects=False, timeout=timeout, **options
            ) as response:
                body = await response.text(errors="replace")
                raise_answer(response.status, body, response.headers, unsure, of_one=self._names_one(url))
                return _object(body) if body or method != "DELETE" else {}
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unavailable(f"Twilio can't be reached: {error}") from error
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError) as error:
            what = f"Twilio gave no answer that can be read ({type(error).__name__})"
            raise (Uncertain(f"{what}. {unsure}") if unsure else Unavailable(what)) from error


def _values(value: str | Sequence[str]) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value


def _basic(user: str, secret: str) -> str:
    return "Basic " + b64encode(f"{user}:{secret}".encode()).decode()


def _object(body: str) -> Mapping[str, Any]:
    content = json.loads(body)
    if not isinstance(content, dict):
        raise ValueError("the answer is no object")
    return content
