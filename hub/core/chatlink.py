"""An invitation into live chat, sent by mail: signed, expiring, for one customer, on the first device that takes it.

Reading the link spends nothing, because mail scanners read links; pressing its button does. A second device is asked
for a code, which goes to the address that got the link: whoever it was only passed on to doesn't see it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address
from hub.core import tokens
from hub.core.addresses import canonical
from hub.core.errors import Conflict, CoreError
from hub.db import insert, insert_missing
from hub.models import ChatLink, Customer, Identity, new_id
from hub.secrets import Keys

VALID = timedelta(days=7)
PURPOSE = "chat-link"

LINK, IDENTITY, CUSTOMER = ChatLink.__table__, Identity.__table__, Customer.__table__  # type: ignore[attr-defined]


class LinkGone(CoreError):
    """Not one of ours, or out of time."""


class LinkTaken(Conflict):
    """Another device has it; `sent_to` is where a code could go, with most of it hidden."""

    def __init__(self, sent_to: str = "") -> None:
        next_ = "A code shows that it is yours." if sent_to else "Answer the mail it came with to get a new one."
        super().__init__(f"This link was opened on another device. {next_}")
        self.sent_to = sent_to


@dataclass(frozen=True, slots=True)
class Invitation:
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    inbox_id: UUID
    visitor: str
    """Address of the visitor identity, which is the customer's from now on."""


def invite(
    conn: Connection,
    keys: Keys,
    *,
    customer_id: UUID,
    inbox_id: UUID,
    case_id: UUID | None,
    now: datetime,
    to: Address | None = None,
) -> Invitation:
    """Make a link, in whatever transaction writes the words that carry it; its page is `/c/<token>`.

    Without `to`, where it is sent, no second device can show that it may have it.
    """
    kind, address = canonical(to) if to else ("", "")
    link_id = new_id()
    row = {
        "id": link_id,
        "customer_id": customer_id,
        "case_id": case_id,
        "inbox_id": inbox_id,
        "visitor": "",
        "to_kind": kind,
        "to_address": address,
        "expires_at": now + VALID,
        "created_at": now,
    }
    insert(conn, LINK, [row])
    return Invitation(tokens.make(keys, PURPOSE, link_id), now + VALID)


def accept(conn: Connection, keys: Keys, token: str, *, device: str, now: datetime) -> Accepted:
    """Bind the link to the device that asks, `device` being the visitor address it holds, if any.

    The same device may ask again, since the answer to its first try may have been lost. Raises `LinkGone`, `LinkTaken`.
    """
    row = conn.execute(sa.select(LINK).where(LINK.c.id == read(keys, token)).with_for_update()).one_or_none()
    if row is None or row.expires_at <= now:
        raise LinkGone("This link has expired. Answer the mail it came with to get a new one.")
    wanted = visitor_of(conn, keys, row, device)
    if row.visitor and row.visitor not in (device, wanted):
        raise LinkTaken(hidden(row.to_kind, row.to_address))
    if not row.visitor:
        conn.execute(sa.update(LINK).where(LINK.c.id == row.id).values(visitor=wanted, used_at=now))
        own(conn, row.customer_id, wanted, now)
    return Accepted(row.inbox_id, row.visitor or wanted)


def hidden(kind: str, address: str) -> str:
    """Enough of an address to know one's own by."""
    if kind == "email":
        local, _, domain = address.partition("@")
        return f"{local[:1]}•••@{domain}"
    return f"•••{address[-3:]}" if address else ""


def read(keys: Keys, token: str) -> UUID:
    """The link's id, if the token is ours. Raises `LinkGone`."""
    link_id = tokens.read(keys, PURPOSE, token)
    if link_id is None:
        raise LinkGone("This link is incomplete or has expired. Answer the mail it came with to get a new one.")
    return link_id


def inbox_of(conn: Connection, keys: Keys, token: str) -> UUID:
    """Where the link leads. Raises `LinkGone`."""
    inbox_id: UUID | None = conn.execute(sa.select(LINK.c.inbox_id).where(LINK.c.id == read(keys, token))).scalar()
    if inbox_id is None:
        raise LinkGone("This link has expired. Answer the mail it came with to get a new one.")
    return inbox_id


def case_of(conn: Connection, visitor: str) -> UUID | None:
    """The case that the visitor's latest link was sent in: what they write belongs there."""
    rows = sa.select(LINK.c.case_id).where(LINK.c.visitor == visitor).order_by(LINK.c.used_at.desc()).limit(1)
    return conn.execute(rows).scalar()


def visitor_of(conn: Connection, keys: Keys, row: sa.Row[tuple[object, ...]], device: str) -> str:
    """The device's own address if it is this customer's already, else one made for this link and device."""
    owner = sa.select(IDENTITY.c.customer_id).where(
        IDENTITY.c.kind == "visitor", IDENTITY.c.address == device, IDENTITY.c.trust == "verified"
    )
    if device and conn.execute(owner).scalar() == alive(conn, row.customer_id):
        return device
    return "l_" + keys.sign("chat-visitor", f"{row.id} {device or os.urandom(16).hex()}", 26)


def own(conn: Connection, customer_id: UUID, visitor: str, now: datetime) -> None:
    row = {
        "id": new_id(),
        "kind": "visitor",
        "address": visitor,
        "customer_id": alive(conn, customer_id),
        "name": "",
        "trust": "verified",
        "shared": False,
        "undeliverable": "",
        "created_at": now,
    }
    insert_missing(conn, IDENTITY, [row], ("kind", "address"))


def alive(conn: Connection, customer_id: UUID) -> UUID:
    """Ids never die: a merged customer is followed to the one it became (rule 15)."""
    into = conn.execute(sa.select(CUSTOMER.c.merged_into).where(CUSTOMER.c.id == customer_id)).scalar()
    return alive(conn, into) if into else customer_id
