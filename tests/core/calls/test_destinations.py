"""Where a telephone may be made to call."""

from __future__ import annotations

import pytest

from hub.contract import Address
from hub.core.calls.destinations import country, refusal

OWN = "+493012345678"


@pytest.mark.parametrize(
    ("number", "allowed", "why"),
    [
        ("+4915112345678", [], ""),
        ("+49 (151) 123-45678", [], ""),
        ("+14155550123", [], "not allowed"),
        ("+14155550123", ["+1"], ""),
        ("+14155550123", ["+1415"], ""),
        ("+12125550123", ["+1415"], "not allowed"),
        ("+18765550123", ["+1"], "not allowed"),
        ("+18765550123", ["+1876"], ""),
        ("+4915112345678", ["+1"], "not allowed"),
        ("+499001234567", [], "premium"),
        ("+499001234567", ["+49900"], "premium"),
        ("+449123456789", ["+44"], "premium"),
        ("+447012345678", ["+44"], "premium"),
        ("+19005550123", ["+1"], "premium"),
        ("+8821234567890", ["+8"], "premium"),
        ("112", [], "country code"),
        ("911", ["+1"], "country code"),
        ("+112", ["+1"], "digits"),
        ("015112345678", [], "country code"),
        ("+1234567890123456", ["+1"], "digits"),
        ("sip:mallory@example.com", [], "country code"),
        ("+4915112345678;ext=1", [], "country code"),
    ],
)
def test_a_number_is_called_or_not_and_why(number: str, allowed: list[str], why: str) -> None:
    told = refusal(Address("phone", number), OWN, allowed)
    assert why in told if why else told == ""


def test_a_line_without_a_number_of_its_own_calls_where_it_is_allowed_to() -> None:
    assert refusal(Address("phone", "+14155550123"), "", []) == ""
    assert refusal(Address("phone", "+14155550123"), "", ["+49"]) != ""


@pytest.mark.parametrize(
    ("number", "code"),
    [(OWN, "+49"), ("+14155550123", "+1"), ("+79161234567", "+7"), ("+3531234567", "+353"), ("+18765550123", "+1876"),
     ("112", ""), ("+", "")],
)  # fmt: skip
def test_calling_codes(number: str, code: str) -> None:
    assert country(number) == code
