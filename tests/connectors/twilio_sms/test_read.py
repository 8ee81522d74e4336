"""What requests mean, beyond the fixtures; and which settings can be used."""

from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.twilio_sms import TwilioSms
from connectors.twilio_sms.conformance import ACCOUNT, CUSTOMER, KIT, NUMBER
from connectors.twilio_sms.simulator import Taken
from hub.contract import Consent, Event, Ignored, Malformed, Message, Proof, Raw, State, Status
from hub.registry import InvalidSettings, validate
from hub.testkit import HOOK_URL
from tests.connectors.twilio_sms.support import TOKEN, build, provider

TAKEN = Taken("SM" + "0a" * 16, {"To": CUSTOMER, "From": NUMBER, "StatusCallback": f"{HOOK_URL}?delivery=d-7f3a"})


def read(raw: Raw) -> Event:
    (event,) = build().normalise(raw)
    return event


def test_a_text_is_a_proven_message_of_its_number() -> None:
    event = read(provider().says(CUSTOMER, "Is it open?\0"))
    assert isinstance(event, Message)
    assert (event.sender.kind, event.sender.value, event.text) == ("phone", CUSTOMER, "Is it open?")
    assert event.proof is Proof.PROVIDER


def test_files_are_named_by_what_they_are_and_stay_at_twilio() -> None:
    event = read(provider().says(CUSTOMER, "", media=["image/jpeg", "text/x-vcard", "application/x-unheard-of"]))
    assert isinstance(event, Message)
    assert [file.name for file in event.files] == ["image-1.jpg", "file-2.vcf", "file-3"]
    assert [file.type for file in event.files] == ["image/jpeg", "text/x-vcard", "application/x-unheard-of"]
    assert all(f"/Accounts/{ACCOUNT}/Messages/MM" in file.url and not file.content for file in event.files)


@pytest.mark.parametrize(
    ("text", "more", "allowed"),
    [
        *[
            (word, {}, False)
            for word in ("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL")
        ],
        *[(word, {}, True) for word in ["START", "YES", "UNSTOP"]],
        (" Stop\n", {}, False),
        ("start", {}, True),
        ("Alto", {"OptOutType": "STOP"}, False),
        ("Seguir", {"OptOutType": "START"}, True),
        ("HELP", {}, None),
        ("Ayuda", {"OptOutType": "HELP"}, None),
        ("STOP", {"OptOutType": "HELP"}, None),
        ("Stop the parcel", {}, None),
        ("Yes please", {}, None),
        ("Please cancel", {}, None),
        ("STOP STOP", {}, None),
        ("", {}, None),
    ],
)
def test_stop_and_start_are_consent_beside_the_message(text: str, more: dict[str, str], allowed: bool | None) -> None:
    message, *rest = build().normalise(provider().says(CUSTOMER, text, **more))
    assert isinstance(message, Message)
    assert message.text == text
    given = [(event.allowed, event.sender, event.said) for event in rest if isinstance(event, Consent)]
    assert given == ([] if allowed is None else [(allowed, message.sender, text.strip())])


def test_a_report_of_an_opted_out_customer_says_so() -> None:
    stopped, off = read(provider().tells(TAKEN, "failed", 21610)), read(provider().tells(TAKEN, "failed", 30003))
    assert isinstance(stopped, Status)
    assert isinstance(off, Status)
    assert (stopped.opted_out, off.opted_out) == (True, False)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("sent", State.SENT),
        ("delivered", State.DELIVERED),
        ("read", State.READ),
        ("undelivered", State.FAILED),
        ("failed", State.FAILED),
    ],
)
def test_a_report_is_about_the_delivery_that_its_address_names(told: str, state: State) -> None:
    event = read(provider().tells(TAKEN, told))
    assert isinstance(event, Status)
    assert (event.ref, event.state) == ("d-7f3a", state)


@pytest.mark.parametrize("told", ["queued", "accepted", "scheduled", "sending", "", "teleported"])
def test_what_is_no_news_is_ignored(told: str) -> None:
    assert isinstance(read(provider().tells(TAKEN, told)), Ignored)


def test_a_failure_that_may_pass_can_be_tried_again() -> None:
    off, spam = read(provider().tells(TAKEN, "undelivered", 30003)), read(provider().tells(TAKEN, "failed", 30007))
    assert isinstance(off, Status)
    assert isinstance(spam, Status)
    assert (off.retryable, spam.retryable) == (True, False)
    assert "spam" in spam.reason


def test_each_state_of_one_message_is_a_request_of_its_own() -> None:
    keys = [build().dedup_key(provider().tells(TAKEN, told)) for told in ("sent", "delivered", "sent")]
    assert keys[0] == keys[2] != keys[1]


def test_one_customers_texts_are_read_in_order_and_reports_hold_nobody_up() -> None:
    assert build().lane(provider().says(CUSTOMER, "Hello")) == CUSTOMER
    assert build().lane(provider().tells(TAKEN, "sent")) == ""


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"From": "whatsapp:+491"}, "From is no telephone number"),
        ({"From": "+٤٩١٥١٠٠٠"}, "From is no telephone number"),
        ({"To": ""}, "To is no telephone number"),
        ({"MessageSid": "SM1"}, "MessageSid"),
        ({"MessageSid": "CA" + "0a" * 16}, "MessageSid"),
        ({"AccountSid": "AC" + "00" * 16}, "account"),
        ({"AccountSid": ""}, "account without a name"),
        ({"NumMedia": "1"}, "text of 1 to"),
        ({"NumMedia": "99"}, "NumMedia"),
        ({"NumMedia": "²"}, "NumMedia"),
        ({"Body": "a" * 100_001}, "100000"),
    ],
)
def test_a_wrong_field_is_named(changed: dict[str, str], why: str) -> None:
    with pytest.raises(Malformed, match=why):
        read(provider().says(CUSTOMER, "Hello", **changed))


def test_a_missing_or_doubled_field_is_named() -> None:
    raw = provider().says(CUSTOMER, "Hello")
    with pytest.raises(Malformed, match="Body is missing"):
        read(replace(raw, body=raw.body.replace(b"Body=Hello&", b"")))
    with pytest.raises(Malformed, match="'From' comes twice"):
        read(replace(raw, body=raw.body + b"&From=%2B15005550099"))


@given(
    st.dictionaries(
        st.sampled_from(["AccountSid", "MessageSid", "MessageStatus", "From", "To", "Body", "NumMedia", "ErrorCode"]),
        st.sampled_from([ACCOUNT, TAKEN.sid, CUSTOMER, NUMBER, "delivered", "failed", "1"]) | st.text(max_size=20),
    )
)
def test_whatever_the_form_is_it_is_read_or_malformed(form: dict[str, str]) -> None:
    raw = replace(provider().event(HOOK_URL, {}), body=urlencode(form, errors="replace").encode())
    assert 0 < len(build().dedup_key(raw)) <= 200
    with suppress(Malformed):
        list(build().normalise(raw))


# --- settings ---


def settings(**changed: Any) -> Any:
    return validate(TwilioSms, {"account_sid": ACCOUNT, "auth_token": TOKEN, "number": NUMBER, **changed})


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"account_sid": "SK" + "0a" * 16}, "Account SID is not of the right form. On the first page"),
        ({"auth_token": ""}, "Auth token is too short"),
        ({"number": ""}, "Number: fill in a number, or a messaging service"),
        ({"number": "0151 234"}, None),
        ({"number": "my number"}, "Number: write it with \\+ and country code"),
        ({"messaging_service_sid": "MG1"}, "Messaging service SID is not of the right form"),
        ({"api_key_sid": KIT.settings["api_key_sid"]}, "API key secret: fill in the key's secret"),
        ({"webhook_url": "shop.example/sms"}, "Webhook address at Twilio: write an address"),
        ({"webhook_url": "https://shop.example/sms#rc=3"}, "without \\? and #"),
        ({"webhook_url": "https://[shop"}, "write an address"),
        ({"api": "ftp://shop.example"}, "API: write an address"),
        ({"mms": "sometimes"}, "Send files \\(MMS\\)"),
        ({"rate_per_s": -1}, "Messages a second"),
        ({"most_parts": -1}, "Most parts per message can't be used"),
    ],
)
def test_a_wrong_setting_is_named_with_the_way_out(changed: dict[str, Any], why: str | None) -> None:
    if why is None:
        assert settings(**changed).number == "0151234"
        return
    with pytest.raises(InvalidSettings, match=why):
        settings(**changed)


def test_a_number_may_be_typed_as_people_write_it() -> None:
    assert settings(number="+1 (500) 555-0006").number == NUMBER
    assert settings(number="", messaging_service_sid="MG" + "3c" * 16).number == ""
    assert build().address == NUMBER


@pytest.mark.parametrize(
    ("changed", "files"),
    [
        ({}, True),
        ({"number": "+4915100000001"}, False),
        ({"number": "+4915100000001", "mms": "on"}, True),
        ({"mms": "off"}, False),
        ({"number": "", "messaging_service_sid": "MG" + "3c" * 16}, False),
    ],
)
def test_files_leave_where_the_number_can(changed: dict[str, Any], files: bool) -> None:
    can = build(**changed).capabilities
    assert (can.media, can.media_bytes > 0) == (files, files)


def test_the_rate_is_that_of_the_number() -> None:
    assert build().capabilities.rate_per_s == 1
    assert build(rate_per_s=100).capabilities.rate_per_s == 100
    assert build(rate_per_s=0).capabilities.rate_per_s is None
