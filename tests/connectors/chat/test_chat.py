"""Who may speak as whom: tokens, hosts' identities, origins, and the way from the socket into an envelope."""

from __future__ import annotations

import base64
import hmac
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from connectors.chat import Chat
from connectors.chat.settings import ChatSettings
from hub.contract import Address, Context, Message, Outgoing, Proof, Unverified, Visitor
from hub.secrets import Keys

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET, PREVIOUS = "the shop's secret, kept on its server", "the shop's old secret, kept there as well"
INBOX = "0190d0c0-0000-7000-8000-000000000001"
KEYS = Keys("a secret of these tests, long enough to be one")


def chat(inbox: str = INBOX, now: datetime = NOW, **settings: Any) -> Chat:
    http: aiohttp.ClientSession = None  # type: ignore[assignment]
    context = Context(
        http=http,
        log=logging.getLogger("test"),
        now=lambda: now,
        public_url="https://hub.example",
        hook_url=f"https://hub.example/hooks/{inbox}",
        sign=lambda value: KEYS.sign(f"inbox:{inbox}", value),
    )
    return Chat(ChatSettings(**settings), context)


def jwt(payload: dict[str, Any], secret: str = SECRET, head: dict[str, Any] | None = None) -> str:
    parts = [head or {"alg": "HS256", "typ": "JWT"}, payload]
    signed = ".".join(_b64(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{_b64(hmac.digest(secret.encode(), signed.encode(), 'sha256'))}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def ada(**other: Any) -> dict[str, Any]:
    exp = (NOW + timedelta(minutes=10)).timestamp()
    return {"sub": "42", "exp": exp, "aud": INBOX, "email": "ada@example.org", "name": "Ada", **other}


# --- anonymous visitors ---


def test_a_stranger_gets_an_address_that_only_their_token_opens() -> None:
    widget = chat()
    first, second = widget.admit({}, ""), widget.admit({}, "")
    assert first.address.value != second.address.value
    assert first.proof is Proof.CLAIMED
    assert not first.history
    again = widget.admit({"visitor": widget.visitor_token(first.address.value)}, "")
    assert again.address.value == first.address.value


@pytest.mark.parametrize("token", [None, "", [], {}, 7, True, "x", "v_a.1.b", "v_" + "a" * 24, "é" * 60, "v_" * 5000])
def test_rubbish_is_no_token(token: object) -> None:
    widget = chat()
    if token in (None, "", [], {}):
        assert widget.admit({"visitor": token}, "").address.value.startswith("v_")
        return
    with pytest.raises(Unverified):
        widget.admit({"visitor": token}, "")


def test_a_token_altered_in_any_place_opens_nothing() -> None:
    widget = chat()
    token = widget.visitor_token(widget.admit({}, "").address.value)
    for place in range(len(token)):
        other = "a" if token[place] != "a" else "b"
        with pytest.raises(Unverified):
            widget.admit({"visitor": token[:place] + other + token[place + 1 :]}, "")


def test_a_token_of_another_inbox_opens_nothing() -> None:
    token = chat("other").visitor_token("v_aaaaaaaaaaaaaaaaaaaaaaaa")
    with pytest.raises(Unverified, match="not one of ours"):
        chat().admit({"visitor": token}, "")


def test_a_token_runs_out() -> None:
    token = chat().visitor_token("v_aaaaaaaaaaaaaaaaaaaaaaaa")
    chat(now=NOW + timedelta(days=179)).admit({"visitor": token}, "")
    with pytest.raises(Unverified, match="expired"):
        chat(now=NOW + timedelta(days=181)).admit({"visitor": token}, "")


# --- customers whom the host vouches for ---


def test_the_host_vouches_for_its_customer() -> None:
    widget = chat(identity_secret=SECRET)
    visitor = widget.admit({"identity": jwt(ada(phone="+4915112345678"))}, "")
    assert visitor.proof is Proof.TOKEN
    assert visitor.history
    assert visitor.address.name == "Ada"
    assert visitor.claims == (Address("email", "ada@example.org"), Address("phone", "+4915112345678"))
    assert widget.admit({"identity": jwt(ada())}, "").address.value == visitor.address.value
    assert widget.admit({"identity": jwt(ada(sub="43"))}, "").address.value != visitor.address.value


def test_the_same_sub_at_two_inboxes_is_two_people() -> None:
    one = chat(identity_secret=SECRET).admit({"identity": jwt(ada())}, "")
    other = chat("other", identity_secret=SECRET).admit({"identity": jwt(ada(aud="other"))}, "")
    assert one.address.value != other.address.value


def test_while_the_secret_changes_both_are_taken() -> None:
    widget = chat(identity_secret=SECRET, previous_identity_secret=PREVIOUS)
    assert widget.admit({"identity": jwt(ada(), PREVIOUS)}, "").history


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (jwt(ada(), "another secret that nobody gave to anyone"), "signature"),
        (jwt(ada(aud="other")), "another inbox"),
        (jwt(ada(aud=None)), "another inbox"),
        (jwt(ada(exp=(NOW - timedelta(seconds=1)).timestamp())), "expired"),
        (jwt(ada(exp=(NOW + timedelta(days=2)).timestamp())), "more than a day"),
        (jwt(ada(exp="never")), "exp"),
        (jwt(ada(exp=True)), "exp"),
        (jwt(ada(sub="")), "sub"),
        (jwt(ada(sub=["42"])), "sub"),
        (jwt(ada(sub="x" * 201)), "sub"),
        (jwt(ada(), head={"alg": "none"}), "HS256"),
        (jwt(ada(), head={"alg": "RS256"}), "HS256"),
        (jwt(ada(), head={"alg": "HS256", "crit": ["exp"]}), "HS256"),
        (jwt(ada()).rpartition(".")[0] + ".", "signature"),
        (jwt(ada())[:-3], "signature"),
        ("a.b.c", "not a JWT"),
        ("é.é.é", "not a JWT"),
        ("x" * 5000, "not a JWT"),
        (["a"], "not a JWT"),
        ({"sub": "42"}, "not a JWT"),
    ],
)
def test_an_identity_that_is_wrong_in_one_thing_is_refused(token: object, why: str) -> None:
    with pytest.raises(Unverified, match=why):
        chat(identity_secret=SECRET).admit({"identity": token}, "")


def test_without_a_secret_nobody_is_vouched_for() -> None:
    with pytest.raises(Unverified, match="secret is not set"):
        chat().admit({"identity": jwt(ada(), "")}, "")


def test_a_signed_in_customers_token_lasts_an_hour() -> None:
    widget = chat(identity_secret=SECRET)
    address = widget.admit({"identity": jwt(ada())}, "").address.value
    token = widget.visitor_token(address)
    assert chat(now=NOW + timedelta(minutes=59)).admit({"visitor": token}, "").history
    with pytest.raises(Unverified, match="expired"):
        chat(now=NOW + timedelta(minutes=61)).admit({"visitor": token}, "")


# --- where the page stands ---


@pytest.mark.parametrize("origin", ["", "https://hub.example", "https://shop.example", "https://SHOP.example"])
def test_known_origins_come_in(origin: str) -> None:
    assert chat(allowed_origins=["https://Shop.example/"[:-1]]).admit({}, origin)


@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil.example", "http://shop.example", "https://shop.example.evil.example", "https://shop"],
)
def test_other_origins_stay_out(origin: str) -> None:
    with pytest.raises(Unverified, match="may not open this chat"):
        chat(allowed_origins=["https://shop.example"]).admit({}, origin)


@pytest.mark.parametrize("origin", ["*", "shop.example", "https://shop.example/path", "https://a@shop.example", ""])
def test_an_origin_that_is_none_is_named(origin: str) -> None:
    with pytest.raises(ValueError, match="is not an address such as"):
        ChatSettings(allowed_origins=[origin])


# --- from the socket to the envelope ---


def said(**other: Any) -> dict[str, Any]:
    return {"client_key": "key-0001", "text": "Hello", "files": [], **other}


def test_what_a_visitor_says_comes_through_as_it_was() -> None:
    widget = chat()
    visitor = Visitor(Address("visitor", "v_aaaaaaaaaaaaaaaaaaaaaaaa"), Proof.CLAIMED)
    raw = widget.raw(visitor, said(claims={"email": "ada@example.org"}, page="https://shop.example/"), NOW)
    widget.verify(raw)
    (message,) = widget.normalise(raw)
    assert isinstance(message, Message)
    assert message.text == "Hello"
    assert message.proof is Proof.CLAIMED
    assert message.claims == (Address("email", "ada@example.org"),)
    assert widget.dedup_key(raw) == message.ref == "v_aaaaaaaaaaaaaaaaaaaaaaaa:key-0001"


def test_a_retry_is_the_same_and_another_visitors_key_is_not() -> None:
    widget = chat()
    one, two = (Visitor(Address("visitor", f"v_{letter * 24}"), Proof.CLAIMED) for letter in "ab")
    first = widget.dedup_key(widget.raw(one, said(), NOW))
    assert widget.dedup_key(widget.raw(one, said(text="Hello?"), NOW + timedelta(seconds=5))) == first
    assert widget.dedup_key(widget.raw(two, said(), NOW)) != first


def test_the_hook_takes_no_chat_that_the_hub_did_not_sign() -> None:
    visitor = Visitor(Address("visitor", "v_aaaaaaaaaaaaaaaaaaaaaaaa"), Proof.CLAIMED)
    genuine = chat().raw(visitor, said(), NOW)
    for raw in (
        replace(genuine, headers={}),
        replace(genuine, body=genuine.body.replace(b"claimed", b"token")),
        chat("other").raw(visitor, said(), NOW),
    ):
        with pytest.raises(Unverified):
            chat().verify(raw)
    with pytest.raises(Unverified, match="five minutes"):
        chat(now=NOW + timedelta(minutes=6)).verify(genuine)


async def test_an_answer_is_handed_to_nobody() -> None:
    widget = chat()
    outgoing = Outgoing(key="delivery-1", to=Address("visitor", "v_aaaaaaaaaaaaaaaaaaaaaaaa"), text="Hi")
    assert await widget.send(outgoing) == widget.own_ref("delivery-1") == "delivery-1"


def test_the_public_config_tells_no_secret() -> None:
    shown = json.dumps(chat(identity_secret=SECRET, name="Shop", email="help@shop.example").public_config())
    assert SECRET not in shown
    assert "mailto:help@shop.example" in shown


def test_the_public_config_says_when_somebody_answers_in_the_teams_own_words() -> None:
    shown = chat(reply_time="Usually within the hour", back="Back at 9").public_config()
    assert (shown["reply_time"], shown["back"]) == ("Usually within the hour", "Back at 9")


def test_what_was_read_is_told_unless_the_inbox_says_otherwise() -> None:
    assert chat().capabilities.tells_read
    assert not chat(tells_read=False).capabilities.tells_read
    assert Chat.capabilities.tells_read, "another inbox's choice is its own"
