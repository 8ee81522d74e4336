"""Every screen of the messenger, light, dark and right to left: axe-core finds nothing, nothing overflows."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, expect

from tests.support.chatting import Chat, HostSite, Visitor, until

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = os.environ.get("ONETHREAD_TEST_PICTURES")
"""A folder for screenshots, where somebody wants to look for themselves."""

THEMES: Final[tuple[Literal["light"], Literal["dark"]]] = ("light", "dark")
LANGUAGES = {"ltr": "en-GB", "rtl": "ar"}


@pytest.fixture(params=LANGUAGES)
def look(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser, look: str) -> AsyncIterator[BrowserContext]:
    # axe-core is put into the page by the test, which the page's own policy would forbid
    context = await browser.new_context(
        locale=LANGUAGES[look], viewport={"width": 376, "height": 640}, bypass_csp=True, reduced_motion="reduce"
    )
    yield context
    await context.close()


async def inspect(page: Page, name: str, look: str) -> None:
    await page.add_script_tag(path=AXE)
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        if PICTURES:
            await page.screenshot(path=f"{PICTURES}/widget-{name}-{look}-{theme}.png")
        found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        problems = [
            f"{rule['id']}: {node['html'][:160]} ({node['any'][0]['message'] if node['any'] else rule['help']})"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]
        assert problems == [], f"{name}, {theme}"
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it overflows"


async def test_conversation(chat: Chat, context: BrowserContext, look: str) -> None:
    page = await context.new_page()
    await page.goto(chat.page_url)
    field = page.get_by_role("textbox")
    await field.wait_for()
    await until(lambda: page.locator(".live").is_visible(), "the line")
    await inspect(page, "welcome", look)
    await field.fill("Any news about the boots?")
    await field.press("Enter")
    await chat.hears("Any news about the boots?")
    await chat.answer("Hi Maya, I have your email and the photo here, so no need to repeat. Size 40 is in stock.")
    await page.get_by_role("log").get_by_text("in stock").wait_for()
    await page.locator("input[type=file]").set_input_files(
        [FilePayload(name="label.txt", mimeType="text/plain", buffer=b"size 41")]
    )
    await expect(page.locator(".chips progress")).to_have_count(0)
    await field.fill("مرحبا، وصل الحذاء بمقاس خاطئ")
    await field.press("Enter")
    agent = chat.agents[0]
    thread = await chat.thread()
    await agent.call("open", {"thread": thread}, namespace="/agent")
    await until(lambda: page.locator(".st").is_visible(), "the state of the message")
    first = (await chat.messages(thread))[0]
    await chat.owner.post(f"/threads/{thread}/seen", {"seq": first["seq"]})
    await expect(page.locator(".st")).to_have_count(2)
    await agent.call("typing", {"thread": thread, "on": True, "note": False}, namespace="/agent")
    await page.locator(".tp").wait_for()
    await inspect(page, "conversation", look)
    await page.locator(".hand .pills button").click()
    await inspect(page, "email", look)


async def test_home(chat: Chat, context: BrowserContext, look: str) -> None:
    (inbox,) = [one for one in await chat.owner.get("/inboxes") if one["id"] == chat.inbox]
    settings = {**inbox["settings"], "email": "support@northwind.example"}
    await chat.owner.call("PATCH", f"/inboxes/{chat.inbox}", {"settings": settings})
    page = await context.new_page()
    await page.goto(chat.page_url)
    await page.get_by_role("link", name="support@northwind.example").wait_for()
    await inspect(page, "home", look)
    await page.locator(".homeb .btn").click()
    field = page.get_by_role("textbox")
    await expect(field).to_be_focused()
    await field.fill("Hello")
    await field.press("Enter")
    await chat.hears("Hello")
    await page.locator(".hd .first").click()
    await expect(page.locator(".latest")).to_contain_text("Hello")
    await inspect(page, "home-with-conversation", look)


async def test_away(chat: Chat, context: BrowserContext, look: str) -> None:
    await chat.agents.pop().disconnect()
    page = await context.new_page()

    async def form() -> bool:
        await page.goto(chat.page_url)
        await page.get_by_role("textbox").last.wait_for()
        await page.wait_for_timeout(200)
        return await page.locator("input[type=email]").count() == 1

    await until(form, "the form")
    await inspect(page, "away", look)
    await page.locator("input[type=email]").fill("maya")
    await page.locator("textarea").fill("Could the courier ring me before delivery?")
    await page.locator("form .btn").click()
    await page.get_by_role("alert").wait_for()
    await inspect(page, "away-wrong-address", look)


async def test_trouble(mortal_chat: Chat, context: BrowserContext, look: str) -> None:
    page = await context.new_page()
    await page.goto(mortal_chat.page_url)
    await Visitor(page, page).app.get_by_role("textbox").wait_for()
    await until(lambda: page.locator(".live").is_visible(), "the line")
    mortal_chat.hub.kill()
    await page.get_by_role("textbox").fill("Are you there?")
    await page.get_by_role("textbox").press("Enter")
    await until(lambda: page.locator(".bar[role=status]").is_visible(), "the sentence about the line")
    await inspect(page, "reconnecting", look)


async def test_chat_link_that_leads_nowhere(chat: Chat, context: BrowserContext, look: str) -> None:
    page = await context.new_page()
    await page.goto(f"{chat.hub.url}/c/nothing")
    await page.get_by_role("button").wait_for()
    await inspect(page, "link", look)
    await page.get_by_role("button").click()
    await expect(page.get_by_role("alert")).to_contain_text("This link is incomplete or has expired")
    await inspect(page, "link-gone", look)
    await page.goto(f"{chat.hub.url}/chat/nothing")
    await page.locator(".alone").wait_for()
    await inspect(page, "no-inbox", look)


async def test_launcher_and_panel_on_a_page(host: HostSite, context: BrowserContext, look: str) -> None:
    page = await context.new_page()
    await page.goto(host.url)
    await page.locator("onethread-messenger button").wait_for()
    await inspect(page, "launcher", look)
    await page.set_viewport_size({"width": 900, "height": 760})
    await page.locator("onethread-messenger button").click()
    await page.frame_locator("iframe").get_by_role("textbox").wait_for()
    await inspect(page, "panel", look)


@pytest.mark.parametrize("width", [320, 1280])
async def test_it_fits_every_width_and_large_text(chat: Chat, browser: Browser, width: int) -> None:
    context = await browser.new_context(locale="de", viewport={"width": width, "height": 560})
    page = await context.new_page()
    await page.goto(chat.page_url)
    await page.get_by_role("textbox", name="Nachricht schreiben").fill("wort " * 200)
    await page.evaluate("document.documentElement.style.fontSize = '200%'; document.body.style.zoom = 1.5")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth * 1.5")
    await expect(page.get_by_role("button", name="Senden")).to_be_in_viewport()
    await context.close()
