"""What the console costs before the first list is painted, and that its page asks nobody else for anything."""

from __future__ import annotations

import gzip
import re

from playwright.async_api import expect

from tests.e2e.desk import Desk
from tests.support.hub import REPOSITORY

BUILT = REPOSITORY / "hub" / "static" / "console"
JS_BUDGET, CSS_BUDGET, REQUESTS_BUDGET = 180_000, 25_000, 8


def packed(name: str) -> int:
    return len(gzip.compress((BUILT / name.lstrip("/")).read_bytes(), 9))


def test_the_page_is_small_and_holds_no_code() -> None:
    page = (BUILT / "index.html").read_text()
    scripts = re.findall(r'<script[^>]*\bsrc="([^"]+)"', page) + re.findall(r'modulepreload"[^>]*href="([^"]+)"', page)
    styles = re.findall(r'rel="stylesheet"[^>]*href="([^"]+)"', page)
    assert scripts
    assert styles
    assert sum(map(packed, scripts)) <= JS_BUDGET
    assert sum(map(packed, styles)) <= CSS_BUDGET
    assert all(address.startswith("/") for address in scripts + styles)
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", page)
    assert "<style" not in page
    assert not re.search(r'\son\w+="', page)


async def test_few_requests_before_the_first_list_and_none_to_others(desk: Desk) -> None:
    await desk.writes("Wrong size", "Hello")
    page = await desk.sit_down()
    asked: list[str] = []
    when_listed: list[int] = []
    page.on("request", lambda request: asked.append(request.url))
    # the list is painted from this answer; what is asked for after it is not in its way
    page.on("response", lambda answer: when_listed.append(len(asked)) if "/api/cases?" in answer.url else None)
    await page.goto(f"{desk.hub.url}/inbox/all")
    await expect(page.get_by_role("option", name="Wrong size")).to_be_visible()
    before_list = [url for url in asked[: when_listed[0]] if "/socket.io/" not in url and "favicon" not in url]
    assert all(url.startswith(desk.hub.url) for url in before_list)
    await page.wait_for_timeout(3000)
    quiet = len(asked)
    await page.wait_for_timeout(3000)
    assert len(asked) == quiet, asked[quiet:]
    assert len(before_list) <= REQUESTS_BUDGET, before_list
