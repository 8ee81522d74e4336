"""A mail becomes a message: sender, refs, tokens, proof, and what it answers."""

# ruff: noqa: E501

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.email.compose import LOOP_HEADER
from hub.contract import Ignored, Malformed, Message, Proof, Raw, Unverified
from tests.connectors.email.support import NOW, email, events, mail, message, raw


def test_a_plain_mail() -> None:
    read = message(mail("Where is my order?", Cc="Eve <eve@example.com>", Reply_To="Sam Home <sam@home.example>"))
    assert (read.sender.kind, read.sender.value, read.sender.name) == ("email", "sam@example.com", "Sam Fox")
    assert (read.subject, read.text) == ("A question", "Where is my order?")
    assert read.at == datetime(2026, 11, 2, 11, tzinfo=UTC)
    assert [address.value for address in read.cc] == ["eve@example.com"]
    assert read.answer_to
    assert read.answer_to.value == "sam@home.example"
    assert (read.proof, read.automatic, read.warnings) == (Proof.CLAIMED, "", ())
    assert read.refs == ("sam1@example.com",)
    assert read.ref.startswith("sam1@example.com#")


def test_reading_twice_gives_the_same() -> None:
    assert events(mail()) == events(mail())


def test_mail_enters_only_through_our_listeners() -> None:
    connector = email()
    assert connector.verify(raw(mail())) is None
    posted = replace(raw(mail()), url="https://hub.example/hooks/1")
    for refused in (posted, replace(posted, method="POST"), replace(raw(mail()), method="POST")):
        with pytest.raises(Unverified):
            connector.verify(refused)


def test_the_same_mail_through_two_mailboxes_is_one_entry() -> None:
    other = email("2", address="sales@example.org")
    first = message(f"Received: by mx1\nDelivered-To: support@example.org\n{mail()}")
    second = message(f"Received: by mx2\nX-Google-Smtp-Source: abc\n{mail()}", other, to="sales@example.org")
    assert first.ref == second.ref
    read_by_imap = replace(raw(mail()), method="IMAP", headers={"x-uid": "1:1"})
    assert isinstance(found := next(iter(other.normalise(read_by_imap))), Message)
    assert found.ref == first.ref


def test_a_guessed_message_id_suppresses_nobodys_mail() -> None:
    assert message(mail("The true one")).ref != message(mail("Another text")).ref
    assert message(mail()).ref != message(mail(Subject="Another")).ref
    assert message(mail()).ref != message(mail(From="eve@example.com")).ref


def test_a_redelivery_keeps_its_key_whatever_servers_add() -> None:
    connector = email()
    key = connector.dedup_key(raw(mail()))
    assert connector.dedup_key(raw(f"Received: by mx2\nAuthentication-Results: mx; dmarc=pass\n{mail()}")) == key
    assert connector.dedup_key(raw(mail().replace("\n", "\r\n"))) == key
    assert connector.dedup_key(raw(mail("Other"))) != key
    assert connector.dedup_key(raw(mail(), to="support+token@example.org")) != key


def test_mails_without_message_id_stay_apart_and_a_redelivery_is_one() -> None:
    connector = email()
    one, two = (f"Received: by mx id {number}\n{mail(Message_ID='')}" for number in (1, 2))
    assert message(one).ref == message(one).ref
    assert message(one).ref != message(two).ref
    assert connector.dedup_key(raw(one)) != connector.dedup_key(raw(two))


def test_what_a_mail_answers_best_first() -> None:
    read = message(mail(In_Reply_To="<c@x> and <d@x>", References="<a@x>\n <b@x> junk\n <c@x>"))
    assert read.reply_to == ("c@x", "d@x", "b@x", "a@x")


def test_our_id_is_found_in_the_quoted_text() -> None:
    connector = email()
    own = connector.own_ref("key")
    read = message(
        mail(f"Yes\n\n-----Original Message-----\nFrom: us\nSubject: x\nMessage-ID: <{own}>\n\nHi"), connector
    )
    assert read.reply_to == (own,)
    forged = own.replace(own[30], "a" if own[30] != "a" else "b")
    assert (
        message(mail(f"Yes\n\n-----Original Message-----\nFrom: us\nSubject: {forged}\n\nHi"), connector).reply_to == ()
    )


TOKENS = {
    "envelope": ({"to": "support+case7@example.org"}, {}, ("case7",)),
    "to": ({}, {"To": "Support <support+case7@example.org>"}, ("case7",)),
    "delivered-to": ({}, {"Delivered_To": "support+case7@example.org"}, ("case7",)),
    "capitals": ({"to": "Support+case7@Example.org"}, {}, ("case7",)),
    "quoted": (
        {},
        {"body": "Yes\n\nOn Mon, 2 Nov 2026 10:15, Support <support+case7@example.org> wrote:\n> Hi"},
        ("case7",),
    ),
    "twice": ({"to": "support+case7@example.org"}, {"To": "support+case7@example.org"}, ("case7",)),
    "another's": ({}, {"To": "sales+case7@example.org"}, ()),
    "another domain": ({}, {"To": "support+case7@example.com"}, ()),
    "none": ({}, {}, ()),
}


@pytest.mark.parametrize(("envelope", "fields", "expected"), TOKENS.values(), ids=TOKENS.keys())
def test_tokens(envelope: dict[str, Any], fields: dict[str, str], expected: tuple[str, ...]) -> None:
    assert message(mail(**fields), **envelope).tokens == expected


RESULTS = {
    "none": ("", Proof.CLAIMED),
    "pass": ("mx.example.org; dmarc=pass header.from=example.com", Proof.DMARC),
    "fail": ("mx.example.org; dmarc=fail (p=none dis=none) header.from=example.com", Proof.FAILED),
    "another server's word": ("mx.evil.example; dmarc=pass header.from=example.com", Proof.CLAIMED),
    "about another domain": ("mx.example.org; dmarc=pass header.from=evil.example", Proof.CLAIMED),
    "aligned dkim": ("mx.example.org; dkim=pass header.d=example.com; dmarc=none", Proof.DMARC),
    "aligned dkim of the domain above": ("mx.example.org 1; dkim=pass header.i=@example.com", Proof.DMARC),
    "strange dkim": ("mx.example.org; dkim=pass header.d=mailer.example", Proof.CLAIMED),
    "top-level dkim": ("mx.example.org; dkim=pass header.d=com", Proof.CLAIMED),
    "aligned spf": ("mx.example.org; spf=pass smtp.mailfrom=bounce@example.com", Proof.DMARC),
    "broken": ("mx.example.org;;; dmarc==pass ((", Proof.CLAIMED),
    "verdict in a quoted sender": (
        'mx.example.org; spf=pass smtp.mailfrom="a; dmarc=pass header.from=example.com; "@evil.example',
        Proof.CLAIMED,
    ),
    "domain in a quoted sender": (
        'mx.example.org; spf=pass smtp.mailfrom="a header.d=example.com"@evil.example',
        Proof.CLAIMED,
    ),
    "domain in a comment's quoted sender": (
        'mx.example.org; spf=pass (of "a) header.d=example.com"@evil.example (ok)) smtp.mailfrom=a@evil.example',
        Proof.CLAIMED,
    ),
    "quoted domain": ('mx.example.org; dkim=pass header.d="example.com"', Proof.DMARC),
    "comment that lies": ("mx.evil.example (mx.example.org; dmarc=pass)", Proof.CLAIMED),
}


@pytest.mark.parametrize(("value", "proof"), RESULTS.values(), ids=RESULTS.keys())
def test_only_the_trusted_server_proves_a_sender(value: str, proof: Proof) -> None:
    trusting = email(trusted_server="mx.example.org")
    text = f"Authentication-Results: {value}\n{mail()}" if value else mail()
    assert message(text, trusting).proof == proof
    assert message(text, email()).proof == Proof.CLAIMED


def test_the_newest_verdict_counts() -> None:
    trusting = email(trusted_server="mx.example.org")
    results = "Authentication-Results: mx.example.org; dmarc=fail\nAuthentication-Results: mx.example.org; dmarc=pass\n"
    assert message(results + mail(), trusting).proof == Proof.FAILED


@pytest.mark.parametrize(
    "sender", ["support@example.org", "Support@Example.org", "support+x@example.org", "help@example.org"]
)
def test_mail_from_our_own_address_makes_no_entry(sender: str) -> None:
    (event,) = events(mail(From=sender), email(aliases=["help@example.org"]))
    assert isinstance(event, Ignored)
    assert "own address" in event.reason


def test_an_inbox_may_be_a_plus_address_itself() -> None:
    connector = email(address="sam+shop@example.com")
    assert connector.marks.plus("t") == "sam+shop+t@example.com"
    assert message(mail(From="eve@example.net"), connector, to="sam+shop+t@example.com").tokens == ("t",)
    assert message(mail(), connector, to="sam+shop@example.com").sender.value == "sam@example.com"


def test_an_inbox_of_an_international_domain_speaks_ascii() -> None:
    connector = email(address="hallo@bücher.example")
    assert connector.own_ref("key").endswith("@xn--bcher-kva.example")
    assert connector.address == "hallo@xn--bcher-kva.example"


def test_an_absence_note_to_the_return_address_finds_its_case() -> None:
    connector = email()
    own = connector.own_ref("key")
    read = message(mail("I am away."), connector, sender="", to=connector.marks.return_path(own))
    assert (read.reply_to, read.tokens, read.automatic) == ((own,), (), "null-sender")


def test_mail_with_our_loop_mark_makes_no_entry() -> None:
    connector = email()
    (event,) = events(mail(**{LOOP_HEADER: connector.marks.loop}), connector)
    assert isinstance(event, Ignored)
    assert isinstance(events(mail(**{LOOP_HEADER: email("2").marks.loop}), connector)[0], Message)


SENDERLESS = {
    "envelope": ({"sender": "bounce@example.net"}, {}, "bounce@example.net"),
    "sender field": ({"sender": ""}, {"Sender": "list@example.net"}, "list@example.net"),
    "nobody": ({"sender": ""}, {}, "unknown-sender@example.org.invalid"),
}


@pytest.mark.parametrize(("envelope", "fields", "expected"), SENDERLESS.values(), ids=SENDERLESS.keys())
def test_a_mail_without_from(envelope: dict[str, Any], fields: dict[str, str], expected: str) -> None:
    read = message(mail(From="", **fields), **envelope)
    assert read.sender.value == expected
    assert "no readable sender" in read.warnings[0]


def test_two_from_fields_are_said() -> None:
    read = message("From: eve@example.net\n" + mail())
    assert read.sender.value == "eve@example.net"
    assert "twice" in read.warnings[0]


def test_an_empty_mail_is_malformed() -> None:
    for body in ("", " \r\n\r\n"):
        with pytest.raises(Malformed):
            events(body)


def test_a_clock_that_is_fast_does_not_count() -> None:
    assert message(mail(Date="Mon, 02 Nov 2099 11:00:00 +0000")).at is None


def test_a_cut_mail_says_so() -> None:
    cut = replace(raw(mail()), headers={"x-truncated": "100", "x-uid": "1:1"}, method="IMAP")
    (event,) = email().normalise(cut)
    assert isinstance(event, Message)
    assert "larger" in event.warnings[0]


def test_mails_of_one_sender_share_a_lane() -> None:
    connector = email()
    assert connector.lane(raw(mail(), sender="Bounce@Example.com")) == "bounce@example.com"
    by_imap = Raw("IMAP", "imap://x/", {}, mail().encode(), NOW)
    assert connector.lane(by_imap) == "sam@example.com"


MACHINES = {
    "person": ({}, ""),
    "auto-submitted": ({"Auto_Submitted": "auto-replied (vacation)"}, "auto-submitted"),
    "auto-submitted no": ({"Auto_Submitted": "no"}, ""),
    "precedence bulk": ({"Precedence": "bulk"}, "bulk"),
    "precedence list": ({"Precedence": "List"}, "list"),
    "precedence auto_reply": ({"Precedence": "auto_reply"}, "auto-reply"),
    "x-autoreply": ({"X_Autoreply": "yes"}, "auto-reply"),
    "x-autorespond": ({"X_Autorespond": "Thank you"}, "auto-reply"),
    "list id": ({"List_Id": "<garden.example.net>"}, "list"),
    "English absence": ({"Subject": "Out of Office: Sam"}, "absence"),
    "a question about absence": ({"Subject": "Do you know how to set an out of office note?"}, ""),
}
ABSENCES = ["Automatic reply: x", "Abwesenheitsnotiz: x", "Automatische Antwort: x", "Réponse automatique : x", "Respuesta automática: x", "Risposta automatica: x", "Resposta automática: x", "Automatisch antwoord: x", "Autosvar: x", "Automatisk svar: x", "Automaattinen vastaus: x", "Odpowiedź automatyczna: x", "Automatická odpověď: x", "Автоматический ответ: x", "Otomatik Yanıt: x", "自动回复: x", "自動応答: x", "자동 회신: x"]  # fmt: skip


@pytest.mark.parametrize(("fields", "reason"), MACHINES.values(), ids=MACHINES.keys())
def test_machines_are_told_from_people(fields: dict[str, str], reason: str) -> None:
    assert message(mail(**fields)).automatic == reason


@pytest.mark.parametrize("subject", ABSENCES)
def test_absence_notes_in_many_languages(subject: str) -> None:
    assert message(mail(Subject=subject)).automatic == "absence"


def test_mail_without_a_return_path_is_a_machines() -> None:
    assert message(mail(), sender="").automatic == "null-sender"
    assert message("Return-Path: <>\n" + mail()).automatic == ""
