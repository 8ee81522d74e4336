"""What leaves: parts, threading headers, marks, and no way to smuggle a header in."""

from __future__ import annotations

import email.message
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import pytest

from connectors.email import compose, quote
from hub.contract import Address, Earlier, Message, Outgoing, OutgoingFile, Refused
from tests.connectors.email.support import NOW, message
from tests.connectors.email.support import email as connector

SAM = Address("email", "sam@example.com", "Sam Fox")
PLAIN = Outgoing(key="key-1", to=SAM, text="Hello Sam", subject="Re: Your order", author="Maya")


async def built(outgoing: Outgoing = PLAIN, **settings: Any) -> email.message.EmailMessage:
    return parsed(await raw(outgoing, **settings))


async def raw(outgoing: Outgoing, **settings: Any) -> bytes:
    sender = connector(**settings)
    return await compose.build(outgoing, sender.settings, sender.marks, NOW)


def parsed(mail: bytes) -> email.message.EmailMessage:
    return message_from_bytes(mail, policy=email.policy.default)


def body(mail: email.message.EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def file(
    name: str = "bill.pdf", type: str = "application/pdf", content: bytes = b"%PDF", cid: str = ""
) -> OutgoingFile:
    async def read() -> bytes:
        return content

    return OutgoingFile(name, type, len(content), read, cid)


async def test_a_plain_answer() -> None:
    mail = await built()
    assert mail["From"] == "Maya <support@example.org>"
    assert mail["To"] == "Sam Fox <sam@example.com>"
    assert mail["Subject"] == "Re: Your order"
    assert mail["Date"].datetime == NOW
    assert mail.get_content_type() == "multipart/alternative"
    assert body(mail, "plain") == "Hello Sam\n"
    assert "Hello Sam" in body(mail, "html")
    assert mail["MIME-Version"] == "1.0"
    assert mail["Auto-Submitted"] is None
    assert not mail.defects


async def test_the_id_is_the_same_for_every_attempt_and_for_no_other_key() -> None:
    first, again = await built(), await built(replace(PLAIN, attempt=2))
    assert first["Message-ID"] == again["Message-ID"] == f"<{connector().own_ref('key-1')}>"
    assert (await built(replace(PLAIN, key="key-2")))["Message-ID"] != first["Message-ID"]
    assert connector("2").own_ref("key-1") != connector().own_ref("key-1")


async def test_references_lead_back_to_the_first_mail() -> None:
    mail = await built(replace(PLAIN, reply_to=("c@x#" + "0" * 32, "b@x", "a@x")))
    assert mail["In-Reply-To"] == "<c@x>"
    assert mail["References"].split() == ["<a@x>", "<b@x>", "<c@x>"]


async def test_long_chains_keep_the_first_and_the_newest() -> None:
    mail = await built(replace(PLAIN, reply_to=tuple(f"{n:0150}@x" for n in range(500))))
    chain = mail["References"].split()
    assert len(chain) == compose.MAX_REFERENCES
    assert (chain[0], chain[-1]) == (f"<{499:0150}@x>", f"<{0:0150}@x>")
    assert mail["In-Reply-To"] == chain[-1]


async def test_refs_that_are_no_message_ids_are_left_out() -> None:
    mail = await built(replace(PLAIN, reply_to=("no-id#" + "0" * 32, "evil\r\nBcc: x@y", "a@x")))
    assert mail["References"] == "<a@x>"
    assert mail["In-Reply-To"] == "<a@x>"


async def test_answers_come_back_with_the_token() -> None:
    mail = await built(replace(PLAIN, token="abc234"))
    assert "support+abc234@example.org" in mail["Reply-To"]
    assert mail["From"].addresses[0].addr_spec == "support@example.org"
    assert (await built(replace(PLAIN, token="abc234"), plus_addresses=False))["Reply-To"] is None


async def test_a_bounce_comes_back_to_an_address_of_its_own() -> None:
    marks = connector().marks
    ref = marks.message_id("key-1")
    address = marks.return_path(ref)
    assert marks.returned(address) == marks.returned(address.upper()) == ref
    assert marks.tag(address) == ""
    assert connector("2").marks.returned(address) is None
    assert connector(return_path=False).marks.return_path(ref) == "support@example.org"
    long = connector(address="a" * 60 + "@example.org").marks
    assert long.return_path(ref) == long.settings.address


async def test_machines_mails_say_so() -> None:
    mail = await built(replace(PLAIN, automatic=True))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "bulk"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert (await built(replace(PLAIN, automatic=True, reply_to=("a@x",))))["Auto-Submitted"] == "auto-replied"


async def test_files_and_inline_pictures() -> None:
    mail = await built(
        replace(PLAIN, html='<img src="cid:cup@x">', files=(file(), file("cup.png", "image/png", b"PNG", "cup@x")))
    )
    assert mail.get_content_type() == "multipart/mixed"
    related, attached = list(mail.iter_parts())
    assert related.get_content_type() == "multipart/related"
    assert (attached.get_filename(), attached.get_content()) == ("bill.pdf", b"%PDF")
    picture = list(related.iter_parts())[1]
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<cup@x>", "inline")


@pytest.mark.parametrize(
    "name", ["Rechnung März.pdf", "請求書.pdf", 'a"b;c.pdf', "a\r\nBcc: x@y.pdf", "../../etc/passwd", ""]
)
async def test_file_names_arrive_or_are_made_safe(name: str) -> None:
    mail = await built(replace(PLAIN, files=(file(name),)))
    (attached,) = mail.iter_attachments()
    got = attached.get_filename()
    assert got
    assert "\n" not in got
    assert "/" not in got
    assert mail["Bcc"] is None
    if name and name.isprintable() and "/" not in name:
        assert got == name


EVIL = "x\r\nBcc: eve@example.net\r\n\r\nbody"


@pytest.mark.parametrize(
    "outgoing",
    [
        replace(PLAIN, subject=EVIL),
        replace(PLAIN, author=EVIL),
        replace(PLAIN, to=replace(SAM, name=EVIL)),
        replace(PLAIN, cc=(replace(SAM, name="\u2028Bcc: eve@example.net"),)),
        replace(PLAIN, subject="Grüße" + EVIL),
        replace(PLAIN, author="Zoë\nBcc: eve@example.net"),
        replace(PLAIN, reply_to=(EVIL, "<a@x>\r\nBcc: eve@example.net")),
        replace(PLAIN, files=(file(EVIL, EVIL),)),
        replace(PLAIN, earlier=(Earlier(NOW, EVIL, "text"),)),
    ],
    ids=["subject", "author", "name", "copy", "encoded subject", "encoded author", "references", "file", "history"],
)
async def test_nothing_a_person_typed_becomes_a_header(outgoing: Outgoing) -> None:
    data = await raw(outgoing)
    assert parsed(data)["Bcc"] is None
    assert not re.search(rb"^Bcc:", data.split(b"\r\n\r\n")[0], re.M | re.I)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nobody",
        "a@",
        "@b",
        "a b@c.example",
        "a@b.example\r\nRCPT TO:<x@y>",
        "a@b.example,c@d.example",
        "<a@b.example>",
        "a@" + "ü" * 70 + ".example",
    ],
)
async def test_an_address_that_is_none_is_refused_before_anything_is_sent(value: str) -> None:
    with pytest.raises(Refused, match="Check it and send again"):
        await built(replace(PLAIN, to=Address("email", value)))


async def test_international_domains_go_out_in_ascii() -> None:
    assert "sam@xn--bcher-kva.example" in (await built(replace(PLAIN, to=Address("email", "sam@bücher.example"))))["To"]


@pytest.mark.parametrize(
    "text",
    [
        "short",
        "x" * 5000,
        "ü" * 5000,
        "日本語" * 2000,
        ".\n..\n.hidden\n",
        "From me\nto you\n",
        "trailing   \n",
        "👩‍👩‍👧‍👦" * 300,
    ],
)
async def test_every_text_arrives_as_it_was_written(text: str) -> None:
    data = await raw(replace(PLAIN, text=text, subject=text[:200].replace("\n", " ")))
    assert max(len(line) for line in data.split(b"\r\n")) < 998
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert data.isascii()
    mail = parsed(data)
    assert body(mail, "plain").rstrip("\n") == text.rstrip("\n")
    assert mail["Subject"] == text[:200].replace("\n", " ").strip()


async def test_the_signature_stands_below_and_is_cut_off_again() -> None:
    mail = await built(signature="Maya\nExample Shop")
    assert body(mail, "plain") == "Hello Sam\n\n-- \nMaya\nExample Shop\n"
    assert "Example Shop" in body(mail, "html")


EARLIER = (
    Earlier(datetime(2026, 11, 2, 9, tzinfo=UTC), "Sam Fox", "Where is it?\nI wait."),
    Earlier(
        datetime(2026, 11, 1, 9, tzinfo=UTC), "Maya", "It has left.", '<p>It has <b>left</b>.<img src="cid:cup@x"></p>'
    ),
)


async def test_earlier_turns_are_quoted_and_trimmed_on_return() -> None:
    outgoing = replace(PLAIN, earlier=EARLIER)
    mail = await built(outgoing)
    text, html = body(mail, "plain"), body(mail, "html")
    assert "> Where is it?\n> I wait." in text
    assert "<b>left</b>" in html
    assert "cid:" not in html
    lines = text.split("\n")
    first, last = quote.split(lines)
    assert "\n".join(lines[first:last]).strip() == "Hello Sam"
    read = message(await raw(outgoing), connector("2", address="sam@example.com"))
    assert isinstance(read, Message)
    assert read.text == "Hello Sam"
    assert "left" not in read.html
    assert "Where is it?" in read.quoted


async def test_history_can_be_left_out_and_is_never_endless() -> None:
    assert "Where is it" not in body(await built(replace(PLAIN, earlier=EARLIER), quote_earlier=False), "plain")
    long = tuple(Earlier(NOW, "Sam", "x" * 10_000) for _ in range(50))
    assert len(body(await built(replace(PLAIN, earlier=long)), "plain")) < compose.MAX_EARLIER_CHARS + 10_000


def test_links_become_links_and_markup_stays_text() -> None:
    html = compose.as_html('See <b>this</b>: https://example.org/a?b=1&c="2". Bye')
    assert '<a href="https://example.org/a?b=1&amp;c=">' in html
    assert "&lt;b&gt;this" in html
    assert "javascript" not in compose.as_html("no javascript link: foo").replace("no javascript", "")
