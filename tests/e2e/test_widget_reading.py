"""Who has read what, as both sides see it: two real browsers, the messenger and the console."""

from __future__ import annotations

import re

from playwright.async_api import BrowserContext, expect

from tests.e2e.desk import Desk, writing
from tests.support.chatting import Chat, HostSite, open_on, open_page, until

ENDS_READ = re.compile(", Read$")


async def test_the_visitor_sees_how_far_we_have_read(chat: Chat, visitor_context: BrowserContext) -> None:
    visitor = await open_page(visitor_context, chat.page_url)
    for text in ("One", "Two"):
        await visitor.says(text)
    await chat.hears("One", "Two")
    states = visitor.app.locator(".st")
    await expect(states).to_have_text(["Sent"])
    thread = await chat.thread()
    first, second = await chat.messages(thread)
    await chat.owner.post(f"/threads/{thread}/seen", {"seq": first["seq"]})
    await expect(states).to_have_text(["Read", "Sent"])
    await chat.owner.post(f"/threads/{thread}/seen", {"seq": second["seq"]})
    await expect(states).to_have_text(["Read"])
    await expect(visitor.app.locator("article").first).to_have_attribute("aria-label", ENDS_READ)
    await chat.answer("Here I am")
    await visitor.says("Three")
    await expect(states).to_have_text(["Read", "Sent"])
    await visitor.page.reload()
    await visitor.sees("One", "Two", "Here I am", "Three")
    await expect(states).to_have_text(["Read", "Sent"])
    await expect(visitor.app.locator("article").first).to_have_attribute("aria-label", ENDS_READ)


async def test_an_answer_is_delivered_to_a_closed_panel_and_read_in_an_open_one(
    chat: Chat, host: HostSite, visitor_context: BrowserContext
) -> None:
    page = await visitor_context.new_page()
    await page.goto(host.url)
    visitor = await open_on(page)
    await visitor.says("Hello")
    await chat.hears("Hello")
    await visitor.settled()
    await page.get_by_role("button", name="Close messenger").click()
    await chat.answer("Are you still there?")

    async def state() -> str:
        answer = (await chat.messages(await chat.thread()))[-1]
        return str(answer["deliveries"][0]["state"])

    async def delivered() -> bool:
        return await state() == "delivered"

    async def read() -> bool:
        return await state() == "read"

    await until(delivered, "the answer delivered")
    await page.wait_for_timeout(500)
    assert await state() == "delivered", "nobody has looked yet"
    await page.get_by_role("button", name="Open messenger, 1 unread").click()
    await until(read, "the answer read")


async def test_an_agent_who_looks_at_the_console_tells_the_visitor_and_hears_of_their_reading(
    desk: Desk, visitor_context: BrowserContext
) -> None:
    agent = await desk.sit_down()
    await agent.goto(f"{desk.hub.url}/inbox/all")
    await expect(agent.get_by_role("navigation", name="Views")).to_be_visible()
    visitor = await open_page(visitor_context, f"{desk.hub.url}/chat/{desk.chat}")
    await expect(visitor.app.get_by_role("banner")).to_contain_text("We are here now")
    await visitor.says("Any news about the boots?")
    await visitor.settled()
    await expect(visitor.app.locator(".st")).to_have_text(["Sent"])
    (case,) = await desk.cases()
    await agent.goto(f"{desk.hub.url}/inbox/all/{case['thread_id']}?case={case['id']}")
    await expect(visitor.app.locator(".st")).to_have_text(["Read"])
    await visitor.says("Or shall I write again?")
    await expect(visitor.app.locator(".st")).to_have_text(["Read"])
    await expect(visitor.app.locator("article").last).to_have_attribute("aria-label", ENDS_READ)
    await writing(agent).fill("They are in stock.")
    await agent.get_by_role("button", name="Send live chat", exact=True).click()
    await visitor.sees("Any news about the boots?", "Or shall I write again?", "They are in stock.")
    answer = agent.locator("#timeline article", has_text="They are in stock.")
    await expect(answer).to_contain_text("Read")
