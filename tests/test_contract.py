"""`Connector.call`: what a provider's server does, as the error that says what to do about it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp import web

from hub.contract import (
    Capabilities,
    Connector,
    Context,
    Event,
    Outgoing,
    Proof,
    Raw,
    Refused,
    Settings,
    Unauthorised,
    Unavailable,
    Uncertain,
    storable,
)
from hub.testkit import MOMENT


class Plain(Connector[Settings]):
    key = label = "any"
    Settings = Settings
    capabilities = Capabilities("any", "any")

    def verify(self, raw: Raw) -> None: ...

    def normalise(self, raw: Raw) -> Iterator[Event]:
        yield from ()

    async def send(self, outgoing: Outgoing) -> str:
        return ""


class Provider:
    """Answers what it is told to, and counts."""

    def __init__(self) -> None:
        self.url = ""
        self.answer = web.Response()
        self.asked: list[str] = []
        self.cuts_the_line = False
        self.waits = 0.0

    async def take(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        await asyncio.sleep(self.waits)
        if self.cuts_the_line and request.transport:
            request.transport.abort()
        return self.answer


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    provider, app = Provider(), web.Application()
    app.router.add_route("*", "/{path:.*}", provider.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    provider.url = "http://127.0.0.1:{1}/bot-SECRET/send".format(*runner.addresses[0])
    yield provider
    await runner.cleanup()


@pytest.fixture
async def connector() -> AsyncIterator[Plain]:
    async with aiohttp.ClientSession() as http:
        yield Plain(Settings(), Context(http, None, lambda: MOMENT, "", "", str))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (web.json_response({"id": 1}), {"id": 1}),
        (web.Response(text="ok"), "ok"),
        (web.Response(status=204), ""),
        (web.Response(body=b"\xff", headers={"content-type": "text/plain"}), "\ufffd"),
    ],
    ids=["json", "text", "empty", "bad bytes"],
)
async def test_success_is_what_was_said(
    connector: Plain, provider: Provider, answer: web.Response, expected: object
) -> None:
    provider.answer = answer
    assert await connector.call("POST", provider.url) == expected


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, Refused, r"refused the message \(400: no such number\)"),
        (404, Refused, "404"),
        (401, Unauthorised, "refused the credentials"),
        (403, Unauthorised, "refused the credentials"),
        (429, Unavailable, "not taking messages"),
        (500, Unavailable, "not taking messages"),
        (503, Unavailable, "not taking messages"),
        (302, Refused, "has moved to https://elsewhere.example: set that one"),
        (308, Refused, "has moved"),
    ],
)
async def test_a_failure_is_the_error_that_says_what_to_do(
    connector: Plain, provider: Provider, status: int, kind: type[Exception], words: str
) -> None:
    provider.answer = web.Response(
        status=status, text="no such number", headers={"Location": "https://elsewhere.example"}
    )
    with pytest.raises(kind, match=words):
        await connector.call("POST", provider.url)
    assert provider.asked == ["POST /bot-SECRET/send"]


@pytest.mark.parametrize(
    ("header", "seconds"), [("30", 30.0), ("9" * 400, 86_400.0), ("²", None), ("-1", None), ("", None), ("soon", None)]
)
async def test_a_wait_is_heeded_up_to_a_day(
    connector: Plain, provider: Provider, header: str, seconds: float | None
) -> None:
    provider.answer = web.Response(status=429, headers={"Retry-After": header})
    with pytest.raises(Unavailable) as caught:
        await connector.call("POST", provider.url)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("method", "idempotent", "kind"),
    [("POST", False, Uncertain), ("POST", True, Unavailable), ("GET", False, Unavailable)],
)
@pytest.mark.parametrize("how", ["cut", "slow", "no json"])
async def test_an_answer_that_did_not_come_is_uncertain_where_a_repeat_would_hurt(
    connector: Plain, provider: Provider, how: str, method: str, idempotent: bool, kind: type[Exception]
) -> None:
    provider.cuts_the_line = how == "cut"
    provider.waits = 1.0 if how == "slow" else 0.0
    provider.answer = web.Response(text="{", content_type="application/json")
    with pytest.raises(kind, match="gave no answer that can be read") as caught:
        await connector.call(method, provider.url, idempotent=idempotent, within=0.2)
    assert "SECRET" not in str(caught.value)


async def test_a_provider_that_is_not_there_can_be_asked_again(connector: Plain) -> None:
    with pytest.raises(Unavailable, match="can't be reached") as caught:
        await connector.call("POST", "http://127.0.0.1:1/bot-SECRET/send")
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("proof", list(Proof))
def test_only_a_check_that_was_made_and_passed_is_a_proof(proof: Proof) -> None:
    assert proof.verified == (proof.value in {"provider", "token", "dmarc"})


@pytest.mark.parametrize(
    ("value", "default", "kept"),
    [("Ada", None, "Ada"), ("a\0b", None, "ab"), (None, "x", "x"), ("", "", ""), (None, "", ""), ("", "x", "x")],
)
def test_text_is_kept_without_what_no_database_takes(value: str | None, default: str | None, kept: str) -> None:
    assert storable(value, default) == kept


@pytest.mark.parametrize("value", [None, "", "\0", "x" * 191])
def test_text_that_is_missing_or_too_long_is_refused(value: str | None) -> None:
    with pytest.raises(ValueError, match="1 to 190"):
        storable(value)
