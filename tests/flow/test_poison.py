"""One item that can't be dealt with: seen by people, never tried for ever, and nothing else stops for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.core import lanes
from hub.flow import intake
from tests.flow.conftest import Plant
from tests.flow.test_intake import envelopes, mail


def html_mail() -> Any:
    raw = mail("Poison", "")
    body = raw.body.replace(b"text/plain", b"text/html") + b"<p>Poison</p>\r\n"
    return type(raw)(raw.method, raw.url, raw.headers, body, raw.received_at)


async def test_a_mail_that_breaks_what_prepares_it_is_dead_and_shown(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(html: str) -> str:
        raise UnicodeEncodeError("utf-8", html, 0, 1, "surrogates not allowed")

    monkeypatch.setattr(intake, "clean", broken)
    await plant.hub.intake(plant.mail_id, html_mail())
    async with asyncio.timeout(10):
        while (found := (await envelopes(plant))[0])["state"] == "new":  # noqa: ASYNC110
            await asyncio.sleep(0.03)
    assert found["state"] == "dead"
    assert "surrogates not allowed" in found["reason"]
    monkeypatch.undo()
    receipt = await plant.hub.intake.replay(found["id"])
    assert len(receipt.entries) == 1


async def test_dispatch_outlives_an_error_that_nobody_thought_of(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    thread = await plant.customer("maya")
    broken = iter([True, True])

    def due(*given: Any) -> Any:
        if next(broken, False):
            raise RuntimeError("a defect")
        return really_due(*given)

    really_due = lanes.due
    monkeypatch.setattr(lanes, "due", due)
    await asyncio.sleep(1.2)
    await plant.settled(await plant.reply(thread, "maya", "Still sent"), "sent", "delivered")
