"""Work without a pointer: triage, answer, note, snooze and assignment by keys alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.desk import Desk, shot, until, writing


async def test_a_round_of_triage_by_keys_alone(desk: Desk) -> None:
    for number, name in enumerate(("ada", "ben", "cleo")):
        await desk.writes(f"Question {number}", f"From {name}", name=name)
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/inbox/all")
    await expect(page.get_by_role("option")).to_have_count(3)

    await page.keyboard.press("j")
    await _opened(page, "Question 2")
    await page.keyboard.press("j")
    await _opened(page, "Question 1")
    await page.keyboard.press("k")
    await _opened(page, "Question 2")

    await page.keyboard.press("i")
    await until(lambda: _has(desk, "Question 2", assignee="Olive Owner"), "the assignment")
    await page.keyboard.press("t")
    await page.keyboard.type("exchange")
    await page.keyboard.press("Enter")
    await until(lambda: _tagged(desk, "Question 2", "exchange"), "the tag")
    await page.keyboard.press("Escape")
    await expect(page.locator(".popover")).to_have_count(0)

    await page.keyboard.press("r")
    await expect(writing(page)).to_be_focused()
    await page.keyboard.type("e j k n z typed as text")
    await expect(writing(page)).to_have_value("e j k n z typed as text")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".toast")).to_contain_text("Sending email")

    await page.keyboard.press("Escape")
    await expect(page.locator("#timeline")).to_be_focused()
    await page.keyboard.press("n")
    await page.keyboard.type("Ask the depot")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#timeline .note", has_text="Ask the depot")).to_be_visible()
    await page.keyboard.press("Escape")

    await page.keyboard.press("z")
    await expect(page.get_by_role("combobox", name="Snooze until")).to_be_focused()
    await page.keyboard.type("fri 3pm")
    await shot(page, "snooze")
    await page.keyboard.press("Enter")
    snoozed = await until(lambda: _has(desk, "Question 2", status="snoozed"), "the snooze")
    until_when = datetime.fromisoformat(snoozed["snoozed_until"])
    assert until_when.weekday() == 4
    assert until_when - datetime.now(until_when.tzinfo) < timedelta(days=8)
    await _opened(page, "Question 1")

    await page.keyboard.press("p")
    await page.keyboard.type("urg")
    await page.keyboard.press("Enter")
    await until(lambda: _has(desk, "Question 1", priority="urgent"), "the priority")

    await page.keyboard.press("e")
    await until(lambda: _has(desk, "Question 1", status="done"), "the end of it")
    await _opened(page, "Question 0")
    await page.locator(".toast").get_by_role("button", name="Undo").focus()
    await page.keyboard.press("Enter")
    await until(lambda: _has(desk, "Question 1", status="open"), "the undo")

    await page.keyboard.press("u")
    await page.keyboard.press("g")
    await page.keyboard.press("s")
    await expect(page.get_by_role("heading", name="Snoozed")).to_be_visible()
    await expect(page.get_by_role("option", name="Question 2")).to_be_visible()


async def test_single_letters_can_be_turned_off(desk: Desk) -> None:
    await desk.writes("Question", "Hello")
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/settings/me")
    await page.get_by_role("checkbox", name="Single-letter shortcuts").uncheck()
    await page.goto(f"{desk.hub.url}/inbox/all")
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("j")
    await expect(page.get_by_text("Choose a conversation")).to_be_visible()
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox", name="Search or jump to")).to_be_focused()


async def _opened(page: Page, subject: str) -> None:
    await expect(page.locator(".thread-subject")).to_have_text(subject)


async def _case(desk: Desk, subject: str) -> dict[str, Any] | None:
    """None in the moment in which it goes from one list to the other."""
    pages = [await desk.owner.get("/cases", view="all", status=s) for s in ("open", "waiting", "snoozed", "done")]
    return next((case for page in pages for case in page["items"] if case["subject"] == subject), None)


async def _has(desk: Desk, subject: str, **wanted: str) -> dict[str, Any] | None:
    case = await _case(desk, subject)
    if case is None:
        return None
    flat = case | {"assignee": (case["assignee"] or {}).get("name")}
    return case if all(flat[name] == value for name, value in wanted.items()) else None


async def _tagged(desk: Desk, subject: str, name: str) -> bool:
    case = await _case(desk, subject)
    return case is not None and name in [tag["name"] for tag in case["tags"]]
