"""The messenger on somebody else's page: under a strict policy, by keyboard, on a shared device, and blocked."""

import base64
import hmac
import time
from typing import Any

import orjson
import pytest
from playwright.async_api import Browser, BrowserContext, Page, Response, expect

from tests.support.chatting import Chat, HostSite, Visitor, complaints, open_on, until

SECRET = "the secret of the shop's own server"


async def test_a_strict_policy_is_enough_and_the_page_pays_next_to_nothing(
    host: HostSite, chat: Chat, visitor_context: BrowserContext
) -> None:
    page = await visitor_context.new_page()
    heard = complaints(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda line: asked.append(line.url))
    await page.goto(host.url)
    await expect(page.get_by_role("button", name="Open messenger")).to_be_visible()
    before = [url for url in asked if url.startswith(chat.hub.url)]
    assert [url.removeprefix(chat.hub.url).split("/")[1] for url in before] == ["w.js", "widget"]

    asked.clear()
    visitor = await open_on(page)
    await expect(visitor.field).to_be_focused()
    await until(lambda: visitor.app.locator(".live").is_visible(), "the line")
    assert len([url for url in asked if "localhost" in url or "127.0.0.1" in url]) <= 6, asked
    await visitor.says("Hello from the shop")
    await chat.hears("Hello from the shop")
    assert heard == []


async def test_what_travels_stays_within_the_budgets(
    host: HostSite, chat: Chat, visitor_context: BrowserContext
) -> None:
    page = await visitor_context.new_page()
    sizes: dict[str, int] = {}

    async def weigh(response: Response) -> None:
        if response.url.startswith(chat.hub.url) and response.url.endswith((".js", ".css")):
            sizes[response.url] = int((await response.all_headers())["content-length"])

    page.on("response", weigh)
    await page.goto(host.url)
    visitor = await open_on(page)
    await until(lambda: visitor.app.locator(".live").is_visible(), "the line")
    loader = sizes.pop(f"{chat.hub.url}/w.js")
    scripts = sum(size for url, size in sizes.items() if url.endswith(".js"))
    first = next(size for url, size in sizes.items() if "/index-" in url and url.endswith(".js"))
    styles = sum(size for url, size in sizes.items() if url.endswith(".css"))
    found = {"loader": loader, "first paint": first, "all scripts": scripts, "styles": styles}
    limits = {"loader": 2.05, "first paint": 12, "all scripts": 25, "styles": 8}
    assert {what: size for what, size in found.items() if size > limits[what] * 1024} == {}, found
    assert min(found.values()) > 1000, found


async def test_nothing_is_stored_before_the_visitor_writes(
    host: HostSite, chat: Chat, visitor_context: BrowserContext
) -> None:
    page = await visitor_context.new_page()
    await page.goto(host.url)
    visitor = await open_on(page)
    await until(lambda: visitor.app.locator(".live").is_visible(), "the line")
    assert await _stored(page) == []
    assert await visitor_context.cookies() == []
    await visitor.says("Hello")
    await chat.hears("Hello")
    assert await _stored(page) == [f"onethread:{chat.inbox}"]
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert await visitor_context.cookies() == []


async def test_the_keyboard_is_enough(host: HostSite, visitor_context: BrowserContext) -> None:
    page = await visitor_context.new_page()
    await page.goto(host.url)
    launcher = page.get_by_role("button", name="Open messenger")
    await launcher.wait_for()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(launcher).to_be_focused()
    await expect(launcher).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("Enter")
    app = page.frame_locator("iframe")
    await expect(app.get_by_role("textbox", name="Write a message")).to_be_focused()
    await page.keyboard.type("First")
    await page.keyboard.press("Enter")
    await page.keyboard.type("Second")
    await page.keyboard.press("Enter")
    await expect(app.locator("article")).to_have_count(2)
    await app.get_by_role("log").focus()
    await page.keyboard.press("Home")
    await expect(app.locator("article").first).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(app.locator("article").last).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(launcher).to_be_focused()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_an_answer_to_a_closed_messenger_shows_on_the_launcher(
    host: HostSite, chat: Chat, visitor_context: BrowserContext
) -> None:
    page = await visitor_context.new_page()
    await page.goto(host.url)
    visitor = await open_on(page)
    await visitor.says("I close this now")
    await chat.hears("I close this now")
    await page.keyboard.press("Escape")
    await chat.answer("one")
    await chat.answer("two")
    await expect(page.get_by_role("button", name="Open messenger, 2 unread")).to_be_visible()
    await page.get_by_role("button", name="Help").click()
    await expect(page.get_by_role("button", name="Close messenger")).to_be_visible()
    await visitor.sees("I close this now", "one", "two")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Open messenger", exact=True)).to_be_visible()


async def test_a_page_that_blocks_the_frame_gets_the_chat_in_a_new_tab(
    host: HostSite, chat: Chat, visitor_context: BrowserContext
) -> None:
    host.policy = "default-src 'none'; script-src {hub}; connect-src {hub}"
    page = await visitor_context.new_page()
    await page.goto(host.url)
    async with visitor_context.expect_page() as opened:
        await page.get_by_role("button", name="Open messenger").click()
    alone = await opened.value
    await expect(alone).to_have_url(chat.page_url)
    await Visitor(alone, alone).says("From a tab of its own")
    await chat.hears("From a tab of its own")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_on_a_phone_the_panel_is_the_whole_screen_and_the_page_waits(host: HostSite, browser: Browser) -> None:
    context = await browser.new_context(locale="en-GB", viewport={"width": 390, "height": 760}, has_touch=True)
    page = await context.new_page()
    await page.goto(host.url)
    visitor = await open_on(page)
    box = await page.locator("iframe").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 760}
    assert await page.evaluate("document.body.inert")
    for button in await visitor.app.locator("button, label").all():
        size = await button.bounding_box()
        assert size is None or min(size["width"], size["height"]) >= 24
    await visitor.app.get_by_role("button", name="Close").click()
    await page.wait_for_function("!document.body.inert && !document.body.style.overflow")
    await context.close()


@pytest.mark.parametrize(("position", "side"), [("end", "right"), ("start", "left")])
async def test_it_stands_where_the_page_wants_it(
    host: HostSite, visitor_context: BrowserContext, position: str, side: str
) -> None:
    host.attributes = f'data-position="{position}" data-offset="40,60"'
    page = await visitor_context.new_page()
    await page.goto(host.url)
    launcher = page.get_by_role("button", name="Open messenger")
    await launcher.wait_for()
    box: Any = await launcher.bounding_box()
    assert box["x"] == (900 - 40 - 54 if side == "right" else 40)
    assert box["y"] == 760 - 60 - 54


async def test_messages_of_other_origins_and_shapes_are_not_heard(
    host: HostSite, chat: Chat, visitor_context: BrowserContext
) -> None:
    page = await visitor_context.new_page()
    await page.goto(host.url)
    visitor = await open_on(page)
    await visitor.says("Stay")
    await chat.hears("Stay")
    # The page itself is not the frame: it can't close the panel or raise the badge by talking to the loader.
    await page.evaluate("postMessage({ onethread: 1, type: 'close' }, '*')")
    await page.evaluate("postMessage({ onethread: 1, type: 'unread', count: 7 }, '*')")
    # A stranger who frames the app and names another origin as its host is not heard by the app.
    await page.evaluate(
        """() => {
          const shadow = document.querySelector("onethread-messenger").shadowRoot;
          const app = shadow.querySelector("iframe").contentWindow;
          app.postMessage({ onethread: 2, type: "shutdown" }, "*");
          app.postMessage("shutdown", "*");
        }"""
    )
    await page.wait_for_timeout(300)
    await expect(page.get_by_role("button", name="Close messenger")).to_be_visible()
    assert await _stored(page) == [f"onethread:{chat.inbox}"]

    stranger = await visitor_context.new_page()
    await stranger.goto(host.url)
    await stranger.evaluate(
        """(src) => new Promise((loaded) => {
          const frame = document.createElement("iframe");
          frame.onload = loaded;
          frame.src = src;
          document.querySelector("main").append(frame);
        })""",
        f"{chat.page_url}#host=https://elsewhere.example",
    )
    await stranger.wait_for_timeout(500)
    await stranger.evaluate("frames[0].postMessage({ onethread: 1, type: 'shutdown' }, '*')")
    await stranger.wait_for_timeout(300)
    assert await _stored(page) == [f"onethread:{chat.inbox}"]


async def test_two_people_on_one_device_see_nothing_of_each_other(
    host: HostSite, chat: Chat, visitor_context: BrowserContext
) -> None:
    await chat.owner.call("PATCH", f"/inboxes/{chat.inbox}", {"settings": await _with_secret(chat)})
    page = await visitor_context.new_page()
    framed: list[str] = []
    page.on("websocket", lambda line: line.on("framereceived", lambda packet: framed.append(str(packet))))
    await page.goto(host.url)
    await page.get_by_role("button", name="Open messenger").wait_for()

    await page.evaluate("(token) => Onethread.identify(token)", _token("anna", chat))
    visitor = await open_on(page)
    await visitor.says("Anna's secret")
    await chat.hears("Anna's secret")
    await visitor.settled()
    await visitor.field.fill("Anna's draft")

    # Anna signs out; the shop forgets to say so, and Berta signs in.
    framed.clear()
    await page.evaluate("(token) => Onethread.identify(token)", _token("berta", chat))
    await visitor.sees()
    await expect(visitor.field).to_have_value("")
    await visitor.says("Berta here")
    await visitor.settled()
    await visitor.sees("Berta here")
    assert not [packet for packet in framed if "Anna" in packet]
    assert len(await until(lambda: _two(chat), "two threads")) == 2

    # Berta signs out as she should; then nobody is anybody.
    await page.evaluate("Onethread.shutdown()")
    await expect(page.locator("onethread-messenger")).to_have_count(0)
    framed.clear()
    await page.reload()
    visitor = await open_on(page)
    await until(lambda: visitor.app.locator(".live").is_visible(), "the line")
    assert await _stored(page) == []
    assert await visitor.texts() == []
    assert not [packet for packet in framed if "Anna" in packet or "Berta" in packet]

    # Anna comes back and finds her own.
    await page.evaluate("(token) => Onethread.identify(token)", _token("anna", chat))
    await visitor.sees("Anna's secret")


async def _two(chat: Chat) -> list[str] | None:
    found = await chat.threads()
    return found if len(found) == 2 else None


async def _with_secret(chat: Chat) -> dict[str, Any]:
    inboxes = await chat.owner.get("/inboxes")
    (inbox,) = [one for one in inboxes if one["id"] == chat.inbox]
    return {**inbox["settings"], "identity_secret": SECRET}


async def _stored(page: Page) -> list[str]:
    """What the app's origin keeps on this device."""
    (frame,) = [frame for frame in page.frames if "/chat/" in frame.url]
    keys: list[str] = await frame.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    return keys


def _token(sub: str, chat: Chat) -> str:
    """What a shop's server would sign for its customer."""
    claims = {"sub": sub, "exp": int(time.time()) + 600, "aud": chat.inbox, "name": sub.title()}
    parts = [base64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=") for part in ({"alg": "HS256"}, claims)]
    signature = hmac.digest(SECRET.encode(), b".".join(parts), "sha256")
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()
