"""Who somebody is: what the provider says of a customer whom nobody has named."""

import pytest
import sqlalchemy as sa

from hub.contract import Address
from hub.core.people import ChangeCustomer, Introduce, Nameless, nameless
from hub.models import Customer, Entry, Identity
from tests.support.workshop import Workshop

CUSTOMER, ENTRY, IDENTITY = Customer.__table__, Entry.__table__, Identity.__table__  # type: ignore[attr-defined]
MAYA = Address("phone", "+4915100000017")


@pytest.fixture
async def somebody(workshop: Workshop) -> Nameless:
    await workshop.hear(MAYA.value, inbox=workshop.sms)
    who = await workshop.db.read(lambda conn: nameless(conn, MAYA))
    assert who
    return who


async def names(shop: Workshop) -> tuple[str, str]:
    customer = await shop.db.read(lambda conn: conn.scalar(sa.select(CUSTOMER.c.name)))
    identity = await shop.db.read(lambda conn: conn.scalar(sa.select(IDENTITY.c.name)))
    return str(customer), str(identity)


async def test_somebody_nameless_gets_their_name_and_the_thread_says_so(workshop: Workshop, somebody: Nameless) -> None:
    await workshop.writer.submit(Introduce(somebody, "Maya Lind"))
    assert await names(workshop) == ("Maya Lind", "Maya Lind")
    assert await workshop.db.read(lambda conn: nameless(conn, MAYA)) is None
    written = sa.select(ENTRY.c.data).where(ENTRY.c.kind == "event", ENTRY.c.author_kind == "system")
    events = await workshop.db.read(lambda conn: conn.scalars(written).all())
    assert {"type": "customer", "old": {"name": ""}, "new": {"name": "Maya Lind"}} in events


async def test_whom_an_agent_named_meanwhile_keeps_that_name(workshop: Workshop, somebody: Nameless) -> None:
    await workshop.writer.submit(ChangeCustomer(workshop.ann, somebody.thread_id, {"name": "Frau Lind"}))
    assert await workshop.db.read(lambda conn: nameless(conn, MAYA)) is None
    await workshop.writer.submit(Introduce(somebody, "maya_17"))
    assert await names(workshop) == ("Frau Lind", "maya_17")


async def test_nobody_and_whoever_has_a_name_are_not_asked_about(workshop: Workshop) -> None:
    assert await workshop.db.read(lambda conn: nameless(conn, MAYA)) is None
    await workshop.hear(MAYA.value, inbox=workshop.sms, name="Maya")
    assert await workshop.db.read(lambda conn: nameless(conn, MAYA)) is None
