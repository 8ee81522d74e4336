"""An answer that waits: released when it is due, or taken back until then."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from hub.core import drafts
from hub.core.batch import Batch
from hub.core.changes import Actor
from hub.core.compose import Said, Words, check, say
from hub.core.errors import Conflict, NotFound, NotPermitted
from hub.core.states import Wants
from hub.models import Agent

AGENT = Agent.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Release:
    """A held draft is due, or its author wants it out now."""

    draft_id: UUID
    agent: Actor | None = None
    """Only this agent's; None: the clock asks."""

    def wants(self, wants: Wants) -> None:
        wants.drafts.add(self.draft_id)

    def run(self, batch: Batch) -> Said:
        draft = drafts.waiting(batch, self.draft_id, self.agent)
        if self.agent is None and draft["send_at"] > batch.now:
            raise Conflict("This isn't due yet.")
        thread = batch.thread(draft["thread_id"])
        words = Words.of(draft["content"])
        author = _agent(batch, draft["agent_id"])
        _look_up_late(batch, words)
        try:
            checked = check(batch, thread, words, author)
        except (NotPermitted, NotFound, Conflict) as refusal:
            # what can't go out any more goes back to its author, with the reason
            drafts.give_back(batch, draft, str(refusal))
            return Said(draft_id=self.draft_id)
        if checked.deferred and checked.deferred.until:
            drafts.put_off(batch, draft, checked.deferred.until, checked.deferred.reason)
            return Said(draft_id=self.draft_id)
        entry = say(batch, thread, words, checked, author, draft["client_key"])
        drafts.use_up(batch, draft)
        return Said(entry["id"])


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Undo: what waited becomes an ordinary draft again. Raises `TooLate` once it is an entry."""

    actor: Actor
    draft_id: UUID

    def wants(self, wants: Wants) -> None:
        wants.drafts.add(self.draft_id)

    def run(self, batch: Batch) -> None:
        drafts.give_back(batch, drafts.waiting(batch, self.draft_id, self.actor), "")


def _agent(batch: Batch, agent_id: UUID) -> Actor:
    name = batch.conn.scalar(sa.select(AGENT.c.name).where(AGENT.c.id == agent_id))
    return Actor("agent", agent_id, name or "")


def _look_up_late(batch: Batch, words: Words) -> None:
    """What a due draft names was unknown before its row was read under the lock."""
    batch.load_attachments(set(words.attachments) - batch.attachments.keys())
    if words.case_id:
        batch.load_cases({words.case_id})
