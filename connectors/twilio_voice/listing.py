"""What Twilio lists of calls and recordings, as the requests by which it should have told of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from connectors.twilio import webhook
from connectors.twilio.api import Api
from hub.contract import Context, Raw

from .names import CONSOLE
from .settings import TwilioVoiceSettings

LIST = "LIST"
"""The method of what we asked for ourselves: no request has it."""
LONGEST_CALL = timedelta(hours=24)
"""Twilio lists by the day a call began; one that ended just now may have begun long ago."""
PAGE = "100"


async def reconcile(api: Api, settings: TwilioVoiceSettings, context: Context, since: datetime) -> AsyncIterator[Raw]:
    begun = (since - LONGEST_CALL).astimezone(UTC).date().isoformat()
    for whose in _whose(settings):
        async for call in api.pages("/Calls.json", "calls", {"StartTime>": begun, "PageSize": PAGE, **whose}):
            if _since(call, "end_time", since) and _is_ours(call, settings):
                yield _raw(_as_callback(call), settings, context)
    created = {"DateCreated>": begun, "PageSize": PAGE}
    async for recording in api.pages("/Recordings.json", "recordings", created):
        if _since(recording, "date_updated", since) and recording.get("call_sid"):
            yield _raw(_as_recording(recording), settings, context)


def _whose(settings: TwilioVoiceSettings) -> list[dict[str, str]]:
    """A call from a console names no number of ours."""
    return [{}] if settings.browser else [{"To": settings.number}, {"From": settings.number}]


def _is_ours(call: Mapping[str, Any], settings: TwilioVoiceSettings) -> bool:
    ends = (call.get("from"), call.get("to"))
    return settings.number in ends or str(call.get("from")).startswith(CONSOLE)


def _since(item: Mapping[str, Any], field: str, since: datetime) -> bool:
    """What has no end yet is going on."""
    told = item.get(field)
    try:
        return not told or parsedate_to_datetime(str(told)) >= since.replace(microsecond=0)
    except ValueError:
        return True


def _raw(form: Mapping[str, Any], settings: TwilioVoiceSettings, context: Context) -> Raw:
    told = {name: str(value) for name, value in form.items() if value is not None}
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return Raw(LIST, webhook.address(settings, context), headers, urlencode(told).encode(), context.now())


def _as_callback(call: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "CallSid": call.get("sid"),
        "AccountSid": call.get("account_sid"),
        "From": call.get("from"),
        "To": call.get("to"),
        "Direction": call.get("direction"),
        "CallStatus": call.get("status"),
        "CallDuration": call.get("duration"),
        "AnsweredBy": call.get("answered_by"),
        "Timestamp": call.get("end_time"),
    }


def _as_recording(recording: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "RecordingSid": recording.get("sid"),
        "AccountSid": recording.get("account_sid"),
        "CallSid": recording.get("call_sid"),
        "RecordingStatus": recording.get("status"),
        "RecordingDuration": recording.get("duration"),
        "RecordingChannels": recording.get("channels"),
        "RecordingSource": recording.get("source"),
    }
