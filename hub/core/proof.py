"""Who is it? A one-time code crosses from one side to the other, and then both are the same person (A15).

A code that was sent to an address proves it when it is typed in the conversation that asked; one that was shown in the
conversation proves the address it is sent from. Coming back on the side where it was shown it proves nothing: whoever
is tricked into answering a message would join a stranger. The code is stored nowhere: it is made of the row's id and
the hub's key, for the send and for the comparison.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from hub.contract import Address, Proof, is_email
from hub.core import claims
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.core.changes import Actor
from hub.core.compose import deliver, facts_of
from hub.core.desk import InboxFacts
from hub.core.errors import Conflict, NotPermitted
from hub.core.permit import Request, permit
from hub.core.receive import Heard
from hub.core.states import Row, ThreadState, Wants
from hub.db import Prepared, among, insert, insert_missing
from hub.models import Claim, Identity, ProofCode, new_id
from hub.models.tables import CUSTOMER, DELIVERY, ENTRY, REFERENCE
from hub.secrets import Keys

IDENTITY, CLAIM = Identity.__table__, Claim.__table__  # type: ignore[attr-defined]
CODE = ProofCode.__table__  # type: ignore[attr-defined]

Way = Literal["there", "here"]
VALID = timedelta(minutes=10)
TRIES = 5
MOST_AN_HOUR = 5
"""Codes for one address; each can be guessed at five times, so chance finds one in forty thousand."""
MASK = "••••••"
_SIX = re.compile(r"(?<![0-9])([0-9]{3})[ -]?([0-9]{3})(?![0-9])")
_PHONE = re.compile(r"\+[0-9]{6,15}")

IS_OPEN = sa.and_(CODE.c.state == "open", CODE.c.expires_at > sa.bindparam("now", type_=CODE.c.expires_at.type))
_OPEN = sa.select(CODE.c.id, CODE.c.thread_id, CODE.c.joins, CODE.c.kind, CODE.c.address).where(IS_OPEN)
_ASKED_HERE = Prepared(_OPEN.where(CODE.c.way == "there", among(CODE.c.thread_id, "threads")))
_ASKED_OF = Prepared(_OPEN.where(CODE.c.way == "here", among(CODE.c.kind, "kinds"), among(CODE.c.address, "addresses")))
_BY_ID = Prepared(sa.select(CODE).where(among(CODE.c.id, "ids")))
_OWNER = (
    sa.select(IDENTITY, sa.func.coalesce(CUSTOMER.c.merged_into, IDENTITY.c.customer_id).label("owner"))
    # a customer of this very batch isn't written yet
    .join_from(IDENTITY, CUSTOMER, CUSTOMER.c.id == IDENTITY.c.customer_id, isouter=True)
    .where(
        IDENTITY.c.kind == sa.bindparam("kind", type_=sa.Text),
        IDENTITY.c.address == sa.bindparam("address", type_=sa.Text),
    )
)


def value(keys: Keys, code_id: UUID) -> str:
    """The six digits."""
    signed = base64.b32decode(keys.sign("proof-code", code_id.hex, 16).upper())
    return f"{int.from_bytes(signed) % 1_000_000:06d}"


def guesses(text: str) -> list[str]:
    """What in these words may be a code, spelt `123456`, `123 456` or `123-456`."""
    return list(dict.fromkeys(a + b for a, b in _SIX.findall(text)))


def fill(keys: Keys, options: dict[str, Any], text: str) -> str:
    """The words as they leave: only there the code stands in them."""
    code_id = options.get("proof")
    return text.replace(MASK, value(keys, UUID(code_id))) if code_id else text


# --- asking ---


_BINDING = frozenset({"email"})
"""Kinds of address whose arrivals can show that they come from there: a mail can be authenticated, a text never."""


@dataclass(frozen=True, slots=True)
class AskProof:
    """An agent wants to know that an address is this customer's."""

    actor: Actor
    thread_id: UUID
    address: Address
    way: Way = "there"
    inbox_id: UUID | None = None
    case_id: UUID | None = None

    def wants(self, wants: Wants) -> None:
        wants.threads.add(self.thread_id)
        if self.case_id:
            wants.cases.add(self.case_id)

    def run(self, batch: Batch) -> UUID:
        """The code's id. Raises `Conflict` or `NotPermitted`."""
        thread = batch.thread(self.thread_id)
        kind, address = canonical(self.address)
        _check_address(kind, address)
        if self.way == "here" and kind not in _BINDING:
            raise Conflict(f"Who sends a text can be forged. Send the code to {address} instead.")
        case = batch.case_in(thread, self.case_id) if self.case_id else latest_case(batch, thread)
        owner = batch.conn.execute(_OWNER, {"kind": kind, "address": address}).mappings().first()
        if owner and owner["shared"]:
            raise Conflict(f"{address} is shared by several people. It can't be anybody's alone.")
        if owner and owner["owner"] == thread.customer_id and owner["trust"] == "verified":
            raise Conflict(f"{address} is known to be theirs already.")
        shown_to = Address(kind, address) if self.way == "there" else None
        inbox = inbox_for(batch, self.inbox_id, kind) if shown_to else None
        if inbox is None or shown_to is None:
            inbox, shown_to = _conversation(batch, thread, self.inbox_id, kind)
        claims.claim(batch, thread.customer_id, self.address)
        code_id = make(
            batch,
            thread,
            way=self.way,
            kind=kind,
            address=address,
            inbox=inbox,
            case=case,
            agent_id=self.actor.id,
            device=shown_to.value,
        )
        told = (
            f"Your code is {MASK}. Type it in the conversation that asked for it, within 10 minutes. "
            "If nobody asked you, tell it to nobody."
            if self.way == "there"
            else f"To show that {address} is yours, send us the code {value(batch.desk.keys, code_id)} from there "
            f"within 10 minutes{_to_where(batch, kind)}."
        )
        send(batch, thread, case, inbox, shown_to, told, self.actor, code_id if self.way == "there" else None)
        batch.event(
            thread,
            case,
            self.actor,
            "proof asked",
            address=address,
            address_kind=kind,
            way=self.way,
            text=f"Asked for a proof of {address}",
        )
        return code_id


def _check_address(kind: str, address: str) -> None:
    if kind == "email" and not is_email(address):
        raise Conflict(f"{address} is no mail address. Correct it, then ask again.")
    if kind == "phone" and not _PHONE.fullmatch(address):
        raise Conflict(f"{address} is no phone number with its country code, such as +49. Correct it, then ask again.")


def latest_case(batch: Batch, thread: ThreadState) -> Row | None:
    cases = [case for case in batch.cases_of[thread.id] if case["status"] not in ("done", "spam")]
    return max(cases, key=lambda case: (case["last_at"], case["last_seq"]), default=None)


def inbox_for(batch: Batch, inbox_id: UUID | None, kind: str) -> InboxFacts:
    """The inbox that carries a code to an address of this kind."""
    for facts in batch.desk.inboxes():
        can = facts.capabilities
        fits = can.identity == kind and can.messages and facts.active
        if fits and (facts.id == inbox_id or (inbox_id is None and can.initiate)):
            return facts
    raise NotPermitted(f"No active channel can send a code to this {kind} address. Connect one in Settings, Channels.")


_LATEST = (
    sa.select(ENTRY.c.inbox_id, IDENTITY.c.kind, IDENTITY.c.address)
    .join_from(ENTRY, IDENTITY, IDENTITY.c.id == ENTRY.c.author_id)
    .where(
        ENTRY.c.thread_id == sa.bindparam("thread", type_=ENTRY.c.thread_id.type),
        ENTRY.c.direction == "in",
        ENTRY.c.kind == "message",
    )
    .order_by(ENTRY.c.seq.desc())
    .limit(20)
)


def _conversation(batch: Batch, thread: ThreadState, inbox_id: UUID | None, but: str) -> tuple[InboxFacts, Address]:
    """Where the customer spoke last, on another kind of address than the one to be proven."""
    for row in batch.conn.execute(_LATEST, {"thread": thread.id}):
        facts = batch.desk.inbox(row.inbox_id)
        if facts and facts.active and row.kind != but and inbox_id in (None, facts.id):
            return facts, Address(row.kind, row.address)
    raise Conflict("There is no conversation in which to show a code. Send it to the address instead.")


def _to_where(batch: Batch, kind: str) -> str:
    for facts in batch.desk.inboxes():
        if facts.capabilities.identity == kind and facts.address and facts.active:
            return f" to {facts.address}"
    return ""


def make(
    batch: Batch,
    thread: ThreadState,
    *,
    way: str,
    kind: str,
    address: str,
    inbox: InboxFacts,
    case: Row | None = None,
    agent_id: UUID | None = None,
    device: str = "",
    link_id: UUID | None = None,
) -> UUID:
    """A new code; older ones for the same purpose are good no more."""
    since = batch.now - timedelta(hours=1)
    of_address = sa.select(sa.func.count()).where(
        CODE.c.kind == kind, CODE.c.address == address, CODE.c.created_at > since
    )
    of_thread = sa.select(sa.func.count()).where(CODE.c.thread_id == thread.id, CODE.c.created_at > since)
    asked, here = (batch.conn.execute(count).scalar_one() for count in (of_address, of_thread))
    if asked >= MOST_AN_HOUR or here >= 2 * MOST_AN_HOUR:
        raise Conflict("Too many codes were asked for in the last hour. Try again later.")
    older = sa.and_(CODE.c.thread_id == thread.id, CODE.c.kind == kind, CODE.c.address == address, CODE.c.way == way)
    batch.conn.execute(
        sa.update(CODE).where(older, CODE.c.state == "open").values(state="replaced", settled_at=batch.now)
    )
    row: dict[str, Any] = {
        "id": new_id(),
        "thread_id": thread.id,
        "case_id": case["id"] if case and not case.new else None,
        "way": way,
        "kind": kind,
        "address": address,
        "inbox_id": inbox.id,
        "link_id": link_id,
        "device": device,
        "state": "open",
        "tries": 0,
        "joins": None,
        "agent_id": agent_id,
        "expires_at": batch.now + VALID,
        "settled_at": None,
        "created_at": batch.now,
    }
    insert(batch.conn, CODE, [row])
    code_id: UUID = row["id"]
    return code_id


def send(
    batch: Batch,
    thread: ThreadState,
    case: Row | None,
    inbox: InboxFacts,
    to: Address,
    text: str,
    actor: Actor,
    code_id: UUID | None,
) -> None:
    known = batch.conn.execute(_OWNER, {"kind": to.kind, "address": to.value}).first() is not None
    person = actor.kind == "agent"
    found = facts_of(batch, thread, inbox, to, "transactional", person=person)
    request = Request(
        inbox, to.kind, to.value, "transactional", batch.now, wrote_before=known, person=person, facts=found
    )
    decision = permit(request)
    if decision.verdict == "deny":
        raise NotPermitted(decision.reason)
    entry = batch.append(
        thread,
        case=case,
        public=True,
        direction="out",
        channel=inbox.channel,
        inbox_id=inbox.id,
        case_reason="chosen",
        author_kind=actor.kind,
        author_id=actor.id,
        author_name=actor.name,
        subject="Your code" if inbox.capabilities.subject else "",
        text=text,
        purpose="transactional",
        # nobody's answer: it counts in no figure
        automatic="code",
        data={"to": [{"kind": to.kind, "address": to.value, "name": ""}], "proof": True},
    )
    # one that is shown here must never reach the address that it is to prove: it would be sent back from there
    options = {"proof": code_id.hex} if code_id else {"stays": True}
    deliver(batch, thread, entry, inbox, to, request.purpose, decision.record(request), options)


# --- the code comes back ---


def foresee(batch: Batch, heard: Sequence[Heard]) -> None:
    """Before the locks: which open codes may these words be about? Their threads are locked with the others."""
    said = [item for item in heard if item.thread_id and _given(item)]
    if not said or not batch.may_prove:
        return
    keys = {canonical(item.message.sender) for item in said}
    values = {"kinds": sorted({kind for kind, _ in keys}), "addresses": sorted({address for _, address in keys})}
    found = [
        *_ASKED_HERE.rows(batch.conn, threads=[item.thread_id for item in said], now=batch.now),
        *_ASKED_OF.rows(batch.conn, **values, now=batch.now),
    ]
    for row in found:
        batch.codes[row.id] = None
        batch.wants.threads.add(row.thread_id)


def take(batch: Batch, thread: ThreadState, heard: Heard, inbox: InboxFacts, entry: dict[str, Any]) -> None:
    """A message was appended: is it the answer to a code? Wrong ones count, whoever sent them."""
    if not batch.codes:
        return
    given = _given(heard)
    sender = canonical(heard.message.sender)
    for code in _open_codes(batch) if given else ():
        there = code["way"] == "there"
        proves = (code["kind"], code["address"])
        concerned = thread.id == batch.thread(code["thread_id"]).id and sender != proves if there else sender == proves
        if not concerned:
            continue
        if not _binding(batch, thread, heard, inbox):
            continue
        if judge(batch, code, given):
            _proved(batch, code, heard, entry)


def _given(heard: Heard) -> list[str]:
    """A machine proves nothing: an absence note repeats to us whatever a stranger wrote to its mailbox."""
    return [] if heard.message.automatic else guesses(heard.message.text)


def _open_codes(batch: Batch) -> list[Row]:
    """Read under the locks, once for the batch."""
    missing = [id_ for id_, row in batch.codes.items() if row is None]
    for row in _BY_ID.dicts(batch.conn, ids=missing) if missing else ():
        batch.codes[row["id"]] = Row(row)
        batch.at_end_do(lambda conn, code=batch.codes[row["id"]]: keep(conn, code))  # type: ignore[misc]
    return [row for row in batch.codes.values() if row and row["state"] == "open" and row["expires_at"] > batch.now]


def keep(conn: sa.Connection, code: Row) -> None:
    """Write what changed of a code."""
    if code.changed:
        changed = {name: code[name] for name in code.changed}
        conn.execute(sa.update(CODE).where(CODE.c.id == code["id"]).values(**changed))


_SENT_TO = (
    sa.select(DELIVERY.c.id)
    .join(REFERENCE, REFERENCE.c.entry_id == DELIVERY.c.entry_id)
    .where(
        REFERENCE.c.thread_id == sa.bindparam("thread", type_=REFERENCE.c.thread_id.type),
        among(REFERENCE.c.ref, "refs"),
        DELIVERY.c.ref == REFERENCE.c.ref,
        DELIVERY.c.to_kind == sa.bindparam("kind", type_=sa.Text),
        DELIVERY.c.to_address == sa.bindparam("address", type_=sa.Text),
    )
)


def _binding(batch: Batch, thread: ThreadState, heard: Heard, inbox: InboxFacts) -> bool:
    """Is this arrival surely from the address it names (rule 14)? A sender may be forged.

    The provider vouches, our own socket knows the device, or it answers what was sent to this very address.
    """
    message = heard.message
    if message.proof.verified or (inbox.capabilities.live and message.proof is not Proof.FAILED):
        return True
    if message.proof is Proof.FAILED or not message.reply_to:
        return False
    kind, address = canonical(message.sender)
    values = {"thread": thread.id, "refs": list(message.reply_to), "kind": kind, "address": address}
    return batch.conn.execute(_SENT_TO, values).first() is not None


def judge(batch: Batch, code: Row, given: Sequence[str]) -> bool:
    right = value(batch.desk.keys, code["id"])
    for guess in given:
        if hmac.compare_digest(guess, right):
            code.set(state="proved", settled_at=batch.now)
            return True
        code.set(tries=code["tries"] + 1)
        if code["tries"] >= TRIES:
            code.set(state="failed", settled_at=batch.now)
            text = f"Too many wrong codes for {code['address']}: ask again"
            thread = batch.thread(code["thread_id"])
            batch.event(thread, _case_of(batch, code), _nobody(), "proof failed", address=code["address"], text=text)
            return False
    return False


def _nobody() -> Actor:
    return Actor("system", None, "Onethread")


def _case_of(batch: Batch, code: Row) -> Row | None:
    case = batch.cases.get(code["case_id"]) if code["case_id"] else None
    return case if case and case["thread_id"] == batch.thread(code["thread_id"]).id else None


def _proved(batch: Batch, code: Row, heard: Heard, entry: dict[str, Any]) -> None:
    """The address is the asking customer's. If somebody else has it so far, both are the same person."""
    thread = batch.thread(code["thread_id"])
    kind, address = code["kind"], code["address"]
    owner = own(batch, thread.customer_id, kind, address, "code")
    if owner != thread.customer_id:
        code.set(joins=owner)
    # the other side has shown itself as well: its device or handle saw the code, or typed it
    other = IDENTITY.c.id == heard.identity_id
    if code["way"] == "here":
        other = sa.and_(IDENTITY.c.kind != kind, IDENTITY.c.address == code["device"])
    batch.at_end(
        sa.update(IDENTITY).where(other, IDENTITY.c.customer_id == thread.customer_id).values(trust="verified")
    )
    who = (
        batch.conn.scalar(sa.select(CUSTOMER.c.name).where(CUSTOMER.c.id == thread.customer_id)) or entry["author_name"]
    )
    batch.event(
        thread,
        _case_of(batch, code),
        Actor("customer", heard.identity_id, entry["author_name"]),
        "proved",
        address_kind=kind,
        address=address,
        by="code",
        text=f"{who} proved {address} with a code",
    )
    touch(batch, thread)


def own(batch: Batch, customer_id: UUID, kind: str, address: str, by: str) -> UUID:
    """Make the address verified, and this customer's if it is nobody's; returns whose it is."""
    row = {
        "id": new_id(),
        "kind": kind,
        "address": address,
        "customer_id": customer_id,
        "name": "",
        "trust": "verified",
        "proven_by": by,
        "shared": False,
        "undeliverable": "",
        "created_at": batch.now,
    }
    insert_missing(batch.conn, IDENTITY, [row], ("kind", "address"))
    found = batch.conn.execute(_OWNER, {"kind": kind, "address": address}).mappings().one()
    owner: UUID = found["owner"]
    if found["shared"]:
        return customer_id
    if found["trust"] != "verified" and (owner == customer_id or by == "code"):
        batch.conn.execute(
            sa.update(IDENTITY).where(IDENTITY.c.id == found["id"]).values(trust="verified", proven_by=by)
        )
    if owner == customer_id:
        mine = sa.and_(CLAIM.c.customer_id == customer_id, CLAIM.c.kind == kind, CLAIM.c.address == address)
        batch.at_end(sa.update(CLAIM).where(mine).values(state="proven"))
    batch.renamed.add(customer_id)
    return owner


def touch(batch: Batch, thread: ThreadState) -> None:
    """Lists and panels show the customer's addresses."""
    for case in batch.cases_of[thread.id]:
        thread.cases[case["id"]] = None
