"""An agent's desk: a hub with a mailbox and a chat, customers who write, and browsers in which agents sit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from connectors.email.simulator import MailProvider
from tests.e2e.mail_client import MailClient
from tests.support.hub import REPOSITORY, Hub, StartHub
from tests.support.owner import Owner
from tests.support.processes import accepts, free_port

SCREENSHOTS = REPOSITORY / "test-results" / "console"
AXE = REPOSITORY / "web" / "node_modules" / "axe-core" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Desk:
    hub: Hub
    owner: Owner
    browser: Browser
    provider: MailProvider
    maya: MailClient
    mailbox: str
    chat: str
    faults: list[str] = field(default_factory=list)
    """What the browsers complained about; must stay empty."""
    contexts: list[BrowserContext] = field(default_factory=list)

    async def sit_down(self, owner: Owner | None = None, **options: Any) -> Page:
        """A browser of its own, signed in."""
        context = await self.browser.new_context(
            **{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options}
        )
        self.contexts.append(context)
        name, _, value = (owner or self.owner).cookie.partition("=")
        await context.add_cookies([{"name": name, "value": value, "url": self.hub.url}])
        page = await context.new_page()
        page.on("pageerror", lambda error: self.faults.append(error.stack or str(error)))
        page.on("console", self._heard)
        return page

    async def sit_down_as(self, link: str) -> Page:
        """Somebody who was invited, in a browser of their own."""
        context = await self.browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        self.contexts.append(context)
        page = await context.new_page()
        await page.goto(link)
        await page.get_by_label("Your name").fill("Sofia Klein")
        await page.get_by_label("Password").fill("correct horse battery")
        await page.get_by_role("button", name="Join").click()
        await expect(page.get_by_role("navigation", name="Views")).to_be_visible()
        return page

    def _heard(self, message: Any) -> None:
        """Refused requests are said by the console itself; what breaks the security policy never may."""
        if (
            message.type == "error"
            and "Failed to load resource" not in message.text
            and "WebSocket" not in message.text
        ):
            self.faults.append(message.text)

    async def writes(self, subject: str, text: str, name: str = "maya.okafor") -> dict[str, Any]:
        """A customer's mail, and the case that it opened."""
        before = {case["id"] for case in await self.cases()}
        await MailClient(self.provider, self.maya.hub_port, f"{name}@mail.example").send(subject, text)
        async with asyncio.timeout(20):
            while True:
                for case in await self.cases():
                    if case["id"] not in before:
                        return case
                await asyncio.sleep(0.05)

    async def cases(self) -> list[dict[str, Any]]:
        page = await self.owner.get("/cases", view="all", status="open")
        items: list[dict[str, Any]] = page["items"]
        return items

    async def texts(self, thread: str, kind: str = "message") -> list[str]:
        entries = (await self.owner.get(f"/threads/{thread}"))["entries"]
        return [entry["text"].strip() for entry in entries if entry["kind"] == kind]

    async def reply(self, case: dict[str, Any], text: str, owner: Owner | None = None) -> Any:
        """A teammate's answer by mail, at once."""
        sender = owner or self.owner
        thread = await sender.get(f"/threads/{case['thread_id']}")
        target = next(one for one in thread["targets"] if one["channel"] == "email" and one["usable"])
        body = {
            "client_key": f"key-{uuid4().hex}", "last_seen_seq": thread["last_seq"], "inbox_id": target["inbox_id"],
            "to": target["to"], "text": text, "undo_s": 0, "case_id": case["id"],
        }  # fmt: skip
        return await sender.post(f"/threads/{case['thread_id']}/replies", body)


def thread_url(desk: Desk, case: dict[str, Any]) -> str:
    return f"{desk.hub.url}/inbox/all/{case['thread_id']}?case={case['id']}"


def writing(page: Page) -> Locator:
    return page.locator(".composer-text")


async def shows(page: Page, text: str) -> None:
    await expect(page.locator("#timeline").get_by_text(text, exact=False).first).to_be_visible()


async def shot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=str(SCREENSHOTS / f"{name}.png"))


async def violations(page: Page) -> list[str]:
    """What axe finds, a line each."""
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("tags => axe.run(document, {runOnly: tags})", AXE_TAGS)
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


async def until(holds: Any, what: str, within: float = 15) -> Any:
    try:
        async with asyncio.timeout(within):
            while not (told := await holds()):  # noqa: ASYNC110 (what it waits for is in another process)
                await asyncio.sleep(0.05)
            return told
    except TimeoutError:
        raise AssertionError(f"{what} did not come true within {within:.0f} s") from None


@asynccontextmanager
async def open_desk(start_hub: StartHub, browser: Browser) -> AsyncIterator[Desk]:
    hub = start_hub()
    async with Owner(hub) as owner, MailProvider() as provider:
        port = free_port()
        smtp = {name: value for name, value in provider.settings().items() if name.startswith("smtp_")}
        mailbox = await owner.new_inbox(
            "email", address="support@shop.example", receive="smtp", listen_port=port, **smtp
        )
        chat = await owner.new_inbox("chat", name="Shop")

        async def listening() -> bool:
            return await asyncio.to_thread(accepts, port)

        await until(listening, "the mail port")
        desk = Desk(hub, owner, browser, provider, MailClient(provider, port), mailbox["id"], chat["id"])
        try:
            yield desk
            assert not desk.faults, desk.faults
        finally:
            for context in desk.contexts:
                await context.close()


def label_file(folder: Path) -> Path:
    path = folder / "label.pdf"
    path.write_bytes(b"%PDF-1.4 a label")
    return path
