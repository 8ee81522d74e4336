"""What a request of Twilio's means: a customer's message, or what became of one of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hub.contract import Address, Event, Ignored, Malformed, Message, Raw, State, Status, storable

from .errors import RETRYABLE, reason
from .settings import NUMBER, TwilioSmsSettings
from .signature import fields

DELIVERY = "delivery"
"""The parameter of our callback address that names the delivery."""
SID = re.compile(r"(SM|MM)[0-9a-f]{32}", re.ASCII)
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

Form = Mapping[str, str]


def read(raw: Raw, settings: TwilioSmsSettings) -> Iterator[Event]:
    """Raises `Malformed`."""
    try:
        form = _form(raw)
        if (account := form.get("AccountSid", "")) != settings.account_sid:
            raise ValueError(f"it is about the account {account or 'without a name'}, not the one in the settings")
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
        form = _form(raw)
        return f"{_sid(form)}:{storable(form.get('MessageStatus'), 'received', most=40)}"
    except ValueError:
        return None


def lane(raw: Raw) -> str:
    """One customer's messages are read in the order they came in; states may come in any."""
    try:
        form = _form(raw)
        return "" if "MessageStatus" in form else storable(form.get("From"), "")
    except ValueError:
        return ""


def _form(raw: Raw) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in fields(raw.body):
        if name in found:
            raise ValueError(f"{name[:40]!r} comes twice")
        found[name] = value
    return found


def _message(form: Form, settings: TwilioSmsSettings) -> Event:
    sender, to = _number(form, "From"), _number(form, "To")
    if sender == settings.number:
        return Ignored("Our own message")
    if "Body" not in form:
        raise ValueError("Body is missing")
    media = _media(form)
    return Message(
        ref=_sid(form),
        sender=Address("phone", sender),
        text=storable(form["Body"], "", most=LONGEST_TEXT),
        to=(Address("phone", to),),
        warnings=(_not_fetched(media, _sid(form)),) if media else (),
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
        code = _code(form)
        failed = STATES[told] is State.FAILED
        yield Status(
            _ours(raw) or _sid(form),
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


def _ours(raw: Raw) -> str:
    """Our own key, which stands in the signed address: it is known even if the answer to the send was lost."""
    return storable(parse_qs(urlsplit(raw.url).query).get(DELIVERY, [""])[0], "")


def _code(form: Form) -> int | None:
    code = form.get("ErrorCode", "")
    if code and not re.fullmatch("[0-9]{1,6}", code, re.ASCII):
        raise ValueError("ErrorCode is no number")
    return int(code) or None if code else None


def _sid(form: Form) -> str:
    sid = form.get("MessageSid", "")
    if not SID.fullmatch(sid):
        raise ValueError("MessageSid is missing or malformed")
    return sid


def _number(form: Form, name: str) -> str:
    number = form.get(name, "")
    if not NUMBER.fullmatch(number):
        raise ValueError(f"{name} is no telephone number: {number[:40]!r}. This inbox takes SMS and MMS only")
    return number
