"""What Twilio can list afterwards: messages that its webhook lost, and whether it took one of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.twilio.api import Api
from connectors.twilio.errors import refusal
from connectors.twilio.settings import NUMBER
from connectors.twilio.webhook import is_sid
from hub.contract import Outgoing, Raw, Unavailable, Uncertain

from .read import LISTED, SENT_AT, STATES, moment
from .settings import TwilioSmsSettings

MESSAGES = "/Messages.json"
PAGE = "1000"
SKEW = timedelta(seconds=2)
"""Twilio's times have no fractions, and its clock is not ours."""
UNSURE = timedelta(seconds=60)
"""An equal message from so shortly before may be the one or not."""
LISTED_AFTER = timedelta(seconds=10)
"""What Twilio took so long ago stands in its list."""
REPORTED = timedelta(days=1)
"""So long after a message was sent its state may still change."""
TOLD_WITHIN = timedelta(seconds=60)
"""A webhook that has not come so long after a state changed is lost."""
TRIAL = "Sent from your Twilio trial account - "
"""Twilio puts this before each text of an account that has not paid yet."""

Listed = Mapping[str, Any]


async def since(api: Api, settings: TwilioSmsSettings, url: str, start: datetime, now: datetime) -> AsyncIterator[Raw]:
    """What came in and what became of our messages, as the requests that would have told it; the oldest first."""
    kept = [listed async for listed in _all(api, settings, start) if is_sid(str(listed.get("sid")), "SM", "MM")]
    kept.reverse()  # Twilio lists the latest first, and many have the same second
    for listed in sorted(kept, key=_created):
        if listed.get("direction") != "inbound" and _changed(listed) > now - TOLD_WITHIN:
            continue  # its webhook is on its way, and knows the delivery even if the send's answer was lost
        form = await _form(api, settings, listed)
        if form:
            body = urlencode(form, errors="replace").encode()
            yield Raw(LISTED, url, {"content-type": "application/x-www-form-urlencoded"}, body, now)


async def _all(api: Api, settings: TwilioSmsSettings, start: datetime) -> AsyncIterator[Listed]:
    """Twilio filters by days. A messaging service has numbers that we don't know: there we look through everything."""
    days = {"DateSent>": (start.astimezone(UTC) - REPORTED).date().isoformat(), "PageSize": PAGE}
    service, number = settings.messaging_service_sid, settings.number
    for whose in [{}] if service else [{"To": number}, {"From": number}]:
        async for listed in api.pages(MESSAGES, "messages", days | whose):
            ours = listed.get("messaging_service_sid") == service or number in (listed.get("to"), listed.get("from"))
            if (ours or not service) and _changed(listed) >= start - SKEW:
                yield listed


async def _form(api: Api, settings: TwilioSmsSettings, listed: Listed) -> dict[str, str]:
    """The form of the webhook; empty for what no webhook would tell."""
    inbound = listed.get("direction") == "inbound"
    phones = all(NUMBER.fullmatch(str(listed.get(end) or "")) for end in ("from", "to"))
    form = {
        "MessageSid": str(listed["sid"]),
        "AccountSid": settings.account_sid,
        "From": str(listed.get("from") or ""),
        "To": str(listed.get("to") or ""),
    }
    if inbound and phones:
        return form | {
            "Body": str(listed.get("body") or ""),
            SENT_AT: str(listed.get("date_sent") or listed.get("date_created") or ""),
            **await _media(api, listed),
        }
    if not inbound and listed.get("status") in STATES:
        told = {"ErrorCode": listed.get("error_code"), "ErrorMessage": listed.get("error_message")}
        return form | {
            "MessageStatus": str(listed["status"]),
            **{name: str(said) for name, said in told.items() if said},
        }
    return {}


async def _media(api: Api, listed: Listed) -> dict[str, str]:
    """The list counts a message's files, and names them only when asked for each."""
    if str(listed.get("num_media") or "0") == "0":
        return {"NumMedia": "0"}
    found = [part async for part in api.pages(f"/Messages/{listed['sid']}/Media.json", "media_list", {})]
    form = {"NumMedia": str(len(found))}
    for number, part in enumerate(found):
        form[f"MediaUrl{number}"] = f"{api.root}/Messages/{listed['sid']}/Media/{part.get('sid')}"
        form[f"MediaContentType{number}"] = str(part.get("content_type") or "")
    return form


async def sid_of(
    api: Api, settings: TwilioSmsSettings, outgoing: Outgoing, start: datetime, now: datetime
) -> str | None:
    """What Twilio took this message as, None if it didn't. Raises `Uncertain`, or `Refused` if it failed afterwards.

    Twilio gives back nothing of ours: it is known by its numbers, its words and its time.
    """
    alike = await _alike(api, settings, outgoing, start)
    if not alike and start + LISTED_AFTER > now:
        await asyncio.sleep(min(start + LISTED_AFTER - now, LISTED_AFTER).total_seconds())
        alike = await _alike(api, settings, outgoing, start)
    if len(alike) > 1 or any(_created(listed) < start - SKEW for listed in alike):
        raise Uncertain(f"Twilio lists {len(alike)} messages with these words: nobody can tell which is this one")
    for listed in alike:
        if listed.get("status") in ("failed", "undelivered"):
            code = listed.get("error_code")
            raise refusal(code if isinstance(code, int) else None, str(listed.get("error_message") or ""))
        if not is_sid(sid := str(listed.get("sid")), "SM", "MM"):
            raise Uncertain("Twilio lists the message without its SID")
        return sid
    return None


async def _alike(api: Api, settings: TwilioSmsSettings, outgoing: Outgoing, start: datetime) -> list[Listed]:
    service = settings.messaging_service_sid
    query = {"To": outgoing.to.value, "PageSize": PAGE} | ({} if service else {"From": settings.number})
    return [
        listed
        async for listed in api.pages(MESSAGES, "messages", query)
        if (not service or listed.get("messaging_service_sid") == service)
        and _created(listed) >= start - UNSURE
        and _is_alike(listed, outgoing)
    ]


def _is_alike(listed: Listed, outgoing: Outgoing) -> bool:
    """Words that Twilio was told not to keep are like any; where a telephone takes no files, links follow the words."""
    body, text = str(listed.get("body") or "").strip(), outgoing.text.strip()
    texts = (text, (TRIAL + text).strip())
    same = body.startswith(texts) if outgoing.files else body in texts
    return str(listed.get("direction")).startswith("outbound") and (same or not body)


def _created(listed: Listed) -> datetime:
    return _time(listed, "date_created")


def _changed(listed: Listed) -> datetime:
    """When its webhook was due: of a message that came in, when it was sent to us; of ours, when its state changed."""
    if listed.get("direction") == "inbound":
        return _time(listed, "date_sent" if listed.get("date_sent") else "date_created")
    return _time(listed, "date_updated")


def _time(listed: Listed, name: str) -> datetime:
    try:
        return moment(str(listed.get(name)))
    except ValueError as error:
        raise Unavailable(f"Twilio lists a message without a time ({name})") from error
