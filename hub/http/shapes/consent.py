"""What customers allow, and when nobody is to be disturbed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from hub.http.shapes.base import Body, Line, Shape

ConsentPurpose = Literal["", "transactional", "informational", "promotional"]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class ConsentOut(Shape):
    """One word about one address."""

    id: UUID
    kind: str
    address: str
    inbox_id: UUID | None = None
    """None: all inboxes."""
    inbox_name: str = ""
    purpose: str = ""
    """Empty: every purpose."""
    allowed: bool
    source: Literal["word", "provider", "agent"]
    """`word`: the customer said so; `provider`: their network did; `agent`: somebody here, for a reason."""
    said: str
    agent_name: str = ""
    at: datetime
    standing: bool
    """It is the latest for its address, inbox and purpose: this holds."""


class ConsentIn(Body):
    """What the customer told you, and why it may be written down."""

    kind: Line
    address: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=320)]
    inbox_id: UUID | None = None
    purpose: ConsentPurpose = ""
    allowed: bool
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


class QuietHours(Body):
    """By the customer's clock where it is known. Direct answers are never held back."""

    start: Clock = "21:00"
    end: Clock = "08:00"
    on: bool = True
    timezone: Annotated[str, StringConstraints(max_length=64)] = Field(default="", description="Where none is known")
