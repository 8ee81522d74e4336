"""Questions with typed answers: what an agent asks, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from hub.http.shapes.base import Body, Line, Shape

ValueKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Value = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | int | float
FieldType = Literal["text", "number", "date", "choice", "email", "phone"]
MOST_OPTIONS = 25
MOST_FIELDS = 20


def _options(values: list[Value]) -> list[dict[str, Any]]:
    return [{"label": str(value), "value": value} for value in values]


def _distinct(values: list[Value]) -> None:
    if len({str(value).casefold() for value in values}) < len(values):
        raise ValueError("Two options are the same: nobody could tell which one was meant.")


class FieldIn(Body):
    key: ValueKey
    """Under which the answer is kept in the case's values."""
    label: Line
    type: FieldType = "text"
    required: bool = False
    options: list[Value] = Field(default=[], max_length=MOST_OPTIONS)

    @model_validator(mode="after")
    def _has_options(self) -> Self:
        if (self.type == "choice") != bool(self.options):
            raise ValueError("Options belong to a choice, and a choice needs some.")
        _distinct(self.options)
        return self


class AskIn(Body):
    """A choice with `key` and `options`, or a form with `fields`."""

    kind: Literal["choice", "form"]
    key: ValueKey | None = None
    options: list[Value] = Field(default=[], max_length=MOST_OPTIONS)
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    fields: list[FieldIn] = Field(default=[], max_length=MOST_FIELDS)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "choice" and (self.key is None or len(self.options) < 2 or self.fields):
            raise ValueError("A choice needs a key and at least two options, and has no fields.")
        if self.kind == "form" and (not self.fields or self.options or self.key is not None):
            raise ValueError("A form needs fields, and has neither key nor options of its own.")
        _distinct(self.options)
        if len({field.key for field in self.fields}) < len(self.fields):
            raise ValueError("Two fields have the same key.")
        return self

    def plain(self) -> dict[str, Any]:
        """As the hub keeps it."""
        if self.kind == "choice":
            return {"kind": "choice", "key": self.key, "options": _options(self.options)}
        fields = [
            {"key": f.key, "label": f.label, "type": f.type, "required": f.required, "options": _options(f.options)}
            for f in self.fields
        ]
        return {"kind": "form", "title": self.title, "fields": fields}


class OptionOut(Shape):
    label: str
    value: Any


class FieldOut(Shape):
    key: str
    label: str
    type: FieldType
    required: bool
    options: list[OptionOut] = Field(default=[])


class AskOut(Shape):
    """What an entry asked."""

    id: UUID
    kind: Literal["choice", "form"]
    key: str = ""
    title: str = ""
    options: list[OptionOut] = Field(default=[])
    fields: list[FieldOut] = Field(default=[])
    native: bool = False
    """The channel's own buttons carry the choices."""


class QuestionOut(Shape):
    """A question and what became of it."""

    id: UUID
    entry_id: UUID
    state: Literal["open", "answered"]
    ask: AskOut
    values: dict[str, Any] = Field(default={})
    answered_by: UUID | None = None
    """The entry with the answer."""
    expires_at: datetime
