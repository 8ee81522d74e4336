"""Requests to Twilio, whose failures become the contract's errors."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import aiohttp

from hub.contract import Unavailable, Uncertain

from .errors import raise_answer
from .settings import TwilioSmsSettings

WITHIN_S = 20


class Api:
    """The 2010-04-01 API of one account."""

    def __init__(self, settings: TwilioSmsSettings, http: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._http = http
        self._root = f"{settings.api}/2010-04-01/Accounts/{settings.account_sid}"

    async def send(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Twilio has no idempotency key: an answer that is lost after the request went out is `Uncertain`."""
        answer = await self._ask("POST", "/Messages.json", self._key(), data=form)
        if not answer.get("sid"):
            raise Uncertain("Twilio's answer names no message. The message may have been sent")
        return answer

    async def account(self) -> Mapping[str, Any]:
        """Only the auth token may ask this; a standard API key may not."""
        return await self._ask("GET", ".json", self._token())

    async def try_key(self) -> None:
        """The smallest request that an API key for messages may make."""
        await self._ask("GET", "/Messages.json", self._key(), params={"PageSize": "1"})

    def _token(self) -> str:
        return _basic(self._settings.account_sid, self._settings.auth_token.get_secret_value())

    def _key(self) -> str:
        secret = self._settings.api_key_secret.get_secret_value()
        return _basic(self._settings.api_key_sid, secret) if self._settings.api_key_sid else self._token()

    async def _ask(self, method: str, path: str, authorization: str, **options: Any) -> Mapping[str, Any]:
        sends = method == "POST"
        timeout = aiohttp.ClientTimeout(total=WITHIN_S, sock_connect=10)
        headers = {"authorization": authorization, "accept": "application/json"}
        try:
            async with self._http.request(
                method, self._root + path, headers=headers, allow_redirects=False, timeout=timeout, **options
            ) as response:
                body = await response.text(errors="replace")
                raise_answer(response.status, body, response.headers, sends=sends)
                return _object(body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unavailable(f"Twilio can't be reached: {error}") from error
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError) as error:
            what = f"Twilio gave no answer that can be read ({type(error).__name__})"
            raise (Uncertain(f"{what}. The message may have been sent") if sends else Unavailable(what)) from error


def _basic(user: str, secret: str) -> str:
    return "Basic " + b64encode(f"{user}:{secret}".encode()).decode()


def _object(body: str) -> Mapping[str, Any]:
    content = json.loads(body)
    if not isinstance(content, dict):
        raise ValueError("the answer is no object")
    return content
