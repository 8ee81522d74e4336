"""The demo's workspace: shop, owner and inboxes, made once; where the inboxes reach their providers, at each start."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.calls.line import Line, keep, lines
from hub.demo.mail import SUPPORT
from hub.demo.providers import Wrote
from hub.http.session import name_workspace
from hub.models import Agent, Entry, Identity, Inbox, Thread, Workspace, new_id, utcnow
from hub.secrets import Keys

AGENT, ENTRY, IDENTITY = Agent.__table__, Entry.__table__, Identity.__table__  # type: ignore[attr-defined]
INBOX, THREAD = Inbox.__table__, Thread.__table__  # type: ignore[attr-defined]
WORKSPACE = Workspace.__table__  # type: ignore[attr-defined]

SHOP = "Fern & Fell"
MAIL_PORT = 2525
YOU = ("you@fernandfell.example", "Robin Vale")
INBOXES = {
    "chat": ("chat", "Shop chat"),
    "email": ("email", "Support mail"),
    "instagram": ("instagram", "Instagram"),
    "twilio_sms": ("sms", "Text messages"),
    "twilio_voice": ("voice", "Telephone"),
}
"""By connector: the channel, and what the inbox is called."""

Settings = dict[str, dict[str, Any]]
"""By connector."""


def arrange(conn: Connection, keys: Keys, reached: Settings) -> dict[str, UUID]:
    """`reached` is where each provider is now. Gives the inboxes by connector, without those that were removed."""
    if not conn.execute(sa.select(WORKSPACE.c.id)).first():
        name_workspace(conn, SHOP)
        _add_owner(conn)
        _set_lines(conn)
    return {connector: inbox for connector in INBOXES if (inbox := _bring_up(conn, keys, connector, reached))}


def _bring_up(conn: Connection, keys: Keys, connector: str, reached: Settings) -> UUID | None:
    rows = conn.execute(sa.select(INBOX).where(INBOX.c.connector == connector).order_by(INBOX.c.id)).all()
    if not rows:
        return _add_inbox(conn, keys, connector, _first_settings(connector) | reached.get(connector, {}))
    row = next((row for row in rows if row.removed_at is None), None)
    if row is None:
        return None
    settings = orjson.loads(keys.open(row.settings)) | reached.get(connector, {})
    sealed = keys.seal(orjson.dumps(settings))
    conn.execute(sa.update(INBOX).where(INBOX.c.id == row.id).values(settings=sealed, version=row.version + 1))
    found: UUID = row.id
    return found


def _first_settings(connector: str) -> dict[str, Any]:
    match connector:
        case "chat":
            return {"name": SHOP, "email": SUPPORT}
        case "email":
            return {"address": SUPPORT, "name": SHOP}
    return {}


def _set_lines(conn: Connection) -> None:
    """What a shop would choose, and calls to numbers like the customer's alone."""
    told = lines(conn)
    line = {"allow": ["+44"], "consent": "announce", "record": True, "transcribe": True}
    keep(conn, told.model_copy(update={"line": Line.model_validate(told.line.model_dump() | line)}))


def _add_owner(conn: Connection) -> None:
    email, name = YOU
    row = {"id": new_id(), "email": email, "name": name, "role": "owner", "password_hash": "", "active": True}
    conn.execute(sa.insert(AGENT).values(**row, settings={}, created_at=utcnow()))


def owner(conn: Connection) -> UUID:
    """The first, who plays the agent."""
    first = sa.select(AGENT.c.id).where(AGENT.c.role == "owner").order_by(AGENT.c.id).limit(1)
    found: UUID = conn.execute(first).scalar_one()
    return found


def _add_inbox(conn: Connection, keys: Keys, connector: str, settings: Mapping[str, Any]) -> UUID:
    channel, name = INBOXES[connector]
    inbox_id = new_id()
    row = {"id": inbox_id, "connector": connector, "channel": channel, "name": name, "active": True, "version": 1}
    sealed = keys.seal(orjson.dumps(settings))
    address = settings.get("address", "")
    conn.execute(sa.insert(INBOX).values(**row, address=address, settings=sealed, created_at=utcnow()))
    return inbox_id


def wrote_on_instagram(conn: Connection) -> list[Wrote]:
    """Who, and when last: a provider that is played anew must know it."""
    last = sa.func.max(ENTRY.c.at)
    found = (
        sa.select(IDENTITY.c.address, IDENTITY.c.name, last.label("at"))
        .join_from(IDENTITY, THREAD, THREAD.c.customer_id == IDENTITY.c.customer_id)
        .join(ENTRY, ENTRY.c.thread_id == THREAD.c.id)
        .where(IDENTITY.c.kind == "instagram", ENTRY.c.channel == "instagram", ENTRY.c.direction == "in")
        .group_by(IDENTITY.c.address, IDENTITY.c.name)
    )
    return [Wrote(row.address, row.name, row.at) for row in conn.execute(found)]


def free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def mail_port() -> int:
    """The usual one, or a free one if somebody has it."""
    if free(MAIL_PORT):
        return MAIL_PORT
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
