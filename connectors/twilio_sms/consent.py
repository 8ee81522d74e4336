"""STOP and START: words by which a customer forbids us to write to them, and allows it again."""

from __future__ import annotations

from collections.abc import Mapping

STOP = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
START = frozenset({"START", "YES", "UNSTOP"})
OPT_OUT_TYPE = "OptOutType"
"""Comes along where Twilio was given words of its own to look for, in any language."""


def allows(form: Mapping[str, str]) -> bool | None:
    """What this message says about writing to its sender; None: nothing. A word counts only if it is all they wrote."""
    word = form.get(OPT_OUT_TYPE) or form.get("Body", "").strip()
    if word.upper() in STOP:
        return False
    return True if word.upper() in START else None
