"""A word that allows messages again lifts a stop, and is no consent where nothing was forbidden."""

from __future__ import annotations

from hub.contract import Address, Consent, Message
from hub.core.receive import Heard
from hub.models import Consent as Word
from hub.models import Entry
from tests.support.workshop import Workshop

PHONE = Address("phone", "+4915100000017")


async def says(workshop: Workshop, text: str, allowed: bool) -> None:
    """The message and what it means come in one envelope."""
    ref = f"SM{workshop.number()}"
    said = (Heard(Message(ref, PHONE, text)), Consent(PHONE, allowed, text))
    await workshop.arrive(workshop.sms, ref, said)


async def test_yes_to_a_question_is_no_consent(workshop: Workshop) -> None:
    await says(workshop, "Yes", True)
    assert await workshop.rows(Word) == []
    assert [entry["kind"] for entry in await workshop.rows(Entry)] == ["message"]


async def test_start_lifts_the_stop_once(workshop: Workshop) -> None:
    for text, allowed in [("STOP", False), ("STOP", False), ("START", True), ("START", True), ("STOP", False)]:
        workshop.later(seconds=1)
        await says(workshop, text, allowed)
    words = sorted(await workshop.rows(Word), key=lambda row: row["at"])
    assert [(row["said"], row["allowed"]) for row in words] == [("STOP", False), ("START", True), ("STOP", False)]
