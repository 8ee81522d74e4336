"""Calls at the desk: what rings and for whom, what is done while one talks, and what is left when nobody answered."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from connectors.twilio_voice.simulator import Telephone
from tests.e2e.desk import shot, until, violations
from tests.e2e.town import MAYAS, Town, open_town
from tests.support.hub import StartHub

pytestmark = pytest.mark.timeout(300)

NARROW = {"width": 390, "height": 844}


@pytest_asyncio.fixture(loop_scope="session")
async def town(start_hub: StartHub, browser: Browser) -> AsyncIterator[Town]:
    async with open_town(start_hub, browser) as opened:
        yield opened


async def test_a_call_rings_in_two_consoles_and_is_led_to_its_end_by_hand_and_by_key(town: Town) -> None:
    desk = town.desk
    daniel, sofia = await desk.sit_down(), await _colleague(town)
    await daniel.goto(f"{desk.hub.url}/inbox/all")
    maya = town.voice.call_in(MAYAS)
    for page in (daniel, sofia):
        await expect(_incoming(page)).to_contain_text(MAYAS, timeout=20_000)
        await expect(page).to_have_title(re.compile("is calling"))
    await shot(daniel, "call-incoming")
    assert await violations(daniel) == []

    await daniel.keyboard.press("F8")
    bar = _bar(daniel)
    await expect(bar.get_by_role("button", name="Hold")).to_be_visible(timeout=20_000)
    await expect(_incoming(sofia)).to_be_hidden(timeout=10_000)
    await until(lambda: _met(maya), "the talk")
    await expect(daniel.locator("#timeline .call-now")).to_be_visible(timeout=10_000)
    await shot(daniel, "call-live")
    assert await violations(daniel) == []

    await daniel.keyboard.press("F9")
    await until(lambda: _is_held(maya, True), "the hold")
    await expect(bar).to_contain_text("hears music")
    await shot(daniel, "call-held")
    await bar.get_by_role("button", name="Resume").click()
    await until(lambda: _is_held(maya, False), "the end of the hold")
    await daniel.keyboard.press("F8")
    await expect(bar.get_by_role("button", name="Unmute")).to_be_visible()
    await bar.get_by_role("button", name="Unmute").click()
    await expect(bar.get_by_role("button", name="Mute", exact=True)).to_be_visible()

    await bar.get_by_role("button", name="Keypad").click()
    await shot(daniel, "call-keypad")
    assert await violations(daniel) == []
    await daniel.get_by_role("button", name="Key 5").click()
    await daniel.keyboard.press("Escape")
    await expect(bar.get_by_role("button", name="Keypad")).to_be_focused()

    await bar.get_by_role("button", name="Note").click()
    await daniel.get_by_placeholder(re.compile("What matters of this call")).fill("Wants a size 40.")
    await daniel.keyboard.press("F8")
    await expect(bar.get_by_role("button", name="Unmute")).to_be_visible()
    await shot(daniel, "call-note")
    await daniel.keyboard.press("F8")
    await daniel.keyboard.press("Escape")

    await daniel.locator("#timeline").focus()
    await daniel.keyboard.press("Shift+F9")
    await expect(daniel.get_by_text("Press Shift F9 again")).to_be_visible()
    assert maya.talking, "one press ends nothing"
    await daniel.keyboard.press("Shift+F9")
    await maya.is_free(within=20)
    await _wraps_up(daniel)
    card = daniel.locator("#timeline .call-card")
    await expect(card).to_contain_text("Wants a size 40.", timeout=15_000)
    await expect(card.get_by_role("button", name="Play recording")).to_be_visible(timeout=30_000)
    await shot(daniel, "call-card")
    assert await violations(daniel) == []


async def test_a_call_is_handed_to_a_colleague(town: Town) -> None:
    daniel, sofia = await town.desk.sit_down(), await _colleague(town)
    await daniel.goto(f"{town.desk.hub.url}/inbox/all")
    maya = town.voice.call_in(MAYAS)
    await _incoming(daniel).get_by_role("button", name="Answer").click(timeout=20_000)
    await until(lambda: _met(maya), "the talk")
    bar = _bar(daniel)
    await bar.get_by_role("button", name="Transfer").click(timeout=20_000)
    await daniel.get_by_label("To whom").select_option("Sofia Klein")
    await shot(daniel, "call-transfer")
    assert await violations(daniel) == []
    await daniel.get_by_role("button", name="Hand over at once").click()
    await expect(_incoming(sofia)).to_contain_text("Olive Owner hands it over", timeout=20_000)
    await _incoming(sofia).get_by_role("button", name="Answer").click()
    await expect(bar).to_be_hidden(timeout=20_000)
    await until(lambda: _met(maya), "the talk with the colleague")
    await _bar(sofia).get_by_role("button", name="End").click(timeout=20_000)
    await maya.is_free(within=20)


async def test_a_call_that_nobody_takes_is_missed_in_the_thread(town: Town) -> None:
    desk = town.desk
    daniel = await desk.sit_down()
    await daniel.goto(f"{desk.hub.url}/inbox/all")
    maya = town.voice.call_in(MAYAS)
    await expect(_incoming(daniel)).to_be_visible(timeout=20_000)
    maya.hang_up()
    await expect(_incoming(daniel)).to_be_hidden(timeout=20_000)
    await expect(daniel).not_to_have_title(re.compile("is calling"))
    await daniel.get_by_role("option").first.click()
    card = daniel.locator("#timeline .call-card")
    await expect(card.locator(".chip-bad")).to_contain_text(re.compile("Missed|Hung up"), timeout=15_000)
    await shot(daniel, "call-missed")
    assert await violations(daniel) == []


async def test_answering_takes_nobody_away_from_what_they_write(town: Town) -> None:
    desk = town.desk
    case = await desk.writes("Wrong size", "The boots are a 38.")
    daniel = await desk.sit_down()
    await daniel.goto(f"{desk.hub.url}/inbox/all/{case['thread_id']}?case={case['id']}")
    await daniel.locator(".composer-text").fill("We are sending")
    await daniel.locator(".composer-text").focus()
    maya = town.voice.call_in(MAYAS)
    await expect(_incoming(daniel)).to_be_visible(timeout=20_000)
    await daniel.keyboard.press("F8")
    await until(lambda: _met(maya), "the talk")
    assert case["thread_id"] in daniel.url
    await expect(daniel.locator(".composer-text")).to_have_value("We are sending")
    maya.hang_up()
    await expect(daniel.get_by_role("region", name="How did it go?")).to_be_visible(timeout=20_000)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_state_is_accessible_on_a_telephone_and_from_right_to_left(town: Town, theme: Any) -> None:
    desk = town.desk
    page = await desk.sit_down(viewport=NARROW, color_scheme=theme, has_touch=True)
    await page.goto(f"{desk.hub.url}/inbox/all")
    maya = town.voice.call_in(MAYAS)
    await expect(_incoming(page)).to_be_visible(timeout=20_000)
    faults = {"incoming": await _look(page, f"call-incoming-phone-{theme}")}
    await _incoming(page).get_by_role("button", name="Answer").click()
    await until(lambda: _met(maya), "the talk")
    await expect(_bar(page).get_by_role("button", name="Hold")).to_be_visible(timeout=20_000)
    faults["live"] = await _look(page, f"call-live-phone-{theme}")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.evaluate("document.documentElement.dir = 'rtl'")
    faults["rtl"] = await _look(page, f"call-live-rtl-{theme}")
    await page.evaluate("document.documentElement.dir = 'ltr'")
    faults["wide"] = await _look(page, f"call-live-wide-{theme}")
    maya.hang_up()
    await expect(page.get_by_role("region", name="How did it go?")).to_be_visible(timeout=20_000)
    faults["wrap-up"] = await _look(page, f"call-wrap-up-wide-{theme}")
    await page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    faults["wrap-up-phone"] = await _look(page, f"call-wrap-up-phone-{theme}")
    assert {state: found for state, found in faults.items() if found} == {}


async def _colleague(town: Town) -> Page:
    asked = {"email": "sofia@shop.example", "name": "Sofia Klein", "role": "agent"}
    return await town.desk.sit_down_as((await town.desk.owner.post("/agents", asked))["link"])


async def _wraps_up(page: Page) -> None:
    wrap = page.get_by_role("region", name="How did it go?")
    await expect(wrap).to_be_visible(timeout=20_000)
    await shot(page, "call-wrap-up")
    assert await violations(page) == []
    await wrap.get_by_text("Reached, resolved").click()
    await wrap.get_by_role("button", name="Finish").click()
    await expect(wrap).to_be_hidden(timeout=10_000)


async def _look(page: Page, name: str) -> list[str]:
    await page.wait_for_timeout(250)
    await shot(page, name)
    width = (page.viewport_size or NARROW)["width"]
    cut = await page.evaluate("document.documentElement.scrollWidth") > width
    return await violations(page) + (["wider than the screen"] if cut else [])


async def _met(phone: Telephone) -> bool:
    return bool(phone.with_whom)


async def _is_held(phone: Telephone, held: bool) -> bool:
    return phone.held is held


def _incoming(page: Page) -> Locator:
    return page.get_by_role("region", name="Incoming call")


def _bar(page: Page) -> Locator:
    return page.get_by_role("region", name="Phone", exact=True)
