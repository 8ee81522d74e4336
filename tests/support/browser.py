"""`browser`: the Chromium of this machine under Playwright, started once for all tests."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.support.unavailable import unavailable

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser lives on the session's event loop, so what uses it must run there too.

    One worker has them all: two browsers at once would fill a small machine, and each wait for the other.
    """
    for item in items:
        if isinstance(item, pytest.Function) and "browser" in item.fixturenames:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.xdist_group("browser"))


def find_program() -> str | None:
    found = (shutil.which(name) for name in NAMES)
    return os.environ.get("ONETHREAD_TEST_BROWSER") or next((path for path in found if path), None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    program = find_program()
    if program is None:
        unavailable("Browser: neither ONETHREAD_TEST_BROWSER nor chromium nor google-chrome found")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """One person's browser; a test with two people asks `browser.new_context()` for the second."""
    opened = await browser.new_context(viewport={"width": 1440, "height": 900})
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    return await context.new_page()
