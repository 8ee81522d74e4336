"""What `permit` must know of an address: looked up here alone, for whoever composes and again for whoever sends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address
from hub.core import consent
from hub.core.addresses import canonical
from hub.core.desk import InboxFacts
from hub.core.permit import Facts, Purpose, Quiet
from hub.db import Prepared
from hub.models import Identity, Workspace
from hub.models.tables import CUSTOMER, ENTRY, THREAD

IDENTITY, WORKSPACE = Identity.__table__, Workspace.__table__  # type: ignore[attr-defined]

QUIET_DEFAULT = {"start": "21:00", "end": "08:00", "on": True}

_LAST_IN = Prepared(
    sa.select(ENTRY.c.at)
    .join_from(ENTRY, IDENTITY, IDENTITY.c.id == ENTRY.c.author_id)
    .where(
        ENTRY.c.thread_id == sa.bindparam("thread"),
        ENTRY.c.inbox_id == sa.bindparam("inbox"),
        ENTRY.c.direction == "in",
        ENTRY.c.kind == "message",
        IDENTITY.c.kind == sa.bindparam("kind"),
        IDENTITY.c.address == sa.bindparam("address"),
    )
    .order_by(ENTRY.c.seq.desc())
    .limit(1)
)
_HEARD = Prepared(
    sa.select(ENTRY.c.at)
    .where(ENTRY.c.thread_id == sa.bindparam("thread"), ENTRY.c.direction == "in")
    .order_by(ENTRY.c.seq.desc())
    .limit(1)
)
_ZONES = sa.select(CUSTOMER.c.timezone).join(THREAD, THREAD.c.customer_id == CUSTOMER.c.id)

COUNTRIES = {
    "20": "Africa/Cairo", "27": "Africa/Johannesburg", "30": "Europe/Athens", "31": "Europe/Amsterdam",
    "32": "Europe/Brussels", "33": "Europe/Paris", "34": "Europe/Madrid", "353": "Europe/Dublin",
    "36": "Europe/Budapest", "358": "Europe/Helsinki", "39": "Europe/Rome", "40": "Europe/Bucharest",
    "41": "Europe/Zurich", "420": "Europe/Prague", "43": "Europe/Vienna", "44": "Europe/London",
    "45": "Europe/Copenhagen", "46": "Europe/Stockholm", "47": "Europe/Oslo", "48": "Europe/Warsaw",
    "49": "Europe/Berlin", "65": "Asia/Singapore", "81": "Asia/Tokyo", "82": "Asia/Seoul", "86": "Asia/Shanghai",
    "90": "Europe/Istanbul", "91": "Asia/Kolkata", "92": "Asia/Karachi", "234": "Africa/Lagos",
    "254": "Africa/Nairobi", "971": "Asia/Dubai", "972": "Asia/Jerusalem",
}  # fmt: skip
"""Those with one clock; whoever calls from another is taken to live by the workspace's."""


def look_up(
    conn: Connection,
    inbox: InboxFacts,
    thread_id: UUID,
    to: Address,
    purpose: Purpose,
    *,
    person: bool,
    heard: list[dict[str, Any]] | None = None,
) -> Facts:
    """As it is at this moment; `heard` are entries of the same transaction that are not stored yet."""
    kind, address = canonical(to)
    stop = consent.stop(consent.ledger(conn, [(kind, address)]), kind, address, inbox.id, purpose)
    last_in_at = heard_at = quiet = None
    zone: tzinfo = UTC
    if inbox.capabilities.reply_window_s is not None:
        last_in_at = last_in(conn, inbox, thread_id, kind, address, heard or [])
    if purpose != "transactional" or not person:
        found = _HEARD.rows(conn, thread=thread_id)
        heard_at = _latest([row.at for row in found] + [e["at"] for e in heard or [] if e["direction"] == "in"])
        settings = workspace_settings(conn)
        quiet, zone = quiet_hours(settings), zone_of(conn, thread_id, kind, address, settings)
    return Facts(stop, last_in_at, heard_at, quiet, zone)


def last_in(
    conn: Connection,
    inbox: InboxFacts,
    thread_id: UUID,
    kind: str,
    address: str,
    heard: Iterable[dict[str, Any]] = (),
) -> datetime | None:
    """When this address last wrote to this inbox."""
    found = _LAST_IN.rows(conn, thread=thread_id, inbox=inbox.id, kind=kind, address=address)
    here = [e["at"] for e in heard if e["direction"] == "in" and e["kind"] == "message" and e["inbox_id"] == inbox.id]
    return _latest([row.at for row in found] + here)


def _latest(times: list[datetime]) -> datetime | None:
    return max(times, default=None)


def workspace_settings(conn: Connection) -> dict[str, Any]:
    settings: dict[str, Any] | None = conn.scalar(sa.select(WORKSPACE.c.settings).where(WORKSPACE.c.id == 1))
    return settings or {}


def quiet_hours(settings: dict[str, Any]) -> Quiet | None:
    """The workspace's; None where it wants none."""
    hours = settings.get("quiet_hours", QUIET_DEFAULT)
    if not hours.get("on", True) or hours["start"] == hours["end"]:
        return None
    return Quiet(time.fromisoformat(hours["start"]), time.fromisoformat(hours["end"]))


def zone_of(conn: Connection, thread_id: UUID, kind: str, address: str, settings: dict[str, Any]) -> tzinfo:
    """Whose clock counts: the customer's by their profile, else by their number, else the workspace's."""
    profile = conn.scalar(_ZONES.where(THREAD.c.id == thread_id)) or ""
    by_number = _by_number(address) if kind == "phone" else ""
    for name in (profile, by_number, settings.get("timezone", "")):
        if name and (zone := _zone(name)):
            return zone
    return UTC


def _by_number(number: str) -> str:
    return next((COUNTRIES[number[1 : 1 + n]] for n in (3, 2) if number[1 : 1 + n] in COUNTRIES), "")


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None
