"""The first minutes: the one-time link, the owner, the first channel, signing in and out, settings."""

from __future__ import annotations

import re

from playwright.async_api import Browser, BrowserContext, expect

from tests.e2e.desk import Desk, shot
from tests.support.hub import StartHub
from tests.support.owner import ONE_TIME_LINK
from tests.support.processes import free_port


async def test_from_the_link_in_the_log_to_the_first_channel(start_hub: StartHub, context: BrowserContext) -> None:
    hub = start_hub()
    link = ONE_TIME_LINK.search(hub.log)
    assert link, hub.log
    page = await context.new_page()
    await page.goto(f"{hub.url}/link/{link[1]}")
    await expect(page.get_by_role("heading", name="Welcome to Onethread")).to_be_visible()
    await shot(page, "first-run")
    await page.get_by_label("Your name").fill("Olive Owner")
    await page.get_by_label("Email").fill("olive@shop.example")
    await page.get_by_label("Password").fill("correct horse battery")
    await page.get_by_label("Name of the workspace").fill("Northwind")
    await page.get_by_role("button", name="Create the workspace").click()

    dialog = page.get_by_role("dialog", name="Connect a channel")
    await expect(dialog).to_be_visible()
    await shot(page, "connect")
    await dialog.get_by_role("button", name=re.compile("^Email")).click()
    await dialog.get_by_label("Email address").fill("support@shop.example")
    await dialog.get_by_label("Mail port").fill(str(free_port()))
    await dialog.get_by_label("SMTP server").fill("127.0.0.1")
    await dialog.get_by_label("Port", exact=True).last.fill(str(free_port()))
    await dialog.get_by_role("button", name="Test the connection").click()
    await expect(dialog.locator(".test-result.is-bad")).to_contain_text("The test failed.", timeout=40_000)
    await shot(page, "connect-test-failed")
    await dialog.get_by_role("button", name="Back", exact=True).click()

    await dialog.get_by_role("button", name=re.compile("chat", re.IGNORECASE)).click()
    await dialog.get_by_role("button", name="Connect", exact=True).click()
    await expect(dialog).to_be_hidden()
    await expect(page.locator(".settings-card code").first).to_contain_text("/w.js")
    await shot(page, "channels")

    await page.goto(f"{hub.url}/link/{link[1]}")
    await expect(page.get_by_role("heading", name="This link can't be used.")).to_be_visible()


async def test_signing_in_and_out(desk: Desk, browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{desk.hub.url}/inbox/all")
    await expect(page.get_by_role("heading", name="Sign in to Onethread")).to_be_visible()
    await shot(page, "sign-in")
    await page.get_by_label("Email").fill("owner@shop.example")
    await page.get_by_label("Password").fill("wrong password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert").filter(has_text=re.compile(r"\w"))).to_be_visible()
    await page.get_by_label("Password").fill("correct horse battery")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    await page.get_by_role("button", name="Your account").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in to Onethread")).to_be_visible()
    await context.close()


async def test_a_session_that_was_ended_elsewhere_asks_to_sign_in(desk: Desk) -> None:
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/inbox/all")
    await expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    await desk.owner.call("DELETE", "/session")
    await expect(page.get_by_text("You were signed out.")).to_be_visible(timeout=15_000)


async def test_settings_of_me_team_and_tokens(desk: Desk) -> None:
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/settings/me")
    await page.get_by_text("Dark", exact=True).click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.get_by_text("This device")).to_be_visible()
    elsewhere = await desk.sit_down()
    await elsewhere.goto(f"{desk.hub.url}/settings/me")
    await expect(elsewhere.locator("html")).to_have_attribute("data-theme", "dark")

    await page.get_by_role("link", name="Team").click()
    await page.get_by_label("Name").fill("Sofia Klein")
    await page.get_by_label("Email").fill("sofia@shop.example")
    await page.get_by_role("button", name="Make an invitation link").click()
    await expect(page.locator("code")).to_contain_text("/link/")

    await page.get_by_role("link", name="API tokens").click()
    await page.get_by_label("What is it for?").fill("Report")
    await page.get_by_role("button", name="Make a token").click()
    secret = await page.locator("code").inner_text()
    assert secret.startswith("ot_")
    await page.get_by_role("button", name="Revoke").click()
    await expect(page.get_by_text("There are no tokens yet.")).to_be_visible()


async def test_a_stored_secret_is_removed_on_purpose(desk: Desk) -> None:
    chat = {"settings": {"identity_secret": "a-secret-of-thirty-two-characters"}}
    await desk.owner.call("PATCH", f"/inboxes/{desk.chat}", chat)
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/settings/channels")

    async def stored() -> bool:
        return any("identity_secret" in inbox["settings"] for inbox in await desk.owner.get("/inboxes"))

    for answer, left in (("", True), ("Remove identity secret", False)):
        await page.locator(".settings-card", has_text="/w.js").get_by_role("button", name="Edit").click()
        dialog = page.get_by_role("dialog")
        if answer:
            for group in await dialog.locator("summary").all():
                await group.click()
            await dialog.get_by_role("button", name=answer).click()
            await shot(page, "secret-removed")
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_be_hidden()
        assert await stored() == left


async def test_what_could_not_be_read_is_shown_and_replayed(desk: Desk) -> None:
    inbox = await desk.owner.get("/inboxes")
    assert [one["state"] for one in inbox] == ["active", "active"]
    page = await desk.sit_down()
    await page.goto(f"{desk.hub.url}/settings/channels")
    await page.get_by_role("button", name="Pause").first.click()
    await expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_text("Paused", exact=True)).to_be_hidden()
