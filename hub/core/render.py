"""What a delivery says on its channel: fitted to the capabilities, with the earlier turns where the channel quotes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.contract import Address, Earlier, Outgoing, OutgoingFile
from hub.core import fit, proof, questions
from hub.core.desk import Desk, InboxFacts
from hub.db import among
from hub.models.tables import ATTACHMENT, CASE, DELIVERY, ENTRY, REFERENCE

TURNS = 20
REFS = 50


@dataclass(frozen=True, slots=True)
class Rendered:
    """A delivery and all it takes to send it."""

    delivery: dict[str, Any]
    outgoing: Outgoing
    """All of it."""
    messages: tuple[Outgoing, ...]
    """The same as the messages that it is on its channel, in order."""
    bytes: int
    unfit: str = ""
    """Why it can't be brought onto the channel, for people."""


Read = Callable[[str], Coroutine[Any, Any, bytes]]


def render(conn: Connection, desk: Desk, inbox: InboxFacts, delivery_id: UUID, read: Read) -> Rendered | None:
    """Read one delivery with its entry, files and history; `read` fetches a blob when the connector wants it."""
    found = conn.execute(sa.select(DELIVERY).where(DELIVERY.c.id == delivery_id)).mappings().first()
    if found is None:
        return None
    delivery = dict(found)
    entry = conn.execute(sa.select(ENTRY).where(ENTRY.c.id == delivery["entry_id"])).mappings().one()
    before = [UUID(hex_) for hex_ in delivery["options"].get("together", ())]
    text, html = _words(conn, dict(entry), before)
    text = proof.fill(desk.keys, delivery["options"], text)
    strange = bool(delivery["options"].get("proof"))
    can = inbox.capabilities
    files = _files(conn, desk, [*before, entry["id"]], read) if can.media else ()
    data = entry["data"] or {}
    outgoing = Outgoing(
        key=desk.delivery_key(delivery_id),
        to=Address(delivery["to_kind"], delivery["to_address"], delivery["to_name"]),
        text=text,
        html=html if can.html else "",
        subject=_subject(conn, dict(entry)) if can.subject else "",
        cc=_addresses(data.get("cc")) if can.copies else (),
        bcc=_addresses(data.get("bcc")) if can.copies else (),
        author=entry["author_name"],
        reply_to=() if strange else _refs(conn, dict(entry), inbox),
        token=desk.case_token(entry["case_id"]) if entry["case_id"] and not strange else "",
        files=files,
        earlier=_earlier(conn, dict(entry), before) if can.quotes_history and not strange else (),
        automatic=entry["author_kind"] == "system",
        attempt=delivery["attempts"],
        choices=questions.choices(data) if can.buttons else (),
    )
    size = sum(file.size for file in files)
    try:
        return Rendered(delivery, outgoing, _messages(outgoing, inbox), size)
    except fit.TooLong as error:
        return Rendered(delivery, outgoing, (outgoing,), size, str(error))


def _messages(whole: Outgoing, inbox: InboxFacts) -> tuple[Outgoing, ...]:
    """Text first, then files where they go apart; each has a key of its own, the first the delivery's."""
    can = inbox.capabilities
    fit.count(whole.text, len(whole.files), can, inbox.name)
    apart = whole.files if can.files_apart else ()
    texts = fit.cut(whole.text, can, inbox.name) if whole.text or not apart else ()
    if len(texts) + len(apart) < 2:
        return (whole,)
    last = len(texts) - 1
    said = [
        replace(
            whole,
            text=text,
            html="" if last else whole.html,
            files=() if apart or n < last else whole.files,
            choices=whole.choices if n == last else (),
        )
        for n, text in enumerate(texts)
    ]
    shown = [replace(whole, text="", html="", files=(file,), choices=()) for file in apart]
    return tuple(
        replace(message, key=whole.key if n == 1 else f"{whole.key}.{n}")
        for n, message in enumerate([*said, *shown], 1)
    )


def _words(conn: Connection, entry: dict[str, Any], before: list[UUID]) -> tuple[str, str]:
    """The entry's words; several live answers that go on together are joined in order."""
    if not before:
        return entry["text"], entry["html"]
    rows = conn.execute(sa.select(ENTRY.c.text).where(among(ENTRY.c.id, "ids")).order_by(ENTRY.c.seq), {"ids": before})
    return "\n\n".join([*(row.text for row in rows), entry["text"]]), ""


def _files(conn: Connection, desk: Desk, entries: list[UUID], read: Read) -> tuple[OutgoingFile, ...]:
    statement = (
        sa.select(ATTACHMENT)
        .where(among(ATTACHMENT.c.entry_id, "ids"))
        .order_by(ATTACHMENT.c.entry_id, ATTACHMENT.c.position)
    )
    return tuple(
        OutgoingFile(row.name, row.type, row.size, _reader(read, row.sha256), row.cid, desk.file_url(row.id, row.name))
        for row in conn.execute(statement, {"ids": entries})
    )


def _reader(read: Read, sha256: str) -> Callable[[], Coroutine[Any, Any, bytes]]:
    return lambda: read(sha256)


def _subject(conn: Connection, entry: dict[str, Any]) -> str:
    """The entry's own; what began on a channel without subjects borrows the latest mail's, or the case's."""
    if entry["subject"]:
        subject: str = entry["subject"]
        return subject
    earlier = (
        sa.select(ENTRY.c.subject)
        .where(ENTRY.c.case_id == entry["case_id"], ENTRY.c.subject != "", ENTRY.c.kind == "message")
        .order_by(ENTRY.c.seq.desc())
        .limit(1)
    )
    subject = conn.scalar(earlier) or conn.scalar(sa.select(CASE.c.subject).where(CASE.c.id == entry["case_id"])) or ""
    return subject if not subject or subject.lower().startswith("re:") else f"Re: {subject}"


def _refs(conn: Connection, entry: dict[str, Any], inbox: InboxFacts) -> tuple[str, ...]:
    """Ids of the case's earlier messages, the newest first; only this channel's, which mean something there."""
    earlier = (
        ENTRY.c.thread_id == entry["thread_id"],
        ENTRY.c.case_id == entry["case_id"],
        ENTRY.c.seq < entry["seq"],
        ENTRY.c.channel == inbox.channel,
    )
    noted = (
        sa.select(ENTRY.c.seq, REFERENCE.c.ref)
        .join(ENTRY, ENTRY.c.id == REFERENCE.c.entry_id)
        .where(REFERENCE.c.thread_id == entry["thread_id"], *earlier)
    )
    own = sa.select(ENTRY.c.seq, ENTRY.c.ref).where(*earlier, ENTRY.c.ref_space == inbox.ref_space)
    # where refs are global a ref may be made by us, and what others know it by is noted beside it
    both = noted if inbox.capabilities.refs_are_global else noted.union(own)
    newest = conn.execute(both.order_by(sa.desc("seq")).limit(REFS))
    return tuple(row.ref for row in newest)


def _earlier(conn: Connection, entry: dict[str, Any], without: list[UUID]) -> tuple[Earlier, ...]:
    """Earlier messages of the case, newest first. Notes can't be among them, and codes stay where they were shown."""
    statement = (
        sa.select(ENTRY.c.id, ENTRY.c.at, ENTRY.c.author_name, ENTRY.c.text, ENTRY.c.html)
        .where(
            ENTRY.c.case_id == entry["case_id"],
            ENTRY.c.kind == "message",
            ENTRY.c.automatic != "code",
            ENTRY.c.seq < entry["seq"],
            ENTRY.c.redacted_at.is_(None),
        )
        .order_by(ENTRY.c.seq.desc())
        .limit(TURNS)
    )
    return tuple(
        Earlier(row.at, row.author_name, row.text, row.html) for row in conn.execute(statement) if row.id not in without
    )


def _addresses(plain: list[dict[str, str]] | None) -> tuple[Address, ...]:
    return tuple(Address(a["kind"], a["address"], a.get("name", "")) for a in plain or ())
