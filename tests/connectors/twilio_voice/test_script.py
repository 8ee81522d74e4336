"""What a leg does next, as Twilio reads it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.twilio_voice.cloud.play import parse
from hub.contract import Dials, Gather, HangUp, Join, Play, Refused, Say, Step, TakeMessage, Wait
from hub.testkit import HOOK_URL
from tests.connectors.twilio_voice.support import ROBIN, build, leg

MUSIC = "https://shop.example/music.mp3"


def written(*steps: Step, role: str = "customer", **settings: Any) -> Element:
    """Held against the words that Twilio knows."""
    answer = build(**settings).script(leg(ROBIN, role), steps)
    assert (answer.status, answer.content_type, answer.final) == (200, "text/xml", False)
    parse(answer.body)
    return fromstring(answer.body)


def only(root: Element) -> Element:
    (element,) = root
    return element


def given_back(url: str | None) -> dict[str, str]:
    assert url
    assert url.startswith(HOOK_URL + "?")
    assert url.endswith("#rc=5&rp=5xx,ct,rt")
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_it_is_a_line() -> None:
    assert isinstance(build(), Dials)


@pytest.mark.parametrize(
    ("language", "voice"), [("en", "en-US"), ("de", "de-DE"), ("en-GB", "en-GB"), ("nb", "nb-NO"), ("tlh", None)]
)
def test_words_are_said_in_their_language(language: str, voice: str | None) -> None:
    say = only(written(Say("Guten Tag & <willkommen>", language)))
    assert (say.text, say.get("language")) == ("Guten Tag & <willkommen>", voice)


@given(st.text())
def test_whatever_is_said_is_a_document(text: str) -> None:
    written(Say(text), Gather(text), Play("https://shop.example/" + text.strip()), Join(text or "room"))


def test_keys_are_asked_for_at_an_address_of_their_own() -> None:
    first, second = (only(written(Gather("Press 1", digits=2, within_s=6))) for _ in range(2))
    assert (first.get("numDigits"), first.get("timeout"), first.get("actionOnEmptyResult")) == ("2", "6", "true")
    one, other = given_back(first.get("action")), given_back(second.get("action"))
    assert (one["leg"], one["on"]) == ("l-customer-7f3a", "next")
    assert one["turn"] != other["turn"]


def test_the_room() -> None:
    conference = only(only(written(Join("call-5b2e", ends_room=True, starts_room=False))))
    assert conference.text == "call-5b2e"
    assert (conference.get("beep"), conference.get("waitUrl")) == ("false", None)
    assert (conference.get("startConferenceOnEnter"), conference.get("endConferenceOnExit")) == ("false", "true")
    assert given_back(conference.get("statusCallback")) == {"on": "room"}
    assert only(only(written(Join("call-5b2e"), hold_music=MUSIC))).get("waitUrl") == MUSIC


@pytest.mark.parametrize(("role", "who"), [("customer", "customer"), ("agent", "agent"), ("colleague", "agent")])
def test_what_is_recorded_and_written_down(role: str, who: str) -> None:
    recording, transcript, _ = written(Join("r", record=True, transcribe=True), role=role, transcript_language="de-DE")
    assert only(recording).get("channels") == "dual"
    assert given_back(only(recording).get("recordingStatusCallback"))["on"] == "recording"
    assert given_back(only(transcript).get("statusCallbackUrl"))["who"] == who
    assert only(transcript).get("languageCode") == "de-DE"


def test_who_waits_hears_music_where_there_is_some() -> None:
    silence, again = written(Wait(25))
    assert (silence.tag, silence.get("length")) == ("Pause", "25")
    assert given_back(again.text)["on"] == "next"
    music, _ = written(Wait(25), hold_music=MUSIC)
    assert (music.tag, music.text) == ("Play", MUSIC)


def test_the_rest() -> None:
    assert only(written(Play(MUSIC, loop=True))).get("loop") == "0"
    assert only(written(HangUp())).tag == "Hangup"
    reject = only(written(HangUp(busy=True)))
    assert (reject.tag, reject.get("reason")) == ("Reject", "busy")
    record = only(written(TakeMessage(90)))
    assert (record.get("maxLength"), record.get("transcribe")) == ("90", None)
    assert given_back(record.get("recordingStatusCallback"))["on"] == "voicemail"
    assert given_back(record.get("action"))["on"] == "over"


def test_addresses_are_those_by_which_twilio_reaches_us() -> None:
    line = build(webhook_url="https://shop.example/voice")
    (again,) = [element for element in fromstring(line.script(leg(), [Wait(1)]).body) if element.tag == "Redirect"]
    assert (again.text or "").startswith("https://shop.example/voice?")


@pytest.mark.parametrize("steps", [[Say("a" * 4100)], [Say("word"), Say("b" * 3900)]])
async def test_what_goes_along_with_a_request_must_be_short(steps: Sequence[Step]) -> None:
    with pytest.raises(Refused, match="too much to say"):
        await build().dial(leg(steps=tuple(steps)))
