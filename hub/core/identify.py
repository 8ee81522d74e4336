"""Step 2 of a batch: whose thread is it? The sender's identity alone decides; nothing else ever selects a thread.

Who gets the identity's row back from the insert creates customer and thread; who doesn't was beaten by another process,
has waited for its commit, and reads again. So two processes that meet the same new customer make one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.contract import Proof
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.core.receive import Heard
from hub.core.states import Owner, ThreadState
from hub.db import Prepared, among, update
from hub.models import Case, Claim, Customer, Identity, Thread, new_id
from hub.models.tables import DELIVERY, REFERENCE

IDENTITY, CUSTOMER, THREAD = Identity.__table__, Customer.__table__, Thread.__table__  # type: ignore[attr-defined]
CLAIM, CASE = Claim.__table__, Case.__table__  # type: ignore[attr-defined]

Key = tuple[str, str]

_OWNER = sa.func.coalesce(CUSTOMER.c.merged_into, CUSTOMER.c.id)
OWNERS = IDENTITY.join(CUSTOMER, CUSTOMER.c.id == IDENTITY.c.customer_id).join(THREAD, THREAD.c.customer_id == _OWNER)
OWNED = (IDENTITY.c.kind, IDENTITY.c.address, IDENTITY.c.id, IDENTITY.c.trust, THREAD.c.id, THREAD.c.customer_id)
"""An address, then what makes an `Owner`."""
BY_ADDRESS = (among(IDENTITY.c.kind, "kinds"), among(IDENTITY.c.address, "addresses"))
_BY_ADDRESS = Prepared(sa.select(*OWNED).select_from(OWNERS).where(*BY_ADDRESS))
_SENT_TO = (
    sa.select(DELIVERY.c.thread_id, DELIVERY.c.ref, DELIVERY.c.to_kind, DELIVERY.c.to_address)
    .join(REFERENCE, REFERENCE.c.entry_id == DELIVERY.c.entry_id)
    .where(among(REFERENCE.c.thread_id, "threads"), among(REFERENCE.c.ref, "refs"), DELIVERY.c.ref == REFERENCE.c.ref)
)
_CLAIMED = (
    sa.select(CASE.c.id, CLAIM.c.kind, CLAIM.c.address, THREAD.c.id, THREAD.c.customer_id)
    .select_from(
        CASE.join(THREAD, THREAD.c.id == CASE.c.thread_id).join(CLAIM, CLAIM.c.customer_id == THREAD.c.customer_id)
    )
    .where(among(CASE.c.id, "cases"), among(CLAIM.c.address, "addresses"))
)


def identify(batch: Batch, heard: Sequence[Heard]) -> None:
    """Give every message its thread, making customers for addresses that nobody knows."""
    if not heard:
        return
    keys = [canonical(item.message.sender) for item in heard]
    known = _look_up(batch, set(keys)) if batch.owners is None else batch.owners
    missing: dict[Key, Heard] = {}
    for key, item in zip(keys, heard, strict=True):
        if key not in known:
            missing.setdefault(key, item)
    if missing:
        known.update(_create(batch, missing))
        beaten = missing.keys() - known.keys()
        if beaten:
            known.update(_look_up(batch, beaten))
    proven: dict[UUID, None] = {}
    for key, item in zip(keys, heard, strict=True):
        found = known[key]
        item.thread_id, item.identity_id = found.thread_id, found.identity_id
        batch.wants.threads.add(found.thread_id)
        if item.message.proof.verified and found.trust != "verified":
            proven[found.identity_id] = None
    update(batch.conn, IDENTITY, [{"id": id_, "trust": "verified"} for id_ in sorted(proven)])


def _look_up(batch: Batch, keys: set[Key] | Any) -> dict[Key, Owner]:
    rows = _BY_ADDRESS.rows(batch.conn, **kinds_and_addresses(keys))
    return {(kind, address): Owner(*rest) for kind, address, *rest in rows if (kind, address) in keys}


def kinds_and_addresses(keys: Iterable[Key]) -> dict[str, list[str]]:
    """What `BY_ADDRESS` asks for: with these all pairs of them, which are few more."""
    return {"kinds": sorted({kind for kind, _ in keys}), "addresses": sorted({address for _, address in keys})}


def _create(batch: Batch, missing: dict[Key, Heard]) -> dict[Key, Owner]:
    owners = _proven_claims(batch, missing)
    rows: dict[Key, dict[str, Any]] = {}
    for key in sorted(missing):
        message = missing[key].message
        owner = owners.get(key)
        rows[key] = {
            "id": new_id(),
            "kind": key[0],
            "address": key[1],
            "customer_id": owner[1] if owner else new_id(),
            "name": message.sender.name[:200],
            "trust": "verified" if owner or message.proof.verified else "claimed",
            "shared": False,
            "undeliverable": "",
            "created_at": batch.now,
        }
    mine = batch.insert_missing(IDENTITY, list(rows.values()), ("kind", "address"))
    made: dict[Key, Owner] = {}
    for key in mine:
        row = rows[key]
        owner = owners.get(key)
        batch.renamed.add(row["customer_id"])
        thread_id = owner[0] if owner else _new_thread(batch, row).id
        made[key] = Owner(row["id"], row["trust"], thread_id, row["customer_id"])
    return made


def _new_thread(batch: Batch, identity: dict[str, Any]) -> ThreadState:
    batch.new_customers.append(new_customer(batch, identity["customer_id"], identity["name"]))
    thread = ThreadState(new_id(), identity["customer_id"], new=True)
    batch.threads[thread.id] = thread
    return thread


def new_customer(batch: Batch, customer_id: UUID, name: str) -> dict[str, Any]:
    return {
        "id": customer_id,
        "name": name,
        "locale": "",
        "timezone": "",
        "merged_into": None,
        "sample": False,
        "created_at": batch.now,
    }


def _proven_claims(batch: Batch, missing: dict[Key, Heard]) -> dict[Key, tuple[UUID, UUID]]:
    """An address typed by a customer becomes theirs when our token comes back from it and nobody owns it.

    A sender can be forged, and whoever got one mail of the case knows its token: unless the arrival itself is verified,
    it must answer a message that was sent to this very address, whose id nobody else has. And a person must: an absence
    note answers whatever a stranger had sent there.
    """
    with_token = {
        key: item
        for key, item in missing.items()
        if item.cases and item.message.proof is not Proof.FAILED and not item.message.automatic
    }
    if not with_token:
        return {}
    cases = {case for item in with_token.values() for case in item.cases}
    wanted = {"cases": list(cases), "addresses": [address for _, address in with_token]}
    rows = batch.conn.execute(_CLAIMED, wanted).all()
    answered = _answered(batch, {row[3] for row in rows}, with_token.values())
    owners: dict[Key, tuple[UUID, UUID]] = {}
    for case_id, kind, address, thread_id, customer_id in rows:
        item = with_token.get((kind, address))
        if item is None or case_id not in item.cases:
            continue
        if item.message.proof.verified or any(
            (thread_id, ref, kind, address) in answered for ref in item.message.reply_to
        ):
            owners[kind, address] = (thread_id, customer_id)
    return owners


def _answered(batch: Batch, threads: set[UUID], heard: Iterable[Heard]) -> set[tuple[UUID, str, str, str]]:
    """What of ours the messages answer, and to whom it was sent: thread, ref and address."""
    refs = {ref for item in heard for ref in item.message.reply_to}
    if not threads or not refs:
        return set()
    return {(*row,) for row in batch.conn.execute(_SENT_TO, {"threads": list(threads), "refs": list(refs)})}
