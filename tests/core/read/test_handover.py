"""The handover card of one customer, word by word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hub.contract import Address, State
from hub.core.access import Viewer, rights
from hub.core.cases import ChangeCase, OpenCase
from hub.core.people import ChangeCustomer
from hub.core.promises import MakePromise
from hub.core.read.handover import handover
from hub.db import insert, update
from hub.models import Case, Consent, Delivery, new_id
from tests.support.workshop import Workshop

CONSENT, DELIVERY = Consent.__table__, Delivery.__table__  # type: ignore[attr-defined]


async def test_the_card_of_a_customer_with_a_history(workshop: Workshop) -> None:
    ann, bob = workshop.ann, workshop.bob
    thread = (
        await workshop.hear("maya@example.com", "Wrong size", claims=(Address("phone", "+4915112345678"),))
    ).threads[0]
    boots = (await workshop.row(Case))["id"]
    for n in range(1, 5):
        workshop.later(minutes=1)
        await workshop.reply(thread, "maya@example.com", f"Answer {n}", case_id=boots)
        workshop.later(minutes=1)
        await workshop.hear("maya@example.com", f"Question {n}", token=workshop.desk.case_token(boots))
    await workshop.note(thread, "Never on this card")
    workshop.later(minutes=1)
    await workshop.reply(thread, "+4915112345678", "By text", inbox=workshop.sms, case_id=boots)
    workshop.later(minutes=1)
    sms = (await workshop.rows(Delivery, channel="sms"))[0]
    await workshop.db.write(lambda conn: update(conn, DELIVERY, [{"id": sms["id"], "ref": "sms-1"}]))
    await workshop.status(workshop.sms, "sms-1", State.FAILED, reason="The number is not in service.")
    await workshop.writer.submit(OpenCase(bob, thread, "Her other order"))
    old = await workshop.writer.submit(OpenCase(bob, thread, "Long done"))
    await workshop.writer.submit(ChangeCase(bob, old, {"status": "done"}))
    await workshop.writer.submit(MakePromise(ann, thread, "The label", workshop.now + timedelta(hours=6), boots))
    await workshop.writer.submit(ChangeCustomer(ann, thread, {"preferred_channel": "sms", "preferred_by": "customer"}))
    said: list[dict[str, Any]] = [
        {"id": new_id(), "kind": "phone", "address": "+4915112345678", "inbox_id": workshop.sms.id, "purpose": "",
         "allowed": allowed, "source": "word", "said": word, "at": workshop.now + timedelta(seconds=n)}
        for n, (allowed, word) in enumerate(((False, "STOP"), (True, "START")))
    ]  # fmt: skip
    await workshop.db.write(lambda conn: insert(conn, CONSENT, said))

    assert bob.id
    me = Viewer(bob.id, bob.name, "", "agent", rights("agent"))
    card = await workshop.db.read(lambda conn: handover(conn, me, thread, workshop.now))

    assert {case["subject"] for case in card["cases"]} == {"Wrong size", "Her other order"}
    assert [(p["text"], p["who"]) for p in card["promises"]] == [("The label", "Ann Agent")]
    by_channel = {one["channel"]: [said["text"] for said in one["entries"]] for one in card["exchanges"]}
    assert by_channel == {
        "sms": ["By text"],
        "email": ["Question 2", "Answer 3", "Question 3", "Answer 4", "Question 4"],
    }
    assert [(f["channel"], f["to"], f["reason"]) for f in card["failed"]] == [
        ("sms", "+4915112345678", "The number is not in service.")
    ]
    assert [(c["allowed"], c["said"]) for c in card["consents"]] == [(True, "START")]
    assert (card["preferred_channel"], card["customer"]["preferred_by"]) == ("sms", "customer")
    assert card["values"] == []
