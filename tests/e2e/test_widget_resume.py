"""What breaks on the way: the hub is killed in mid-send, the line is gone for a while, the visitor reloads."""

import asyncio
import re

from playwright.async_api import Browser, BrowserContext, FilePayload, Page, Route, WebSocketRoute, expect

from tests.support.chatting import Chat, complaints, open_page


async def test_the_hub_is_killed_in_mid_send_and_every_message_arrives_once_in_order(
    mortal_chat: Chat, visitor_context: BrowserContext
) -> None:
    visitor = await open_page(visitor_context, mortal_chat.page_url)
    said = []
    await visitor.says("before")
    said.append("before")
    await visitor.settled()
    for round_ in range(3):
        for number in range(4):
            said.append(f"round {round_}, {number}")
            await visitor.says(said[-1])
            if number == 1:
                mortal_chat.hub.kill()
        await asyncio.to_thread(mortal_chat.hub.start)
        await visitor.settled()
    await mortal_chat.hears(*said)
    await visitor.sees(*said)
    assert len(await mortal_chat.threads()) == 1


async def test_a_hub_that_dies_after_storing_the_very_first_message_makes_no_second_customer(
    mortal_chat: Chat, visitor_context: BrowserContext
) -> None:
    """The answer is lost with the process; the retry must be known as the same visitor's same message."""
    await mortal_chat.agents.pop().disconnect()
    mortal_chat.hub.stop()
    await asyncio.to_thread(mortal_chat.hub.start, ONETHREAD_FAIL_AT="before_ack")
    await mortal_chat.sit_down()
    visitor = await open_page(visitor_context, mortal_chat.page_url)
    await visitor.says("The very first")
    await asyncio.to_thread(mortal_chat.hub.wait_for_end)
    await asyncio.to_thread(mortal_chat.hub.start)
    await visitor.settled()
    await mortal_chat.hears("The very first")
    assert len(await mortal_chat.threads()) == 1


async def test_offline_for_ten_seconds(chat: Chat, visitor_context: BrowserContext) -> None:
    visitor = await open_page(visitor_context, chat.page_url)
    await visitor.says("one")
    await chat.hears("one")
    await visitor_context.set_offline(True)
    await visitor.says("two")
    await visitor.says("three")
    await expect(visitor.app.get_by_text("Will send when you are back").first).to_be_visible()
    await expect(visitor.app.get_by_text("You are offline")).to_be_visible()
    await chat.answer("while you were away")
    await visitor.page.wait_for_timeout(10_000)
    assert await visitor.texts() == ["one", "two", "three"]
    await visitor_context.set_offline(False)
    await visitor.settled()
    await chat.hears("one", "while you were away", "two", "three")
    await visitor.sees("one", "while you were away", "two", "three")


async def test_what_is_not_sent_yet_survives_a_reload(mortal_chat: Chat, visitor_context: BrowserContext) -> None:
    visitor = await open_page(visitor_context, mortal_chat.page_url)
    await visitor.says("one")
    await visitor.settled()
    mortal_chat.hub.kill()
    await visitor.says("two")
    await expect(visitor.app.get_by_text("Will send when you are back")).to_be_visible()
    await asyncio.to_thread(mortal_chat.hub.start)
    await visitor.page.reload()
    await mortal_chat.hears("one", "two")
    await visitor.sees("one", "two")


async def test_where_websockets_are_swallowed_polling_takes_over(chat: Chat, browser: Browser) -> None:
    context = await browser.new_context(locale="en-GB")

    async def swallow(line: WebSocketRoute) -> None:
        await line.close()

    await context.route_web_socket("**/socket.io/**", swallow)
    visitor = await open_page(context, chat.page_url)
    await visitor.says("By polling")
    await chat.hears("By polling")
    await chat.answer("It works")
    await visitor.sees("By polling", "It works")
    await context.close()


async def test_changes_missed_on_the_line_are_fetched(chat: Chat, browser: Browser) -> None:
    """A lost packet, which Socket.IO doesn't notice: the next one shows the gap."""
    context = await browser.new_context(locale="en-GB")
    dropped: list[str] = []

    async def lossy(line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def pass_on(packet: str | bytes) -> None:
            if isinstance(packet, str) and '["entries"' in packet and "lost" in packet and not dropped:
                dropped.append(packet)
            else:
                line.send(packet)

        line.on_message(server.send)
        server.on_message(pass_on)

    await context.route_web_socket("**/socket.io/**", lossy)
    visitor = await open_page(context, chat.page_url)
    await visitor.says("Hello")
    await visitor.sees("Hello")
    await chat.answer("lost on the way")
    await chat.answer("arrives")
    await visitor.sees("Hello", "lost on the way", "arrives")
    assert len(dropped) == 1
    await context.close()


async def test_a_refused_message_keeps_its_words_says_why_and_can_be_sent_again(chat: Chat, browser: Browser) -> None:
    context = await browser.new_context(locale="en-GB")
    refused: list[str] = []

    async def strict(line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def pass_on(packet: str | bytes) -> None:
            said = re.match(r'42/visitor,(\d+)\["say"', str(packet))
            if said and not refused:
                refused.append(str(packet))
                line.send(f'43/visitor,{said[1]}[{{"ok": false, "error": "Send it in parts.", "retry": false}}]')
            else:
                server.send(packet)

        line.on_message(pass_on)

    await context.route_web_socket("**/socket.io/**", strict)
    visitor = await open_page(context, chat.page_url)
    await visitor.says("A long story")
    await expect(visitor.app.get_by_role("alert")).to_contain_text("Not sent: Send it in parts.")
    await visitor.says("Something else")
    await visitor.sees("Something else", "A long story")
    await visitor.app.get_by_role("button", name="Retry").click()
    await visitor.sees("Something else", "A long story")
    await chat.hears("Something else", "A long story")
    await expect(visitor.app.get_by_role("alert")).to_have_count(0)
    await context.close()


async def test_it_works_where_the_browser_forbids_storage_and_secure_things(chat: Chat, browser: Browser) -> None:
    context = await browser.new_context(locale="en-GB")
    await context.add_init_script(
        """for (const name of ["localStorage", "sessionStorage"])
             Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
           Object.defineProperty(navigator, "locks", { value: undefined });
           crypto.randomUUID = undefined;"""
    )
    visitor = await open_page(context, chat.page_url)
    heard = complaints(visitor.page)
    await visitor.says("In private")
    await chat.hears("In private")
    await context.set_offline(True)
    await visitor.says("After a break")
    await context.set_offline(False)
    await chat.hears("In private", "After a break")
    assert [line for line in heard if "denied" in line or "not a function" in line] == []
    assert len(await chat.threads()) == 1
    await context.close()


async def test_a_slow_upload_shows_progress_and_can_be_given_up(chat: Chat, visitor_context: BrowserContext) -> None:
    visitor = await open_page(visitor_context, chat.page_url)
    release = asyncio.Event()

    async def hold(route: Route) -> None:
        await release.wait()
        await route.abort()

    await visitor.page.route("**/visitor/attachments*", hold)
    await choose(visitor.page)
    await expect(visitor.app.get_by_text("Uploading label.txt")).to_be_visible()
    await visitor.says("not without the file")
    assert await visitor.texts() == []
    await visitor.app.get_by_role("button", name="Remove label.txt").click()
    release.set()
    await expect(visitor.app.locator(".chips li")).to_have_count(0)
    await visitor.field.press("Enter")
    await chat.hears("not without the file")


async def choose(page: Page) -> None:
    await page.get_by_label("Attach a file").set_input_files(
        [FilePayload(name="label.txt", mimeType="text/plain", buffer=b"size 41")]
    )
