"""The parts of Meta's webhooks that the hub reads, and no others.

What a message can do without is loose: a shape that Meta changes one day costs that detail, never the message.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WrapValidator,
)

MOST_EVENTS = 5000
"""In one request; Meta puts up to 1,000 together."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
IN_SECONDS = 10**11
"""A smaller time is in seconds: some of Meta's examples are."""


def moment(time: int) -> datetime:
    return EPOCH + (timedelta(seconds=time) if time < IN_SECONDS else timedelta(milliseconds=time))


def _or_nothing(value: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


def _clean(text: str) -> str:
    return text.replace("\0", "")


T = TypeVar("T")
Loose = Annotated[T | None, WrapValidator(_or_nothing)]
Text = Annotated[
    str,
    StringConstraints(max_length=100_000),
    AfterValidator(_clean),
    BeforeValidator(lambda value: "" if value is None else value),
]
Short = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_clean)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,100}$")]
Mid = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,500}$")]
Time = Annotated[int, Field(ge=0, le=32_503_680_000_000)]


class Party(BaseModel):
    id: Id


class Coordinates(BaseModel):
    lat: float = Field(allow_inf_nan=False)
    long: float = Field(allow_inf_nan=False)


class Element(BaseModel):
    title: Loose[Short] = None
    subtitle: Loose[Short] = None


class Product(BaseModel):
    elements: list[Element] = Field(max_length=50)


class Payload(BaseModel):
    url: Loose[Short] = None
    title: Loose[Short] = None
    coordinates: Loose[Coordinates] = None
    product: Loose[Product] = None


class Attachment(BaseModel):
    type: Short
    title: Loose[Short] = None
    url: Loose[Short] = None
    payload: Loose[Payload] = None

    @property
    def link(self) -> str:
        return (self.payload and self.payload.url) or self.url or ""

    @property
    def words(self) -> str:
        return (self.payload and self.payload.title) or self.title or ""


class Story(BaseModel):
    url: Loose[Short] = None


class ReplyTo(BaseModel):
    mid: Loose[Mid] = None
    story: Loose[Story] = None


class QuickReply(BaseModel):
    payload: Short


class Referral(BaseModel):
    """How somebody found the way into the conversation: a link, an advertisement."""

    ref: Loose[Short] = None
    source: Loose[Short] = None
    type: Loose[Short] = None
    ad_id: Loose[Short] = None


class Said(BaseModel):
    mid: Mid
    text: Text = ""
    attachments: Loose[list[Loose[Attachment]]] = None
    quick_reply: Loose[QuickReply] = None
    reply_to: Loose[ReplyTo] = None
    referral: Loose[Referral] = None
    is_echo: bool = False
    is_deleted: bool = False
    is_unsupported: bool = False
    app_id: Loose[Annotated[Id, BeforeValidator(lambda value: str(value) if type(value) is int else value)]] = None
    metadata: Loose[Short] = None


class Pressed(BaseModel):
    mid: Loose[Mid] = None
    title: Text = ""
    payload: Text = ""
    referral: Loose[Referral] = None


class Reacted(BaseModel):
    mid: Mid
    action: Short
    emoji: Loose[Short] = None
    reaction: Loose[Short] = None


class Seen(BaseModel):
    """Instagram names the message, Messenger a moment."""

    mid: Loose[Mid] = None
    watermark: Loose[Time] = None


class Delivered(BaseModel):
    mids: Loose[Annotated[list[Mid], Field(max_length=MOST_EVENTS)]] = None
    watermark: Loose[Time] = None


class Edited(BaseModel):
    mid: Mid
    text: Text
    num_edit: Annotated[int, Field(ge=0, le=10**6)] = 0


class Happening(BaseModel):
    """One thing that happened; exactly one of the kinds is there, or one that we don't know."""

    model_config = ConfigDict(extra="allow")

    sender: Loose[Party] = None
    recipient: Loose[Party] = None
    timestamp: Loose[Time] = None
    message: Said | None = None
    postback: Pressed | None = None
    reaction: Reacted | None = None
    read: Seen | None = None
    delivery: Delivered | None = None
    message_edit: Edited | None = None


class Change(BaseModel):
    """The other form of the same, in which Meta's dashboard sends its test events."""

    field: Short
    value: Any = None


class Entry(BaseModel):
    id: Id
    messaging: list[Any] = Field([], max_length=MOST_EVENTS)
    standby: list[Any] = Field([], max_length=MOST_EVENTS)
    changes: list[Change] = Field([], max_length=MOST_EVENTS)


class Notice(BaseModel):
    object: Short
    entry: list[Entry] = Field(max_length=MOST_EVENTS)
