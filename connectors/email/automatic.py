"""Was this mail written by a machine? Such mail is shown, but no machine of ours answers it."""

from __future__ import annotations

from . import phrases
from .headers import Headers

_MARKS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-mail-autoreply", "x-vacation")


def why(fields: Headers, subject: str, envelope_sender: str | None) -> str:
    """A word for the reason, or "" for mail that a person wrote."""
    submitted = fields.raw("auto-submitted").partition(";")[0].split("(")[0].strip().lower()
    if submitted and submitted != "no":
        return "auto-submitted"
    precedence = fields.raw("precedence").strip().lower()
    if precedence == "auto_reply" or any(fields.raw(name).strip().lower() not in ("", "no") for name in _MARKS):
        return "auto-reply"
    if "list-id" in fields or precedence == "list":
        return "list"
    if precedence in ("bulk", "junk"):
        return "bulk"
    if envelope_sender == "":
        return "null-sender"
    return "absence" if phrases.ABSENT.match(subject[:200]) else ""
