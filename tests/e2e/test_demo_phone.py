"""The demo's phone: texts, Instagram and calls go through the played providers into one console, and back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.e2e.desk import until, violations
from tests.support.chatting import complaints
from tests.support.hub import Hub
from tests.support.owner import Owner

NUMBER = "+447700900142"
pytestmark = pytest.mark.timeout(200)


class DemoHub(Hub):
    command = "demo"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Hub]:
    hub = DemoHub(tmp_path / "demo").start()
    yield hub
    hub.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def agent(demo: Hub) -> AsyncIterator[Owner]:
    async with Owner(demo) as owner:
        yield owner


@pytest_asyncio.fixture(loop_scope="session")
async def phone(demo: Hub, visitor_context: BrowserContext) -> AsyncIterator[Page]:
    page = await visitor_context.new_page()
    heard = complaints(page)
    await page.goto(f"{demo.url}/demo#sms")
    yield page
    assert heard == []


async def test_texts_go_both_ways(agent: Owner, phone: Page) -> None:
    await _writes(phone, "Text message", "Do you have the boots in 40?")
    thread = await until(lambda: _thread(agent, "Do you have the boots in 40?"), "the text in the console")
    await _answer(agent, thread, "sms", "We do, size 40 is in stock.")
    log = phone.get_by_role("log", name="Text messages")
    await expect(log).to_contain_text("We do, size 40 is in stock.", timeout=15_000)
    await _state(agent, thread, "We do, size 40 is in stock.", "delivered")

    await _writes(phone, "Text message", "STOP")
    refused = await until(lambda: _refused(agent, thread, "sms"), "the stop")
    assert "STOP" in refused


async def test_instagram_goes_both_ways(agent: Owner, phone: Page) -> None:
    await phone.get_by_role("button", name="Instagram").click()
    await _writes(phone, "Message", "Can I swap my boots?")
    thread = await until(lambda: _thread(agent, "Can I swap my boots?"), "the question in the console")
    await _answer(agent, thread, "instagram", "Of course. Which size?")
    answer = phone.get_by_role("article", name="Fern & Fell")
    await expect(answer).to_contain_text("Of course. Which size?", timeout=15_000)
    await _state(agent, thread, "Of course. Which size?", "read")

    await answer.get_by_role("button", name="Like").click()
    await until(lambda: _shown(agent, thread, "❤"), "her heart in the thread")
    await _writes(phone, "Message", "I meant my tent.")
    await until(lambda: _shown(agent, thread, "I meant my tent."), "the second message")
    mine = phone.get_by_role("article", name="You").filter(has_text="I meant my tent.")
    await mine.get_by_role("button", name="Unsend").click()
    await expect(phone.get_by_text("Unsent", exact=True)).to_be_visible()
    await until(lambda: _shown(agent, thread, "removed"), "that she took it back")


async def test_a_call_rings_is_answered_and_ends(agent: Owner, phone: Page) -> None:
    await _writes(phone, "Text message", "Please call me.")
    thread = await until(lambda: _thread(agent, "Please call me."), "the text in the console")
    await phone.get_by_role("button", name="Shop").click()
    call = await _call(agent, thread)
    ringing = phone.get_by_role("alert").filter(has_text="is calling your phone")
    await ringing.get_by_role("button", name="Answer").click(timeout=15_000)
    await expect(phone.get_by_role("timer", name="Talk time")).to_have_text(re.compile(r"0:0[1-9]"), timeout=15_000)
    heard = phone.get_by_role("list", name="What is heard")
    await expect(heard).to_contain_text("This call is recorded.")
    await expect(phone.get_by_text("With the shop")).to_be_visible()

    await phone.get_by_role("textbox", name="Say something").fill("Can you text me the return label?")
    await phone.keyboard.press("Enter")
    await until(lambda: _understood(agent, call, "Can you text me the return label?"), "her words in the transcript")
    await agent.post(f"/calls/{call}/hang_up", {})
    await expect(phone.get_by_text("No call", exact=True)).to_be_visible(timeout=15_000)
    await expect(phone.get_by_text("The last call took 0:")).to_be_visible()
    ended = await until(lambda: _recorded(agent, call), "the recording")
    assert (ended["state"], ended["end_reason"]) == ("ended", "completed")
    assert ended["talk_s"] >= 1


async def test_a_call_to_the_shop_waits_and_gives_up(agent: Owner, phone: Page) -> None:
    await phone.get_by_role("button", name="Phone", exact=True).click()
    await phone.get_by_role("button", name="Call +44").click()
    heard = phone.get_by_role("list", name="What is heard")
    await expect(heard).to_contain_text("Thank you for calling.", timeout=15_000)
    await phone.get_by_role("button", name="Keypad").click()
    await phone.get_by_role("button", name="5", exact=True).click()
    await phone.get_by_role("button", name="Hang up").click()
    await expect(phone.get_by_text("No call", exact=True)).to_be_visible(timeout=15_000)
    await until(lambda: _abandoned(agent), "a call that was given up, in the console")


async def test_a_call_can_be_declined_by_keyboard(agent: Owner, phone: Page) -> None:
    await _writes(phone, "Text message", "Don't call me now.")
    thread = await until(lambda: _thread(agent, "Don't call me now."), "the text in the console")
    call = await _call(agent, thread)
    decline = phone.get_by_role("button", name="Decline")
    await decline.focus(timeout=15_000)
    await phone.keyboard.press("Enter")
    ended = await until(lambda: _ended(agent, call), "the end of the call")
    assert ended["end_reason"] == "rejected"


async def test_the_story_is_played_as_it_is_printed(demo: Hub, browser: Browser, phone: Page) -> None:
    """Agent in one window, Maya in the other, step by step: five channels become one thread."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    desk = await context.new_page()
    link = re.search(r"http\S+/link/\S+", demo.log)
    assert link
    await desk.goto(link[0])
    await desk.get_by_role("button").first.click()
    await expect(desk.get_by_role("navigation", name="Views")).to_be_visible(timeout=15_000)
    await desk.goto(f"{demo.url}/inbox/all")

    await _goes(phone, "Instagram")
    await _writes(phone, "Message", "The boots are a 38, I ordered a 40. Can I swap them?")
    await desk.get_by_role("option", name=re.compile("The boots are a 38")).click(timeout=15_000)
    await _sends(desk, "Of course. Please mail us your order number.", "Instagram")
    await expect(phone.get_by_role("article", name="Fern & Fell")).to_contain_text("order number", timeout=15_000)

    await _goes(phone, "My mailbox")
    await phone.get_by_label("Subject").fill("My order")
    await phone.get_by_label("Message").fill("It is order 48213.")
    await phone.get_by_role("button", name="Send", exact=True).click()
    await expect(phone.get_by_role("status")).to_contain_text("Sent to support@")
    await expect(desk.locator(".list")).to_contain_text("It is order 48213", timeout=15_000)
    await desk.keyboard.press("Control+k")
    await desk.keyboard.type("Ask for proof")
    await desk.keyboard.press("Enter")
    proof = desk.get_by_role("dialog", name="Ask for proof")
    await proof.get_by_label("Which address").fill("maya@example.com")
    await proof.get_by_role("button", name="Send code").click()
    code = await _mail(phone, r"\b\d{6}\b")
    await _goes(phone, "My phone")
    await _writes(phone, "Message", f"Here it is: {code}")
    await expect(desk.locator("#timeline")).to_contain_text("It is order 48213.", timeout=15_000)

    await _pick(desk, "Email")
    await desk.locator(".composer-text").fill("Found it. Shall we talk?")
    await desk.get_by_role("button", name="Add a live chat link").click()
    await desk.get_by_role("button", name="Send email", exact=True).click()
    await _goes(phone, "My mailbox")
    await phone.goto(await _mail(phone, r"http\S+/c/[\w.-]+"))
    await phone.get_by_role("button", name="Continue").click()
    await phone.get_by_role("textbox").fill("Yes please, call me: +44 7700 900142")
    await phone.keyboard.press("Enter")
    await expect(desk.locator("#timeline")).to_contain_text("Yes please, call me", timeout=15_000)
    await phone.goto(f"{demo.url}/demo#call")

    await desk.locator("#timeline").focus()
    await desk.keyboard.press("Shift+C")
    call = desk.get_by_role("dialog", name=re.compile("^Call "))
    await call.get_by_label("Another number").fill(NUMBER)
    await call.get_by_role("button", name="Start call").click()
    await phone.get_by_role("button", name="Answer").click(timeout=20_000)
    await expect(phone.get_by_text("With the shop")).to_be_visible(timeout=15_000)
    await phone.get_by_role("textbox", name="Say something").fill("Can you text me the return label?")
    await phone.keyboard.press("Enter")
    await expect(desk.locator("#timeline")).to_contain_text("Can you text me the return label?", timeout=15_000)
    await desk.get_by_role("region", name="Phone").get_by_role("button", name="End").click()
    wrap = desk.get_by_role("region", name="How did it go?")
    await wrap.get_by_text("Reached, follow-up").click(timeout=15_000)
    await wrap.get_by_role("button", name="Finish").click()
    await expect(wrap).to_be_hidden(timeout=10_000)
    await desk.get_by_role("button", name=f"What to do with {NUMBER}").click()
    await desk.get_by_role("menuitem", name="Confirm address").click()
    confirm = desk.get_by_role("dialog", name="Confirm address")
    await confirm.get_by_label("Reason").fill("I spoke with her on it.")
    await confirm.get_by_role("button", name="Confirm address").click()
    await expect(confirm).to_be_hidden()
    await desk.locator("#timeline").focus()
    await desk.keyboard.press("Shift+P")
    promise = desk.get_by_role("dialog", name="Promise")
    await promise.get_by_label("What you promised").fill("Send the return label")
    await promise.get_by_role("button", name="Save").click()
    await expect(promise).to_be_hidden()

    await _goes(phone, "Messages")
    await _writes(phone, "Text message", "Please send me the label")
    await expect(desk.locator("#timeline")).to_contain_text("Please send me the label", timeout=15_000)
    await _pick(desk, "SMS")
    await _sends(desk, "Your label: nwd.example/r/48213.", "SMS")
    log = phone.get_by_role("log", name="Text messages")
    await expect(log).to_contain_text("nwd.example/r/48213", timeout=15_000)
    await desk.get_by_role("button", name="Kept: Send the return label").first.click()
    await expect(desk.locator("#timeline")).to_contain_text("kept", timeout=15_000)
    await context.close()


async def _goes(page: Page, place: str) -> None:
    await page.get_by_role("button", name=re.compile(f"^{place}( ?[0-9]+ new)?$")).click()


async def _pick(desk: Page, channel: str) -> None:
    await desk.locator(".channel-pick").click()
    await desk.get_by_role("menuitemradio", name=re.compile(f"^{channel}")).first.click()


async def _sends(desk: Page, text: str, channel: str) -> None:
    await desk.locator(".composer-text").fill(text)
    await desk.get_by_role("button", name=f"Send {channel}", exact=True).click()


async def _mail(phone: Page, pattern: str) -> str:
    """What the newest mail that has it says."""

    async def found() -> str:
        mails = await phone.evaluate("fetch('/demo/mails').then(answer => answer.json())")
        texts = [re.search(pattern, mail["text"]) for mail in reversed(mails)]
        return next((match[0] for match in texts if match), "")

    return str(await until(found, f"a mail with {pattern}", 40))


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_part_is_accessible_and_fits(demo: Hub, browser: Browser, theme: Any) -> None:
    context = await browser.new_context(locale="en-GB", color_scheme=theme, viewport={"width": 360, "height": 740})
    page = await context.new_page()
    await page.goto(f"{demo.url}/demo#instagram")
    await _writes(page, "Message", "Hello")
    await page.get_by_role("article", name="You").wait_for()
    await page.get_by_text("Play the story").click()
    for place in ("Instagram", "Messages", "Phone", "My mailbox", "Shop"):
        await page.get_by_role("button", name=place, exact=True).click()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place
        assert await violations(page) == [], place
    await context.close()


async def _writes(page: Page, field: str, text: str) -> None:
    await page.get_by_role("textbox", name=field, exact=True).fill(text)
    await page.keyboard.press("Enter")


async def _cases(agent: Owner) -> list[Any]:
    cases: list[Any] = (await agent.get("/cases", view="all", limit=100))["items"]
    return cases


async def _thread(agent: Owner, text: str) -> str | None:
    return next((case["thread_id"] for case in await _cases(agent) if text in case["preview"]), None)


async def _target(agent: Owner, thread_id: str, channel: str) -> tuple[dict[str, Any], dict[str, Any]]:
    thread = await agent.get(f"/threads/{thread_id}")
    return thread, next(one for one in thread["targets"] if one["channel"] == channel)


async def _answer(agent: Owner, thread_id: str, channel: str, text: str) -> None:
    thread, target = await _target(agent, thread_id, channel)
    to = {name: target["to"][name] for name in ("kind", "address")}
    words = {"inbox_id": target["inbox_id"], "to": to, "text": text, "undo_s": 0}
    key = {"client_key": f"answer-by-{channel}", "last_seen_seq": thread["last_seq"]}
    await agent.post(f"/threads/{thread_id}/replies", {**words, **key})


async def _refused(agent: Owner, thread_id: str, channel: str) -> str:
    _, target = await _target(agent, thread_id, channel)
    return "" if target["usable"] else str(target["reason"])


async def _shown(agent: Owner, thread_id: str, words: str) -> bool:
    return words in str(await agent.get(f"/threads/{thread_id}"))


async def _state(agent: Owner, thread_id: str, text: str, state: str) -> None:
    async def reached() -> bool:
        entries = (await agent.get(f"/threads/{thread_id}"))["entries"]
        states = [one["state"] for entry in entries if entry["text"] == text for one in entry["deliveries"]]
        return states == [state]

    await until(reached, f"{state}: {text}")


async def _call(agent: Owner, thread_id: str) -> str:
    line = next(inbox["id"] for inbox in await agent.get("/inboxes") if inbox["connector"] == "twilio_voice")
    asked = {
        "client_key": "call-from-the-thread",
        "inbox_id": line,
        "to": {"kind": "phone", "address": NUMBER},
        "mode": "browser",
    }
    return str((await agent.post(f"/threads/{thread_id}/calls", asked))["id"])


async def _understood(agent: Owner, call: str, text: str) -> bool:
    return text in str((await agent.get(f"/calls/{call}"))["transcript"])


async def _recorded(agent: Owner, call: str) -> Any:
    found = await agent.get(f"/calls/{call}")
    return found if found["recording"]["state"] == "ready" else None


async def _ended(agent: Owner, call: str) -> Any:
    found = await agent.get(f"/calls/{call}")
    return found if found["state"] == "ended" else None


async def _abandoned(agent: Owner) -> bool:
    return any("hung up while waiting" in case["preview"] for case in await _cases(agent))
