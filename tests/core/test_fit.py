"""Cutting a text into messages: nothing is lost, nothing is torn apart."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.contract import Capabilities
from hub.core.fit import MOST_MESSAGES, TooLong, count, cut

SPLITS = Capabilities(channel="sms", identity="phone", max_chars=40, splits=True)
WHOLE = Capabilities(channel="sms", identity="phone", max_chars=40)


def test_what_fits_is_left_as_it_is() -> None:
    assert cut("  as written \n", SPLITS, "Shop") == ("  as written \n",)


def test_a_paragraph_is_a_better_place_than_a_line_and_a_line_than_a_word() -> None:
    assert cut("The parcel left us today.\n\nIt comes by noon tomorrow.", SPLITS, "Shop") == (
        "The parcel left us today.",
        "It comes by noon tomorrow.",
    )
    assert cut("Please bring with you:\n- the invoice\n- the broken lamp", SPLITS, "Shop") == (
        "Please bring with you:\n- the invoice",
        "- the broken lamp",
    )
    assert cut("We are sorry for that. Somebody will call you soon", SPLITS, "Shop") == (
        "We are sorry for that.",
        "Somebody will call you soon",
    )
    assert cut("one two three four five six seven eight nine ten", SPLITS, "Shop") == (
        "one two three four five six seven eight",
        "nine ten",
    )


def test_a_link_is_never_cut() -> None:
    link = "https://shop.example/orders/4711?a=b"
    assert cut(f"Your order is here: {link} and so on", SPLITS, "Shop") == (
        "Your order is here:",
        f"{link} and",
        "so on",
    )
    assert cut(f"Yourorderyourorder:{link}", SPLITS, "Shop") == ("Yourorderyourorder:", link)
    with pytest.raises(TooLong, match="link of 60 characters"):
        cut(f"Look: https://{'x' * 52} please", SPLITS, "Shop")


def test_letters_of_several_characters_stay_whole() -> None:
    family, flag, accent = "👩\u200d👩\u200d👧\u200d👦", "🇩🇪", "e\u0301"
    for letter in (family, flag, accent, "👍🏽", "❤\ufe0f"):
        for piece in cut(letter * 30, SPLITS, "Shop"):
            assert piece == letter * (len(piece) // len(letter))


def test_bytes_count_where_the_provider_counts_them() -> None:
    can = Capabilities(channel="x", identity="phone", max_chars=100, max_bytes=20, splits=True)
    assert cut("ääääää öööööö üüüüüü", can, "Shop") == ("ääääää", "öööööö", "üüüüüü")


def test_a_channel_that_takes_one_message_refuses_with_the_count() -> None:
    with pytest.raises(TooLong, match=r"The message has 50 characters; Shop takes 40\."):
        cut("x" * 50, WHOLE, "Shop")
    with pytest.raises(TooLong, match=f"{MOST_MESSAGES} are allowed"):
        cut("word " * 400, SPLITS, "Shop")


def test_files_that_go_apart_are_messages_too() -> None:
    can = replace(SPLITS, media=True, files_apart=True, max_files=3)
    assert count("Hello", 2, can, "Shop") == 3
    assert count("", 2, can, "Shop") == 2
    with pytest.raises(TooLong, match="4 files are attached; Shop takes 3"):
        count("Hello", 4, can, "Shop")


@settings(max_examples=300)
@given(st.text(st.sampled_from("abc .\n\t!äé日🙂\u0301🇩🇪\u200d-"), max_size=600))
def test_only_spaces_are_ever_lost(text: str) -> None:
    pieces = cut(text, SPLITS, "Shop") if len(text) < 300 else (text,)
    assert re.sub(r"\s", "", "".join(pieces)) == re.sub(r"\s", "", text)
    assert all(len(piece) <= 40 for piece in pieces) or len(text) >= 300
