"""One process merges people while another stores what they write: each word once, in the thread of who remains."""

from __future__ import annotations

import asyncio
import random
import sys

import sqlalchemy as sa

from hub.core.errors import Conflict, NotFound
from hub.core.merge import MergeCustomers
from hub.models import Customer, Entry, Identity, Thread
from tests.core.merge_feeder import PEOPLE, person
from tests.support.workshop import Workshop


async def test_mail_for_the_merged_lands_with_who_remains(workshop: Workshop) -> None:
    heard = [await workshop.hear(person(n), "First", inbox=workshop.sms) for n in range(PEOPLE)]
    threads = [receipt.threads[0] for receipt in heard]
    command = [sys.executable, "-m", "tests.core.merge_feeder", workshop.db.url, workshop.sms.id.hex]
    feeder = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert feeder.stdout
    stored = int(await feeder.stdout.readline())
    dice, merged = random.Random(9), 0
    while merged < PEOPLE // 2:
        source, target = dice.sample(threads, 2)
        try:
            await workshop.writer.submit(MergeCustomers(workshop.ann, source, target))
        except (Conflict, NotFound):
            continue
        threads.remove(source)
        merged += 1
        await asyncio.sleep(0.01)
    rest, _ = await feeder.communicate()
    stored += sum(map(int, rest.split()))
    assert feeder.returncode == 0

    entries = await workshop.rows(Entry)
    said = [row["text"] for row in entries if row["kind"] == "message"]
    assert len(said) == len(set(said) - {"First"}) + PEOPLE == stored + PEOPLE, "nothing lost, nothing doubled"
    alive = {row["id"]: row for row in await workshop.rows(Thread) if row["merged_into"] is None}
    assert len(alive) == PEOPLE - merged
    assert {row["thread_id"] for row in entries} <= alive.keys()
    owner = {row["id"]: row["customer_id"] for row in await workshop.rows(Identity)}
    for row in entries:
        if row["kind"] == "message":
            assert alive[row["thread_id"]]["customer_id"] == owner[row["author_id"]]
    for thread in alive.values():
        seqs = [row["seq"] for row in entries if row["thread_id"] == thread["id"]]
        assert seqs == list(range(1, thread["last_seq"] + 1))
    assert sum(row["merged_into"] is None for row in await workshop.rows(Customer)) == PEOPLE - merged
    orphans = sa.text('SELECT count(*) FROM entry e JOIN "case" c ON c.id = e.case_id WHERE c.thread_id <> e.thread_id')
    assert await workshop.db.read(lambda conn: conn.scalar(orphans)) == 0
