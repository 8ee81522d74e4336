"""What the customer newly wrote, and nothing of it lost."""

# ruff: noqa: E501

from __future__ import annotations

import time

import pytest

from connectors.email import quote
from tests.connectors.email.replies import TONGUES, Tongue, mail, replies
from tests.connectors.email.support import message

REPLIES = list(replies())


@pytest.mark.parametrize("tongue", TONGUES, ids=lambda tongue: tongue.code)
def test_only_the_answer_shows_whatever_program_wrote_it(tongue: Tongue) -> None:
    for reply in REPLIES:
        if reply.name.startswith(f"{tongue.code}-"):
            read = message(reply.raw)
            assert read.text == tongue.answer, reply.name
            assert "parcel left" in read.quoted or "parcel left" in read.quoted_html, reply.name
            assert not read.html or "parcel left" not in read.html, reply.name


def test_the_corpus_is_as_wide_as_promised() -> None:
    assert len({reply.name.split("-")[0] for reply in REPLIES}) >= 20
    assert len(REPLIES) > 800


def new(text: str) -> str:
    lines = text.split("\n")
    first, last = quote.split(lines)
    return "\n".join(lines[first:last]).strip("\n")


ATTRIBUTION = "On Mon, 2 Nov 2026 at 10:15, Maya Lind <maya@example.org> wrote:"
BLOCK = "From: Maya Lind\nSent: Monday, 2 November 2026 10:15\nTo: Sam\nSubject: Your order"
SHAPES = {
    "nothing quoted": ("Hello\n\nSam", "Hello\n\nSam"),
    "quotes without an introduction": ("Yes.\n\n> Really?\n> Sure?", "Yes."),
    "answer below the quote": (f"{ATTRIBUTION}\n> Really?\n\nYes.", "Yes."),
    "answer below a quote without introduction": ("> Really?\n\nYes.", "Yes."),
    "answers between quotes": (f"{ATTRIBUTION}\n> A?\n\n1\n\n> B?\n\n2", f"{ATTRIBUTION}\n> A?\n\n1\n\n> B?\n\n2"),
    "words above and answers between": (f"See below.\n\n{ATTRIBUTION}\n> A?\n\n1\n\n> B?", f"See below.\n\n{ATTRIBUTION}\n> A?\n\n1"),
    "two levels": (f"Yes.\n\n{ATTRIBUTION}\n> No.\n>\n> {ATTRIBUTION}\n>> Maybe.", "Yes."),
    "two quoted mails": (f"Yes.\n\n{ATTRIBUTION}\n> No.\n\n{ATTRIBUTION}\n> Maybe.", "Yes."),
    "introduction over three lines": ("Yes.\n\nOn Mon, 2 Nov 2026\nat 10:15, Maya Lind\n<maya@example.org> wrote:\n\n> Hi", "Yes."),
    "Outlook's header": (f"Yes.\n\n{BLOCK}\n\nHi", "Yes."),
    "Outlook's header in bold": ("Yes.\n\n*From:* Maya <m@example.org>\n*Sent:* Monday 10:15\n*To:* Sam\n*Subject:* Order\n\nHi", "Yes."),
    "header with long recipients": (f"Yes.\n\n{BLOCK.replace('To: Sam', 'To: Sam <s@example.com>; Eve' + chr(10) + '<e@example.com>; Bo <b@example.com>')}\n\nHi", "Yes."),
    "header behind a rule": (f"Yes.\n\n{'_' * 32}\n{BLOCK}\n\nHi", "Yes."),
    "original message": (f"Yes.\n\n-----Original Message-----\n{BLOCK}\n\nHi", "Yes."),
    "original message, spaced": (f"Yes.\n\n-------- Original message --------\n{BLOCK}\n\nHi", "Yes."),
    "forwarded with a word": (f"Look at this.\n\n---------- Forwarded message ---------\n{BLOCK}\n\nHi", "Look at this."),
    "forwarded without a word": (f"---------- Forwarded message ---------\n{BLOCK}\n\nHi", f"---------- Forwarded message ---------\n{BLOCK}\n\nHi"),
    "framed by dashes": ("Yes.\n\n---- On Mon, 02 Nov 2026 10:15:00 +0100 Maya <m@example.org> wrote ----\n\nHi", "Yes."),
    "Yandex": ('Yes.\n\n02.11.2026, 10:15, "Maya" <m@example.org>:\n\n> Hi', "Yes."),
    "Horde": ("Yes.\n\nQuoting Maya Lind <maya@example.org>:\n\n> Hi", "Yes."),
    "old Gmail": ("Yes.\n\n2026-11-02 10:15 GMT+01:00 Maya Lind <maya@example.org>:\n\n> Hi", "Yes."),
    "name first": ("Yes.\n\nMaya Lind wrote on 2.11.2026 at 10:15:\n> Hi", "Yes."),
    "German, name first": ("Ja.\n\nMaya Lind <maya@example.org> schrieb am Mo., 2. Nov. 2026, 10:15:\n\n> Hallo", "Ja."),
    "subject first": ("Yes.\n\nSubject: Re: Order\nDate: Mon, 2 Nov 2026 10:15\nFrom: maya@example.org\nTo: sam@example.com\n\nHi", "Yes."),
    "mailto in brackets": ("Yes.\n\nFrom: Maya [mailto:maya@example.org]\nSent: Monday 10:15\nTo: Sam\n\nHi", "Yes."),
    "more lines than are looked at": ("line\n" * 100_001 + "end", "line\n" * 100_001 + "end"),
    "no subject, no address": ("Yes.\n\nVon: Maya Lind\nGesendet: Montag, 2. November 2026\nAn: Sam\n\nHallo", "Yes."),
    "date without a colon": ("Yes.\n\n2026/11/2 Maya via Shop <maya@example.org>\n\n| Hi", "Yes."),
    "address before the verb": ("Yes.\n\nMaya Lind <maya@example.org> wrote:\n\nHi", "Yes."),
    "broken before the bracket": ('Ja.\n\nAm 02.11.2026 10:15 schrieb "Maya" <maya@example.org\n>:\n\n> Hallo', "Ja."),
    "signature below the quote": ("Yes.\n\n> Hi\n>\n\n--\nSam", "Yes."),
    "phone talk that is none": ("It was\nsent from my own shop", "It was\nsent from my own shop"),
    "signature": ("Yes.\n\n-- \nSam Fox\nCups Ltd", "Yes."),
    "signature, then history": (f"Yes.\n-- \nSam\n\n{ATTRIBUTION}\n> Hi", "Yes."),
    "phone": ("Yes.\n\nSent from my iPhone", "Yes."),
    "German phone": ("Ja.\n\nVon meinem iPhone gesendet", "Ja."),
    "Outlook on a phone": (f"Yes.\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n{'_' * 32}\n{BLOCK}\n\nHi", "Yes."),
    "two dashes that are no signature": ("One\n--\n" + "\n".join(f"line {n}" for n in range(60)), "One\n--\n" + "\n".join(f"line {n}" for n in range(60))),
    "a journey is no header": ("I need a ticket:\n\nFrom: Berlin\nTo: Paris\nDate: 3 May 2026\n\nThanks", "I need a ticket:\n\nFrom: Berlin\nTo: Paris\nDate: 3 May 2026\n\nThanks"),
    "a colon is no introduction": ("On Monday I wrote:\nplease come at 10:15", "On Monday I wrote:\nplease come at 10:15"),
    "only a quote": (f"{ATTRIBUTION}\n> Hi", f"{ATTRIBUTION}\n> Hi"),
    "only a signature": ("-- \nSam", "-- \nSam"),
    "rule before the end": ("Yes.\n\n---------------\n", "Yes."),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SHAPES.values(), ids=SHAPES.keys())
def test_shapes_of_answers(text: str, expected: str) -> None:
    assert new(text) == expected


HTML = {
    "Gmail, answers between": (
        '<div><div class="gmail_quote"><div class="gmail_attr">On Mon, 2 Nov 2026 at 10:15 Maya &lt;m@example.org&gt; wrote:</div>'
        '<blockquote class="gmail_quote">A?</blockquote></div><div>One.</div><blockquote class="gmail_quote">B?</blockquote>'
        "<div>Two.</div></div>",
        ["One.", "Two."],
    ),
    "empty quote marker": ('<div class="gmail_quote"></div><div>Still new.</div>', ["Still new."]),
    "Outlook's signature": (
        '<div>Yes.</div><div id="Signature"><p>Sam Fox</p><p>Cups Ltd</p></div><div id="appendonsend"></div><hr>'
        '<div id="divRplyFwdMsg"><b>From:</b> Maya<br><b>Subject:</b> Hi</div><div>Old</div>',
        ["Yes."],
    ),
    "an indented list is no quote": ("<div>Please send</div><ul><li>cups</li><li>plates</li></ul>", ["- cups", "- plates"]),
    "our own history": ('<div>Yes.</div><div class="m_12onethread-history"><div>Earlier</div></div>', ["Yes."]),
}  # fmt: skip


@pytest.mark.parametrize(("html", "kept"), HTML.values(), ids=HTML.keys())
def test_html_shapes(html: str, kept: list[str]) -> None:
    read = message(mail("", f"<html><body>{html}</body></html>"))
    for words in kept:
        assert words in read.text.split("\n")
        assert words.removeprefix("- ") in read.html
    assert "Old" not in read.text
    assert "Earlier" not in read.text


def test_a_signature_marked_only_in_the_html_leaves_the_text_too() -> None:
    html = '<div>Yes.</div><div id="Signature"><div>Sam Fox</div></div>'
    read = message(mail("Yes.\n\nSam Fox\n", html))
    assert (read.text, read.quoted) == ("Yes.", "Sam Fox")


def test_all_that_came_is_kept_in_html_too() -> None:
    for reply in REPLIES:
        if reply.name.endswith("-html"):
            read = message(reply.raw)
            assert "Kind regards" in read.quoted_html + read.html, reply.name
            assert "Kind regards" in read.quoted + read.text, reply.name


@pytest.mark.parametrize(
    "text",
    [
        "On 10:15 a@b wrote\n" * 60_000,
        "From: a@b\nTo: c\n" + "x\n" * 90_000,
        "From: a@b\nTo: c\n\n" * 30_000,
        "a:" * 500_000,
        "_" * 30 + "\n" + ("_" * 30 + "\n") * 30_000,
        f"x\n> q\n{ATTRIBUTION}\n> q\n\n" * 20_000,
        "\n" * 500_000,
        "x\n\n" + "sent from my x\n" * 90_000,
    ],
    ids=range(8),
)
def test_no_text_takes_more_than_linear_time(text: str) -> None:
    begin = time.process_time()
    quote.split(text.split("\n"))
    assert time.process_time() - begin < 2
