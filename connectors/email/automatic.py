"""Was this mail written by a machine? Such mail is shown, but nothing answers it by itself."""

from __future__ import annotations

from .headers import Headers


def why(fields: Headers, subject: str, envelope_sender: str | None) -> str:
    """A word for the reason, or "" for mail that a person wrote."""
    submitted = fields.raw("auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return "auto-submitted"
    precedence = fields.raw("precedence").strip().lower()
    if precedence in ("bulk", "junk", "list", "auto_reply"):
        return "list" if precedence == "list" else "auto-reply" if precedence == "auto_reply" else "bulk"
    if any(name in fields for name in ("x-autoreply", "x-autorespond", "x-autoresponder")):
        return "auto-reply"
    if "list-id" in fields:
        return "list"
    if envelope_sender == "":
        return "null-sender"
    return ""
