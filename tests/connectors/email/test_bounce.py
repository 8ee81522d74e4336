"""Reports about our mails, told apart from each other and from ordinary mail."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from hub.contract import Event, Message, State, Status
from tests.connectors.email.support import email, events, mail

CONNECTOR = email()
OWN = CONNECTOR.own_ref("key")
RETURN = CONNECTOR.marks.return_path(OWN)


def report(groups: str, returned: str = "", to: str = RETURN) -> str:
    return mail(
        f"--R\nContent-Type: text/plain\n\nIt failed.\n--R\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example.com\n\n{groups}\n--R\nContent-Type: text/rfc822-headers\n\n{returned}\n--R--",
        From="MAILER-DAEMON@mx.example.com",
        To=to,
        Content_Type='multipart/report; report-type=delivery-status; boundary="R"',
    )


def group(action: str, status: str, said: str = "", address: str = "gone@example.com") -> str:
    diagnostic = f"Diagnostic-Code: smtp; {said}\n" if said else ""
    return f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\n{diagnostic}"


def statuses(source: str, to: str = RETURN) -> list[Event]:
    return events(source, CONNECTOR, sender="", to=to)


ACTIONS = {
    "failed": ("failed", "5.1.1", State.FAILED, "The mailbox does not exist (5.1.1)", "", False),
    "failed for now": ("failed", "4.4.7", State.FAILED, "The mail could not be delivered in time (4.4.7)", "", True),
    "policy": ("failed", "5.7.26", State.FAILED, "The mail was refused: authentication failed (5.7.26)", "", False),
    "delayed": (
        "delayed",
        "4.4.1",
        State.SENT,
        "The mail server of the domain does not answer (4.4.1)",
        "delayed",
        False,
    ),
    "relayed": ("relayed", "2.0.0", State.SENT, "", "relayed", False),
    "delivered": ("delivered", "2.0.0", State.DELIVERED, "", "", False),
    "capitals": ("Failed (really)", "5.2.2", State.FAILED, "The mailbox is full (5.2.2)", "", False),
}


@pytest.mark.parametrize(
    ("action", "status", "state", "reason", "remark", "retryable"), ACTIONS.values(), ids=ACTIONS.keys()
)
def test_reports(action: str, status: str, state: State, reason: str, remark: str, retryable: bool) -> None:
    assert statuses(report(group(action, status))) == [
        Status(OWN, state, reason, retryable=retryable, remark=remark, address="gone@example.com")
    ]


def test_an_unknown_code_is_told_in_the_servers_words() -> None:
    (status,) = statuses(report(group("failed", "5.9.9", "550 5.9.9 The cat sat on\n the keyboard")))
    assert isinstance(status, Status)
    assert status.reason == "550 5.9.9 The cat sat on the keyboard (5.9.9)"


def test_each_recipient_gets_a_word() -> None:
    found = statuses(report(group("failed", "5.1.1") + "\n" + group("delivered", "2.0.0", address="here@example.com")))
    assert [(status.address, status.state) for status in found if isinstance(status, Status)] == [
        ("gone@example.com", State.FAILED),
        ("here@example.com", State.DELIVERED),
    ]


def test_the_returned_mail_names_ours_too() -> None:
    (status,) = statuses(
        report(group("failed", "5.1.1"), f"Message-ID: <{OWN}>", "support@example.org"), "support@example.org"
    )
    assert isinstance(status, Status)
    assert status.ref == OWN


@pytest.mark.parametrize("spoiled", [RETURN[:-20] + "aaaaaaaa" + RETURN[-12:], "support+b-x@example.org"])
def test_a_forged_return_address_settles_nothing(spoiled: str) -> None:
    (event,) = statuses(report(group("failed", "5.1.1"), to=spoiled), spoiled)
    assert isinstance(event, Message)


def test_a_report_about_somebody_elses_mail_is_shown_as_a_machines() -> None:
    (event,) = statuses(
        report(group("failed", "5.1.1"), "Message-ID: <x@y>", "support@example.org"), "support@example.org"
    )
    assert isinstance(event, Message)
    assert event.automatic == "report"


PROSE = {
    "qmail": "Hi. I wasn't able to deliver your message to the following addresses.\n\n<gone@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)",
    "exim": "A message that you sent could not be delivered to one or more of its recipients.\n\n  gone@example.com\n    550 5.1.1 User unknown",
    "postfix": "I'm sorry to have to inform you that your message could not be delivered.\n\n<gone@example.com>: host mx said: 550 5.1.1 User unknown",
}  # fmt: skip


@pytest.mark.parametrize("text", PROSE.values(), ids=PROSE.keys())
def test_reports_in_prose(text: str) -> None:
    found = statuses(mail(text, From="MAILER-DAEMON@old.example.com", To=RETURN))
    assert found == [Status(OWN, State.FAILED, "The mailbox does not exist (5.1.1)", address="gone@example.com")]


def test_a_delay_in_prose_is_no_failure() -> None:
    text = "Warning: your message is delayed.\nThis is a warning message only. It will be retried for 3 days."
    (status,) = statuses(mail(text, From="MAILER-DAEMON@old.example.com", To=RETURN))
    assert isinstance(status, Status)
    assert (status.state, status.remark) == (State.SENT, "delayed")


def test_failed_recipients_in_a_header() -> None:
    found = statuses(
        mail("It failed.", From="mailer-daemon@x.example", To=RETURN, X_Failed_Recipients="a@x.example, b@x.example")
    )
    assert [status.address for status in found if isinstance(status, Status)] == ["a@x.example", "b@x.example"]


ORDINARY = {
    "a customer who got a bounce": mail("My mail to you came back: 550 5.1.1 user unknown. Why?"),
    "an absence note to the return path": mail("I am away.", To=RETURN, Auto_Submitted="auto-replied"),
    "a postmaster who writes": mail("Hello, could you fix your SPF record?", From="postmaster@example.com"),
    "an answer to our mail": mail("It does not exist any more.", In_Reply_To=f"<{OWN}>"),
}


@pytest.mark.parametrize("source", ORDINARY.values(), ids=ORDINARY.keys())
def test_no_false_alarm(source: str) -> None:
    (event,) = events(source, CONNECTOR)
    assert isinstance(event, Message)


def test_an_absence_note_names_what_it_answers() -> None:
    (event,) = events(mail("I am away.", Auto_Submitted="auto-replied", In_Reply_To=f"<{OWN}>"), CONNECTOR)
    assert isinstance(event, Message)
    assert event.reply_to == (OWN,)
    assert event.automatic == "auto-submitted"
