"""Nothing handed over is lost: stored before it is answered, dead rather than refused, read again later."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from hub.contract import Raw, TooLarge, Unverified
from hub.core.errors import Conflict, UnknownInbox
from hub.db import DatabaseGone
from hub.flow import sweep
from hub.models import Envelope, Inbox, new_id, utcnow
from tests.flow.conftest import Plant

ENVELOPE, INBOX = Envelope.__table__, Inbox.__table__  # type: ignore[attr-defined]


def mail(subject: str, text: str, sender: str = "maya@mail.example") -> Raw:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "support@shop.example", subject
    message["Message-ID"] = f"<{uuid4().hex}@mail.example>"
    message.set_content(text)
    headers = {"x-mail-from": sender, "x-rcpt-to": "support@shop.example"}
    return Raw("SMTP", "smtp://hub", headers, message.as_bytes(), utcnow())


async def envelopes(plant: Plant) -> list[dict[str, Any]]:
    return await plant._rows(sa.select(ENVELOPE).order_by(ENVELOPE.c.id))


async def texts(plant: Plant, count: int) -> list[str]:
    async with asyncio.timeout(15):
        while len(entries := await plant.entries()) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.03)
    return [entry["text"].strip() for entry in entries]


async def test_a_forged_request_leaves_no_trace(plant: Plant) -> None:
    raw = plant.webhook.forge(plant.webhook.says("m1", "maya", "Hello"))
    with pytest.raises(Unverified):
        await plant.hub.intake(plant.webhook_id, raw)
    assert await envelopes(plant) == []


async def test_what_cant_be_read_is_dead_and_the_next_is_unaffected(plant: Plant) -> None:
    broken = plant.webhook.sign(plant.webhook.event({"id": "m1", "from": 7}))
    _, receipt = await plant.hub.intake.receive(plant.webhook_id, broken)
    assert receipt.state == "dead"
    await plant.customer("maya")
    assert [envelope["state"] for envelope in await envelopes(plant)] == ["dead", "done"]
    assert receipt.envelope_id
    again = await plant.hub.intake.replay(receipt.envelope_id)
    assert again.state == "dead", "nothing was mended"


async def test_a_raw_request_is_sealed(plant: Plant) -> None:
    raw = plant.webhook.sign(plant.webhook.says("m1", "maya", "the card is 4111 1111 1111 1111"))
    await plant.hub.intake(plant.webhook_id, raw)
    assert b"4111" not in (await envelopes(plant))[0]["sealed"]


async def test_mails_of_one_sender_keep_their_order(plant: Plant) -> None:
    for n in range(12):
        await plant.hub.intake(plant.mail_id, mail("Order", f"Mail {n}"))
    assert await texts(plant, 12) == [f"Mail {n}" for n in range(12)]


async def test_a_mail_nobody_read_is_taken_up_by_the_sweep(plant: Plant, monkeypatch: Any) -> None:
    """The process died between storing and reading: the envelope stayed `new`."""
    with monkeypatch.context() as crashed:
        crashed.setattr(plant.hub.intake, "read_later", lambda *_: None)
        await plant.hub.intake(plant.mail_id, mail("Lost?", "Not lost"))
        assert [envelope["state"] for envelope in await envelopes(plant)] == ["new"]
    aged = sa.update(ENVELOPE).values(received_at=utcnow() - timedelta(minutes=1))
    await plant.hub.db.write(lambda conn: conn.execute(aged).rowcount)
    assert await texts(plant, 1) == ["Not lost"]
    assert (await envelopes(plant))[0]["attempts"] == 1


async def test_what_was_stored_while_its_answer_was_lost_is_read_when_it_comes_again(
    plant: Plant, monkeypatch: Any
) -> None:
    """The commit arrived and its answer did not: its sender repeats it, and then goes on."""
    monkeypatch.setattr(plant.hub.intake, "_queue", lambda *_: None)
    first = mail("Order", "Mail 0")
    await plant.hub.intake(plant.mail_id, first)
    monkeypatch.undo()
    await plant.hub.intake(plant.mail_id, first)
    await plant.hub.intake(plant.mail_id, mail("Order", "Mail 1"))
    assert await texts(plant, 2) == ["Mail 0", "Mail 1"]


async def test_a_large_body_lies_in_the_blob_store_before_it_is_named(plant: Plant) -> None:
    await plant.hub.intake(plant.mail_id, mail("Long", "word " * 40_000))
    await texts(plant, 1)
    envelope = (await envelopes(plant))[0]
    assert envelope["sealed"] is None
    assert len(await plant.hub.blobs.get(envelope["blob"])) > 200_000


async def test_no_room_for_files_is_no_yes(plant: Plant, monkeypatch: Any) -> None:
    async def full(_content: bytes) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plant.hub.blobs, "put", full)
    with pytest.raises(DatabaseGone, match="No space left"):
        await plant.hub.intake(plant.mail_id, mail("Long", "word " * 40_000))
    assert await envelopes(plant) == []


async def test_limits_and_unknown_inboxes_are_said(plant: Plant) -> None:
    with pytest.raises(TooLarge, match="30 MB"):
        await plant.hub.intake(plant.mail_id, Raw("SMTP", "", {}, b"x" * 31 * 1024 * 1024, utcnow()))
    with pytest.raises(UnknownInbox):
        await plant.hub.intake(new_id(), mail("To nobody", "Hello"))


async def test_what_was_read_is_not_replayed(plant: Plant) -> None:
    await plant.customer("maya")
    with pytest.raises(Conflict, match="read already"):
        await plant.hub.intake.replay((await envelopes(plant))[0]["id"])


async def test_when_something_last_came_in_is_known_at_once_and_kept(plant: Plant, monkeypatch: Any) -> None:
    """An inbox that has been silent for long must not have all envelopes read for it."""
    monkeypatch.setattr(sweep, "SLOW_S", 0.0)
    before = utcnow()
    await plant.customer("maya")
    heard = plant.hub.inboxes.last_heard(plant.webhook_id)
    assert heard is not None
    assert heard >= before
    assert plant.hub.inboxes.last_heard(plant.mail_id) is None
    kept = sa.select(INBOX.c.id).where(INBOX.c.last_in_at == heard)
    async with asyncio.timeout(15):
        while [row["id"] for row in await plant._rows(kept)] != [plant.webhook_id]:  # noqa: ASYNC110
            await asyncio.sleep(0.03)
