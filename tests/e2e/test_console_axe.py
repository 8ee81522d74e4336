"""Accessibility and looks: axe finds nothing on any route in either theme, wide and on a phone; pictures are kept."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.e2e.desk import Desk, shot, shows, thread_url, violations, writing

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_axe_finds_nothing(desk: Desk, theme: Any, viewport: Any) -> None:
    case = await _lived_in(desk)
    page = await desk.sit_down(viewport=viewport, color_scheme=theme, has_touch=viewport is PHONE)
    routes = {
        "list": "/inbox/all",
        "search": "/search?q=boots",
        "settings-me": "/settings/me",
        "settings-channels": "/settings/channels",
        "settings-team": "/settings/team",
        "settings-tokens": "/settings/tokens",
        "settings-workspace": "/settings/workspace",
    }
    found = {}
    for name, route in routes.items():
        await page.goto(f"{desk.hub.url}{route}")
        await expect(page.locator("main, .list").first).to_be_visible()
        await page.wait_for_timeout(400)
        found[name] = await _look(page, name, theme, viewport)

    await page.goto(thread_url(desk, case))
    await shows(page, "The boots came today")
    await writing(page).fill("We send the right size today.")
    found["thread"] = await _look(page, "thread", theme, viewport)
    await page.get_by_role("button", name="Note", exact=True).click()
    found["note"] = await _look(page, "thread-note", theme, viewport)
    await page.get_by_role("button", name="Reply", exact=True).click()
    await page.get_by_role("button", name="Channel:").click()
    found["channels"] = await _look(page, "channel-picker", theme, viewport)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Snooze", exact=True).click()
    found["snooze"] = await _look(page, "snooze-picker", theme, viewport)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    found["palette"] = await _look(page, "palette", theme, viewport)
    await page.keyboard.press("Escape")
    assert {name: faults for name, faults in found.items() if faults} == {}


async def test_nothing_is_cut_off_at_320_pixels(desk: Desk) -> None:
    case = await _lived_in(desk)
    page = await desk.sit_down(viewport={"width": 320, "height": 640})
    for url in (f"{desk.hub.url}/inbox/all", thread_url(desk, case), f"{desk.hub.url}/settings/me"):
        await page.goto(url)
        await expect(page.locator("main, .list").first).to_be_visible()
        await page.wait_for_timeout(300)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, url


async def _look(page: Page, name: str, theme: str, viewport: Any) -> list[str]:
    await page.wait_for_timeout(250)
    await shot(page, f"{name}-{'phone' if viewport is PHONE else 'wide'}-{theme}")
    return await violations(page)


async def _lived_in(desk: Desk) -> dict[str, Any]:
    """A thread with mails, an answer, a note and events, among others."""
    for name in ("ada.byron", "ben.okri", "cleo.smith"):
        await desk.writes(f"Question of {name}", "Do you ship to Osaka?", name=name)
    case = await desk.writes("Wrong size, order 48213", "The boots came today but they are a 38 and I ordered a 40.")
    await desk.owner.post(
        f"/threads/{case['thread_id']}/notes",
        {"client_key": f"key-{uuid4().hex}", "text": "Please hold one size 40 in Leeds until noon tomorrow."},
    )
    await desk.owner.call("PATCH", f"/cases/{case['id']}", {"priority": "high", "tags": ["exchange"]})
    await desk.reply(case, "Sorry about that. A size 40 is in stock.")
    return case
