"""The webhook connector beyond the conformance suite: its wire format, held against examples made elsewhere."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

import connectors.webhook
from connectors.webhook import Webhook
from connectors.webhook.conformance import KIT
from connectors.webhook.simulator import YourSystem, signature
from hub.contract import Address, Context, Malformed, Message, Outgoing, Proof, Raw, Refused, Unauthorised, Unverified
from hub.registry import validate
from hub.testkit import MOMENT

HEADER = "x-onethread-signature"
NOW, OLD, OTHER = "the-secret-of-today-1", "the-secret-of-before", "the-secret-of-a-stranger"
BODY = b'{"id":"1","from":{"address":"ada"},"text":"Hello"}'


def build(http: Any = None, **settings: Any) -> Webhook:
    context = Context(
        http=http,
        log=None,  # type: ignore[arg-type]
        now=lambda: MOMENT,
        public_url="https://hub.example",
        hook_url="https://hub.example/hooks/1",
        sign=str,
    )
    return Webhook(validate(Webhook, {"secret": NOW, **settings}), context)  # type: ignore[arg-type]


def post(body: bytes = BODY, proof: str | None = None, secret: str = NOW, at: datetime = MOMENT) -> Raw:
    header = signature(secret, at, body) if proof is None else proof
    return Raw("POST", "https://hub.example/hooks/1", {HEADER: header}, body, MOMENT)


def message(body: bytes, **settings: Any) -> Message:
    (event,) = build(**settings).normalise(post(body))
    assert isinstance(event, Message)
    return event


def test_it_takes_a_hundred_lines_at_most() -> None:
    """The contract's promise: a whole two-way connector is a page or two."""
    assert len(Path(connectors.webhook.__file__).read_text().splitlines()) <= 100


def test_the_signature_is_what_openssl_makes_of_it() -> None:
    """printf '1767323045.{"id":"1"}' | openssl dgst -sha256 -hmac the-secret-of-today-1"""
    made_elsewhere = "f8cd59563876c9fceaf8b944515c191a2614549c04d5ad19d0a270872a884629"
    build().verify(post(b'{"id":"1"}', f"t=1767323045,v1={made_elsewhere}"))


def test_two_secrets_are_accepted_while_one_replaces_the_other() -> None:
    changing = build(previous_secret=OLD)
    changing.verify(post(secret=NOW))
    changing.verify(post(secret=OLD))
    with pytest.raises(Unverified, match="does not match"):
        changing.verify(post(secret=OTHER))
    with pytest.raises(Unverified, match="does not match"):
        build().verify(post(secret=OLD))


@pytest.mark.parametrize("off", [301, -301])
def test_a_signature_is_good_for_five_minutes_either_way(off: int) -> None:
    build().verify(post(at=MOMENT + timedelta(seconds=off - off // 301)))
    with pytest.raises(Unverified, match="five minutes off"):
        build().verify(post(at=MOMENT + timedelta(seconds=off)))


@given(st.text(st.characters(exclude_categories=[])) | st.from_regex(r"t=\d+,v1=[0-9a-f]+", fullmatch=True))
def test_whatever_the_header_is_the_answer_is_unverified(header: str) -> None:
    with pytest.raises(Unverified):
        build().verify(post(proof=header))


@given(st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr).map(str.encode))
def test_whatever_the_body_is_it_is_read_or_malformed(body: bytes) -> None:
    connector = build()
    connector.verify(post(body))
    assert 0 < len(connector.dedup_key(post(body))) <= 200
    with suppress(Malformed):
        list(connector.normalise(post(body)))


def test_only_the_kind_that_the_settings_vouch_for_is_proven() -> None:
    """Or whoever may write to this inbox could speak as anybody's email address."""
    named = b'{"id":"1","from":{"address":"ada@example.org","kind":"email"},"text":"Hello"}'
    assert message(named).sender == Address("email", "ada@example.org")
    assert message(named).proof is Proof.CLAIMED
    assert message(named, identity="email").proof is Proof.PROVIDER
    assert message(BODY, identity="email").sender == Address("email", "ada")


def test_an_inbox_answers_the_kind_of_address_that_its_settings_name() -> None:
    assert build().capabilities.identity == "webhook"
    assert build(identity="email").capabilities.identity == "email"
    assert Webhook.capabilities.identity == "webhook"


def test_a_corrected_message_is_not_taken_for_its_broken_forerunner() -> None:
    broken = BODY.replace(b'"Hello"', b"5")
    assert build().dedup_key(post(broken)) != build().dedup_key(post(BODY))


@pytest.fixture
async def system() -> AsyncIterator[YourSystem]:
    async with YourSystem(NOW) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_an_answer_carries_all_that_the_page_says(system: YourSystem, http: aiohttp.ClientSession) -> None:
    outgoing = Outgoing("key-1", Address("webhook", "ada", "Ada"), "Hello", author="Robin", reply_to=("41", "40"))
    assert await build(http, **system.settings()).send(outgoing) == "key-1"
    assert system.requests == [
        {
            "id": "key-1",
            "to": {"kind": "webhook", "address": "ada", "name": "Ada"},
            "author": "Robin",
            "text": "Hello",
            "reply_to": "41",
            "files": [],
        }
    ]


async def test_an_inbox_without_an_address_says_that_it_only_receives(http: aiohttp.ClientSession) -> None:
    with pytest.raises(Refused, match="only receives"):
        await build(http).send(Outgoing("key-1", Address("webhook", "ada"), "Hello"))


async def test_the_simulator_refuses_what_is_not_signed_by_us(system: YourSystem, http: aiohttp.ClientSession) -> None:
    """A simulator that takes anything proves nothing."""
    stranger = build(http, secret=OTHER, **system.settings())
    with pytest.raises(Unauthorised, match="doesn't match"):
        await stranger.send(Outgoing("key-1", Address("webhook", "ada"), "Hello"))
    async with http.post(system.settings()["url"], data=b"{}", headers={HEADER: "t=x"}) as response:
        assert response.status == 401
    body = b'{"id":"1","text":"Hello"}'
    proof = signature(NOW, datetime.now(UTC), body)
    async with http.post(system.settings()["url"], data=body, headers={HEADER: proof}) as response:
        assert (response.status, "author, files, reply_to, to" in await response.text()) == (400, True)


def test_the_kits_request_is_what_the_simulator_sends() -> None:
    ours = KIT.sign(KIT.incoming("Hello"), validate(Webhook, KIT.settings))
    theirs = YourSystem(KIT.settings["secret"]).sign(KIT.incoming("Hello"))
    assert replace(ours, headers={}) == replace(theirs, headers={})
    assert ours.headers == theirs.headers
