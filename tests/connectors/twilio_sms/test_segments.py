"""What a text takes on the air, held against the tables and sums of the GSM standard (3GPP TS 23.038, 23.040)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.twilio_sms.segments import BASIC, EXTENDED, segments

ALL_BASIC = "".join(sorted(BASIC))


def test_the_alphabet_has_what_the_standard_gives_it() -> None:
    assert len(BASIC) == 127  # 128 places, one of which is the escape
    assert len(EXTENDED) == 10
    assert not BASIC & EXTENDED
    assert "`" not in BASIC | EXTENDED
    assert "ç" not in BASIC  # the standard has the capital only
    assert {"Ç", "Δ", "@", "¿"} <= BASIC


@pytest.mark.parametrize(
    ("text", "parts", "units"),
    [
        ("", 1, 0),
        ("a", 1, 1),
        ("a" * 160, 1, 160),
        ("a" * 161, 2, 161),
        ("a" * 306, 2, 306),
        ("a" * 307, 3, 307),
        ("a" * 1600, 11, 1600),
        ("€" * 80, 1, 160),
        ("€" * 81, 2, 162),
        (ALL_BASIC, 1, 127),
        ("".join(sorted(EXTENDED)), 1, 20),
    ],
)
def test_gsm_counts_septets(text: str, parts: int, units: int) -> None:
    found = segments(text)
    assert (found.encoding, found.parts, found.units, found.forced_by) == ("GSM-7", parts, units, "")


def test_an_escape_and_its_septet_stay_together() -> None:
    """153 leaves one septet for a sign of two: it moves to the next part, and so the last letter to a third."""
    assert segments("a" * 152 + "€" + "a" * 152).units == 306
    assert segments("a" * 152 + "€" + "a" * 152).parts == 3
    assert segments("a" * 151 + "€" + "a" * 153).parts == 2


@pytest.mark.parametrize(
    ("text", "parts", "units"),
    [
        ("’" + "a" * 69, 1, 70),
        ("’" + "a" * 70, 2, 71),
        ("’" + "a" * 133, 2, 134),
        ("’" + "a" * 134, 3, 135),
        ("🚲" * 35, 1, 70),
        ("🚲" * 36, 2, 72),
        ("’" + "€" * 69, 1, 70),
    ],
)
def test_ucs2_counts_sixteen_bit_units(text: str, parts: int, units: int) -> None:
    found = segments(text)
    assert (found.encoding, found.parts, found.units, found.forced_by) == ("UCS-2", parts, units, text[0])


def test_the_halves_of_an_emoji_stay_together() -> None:
    """67 is odd, so that of emojis alone 33 fit a part, not 33 and a half."""
    assert segments("🚲" * 67).units == 134
    assert segments("🚲" * 67).parts == 3
    assert segments("🚲" * 66).parts == 2


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("I’d", "1 part, because of “’” (right single quotation mark, U+2019)"),
        ("a 🚲 and ’", "1 part, because of “🚲” (bicycle, U+1F6B2)"),
        ("a\u00a0b", "1 part, because of (no-break space, U+00A0)"),
        ("a\u200db", "1 part, because of (zero width joiner, U+200D)"),
        ("e\u0301", "1 part, because of (combining acute accent, U+0301)"),
        ("\t", "1 part, because of (U+0009)"),
        ("\ud83d", "1 part, because of (U+D83D)"),
        ("plain", "1 part"),
        ("a" * 161, "2 parts"),
    ],
)
def test_the_sign_that_makes_it_dear_is_named_also_if_it_can_not_be_seen(text: str, named: str) -> None:
    assert str(segments(text)) == named


@given(st.text(max_size=400))
def test_the_units_are_those_of_the_encoding(text: str) -> None:
    found = segments(text)
    if found.forced_by:
        assert found.units == len(text.encode("utf-16-le", "surrogatepass")) // 2
    else:
        assert found.units == len(text) + sum(sign in EXTENDED for sign in text)
    assert found.parts <= segments(text + "a").parts
