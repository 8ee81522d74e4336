"""Only Twilio gets in: our reading of its signature, held against Twilio's own code."""

from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from connectors.twilio.signature import HEADER, signature
from connectors.twilio_sms.conformance import CUSTOMER
from hub.contract import Raw, Unverified
from hub.testkit import HOOK_URL
from tests.connectors.twilio_sms.support import TOKEN, build, provider

OTHER = "a-token-of-somebody-else"


def by_twilio(raw: Raw, token: str = TOKEN, url: str = "") -> Raw:
    """Signed by the official package, over the form as a web framework reads it."""
    form = {name: values[0] for name, values in parse_qs(raw.body.decode(), keep_blank_values=True).items()}
    proof = RequestValidator(token).compute_signature(url or raw.url, form)
    return replace(raw, headers={**raw.headers, HEADER: proof})


def text(words: str = "Is it open? 50 % & more = yes + ’🚲") -> Raw:
    return provider().says(CUSTOMER, words)


def test_the_signature_is_the_published_one() -> None:
    form = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675310"),
        ("Digits", "1234"),
        ("From", "+14158675310"),
        ("To", "+18005551212"),
    ]
    assert signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form) == "GvWf1cFY/Q7PnoempGyD5oXAezc="


def test_what_twilios_own_code_signs_is_taken_and_answered_in_its_language() -> None:
    taken = build().verify(by_twilio(text()))
    assert (taken.status, taken.content_type, taken.final) == (200, "text/xml", False)
    assert taken.body.endswith("<Response/>")


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_we_agree_with_twilios_own_code_on_every_form(form: dict[str, str]) -> None:
    ours = signature(TOKEN, HOOK_URL, list(form.items()))
    assert ours == RequestValidator(TOKEN).compute_signature(HOOK_URL, form)


@given(st.dictionaries(st.text("abcXYZ09 ’🚲", min_size=1), st.text("abc +&=%’🚲"), min_size=1))
def test_the_simulator_signs_as_twilios_own_code_does(form: dict[str, str]) -> None:
    raw = provider().event(HOOK_URL, form)
    assert provider().sign(raw).headers == by_twilio(raw).headers


@pytest.mark.parametrize("url", [HOOK_URL + "?delivery=d-7f3a", HOOK_URL + "?a=%2B1&b=x%20y", HOOK_URL + "?"])
def test_the_query_is_signed_as_it_was_sent(url: str) -> None:
    raw = replace(text(), url=url)
    build().verify(by_twilio(raw))
    with pytest.raises(Unverified, match="does not match"):
        build().verify(replace(by_twilio(raw), url=url + "1"))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("https://hub.example/hooks/1", "https://hub.example:443/hooks/1"),
        ("https://hub.example:443/hooks/1", "https://hub.example/hooks/1"),
        ("https://hub.example:8443/hooks/1", "https://hub.example/hooks/1"),
        ("http://hub.example/hooks/1?a=1", "http://hub.example:80/hooks/1?a=1"),
    ],
)
def test_an_address_may_be_signed_with_its_port_or_without(ours: str, theirs: str) -> None:
    build().verify(by_twilio(replace(text(), url=ours), url=theirs))


def test_behind_a_proxy_the_address_at_twilio_counts() -> None:
    outside = "https://shop.example/sms"
    raw = replace(text(), url=HOOK_URL + "?delivery=d-7f3a")
    signed = by_twilio(raw, url=outside + "?delivery=d-7f3a")
    build(webhook_url=outside).verify(signed)
    with pytest.raises(Unverified, match="webhook address"):
        build().verify(signed)
    with pytest.raises(Unverified):
        build(webhook_url=outside).verify(by_twilio(raw))


def test_two_tokens_are_taken_while_one_replaces_the_other() -> None:
    changing = build(previous_auth_token=OTHER)
    changing.verify(by_twilio(text()))
    changing.verify(by_twilio(text(), OTHER))
    with pytest.raises(Unverified, match="auth token"):
        build().verify(by_twilio(text(), OTHER))


def test_a_request_by_get_is_refused_with_the_way_out() -> None:
    with pytest.raises(Unverified, match="HTTP POST"):
        build().verify(replace(by_twilio(text()), method="GET"))


@pytest.mark.parametrize("added", [b"&Body=Other", b"&", b"&Extra=", b"&Extra", b"%00"])
def test_nothing_can_be_added_to_a_signed_form(added: bytes) -> None:
    signed = by_twilio(text())
    with pytest.raises(Unverified):
        build().verify(replace(signed, body=signed.body + added))


@given(st.binary() | st.dictionaries(st.text("ab"), st.text("ab")).map(lambda form: urlencode(form).encode()))
def test_whatever_the_body_is_a_guessed_signature_is_refused(body: bytes) -> None:
    with pytest.raises(Unverified):
        build().verify(replace(text(), body=body, headers={HEADER: "GvWf1cFY/Q7PnoempGyD5oXAezc="}))


def test_an_address_that_is_no_text_is_refused_like_any_other() -> None:
    """A path comes as bytes, and not all bytes are letters."""
    with pytest.raises(Unverified, match="does not match"):
        build().verify(replace(by_twilio(text()), url=HOOK_URL + "?\udcff"))


def test_a_form_far_beyond_a_text_is_not_reckoned_through() -> None:
    huge = provider().says(CUSTOMER, "a" * 300_000)
    with pytest.raises(Unverified, match="not a form"):
        build().verify(by_twilio(huge))
