"""What Meta's send API takes, for the simulator: parameters, types and limits; and its errors."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Platform = Literal["page", "instagram"]

MOST_CHARS = 2000
"""Of a text at Messenger."""
MOST_BYTES = 1000
"""Of a text at Instagram."""
ATTACHMENTS = {"page": ("image", "video", "audio", "file"), "instagram": ("image", "video", "audio")}
MOST_FILE = 25 * 1_048_576
MOST_IMAGE = {"page": MOST_FILE, "instagram": 8 * 1_048_576}
CLOSED = {"page": 2018278, "instagram": 2534022}
DAY_S, WEEK_S = 24 * 3600, 7 * 24 * 3600


class GraphError(Exception):
    """An answer that is an error, as Meta words it."""

    def __init__(self, code: int, message: str, subcode: int = 0, status: int = 400, transient: bool = False) -> None:
        super().__init__(message)
        self.code, self.message, self.subcode, self.status, self.transient = code, message, subcode, status, transient

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {
            "message": f"(#{self.code}) {self.message}",
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": "AbCdEf0123456789",
        }
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.transient:
            error["is_transient"] = True
        return {"error": error}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Recipient(_Strict):
    id: str = Field(min_length=1)


class Source(_Strict):
    url: str = Field(pattern="^https?://")
    is_reusable: bool = False


class Attached(_Strict):
    type: Literal["image", "video", "audio", "file"]
    payload: Source


class Quick(_Strict):
    content_type: Literal["text"]
    title: str = Field(min_length=1, max_length=20)
    payload: str = Field(min_length=1, max_length=1000)


class Answered(_Strict):
    mid: str = Field(min_length=1)


class Words(_Strict):
    text: str | None = None
    attachment: Attached | None = None
    quick_replies: list[Quick] = Field([], max_length=13)
    metadata: str = Field("", max_length=1000)
    reply_to: Answered | None = None


class Asked(_Strict):
    """The body of one request to send."""

    recipient: Recipient
    messaging_type: Literal["RESPONSE", "UPDATE", "MESSAGE_TAG"] | None = None
    tag: Literal["HUMAN_AGENT"] | None = None
    message: Words | None = None
    sender_action: Literal["typing_on", "typing_off", "mark_seen"] | None = None


def read(body: str, platform: Platform) -> Asked:
    """Raises `GraphError` for what Meta would refuse, whoever it is for."""
    try:
        asked = Asked.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise GraphError(100, f"Invalid parameter {where}: {first['msg']}") from None
    if (asked.message is None) == (asked.sender_action is None):
        raise GraphError(100, "Either message or sender_action is required")
    if (asked.messaging_type == "MESSAGE_TAG") != (asked.tag is not None):
        raise GraphError(100, "A tag goes with messaging_type MESSAGE_TAG, and only with it")
    if asked.message:
        _check(asked.message, platform)
    return asked


def _check(message: Words, platform: Platform) -> None:
    if (message.text is None) == (message.attachment is None):
        raise GraphError(100, "Message cannot be empty, must provide valid attachment or text")
    if message.text is not None and not message.text.strip():
        raise GraphError(100, "Message cannot be empty, must provide valid attachment or text")
    if platform == "page" and len(message.text or "") > MOST_CHARS:
        raise GraphError(100, f"Length of param message[text] must be less than or equal to {MOST_CHARS}")
    if platform == "instagram" and len((message.text or "").encode()) > MOST_BYTES:
        raise GraphError(100, f"Length of param message[text] must be less than or equal to {MOST_BYTES} bytes")
    if message.attachment and message.attachment.type not in ATTACHMENTS[platform]:
        raise GraphError(100, f"Unsupported attachment type {message.attachment.type}")


def check_file(kind: str, size: int, platform: Platform) -> None:
    if size > (MOST_IMAGE[platform] if kind == "image" else MOST_FILE):
        raise GraphError(100, "Upload attachment failure: the file is too large", 2018047)
