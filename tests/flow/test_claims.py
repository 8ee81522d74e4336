"""An address typed into a reply, proved by the real mail's real answer."""

from __future__ import annotations

from email.message import EmailMessage
from uuid import uuid4

from hub.contract import Raw
from hub.models import utcnow
from tests.flow.conftest import Plant
from tests.flow.test_intake import texts

MAYA = "maya@mail.example"


async def test_an_answer_to_our_mail_comes_back_into_the_thread_it_left_from(plant: Plant) -> None:
    thread = await plant.customer("maya")
    sent = await plant.reply(thread, MAYA, "By mail, as you asked", by_mail=True)
    await plant.settled(sent, "sent", "delivered")
    mail = plant.mail.mails[0]
    await plant.hub.intake(plant.mail_id, _answer(mail.header("Reply-To"), mail.header("Message-ID")))
    assert "Thanks" in (await texts(plant, 3))[-1]
    assert {entry["thread_id"] for entry in await plant.entries()} == {thread}


async def test_whoever_forges_the_sender_does_not_get_in_by_the_address_alone(plant: Plant) -> None:
    thread = await plant.customer("maya")
    sent = await plant.reply(thread, MAYA, "By mail, as you asked", by_mail=True)
    await plant.settled(sent, "sent", "delivered")
    mail = plant.mail.mails[0]
    await plant.hub.intake(plant.mail_id, _answer(mail.header("Reply-To"), "<guessed@hub.example>"))
    await texts(plant, 3)
    assert (await plant.entries())[-1]["thread_id"] != thread


def _answer(to: str, message_id: str) -> Raw:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = MAYA, to, "Re: Hello"
    message["Message-ID"], message["In-Reply-To"] = f"<{uuid4().hex}@mail.example>", message_id
    message.set_content("Thanks")
    rcpt = to.rpartition("<")[2].rstrip(">")
    return Raw("SMTP", "smtp://hub", {"x-mail-from": MAYA, "x-rcpt-to": rcpt}, message.as_bytes(), utcnow())
