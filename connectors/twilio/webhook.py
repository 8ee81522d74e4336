"""Twilio's requests to us: proven by their signature, and read as the forms that they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

from hub.contract import Answer, Context, Raw, Unverified, storable

from . import signature
from .settings import TwilioSettings

Form = Mapping[str, str]

TAKEN = Answer(body='<?xml version="1.0" encoding="UTF-8"?><Response/>', content_type="text/xml")
"""TwiML that does nothing."""


def verify(raw: Raw, settings: TwilioSettings) -> None:
    """Raises `Unverified`."""
    if raw.method != "POST":
        raise Unverified("Twilio must deliver by HTTP POST: choose it beside the webhook address")
    try:
        form = signature.fields(raw.body)
    except ValueError as error:
        raise Unverified("The request is not a form, as Twilio's are") from error
    given = raw.headers.get(signature.HEADER, "")
    if not signature.matches(given, settings.tokens, _called(raw, settings), form):
        raise Unverified("The signature does not match: check the auth token, and the webhook address at Twilio")


def _called(raw: Raw, settings: TwilioSettings) -> str:
    """The address that Twilio called and signed."""
    if not settings.webhook_url:
        return raw.url
    query = urlsplit(raw.url).query
    return f"{settings.webhook_url}?{query}" if query else settings.webhook_url


def form_of(raw: Raw) -> dict[str, str]:
    """Raises `ValueError` for what is no form, or says one thing twice."""
    found: dict[str, str] = {}
    for name, value in signature.fields(raw.body):
        if name in found:
            raise ValueError(f"{name[:40]!r} comes twice")
        found[name] = value
    return found


def check_account(form: Form, settings: TwilioSettings) -> None:
    """Raises `ValueError`."""
    if (account := form.get("AccountSid", "")) != settings.account_sid:
        raise ValueError(f"it is about the account {account or 'without a name'}, not the one in the settings")


def sid_of(form: Form, name: str, *kinds: str) -> str:
    """An id of Twilio's: its kind in two letters and 32 hexadecimal digits. Raises `ValueError`."""
    sid = form.get(name, "")
    if not is_sid(sid, *kinds):
        raise ValueError(f"{name} is missing or malformed")
    return sid


def is_sid(text: str, *kinds: str) -> bool:
    return text[:2] in kinds and re.fullmatch(r"[A-Z]{2}[0-9a-f]{32}", text, re.ASCII) is not None


def code_of(form: Form, name: str = "ErrorCode") -> int | None:
    """Raises `ValueError`."""
    code = form.get(name, "")
    if code and not re.fullmatch("[0-9]{1,6}", code, re.ASCII):
        raise ValueError(f"{name} is no number")
    return int(code) or None if code else None


def address(settings: TwilioSettings, context: Context, **given: str) -> str:
    """Where Twilio shall call us, with what it shall give back: it signs the query too, so that nobody changes it."""
    where = settings.webhook_url or context.hook_url
    return f"{where}?{urlencode(given)}" if given else where


def given_back(raw: Raw, name: str) -> str:
    """What we gave in `address`; empty where we gave nothing. Raises `ValueError`."""
    return storable(parse_qs(urlsplit(raw.url).query).get(name, [""])[0], "")
