"""The story that decides everything: Instagram, mail, live chat, a call and a text message are one thread.

Nobody knows the handle that asks about a wrong boot size. A code joins it with the mail address of the order; she opens
the invitation to chat on her phone; she is called, it is recorded and noted, and the number counts as proven. He who
promised the label goes off shift. At night she texts, and an agent who never heard of her answers in the right case,
although quiet hours have begun. The hub is killed three times on the way.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from connectors.twilio_voice.simulator import Sound
from hub.testkit import Mischief
from tests.e2e.desk import Desk, shot, shows, until, writing
from tests.e2e.test_journey import PHONE
from tests.e2e.town import MAYAS, Town, open_town
from tests.support.chatting import Visitor
from tests.support.hub import StartHub

pytestmark = pytest.mark.timeout(400)


@pytest_asyncio.fixture(loop_scope="session")
async def town(start_hub: StartHub, browser: Browser) -> AsyncIterator[Town]:
    async with open_town(start_hub, browser) as opened:
        yield opened


async def test_five_channels_are_one_thread(town: Town) -> None:
    desk = town.desk
    daniel = await desk.sit_down()
    sofia = await _colleague(desk)
    await daniel.goto(f"{desk.hub.url}/inbox/all")
    await desk.maya.send("Invoice", "Please send me the invoice of order 47001.")
    await expect(daniel.get_by_role("option", name="Invoice")).to_be_visible(timeout=15_000)

    await _asks_on_instagram(town, daniel)
    await _is_joined_by_a_code(town, daniel)
    maya = await _goes_on_in_chat(town, daniel)
    await _is_called(town, daniel, maya)
    await _is_promised_something(town, daniel)
    await _texts_at_night(town, sofia)
    await _is_asked_once(town, sofia)
    await _is_one_thread(town)


async def _colleague(desk: Desk) -> Page:
    invited = await desk.owner.post("/agents", {"email": "sofia@shop.example", "name": "Sofia Klein", "role": "agent"})
    return await desk.sit_down_as(invited["link"])


async def _asks_on_instagram(town: Town, daniel: Page) -> None:
    """Duplicated by the provider, as happens; nobody knows the handle."""
    hello = town.maya.writes("The boots are a 38, I ordered a 40. Can I swap them?")
    await town.on_instagram(hello, Mischief.DUPLICATE)
    await daniel.get_by_role("option", name=re.compile("The boots are a 38")).click()
    await shows(daniel, "The boots are a 38")
    await _says(daniel, "Of course. Please mail us your order number.", "Instagram")
    await until(lambda: _has(town, "Please mail us your order number."), "the answer on Instagram")


async def _has(town: Town, text: str) -> bool:
    return any(text in turn.text for turn in town.maya.turns)


async def _is_joined_by_a_code(town: Town, daniel: Page) -> None:
    """She mails the order; the code that goes there comes back from Instagram, while the hub is killed."""
    desk = town.desk
    await desk.maya.send("My order", "It is order 48213.")
    await expect(daniel.locator(".case-list, .list")).to_contain_text("It is order 48213", timeout=15_000)
    await daniel.keyboard.press("Control+k")
    await daniel.keyboard.type("Ask for proof")
    await daniel.keyboard.press("Enter")
    dialog = daniel.get_by_role("dialog", name="Ask for proof")
    await dialog.get_by_label("Which address").fill(desk.maya.address)
    await dialog.get_by_role("button", name="Send code").click()
    mail = (await desk.maya.received(1, within=40))[0]
    code = re.search(r"\b\d{6}\b", mail.text)
    assert code, mail.text
    assert "boots" not in mail.text, "a code's mail tells nothing of the thread that asks"
    desk.hub.kill()
    desk.hub.start()
    await town.on_instagram(town.maya.writes(f"Here it is: {code[0]}"))
    await shows(daniel, "with a code")
    await shows(daniel, "It is order 48213.")
    await shot(daniel, "story-1-joined")


async def _goes_on_in_chat(town: Town, daniel: Page) -> Visitor:
    """The invitation goes by mail; on her phone she sees what she wrote on Instagram, too."""
    desk = town.desk
    await _pick(daniel, "Email")
    await writing(daniel).fill("Found it. Shall we talk?")
    await daniel.get_by_role("button", name="Add a live chat link").click()
    await daniel.get_by_role("button", name="Send email", exact=True).click()
    mail = (await desk.maya.received(2, within=40))[1]
    link = next(word for word in mail.text.split() if "/c/" in word)
    context = await desk.browser.new_context(**PHONE)  # type: ignore[arg-type]
    desk.contexts.append(context)
    phone = await context.new_page()
    await phone.goto(link)
    await phone.get_by_role("button", name="Continue").click()
    maya = Visitor(phone, phone)
    await expect(phone.get_by_text("Can I swap them?")).to_be_visible()
    await maya.says("Yes please, it is easier by phone.")
    await shows(daniel, "it is easier by phone")
    await shows(daniel, "switched from Instagram to live chat")
    await shot(phone, "story-2-phone")
    return maya


async def _is_called(town: Town, daniel: Page, maya: Visitor) -> None:
    """Her number is typed; with one key it rings, is recorded and noted; then an agent says whose it is."""
    desk = town.desk
    await maya.says(f"My number is {MAYAS}")
    await shows(daniel, MAYAS)
    await daniel.keyboard.press("Escape")
    await daniel.locator("#timeline").focus()
    await daniel.keyboard.press("Shift+C")
    dialog = daniel.get_by_role("dialog", name=re.compile("^Call "))
    await dialog.get_by_label("Another number").fill(MAYAS)
    await dialog.get_by_role("button", name="Start call").click()
    phone = town.voice.phone(MAYAS)
    await phone.rings(within=15)
    bar = daniel.get_by_role("region", name="Phone")
    await expect(bar).to_contain_text("Ringing", timeout=10_000)
    phone.answer()
    await until(lambda: _talks(phone), "the call")
    await expect(bar.get_by_role("button", name="End")).to_be_visible(timeout=10_000)
    assert "This call is recorded." in phone.said(Sound.SPEECH)
    await bar.get_by_role("button", name="Note").click()
    note = daniel.get_by_placeholder(re.compile("What matters of this call"))
    await note.fill("Exchange agreed, size 40 from Leeds.")
    phone.says("Can you text me the return label?")
    await shows(daniel, "Can you text me the return label?")
    await shot(daniel, "story-3-call")
    desk.hub.kill()
    desk.hub.start()
    await expect(bar.get_by_role("button", name="End")).to_be_visible(timeout=30_000)
    await daniel.keyboard.press("Escape")
    await bar.get_by_role("button", name="End").click()
    await phone.is_free(within=20)
    wrap = daniel.get_by_role("region", name="How did it go?")
    await wrap.get_by_text("Reached, follow-up").click()
    await wrap.get_by_role("button", name="Finish").click()
    await expect(wrap).to_be_hidden(timeout=10_000)
    card = daniel.locator("#timeline .call-card")
    await expect(card).to_contain_text("Exchange agreed", timeout=15_000)
    await expect(card.get_by_role("button", name="Play recording")).to_be_visible(timeout=30_000)
    await daniel.get_by_role("button", name=f"What to do with {MAYAS}").click()
    await daniel.get_by_role("menuitem", name="Confirm address").click()
    dialog = daniel.get_by_role("dialog", name="Confirm address")
    await dialog.get_by_label("Reason").fill("I spoke with her on it.")
    await dialog.get_by_role("button", name="Confirm address").click()
    await expect(dialog).to_be_hidden()


async def _talks(phone: Any) -> bool:
    return bool(phone.with_whom)


async def _is_promised_something(town: Town, daniel: Page) -> None:
    await daniel.locator("#timeline").focus()
    await daniel.keyboard.press("Shift+P")
    dialog = daniel.get_by_role("dialog", name="Promise")
    await dialog.get_by_label("What you promised").fill("Send the return label")
    soon = datetime.now().astimezone() + timedelta(minutes=30)
    await dialog.get_by_label("Until when").last.fill(soon.strftime("%Y-%m-%dT%H:%M"))
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    await expect(daniel.get_by_role("region", name="Before you answer")).to_contain_text("Send the return label")
    await daniel.goto(f"{town.desk.hub.url}/promises")
    await daniel.get_by_role("button", name="Go off shift").click()
    await expect(daniel.get_by_role("button", name="Go on shift")).to_be_visible()


async def _texts_at_night(town: Town, sofia: Page) -> None:
    """Quiet hours hold back what nobody asked for; her own question is answered at once, by text, in the right case."""
    desk = town.desk
    await _quiet(town, on=True)
    await town.texts("please send me the label", Mischief.DUPLICATE)
    await sofia.goto(f"{desk.hub.url}/inbox/all")
    await sofia.get_by_role("option", name=re.compile("please send me the label")).click()
    await shows(sofia, "please send me the label")
    card = sofia.get_by_role("region", name="Before you answer")
    await expect(card).to_contain_text("Send the return label")
    await expect(sofia.get_by_role("button", name="Send SMS", exact=True)).to_be_visible()
    await writing(sofia).fill("Your label: nwd.example/r/48213. It works at any post office.")
    await shot(sofia, "story-4-night")
    await sofia.get_by_role("button", name="Send SMS", exact=True).click()
    await until(lambda: _texted(town, "nwd.example/r/48213"), "the text message", within=40)
    desk.hub.kill()
    desk.hub.start()
    await expect(card.get_by_role("button", name="Kept: Send the return label")).to_be_visible(timeout=30_000)
    await card.get_by_role("button", name="Kept: Send the return label").click()
    await expect(card.get_by_role("button", name="Kept: Send the return label")).to_be_hidden(timeout=15_000)


async def _texted(town: Town, text: str) -> bool:
    return any(text in body for body in await town.texted())


async def _quiet(town: Town, *, on: bool) -> None:
    """By the clock of her number's country."""
    now = datetime.now(ZoneInfo("Europe/London"))
    hours = {"start": f"{now - timedelta(hours=2):%H:%M}", "end": f"{now + timedelta(hours=6):%H:%M}", "on": on}
    await town.desk.owner.call("PUT", "/workspace/quiet-hours", {**hours, "timezone": "Europe/London"})


async def _is_asked_once(town: Town, sofia: Page) -> None:
    """The case is done; how satisfied she was is asked once, on the channel she used last, when it is day again."""
    await town.desk.owner.call("PUT", "/workspace/survey", {"on": True, "after_s": 0})
    await sofia.locator(".done-button").click()
    await _quiet(town, on=False)
    await until(lambda: _texted(town, "5"), "the question", within=60)
    await town.texts("5")

    async def rated() -> bool:
        lines = (await town.desk.owner.get("/reports/cases"))["cases"]
        return any(line["csat"] == 5 for line in lines)

    await until(rated, "the answer in the report")


async def _is_one_thread(town: Town) -> None:
    thread = await town.thread()
    words = [
        (entry["channel"], entry["text"].strip().split("\n")[0])
        for entry in thread["entries"]
        if entry["kind"] in ("message", "call") and entry["direction"] != "none"
    ]
    texts = [text for _, text in words]
    for once in (
        "The boots are a 38, I ordered a 40. Can I swap them?",
        "It is order 48213.",
        "Found it. Shall we talk?",
        "Yes please, it is easier by phone.",
        "please send me the label",
        "Your label: nwd.example/r/48213. It works at any post office.",
    ):
        assert texts.count(once) == 1, (once, texts)
    assert [entry["seq"] for entry in thread["entries"]] == sorted(entry["seq"] for entry in thread["entries"])
    (call,) = [entry["call"] for entry in thread["entries"] if entry["kind"] == "call"]
    assert (call["end_reason"], call["disposition"], call["recording"]["state"]) == ("completed", "follow_up", "ready")
    boots = next(case for case in thread["cases"] if "boots" in case["subject"])
    label = next(entry for entry in thread["entries"] if entry["text"].startswith("please send me the label"))
    assert label["case_id"] == boots["id"]
    assert sum("Your label" in body for body in await town.texted()) == 1
    report = await town.desk.owner.get("/reports/cases")
    (line,) = [one for one in report["cases"] if one["case_id"] == boots["id"]]
    assert (line["switches"], line["calls"]) == (4, 1), line


async def _says(page: Page, text: str, channel: str) -> None:
    await writing(page).fill(text)
    await page.get_by_role("button", name=f"Send {channel}", exact=True).click()
    await shows(page, text)


async def _pick(page: Page, channel: str) -> None:
    await page.locator(".channel-pick").click()
    await page.get_by_role("menuitemradio", name=re.compile(f"^{channel}")).first.click()
