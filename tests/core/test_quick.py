"""The batch without locks: two statements, and whatever happens between them sends it the locked way, unharmed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.util import await_only

from hub.contract import Address, Message, Status
from hub.contract import State as DeliveryState
from hub.core.append import Append
from hub.core.batch import Batch
from hub.core.cases import ChangeCase
from hub.core.proof import AskProof
from hub.core.quick import _Quick
from hub.core.receive import Arrived, Heard
from hub.core.states import Wants
from hub.db import Database
from hub.models import Case, Customer, Entry, Envelope, Identity, Thread
from tests.support.workshop import Workshop

pytestmark = pytest.mark.db("postgres")

MAYA, NOOR = "+447700900001", "+447700900002"


@contextmanager
def asked(db: Database) -> Iterator[list[str]]:
    """The first words of each statement that the database is asked."""
    words: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        words.append(statement.split()[0])

    for engine in db.sync_engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    yield words
    for engine in db.sync_engines:
        sa.event.remove(engine, "before_cursor_execute", note)


def text(workshop: Workshop, sender: str, key: str, **more: Any) -> Append:
    """A text message as the intake hands it over: its provider's id is its dedup key."""
    message = Message(key, Address("phone", sender), f"I say {key}", **more)
    return Append(Arrived(workshop.sms, key, sealed=b"raw", items=(Heard(message, unique=True),)))


async def say(workshop: Workshop, *messages: tuple[str, str]) -> list[Any]:
    return await asyncio.gather(*(workshop.writer.submit(text(workshop, *message)) for message in messages))


@pytest_asyncio.fixture
async def elsewhere(workshop: Workshop) -> AsyncIterator[Workshop]:
    """Another process on the same database, with the same inboxes."""
    other = Workshop(Database(workshop.db.url))
    other._facts.update(workshop._facts)
    other.sms, other.email = workshop.sms, workshop.email
    other.writer.start()
    yield other
    await other.close()


@dataclass
class Between:
    """What happens after a quick batch has looked and before it writes."""

    happens: Callable[[], Awaitable[Any]] | None = None


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Between:
    what, flush = Between(), _Quick.flush

    def flush_then(batch: _Quick) -> None:
        if what.happens:
            happens, what.happens = what.happens, None
            await_only(happens())
        flush(batch)

    monkeypatch.setattr(_Quick, "flush", flush_then)
    return what


async def sound(workshop: Workshop) -> None:
    """No gap, no counter off, nobody without a thread, and the tally as the cases are."""
    assert await workshop.faults() == []
    for thread in await workshop.rows(Thread):
        entries = await workshop.rows(Entry, thread_id=thread["id"])
        assert thread["rev"] == max(entry["rev"] for entry in entries)
    customers = {customer["id"] for customer in await workshop.rows(Customer)}
    assert customers == {thread["customer_id"] for thread in await workshop.rows(Thread)}
    assert customers >= {identity["customer_id"] for identity in await workshop.rows(Identity)}
    tallies = sa.text("SELECT status, sum(n) FROM case_tally GROUP BY 1 HAVING sum(n) <> 0 ORDER BY 1")
    cases = sa.text('SELECT status, count(*) FROM "case" GROUP BY 1 ORDER BY 1')
    counted, there = await workshop.db.read(lambda conn: (conn.execute(tallies).all(), conn.execute(cases).all()))
    assert counted == there


async def test_a_batch_of_messages_takes_two_statements(workshop: Workshop) -> None:
    with asked(workshop.db) as words:
        strangers = await say(workshop, (MAYA, "a"), (NOOR, "b"), (MAYA, "c"))
    assert words == ["SELECT", "WITH"]
    with asked(workshop.db) as words:
        known = await say(workshop, (MAYA, "d"), (NOOR, "e"), ("+447700900003", "f"))
    assert words == ["SELECT", "WITH"]
    assert [receipt.state for receipt in strangers + known] == ["done"] * 6
    maya = await workshop.rows(Entry, thread_id=strangers[0].threads[0])
    assert [(entry["seq"], entry["rev"], entry["text"]) for entry in maya] == [
        (1, 1, "I say a"),
        (2, 2, "I say c"),
        (3, 3, "I say d"),
    ]
    assert {entry["case_id"] for entry in maya} == {(await workshop.row(Case, thread_id=maya[0]["thread_id"]))["id"]}
    assert len(await workshop.rows(Envelope, state="done")) == 6
    await sound(workshop)


async def test_a_repeated_request_is_known_at_once(workshop: Workshop) -> None:
    await say(workshop, (MAYA, "a"))
    with asked(workshop.db) as words:
        again, new = await say(workshop, (MAYA, "a"), (NOOR, "b"))
    assert words == ["SELECT", "WITH"]
    assert (again.state, new.state) == ("duplicate", "done")
    with asked(workshop.db) as words:
        (again,) = await say(workshop, (MAYA, "a"))
    assert words == ["SELECT"]
    assert again.state == "duplicate"
    await sound(workshop)


async def test_digits_are_no_code_where_none_is_open(workshop: Workshop) -> None:
    """An order's number looks like a code; that one was asked for is seen at once."""
    (first,) = await say(workshop, (MAYA, "My order is 123456"))
    with asked(workshop.db) as words:
        await say(workshop, (MAYA, "It is 123 456, as I said"))
    assert words == ["SELECT", "WITH"]
    await workshop.hear("maya@example.com")
    there = Address("email", "maya@example.com")
    await workshop.writer.submit(AskProof(workshop.ann, first.threads[0], there))
    with asked(workshop.db) as words:
        await say(workshop, (MAYA, "Is it 654321?"))
    assert words[:2] == ["SELECT", "BEGIN"]


async def test_marks_ride_along(workshop: Workshop) -> None:
    heard = await say(workshop, (MAYA, "a"), (NOOR, "b"))
    for receipt in heard:
        workshop.writer.mark(receipt.threads[0], 1)
    with asked(workshop.db) as words:
        await say(workshop, (MAYA, "c"))
    assert words == ["SELECT", "WITH"]
    assert [thread["published_rev"] for thread in await workshop.rows(Thread)] == [1, 1]


class Asks:
    """A job of a kind that nobody knew when the quick batch was written: it reads for itself."""

    def wants(self, wants: Wants) -> None:
        """Nothing that a batch looks up."""

    def run(self, batch: Batch) -> Any:
        return batch.conn.scalar(sa.text("SELECT 42"))


class AsksToo(Append):
    def run(self, batch: Batch) -> Any:
        return batch.conn.scalar(sa.text("SELECT 43"))


async def test_what_needs_more_goes_the_locked_way(workshop: Workshop) -> None:
    (first,) = await say(workshop, (MAYA, "a"))
    with asked(workshop.db) as words:
        said, answer, entry = await asyncio.gather(
            workshop.writer.submit(text(workshop, MAYA, "b")),
            workshop.writer.submit(Asks()),
            workshop.note(first.threads[0]),
        )
    assert "BEGIN" in words
    assert (said.state, answer) == ("done", 42)
    assert entry
    for job in (
        text(workshop, MAYA, "typed", claims=(Address("email", "m@example.com"),)),
        text(workshop, MAYA, "refers", reply_to=("<x>",)),
        Append(Arrived(workshop.sms, "status", items=(Status("ref", DeliveryState.DELIVERED),))),
        Append(Arrived(workshop.sms, "stored", items=None)),
    ):
        with asked(workshop.db) as words:
            await workshop.writer.submit(job)
        assert ("BEGIN" in words) == (job.arrived.dedup_key != "stored"), job.arrived.dedup_key
    with asked(workshop.db) as words:
        assert await workshop.writer.submit(AsksToo(text(workshop, MAYA, "z").arrived)) == 43
    assert words[0] == "BEGIN"
    await sound(workshop)


async def test_a_job_that_reads_declines_by_itself(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An inbound message may come to need what no look knew of: then nothing is decided on what isn't guarded."""
    monkeypatch.setattr("hub.core.append._keep_claims", lambda batch, *_: batch.conn.scalar(sa.text("SELECT 1")))
    with asked(workshop.db) as words:
        (heard,) = await say(workshop, (MAYA, "a"))
    assert words[:2] == ["SELECT", "BEGIN"]
    assert heard.state == "done"
    await sound(workshop)


async def test_a_case_closed_in_between(workshop: Workshop, elsewhere: Workshop, between: Between) -> None:
    (first,) = await say(workshop, (MAYA, "a"))
    case = (await workshop.entry(first))["case_id"]
    between.happens = lambda: elsewhere.writer.submit(ChangeCase(workshop.ann, case, {"status": "done"}))
    with asked(workshop.db) as words:
        (second,) = await say(workshop, (MAYA, "b"))
    assert words[:3] == ["SELECT", "WITH", "BEGIN"]
    entries = await workshop.rows(Entry, thread_id=first.threads[0])
    assert [(entry["kind"], (entry["data"] or {}).get("type")) for entry in entries] == [
        ("message", None),
        ("event", "done"),
        ("message", None),
        ("event", "reopened"),
    ]
    assert second.entries == (entries[2]["id"],)
    assert entries[2]["case_reason"] == "recent"
    assert (await workshop.row(Case))["status"] == "open"
    await sound(workshop)


async def test_another_message_of_the_thread_in_between(
    workshop: Workshop, elsewhere: Workshop, between: Between
) -> None:
    (first,) = await say(workshop, (MAYA, "a"))
    between.happens = lambda: say(elsewhere, (MAYA, "b"))
    await say(workshop, (MAYA, "c"), (NOOR, "d"))
    entries = await workshop.rows(Entry, thread_id=first.threads[0])
    assert [entry["text"] for entry in entries] == ["I say a", "I say b", "I say c"]
    assert len(await workshop.rows(Case, thread_id=first.threads[0])) == 1
    await sound(workshop)


async def test_the_same_request_in_between(workshop: Workshop, elsewhere: Workshop, between: Between) -> None:
    await say(workshop, (MAYA, "a"))
    between.happens = lambda: say(elsewhere, (MAYA, "b"))
    again, other = await say(workshop, (MAYA, "b"), (NOOR, "c"))
    assert (again.state, other.state) == ("duplicate", "done")
    assert [entry["text"] for entry in await workshop.rows(Entry)].count("I say b") == 1
    await sound(workshop)


async def test_the_same_stranger_in_between(workshop: Workshop, elsewhere: Workshop, between: Between) -> None:
    between.happens = lambda: say(elsewhere, (MAYA, "a"))
    (heard,) = await say(workshop, (MAYA, "b"))
    assert [entry["text"] for entry in await workshop.rows(Entry, thread_id=heard.threads[0])] == ["I say a", "I say b"]
    assert len(await workshop.rows(Customer)) == 1
    await sound(workshop)


async def test_whatever_changes_a_case_changes_its_thread(
    workshop: Workshop, elsewhere: Workshop, between: Between
) -> None:
    """Even a job that forgets the event: the thread's row is the version of all that its lock protects."""
    (first,) = await say(workshop, (MAYA, "a"))
    case = (await workshop.entry(first))["case_id"]

    class Quietly:
        def wants(self, wants: Wants) -> None:
            wants.cases.add(case)

        def run(self, batch: Batch) -> None:
            batch.case(case).set(status="done", done_at=batch.now)

    between.happens = lambda: elsewhere.writer.submit(Quietly())
    await say(workshop, (MAYA, "b"))
    entries = await workshop.rows(Entry)
    assert entries[1]["case_reason"] == "recent"
    assert entries[2]["data"]["type"] == "reopened"
    await sound(workshop)


_WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)
_LOCK = sa.text("SELECT 1 FROM thread WHERE id = :id FOR NO KEY UPDATE")
_CHANGE = sa.text("UPDATE thread SET read_seq = 1 WHERE id = :id")


@pytest.mark.parametrize("changed", [True, False])
async def test_a_lock_held_elsewhere_is_waited_for(workshop: Workshop, elsewhere: Workshop, changed: bool) -> None:
    """The statement's snapshot is older than what the other commits; the row as it is now counts all the same."""
    (first,) = await say(workshop, (MAYA, "a"))
    thread = {"id": first.threads[0]}
    held, let_go = asyncio.Event(), asyncio.Event()

    def hold(conn: sa.Connection) -> None:
        conn.execute(_CHANGE if changed else _LOCK, thread)
        held.set()
        await_only(let_go.wait())

    holding = asyncio.create_task(elsewhere.db.write(hold))
    await held.wait()
    with asked(workshop.db) as words:
        saying = asyncio.create_task(say(workshop, (MAYA, "b"), (NOOR, "c")))
        while not await elsewhere.db.read(lambda conn: conn.scalar(_WAITING)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        let_go.set()
        await asyncio.gather(holding, saying)
    assert words[:3] == ["SELECT", "WITH", "BEGIN"] if changed else words == ["SELECT", "WITH"]
    (row,) = await workshop.rows(Thread, **thread)
    assert (row["last_seq"], row["read_seq"]) == (2, int(changed))
    await sound(workshop)


async def test_poison_stands_alone(workshop: Workshop) -> None:
    """What the database refuses fails the one statement whole; halving finds it as it does behind locks."""
    good, bad = text(workshop, MAYA, "a"), text(workshop, NOOR, "b\x00")
    receipts = await asyncio.gather(workshop.writer.submit(good), workshop.writer.submit(bad), return_exceptions=True)
    assert getattr(receipts[0], "state", None) == "done"
    assert [entry["text"] for entry in await workshop.rows(Entry)] == ["I say a"]
    await sound(workshop)
