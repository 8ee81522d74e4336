"""Mail of an inbox that can't run or was disconnected: seen with the reason, said once, read when that is mended."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.flow import sweep
from hub.models import Envelope, Inbox, utcnow
from tests.flow.conftest import Plant
from tests.flow.test_intake import envelopes, mail, texts
from tests.flow.test_sweep import until

ENVELOPE, INBOX = Envelope.__table__, Inbox.__table__  # type: ignore[attr-defined]


async def _unread(plant: Plant, monkeypatch: pytest.MonkeyPatch, **inbox: Any) -> None:
    """A mail whose process died before it was read, and its inbox as it is since then."""
    monkeypatch.setattr(sweep, "SLOW_S", 0.0)
    with monkeypatch.context() as crashed:
        crashed.setattr(plant.hub.intake, "_queue", lambda *_: None)
        await plant.hub.intake(plant.mail_id, mail("Lost?", "Not lost"))
        await _change(plant, **inbox)
        await plant.hub.inboxes.refresh()
    aged = sa.update(ENVELOPE).values(received_at=utcnow() - timedelta(minutes=1))
    await plant.hub.db.write(lambda conn: conn.execute(aged).rowcount)


async def _change(plant: Plant, **inbox: Any) -> None:
    change = sa.update(INBOX).where(INBOX.c.id == plant.mail_id).values(**inbox, version=INBOX.c.version + 1)
    await plant.hub.db.write(lambda conn: conn.execute(change).rowcount)


async def _in_state(plant: Plant, state: str) -> dict[str, Any]:
    async def found() -> list[dict[str, Any]]:
        return [envelope for envelope in await envelopes(plant) if envelope["state"] == state]

    return dict((await until(found))[0])


async def test_what_a_broken_inbox_left_unread_is_dead_and_read_once_it_runs(
    plant: Plant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    [good] = await plant._rows(sa.select(INBOX.c.settings).where(INBOX.c.id == plant.mail_id))
    with caplog.at_level(logging.WARNING, "hub.flow"):
        await _unread(plant, monkeypatch, settings=b"not what we sealed")
        dead = await _in_state(plant, "dead")
        ticks = iter(range(4))

        async def a_few_ticks_later() -> bool:
            plant.hub.nudge()
            return next(ticks) == 3

        await until(a_few_ticks_later)
    assert dead["reason"].startswith("Its channel can't run.")
    assert [record.name for record in caplog.records if record.name.startswith("hub.flow")] == ["hub.flow.sweep"]
    await _change(plant, settings=good["settings"])
    assert await texts(plant, 1) == ["Not lost"]
    assert (await _in_state(plant, "done"))["reason"] == ""


async def test_what_a_disconnected_inbox_left_unread_is_dead(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    await _unread(plant, monkeypatch, removed_at=utcnow(), active=False)
    assert (await _in_state(plant, "dead"))["reason"] == "Its channel was disconnected before this was read."
