"""The messenger in a real browser against a real hub: both ways, live, with files, drafts and two tabs."""

from typing import Any

import aiohttp
from playwright.async_api import BrowserContext, expect

from tests.support.chatting import Chat, open_page, until


async def test_an_anonymous_visitor_and_an_agent_talk_live(chat: Chat, visitor_context: BrowserContext) -> None:
    visitor = await open_page(visitor_context, chat.page_url)
    await visitor.says("Any news about the boots?")
    await chat.hears("Any news about the boots?")
    await chat.answer("They are in **stock**. See https://shop.example/boots.")
    await visitor.sees("Any news about the boots?", "They are in stock. See https://shop.example/boots.")
    await expect(visitor.app.get_by_role("heading", name="Olive Owner")).to_be_visible()
    link = visitor.app.get_by_role("link", name="https://shop.example/boots")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    await visitor.says("Thursday is perfect")
    await until(lambda: _count(chat, 3), "the third message")
    authors = [(entry["author"]["kind"], entry["text"][:8]) for entry in await chat.messages(await chat.thread())]
    assert authors == [("customer", "Any news"), ("agent", "They are"), ("customer", "Thursday")]
    assert len(await chat.threads()) == 1

    async def read() -> bool:
        answer = (await chat.messages(await chat.thread()))[1]
        return bool(answer["deliveries"][0]["state"] == "read")

    await until(read, "the agent's message read")


async def _count(chat: Chat, count: int) -> bool:
    return len(await chat.texts()) == count


async def test_nothing_a_person_writes_becomes_markup(chat: Chat, visitor_context: BrowserContext) -> None:
    visitor = await open_page(visitor_context, chat.page_url)
    hostile = (
        "<img src=x onerror=\"document.title='broken'\"> [a](javascript:alert(1)) <script>document.title=1</script>"
    )
    await visitor.says(hostile)
    await chat.hears(hostile)
    await chat.answer(hostile)
    await visitor.sees(hostile, hostile)
    assert await visitor.app.locator("article img, article script, article a").count() == 0
    assert await visitor.page.title() == "Northwind"


async def test_typing_shows_both_ways_and_notes_do_not(chat: Chat, visitor_context: BrowserContext) -> None:
    visitor = await open_page(visitor_context, chat.page_url)
    await visitor.says("Hello")
    thread = await chat.thread()
    agent = await chat.sit_down()
    heard: list[dict[str, Any]] = []
    agent.on("typing", heard.append, namespace="/agent")
    await agent.call("open", {"thread": thread}, namespace="/agent")

    await visitor.settled()
    await visitor.page.wait_for_timeout(3100)  # it says so at most every three seconds
    await visitor.field.press_sequentially("I am", delay=20)
    customer = await until(_of(heard), "the customer typing")
    assert customer["on"] is True

    typing = visitor.app.get_by_text("Olive Owner is typing")
    await agent.call("typing", {"thread": thread, "on": True, "note": True}, namespace="/agent")
    await visitor.page.wait_for_timeout(400)
    assert await typing.count() == 0
    await agent.call("typing", {"thread": thread, "on": True, "note": False}, namespace="/agent")
    await expect(typing).to_be_attached()
    await chat.answer("Here")
    await expect(typing).not_to_be_attached()


def _of(heard: list[dict[str, Any]]) -> Any:
    async def customer() -> dict[str, Any] | None:
        return next((told for told in heard if told["who"]["kind"] == "customer"), None)

    return customer


async def test_files_go_up_with_the_message_and_come_down(chat: Chat, visitor_context: BrowserContext) -> None:
    visitor = await open_page(visitor_context, chat.page_url)
    picture = await visitor.page.screenshot()
    chosen: list[Any] = [
        {"name": "broken sole.png", "mimeType": "image/png", "buffer": picture},
        {"name": "etikett – größe.txt", "mimeType": "text/plain", "buffer": b"size 41"},
    ]
    await visitor.app.get_by_label("Attach a file").set_input_files(chosen)
    await expect(visitor.app.get_by_role("button", name="Remove broken sole.png")).to_be_visible()
    await expect(visitor.app.locator(".chips progress")).to_have_count(0)
    await visitor.says("Two files")
    await chat.hears("Two files")
    (message,) = await chat.messages(await chat.thread())
    assert [file["name"] for file in message["attachments"]] == ["broken sole.png", "etikett – größe.txt"]
    assert message["attachments"][0]["size"] == len(picture)
    image = visitor.app.get_by_role("img", name="broken sole.png")
    await expect(image).to_be_visible()
    await until(lambda: image.evaluate("it => it.naturalWidth > 0"), "the picture")


async def test_a_file_over_the_limit_is_refused_by_name_before_it_travels(
    chat: Chat, visitor_context: BrowserContext
) -> None:
    visitor = await open_page(visitor_context, chat.page_url)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    await visitor.page.evaluate(
        """() => {
          const files = new DataTransfer();
          files.items.add(new File([new Uint8Array(27e6)], "film.mp4"));
          const field = document.querySelector("input[type=file]");
          field.files = files.files;
          field.dispatchEvent(new Event("change", { bubbles: true }));
        }"""
    )
    await expect(visitor.app.get_by_role("alert")).to_contain_text("film.mp4 is larger than 26.2 MB")
    assert not [url for url in asked if "/visitor/attachments" in url]


async def test_the_draft_survives_a_reload_and_goes_when_it_is_sent(
    chat: Chat, visitor_context: BrowserContext
) -> None:
    visitor = await open_page(visitor_context, chat.page_url)
    await visitor.field.fill("Not yet sai")
    await visitor.page.reload()
    await expect(visitor.field).to_have_value("Not yet sai")
    await visitor.field.press("Enter")
    await chat.hears("Not yet sai")
    await visitor.settled()
    await visitor.page.reload()
    await visitor.sees("Not yet sai")
    await expect(visitor.field).to_have_value("")


async def test_two_tabs_show_the_same_and_a_tab_opened_before_joins(
    chat: Chat, visitor_context: BrowserContext
) -> None:
    one = await open_page(visitor_context, chat.page_url)
    two = await open_page(visitor_context, chat.page_url)
    await one.says("From the first tab")
    await two.sees("From the first tab")
    await two.says("From the second tab")
    await one.sees("From the first tab", "From the second tab")
    await chat.answer("I see both")
    for tab in (one, two):
        await tab.sees("From the first tab", "From the second tab", "I see both")
    assert len(await chat.threads()) == 1


async def test_older_messages_come_by_pages(chat: Chat, visitor_context: BrowserContext) -> None:
    visitor = await open_page(visitor_context, chat.page_url)
    await visitor.says("Tell me all")
    for number in range(44):
        await chat.answer(f"message {number}")
    everything = ["Tell me all", *(f"message {number}" for number in range(44))]
    await visitor.sees(*everything)
    await visitor.page.reload()
    await visitor.sees(*everything[5:])
    await visitor.app.get_by_role("button", name="Show earlier messages").click()
    await visitor.sees(*everything)


async def test_nobody_there_asks_for_an_address_and_it_is_only_a_claim(
    chat: Chat, visitor_context: BrowserContext
) -> None:
    await chat.agents.pop().disconnect()
    page = await visitor_context.new_page()
    await until(lambda: _away(chat), "the team away")
    await page.goto(chat.page_url)
    await expect(page.get_by_role("heading", name="Leave a message")).to_be_visible()
    await page.get_by_role("textbox", name="Message").fill("Could the courier ring me?")
    await page.get_by_label("Answer me by email").fill("maya")
    await page.get_by_role("button", name="Send message").click()
    await expect(page.get_by_role("alert")).to_contain_text("does not look like an email address")
    await page.get_by_label("Answer me by email").fill("maya@mail.example")
    await page.get_by_role("button", name="Send message").click()
    await chat.hears("Could the courier ring me?")
    customer = (await chat.owner.get(f"/threads/{await chat.thread()}"))["customer"]
    assert [claim["address"] for claim in customer["claims"]] == ["maya@mail.example"]
    assert {identity["kind"] for identity in customer["identities"]} == {"visitor"}
    await expect(page.get_by_role("textbox", name="Write a message")).to_be_visible()


async def test_the_team_says_how_soon_it_answers_and_when_it_is_back(
    chat: Chat, visitor_context: BrowserContext
) -> None:
    visitor = await open_page(visitor_context, chat.page_url)
    header = visitor.app.get_by_role("banner")
    await expect(header).to_contain_text("We are here now")
    words = {"reply_time": "Usually replies within 10 minutes", "back": "Back on weekdays at 9:00"}
    (inbox,) = [one for one in await chat.owner.get("/inboxes") if one["id"] == chat.inbox]
    await chat.owner.call("PATCH", f"/inboxes/{chat.inbox}", {"settings": {**inbox["settings"], **words}})
    visitor = await open_page(visitor_context, chat.page_url)
    header = visitor.app.get_by_role("banner")
    await expect(header).to_contain_text("Usually replies within 10 minutes")
    await chat.agents.pop().disconnect()
    await until(lambda: _away(chat), "the team away")
    visitor = await open_page(visitor_context, chat.page_url)
    await expect(visitor.app.get_by_role("banner")).to_contain_text("Back on weekdays at 9:00")


async def _away(chat: Chat) -> bool:
    async with aiohttp.ClientSession() as session, session.get(f"{chat.hub.url}/widget/config/{chat.inbox}") as told:
        return (await told.json())["online"] is False
