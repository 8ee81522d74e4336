"""What all shapes share, and the words that several of them use."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


class Shape(BaseModel):
    """What the API returns."""

    model_config = ConfigDict(from_attributes=True)


class Body(BaseModel):
    """What the API takes: an unknown field is an error, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid")


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Key = Annotated[str, StringConstraints(min_length=8, max_length=100, pattern=r"^[A-Za-z0-9_.:-]+$")]
EntryKind = Literal["message", "note", "call", "event"]
Direction = Literal["in", "out", "none"]
AuthorKind = Literal["customer", "agent", "system"]
CaseStatus = Literal["open", "waiting", "snoozed", "done", "spam"]
Role = Literal["owner", "admin", "agent"]


def _in_our_times(at: datetime) -> datetime:
    if not 1970 <= at.year <= 2200:
        raise ValueError("This is not a date between 1970 and 2200")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_in_our_times)]
"""A time with its zone; "tomorrow at nine" means nothing without one."""
Seq = Annotated[int, Field(ge=0, lt=2**53)]
"""A `seq` or `rev`: counts from 1, and every client can hold it."""
Priority = Literal["low", "normal", "high", "urgent"]
T = TypeVar("T")


class Page(Shape, Generic[T]):
    """One page; `next` is the cursor of the following one, absent on the last."""

    items: list[T]
    next: str | None = None


class Problem(Shape):
    """RFC 9457: what went wrong, why, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    fields: dict[str, str] = Field(default={})
    """For 422: a sentence for each wrong field."""
    request_id: str = ""
