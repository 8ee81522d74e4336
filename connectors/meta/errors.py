"""The Graph API's errors in words, and what the hub does about each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from hub.contract import Refused, Unauthorised, Unavailable, Uncertain, raise_for

Does = Literal["refused", "paused", "later"]

CLOSED = "The reply window is closed: the customer's last message is too old. Wait until they write, or use another way"
GONE = "The customer can't be reached: they have blocked the account or are gone. Use another channel"
BUSY = "Meta has had too many requests of this app or account"
FAULT = "Meta has a fault"
RESTRICTED = "Meta has restricted the account or the app. See the notice in Meta Business Suite, under account status"
NOT_ALLOWED = (
    "The app lacks a permission for this account. Grant it in Meta's app dashboard and make a new access token"
)

CODES: Mapping[tuple[int, int], tuple[Does, str]] = {
    (1, 0): ("later", FAULT),
    (2, 0): ("later", FAULT),
    (3, 0): ("paused", NOT_ALLOWED),
    (4, 0): ("later", BUSY),
    (10, 0): ("paused", NOT_ALLOWED),
    (10, 1893063): ("paused", RESTRICTED),
    (10, 2018065): ("refused", CLOSED),
    (10, 2018278): ("refused", CLOSED),
    (10, 2534022): ("refused", CLOSED),
    (17, 0): ("later", BUSY),
    (32, 0): ("later", BUSY),
    (100, 0): ("refused", "Meta finds the message wrong"),
    (100, 2018001): ("refused", "Meta knows no such person for this account. Use another channel"),
    (100, 2018008): ("refused", "Meta could not fetch the file. The hub's public address must be reachable for it"),
    (100, 2018047): ("refused", "Meta could not take the file. Send another format, or a link to it"),
    (102, 0): ("paused", "The access token is no longer valid. Make a new one and enter it in the settings"),
    (190, 0): ("paused", "The access token is no longer valid. Make a new one and enter it in the settings"),
    (200, 0): ("paused", NOT_ALLOWED),
    (200, 2018028): ("refused", "The app is not live yet: until Meta's review it may write to its own testers only"),
    (230, 0): ("paused", NOT_ALLOWED),
    (368, 0): ("paused", RESTRICTED),
    (551, 0): ("refused", GONE),
    (613, 0): ("later", BUSY),
    (1200, 0): ("later", FAULT),
    (80002, 0): ("later", BUSY),
    (80006, 0): ("later", BUSY),
}
"""Code and subcode, 0 for any other: a subcode says more, but Meta adds new ones."""
WINDOW = "allowed window"
"""Part of Meta's words for a closed window, whatever the subcode."""
LONGEST_WAIT_S = 86_400.0


class Told(NamedTuple):
    """What a Graph error says."""

    code: int = 0
    subcode: int = 0
    message: str = ""
    transient: bool = False


def does(told: Told) -> Does | None:
    """None: only the HTTP status can tell."""
    known = _known(told)
    if told.transient and (known is None or known[0] == "refused"):
        return "later"
    return known[0] if known else None


def reason(told: Told) -> str:
    """A sentence for people; with Meta's own words where the table's are general or missing."""
    known, said = _known(told), told.message or "Meta gave no reason"
    words = known[1] if known else said
    if known is CODES[100, 0]:
        words = f"{words}: {said}"
    number = f"{told.code}/{told.subcode}" if told.subcode else str(told.code)
    return f"{words} (Meta error {number})" if told.code else words


def raise_answer(status: int, body: str, headers: Mapping[str, str], *, sends: bool) -> None:
    """A failed request as the typed error. Of a send that broke without Meta's word nobody knows how far it got."""
    if status < 300:
        return
    told = read(body)
    doing, sentence = does(told), reason(told)
    if doing == "paused":
        raise Unauthorised(sentence)
    if doing == "refused":
        raise Refused(sentence)
    if doing == "later":
        raise Unavailable(sentence, _wait(headers))
    if sends and status >= 500 and status != 503:
        raise Uncertain(f"{sentence}. The message may have been sent")
    try:
        raise_for(status, sentence, headers)
    except Unavailable as error:
        raise Unavailable(sentence, _wait(headers)) from error


def read(body: str) -> Told:
    """Nothing for what is no Graph error."""
    try:
        error: Any = json.loads(body)["error"]
        return Told(
            int(error["code"]),
            int(error.get("error_subcode") or 0),
            str(error.get("message") or "")[:300],
            error.get("is_transient") is True,
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Told(message=body[:300])


def _known(told: Told) -> tuple[Does, str] | None:
    if told.code == 10 and WINDOW in told.message:
        return CODES[10, 2018278]
    if told.subcode == 1545041:  # comes with several codes
        return CODES[551, 0]
    return CODES.get((told.code, told.subcode)) or CODES.get((told.code, 0))


def _wait(headers: Mapping[str, str]) -> float | None:
    """Seconds by the standard header, or what Meta estimates for this account, in minutes."""
    after = headers.get("Retry-After", "")
    if after.isascii() and after.isdecimal():
        return min(float(after), LONGEST_WAIT_S)
    try:
        usage: Any = json.loads(headers.get("X-Business-Use-Case-Usage", ""))
        minutes = max(int(limit["estimated_time_to_regain_access"]) for limits in usage.values() for limit in limits)
        return min(minutes * 60.0, LONGEST_WAIT_S) if minutes > 0 else None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
