"""A hub with a live chat, a strict host page that carries its tag, and an agent who answers over the API."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
import socketio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, FrameLocator, Locator, Page

from tests.support.hub import Hub, StartHub
from tests.support.owner import Owner

WITHIN = 15.0
SETTLED = re.compile("Sent|Read")
STRICT = "default-src 'none'; script-src {hub}; frame-src {hub}; connect-src {hub}; img-src {hub}"
HOST = """<!doctype html><html lang="en"><head><title>A shop</title><meta name="viewport" content="width=device-width">
</head><body><main><h1>A shop</h1><p>Text of the page.</p><button id="help">Help</button></main>
<script async src="{hub}/w.js" data-inbox="{inbox}" data-open-on="#help" {attributes}></script></body></html>"""


async def until(holds: Callable[[], Awaitable[Any]], what: str) -> Any:
    """The first truth that `holds` tells."""
    try:
        async with asyncio.timeout(WITHIN):
            while not (told := await holds()):  # noqa: ASYNC110 (what it waits for is in another process)
                await asyncio.sleep(0.05)
            return told
    except TimeoutError:
        raise AssertionError(f"{what} did not come true within {WITHIN:.0f} s") from None


@dataclass
class Chat:
    """The team's side of one hub's chat."""

    hub: Hub
    owner: Owner
    inbox: str
    agents: list[socketio.AsyncClient] = field(default_factory=list)
    _mine: dict[str, bool] = field(default_factory=dict)

    @property
    def page_url(self) -> str:
        return f"{self.hub.url}/chat/{self.inbox}"

    async def threads(self) -> list[str]:
        """Of this chat, whatever became of their cases; the hub may hold other tests' chats, too."""
        cases = [await self.owner.get("/cases", view="all", status=status) for status in ("open", "waiting", "done")]
        found = sorted({case["thread_id"] for page in cases for case in page["items"]})
        for thread in found:
            if thread not in self._mine:
                self._mine[thread] = any(entry["inbox_id"] == self.inbox for entry in await self.messages(thread))
        return [thread for thread in found if self._mine[thread]]

    async def thread(self) -> str:
        """The only one there is, once it is there."""
        (only,) = await until(self.threads, "a thread")
        return str(only)

    async def messages(self, thread: str) -> list[dict[str, Any]]:
        entries = (await self.owner.get(f"/threads/{thread}"))["entries"]
        return [entry for entry in entries if entry["kind"] == "message"]

    async def texts(self) -> list[str]:
        return [entry["text"] for entry in await self.messages(await self.thread())]

    async def hears(self, *texts: str) -> None:
        """Exactly these, in this order."""

        async def same() -> bool:
            return await self.texts() == list(texts)

        try:
            await until(same, f"the thread {list(texts)}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it holds {await self.texts()}") from None

    async def answer(self, text: str, **more: Any) -> None:
        thread = await self.owner.get(f"/threads/{await self.thread()}")
        target = next(one for one in thread["targets"] if one["channel"] == "chat")
        body = {"client_key": uuid.uuid4().hex, "last_seen_seq": thread["last_seq"], "inbox_id": target["inbox_id"]}
        recipient = {name: target["to"][name] for name in ("kind", "address")}
        reply = {**body, "to": recipient, "text": text, "undo_s": 0, **more}
        await self.owner.post(f"/threads/{thread['id']}/replies", reply)

    async def sit_down(self) -> socketio.AsyncClient:
        """An agent with the console open."""
        client = socketio.AsyncClient(reconnection=False)
        headers = {"Cookie": self.owner.cookie, "Origin": self.hub.url}
        await client.connect(self.hub.url, headers=headers, namespaces=["/agent"], transports=["websocket"])
        self.agents.append(client)
        return client


@dataclass
class Visitor:
    """One open messenger, in the host's frame or on a page of its own."""

    page: Page
    app: Page | FrameLocator

    @property
    def field(self) -> Locator:
        return self.app.get_by_role("textbox", name="Write a message")

    @property
    def log(self) -> Locator:
        return self.app.get_by_role("log")

    async def says(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    async def texts(self) -> list[str]:
        found: list[str] = await self.app.locator("article .bub").all_inner_texts()
        return found

    async def sees(self, *texts: str) -> None:
        """Exactly these bubbles, in this order."""

        async def same() -> bool:
            return await self.texts() == list(texts)

        try:
            await until(same, f"the screen {list(texts)}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows {await self.texts()}") from None

    async def settled(self) -> None:
        """Nothing waits to be sent any more."""

        async def empty() -> bool:
            return await self.app.locator(".st", has_text=SETTLED).count() > 0 and (
                await self.app.get_by_text("Sending").count() + await self.app.get_by_text("Will send").count() == 0
            )

        await until(empty, "an empty outbox")


async def open_page(context: BrowserContext, url: str) -> Visitor:
    """The messenger alone on its page."""
    page = await context.new_page()
    await page.goto(url)
    await page.get_by_role("textbox").last.wait_for()
    return Visitor(page, page)


async def open_on(page: Page) -> Visitor:
    """The messenger on a host's page that is open already."""
    await page.get_by_role("button", name="Open messenger").click()
    app = page.frame_locator("iframe")
    await app.get_by_role("textbox").last.wait_for()
    return Visitor(page, app)


class HostSite:
    """Somebody's web site, on an origin of its own."""

    def __init__(self, url: str, chat: Chat) -> None:
        self.url = url
        self._chat = chat
        self.policy = STRICT
        self.attributes = ""

    async def show(self, _: web.Request) -> web.Response:
        text = HOST.format(hub=self._chat.hub.url, inbox=self._chat.inbox, attributes=self.attributes)
        headers = {"Content-Security-Policy": self.policy.format(hub=self._chat.hub.url)}
        return web.Response(text=text, content_type="text/html", headers=headers)


@asynccontextmanager
async def open_chat(hub: Hub, owner: Owner) -> AsyncIterator[Chat]:
    """A new chat with an agent who is there."""
    inbox = await owner.new_inbox("chat", name="Northwind", greeting="Hi, how can we help?", colour="#1C4A3C")
    chat = Chat(hub, owner, inbox["id"])
    await chat.sit_down()
    yield chat
    for agent in chat.agents:
        await agent.disconnect()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def team(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Owner]:
    """One hub for all tests that leave it running."""
    hub = Hub(tmp_path_factory.mktemp("chats")).start()
    async with Owner(hub) as owner:
        yield owner
    hub.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def chat(team: Owner) -> AsyncIterator[Chat]:
    async with open_chat(team.hub, team) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def mortal_chat(start_hub: StartHub) -> AsyncIterator[Chat]:
    """On a hub of its own, which the test may kill."""
    hub = start_hub()
    async with Owner(hub) as owner, open_chat(hub, owner) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def host(chat: Chat) -> AsyncIterator[HostSite]:
    site = HostSite("", chat)
    app = web.Application()
    app.router.add_get("/{any:.*}", site.show)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    assert listening._server is not None
    port = listening._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    site.url = f"http://127.0.0.1:{port}"
    yield site
    await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor_context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A customer's browser: English, where times and words are compared."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 900, "height": 760})
    yield context
    await context.close()


def complaints(page: Page) -> list[str]:
    """Fills with what the page says went wrong: policy violations, script errors, failed loads."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.append(line.text) if line.type in ("error", "warning") else None)
    return heard
