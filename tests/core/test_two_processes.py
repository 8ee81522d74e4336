"""Two processes on the same threads and the same new customers: no deadlock, no gap, no orphan, no double."""

from __future__ import annotations

import asyncio
import json
import sys

import sqlalchemy as sa

from tests.core.two_writers import MESSAGES, shuffled
from tests.support.workshop import Workshop

COUNTS = {
    "entries": "SELECT count(*) FROM entry",
    "envelopes": "SELECT count(*) FROM envelope WHERE state = 'done'",
    "customers": "SELECT count(*) FROM customer",
    "identities": "SELECT count(*) FROM identity",
    "threads": "SELECT count(*) FROM thread",
    "cases": 'SELECT count(*) FROM "case"',
    "gaps": (
        "SELECT count(*) FROM (SELECT thread_id FROM entry GROUP BY 1 HAVING count(*) <> max(seq) OR min(seq) <> 1) x"
    ),
    "counters off": (
        "SELECT count(*) FROM thread t WHERE last_seq <> (SELECT count(*) FROM entry e WHERE e.thread_id = t.id)"
    ),
    "revs off": "SELECT count(*) FROM thread t WHERE rev <> (SELECT max(rev) FROM entry e WHERE e.thread_id = t.id)",
    "orphans": ("SELECT count(*) FROM customer c WHERE NOT EXISTS (SELECT 1 FROM thread t WHERE t.customer_id = c.id)"),
    "nameless": (
        "SELECT count(*) FROM identity i WHERE NOT EXISTS (SELECT 1 FROM customer c WHERE c.id = i.customer_id)"
    ),
    "tally off": "SELECT (SELECT sum(n) FROM case_tally WHERE status = 'open') - (SELECT count(*) FROM \"case\")",
}
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


async def test_two_processes_fed_the_same(workshop: Workshop) -> None:
    command = [sys.executable, "-m", "tests.core.two_writers", workshop.db.url, workshop.sms.id.hex]
    processes = [
        await asyncio.create_subprocess_exec(*command, str(worker), stdout=asyncio.subprocess.PIPE) for worker in (1, 2)
    ]
    outputs = await asyncio.gather(*(process.communicate() for process in processes))
    assert [process.returncode for process in processes] == [0, 0]
    found = [json.loads(out) for out, _ in outputs]
    people = len({who for _, who in shuffled(1)})
    counts = await workshop.db.read(lambda conn: {name: conn.scalar(sa.text(sql)) for name, sql in COUNTS.items()})
    assert [process["conflicts"] for process in found] == [0, 0]
    assert sum(process["stored"] for process in found) == MESSAGES
    if not workshop.db.is_sqlite:
        assert all(process["quick"] for process in found), "neither way of writing is tried alone"
        assert await workshop.db.read(lambda conn: conn.scalar(sa.text(DEADLOCKS))) == 0
    assert counts == {
        "entries": MESSAGES,
        "envelopes": MESSAGES,
        "customers": people,
        "identities": people,
        "threads": people,
        "cases": people,
        "gaps": 0,
        "counters off": 0,
        "revs off": 0,
        "orphans": 0,
        "nameless": 0,
        "tally off": 0,
    }
