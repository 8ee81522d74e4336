"""The workspace: its name, its channels, and what arrived through them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from hub.http.shapes.base import Body, Line, Shape


class WorkspaceOut(Shape):
    name: str
    public_url: str
    version: str
    customers: int
    cases: int
    sample: bool = False
    """The demo's sample customers are still here; `DELETE /api/workspace/sample` removes them."""


class WorkspaceChange(Body):
    name: Line


class ConnectorOut(Shape):
    key: str
    label: str
    description: str
    schema_: dict[str, Any] = Field(alias="schema", serialization_alias="schema")
    capabilities: dict[str, Any]

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)


class InboxIn(Body):
    connector: Line
    name: Line
    settings: dict[str, Any]


class InboxChange(Body):
    name: Line | None = None
    settings: dict[str, Any] | None = None
    active: bool | None = None


class Trouble(Shape):
    """Nothing leaves the inbox just now, because its provider fails or asked for a pause. It recovers by itself."""

    since: datetime
    reason: str
    next_try_at: datetime


class InboxOut(Shape):
    id: UUID
    connector: str
    name: str
    address: str
    channel: str
    state: Literal["active", "paused"]
    capabilities: dict[str, Any]
    """What this one can do: its connector's record, narrowed to its settings."""
    paused_reason: str = ""
    trouble: Trouble | None = None
    settings: dict[str, Any]
    """Secrets come back as an empty string; sent back empty they stay as they are."""
    hook_url: str
    snippet: str = ""
    """For live channels: the tag to put into a web page."""
    last_in_at: datetime | None = None
    last_out_at: datetime | None = None
    reconciled_at: datetime | None = None
    """When the provider's own list was last compared with what is here."""
    reconciled_found: int = 0
    """How much of it nobody had told us."""
    reconcile_problem: str = ""


class InboxTest(Shape):
    ok: bool
    message: str
    field: str = ""


class EnvelopeOut(Shape):
    id: UUID
    inbox_id: UUID
    inbox_name: str
    state: Literal["new", "done", "ignored", "dead"]
    reason: str
    received_at: datetime
    size: int
    attempts: int
