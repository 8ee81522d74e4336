"""What Twilio's interface for messages takes, for the one who plays it: parameters, their types, filters, limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime

from connectors.twilio.simulator import Asked, Problem

# fmt: off
PARAMETERS = frozenset({
    "To", "From", "MessagingServiceSid", "Body", "MediaUrl", "ContentSid",
    "ContentVariables", "StatusCallback", "ApplicationSid", "ProvideFeedback", "Attempt", "ValidityPeriod",
    "ForceDelivery", "ContentRetention", "AddressRetention", "SmartEncoded", "PersistentAction", "TrafficType",
    "ShortenUrls", "ScheduleType", "SendAt", "SendAsMms", "RiskCheck", "FallbackFrom",
    "MaxPrice",
})
# fmt: on
"""What a message may have; anything else is a mistake of ours."""
REPEATED = frozenset({"MediaUrl", "PersistentAction"})
NUMBERS = frozenset({"MaxPrice", "Attempt", "ValidityPeriod"})
FLAGS = frozenset({"ProvideFeedback", "ForceDelivery", "SmartEncoded", "ShortenUrls", "SendAsMms"})
FILTERS = frozenset({"To", "From", "DateSent", "DateSent<", "DateSent>"})
MEDIA_FILTERS = frozenset({"DateCreated", "DateCreated<", "DateCreated>"})
LONGEST = 1600
MOST_MEDIA = 10
COMPARISONS: Mapping[str, Callable[[date, date], bool]] = {
    "DateSent": lambda sent, day: sent == day,
    "DateSent<": lambda sent, day: sent <= day,
    "DateSent>": lambda sent, day: sent >= day,
}
_ADDRESS = re.compile(r"https?://[^\s/?#]+[^\s#]*", re.ASCII)


def mistyped(asked: Asked) -> tuple[int, str] | None:
    """Each parameter has a type, and only lists may come more than once."""
    for name, values in asked.items():
        if len(values) > 1 and name not in REPEATED:
            return 20001, f"{name} must be given once"
        if name in NUMBERS and not all(re.fullmatch(r"[0-9]+(\.[0-9]+)?", value, re.ASCII) for value in values):
            return 20001, f"{name} must be a number"
        if name in FLAGS and not set(values) <= {"true", "false", "True", "False"}:
            return 20001, f"{name} must be true or false"
    if not all(_ADDRESS.fullmatch(url) for url in asked.get("StatusCallback", ())):
        return 21609, "The 'StatusCallback' URL is not a valid URL."
    if not all(_ADDRESS.fullmatch(url) for url in asked.get("MediaUrl", ())):
        return 21620, "A media URL is not a valid URL."
    return None


def day(text: str) -> date:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise Problem(20001, f"{text} is no date") from None
