"""Twilio's account, played: who may ask, what a form may hold, how it signs, pages and words its errors."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from hub.contract import Raw
from hub.testkit import HttpSimulator

ROOT = "/2010-04-01/Accounts/{account}"
CODES = {400: 21211, 401: 20003, 404: 20404, 429: 20429, 503: 20503}
PAGING = frozenset({"PageSize", "Page", "PageToken"})
Asked = Mapping[str, Sequence[str]]
"""A form as it came: some fields are repeated, once for each value."""


class Problem(Exception):
    """The simulator refuses a request: answered as Twilio words its errors."""

    def __init__(self, code: int, said: str, status: int = 400) -> None:
        super().__init__(said)
        self.code, self.said, self.status = code, said, status

    def answer(self) -> web.Response:
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        told = {"code": self.code, "message": self.said, "more_info": more, "status": self.status}
        return web.json_response(told, status=self.status)


class AccountSimulator(HttpSimulator):
    """One account with at most one API key. What it offers beside itself is its subclasses' `resources`."""

    def __init__(self, account: str, token: str, key: tuple[str, str] = ("", "")) -> None:
        super().__init__()
        self.account, self.token, self.key = account, token, key
        self.status = "active"
        self._sids = secrets.randbits(64)  # new in every run: a hub may know those of the last

    def settings(self) -> Mapping[str, Any]:
        return {"api": self.url}

    def routes(self) -> Sequence[web.RouteDef]:
        return [web.get(ROOT + ".json", self._account), *self.resources()]

    def resources(self) -> Sequence[web.RouteDef]:
        """Each handler begins with `check`, and may raise `Problem`: wrap it in `answering`."""
        return ()

    def failure(self, status: int, reason: str) -> web.Response:
        return Problem(CODES.get(status, 20500), reason, status).answer()

    def answering(self, handler: Any) -> Any:
        """A handler that asks who calls first, and answers a `Problem` in Twilio's words."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                self.check(request)
                answered: web.StreamResponse = await handler(request)
            except Problem as problem:
                return problem.answer()
            return answered

        return answer

    def check(self, request: web.Request, key_too: bool = True) -> None:
        """A standard API key may do anything but ask about the account."""
        held = [(self.account, self.token), *([self.key] if key_too and self.key[0] else [])]
        proofs = ["Basic " + b64encode(f"{user}:{secret}".encode()).decode() for user, secret in held]
        if request.match_info["account"] != self.account or request.headers.get("authorization") not in proofs:
            raise Problem(20003, "Authenticate", 401)

    async def form(self, request: web.Request, parameters: frozenset[str]) -> Asked:
        """Anything that the published interface doesn't name is a mistake of ours."""
        form = await request.post()
        if unknown := set(form) - parameters:
            raise Problem(20001, f"Unknown parameter {min(unknown)}")
        return {name: [str(value) for value in form.getall(name)] for name in form}

    def query(self, request: web.Request, parameters: frozenset[str]) -> Mapping[str, str]:
        if unknown := set(request.query) - parameters - PAGING:
            raise Problem(20001, f"Unknown parameter {min(unknown)}")
        return dict(request.query)

    def page(self, request: web.Request, what: str, items: Sequence[Mapping[str, Any]]) -> web.Response:
        """One page of a list, and where the next one is."""
        size, number = min(int(request.query.get("PageSize", "50")), 1000), int(request.query.get("Page", "0"))
        shown, more = items[number * size : (number + 1) * size], len(items) > (number + 1) * size
        return web.json_response(
            {
                what: list(shown),
                "page": number,
                "page_size": size,
                "start": number * size,
                "end": max(number * size + len(shown) - 1, 0),
                "uri": self._page_uri(request, number),
                "first_page_uri": self._page_uri(request, 0),
                "previous_page_uri": self._page_uri(request, number - 1) if number else None,
                "next_page_uri": self._page_uri(request, number + 1) if more else None,
            }
        )

    def _page_uri(self, request: web.Request, number: int) -> str:
        return f"{request.path}?{urlencode({**request.query, 'Page': number})}"

    async def _account(self, request: web.Request) -> web.Response:
        try:
            self.check(request, key_too=False)
        except Problem as problem:
            return problem.answer()
        return web.json_response({"sid": self.account, "friendly_name": "Example", "status": self.status})

    def next_sid(self, kind: str) -> str:
        self._sids += 1
        return f"{kind}{self._sids:032x}"

    # --- what it sends ---

    def sign(self, raw: Raw) -> Raw:
        """Written a second time, from the description, so that a mistake in the connectors' shows."""
        named: dict[str, set[str]] = {}
        for name, value in parse_qsl(raw.body.decode("latin-1"), keep_blank_values=True):
            named.setdefault(name, set()).add(value)
        text = raw.url + "".join(name + value for name in sorted(named) for value in sorted(named[name]))
        proof = hmac.new(self.token.encode(), text.encode(), hashlib.sha1).digest()
        return replace(raw, headers={**raw.headers, "x-twilio-signature": b64encode(proof).decode()})

    def event(self, url: str, fields: Mapping[str, str]) -> Raw:
        """An unsigned request for `deliver`."""
        headers = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
        return Raw("POST", url, headers, urlencode(fields).encode(), datetime.now(UTC))
