"""Only Meta gets in, and it learns that the address is ours only by the word that both know."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from connectors.meta.simulator import MetaSimulator
from hub.contract import Answer, Raw, Unverified
from hub.testkit import HOOK_URL, MOMENT
from tests.connectors.meta.support import OLD_SECRET, SECRET, WORD, at_messenger, event, messenger, request


def asks(**query: str) -> Raw:
    return Raw("GET", f"{HOOK_URL}?{urlencode(query)}", {}, b"", MOMENT)


def asked(**changed: str) -> Raw:
    return asks(**{"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": WORD, **changed})


def test_the_challenge_is_answered_and_nothing_is_stored() -> None:
    assert messenger().verify(asked()) == Answer(body="1158201444", final=True)


@pytest.mark.parametrize(
    "changed",
    [
        {"hub.verify_token": "another word"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "é"},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": ""},
        {"hub.challenge": "<script>alert(1)</script>"},
        {"hub.challenge": "1" * 201},
    ],
)
def test_who_does_not_know_the_word_learns_nothing(changed: dict[str, str]) -> None:
    with pytest.raises(Unverified, match="verify token"):
        messenger().verify(asked(**changed))


def test_a_query_beyond_all_measure_is_refused() -> None:
    with pytest.raises(Unverified):
        messenger().verify(asks(**{f"a{number}": "1" for number in range(500)}))
    with pytest.raises(Unverified):
        messenger().verify(asks())


def signed(meta: MetaSimulator, secret: str) -> Raw:
    meta.app_secret = secret
    connector = messenger()
    return meta.sign(request(connector, event(connector, message={"mid": "m_1", "text": "Grüße"})))


def test_two_secrets_are_taken_while_one_is_changed() -> None:
    connector = messenger(previous_app_secret=OLD_SECRET)
    for secret in (SECRET, OLD_SECRET):
        assert connector.verify(signed(at_messenger(), secret)) is None
    with pytest.raises(Unverified, match="app secret"):
        connector.verify(signed(at_messenger(), "somebody-elses-secret"))
    with pytest.raises(Unverified):
        messenger().verify(signed(at_messenger(), OLD_SECRET))


def test_the_bytes_count_not_what_they_mean() -> None:
    raw = signed(at_messenger(), SECRET)
    assert b"\\u00fc" in raw.body
    with pytest.raises(Unverified):
        messenger().verify(replace(raw, body=raw.body.replace(b"\\u00fc", "ü".encode())))
    with pytest.raises(Unverified):
        messenger().verify(replace(raw, method="PUT"))
