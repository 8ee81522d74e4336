"""Drafts under a thread's lock: held until they are due, given back to their author, used up."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from html import escape
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.batch import Batch
from hub.core.changes import Actor
from hub.core.errors import NotFound, TooLate
from hub.core.states import Row
from hub.models import new_id
from hub.models.tables import DRAFT


def held(batch: Batch, actor: Actor, thread_id: UUID, client_key: str) -> UUID | None:
    """The draft that waits under this key, so that asking twice holds once."""
    statement = sa.select(DRAFT.c.id).where(
        DRAFT.c.agent_id == actor.id, DRAFT.c.thread_id == thread_id, DRAFT.c.slot == f"held:{client_key}"
    )
    found: UUID | None = batch.conn.scalar(statement)
    return found


def hold(
    batch: Batch,
    actor: Actor,
    thread_id: UUID,
    client_key: str,
    content: dict[str, Any],
    until: datetime,
    why: str = "undo",
) -> UUID:
    """Keep words until they are due; the ordinary draft they grew from is used up."""
    forget(batch, actor.id, thread_id, f"reply:{content['inbox_id']}")
    row = {
        "id": new_id(),
        "agent_id": actor.id,
        "thread_id": thread_id,
        "slot": f"held:{client_key}",
        "content": content,
        "version": 1,
        "send_at": until,
        "client_key": client_key,
        "held_reason": why,
        "updated_at": batch.now,
    }
    batch.at_end(sa.insert(DRAFT).values(row))
    return UUID(str(row["id"]))


def waiting(batch: Batch, draft_id: UUID, agent: Actor | None) -> Row:
    """A draft that still waits. Raises `TooLate`, or `NotFound` for somebody else's."""
    draft = batch.drafts.get(draft_id)
    if draft is None or draft["send_at"] is None:
        raise TooLate("This has already been sent, or it was taken back before.")
    if agent and draft["agent_id"] != agent.id:
        raise NotFound("draft")
    return draft


def put_off(batch: Batch, draft: Row, until: datetime, why: str) -> None:
    """It is due and still must wait."""
    batch.at_end(sa.update(DRAFT).where(DRAFT.c.id == draft["id"]).values(send_at=until, held_reason=why))
    draft.set(send_at=until)


def give_back(batch: Batch, draft: Row, reason: str) -> None:
    """Make it an ordinary draft of its author again, above whatever they wrote there meanwhile."""
    batch.at_end_do(partial(_give_back, draft=draft, reason=reason, now=batch.now))
    _is_over(draft)


def _give_back(conn: Connection, draft: Row, reason: str, now: datetime) -> None:
    slot, content, version = f"reply:{draft['content']['inbox_id']}", draft["content"], draft["version"]
    here = DRAFT.c.agent_id == draft["agent_id"], DRAFT.c.thread_id == draft["thread_id"], DRAFT.c.slot == slot
    # its author may be typing at this moment: nothing may change it between this look and the delete
    newer = conn.execute(sa.select(DRAFT.c.id, DRAFT.c.content, DRAFT.c.version).where(*here).with_for_update()).first()
    if newer:
        content, version = joined(content, newer.content), max(version, newer.version)
        conn.execute(sa.delete(DRAFT).where(DRAFT.c.id == newer.id))
    values = {"slot": slot, "content": content, "version": version + 1, "held_reason": reason, "updated_at": now}
    conn.execute(sa.update(DRAFT).where(DRAFT.c.id == draft["id"]).values(**values, send_at=None, client_key=None))


def joined(returned: dict[str, Any], newer: dict[str, Any]) -> dict[str, Any]:
    """Two drafts as one: no word, copy or file of either is lost; where only one can hold, the newer does."""
    both = (returned, newer)
    content = returned | {name: value for name, value in newer.items() if value}
    for name in ("cc", "bcc", "attachments"):
        listed = [one for part in both for one in part.get(name) or []]
        content[name] = [one for place, one in enumerate(listed) if one not in listed[:place]]
    content["text"] = "\n\n".join(part["text"] for part in both if part.get("text", "").strip())
    if any(part.get("html") for part in both):
        content["html"] = "".join(part.get("html") or _as_html(part.get("text", "")) for part in both)
    return content


def _as_html(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>".replace("\n", "<br>") if text.strip() else ""


def use_up(batch: Batch, draft: Row) -> None:
    """It became an entry."""
    batch.at_end(sa.delete(DRAFT).where(DRAFT.c.id == draft["id"]))
    _is_over(draft)


def forget(batch: Batch, agent_id: UUID | None, thread_id: UUID, slot: str) -> None:
    """What was sent from this slot is no draft any more."""
    batch.at_end(
        sa.delete(DRAFT).where(DRAFT.c.agent_id == agent_id, DRAFT.c.thread_id == thread_id, DRAFT.c.slot == slot)
    )


def _is_over(draft: Row) -> None:
    # another job of the same batch must find it gone
    draft.set(send_at=None)
