"""What must hold for every mail, tried with many."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.email import charset, headers, html, mime, quote
from connectors.email.compose import encoded, mailbox
from hub.contract import Address, Malformed, Message
from hub.testkit import storable
from tests.connectors.email.support import email, raw

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
LINES = st.lists(
    st.sampled_from(
        [
            "",
            "Yes.",
            "> quoted",
            ">> deeper",
            "-- ",
            "On Mon, 2 Nov 2026 at 10:15, Maya <m@example.org> wrote:",
            "Am 02.11.26 um 10:15 schrieb Maya:",
            "-----Original Message-----",
            "From: Maya <m@example.org>",
            "Sent: Monday 10:15",
            "To: Sam",
            "Subject: Order",
            "________________________________",
            "Sent from my iPhone",
            "<m@example.org> wrote:",
        ]
    )
    | TEXT.map(lambda text: text.replace("\n", " ")),
    max_size=25,
)


@settings(deadline=None)
@given(LINES, st.sets(st.integers(0, 25)), st.sets(st.integers(0, 25)))
def test_no_line_is_lost_and_something_always_shows(lines: list[str], marks: set[int], signatures: set[int]) -> None:
    first, last = quote.split(lines, marks, signatures)
    assert 0 <= first <= last <= len(lines)
    assert any(line.strip() for line in lines[first:last]) or not any(line.strip(" \xa0\u200b\u200e") for line in lines)


@settings(deadline=None)
@given(LINES)
def test_text_and_quoted_hold_every_line(lines: list[str]) -> None:
    body = "\n".join(lines).replace("\r", " ").replace("\0", "")
    made = EmailMessage(policy=SMTP)
    made["From"], made["Message-ID"] = "sam@example.com", "<1@example.com>"
    made.set_content("x")
    made.set_payload(body.encode(), "utf-8")
    (event,) = email().normalise(raw(made.as_bytes()))
    assert isinstance(event, Message)
    shown = event.text.split("\n") + event.quoted.split("\n")
    assert all(line in shown for line in charset.decode(body.encode()).split("\n") if line.strip())


@settings(deadline=None)
@given(TEXT)
def test_a_subject_comes_back_as_it_was_written(text: str) -> None:
    value = encoded(text, "Subject")
    assert value.isascii()
    assert "\n" not in value.replace("\r\n ", "").replace("\r\n\t", "")
    fields = headers.Headers([("subject", value.encode())])
    assert "".join(fields.text("subject").split()) == "".join(headers.one_line(text).split())


@settings(deadline=None)
@given(TEXT)
def test_a_name_comes_back_and_the_address_is_untouched(name: str) -> None:
    (found,) = headers.parse_addresses(headers.unfold(mailbox(Address("email", "sam@example.com", name)).encode()))
    assert found.address == "sam@example.com"


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_header_reader(data: bytes) -> None:
    fields, rest, _ = headers.split(data)
    for name, value in fields.fields:
        fields.addresses(name)
        fields.ids(name)
        fields.date(name)
        fields.text(name).encode()
        assert isinstance(value, bytes)
    assert len(rest) <= len(data)


@settings(deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from(["", "utf-8", "iso-8859-1", "gb2312", "shift_jis", "utf-7", "utf-16", "hz", "x"]),
)
def test_no_bytes_break_the_charsets(data: bytes, label: str) -> None:
    charset.clean(charset.decode(data, label)).encode()


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            b"From: a@b.example\n",
            b"Content-Type: multipart/mixed; boundary=B\n",
            b"Content-Type: text/html\n",
            b"\n",
            b"--B\n",
            b"--B--\n",
            b"<div class=gmail_quote>",
            b"<blockquote type=cite>",
            b"</div>",
            b"text\n",
            b"> q\n",
            b"Content-Transfer-Encoding: base64\n",
            b"=?utf-8?B?",
            b"?=\n",
            b"Subject: ",
            b"Message-ID: <1@x>\n",
            b"begin 644 x\n",
            b"end\n",
            b"\xff\xfe",
            b"\x00",
        ]
    )
    | st.binary(max_size=20),
    max_size=30,
)


@settings(deadline=None, max_examples=300)
@given(FRAGMENTS)
def test_whatever_comes_can_be_stored(fragments: list[bytes]) -> None:
    connector = email()
    arrived = raw(b"".join(fragments))
    try:
        found = list(connector.normalise(arrived))
    except Malformed:
        found = []
    for event in found:
        storable.check(event)
    assert len(connector.dedup_key(arrived)) == 64


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<div>",
                "</div>",
                "<p>",
                "<blockquote type=cite>",
                "</blockquote>",
                "<br>",
                "a",
                "b ",
                "<pre>",
                "\n",
                "<li>",
                "<td>",
            ]
        ),
        max_size=40,
    ),
    st.data(),
)
def test_cutting_html_loses_no_word(pieces: list[str], data: st.DataObject) -> None:
    source = "".join(pieces)
    document = html.parse(source)
    lines = html.lines(document)
    if not lines:
        return
    cut = data.draw(st.integers(0, len(lines) - 1))
    removed = html.cut(document, None, lines[cut].node)
    words = "".join("".join(line.text for line in lines).replace(">", "").replace("-", "").split())
    kept = "".join(html.to_text(html.inner(document)) + html.to_text(removed)).replace(">", "").replace("-", "")
    assert sorted("".join(kept.split())) == sorted(words)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_parts_hold_no_more_than_came(data: bytes) -> None:
    tree = mime.parse(b"Content-Type: multipart/mixed; boundary=B\n\n--B\n" + data + b"\n--B--\n")
    assert sum(len(child.content) for child in tree.root.children) <= len(data) + 10
