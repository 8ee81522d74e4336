"""Channels in the settings: connected, tried out with a real message, looked after; and the pages that set them up."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from connectors.twilio_sms.simulator import TwilioSimulator
from connectors.twilio_voice.conformance import ACCOUNT
from connectors.webhook.simulator import YourSystem
from hub.testkit import Fault
from tests.connectors.twilio_voice.support import KEY, TOKEN
from tests.e2e.desk import Desk, shot, until, violations
from tests.e2e.town import MAYAS, NUMBER

pytestmark = pytest.mark.timeout(240)

SECRET = "a-secret-of-this-shop"
PHONE = {"width": 390, "height": 844}


@pytest_asyncio.fixture(loop_scope="session")
async def sms() -> AsyncIterator[TwilioSimulator]:
    async with TwilioSimulator(ACCOUNT, TOKEN, number=NUMBER, key=KEY) as provider:
        provider.reports = ("sent", "delivered")
        yield provider


async def test_connecting_ends_with_a_message_that_is_seen_at_every_hop(desk: Desk, sms: TwilioSimulator) -> None:
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/settings/channels?connect=1")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=re.compile("^SMS")).click()
    await dialog.get_by_label("Account SID").fill(ACCOUNT)
    await dialog.get_by_label("Auth token", exact=True).fill(TOKEN)
    await dialog.get_by_label("Number", exact=True).fill(NUMBER)
    for group in await dialog.locator("summary").all():
        await group.click()
    await dialog.get_by_label("API", exact=True).fill(sms.url)
    await dialog.get_by_role("button", name="Connect", exact=True).click()

    await expect(dialog.get_by_text("Waiting for your message")).to_be_visible(timeout=20_000)
    await expect(dialog.locator("code")).to_have_text(NUMBER)
    await expect(dialog.locator(".hops .is-ok")).to_have_count(0)
    await shot(page, "try-waiting")
    assert await violations(page) == []
    inbox = next(one for one in await desk.owner.get("/inboxes") if one["channel"] == "sms")
    sms.hook_url = inbox["hook_url"]
    await sms.deliver(sms.says(MAYAS, "Does this work?"))
    await expect(dialog.get_by_text("Received and stored")).to_be_visible(timeout=10_000)
    await expect(dialog.get_by_text("Does this work?")).to_be_visible(timeout=10_000)
    await expect(dialog.locator(".hops .is-ok")).to_have_count(2)
    await shot(page, "try-received")
    assert await violations(page) == []
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog.get_by_text("Answer delivered")).to_be_visible(timeout=20_000)
    assert [taken.asked["To"] for taken in sms.taken] == [MAYAS]
    await shot(page, "try-delivered")
    await dialog.get_by_role("button", name="Done").click()
    card = _card(page, inbox["name"])
    await expect(card).to_contain_text(re.compile(r"Last in\s*\d\d:\d\d"))
    await expect(card).to_contain_text(re.compile(r"Last out\s*\d\d:\d\d"))


async def test_an_answer_that_fails_is_said_at_its_hop(desk: Desk, sms: TwilioSimulator) -> None:
    inbox = await _texts(desk, sms)
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/settings/channels")
    await _card(page, inbox["name"]).get_by_role("button", name="Send yourself a test").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("Waiting for your message")).to_be_visible()
    await sms.deliver(sms.says(MAYAS, "And now?"))
    await expect(dialog.get_by_text("And now?")).to_be_visible(timeout=10_000)
    sms.misbehave(Fault.REFUSED)
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog.locator(".hops .is-bad")).to_contain_text("Answer not sent", timeout=20_000)
    await expect(dialog.get_by_text("Answer delivered")).to_be_hidden()
    await shot(page, "try-failed")


async def test_trouble_and_a_pause_show_without_a_reload_with_what_to_do(desk: Desk, sms: TwilioSimulator) -> None:
    inbox = await _texts(desk, sms)
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/settings/channels")
    card = _card(page, inbox["name"])
    await expect(card.get_by_text("Active", exact=True)).to_be_visible()
    await sms.deliver(sms.says(MAYAS, "Anybody there?"))
    case = await until(lambda: _case(desk), "the case")
    sms.retry_after = 30
    sms.misbehave(Fault.BUSY)
    await _answers(desk, case, "In a moment.")
    await expect(card).to_contain_text("It recovers by itself", timeout=20_000)
    await expect(card.get_by_text("In trouble")).to_be_visible()
    await shot(page, "channel-trouble")
    assert await violations(page) == []


async def test_refused_credentials_pause_a_channel_and_say_so(desk: Desk, sms: TwilioSimulator) -> None:
    inbox = await _texts(desk, sms)
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/settings/channels")
    await sms.deliver(sms.says(MAYAS, "Anybody there?"))
    case = await until(lambda: _case(desk), "the case")
    sms.token = "another"
    sms.key = ("", "")
    await _answers(desk, case, "Yes.")
    card = _card(page, inbox["name"])
    await expect(card.get_by_text("Paused", exact=True)).to_be_visible(timeout=20_000)
    await expect(card).to_contain_text("Choose Edit")
    await shot(page, "channel-paused")
    assert await violations(page) == []
    sms.token = TOKEN
    await card.get_by_role("button", name="Resume").click()
    await expect(card.get_by_text("Paused", exact=True)).to_be_hidden(timeout=10_000)
    await until(lambda: _taken(sms, "Yes."), "what waited")


async def test_what_could_not_be_read_stands_with_its_channel(desk: Desk) -> None:
    inbox = await desk.owner.new_inbox("webhook", secret=SECRET)
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/settings/channels")
    card = _card(page, inbox["name"])
    await expect(card).to_contain_text(re.compile(r"Could not be read\s*None"))
    async with YourSystem(SECRET, inbox["hook_url"]) as system:
        await system.deliver(system.event({"id": "42", "text": "Who am I?"}))
    await expect(card).to_contain_text("1 message", timeout=20_000)
    await expect(page.get_by_role("button", name="Replay")).to_have_count(1)
    await shot(page, "channel-unread")
    assert await violations(page) == []
    await card.get_by_role("button", name="Replay").click()
    await expect(page.get_by_text("It still can't be read.")).to_be_visible()


async def test_how_lines_behave_is_set_on_the_page_of_the_phone(desk: Desk) -> None:
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/settings/phone")
    await page.get_by_label("Always open").uncheck()
    await page.get_by_label("Monday").fill("09:00-12:30, 13:30-18:00")
    await page.get_by_label("Friday").fill("nine to five")
    await page.get_by_label("Time zone").fill("Europe/London")
    await page.get_by_label("Greeting").fill("Northwind, hello.")
    await page.get_by_label("May calls be recorded?").select_option("ask")
    await page.get_by_label("What they are asked").fill("May we record? Press 1.")
    await page.get_by_label("Record every call").check()
    await page.get_by_label("Write down what is said").check()
    await page.get_by_label("Numbers that may be called").fill("+44\n+49")
    await page.get_by_label("Choice 1", exact=True).fill("Sorted out")
    await page.get_by_role("button", name="Add a choice").click()
    await page.get_by_label("Choice 11", exact=True).fill("Sold")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert").filter(has_text="Friday: “nine to five”")).to_be_visible()
    await page.get_by_label("Friday").fill("")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    kept = await desk.owner.get("/calls/settings")
    line = kept["line"]
    assert line["hours"]["zone"] == "Europe/London"
    assert line["hours"]["days"]["mon"] == [["09:00", "12:30"], ["13:30", "18:00"]]
    assert "fri" not in line["hours"]["days"]
    assert (line["greeting"], line["consent"], line["allow"]) == ("Northwind, hello.", "ask", ["+44", "+49"])
    assert (line["question"], line["record"], line["transcribe"]) == ("May we record? Press 1.", True, True)
    assert [kept["dispositions"][at]["label"] for at in (0, -1)] == ["Sorted out", "Sold"]
    await page.reload()
    await expect(page.get_by_label("Monday")).to_have_value("09:00-12:30, 13:30-18:00")


async def test_quiet_hours_the_survey_and_ones_own_number(desk: Desk) -> None:
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/settings/workspace")
    quiet = page.get_by_role("region", name="Quiet hours")
    await quiet.get_by_label("From").fill("22:15")
    await quiet.get_by_label("Time zone").fill("Europe/London")
    await quiet.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    kept = await desk.owner.get("/workspace/quiet-hours")
    assert kept == {"start": "22:15", "end": "08:00", "on": True, "timezone": "Europe/London"}
    survey = page.get_by_role("region", name="Satisfaction")
    await survey.get_by_label("Ask when a case is set done").check()
    await survey.get_by_label("Minutes to wait").fill("30")
    await survey.get_by_role("button", name="Save").click()

    async def asks() -> bool:
        found: dict[str, Any] = await desk.owner.get("/workspace/survey")
        return found == {"on": True, "after_s": 1800}

    await until(asks, "the survey")

    await page.goto(f"{desk.hub.url}/settings/me")
    await page.get_by_label("Your telephone number").fill("020 7946 0000")
    profile = page.get_by_role("region", name="Profile")
    await profile.get_by_role("button", name="Save").click()
    await expect(profile.get_by_text("Begin with + and the country code")).to_be_visible()
    await page.get_by_label("Your telephone number").fill("+44 20 7946 0000")
    await profile.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await page.get_by_text("Dark", exact=True).click()
    await page.wait_for_timeout(500)
    settings = (await desk.owner.get("/me"))["settings"]
    assert (settings["phone"], settings["theme"]) == ("+442079460000", "dark")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, PHONE], ids=["wide", "phone"])
async def test_the_pages_are_accessible(desk: Desk, theme: Any, viewport: Any) -> None:
    await desk.writes("Wrong size", "The boots are a 38.")
    page = await desk.sit_down(viewport=viewport, color_scheme=theme)
    found = {}
    for name in ("settings/channels", "settings/phone", "settings/workspace", "settings/me", "promises", "reports"):
        await page.goto(f"{desk.hub.url}/{name}")
        await expect(page.locator("main")).to_be_visible()
        await page.wait_for_timeout(400)
        await shot(page, f"{name.replace('/', '-')}-{'phone' if viewport is PHONE else 'wide'}-{theme}")
        found[name] = await violations(page)
        assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], name
        if viewport is PHONE:
            assert await page.evaluate("document.querySelector('main').clientWidth") == viewport["width"], name
    assert {name: faults for name, faults in found.items() if faults} == {}


async def _texts(desk: Desk, sms: TwilioSimulator) -> dict[str, Any]:
    account = {"account_sid": ACCOUNT, "auth_token": TOKEN, "number": NUMBER}
    inbox: dict[str, Any] = await desk.owner.new_inbox("twilio_sms", **account, **sms.settings())
    sms.hook_url = inbox["hook_url"]
    return inbox


async def _case(desk: Desk) -> dict[str, Any] | None:
    return next((case for case in await desk.cases() if case["channel"] == "sms"), None)


async def _answers(desk: Desk, case: dict[str, Any], text: str) -> None:
    thread = await desk.owner.get(f"/threads/{case['thread_id']}")
    target = next(one for one in thread["targets"] if one["channel"] == "sms" and one["usable"])
    body = {
        "client_key": f"key-of-{case['id']}", "last_seen_seq": thread["last_seq"], "inbox_id": target["inbox_id"],
        "to": target["to"], "text": text, "undo_s": 0, "case_id": case["id"],
    }  # fmt: skip
    await desk.owner.post(f"/threads/{case['thread_id']}/replies", body)


async def _taken(sms: TwilioSimulator, text: str) -> bool:
    return any(taken.asked["Body"] == text for taken in sms.taken)


def _card(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)
