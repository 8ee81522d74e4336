"""A second device has a chat link: it is let in by a code that goes where the link was sent (A15)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address
from hub.core import proof
from hub.core.batch import Batch
from hub.core.changes import SYSTEM
from hub.core.chatlink import LINK, Accepted, LinkGone, alive, hidden, own, read, visitor_of
from hub.core.proof import CODE
from hub.core.states import Row, Wants
from hub.models.tables import THREAD
from hub.secrets import Keys


@dataclass(frozen=True, slots=True)
class SendLinkCode:
    """A second device has the link: a code goes where the link was sent."""

    link_id: UUID
    thread_id: UUID

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)

    def run(self, batch: Batch) -> str:
        """Where it goes, mostly hidden. Raises `LinkGone`."""
        row = batch.conn.execute(sa.select(LINK).where(LINK.c.id == self.link_id)).one_or_none()
        if row is None or row.expires_at <= batch.now or not row.to_address:
            raise LinkGone("This link has expired. Answer the mail it came with to get a new one.")
        thread = batch.thread(self.thread_id)
        to = Address(row.to_kind, row.to_address)
        inbox = proof.inbox_for(batch, None, to.kind)
        code_id = proof.make(
            batch, thread, way="link", kind=to.kind, address=to.value, inbox=inbox, link_id=self.link_id
        )
        text = (
            f"Your code is {proof.MASK}. Type it where you opened the chat link, within 10 minutes. "
            "If that wasn't you, tell it to nobody."
        )
        proof.send(batch, thread, None, inbox, to, text, SYSTEM, code_id)
        return hidden(to.kind, to.value)


@dataclass(frozen=True, slots=True)
class TakeLinkCode:
    """A second device gives the code back: from now on it is the customer's as well."""

    link_id: UUID
    thread_id: UUID
    device: str
    given: str

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)

    def run(self, batch: Batch) -> Accepted | None:
        """None for a wrong code, which counts. Raises `LinkGone`."""
        thread = batch.thread(self.thread_id)
        link = batch.conn.execute(sa.select(LINK).where(LINK.c.id == self.link_id)).one_or_none()
        asked = sa.select(CODE).where(CODE.c.link_id == self.link_id, CODE.c.state == "open", CODE.c.way == "link")
        row = batch.conn.execute(asked.where(CODE.c.expires_at > batch.now).limit(1)).mappings().one_or_none()
        if link is None or link.expires_at <= batch.now or row is None:
            raise LinkGone("This code has run out. Ask for a new one.")
        code = Row(dict(row))
        right = proof.judge(batch, code, proof.guesses(self.given)[:1] or [""])
        proof.keep(batch.conn, code)
        if not right:
            return None
        visitor = visitor_of(batch.conn, batch.desk.keys, link, self.device)
        own(batch.conn, link.customer_id, visitor, batch.now)
        text = f"Another device was let in with a code sent to {row['address']}"
        batch.event(thread, None, SYSTEM, "device let in", address=row["address"], text=text)
        return Accepted(link.inbox_id, visitor)


def thread_of(conn: Connection, keys: Keys, token: str) -> tuple[UUID, UUID]:
    """The link's id and whose thread it leads into. Raises `LinkGone`."""
    link_id = read(keys, token)
    customer_id = conn.scalar(sa.select(LINK.c.customer_id).where(LINK.c.id == link_id))
    found = customer_id and conn.scalar(sa.select(THREAD.c.id).where(THREAD.c.customer_id == alive(conn, customer_id)))
    if not found:
        raise LinkGone("This link has expired. Answer the mail it came with to get a new one.")
    return link_id, found
