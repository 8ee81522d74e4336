"""A delivery of several messages: in order, each once, and as far as the least of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from hub.contract import Address, Refused, State, Unavailable, Uncertain
from hub.core.compose import Reply, Said, Words
from hub.core.settle import Retry, SettleByHand
from hub.db import insert
from hub.flow import dispatch
from hub.models import new_id, utcnow
from hub.models.tables import ATTACHMENT
from tests.flow.conftest import Plant
from tests.support.scripted import Pager, event, pagers

MAYA = "+491511234567"
LONG = "First of all, hello. Second, thank you. Third, goodbye now."
CUT = ["First of all, hello.", "Second, thank you.", "Third, goodbye now."]


class Line:
    """Maya's pager."""

    def __init__(self, plant: Plant, provider: Pager, inbox: UUID, thread: UUID) -> None:
        self.plant, self.provider, self.inbox, self.thread = plant, provider, inbox, thread

    async def say(self, text: str, *files: str) -> UUID:
        rows = [
            {"id": new_id(), "owner_id": self.plant.ann.id, "name": name, "type": "text/plain", "size": 2,
             "sha256": await self.plant.hub.blobs.put(b"hi"), "created_at": utcnow()}
            for name in files
        ]  # fmt: skip
        await self.plant.hub.db.write(lambda conn: insert(conn, ATTACHMENT, rows))
        ids: Any = tuple(row["id"] for row in rows)
        words = Words(self.inbox, Address("phone", MAYA), text, attachments=ids)
        said: Said = await self.plant.hub.writer.submit(Reply(self.plant.ann, self.thread, uuid4().hex, words))
        assert said.entry_id
        return said.entry_id

    async def state(self, entry_id: UUID, *states: str) -> dict[str, Any]:
        return await self.plant.settled(entry_id, *states)

    async def tell(self, ref: str, state: State, reason: str = "") -> None:
        await self.plant.hub.intake.receive(self.inbox, event(ref=ref, state=state, reason=reason))


async def line(plant: Plant, provider: Pager, connector: str) -> Line:
    inbox = await plant.inbox(connector)
    _, receipt = await plant.hub.intake.receive(inbox, event(ref="1", text="Hello", **{"from": MAYA}))
    return Line(plant, provider, inbox, receipt.threads[0])


@pytest_asyncio.fixture
async def pager(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    with pagers(monkeypatch) as provider:
        yield await line(plant, provider, "pager")


@pytest_asyncio.fixture
async def askable(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    monkeypatch.setattr(dispatch, "LOOK_AFTER_S", 0.1)
    with pagers(monkeypatch) as provider:
        yield await line(plant, provider, "askable_pager")


async def test_a_long_text_goes_out_in_order_as_one_delivery(pager: Line) -> None:
    entry_id = await pager.say(LONG)
    delivery = await pager.state(entry_id, "sent")
    assert pager.provider.texts == CUT
    key = pager.plant.hub.desk.delivery_key(delivery["id"])
    assert [message.key for message in pager.provider.shown] == [key, f"{key}.2", f"{key}.3"]
    assert (delivery["parts"], delivery["attempts"]) == (3, 1)


async def test_the_text_goes_first_and_then_each_file(pager: Line) -> None:
    await pager.state(await pager.say("Here they are", "a.txt", "b.txt"), "sent")
    assert pager.provider.texts == ["Here they are", "a.txt", "b.txt"]
    assert [len(message.files) for message in pager.provider.shown] == [0, 1, 1]
    await pager.state(await pager.say("", "c.txt"), "sent")
    assert pager.provider.texts[3:] == ["c.txt"]


async def test_it_is_as_far_as_the_least_of_its_messages(pager: Line) -> None:
    entry_id = await pager.say(LONG)
    await pager.state(entry_id, "sent")
    first, second, third = (f"ref-{message.key}" for message in pager.provider.shown)
    await pager.tell(second, State.DELIVERED)
    await pager.tell(first, State.DELIVERED)
    assert (await pager.state(entry_id, "sent"))["state"] == "sent"
    await pager.tell(third, State.DELIVERED)
    await pager.state(entry_id, "delivered")


async def test_it_failed_if_one_of_its_messages_did_and_only_that_is_sent_again(pager: Line) -> None:
    entry_id = await pager.say(LONG)
    await pager.state(entry_id, "sent")
    await pager.tell(f"ref-{pager.provider.shown[1].key}", State.FAILED, "Out of reach")
    delivery = await pager.state(entry_id, "failed")
    assert delivery["reason"] == "Message 2 of 3: Out of reach"
    await pager.plant.hub.writer.submit(Retry(pager.plant.ann, delivery["id"]))
    await pager.state(entry_id, "sent")
    assert pager.provider.texts == [*CUT, CUT[1]]


async def test_what_was_taken_is_not_sent_again_when_the_next_fails_for_now(pager: Line) -> None:
    pager.provider.misbehave(None)
    pager.provider.misbehave(Unavailable("Not now"))
    await pager.state(await pager.say(LONG), "sent")
    assert pager.provider.texts == CUT
    assert pager.provider.asked == 4


async def test_what_is_refused_stops_the_rest(pager: Line) -> None:
    pager.provider.misbehave(None)
    pager.provider.misbehave(Refused("Bad word"))
    delivery = await pager.state(await pager.say(LONG), "failed")
    assert (delivery["reason"], pager.provider.texts) == ("Message 2 of 3: Bad word", CUT[:1])


@pytest.mark.parametrize("arrived", [True, False])
async def test_the_agent_settles_the_one_in_doubt_and_the_rest_goes_on(pager: Line, arrived: bool) -> None:
    pager.provider.misbehave(None)
    pager.provider.misbehave(Uncertain("The line dropped"), taken=arrived)
    entry_id = await pager.say(LONG)
    delivery = await pager.state(entry_id, "uncertain")
    assert delivery["reason"] == "Message 2 of 3: The line dropped"
    knows = SettleByHand(pager.plant.ann, delivery["id"], State.SENT)
    await pager.plant.hub.writer.submit(knows if arrived else Retry(pager.plant.ann, delivery["id"]))
    await pager.state(entry_id, "sent")
    assert pager.provider.texts == CUT


async def test_the_provider_s_later_word_settles_the_one_in_doubt(askable: Line) -> None:
    askable.provider.misbehave(None)
    askable.provider.misbehave(Uncertain("The line dropped"), taken=True)
    askable.provider.lookups.append(Uncertain("It can't say"))
    entry_id = await askable.say(LONG)
    await askable.state(entry_id, "uncertain")
    await askable.tell(f"ref-{askable.provider.shown[1].key}", State.DELIVERED)
    await askable.state(entry_id, "sent")
    assert askable.provider.texts == CUT, "and the rest goes on"


@pytest.mark.parametrize("taken", [True, False])
async def test_what_is_in_doubt_is_looked_up_before_anything_else_leaves(askable: Line, taken: bool) -> None:
    askable.provider.misbehave(Uncertain("The line dropped"), taken=taken)
    askable.provider.lookups.append(Unavailable("Not now"))
    first, second = await askable.say("One"), await askable.say("Two")
    await askable.state(second, "sent")
    assert (await askable.plant.delivery(first))["state"] == "sent"
    assert askable.provider.texts == ["One", "Two"], "once each, and in order"


async def test_a_message_in_the_middle_is_looked_up_too(askable: Line) -> None:
    askable.provider.misbehave(None)
    askable.provider.misbehave(Uncertain("The line dropped"), taken=True)
    askable.provider.misbehave(Uncertain("The line dropped"))
    await askable.state(await askable.say(LONG), "sent")
    assert askable.provider.texts == CUT


async def test_the_composer_is_told_how_many_messages_it_became(pager: Line) -> None:
    pager.provider.misbehave(Unavailable("Not now"))
    delivery = await pager.plant.delivery(await pager.say(LONG, "a.txt"))
    assert delivery["parts"] == 4
