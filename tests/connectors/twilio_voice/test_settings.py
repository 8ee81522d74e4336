"""What an administrator enters, and what the health check says of it."""

from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from connectors.twilio_voice.conformance import APP, NUMBER
from connectors.twilio_voice.simulator import TwilioVoiceSimulator
from hub.contract import Refused, Unauthorised, Unavailable
from hub.registry import InvalidSettings
from hub.testkit import HOOK_URL
from tests.connectors.twilio_voice.support import KEY, build, provider

BROWSER: Mapping[str, Any] = {"api_key_sid": KEY[0], "api_key_secret": KEY[1], "app_sid": APP}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"number": "12345"}, "country code"),
        ({"number": ""}, "country code"),
        ({"app_sid": APP}, "API key"),
        (
            {"app_sid": "AP1", **{name: BROWSER[name] for name in ("api_key_sid", "api_key_secret")}},
            "not of the right form",
        ),
        ({"hold_music": "music.mp3"}, "public address"),
        ({"ring_s": 2}, "greater than or equal"),
        ({"transcript_language": "English"}, "not of the right form"),
    ],
)
def test_wrong_settings_are_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidSettings, match=said):
        build(**wrong)


def test_a_number_may_be_written_as_people_do() -> None:
    assert build(number="+1 (500) 555-0006").address == NUMBER


def test_the_console_rings_where_there_is_an_app() -> None:
    without, with_it = build().capabilities.calls, build(**BROWSER).capabilities.calls
    assert without
    assert with_it
    assert (without.browser, with_it.browser) == (False, True)
    simulated = build(**BROWSER, api="http://127.0.0.1:1").capabilities.calls
    assert simulated
    assert (with_it.sdk, simulated.sdk, simulated.browser) == ("twilio", "", True)


async def test_the_health_check_says_what_points_here(
    twilio: TwilioVoiceSimulator, http: aiohttp.ClientSession
) -> None:
    said = await build(http, **BROWSER, **twilio.settings()).health()
    assert said == (
        "Connected to the Twilio account “Example”; the API key is good too. "
        f"Calls to {NUMBER} come here. Calls from the console come here."
    )


async def test_the_health_check_says_what_is_still_to_be_entered(http: aiohttp.ClientSession) -> None:
    async with provider("https://old.example/voice") as twilio:
        said = await build(http, **BROWSER, **twilio.settings()).health()
    assert f"enter {HOOK_URL} for “A call comes in”, “Primary handler fails”, “Call status changes”" in said
    assert f"At the TwiML App, enter {HOOK_URL}" in said


async def test_the_health_check_knows_what_is_not_ours(
    twilio: TwilioVoiceSimulator, http: aiohttp.ClientSession
) -> None:
    given = twilio.settings()
    with pytest.raises(Refused, match="no number \\+15005550099"):
        await build(http, number="+15005550099", **given).health()
    with pytest.raises(Refused, match="no such TwiML App"):
        await build(http, **{**BROWSER, "app_sid": "AP" + "00" * 16}, **given).health()
    with pytest.raises(Unauthorised, match="20003"):
        await build(http, auth_token="a-token-of-somebody-else", **given).health()
    twilio.status = "suspended"
    with pytest.raises(Unauthorised, match="suspended"):
        await build(http, **given).health()
    await twilio.stop()
    with pytest.raises(Unavailable, match="can't be reached"):
        await build(http, **given).health()
