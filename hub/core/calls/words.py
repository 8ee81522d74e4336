"""What is said of a call in words, for the timeline and for telephones."""

from __future__ import annotations

ENDS = {
    "completed": "Answered",
    "no_answer": "No answer",
    "busy": "Busy",
    "rejected": "Rejected",
    "failed": "Failed",
    "canceled": "Cancelled before an answer",
    "voicemail_left": "Voicemail",
    "machine_hangup": "Answering machine",
    "missed": "Missed",
    "abandoned": "Hung up while waiting",
    "blocked": "Not allowed",
}


def end_text(reason: str, detail: str) -> str:
    """The reason with what the provider said of it, if anything."""
    words = ENDS.get(reason, reason.replace("_", " ").capitalize())
    return f"{words}: {detail}" if detail else words


def duration(seconds: int) -> str:
    minutes, rest = divmod(max(0, seconds), 60)
    return f"{minutes}:{rest:02}"
