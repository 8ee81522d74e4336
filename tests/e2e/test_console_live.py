"""The line to the hub: what happens while it is down is on the screen when it is back, and nothing typed is lost."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.e2e.desk import Desk, shot, shows, thread_url, until, writing


async def test_a_screen_heals_after_the_line_was_down(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    page = await desk.sit_down()
    await page.goto(thread_url(desk, case))
    await shows(page, "Hello")
    await page.context.set_offline(True)
    await expect(page.get_by_text("Offline since")).to_be_visible()
    await shot(page, "offline")
    for number in range(60):
        await _note(desk, case, f"note {number}")
    await desk.writes("Another thing", "From somebody else", name="ben")
    await writing(page).fill("written while offline")
    await page.get_by_role("button", name="Send email", exact=True).click()
    await expect(page.get_by_text("Will send when you are back")).to_be_visible()

    await page.context.set_offline(False)
    await expect(page.get_by_text("Offline since")).to_be_hidden(timeout=20_000)
    await shows(page, "note 59")
    await expect(page.get_by_role("option", name="Another thing")).to_be_visible()
    mails = await desk.maya.received(1, within=30)
    assert "written while offline" in mails[0].text
    await expect(page.locator("#timeline article", has_text="written while offline")).to_have_count(1)
    await _equals_a_fresh_load(page)


async def test_the_hub_may_end_and_come_back(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    page = await desk.sit_down()
    await page.goto(thread_url(desk, case))
    await shows(page, "Hello")
    desk.hub.kill()
    await expect(page.get_by_text("Offline since")).to_be_visible()
    await writing(page).fill("still typing")
    desk.hub.start()
    await _note(desk, case, "after the restart")
    await expect(page.get_by_text("Offline since")).to_be_hidden(timeout=20_000)
    await shows(page, "after the restart")
    await expect(writing(page)).to_have_value("still typing")


async def test_the_list_never_moves_under_the_pointer(desk: Desk) -> None:
    for name in ("ada", "ben"):
        await desk.writes(f"Question of {name}", "Hello", name=name)
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/inbox/all")
    rows = page.get_by_role("option")
    await expect(rows).to_have_count(2)
    await rows.nth(1).hover()
    await desk.writes("Question of cleo", "Hello", name="cleo")
    pill = page.get_by_role("button", name="updated")
    await expect(pill).to_be_visible()
    await expect(rows).to_have_count(2)
    await pill.click()
    await expect(rows).to_have_count(3)
    await expect(rows.first).to_contain_text("Question of cleo")


async def test_agents_see_who_is_there_and_who_types(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    invited = await desk.owner.post("/agents", {"email": "sofia@shop.example", "name": "Sofia Klein", "role": "agent"})
    page = await desk.sit_down()
    await page.goto(thread_url(desk, case))
    await shows(page, "Hello")
    sofia = await desk.sit_down_as(invited["link"])
    await sofia.goto(thread_url(desk, case))
    await expect(page.get_by_title("Sofia Klein is looking at this")).to_be_visible()
    await sofia.get_by_role("button", name="Note", exact=True).click()
    await writing(sofia).press_sequentially("psst")
    await expect(page.get_by_text("Sofia is replying")).to_be_visible()


async def test_a_long_thread_stays_small(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "the very first words")
    for number in range(700):
        await _note(desk, case, f"note {number}")
    page = await desk.sit_down()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/threads/" in request.url else None)
    await page.goto(thread_url(desk, case))
    await shows(page, "note 699")
    assert await page.locator("#timeline .note").count() == 40
    assert len([url for url in asked if "/seen" not in url]) <= 2
    timeline = page.locator("#timeline")
    most = 0
    first = page.get_by_text("the very first words").first
    for _ in range(60):
        if await first.is_visible():
            break
        await timeline.evaluate("box => { box.scrollTop = 0 }")
        await page.wait_for_timeout(150)
        most = max(most, await page.locator("#timeline .item").count())
    await expect(first).to_be_visible()
    assert most <= 420
    await page.get_by_role("button", name="Go to the newest").click()
    await shows(page, "note 699")


async def _note(desk: Desk, case: dict[str, Any], text: str) -> None:
    await desk.owner.post(f"/threads/{case['thread_id']}/notes", {"client_key": f"key-{uuid4().hex}", "text": text})


async def _equals_a_fresh_load(page: Page) -> None:
    """What healed is what a reload shows, word for word, once everything has come to rest."""
    words = "[...document.querySelectorAll('#timeline .plain, #timeline .bubble')].map(one => one.textContent)"

    async def same() -> bool:
        healed = (await page.evaluate(words))[-30:]
        await page.reload()
        await expect(page.locator("#timeline .plain").first).to_be_visible()
        return bool(healed == (await page.evaluate(words))[-30:])

    assert await until(same, "the same words after a reload")
