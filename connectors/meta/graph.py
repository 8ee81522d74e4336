"""Requests to the Graph API, whose failures become the contract's errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from hub.contract import Unavailable, Uncertain

from .errors import raise_answer

WITHIN_S = 30
"""Meta fetches a file before it answers."""


class Graph:
    """One account's view of the API."""

    def __init__(self, base: str, token: str, http: aiohttp.ClientSession) -> None:
        self._base, self._token, self._http = base, token, http

    async def get(self, path: str, **fields: str) -> Mapping[str, Any]:
        return await self._ask("GET", path, sends=False, params=fields)

    async def act(self, path: str, body: Mapping[str, Any]) -> None:
        """A request that may be made twice: a sign of typing, a mark of having read."""
        await self._ask("POST", path, sends=False, json=body)

    async def send(self, path: str, body: Mapping[str, Any]) -> str:
        """Meta has no idempotency key: an answer that is lost after the request went out is `Uncertain`."""
        answer = await self._ask("POST", path, sends=True, json=body)
        ref = answer.get("message_id")
        if not isinstance(ref, str) or not ref:
            raise Uncertain("Meta's answer names no message. The message may have been sent")
        return ref

    async def _ask(self, method: str, path: str, *, sends: bool, **options: Any) -> Mapping[str, Any]:
        timeout = aiohttp.ClientTimeout(total=WITHIN_S, sock_connect=10)
        headers = {"authorization": f"Bearer {self._token}", "accept": "application/json"}
        try:
            async with self._http.request(
                method, f"{self._base}/{path}", headers=headers, allow_redirects=False, timeout=timeout, **options
            ) as response:
                body = await response.text(errors="replace")
                raise_answer(response.status, body, response.headers, sends=sends)
                return _object(body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unavailable(f"Meta can't be reached: {error}") from error
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError) as error:
            what = f"Meta gave no answer that can be read ({type(error).__name__})"
            raise (Uncertain(f"{what}. The message may have been sent") if sends else Unavailable(what)) from error


def _object(body: str) -> Mapping[str, Any]:
    content = json.loads(body)
    if not isinstance(content, dict):
        raise ValueError("the answer is no object")
    return content
