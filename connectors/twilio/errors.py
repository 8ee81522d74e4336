"""Twilio's error codes in words, and what the hub does about each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from hub.contract import ConnectorError, OptedOut, Refused, Unauthorised, Unavailable, Uncertain, raise_for

Does = Literal["refused", "opted_out", "paused", "later"]
NOT_FOUND = 20404
OPTED_OUT = 21610

CODES: Mapping[int, tuple[Does, str]] = {
    10004: ("later", "The Twilio account has as many calls at once as it may have"),
    12300: ("refused", "Twilio takes no files of this type. Send it by another channel"),
    14107: ("later", "Twilio has too many messages at once"),
    20003: ("paused", "Twilio refused the account SID with its token or key. Copy them again from Twilio's console"),
    20005: ("paused", "The Twilio account is not active. See the notice in Twilio's console"),
    NOT_FOUND: ("paused", "Twilio knows no such account or resource. Check the account SID"),
    20429: ("later", "Twilio has too many requests at once"),
    20500: ("later", "Twilio has a fault"),
    20503: ("later", "Twilio is not available"),
    21210: ("refused", "The number to call from is not one of this Twilio account. Choose one of its numbers"),
    21211: ("refused", "The customer's number is not valid. Check it"),
    21212: ("refused", "The number to call from is not valid. Choose a number of this Twilio account"),
    21214: ("refused", "The customer's number can't be reached. Check it"),
    21215: ("refused", "The account may not call this country. Allow it in Twilio's console, under Geo permissions"),
    21216: ("refused", "The account may not call this number"),
    21217: ("refused", "The customer's number is not valid. Check it"),
    21219: ("refused", "A Twilio trial account calls verified numbers only. Verify this one, or upgrade the account"),
    21220: ("refused", "The call has ended already"),
    21408: ("refused", "The account may not send to this country. Allow it in Twilio's console, under Geo permissions"),
    21602: ("refused", "The message is empty. Write something"),
    21606: ("refused", "Our number can't send messages to this customer. Check in Twilio's console what it may do"),
    OPTED_OUT: ("opted_out", "The customer has opted out by STOP. Only they can undo it, by writing START"),
    21612: ("refused", "There is no way from our number to the customer's. Send from another number"),
    21614: ("refused", "The customer's number is no mobile number. Use another channel"),
    21617: ("refused", "The message is longer than 1,600 characters. Shorten it"),
    21620: ("refused", "Twilio can't use the address of a file. Check the hub's public address"),
    21623: ("refused", "The message has more than 10 files. Send fewer"),
    30001: ("later", "Twilio's queue for our number is full"),
    30002: ("paused", "The Twilio account is suspended. See the notice in Twilio's console"),
    30003: ("refused", "The customer's telephone can't be reached: it is off or has no network. Try again later"),
    30004: ("refused", "The customer or the network blocks our messages. Use another channel"),
    30005: ("refused", "The customer's number is unknown. Check it"),
    30006: ("refused", "The number is a landline, or its network takes no messages. Use another channel"),
    30007: ("refused", "The network took the message for spam. Word it otherwise, without short links"),
    30008: ("refused", "The network did not say why the message failed. Try again later"),
    30019: ("refused", "A file is too large for the customer's network. Send it by another channel"),
    30022: ("later", "Our number has sent too much at once"),
    30032: ("refused", "Our toll-free number is not verified. Verify it in Twilio's console"),
    30034: ("refused", "Our number is not registered for messages to the USA (A2P 10DLC). Do so in Twilio's console"),
    63018: ("later", "Twilio has too many messages for this sender"),
}
GONE = f"Twilio has it no longer (Twilio error {NOT_FOUND})"
RETRYABLE = frozenset({14107, 30001, 30003, 30008, 30022, 63018})
"""Failures reported after the send that a later try may mend."""


def reason(code: int | None, said: str = "") -> str:
    """A sentence for people; Twilio's own words where the code is not in the table."""
    sentence = _known(code)[1] or said or "Twilio gave no reason"
    return f"{sentence} (Twilio error {code})" if code else sentence


def refusal(code: int | None, said: str = "") -> Refused:
    """For a message that was taken, and failed before it left."""
    return OptedOut(reason(code, said)) if code == OPTED_OUT else Refused(reason(code, said))


def raise_answer(status: int, body: str, headers: Mapping[str, str], unsure: str = "", *, of_one: bool = False) -> None:
    """A failed request as the typed error; `unsure` is what may have happened all the same if Twilio broke inside.

    `of_one`: it was about one thing, which may have gone; otherwise an unknown address means a wrong account.
    """
    if status < 300:
        return
    code, said = _told(body)
    does, sentence = _known(code)[0], reason(code, said)
    if of_one and (status == 404 or code == NOT_FOUND):
        raise Refused(GONE)
    if unsure and status >= 500 and status != 503:
        raise Uncertain(f"{sentence}. {unsure}")
    if does == "opted_out":
        raise OptedOut(sentence)
    if does == "paused":
        raise Unauthorised(sentence)
    if does == "refused":
        raise Refused(sentence)
    try:
        raise_for(status, sentence, headers)
    except Unavailable as error:
        raise Unavailable(sentence, error.retry_after) from None
    except ConnectorError as error:
        raise (Unavailable(sentence) if does == "later" else error) from None


def _known(code: int | None) -> tuple[Does | None, str]:
    return CODES.get(code or 0, (None, ""))


def _told(body: str) -> tuple[int | None, str]:
    try:
        content: Any = json.loads(body)
        return int(content["code"]), str(content.get("message", ""))[:300]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None, body[:300]
