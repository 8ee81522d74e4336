"""`desk`: see `tests/e2e/desk.py`."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from tests.e2e.desk import Desk, open_desk
from tests.support.hub import StartHub


@pytest_asyncio.fixture(loop_scope="session")
async def desk(start_hub: StartHub, browser: Browser) -> AsyncIterator[Desk]:
    async with open_desk(start_hub, browser) as opened:
        yield opened
