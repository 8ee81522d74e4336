"""The tables, grouped by what they are about. SQLModel declares them; the busy paths use Core statements on them."""

from hub.models.base import UtcDateTime, new_id, utcnow
from hub.models.call import Call, CallCommand, CallLeg, CallLine, CallRecording
from hub.models.consent import Consent
from hub.models.people import (
    Agent,
    ApiToken,
    Claim,
    Customer,
    Identity,
    OneTimeLink,
    Session,
    Team,
    TeamMember,
    Workspace,
)
from hub.models.promise import Promise, Survey
from hub.models.proof import Merge, ProofCode
from hub.models.question import Question
from hub.models.sending import Part, Rest
from hub.models.thread import Attachment, Entry, Reference, Seen, Thread, Unindexed
from hub.models.transport import Attempt, CursorRow, Delivery, Envelope, Inbox, Lane
from hub.models.work import Case, CaseTag, CaseTally, ChatLink, Draft, Idempotency, Tag

__all__ = [
    "Agent",
    "ApiToken",
    "Attachment",
    "Attempt",
    "Call",
    "CallCommand",
    "CallLeg",
    "CallLine",
    "CallRecording",
    "Case",
    "CaseTag",
    "CaseTally",
    "ChatLink",
    "Claim",
    "Consent",
    "CursorRow",
    "Customer",
    "Delivery",
    "Draft",
    "Entry",
    "Envelope",
    "Idempotency",
    "Identity",
    "Inbox",
    "Lane",
    "Merge",
    "OneTimeLink",
    "Part",
    "Promise",
    "ProofCode",
    "Question",
    "Reference",
    "Rest",
    "Seen",
    "Session",
    "Survey",
    "Tag",
    "Team",
    "TeamMember",
    "Thread",
    "Unindexed",
    "UtcDateTime",
    "Workspace",
    "new_id",
    "utcnow",
]
