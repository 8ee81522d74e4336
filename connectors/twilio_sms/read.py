"""What a request of Twilio's means: a customer's message, or what became of one of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connectors.twilio.errors import RETRYABLE, reason
from connectors.twilio.settings import NUMBER
from connectors.twilio.webhook import Form, check_account, code_of, form_of, given_back, sid_of
from hub.contract import Address, Event, Ignored, Malformed, Message, Raw, State, Status, storable

from .settings import TwilioSmsSettings

DELIVERY = "delivery"
"""The parameter of our callback address that names the delivery."""
LONGEST_TEXT = 100_000
MOST_MEDIA = 20
ON_ITS_WAY = frozenset({"queued", "accepted", "scheduled", "sending"})
STATES = {
    "sent": State.SENT,
    "partially_delivered": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}


def read(raw: Raw, settings: TwilioSmsSettings) -> Iterator[Event]:
    """Raises `Malformed`."""
    try:
        form = form_of(raw)
        check_account(form, settings)
        if "MessageStatus" in form:
            yield from _status(form, raw)
        elif "MessageSid" in form:
            yield _message(form, settings)
        else:
            yield Ignored("Neither a message nor a message's state")
    except ValueError as error:
        raise Malformed(f"The request can't be read: {error}") from error


def dedup_key(raw: Raw) -> str | None:
    """A repetition differs in its headers; one message has several states. None: there is nothing to tell it by."""
    try:
        form = form_of(raw)
        return f"{sid_of(form, 'MessageSid', 'SM', 'MM')}:{storable(form.get('MessageStatus'), 'received', most=40)}"
    except ValueError:
        return None


def lane(raw: Raw) -> str:
    """One customer's messages are read in the order they came in; states may come in any."""
    try:
        form = form_of(raw)
        return "" if "MessageStatus" in form else storable(form.get("From"), "")
    except ValueError:
        return ""


def _message(form: Form, settings: TwilioSmsSettings) -> Event:
    sender, to = _number(form, "From"), _number(form, "To")
    if sender == settings.number:
        return Ignored("Our own message")
    if "Body" not in form:
        raise ValueError("Body is missing")
    media = _media(form)
    return Message(
        ref=sid_of(form, "MessageSid", "SM", "MM"),
        sender=Address("phone", sender),
        text=storable(form["Body"], "", most=LONGEST_TEXT),
        to=(Address("phone", to),),
        warnings=(_not_fetched(media, sid_of(form, "MessageSid", "SM", "MM")),) if media else (),
        data={"media": media} if media else {},
    )


def _media(form: Form) -> list[dict[str, Any]]:
    count = form.get("NumMedia", "0")
    if not re.fullmatch("[0-9]{1,2}", count, re.ASCII) or int(count) > MOST_MEDIA:
        raise ValueError("NumMedia is no small number")
    return [
        {
            "url": storable(form.get(f"MediaUrl{number}"), most=2000),
            "type": storable(form.get(f"MediaContentType{number}"), "application/octet-stream"),
        }
        for number in range(int(count))
    ]


def _not_fetched(media: list[dict[str, Any]], sid: str) -> str:
    what = "A file" if len(media) == 1 else f"{len(media)} files"
    types = ", ".join(sorted({part["type"] for part in media}))
    return f"{what} came with this message and can't be shown here ({types}). See message {sid} in Twilio's console."


def _status(form: Form, raw: Raw) -> Iterator[Event]:
    told = form["MessageStatus"]
    if told in ON_ITS_WAY:
        yield Ignored(f"Still on its way: {told}")
    elif told in STATES:
        code = code_of(form)
        failed = STATES[told] is State.FAILED
        yield Status(
            given_back(raw, DELIVERY) or sid_of(form, "MessageSid", "SM", "MM"),
            STATES[told],
            _why(told, code, form) if failed else "",
            retryable=failed and code in RETRYABLE,
            remark="Delivered only in part" if told == "partially_delivered" else "",
        )
    else:
        yield Ignored(f"An unknown state: {storable(told, '')}")


def _why(told: str, code: int | None, form: Form) -> str:
    if told == "canceled" and not code:
        return "The message was cancelled at Twilio"
    return reason(code, storable(form.get("ErrorMessage"), "", most=500))


def _number(form: Form, name: str) -> str:
    number = form.get(name, "")
    if not NUMBER.fullmatch(number):
        raise ValueError(f"{name} is no telephone number: {number[:40]!r}. This inbox takes SMS and MMS only")
    return number
