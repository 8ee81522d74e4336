"""The demo's customer's page: mail over real SMTP, the chat link out of the answer, the shop's chat, one thread."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, expect

from tests.support.chatting import Chat, Visitor, complaints, until
from tests.support.hub import Hub
from tests.support.owner import Owner

ME = "Maya Lindgren"


class DemoHub(Hub):
    command = "demo"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Hub]:
    hub = DemoHub(tmp_path / "demo").start()
    yield hub
    hub.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def shop(demo: Hub) -> AsyncIterator[Chat]:
    """The team of the sample shop."""
    async with Owner(demo) as owner:
        yield Chat(demo, owner, "")


async def test_mail_chat_and_mail_again_are_one_thread(
    shop: Chat, browser: Browser, visitor_context: BrowserContext
) -> None:
    page = await visitor_context.new_page()
    heard = complaints(page)
    await page.goto(f"{shop.hub.url}/demo#mail")
    await page.get_by_label("Subject").fill("Wrong size")
    await page.get_by_label("Message").fill("My Lowland boots came in 41, I ordered 40.")
    await page.get_by_label("Files").set_input_files(
        [FilePayload(name="boots.txt", mimeType="text/plain", buffer=b"a photo")]
    )
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("Sent to support@")
    thread = await until(lambda: _thread_of(shop.owner), "the mail's thread")
    (mail,) = await shop.messages(thread)
    assert [file["name"] for file in mail["attachments"]] == ["boots.txt"]

    await _answer(shop.owner, thread, "email", "Size 40 is in stock. Let us settle it in chat.", chat_link=True)
    received = page.get_by_role("region", name="Mails").get_by_role("button").filter(has_text="Re: Wrong size")
    await received.click(timeout=20_000)
    links = page.frame_locator("article iframe").get_by_role("link")
    invitation = links.filter(has_text="chat").or_(links).first
    async with visitor_context.expect_page() as opened:
        await invitation.click()
    chat = Visitor(await opened.value, await opened.value)
    address = chat.page.url
    await chat.app.get_by_role("button", name="Continue the conversation").click()
    await expect(chat.log).to_contain_text("You emailed us")
    await expect(chat.log).to_contain_text("My Lowland boots came in 41, I ordered 40.")
    await expect(chat.log).to_contain_text("Size 40 is in stock. Let us settle it in chat.")
    assert "/c/" not in chat.page.url

    await chat.says("Here I am")
    await until(lambda: _holds(shop, thread, "Here I am"), "the chat message in the thread")
    await _answer(shop.owner, thread, "chat", "Sent today, you have it on Thursday.")
    await expect(chat.log).to_contain_text("Sent today, you have it on Thursday.")

    await _link_is_spent(browser, address)
    await chat.page.goto(address)
    await chat.app.get_by_role("button", name="Continue the conversation").click()
    await expect(chat.log).to_contain_text("Here I am")

    await page.get_by_role("button", name="Answer", exact=True).click()
    await page.get_by_label("Message").fill("Got them, thank you.")
    await page.get_by_role("button", name="Send", exact=True).click()
    await until(lambda: _holds(shop, thread, "Got them, thank you."), "the mail in the thread")
    told = [(entry["author"]["name"], entry["channel"]) for entry in await shop.messages(thread)]
    agent = told[1][0]
    assert told == [(ME, "email"), (agent, "email"), (ME, "chat"), (agent, "chat"), (ME, "email")]
    await _let_in_by_a_code(browser, address, page)
    assert heard == []


async def _link_is_spent(browser: Browser, address: str) -> None:
    """On another device the same link says so, and shows nothing."""
    other = await browser.new_context(locale="en-GB")
    page = await other.new_page()
    await page.goto(address)
    await page.get_by_role("button", name="Continue the conversation").click()
    await expect(page.get_by_role("alert")).to_contain_text("another device")
    await other.close()


async def _let_in_by_a_code(browser: Browser, address: str, mailbox: Page) -> None:
    """Her other device shows that it is hers by the code that comes to her mailbox."""
    other = await browser.new_context(locale="en-GB")
    page = await other.new_page()
    await page.goto(address)
    await page.get_by_role("button", name="Continue the conversation").click()
    await page.get_by_role("button", name="Send a code to m•••@").click()
    received = mailbox.get_by_role("region", name="Mails").get_by_role("button").filter(has_text="Your code")
    await received.click(timeout=20_000)
    told = await until(lambda: _code_in(mailbox), "the code in the mailbox")
    device = Visitor(page, page)
    await page.get_by_label("Code from our message").fill(told)
    await page.get_by_role("button", name="Continue the conversation").click()
    await expect(device.log).to_contain_text("Here I am")
    await other.close()


async def _code_in(mailbox: Page) -> str | None:
    """Six digits in the mail that is open, in its frame or beside it."""
    frames = [await frame.locator("body").inner_text() for frame in mailbox.frames]
    found = re.search(r"Your code is ([0-9]{6})", " ".join(frames))
    return found[1] if found else None


async def test_the_shop_has_the_messenger_and_works_on_a_phone(shop: Chat, browser: Browser) -> None:
    context = await browser.new_context(locale="en-GB", viewport={"width": 360, "height": 740})
    page = await context.new_page()
    heard = complaints(page)
    await page.goto(f"{shop.hub.url}/demo")
    await page.get_by_role("button", name="Open messenger").wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("button", name="Ask us about a size").click()
    app = page.frame_locator("iframe")
    await app.locator(".btn").or_(app.get_by_role("textbox")).first.wait_for()
    assert heard == []
    await context.close()


async def _thread_of(owner: Owner) -> str | None:
    cases = (await owner.get("/cases", view="all", limit=100))["items"]
    return next((case["thread_id"] for case in cases if case["customer_name"] == ME), None)


async def _holds(shop: Chat, thread: str, text: str) -> bool:
    return any(text in entry["text"] for entry in await shop.messages(thread))


async def _answer(owner: Owner, thread_id: str, channel: str, text: str, **more: Any) -> None:
    thread = await owner.get(f"/threads/{thread_id}")
    target = next(one for one in thread["targets"] if one["channel"] == channel)
    recipient = {name: target["to"][name] for name in ("kind", "address")}
    reply = {"client_key": f"answer-by-{channel}", "last_seen_seq": thread["last_seq"], "undo_s": 0, **more}
    await owner.post(
        f"/threads/{thread_id}/replies", {**reply, "inbox_id": target["inbox_id"], "to": recipient, "text": text}
    )
