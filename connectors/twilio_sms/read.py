"""What a request of Twilio's means: a customer's message, or what became of one of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.twilio.errors import OPTED_OUT, RETRYABLE, reason
from connectors.twilio.settings import NUMBER
from connectors.twilio.webhook import Form, check_account, code_of, form_of, given_back, sid_of
from hub.contract import Address, Consent, Event, File, Ignored, Malformed, Message, Raw, State, Status, storable

from .consent import allows
from .settings import TwilioSmsSettings

DELIVERY = "delivery"
"""The parameter of our callback address that names the delivery."""
LISTED = "LIST"
"""The method of what we listed ourselves."""
SENT_AT = "DateSent"
"""When a listed message was sent; a webhook comes at once and says no time."""
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
# fmt: off
ENDINGS = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/heic": "heic",
    "video/mp4": "mp4", "video/3gpp": "3gp", "video/quicktime": "mov", "audio/amr": "amr", "audio/mpeg": "mp3",
    "audio/mp4": "m4a", "audio/ogg": "ogg", "audio/3gpp": "3gp", "text/vcard": "vcf", "text/x-vcard": "vcf",
    "text/calendar": "ics", "text/plain": "txt", "application/pdf": "pdf",
}
# fmt: on


def read(raw: Raw, settings: TwilioSmsSettings) -> Iterator[Event]:
    """Raises `Malformed`."""
    try:
        form = form_of(raw)
        check_account(form, settings)
        if "MessageStatus" in form:
            yield from _status(form, raw)
        elif "MessageSid" in form:
            yield from _message(form, settings)
        else:
            yield Ignored("Neither a message nor a message's state")
    except ValueError as error:
        raise Malformed(f"The request can't be read: {error}") from error


def dedup_key(raw: Raw) -> str | None:
    """A repetition differs in its headers; one message has several states. None: there is nothing to tell it by."""
    try:
        form = form_of(raw)
        return f"{_sid(form)}:{storable(form.get('MessageStatus'), 'received', most=40)}"
    except ValueError:
        return None


def lane(raw: Raw) -> str:
    """One customer's messages are read in the order they came in; states may come in any."""
    try:
        form = form_of(raw)
        return "" if "MessageStatus" in form else storable(form.get("From"), "")
    except ValueError:
        return ""


def _message(form: Form, settings: TwilioSmsSettings) -> Iterator[Event]:
    sender, to = Address("phone", _number(form, "From")), Address("phone", _number(form, "To"))
    if sender.value == settings.number:
        yield Ignored("Our own message")
        return
    if "Body" not in form:
        raise ValueError("Body is missing")
    text, at = storable(form["Body"], "", most=LONGEST_TEXT), _sent_at(form)
    yield Message(ref=_sid(form), sender=sender, text=text, at=at, to=(to,), files=tuple(_files(form)))
    allowed = allows(form)
    if allowed is not None:
        yield Consent(sender, allowed, said=text.strip()[:190], at=at)


def _files(form: Form) -> Iterator[File]:
    """Twilio keeps them, and says no names."""
    count = form.get("NumMedia", "0")
    if not re.fullmatch("[0-9]{1,2}", count, re.ASCII) or int(count) > MOST_MEDIA:
        raise ValueError("NumMedia is no small number")
    for number in range(int(count)):
        kind = storable(form.get(f"MediaContentType{number}"), "application/octet-stream").lower()
        yield File(_name(kind, number + 1), kind, url=storable(form.get(f"MediaUrl{number}"), most=2000))


def _name(kind: str, number: int) -> str:
    major, ending = kind.partition("/")[0], ENDINGS.get(kind)
    what = major if major in ("image", "video", "audio") else "file"
    return f"{what}-{number}.{ending}" if ending else f"{what}-{number}"


def _status(form: Form, raw: Raw) -> Iterator[Event]:
    told = form["MessageStatus"]
    if told in ON_ITS_WAY:
        yield Ignored(f"Still on its way: {told}")
    elif told in STATES:
        code = code_of(form)
        failed = STATES[told] is State.FAILED
        yield Status(
            given_back(raw, DELIVERY) or _sid(form),
            STATES[told],
            _why(told, code, form) if failed else "",
            retryable=failed and code in RETRYABLE,
            remark="Delivered only in part" if told == "partially_delivered" else "",
            opted_out=failed and code == OPTED_OUT,
        )
    else:
        yield Ignored(f"An unknown state: {storable(told, '')}")


def _why(told: str, code: int | None, form: Form) -> str:
    if told == "canceled" and not code:
        return "The message was cancelled at Twilio"
    return reason(code, storable(form.get("ErrorMessage"), "", most=500))


def _sid(form: Form) -> str:
    return sid_of(form, "MessageSid", "SM", "MM")


def _number(form: Form, name: str) -> str:
    number = form.get(name, "")
    if not NUMBER.fullmatch(number):
        raise ValueError(f"{name} is no telephone number: {number[:40]!r}. This inbox takes SMS and MMS only")
    return number


def _sent_at(form: Form) -> datetime | None:
    return moment(form[SENT_AT]) if form.get(SENT_AT) else None


def moment(text: str) -> datetime:
    """Twilio's times are those of mails, in UTC. Raises `ValueError`."""
    try:
        at = parsedate_to_datetime(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (OverflowError, TypeError) as error:
        raise ValueError(f"{text[:40]!r} is no time") from error
