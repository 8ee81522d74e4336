"""The story's first half with two browsers, a mail client and a mailbox: one thread, whatever the channel.

Maya mails; the agent sees it live and answers with a file and an invitation to chat; she opens the link on her phone,
history above; they talk, type and read; she leaves, the next answer goes by mail with the earlier turns, and her answer
to that lands in the same thread. The hub is killed in between.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.desk import Desk, label_file, shot, shows, until, writing
from tests.support.chatting import Visitor

pytestmark = pytest.mark.timeout(240)
PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "en-GB"}


async def test_from_mail_to_chat_and_back_in_one_thread(desk: Desk, tmp_path: Path) -> None:
    agent = await desk.sit_down()
    await agent.goto(f"{desk.hub.url}/inbox/all")
    await expect(agent.get_by_text("All clear.")).to_be_visible()
    chat = await desk.owner.call(
        "PATCH", f"/inboxes/{desk.chat}", {"settings": {"name": "Shop", "continue_after_s": 5}}
    )

    # a mail arrives without a reload, and survives that the hub dies
    first = await desk.maya.send("Wrong size", "The boots are a 38, I ordered a 40.")
    await expect(agent.get_by_role("option", name="Wrong size")).to_be_visible(timeout=15_000)
    desk.hub.kill()
    desk.hub.start()
    await agent.get_by_role("option", name="Wrong size").click()
    await shows(agent, "The boots are a 38")

    # the answer: a file, and an invitation
    await agent.set_input_files("input[type=file]", label_file(tmp_path))
    await expect(agent.locator(".composer-files").get_by_text("label.pdf")).to_be_visible()
    await writing(agent).fill("Here is the label. Shall we talk?")
    await agent.get_by_role("button", name="Add a live chat link").click()
    await agent.get_by_role("button", name="Send email", exact=True).click()
    mail = (await desk.maya.received(1, within=40))[0]
    assert mail.header("In-Reply-To") == first
    assert mail.header("Subject") == "Re: Wrong size"
    assert b"label.pdf" in mail.raw
    await shot(agent, "journey-1-answered")

    # the link, on her phone: a scanner's look spends nothing, the first device that presses has it
    link = next(word for word in mail.text.split() if "/c/" in word)
    phone = await _open(desk, link)
    await phone.reload()
    await phone.get_by_role("button", name="Continue").click()
    maya = Visitor(phone, phone)
    await expect(phone.get_by_text("The boots are a 38, I ordered a 40.")).to_be_visible()
    await expect(phone.get_by_text("Here is the label. Shall we talk?")).to_be_visible()
    stranger = await _open(desk, link)
    await stranger.get_by_role("button", name="Continue").click()
    await expect(stranger.get_by_text("another device")).to_be_visible()
    assert await stranger.locator("article").count() == 0

    # both ways, live, with typing and reading
    await maya.field.press_sequentially("Any", delay=30)
    await expect(agent.get_by_text("is writing").first).to_be_visible(timeout=10_000)
    await maya.says("Any news about the exchange?")
    await shows(agent, "Any news about the exchange?")
    await shows(agent, "switched from email to live chat")
    await expect(agent.get_by_role("button", name="Send live chat", exact=True)).to_be_visible()
    await writing(agent).press_sequentially("Size", delay=30)
    await expect(phone.locator(".bub.tp")).to_be_visible(timeout=10_000)
    await writing(agent).fill("Size 40 is in stock.")
    await agent.get_by_role("button", name="Send live chat", exact=True).click()
    await expect(phone.get_by_text("Size 40 is in stock.", exact=True)).to_be_visible()
    answer = agent.locator("#timeline article", has_text="Size 40 is in stock.")
    await expect(answer).to_contain_text("Read", timeout=15_000)
    await shot(agent, "journey-2-chatting")
    await shot(phone, "journey-3-phone")

    # she leaves; what she didn't read goes by mail, with the turns before it
    await phone.context.close()
    desk.contexts = [context for context in desk.contexts if context is not phone.context]
    await writing(agent).fill("It leaves tonight.")
    await agent.get_by_role("button", name="Send live chat", exact=True).click()
    second = (await desk.maya.received(2, within=60))[1]
    assert "It leaves tonight." in second.text
    assert b"Any news about the exchange?" in second.raw
    assert second.recipients == (desk.maya.address,)

    # her answer to that mail
    await desk.maya.send("Re: Wrong size", "Perfect, thank you.", answers=second)
    await shows(agent, "Perfect, thank you.")
    await shot(agent, "journey-4-together")
    await _is_one_thread(desk)
    assert chat["id"] == desk.chat


async def _open(desk: Desk, link: str) -> Page:
    context = await desk.browser.new_context(**PHONE)  # type: ignore[arg-type]
    desk.contexts.append(context)
    page = await context.new_page()
    await page.goto(link)
    return page


async def _is_one_thread(desk: Desk) -> None:
    """One customer, one thread, one case; right order, right author, no duplicate."""
    customers = (await desk.owner.get("/customers"))["items"]
    assert len(customers) == 1
    thread = customers[0]["thread_id"]

    async def complete() -> bool:
        return len(await desk.texts(thread)) == 6

    await until(complete, "six messages")
    shown = await desk.owner.get(f"/threads/{thread}")
    messages = [entry for entry in shown["entries"] if entry["kind"] == "message"]
    assert [(m["author"]["name"], m["channel"], m["text"].strip().split("\n")[0]) for m in messages] == [
        ("Maya Okafor", "email", "The boots are a 38, I ordered a 40."),
        ("Olive Owner", "email", "Here is the label. Shall we talk?"),
        ("Maya Okafor", "chat", "Any news about the exchange?"),
        ("Olive Owner", "chat", "Size 40 is in stock."),
        ("Olive Owner", "chat", "It leaves tonight."),
        ("Maya Okafor", "email", "Perfect, thank you."),
    ]
    assert len(shown["cases"]) == 1
