"""What customers allow: the ledger of their words, an agent's own note of one, and the workspace's quiet hours."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address
from hub.core import consent, known
from hub.core.access import Right, Viewer, require
from hub.core.read import people
from hub.db import insert_missing
from hub.http.ask import Ask
from hub.http.errors import HttpProblem
from hub.http.openapi import Routes
from hub.http.shapes.consent import ConsentIn, ConsentOut, QuietHours
from hub.models import Agent, Inbox, Workspace, utcnow

AGENT, INBOX, WORKSPACE = Agent.__table__, Inbox.__table__, Workspace.__table__  # type: ignore[attr-defined]

routes = Routes("consents")


@routes.get("/customers/{id}/consents", Right.READ)
async def list_consents(ask: Ask, id: UUID) -> list[ConsentOut]:
    """Every word about the customer's addresses, the latest first; `standing` ones hold."""
    return [ConsentOut.model_validate(row) for row in await ask.read(_ledger, ask.me, id)]


@routes.post("/customers/{id}/consents", Right.WORK, status=201)
async def add_consent(ask: Ask, id: UUID, word: ConsentIn) -> ConsentOut:
    """Note what the customer told you. It overrules an earlier stop, and is an event in the thread with your reason."""
    customer = await ask.read(people.customer, id)
    await ask.allow(Right.WORK, customer["thread_id"])
    word_id = await ask.submit(
        consent.RecordConsent(
            ask.me.actor,
            customer["thread_id"],
            Address(word.kind, word.address),
            word.allowed,
            word.reason,
            word.inbox_id,
            word.purpose,
        )
    )
    rows = await ask.read(_ledger, ask.me, id)
    return ConsentOut.model_validate(next(row for row in rows if row["id"] == word_id))


def _ledger(conn: Connection, me: Viewer, customer_id: UUID) -> list[dict[str, Any]]:
    customer = people.customer(conn, customer_id)
    require(conn, me, Right.READ, customer["thread_id"])
    rows = consent.ledger(conn, consent.addresses_of(conn, customer["id"]))
    inboxes = {row.id: row.name for row in conn.execute(sa.select(INBOX.c.id, INBOX.c.name))}
    agents = {row.id: row.name for row in conn.execute(sa.select(AGENT.c.id, AGENT.c.name))}
    seen: set[tuple[Any, ...]] = set()
    found = []
    for row in rows:
        about = (row.kind, row.address, row.inbox_id, row.purpose)
        names = {"inbox_name": inboxes.get(row.inbox_id, ""), "agent_name": agents.get(row.agent_id, "")}
        found.append({**row._asdict(), **names, "standing": about not in seen})
        seen.add(about)
    return found


@routes.get("/workspace/quiet-hours", Right.READ)
async def get_quiet_hours(ask: Ask) -> QuietHours:
    """When offers and unasked messages wait."""
    return await ask.read(_hours)


@routes.put("/workspace/quiet-hours", Right.MANAGE)
async def set_quiet_hours(ask: Ask, hours: QuietHours) -> QuietHours:
    """Change or switch off the quiet hours, and say by which clock those live whose own isn't known."""
    if hours.timezone:
        try:
            ZoneInfo(hours.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            fields = {"timezone": "Name one like Europe/London."}
            raise HttpProblem(422, f"There is no time zone {hours.timezone}.", fields=fields) from None
    await ask.write(_keep, hours)
    return await ask.read(_hours)


def _hours(conn: Connection) -> QuietHours:
    settings = known.workspace_settings(conn)
    return QuietHours(**settings.get("quiet_hours", known.QUIET_DEFAULT), timezone=settings.get("timezone", ""))


def _keep(conn: Connection, hours: QuietHours) -> None:
    """Beside the workspace's other settings, which somebody else may be changing."""
    insert_missing(conn, WORKSPACE, [{"id": 1, "name": "", "settings": {}, "created_at": utcnow()}], ("id",))
    here = WORKSPACE.c.id == 1
    settings = {
        **conn.execute(sa.select(WORKSPACE.c.settings).where(here).with_for_update()).scalar_one(),
        "quiet_hours": {"start": hours.start, "end": hours.end, "on": hours.on},
        "timezone": hours.timezone,
    }
    conn.execute(sa.update(WORKSPACE).where(here).values(settings=settings))
