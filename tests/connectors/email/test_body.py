"""Texts, files and pictures of a mail, and how much of it is read."""

from __future__ import annotations

import base64
import time
from email.message import EmailMessage

import pytest

from connectors.email import body, mime
from connectors.email.body import safe_name
from hub.contract import Message
from tests.connectors.email.replies import mail as compose
from tests.connectors.email.support import email, events, mail, message, raw


def part(content: str, type: str = "text/plain", **fields: str) -> str:
    lines = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())
    return f"Content-Type: {type}\n{lines}\n{content}"


def multipart(*parts: str, kind: str = "mixed", boundary: str = "B", **fields: str) -> str:
    text = "".join(f"--{boundary}\n{one}\n" for one in parts) + f"--{boundary}--\n"
    return mail(text, Content_Type=f'multipart/{kind}; boundary="{boundary}"', **fields)


def test_text_parts_come_in_order() -> None:
    read = message(multipart(part("One"), part("x", "image/png", Content_Disposition="inline"), part("Two")))
    assert read.text == "One\nTwo"
    assert [file.type for file in read.files] == ["image/png"]


def test_html_is_shown_and_its_words_are_the_text() -> None:
    read = message(
        compose(
            "",
            "<html><head><title>T</title><style>p{}</style></head><body><p>Hello&nbsp;<b>you</b></p><script>x()</script></body></html>",
        )
    )
    assert read.text.replace("\xa0", " ") == "Hello you"
    assert "<b>you</b>" in read.html


def test_alternatives_are_one_text() -> None:
    read = message(multipart(part("Plain words"), part("<p>Rich <i>words</i></p>", "text/html"), kind="alternative"))
    assert (read.text, read.html) == ("Plain words", "<p>Rich <i>words</i></p>")


def test_an_empty_alternative_is_filled_from_the_html() -> None:
    assert message(multipart(part(""), part("<p>Words</p>", "text/html"), kind="alternative")).text == "Words"


def test_text_beside_html_is_shown_with_it() -> None:
    read = message(multipart(part("<p>First</p>", "text/html"), part("Second & last")))
    assert read.text == "First\nSecond & last"
    assert "Second &amp; last" in read.html


def test_flowed_text_is_joined() -> None:
    read = message(mail("A long \nparagraph.\n\n> quoted \n> text\nAnswer", Content_Type="text/plain; format=flowed"))
    assert read.text == "A long paragraph.\n\n> quoted text\nAnswer"
    joined = message(mail("日本 \n語", Content_Type="text/plain; charset=utf-8; format=flowed; delsp=yes"))
    assert joined.text == "日本語"


FILES = {
    "plain": ('attachment; filename="bill.pdf"', "application/pdf", "bill.pdf"),
    "RFC 2231": ("attachment; filename*=utf-8''Rechnung%20M%C3%A4rz.pdf", "application/pdf", "Rechnung März.pdf"),
    "RFC 2231 in pieces": ("attachment; filename*0*=utf-8''M%C3%A4; filename*1=rz.pdf", "application/pdf", "März.pdf"),
    "RFC 2047": ('attachment; filename="=?utf-8?Q?M=C3=A4rz.pdf?="', "application/pdf", "März.pdf"),
    "raw": ('attachment; filename="März.pdf"', "application/pdf", "März.pdf"),
    "name of the type": ("attachment", 'application/pdf; name="bill.pdf"', "bill.pdf"),
    "path": ('attachment; filename="../../etc/passwd"', "application/pdf", "passwd"),
    "Windows path": (r'attachment; filename="C:\\temp\\bill.pdf"', "application/pdf", "bill.pdf"),
    "turned round": ("attachment; filename*=utf-8''bill%E2%80%AEfdp.exe", "application/pdf", "billfdp.exe"),
    "control signs": ("attachment; filename*=utf-8''a%00b%0Ac.pdf", "application/pdf", None),
    "dots": ('attachment; filename=".."', "application/pdf", "attachment.pdf"),
    "none": ("attachment", "application/pdf", "attachment.pdf"),
    "none, unknown type": ("attachment", "application/x-nobody", "attachment.bin"),
}


@pytest.mark.parametrize(("disposition", "type", "name"), FILES.values(), ids=FILES.keys())
def test_file_names(disposition: str, type: str, name: str | None) -> None:
    content = base64.b64encode(b"content").decode()
    read = message(
        multipart(
            part("Text"), part(content, type, Content_Disposition=disposition, Content_Transfer_Encoding="base64")
        )
    )
    (file,) = read.files
    assert file.content == b"content"
    assert file.name.isprintable()
    assert name is None or file.name == name


def test_long_names_keep_their_extension() -> None:
    assert safe_name("x" * 500 + ".pdf", "application/pdf").endswith(".pdf")
    assert len(safe_name("x" * 500 + ".pdf", "application/pdf")) <= 150


def test_inline_pictures_keep_their_id() -> None:
    picture = part(
        "aGk=", "image/png", Content_ID="<cup@x>", Content_Disposition="inline", Content_Transfer_Encoding="base64"
    )
    read = message(multipart(part('<img src="cid:cup@x">', "text/html"), picture, kind="related"))
    assert (read.files[0].cid, read.files[0].content) == ("cup@x", b"hi")
    assert "cid:cup@x" in read.html


def test_an_attached_mail_stays_whole() -> None:
    inner = "From: eve@example.com\nSubject: Inner\n\nInner text"
    read = message(multipart(part("See attached"), part(inner, "message/rfc822")))
    (file,) = read.files
    assert (file.name, file.type) == ("Inner.eml", "message/rfc822")
    assert b"Inner text" in file.content
    assert "Inner text" not in read.text


def test_a_text_file_stays_a_file() -> None:
    read = message(
        multipart(part("Text"), part("log", "text/plain", Content_Disposition='attachment; filename="a.log"'))
    )
    assert (read.text, [file.name for file in read.files]) == ("Text", ["a.log"])


def test_uuencoded_files_are_taken_out_of_the_text() -> None:
    read = message(mail("Here:\nbegin 644 hello.txt\n%:&5L;&\\\n`\nend\nBye"))
    assert read.text == "Here:\nBye"
    assert [(file.name, file.content) for file in read.files] == [("hello.txt", b"hello")]


def test_a_begin_without_an_end_is_text() -> None:
    assert "begin 644 x" in message(mail("begin 644 x\nwords")).text


def test_encrypted_and_signed_mail_is_named() -> None:
    encrypted = message(
        multipart(
            part("Version: 1", "application/pgp-encrypted"),
            part("secret", "application/octet-stream"),
            kind="encrypted",
        )
    )
    assert "encrypted" in encrypted.warnings[0]
    assert len(encrypted.files) == 2
    signed = message(multipart(part("My words"), part("sig", "application/pgp-signature"), kind="signed"))
    assert (signed.text, signed.data["signed"]) == ("My words", True)


DAMAGED = {
    "no boundary given": mail("--X\nContent-Type: text/plain\n\nWords\n--X--", Content_Type="multipart/mixed"),
    "wrong boundary": mail("--X\nContent-Type: text/plain\n\nWords\n--X--", Content_Type="multipart/mixed; boundary=Y"),
    "no delimiter at all": mail("Words", Content_Type="multipart/mixed; boundary=Y"),
    "never closed": mail("--Y\nContent-Type: text/plain\n\nWords", Content_Type="multipart/mixed; boundary=Y"),
    "boundary that starts another": multipart(part("Words"), boundary="aa").replace("boundary", 'x="--a"; boundary'),
    "outer boundary ends inner": mail(
        "--O\nContent-Type: multipart/mixed; boundary=I\n\n--I\n\nWords\n--O--",
        Content_Type="multipart/mixed; boundary=O",
    ),
    "broken base64": mail("V29y ZHM=!!", Content_Transfer_Encoding="base64"),
    "base64 without padding": mail("V29yZHM", Content_Transfer_Encoding="base64"),
    "unknown encoding": mail("Words", Content_Transfer_Encoding="rot13"),
    "broken quoted-printable": mail("Words=ZZ=", Content_Transfer_Encoding="quoted-printable"),
    "unknown charset": mail("Words", Content_Type="text/plain; charset=martian"),
    "unknown type": mail("Words", Content_Type="nonsense"),
    "text without a subtype": mail("Words", Content_Type="text"),
    "old Mac line ends": mail("Words").replace("\n", "\r"),
    "NUL": mail("Wo\0rds"),
    "no headers": "Words without any header",
}


@pytest.mark.parametrize("source", DAMAGED.values(), ids=DAMAGED.keys())
def test_no_damage_loses_the_words(source: str) -> None:
    read = message(source)
    assert "Words" in read.text
    assert "\0" not in read.text


def nested(depth: int) -> str:
    opened = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth))
    return (
        mail("", X="y").rstrip("\n")
        + "\n"
        + opened
        + "\nWords\n"
        + "".join(f"--b{n}--\n" for n in reversed(range(depth)))
    )


@pytest.mark.parametrize("depth", [30, 1000])
def test_nesting(depth: int) -> None:
    read = message(nested(depth))
    if depth <= mime.MAX_DEPTH:
        assert read.text == "Words"
    else:
        assert "more parts than are read" in read.warnings[0]
        assert b"Words" in b"".join(file.content for file in read.files)


HOSTILE = {
    "5000 parts": multipart(*[part("hi")] * 5000),
    "5000 headers": "".join(f"X-{n}: y\n" for n in range(5000)) + mail(),
    "64 KiB subject": mail(Subject="x" * 65_536),
    "2000 references": mail(References=" ".join(f"<{n}@x>" for n in range(2000))),
    "200k line": mail("x" * 200_000),
    "200k tags": mail("<div>" * 200_000, Content_Type="text/html"),
    "attributes": mail("<a " + "".join(f"a{n}=1 " for n in range(100_000)) + ">x", Content_Type="text/html"),
    "open bold": mail("".join(f"<b a={n}><p>" for n in range(50_000)), Content_Type="text/html"),
    "tables": mail("<table><tr><td>" * 40_000, Content_Type="text/html"),
    "begins": mail("begin 644 x\n" * 50_000 + "end\n" * 50_000),
    "flowed": mail("a \n" * 200_000, Content_Type="text/plain; format=flowed"),
    "dashes": mail("-" * 2_000_000, Content_Type=f'multipart/mixed; boundary="{"-" * 60}"'),
    "delimiters": mail("\n--ab" * 300_000, Content_Type="multipart/mixed; boundary=a"),
    "parameters": mail("x", Content_Type="text/plain; " + "; ".join(f"a*{n}=x" for n in range(20_000))),
    "punycode": mail("a" * 300_000, Content_Type="text/plain; charset=punycode"),
    "urls": mail("http://a." * 100_000),
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_mail_is_read_within_two_seconds(source: str) -> None:
    connector = email()
    begin = time.process_time()
    (event,) = events(source, connector)
    connector.dedup_key(raw(source))
    assert time.process_time() - begin < 2
    assert isinstance(event, Message)


def test_what_is_over_the_limits_is_said() -> None:
    assert "more parts than are read" in message(HOSTILE["5000 parts"]).warnings[0]
    assert "subject is very long" in message(HOSTILE["64 KiB subject"]).warnings[0]
    assert "formatting of this mail is damaged" in message(HOSTILE["200k tags"]).warnings[0]


def test_mail_made_by_the_standard_library_reads_back() -> None:
    made = EmailMessage()
    made["From"], made["Subject"] = "Zoë <zoe@example.com>", "Überraschung 🎉"
    made.set_content("Grüße\naus Köln\n")
    made.add_alternative("<p>Grüße aus Köln</p>", subtype="html")
    made.add_attachment(b"\x00\x01", maintype="application", subtype="zip", filename="übung.zip")
    read = message(made.as_bytes())
    assert (read.sender.name, read.subject, read.text) == ("Zoë", "Überraschung 🎉", "Grüße\naus Köln")
    assert (read.files[0].name, read.files[0].content) == ("übung.zip", b"\x00\x01")
    assert body.read(mime.parse(made.as_bytes())).html.strip() == "<p>Grüße aus Köln</p>"
