"""What the API says and hears. Tables are never returned; these shapes are, and the OpenAPI page is made from them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from hub.contract import State


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


# --- people ---


class AgentRef(Shape):
    id: UUID
    name: str
    initials: str


class AgentOut(AgentRef):
    email: str
    role: Role
    active: bool
    teams: list[UUID] = []


class Me(AgentOut):
    workspace: str
    csrf: str
    """Send it back as `X-CSRF-Token` on everything that changes something."""
    settings: dict[str, Any] = {}
    needs_password: bool = False
    """Came in by a one-time link and has no password yet."""


class TeamOut(Shape):
    id: UUID
    name: str
    members: list[UUID] = []


class TagOut(Shape):
    id: UUID
    name: str
    colour: str = "slate"


class IdentityOut(Shape):
    id: UUID
    kind: str
    address: str
    name: str = ""
    trust: Literal["verified", "claimed"]
    shared: bool = False
    last_seen_at: datetime | None = None
    undeliverable: str = ""
    """Why mail to it bounces, in words; empty while it works."""


class ClaimOut(Shape):
    """An address somebody typed: can be written to, proves nothing."""

    id: UUID
    kind: str
    address: str
    at: datetime


class CustomerOut(Shape):
    id: UUID
    thread_id: UUID
    name: str
    locale: str = ""
    timezone: str = ""
    identities: list[IdentityOut] = []
    claims: list[ClaimOut] = []
    created_at: datetime


# --- thread ---


class AttachmentOut(Shape):
    id: UUID
    name: str
    type: str
    size: int
    url: str
    """Path on this hub; needs the session."""
    cid: str = ""
    inline: bool = False


class DeliveryOut(Shape):
    id: UUID
    inbox_id: UUID
    channel: str
    to: str
    state: State
    reason: str = ""
    remark: str = ""
    retryable: bool = False
    attempts: int = 0
    next_at: datetime | None = None
    at: datetime


class Recipient(Shape):
    kind: str
    address: str
    name: str = ""


class Author(Shape):
    kind: AuthorKind
    id: UUID | None = None
    name: str


class RefersTo(Shape):
    """Somebody else's conversation."""

    thread_id: UUID
    case_id: UUID | None = None


class EntryOut(Shape):
    """One item of the thread as agents see it."""

    id: UUID
    thread_id: UUID
    seq: int
    rev: int
    kind: EntryKind
    direction: Direction
    channel: str
    """`email`, `chat`, …; empty for notes and events."""
    inbox_id: UUID | None = None
    case_id: UUID | None = None
    case_reason: str = ""
    """Why it is in this case: `token`, `reference`, `asked`, `only open`, `recent`, `reopened`, `new`, `chosen`."""
    author: Author
    at: datetime
    subject: str = ""
    text: str = ""
    html: str = ""
    """Cleaned; to be drawn in a sandboxed frame all the same."""
    quoted: str = ""
    quoted_html: str = ""
    to: list[Recipient] = []
    cc: list[Recipient] = []
    attachments: list[AttachmentOut] = []
    deliveries: list[DeliveryOut] = []
    proof: str = ""
    proof_detail: str = ""
    automatic: str = ""
    warnings: list[str] = []
    event: dict[str, Any] | None = None
    """For kind `event`: `{"type": "assigned", …}`, see `hub.core.events`."""
    reply_to: UUID | None = None
    refers_to: RefersTo | None = None
    """Another thread that this message answers, by a token or an id of a message there: it stays in its sender's."""
    client_key: str | None = None
    has_original: bool = False
    redacted: bool = False


class CaseOut(Shape):
    """One row of the case list."""

    id: UUID
    thread_id: UUID
    customer_id: UUID
    customer_name: str
    subject: str
    status: CaseStatus
    assignee: AgentRef | None = None
    team_id: UUID | None = None
    priority: Priority = "normal"
    tags: list[TagOut] = []
    channel: str
    """Of the latest message."""
    preview: str
    preview_by: str
    """`customer`, `note`, `system`, or the agent's name."""
    preview_agent_id: UUID | None = None
    last_at: datetime
    last_seq: int
    opened_at: datetime
    waiting_since: datetime | None = None
    """Oldest unanswered message of the customer."""
    snoozed_until: datetime | None = None
    until_reply: bool = False
    unread: bool = False
    failed: bool = False
    """The latest answer did not arrive."""
    has_draft: bool = False
    """The asking agent's own."""


class Counts(Shape):
    open: int
    waiting: int
    snoozed: int
    done: int
    spam: int = 0


class CasePage(Page[CaseOut]):
    counts: Counts


class ViewOut(Shape):
    """A named filter over cases; `key` goes into `GET /api/cases?view=`."""

    key: str
    name: str
    group: Literal["personal", "shared", "mine", "channels"]
    icon: str
    count: int


class DraftOut(Shape):
    id: UUID
    slot: str
    """`reply:<inbox id>` or `note`; held sends have `held:<client key>`."""
    thread_id: UUID
    case_id: UUID | None = None
    inbox_id: UUID | None = None
    to: Recipient | None = None
    cc: list[Recipient] = []
    bcc: list[Recipient] = []
    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: list[AttachmentOut] = []
    version: int
    send_at: datetime | None = None
    client_key: str | None = None
    updated_at: datetime
    held_reason: str = ""


class TargetOut(Shape):
    """One way to answer: an inbox and an address, usable or not, and why."""

    inbox_id: UUID
    inbox_name: str
    channel: str
    to: Recipient
    usable: bool
    reason: str = ""
    """`last used`, `visitor is here`, `goes by email if unread`, or why it can't be used."""
    default: bool = False
    trust: Literal["verified", "claimed"] = "verified"
    capabilities: dict[str, Any]


class ThreadOut(Shape):
    """All that one screen needs: customer, cases, the newest entries, drafts and ways to answer."""

    id: UUID
    rev: int
    last_seq: int
    customer: CustomerOut
    cases: list[CaseOut]
    entries: list[EntryOut]
    """Ascending by `seq`."""
    more_before: bool
    more_after: bool = False
    drafts: list[DraftOut]
    targets: list[TargetOut]
    seen_seq: int
    visitor_online: bool = False
    customer_read_seq: int = 0
    """Up to where the customer has read, by the channel's own word."""


class EntryPage(Shape):
    entries: list[EntryOut]
    more_before: bool
    more_after: bool


class Changes(Shape):
    """Rows of a thread that changed after a `rev`, as they are now."""

    rev: int
    entries: list[EntryOut]
    cases: list[CaseOut]
    complete: bool = True
    """False: too many changes, load the thread afresh."""


# --- writing ---


class RecipientIn(Body):
    kind: Line
    address: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=320)]
    name: Annotated[str, StringConstraints(max_length=200)] = ""


class ReplyIn(Body):
    client_key: Key
    """Made by the client once per message: the same key twice is the same entry."""
    last_seen_seq: Seq
    inbox_id: UUID
    to: RecipientIn
    cc: list[RecipientIn] = Field(default=[], max_length=50)
    bcc: list[RecipientIn] = Field(default=[], max_length=50)
    subject: Annotated[str, StringConstraints(max_length=998)] = ""
    text: Annotated[str, StringConstraints(max_length=200_000)]
    html: Annotated[str, StringConstraints(max_length=1_000_000)] = ""
    attachments: list[UUID] = Field(default=[], max_length=100)
    case_id: UUID | None = None
    chat_link: bool = False
    """Add an "answer us in live chat" link for this customer."""
    send_anyway: bool = False
    """Send although something newer than `last_seen_seq` is there."""
    undo_s: int | None = Field(default=None, ge=0, le=30)
    then: Literal["", "done"] = ""


class NoteIn(Body):
    client_key: Key
    text: Annotated[str, StringConstraints(min_length=1, max_length=200_000)]
    case_id: UUID | None = None
    attachments: list[UUID] = Field(default=[], max_length=100)


class Sent(Shape):
    """`entry` when it is in the thread (201), `held` while it can be taken back (202)."""

    entry: EntryOut | None = None
    held: DraftOut | None = None


class DraftIn(Body):
    inbox_id: UUID | None = None
    case_id: UUID | None = None
    to: RecipientIn | None = None
    cc: list[RecipientIn] = []
    bcc: list[RecipientIn] = []
    subject: Annotated[str, StringConstraints(max_length=998)] = ""
    text: Annotated[str, StringConstraints(max_length=200_000)] = ""
    html: Annotated[str, StringConstraints(max_length=1_000_000)] = ""
    attachments: list[UUID] = Field(default=[], max_length=100)
    version: Seq = 0
    """The version this was written over; a newer one on the server answers 409 with it."""


class SeenIn(Body):
    seq: Seq
    """Read up to here; 0 marks the thread unread."""


class SeenOut(Shape):
    seq: int


class SettleIn(Body):
    state: Literal["sent", "failed"]


class CaseChange(Body):
    """Only what is given changes; `null` clears."""

    status: CaseStatus | None = None
    assignee_id: UUID | None = None
    team_id: UUID | None = None
    priority: Priority | None = None
    subject: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)] | None = None
    snoozed_until: Moment | None = None
    until_reply: bool = False
    tags: list[Line] | None = Field(default=None, max_length=50)


class CaseIn(Body):
    subject: Line
    entry_id: UUID | None = None
    """Open it from this entry, which moves into it."""


class MoveIn(Body):
    case_id: UUID


class CustomerChange(Body):
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    locale: Annotated[str, StringConstraints(max_length=35)] | None = None
    timezone: Annotated[str, StringConstraints(max_length=64)] | None = None


class CustomerIn(Body):
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    kind: Line = "email"
    address: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=320)]


class ChatLinkOut(Shape):
    url: str
    expires_at: datetime


# --- search ---


class Hit(Shape):
    entry_id: UUID
    thread_id: UUID
    case_id: UUID | None
    seq: int
    customer_name: str
    channel: str
    kind: EntryKind
    author: str
    at: datetime
    subject: str
    snippet: str
    """Plain text; matches stand between U+E000 and U+E001."""


class CustomerHit(Shape):
    customer_id: UUID
    thread_id: UUID
    name: str
    addresses: list[str]


class SearchOut(Shape):
    entries: Page[Hit]
    customers: list[CustomerHit] = []


# --- sign-in ---


class SignIn(Body):
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320)]
    password: Annotated[str, StringConstraints(max_length=1000)]


class LinkSignIn(Body):
    token: Annotated[str, StringConstraints(max_length=200)]
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320)] = ""
    password: Annotated[str, StringConstraints(max_length=1000)] = ""
    workspace: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class LinkOut(Shape):
    """What a one-time link is for, before it is used."""

    purpose: Literal["owner", "signin", "invite"]
    email: str = ""
    workspace: str = ""


class SessionOut(Shape):
    id: UUID
    created_at: datetime
    last_seen_at: datetime
    ip: str
    user_agent: str
    current: bool


class MeChange(Body):
    """Only what is given changes; a setting that is `null` is forgotten."""

    name: Line | None = None
    settings: dict[str, Any] | None = None


class AgentIn(Body):
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]
    name: Line
    role: Role = "agent"


class AgentChange(Body):
    name: Line | None = None
    role: Role | None = None
    active: bool | None = None


class AgentInvited(AgentOut):
    link: str
    """One-time address to hand over; valid for seven days."""


class TeamIn(Body):
    name: Line
    members: list[UUID] = Field(default=[], max_length=1000)


class TeamChange(Body):
    name: Line | None = None
    members: list[UUID] | None = Field(default=None, max_length=1000)
    """All of them; who isn't named leaves."""


class WorkspaceChange(Body):
    name: Line


class PasswordIn(Body):
    current: Annotated[str, StringConstraints(max_length=1000)] = ""
    new: Annotated[str, StringConstraints(min_length=10, max_length=1000)]


class TokenIn(Body):
    name: Line
    scopes: list[Literal["read", "write", "admin"]] = Field(min_length=1)
    days: int | None = Field(default=None, ge=1, le=3650)


class TokenOut(Shape):
    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


class TokenMade(TokenOut):
    secret: str
    """Shown this once."""


# --- inboxes ---


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


class InboxOut(Shape):
    id: UUID
    connector: str
    name: str
    address: str
    channel: str
    state: Literal["active", "paused"]
    paused_reason: str = ""
    settings: dict[str, Any]
    """Secrets come back as an empty string; sent back empty they stay as they are."""
    hook_url: str
    snippet: str = ""
    """For live channels: the tag to put into a web page."""
    last_in_at: datetime | None = None
    last_out_at: datetime | None = None


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


class WorkspaceOut(Shape):
    name: str
    public_url: str
    version: str
    customers: int
    cases: int
    sample: bool = False
    """The demo's sample customers are still here; `DELETE /api/workspace/sample` removes them."""


# --- what the customer may see: a note or an event can't be said in this shape ---


class PublicAttachment(Shape):
    id: UUID
    name: str
    type: str
    size: int
    url: str


class PublicEntry(Shape):
    """A message or call as the customer sees it."""

    id: UUID
    rev: int
    """The thread's `public_rev` when it last changed."""
    kind: Literal["message", "call"]
    mine: bool
    author: str
    channel: str
    at: datetime
    text: str
    attachments: list[PublicAttachment] = []
    state: Literal["sent", "delivered", "read"] = "sent"
    client_key: str | None = None


class PublicChanges(Shape):
    rev: int
    entries: list[PublicEntry]
    more_before: bool = False
    complete: bool = True


class Problem(Shape):
    """RFC 9457: what went wrong, why, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    fields: dict[str, str] = {}
    """For 422: a sentence for each wrong field."""
    request_id: str = ""
