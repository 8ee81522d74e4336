"""What the provider had and nobody told us: found at the start, after outages and now and then, and never twice."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from hub.contract import Address, Message, Raw
from hub.db import DatabaseGone
from hub.flow import reconcile
from hub.models import Entry, Envelope, Inbox, utcnow
from tests.flow.test_fetch import until
from tests.support.pager import PagerProvider, Paging, body

INBOX = Inbox.__table__  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "TICK_S", 0.05)


def listed(ref: str, text: str) -> Any:
    return orjson.loads(body(Message(ref, Address("pager", "maya"), text)))


async def texts(paging: Paging) -> list[str]:
    return sorted(entry["text"] for entry in await paging.rows(Entry))


async def asked(provider: PagerProvider, times: int) -> None:
    async def often_enough() -> Any:
        return len(provider.list_asks) >= times

    await until(often_enough)


async def inbox(paging: Paging) -> dict[str, Any]:
    found: list[dict[str, Any]] = await paging.get("/api/inboxes")
    return next(one for one in found if one["id"] == str(paging.inbox_id))


async def change(paging: Paging, **values: Any) -> None:
    statement = sa.update(INBOX).where(INBOX.c.id == paging.inbox_id)
    await paging.hub.db.write(
        lambda conn: conn.execute(statement.values(**values, version=INBOX.c.version + 1)) and None
    )
    await paging.hub.inboxes.refresh()


async def test_what_was_missed_is_filled_in_once(paging: Paging, caplog: pytest.LogCaptureFixture) -> None:
    await asked(paging.provider, 1)
    await paging.post(Message("m1", Address("pager", "maya"), "Told"))
    paging.provider.listed = [listed("m1", "Told"), listed("m2", "Missed")]
    with caplog.at_level(logging.WARNING, "hub.flow.reconcile"):
        await _pause(paging)
        await asked(paging.provider, 2)

        async def noted() -> Any:
            return (await inbox(paging))["reconciled_found"] == 1

        await until(noted)
    assert await texts(paging) == ["Missed", "Told"]
    assert "1 of 2 listed" in caplog.text
    await _pause(paging)
    await asked(paging.provider, 3)

    async def again() -> Any:
        return (await inbox(paging))["reconciled_found"] == 0

    await until(again)
    assert await texts(paging) == ["Missed", "Told"]


async def _pause(paging: Paging) -> None:
    """Paused, and resumed a moment later."""
    await change(paging, active=False)
    await asyncio.sleep(0.2)
    await change(paging, active=True)


async def test_each_asks_from_where_the_last_ended_with_an_overlap(paging: Paging) -> None:
    began = utcnow()

    async def noted() -> Any:
        return (await inbox(paging))["reconciled_at"]

    first_at = datetime.fromisoformat(await until(noted))
    assert first_at >= began - timedelta(seconds=5)
    await _pause(paging)
    await asked(paging.provider, 2)
    assert datetime.fromisoformat(paging.provider.list_asks[1]) == first_at - reconcile.OVERLAP


async def test_now_and_then_by_itself(paging: Paging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "EVERY_S", 0.1)
    await _pause(paging)
    await asked(paging.provider, 4)


async def test_whoever_was_turned_away_is_asked_again(paging: Paging, monkeypatch: pytest.MonkeyPatch) -> None:
    await asked(paging.provider, 1)
    lost = Raw("POST", "", {}, body(Message("m1", Address("pager", "maya"), "Sent away")), utcnow())

    def gone(_job: Any) -> Any:
        raise DatabaseGone("It restarts.")

    with monkeypatch.context() as outage:
        outage.setattr(paging.hub.writer, "submit", gone)
        with pytest.raises(DatabaseGone):
            await paging.hub.intake.receive(paging.inbox_id, lost)
    paging.provider.listed = [listed("m1", "Sent away")]
    await asked(paging.provider, 2)

    async def there() -> Any:
        return await texts(paging) == ["Sent away"]

    await until(there)


async def test_a_failure_is_shown_and_blocks_nobody(paging: Paging) -> None:
    await asked(paging.provider, 1)
    paging.provider.listed = [[{"event": "Message", "ref": "x"}]]  # a message without a sender: our connector's mistake
    await _pause(paging)

    async def dead() -> Any:
        return await paging.rows(Envelope, state="dead")

    await until(dead)
    await change(paging, settings=paging.hub.inboxes.seal_settings({"provider": "http://127.0.0.1:1"}))
    await _pause(paging)

    async def told() -> Any:
        return "can't be reached" in (await inbox(paging))["reconcile_problem"]

    await until(told)
    await paging.says("maya", "Still heard")
    assert "Still heard" in await texts(paging)
