"""Which earlier messages an answer points at: those its own provider knows, by the ids it knows them by."""

from __future__ import annotations

from uuid import UUID

from hub.contract import Capabilities
from hub.core.compose import Said
from hub.core.desk import InboxFacts
from hub.core.render import render
from hub.models import Delivery
from tests.support.workshop import Workshop

MAYA = "maya@example.com"
FORM = Capabilities(channel="form", identity="email")


async def answers(workshop: Workshop, said: Said, inbox: InboxFacts) -> tuple[str, ...]:
    delivery = await workshop.row(Delivery, entry_id=said.entry_id)
    delivery_id: UUID = delivery["id"]

    async def read(sha256: str) -> bytes:
        return b""

    rendered = await workshop.db.read(lambda conn: render(conn, workshop.desk, inbox, delivery_id, read))
    assert rendered is not None
    return rendered.outgoing.reply_to


async def test_an_answer_points_at_its_own_channels_messages_the_newest_first(workshop: Workshop) -> None:
    form = await workshop.inbox("form", FORM)
    thread = (await workshop.hear(MAYA, inbox=form, ref="41", refs=())).threads[0]
    await workshop.hear(MAYA, ref="mail-1", reply_to=())
    await workshop.hear(MAYA, inbox=form, ref="42", refs=())

    by_form = await workshop.reply(thread, MAYA, "Shall we post it?", inbox=form)
    assert await answers(workshop, by_form, form) == ("42", "41")

    by_mail = await workshop.reply(thread, MAYA, "Here is the form", inbox=workshop.email)
    assert await answers(workshop, by_mail, workshop.email) == ("<mail-1>",)


async def test_a_ref_of_our_making_is_told_to_nobody(workshop: Workshop) -> None:
    """A mail's ref is a hash of ours where it came without a Message-ID."""
    thread = (await workshop.hear(MAYA, ref="a hash", refs=())).threads[0]
    said = await workshop.reply(thread, MAYA)
    assert await answers(workshop, said, workshop.email) == ()
