"""The demo's sample goes with all that hangs on it, and leaves what is real."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from hub.contract import Address
from hub.core.merge import MergeCustomers
from hub.core.promises import MakePromise
from hub.core.proof import AskProof
from hub.core.samples import remove_samples
from hub.core.survey import AskSurvey
from hub.models import Agent, Case, Customer, Entry, Merge, Promise, ProofCode, Survey, Thread
from tests.support.workshop import Workshop

CUSTOMER, AGENT = Customer.__table__, Agent.__table__  # type: ignore[attr-defined]


async def test_people_with_promises_codes_ratings_and_merges_are_removed(workshop: Workshop) -> None:
    one = (await workshop.hear("maya@example.com")).threads[0]
    two = (await workshop.hear("+4915112345678", inbox=workshop.sms)).threads[0]
    await workshop.writer.submit(MakePromise(workshop.ann, one, "A label", workshop.now + timedelta(hours=1)))
    await workshop.writer.submit(AskProof(workshop.ann, one, Address("phone", "+4915187654321")))
    await workshop.writer.submit(MergeCustomers(workshop.ann, two, one))
    for case in await workshop.rows(Case):
        await workshop.writer.submit(AskSurvey(case["id"]))
    await workshop.db.write(lambda conn: conn.execute(sa.update(CUSTOMER).values(sample=True)))
    real = (await workshop.hear("bo@example.com")).threads[0]
    await workshop.writer.submit(MakePromise(workshop.ann, real, "A refund", workshop.now + timedelta(hours=1)))
    settings = sa.update(AGENT).values(settings={"sample": True})
    await workshop.db.write(lambda conn: conn.execute(settings))
    assert await workshop.db.write(remove_samples) == 2
    assert [row["id"] for row in await workshop.rows(Thread)] == [real]
    assert {row["thread_id"] for model in (Entry, Promise, Case) for row in await workshop.rows(model)} == {real}
    for model in (ProofCode, Merge, Survey):
        assert not await workshop.rows(model)
    agents = {row["name"]: row["active"] for row in await workshop.rows(Agent)}
    assert agents == {"Ann Agent": False}, "whose promise stands keeps the name; the other is gone"
