"""Header fields in every state of repair."""

# ruff: noqa: E501

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

import pytest

from connectors.email import charset, headers
from connectors.email.headers import Headers


def field(value: bytes | str, name: str = "subject") -> Headers:
    return Headers([(name, value if isinstance(value, bytes) else value.encode())])


SUBJECTS = {
    "plain": (b"Hello there", "Hello there"),
    "q word": (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    "b word": (b"=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
    "words are joined without the space between": (b"=?utf-8?Q?one_?= =?utf-8?Q?two?=", "one two"),
    "text around words": (b"Re: =?utf-8?Q?caf=C3=A9?= today", "Re: café today"),
    "character split over q words": (b"=?utf-8?Q?w=C3?= =?utf-8?Q?=B6rd?=", "wörd"),
    "character split over b words": (b"=?utf-8?B?d8M=?=\n =?utf-8?B?tnJk?=", "wörd"),
    "two charsets": (b"=?utf-8?Q?=C3=A9?= =?iso-8859-1?Q?=E9?=", "éé"),
    "latin-1 is windows-1252": (b"=?iso-8859-1?Q?5_=80?=", "5 €"),
    "wrong label, really utf-8": (b"=?iso-8859-1?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    "gb2312 beyond its set": (b"=?gb2312?B?" + base64.b64encode("镕".encode("gb18030")) + b"?=", "镕"),
    "Korean": (b"=?ks_c_5601-1987?B?" + base64.b64encode("안녕".encode("cp949")) + b"?=", "안녕"),
    "Japanese": (b"=?ISO-2022-JP?B?" + base64.b64encode("注文".encode("iso2022_jp")) + b"?=", "注文"),
    "unknown charset": (b"=?x-martian?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    "language tag": (b"=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    "raw utf-8": ("Grüße".encode(), "Grüße"),
    "raw windows-1252": ("Grüße".encode("cp1252"), "Grüße"),
    "raw 8-bit in a q word": (b"=?utf-8?Q?Gr\xc3\xbc\xc3\x9fe?=", "Grüße"),
    "spaces in a q word": (b"=?utf-8?Q?one two?=", "one two"),
    "question mark in a word": (b"=?utf-8?Q?why=3F?=", "why?"),
    "word without an end": (b"=?utf-8?Q?half", "=?utf-8?Q?half"),
    "base64 without padding": (b"=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
    "folded": (b"one\r\n two\r\n\tthree", "one two\tthree".replace("\t", " ")),
    "line break inside a word": (b"=?utf-8?Q?one=0D=0ABcc:_eve@example.net?=", "one Bcc: eve@example.net"),
    "NUL": (b"a\x00b", "a b"),
    "lone surrogate": (b"=?utf-8?Q?a=ED=A0=80b?=", None),
}


@pytest.mark.parametrize(("value", "expected"), SUBJECTS.values(), ids=SUBJECTS.keys())
def test_subjects(value: bytes, expected: str | None) -> None:
    text = field(value).text("subject")
    assert expected is None or text == expected
    text.encode()


ADDRESSES = {
    "bare": ("sam@example.com", [("", "sam@example.com")]),
    "named": ("Sam Fox <sam@Example.COM>", [("Sam Fox", "sam@example.com")]),
    "quoted, comma": ('"Fox, Sam" <sam@example.com>', [("Fox, Sam", "sam@example.com")]),
    "escaped quote": (r'"Sam \"the\" Fox" <sam@example.com>', [('Sam "the" Fox', "sam@example.com")]),
    "comment as name": ("sam@example.com (Sam Fox)", [("Sam Fox", "sam@example.com")]),
    "nested comment": ("Sam (a (b) c) <sam@example.com>", [("Sam", "sam@example.com")]),
    "two": ("a@x.example, B <b@x.example>", [("", "a@x.example"), ("B", "b@x.example")]),
    "semicolons": ("a@x.example; b@x.example", [("", "a@x.example"), ("", "b@x.example")]),
    "group": ("Friends: a@x.example, b@x.example;", [("", "a@x.example"), ("", "b@x.example")]),
    "empty group": ("undisclosed-recipients:;", []),
    "encoded name with a comma": ("=?utf-8?Q?F=C3=B6x=2C_Sam?= <sam@example.com>", [("Föx, Sam", "sam@example.com")]),
    "encoded word in quotes": ('"=?utf-8?Q?F=C3=B6x?=" <sam@example.com>', [("Föx", "sam@example.com")]),
    "address as name": ('"eve@evil.example" <sam@example.com>', [("eve@evil.example", "sam@example.com")]),
    "mailto": ("<mailto:sam@example.com>", [("", "sam@example.com")]),
    "source route": ("<@relay.example:sam@example.com>", [("", "sam@example.com")]),
    "spaces inside": ("<sam @ example.com>", [("", "sam@example.com")]),
    "quoted local part": ('"sam fox"@example.com', None),
    "no address": ("Sam Fox", []),
    "nothing": ("", []),
    "unclosed": ("Sam <sam@example.com", [("Sam", "sam@example.com")]),
    "newline in an encoded name": ("=?utf-8?Q?Sam=0D=0ABcc:_x?= <s@example.com>", [("Sam Bcc: x", "s@example.com")]),
}


@pytest.mark.parametrize(("value", "expected"), ADDRESSES.values(), ids=ADDRESSES.keys())
def test_addresses(value: str, expected: list[tuple[str, str]] | None) -> None:
    found = [(mailbox.name, mailbox.address) for mailbox in headers.parse_addresses(value)]
    assert expected is None or found == expected


def test_message_ids_survive_their_neighbours() -> None:
    assert headers.message_ids("<a@x> nonsense <b\n@x>,<c@x>") == ["a@x", "b@x", "c@x"]
    assert headers.message_ids("Your message of Monday <a@x>") == ["a@x"]
    assert headers.message_ids("a@x") == ["a@x"]
    assert headers.message_ids("nonsense") == []


DATES = {
    "Mon, 02 Nov 2026 11:00:00 +0100": datetime(2026, 11, 2, 10, tzinfo=UTC),
    "2 Nov 2026 11:00 GMT": datetime(2026, 11, 2, 11, tzinfo=UTC),
    "Mon, 02 Nov 2026 11:00:00 -0000 (comment)": datetime(2026, 11, 2, 11, tzinfo=UTC),
    "yesterday": None,
    "": None,
    "Mon, 99 Nov 2026 11:00:00 +0100": None,
    "Mon, 02 Nov 99999999 11:00:00 +0100": None,
    "Mon, 02 Nov 2026 11:00:00 +999999999999": None,
}


@pytest.mark.parametrize(("value", "expected"), DATES.items())
def test_dates(value: str, expected: datetime | None) -> None:
    assert field(value, "date").date() == expected


def test_headers_end_where_the_body_begins() -> None:
    fields, content, _ = headers.split(b"From: a@x\r\nSubject: one\r\n two\r\n\r\nBody: text\r\n")
    assert [name for name, _ in fields.fields] == ["from", "subject"]
    assert fields.text("subject") == "one two"
    assert content == b"Body: text\r\n"


def test_a_missing_blank_line_loses_no_text() -> None:
    fields, content, _ = headers.split(b"From: a@x\nHello, I have a question\nabout my order\n")
    assert fields.raw("from") == "a@x"
    assert content.startswith(b"Hello, I have")


def test_a_wrongly_folded_line_loses_no_header() -> None:
    fields, content, _ = headers.split(b"Subject: a very long\nsubject line\nTo: b@x\n\ntext")
    assert fields.text("subject") == "a very long subject line"
    assert fields.raw("to") == "b@x"
    assert content == b"text"


def test_an_mbox_line_in_front_does_no_harm() -> None:
    fields, _, _ = headers.split(b"From sam@x Mon Nov  2 11:00:00 2026\nSubject: x\n\n")
    assert fields.text("subject") == "x"


def test_too_many_header_lines_are_cut_and_said() -> None:
    fields, content, more = headers.split(b"".join(b"X-%d: y\n" % n for n in range(200_000)) + b"\nbody")
    assert more
    assert len(fields.fields) == headers.MAX_LINES
    assert content == b"body"


@pytest.mark.parametrize(
    "value",
    [b"(" * 500_000, b'"\\"' * 300_000, b"=?a?q?" * 100_000, b"=?utf-8?q?a?= " * 20_000, b"a@" * 300_000, b"<" * 500_000, b"a:" * 300_000],
    ids=["parentheses", "quotes", "half words", "words", "at", "angles", "colons"],
)  # fmt: skip
def test_no_header_takes_long(value: bytes) -> None:
    begin = time.process_time()
    fields = field(value)
    fields.addresses("subject")
    fields.ids("subject")
    fields.text("subject")
    assert time.process_time() - begin < 2


TEXTS = {
    "utf-8": ("Grüße, Ω", "utf-8", "utf-8"),
    "unlabelled utf-8": ("Grüße, Ω", "utf-8", ""),
    "mislabelled utf-8": ("Grüße", "utf-8", "iso-8859-1"),
    "ascii label, utf-8": ("Grüße", "utf-8", "us-ascii"),
    "windows-1252 as latin-1": ("“5 €”", "cp1252", "iso-8859-1"),
    "Cyrillic koi8": ("Привет", "koi8-r", "koi8-r"),
    "Cyrillic, quoted label": ("Привет", "cp1251", '"windows-1251"'),
    "x-gbk": ("你好，世界", "gbk", "x-gbk"),
    "big5": ("你好", "big5", "BIG5"),
    "sjis": ("①日本", "cp932", "Shift_JIS"),
    "iso-2022-jp without label": ("日本語の文章です。", "iso2022_jp", ""),
    "Hebrew, visual label": ("שלום", "iso-8859-8", "iso-8859-8-i"),
    "utf-16 with mark": ("Grüße", "utf-16", "utf-16"),
    "utf-7": ("Grüße", "utf-7", "utf-7"),
    "utf-8 with mark": ("Grüße", "utf-8-sig", ""),
}


@pytest.mark.parametrize(("text", "codec", "label"), TEXTS.values(), ids=TEXTS.keys())
def test_charsets(text: str, codec: str, label: str) -> None:
    assert charset.decode(text.encode(codec), label) == text


@pytest.mark.parametrize(
    "label", ["hex", "rot13", "zlib", "punycode", "idna", "unicode_escape", "undefined", "\x00", "é", "a" * 1000]
)
def test_labels_that_are_no_charsets(label: str) -> None:
    assert charset.decode("Grüße".encode(), label) == "Grüße"


def test_unlabelled_text_in_an_old_charset_is_recognised() -> None:
    text = "Здравствуйте, я хотел бы узнать, когда будет доставлен мой заказ. Спасибо за помощь."
    assert charset.decode(text.encode("cp1251")) == text


def test_what_no_database_stores_is_taken_out() -> None:
    assert charset.clean("a\x00b") == "ab"
    charset.clean("a\ud800b").encode()
