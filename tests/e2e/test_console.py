"""A day at the desk, in a real browser against a real hub: mail comes in live, and answers go out."""

from __future__ import annotations

import asyncio
import re
import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.desk import Desk, label_file, shot, shows, thread_url, until, writing
from tests.e2e.mail_client import MailClient


async def test_mail_arrives_live_and_is_answered_with_a_file(desk: Desk, tmp_path: Path) -> None:
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/inbox/all")
    await expect(page.get_by_text("All clear.")).to_be_visible()
    await desk.writes("Wrong size", "The boots are a 38, I ordered a 40.")
    row = page.get_by_role("option", name="Wrong size")
    await expect(row).to_be_visible()
    await expect(page.get_by_role("link", name="All open")).to_contain_text("1")
    await row.click()
    await shows(page, "The boots are a 38")
    await shot(page, "mail-arrived")

    await page.set_input_files("input[type=file]", label_file(tmp_path))
    await expect(page.locator(".composer-files").get_by_text("label.pdf")).to_be_visible()
    await writing(page).fill("Here is the label.")
    await page.get_by_role("button", name="Send email", exact=True).click()
    await expect(page.locator(".toast")).to_contain_text("Sending email to Maya")
    await expect(writing(page)).to_have_value("")
    mail = (await desk.maya.received(1, within=25))[0]
    assert "Here is the label." in mail.text
    assert b"label.pdf" in mail.raw
    await expect(page.locator("#timeline").get_by_text("label.pdf")).to_be_visible()
    await expect(page.locator("#timeline article", has_text="Here is the label.")).to_contain_text("Sent")


async def test_undo_gives_the_text_back(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    page = await desk.sit_down()
    await page.goto(thread_url(desk, case))
    await writing(page).fill("Not like this")
    await writing(page).press("Control+Enter")
    await page.locator(".toast").get_by_role("button", name="Undo").click()
    await expect(writing(page)).to_have_value("Not like this")
    assert await desk.texts(case["thread_id"]) == ["Hello"]
    assert not desk.provider.mails


async def test_what_was_typed_meanwhile_stays_below_what_is_taken_back(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    page = await desk.sit_down()
    await page.goto(thread_url(desk, case))
    await writing(page).fill("Not like this")
    await writing(page).press("Control+Enter")
    await expect(writing(page)).to_have_value("")
    await writing(page).fill("And one more thing")
    await page.locator(".toast").get_by_role("button", name="Undo").click()
    await expect(writing(page)).to_have_value("Not like this\n\nAnd one more thing")
    await page.reload()
    await expect(writing(page)).to_have_value("Not like this\n\nAnd one more thing")
    await expect(page.get_by_role("button", name="Use the newer")).to_have_count(0)


async def test_who_answers_a_mail_that_was_passed_on_is_shown_with_what_they_refer_to(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    await desk.reply(case, "Which size is it?")
    [mail] = await desk.maya.received(1)
    friend = MailClient(desk.provider, desk.maya.hub_port, "friend@mail.example")
    await friend.send("Re: Wrong size", "It is a 38", answers=mail)

    async def theirs() -> dict[str, Any] | None:
        return next((one for one in await desk.cases() if one["thread_id"] != case["thread_id"]), None)

    page = await desk.sit_down()
    await page.goto(thread_url(desk, await until(theirs, "the friend's own thread")))
    told = page.locator("#timeline article", has_text="It is a 38").locator(".warning", has_text="Also refers to")
    await expect(told.get_by_role("link", name="“Wrong size” of Maya Okafor")).to_be_visible()
    await shot(page, "refers-to")
    await told.get_by_role("link").click()
    await shows(page, "Which size is it?")


async def test_a_note_is_a_surface_of_its_own(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    page = await desk.sit_down()
    await page.goto(thread_url(desk, case))
    await writing(page).fill("a reply that waits")
    await page.get_by_role("button", name="Note", exact=True).click()
    await expect(writing(page)).to_have_value("")
    await writing(page).fill("Hold a size 40 in Leeds")
    await shot(page, "note")
    await page.get_by_role("button", name="Add note").click()
    await expect(page.locator("#timeline .note:not(.is-pending)", has_text="Hold a size 40")).to_be_visible()
    assert await desk.texts(case["thread_id"], "note") == ["Hold a size 40 in Leeds"]
    await page.get_by_role("button", name="Reply", exact=True).click()
    await expect(writing(page)).to_have_value("a reply that waits")
    assert not desk.provider.mails


async def test_a_draft_survives_a_reload_and_follows_to_another_device(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    page = await desk.sit_down()
    await page.goto(thread_url(desk, case))
    await writing(page).fill("half a sentence")
    await expect(page.get_by_text("Draft saved")).to_be_visible()
    await page.reload()
    await expect(writing(page)).to_have_value("half a sentence")

    elsewhere = await desk.sit_down()
    await elsewhere.goto(thread_url(desk, case))
    await expect(writing(elsewhere)).to_have_value("half a sentence")
    await writing(elsewhere).fill("half a sentence, and more")
    await expect(elsewhere.get_by_text("Draft saved")).to_be_visible()
    await writing(page).fill("half a sentence, otherwise")
    await page.get_by_role("button", name="Use the newer draft").click()
    await expect(writing(page)).to_have_value("half a sentence, and more")


async def test_a_reload_in_the_pause_before_saving_loses_nothing(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    page = await desk.sit_down()
    await page.goto(thread_url(desk, case))
    await writing(page).press_sequentially("typed a moment ago")
    await page.reload()
    await expect(writing(page)).to_have_value("typed a moment ago")


async def test_a_send_over_something_newer_is_stopped_once(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    page = await desk.sit_down()
    await page.goto(thread_url(desk, case))
    await writing(page).fill("We send a new pair.")
    invited = await desk.owner.post("/agents", {"email": "sofia@shop.example", "name": "Sofia Klein", "role": "agent"})
    sofia = await desk.sit_down_as(invited["link"])
    await sofia.goto(thread_url(desk, case))
    await writing(sofia).fill("You get your money back.")
    await writing(sofia).press("Control+Enter")
    await until(lambda: _says(desk, case, "You get your money back."), "Sofia's answer", within=25)
    await shows(page, "You get your money back.")

    await writing(page).press("Control+Enter")
    bar = page.locator(".bar", has_text="Something new came in")
    await expect(bar).to_contain_text("You get your money back.")
    await shot(page, "stale")
    await expect(writing(page)).to_have_value("We send a new pair.")
    await bar.get_by_role("button", name="Send anyway").click()
    await until(lambda: _says(desk, case, "We send a new pair."), "the answer all the same", within=25)


async def _says(desk: Desk, case: dict[str, Any], text: str) -> bool:
    return text in await desk.texts(case["thread_id"])


async def test_what_is_remote_in_a_mail_waits_until_it_is_asked_for(desk: Desk) -> None:
    html = '<p style="color:#b42318">Red words</p><img src="https://tracker.example/pixel.png" alt="pixel">'
    case = await _html_mail(desk, html)
    page = await desk.sit_down()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(thread_url(desk, case))
    frame = page.frame_locator(".mail-frame")
    await expect(frame.get_by_text("Red words")).to_be_visible()
    await expect(page.get_by_text("Pictures from other servers are not loaded")).to_be_visible()
    assert not [url for url in asked if "tracker.example" in url]
    await page.get_by_role("button", name="Show pictures").click()
    await until(lambda: _asked(asked, "tracker.example"), "the picture's request")


async def _asked(urls: list[str], host: str) -> bool:
    return any(host in url for url in urls)


async def _html_mail(desk: Desk, html: str) -> dict[str, Any]:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Maya Okafor <maya.okafor@mail.example>", "support@shop.example"
    mail["Subject"], mail["Message-ID"] = "With pictures", "<pictures@mail.example>"
    mail.set_content("Red words")
    mail.add_alternative(html, subtype="html")

    def deliver() -> None:
        with smtplib.SMTP("127.0.0.1", desk.maya.hub_port, timeout=10) as server:
            server.send_message(mail)

    await asyncio.to_thread(deliver)

    async def arrived() -> dict[str, Any] | None:
        return next(iter(await desk.cases()), None)

    case: dict[str, Any] = await until(arrived, "the case")
    return case


async def test_search_finds_it_and_opens_it_there(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "My parcel number is zebra-4711.")
    for number in range(3):
        await desk.reply(case, f"Answer {number}")
    await until(lambda: _indexed(desk, "zebra"), "the search index")
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/inbox/all")
    await expect(page.get_by_text("Choose a conversation")).to_be_visible()
    await page.keyboard.press("/")
    await page.get_by_role("searchbox", name="Search").fill("zebra")
    hit = page.locator(".result", has_text="zebra")
    await expect(hit.locator("mark").first).to_be_visible()
    await shot(page, "search")
    await hit.click()
    await expect(page).to_have_url(re.compile(rf"/inbox/all/{case['thread_id']}\?.*at=1$"))
    await expect(page.locator(".is-hit")).to_contain_text("zebra-4711")


async def _indexed(desk: Desk, word: str) -> bool:
    return bool((await desk.owner.get("/search", q=word))["entries"]["items"])


async def test_the_palette_goes_and_does(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    page = await desk.sit_down()
    await page.goto(thread_url(desk, case))
    await expect(writing(page)).to_be_visible()
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox", name="Search or jump to").fill("maya")
    await expect(page.get_by_role("option", name="Maya Okafor").first).to_be_visible()
    await shot(page, "palette")
    await page.get_by_role("combobox", name="Search or jump to").fill("assign to me")
    await page.keyboard.press("Enter")
    await until(lambda: _assigned(desk, case), "the assignment")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await shot(page, "shortcuts")


async def _assigned(desk: Desk, case: dict[str, Any]) -> bool:
    return (await desk.owner.get(f"/cases/{case['id']}"))["assignee"] is not None


async def test_the_customer_can_be_renamed_and_a_second_case_opened(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    page = await desk.sit_down()
    await page.goto(thread_url(desk, case))
    await page.get_by_role("button", name="Rename").click()
    await page.get_by_role("textbox", name="Name").fill("Maya O.")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="Maya O.")).to_be_visible()
    await page.get_by_role("button", name="More actions").first.click()
    await page.get_by_role("menuitem", name="Open another case").click()
    await page.get_by_role("textbox", name="Subject of the new case").fill("Invoice")
    await page.get_by_role("button", name="Open case").click()
    await expect(_panel(page).get_by_role("button", name="Invoice")).to_be_visible()


def _panel(page: Page) -> Any:
    return page.get_by_role("complementary", name="Customer")


async def test_a_held_send_can_still_be_undone_after_a_reload(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    page = await desk.sit_down()
    await page.goto(thread_url(desk, case))
    await writing(page).fill("Wait for me")
    await writing(page).press("Control+Enter")
    await expect(page.locator(".toast")).to_contain_text("Sending email")
    await page.reload()
    held = page.locator(".is-pending", has_text="Wait for me")
    await held.get_by_role("button", name="Undo").click()
    await expect(writing(page)).to_have_value("Wait for me")
    await expect(held).to_have_count(0)
    assert await desk.texts(case["thread_id"]) == ["Hello"]


async def test_reading_a_thread_takes_its_mark_away(desk: Desk) -> None:
    case = await desk.writes("Wrong size", "Hello")
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/inbox/all")
    row = page.get_by_role("option", name="Wrong size")
    await expect(row.get_by_text("Unread")).to_have_count(1)
    await row.click()
    await shows(page, "Hello")
    await until(lambda: _read(desk, case), "the mark of reading")
    await page.goto(f"{desk.hub.url}/inbox/all")
    await expect(row.get_by_text("Unread")).to_have_count(0)
    await row.click()
    await expect(writing(page)).to_be_visible()
    await page.keyboard.press("Shift+U")
    await page.goto(f"{desk.hub.url}/inbox/all")
    await expect(row.get_by_text("Unread")).to_have_count(1)


async def _read(desk: Desk, case: dict[str, Any]) -> bool:
    return not (await desk.owner.get(f"/cases/{case['id']}"))["unread"]
