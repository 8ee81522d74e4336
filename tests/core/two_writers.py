"""One of two processes that are fed the same messages and new customers at once; run by test_two_processes."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from hub.app import prepare
from hub.contract import Address, Message
from hub.core import quick
from hub.core.append import Append
from hub.core.batch import Written, write
from hub.core.desk import Desk, InboxFacts
from hub.core.receive import Arrived, Heard
from hub.db import Database, is_conflict
from hub.models import utcnow
from hub.secrets import Keys
from tests.support.workshop import SMS

MESSAGES, PEOPLE = 3000, 500


def shuffled(worker: int) -> list[tuple[str, str]]:
    """The same messages for both, in an order that overlaps differently."""
    rng = random.Random(5)
    messages = [(f"m{i}", f"+4477009{rng.randrange(PEOPLE):05d}") for i in range(MESSAGES)]
    own, out = random.Random(worker), []
    for start in range(0, MESSAGES, 200):
        window = messages[start : start + 200]
        own.shuffle(window)
        out += window
    return out


def _write(desk: Desk, jobs: list[Append], conn: Connection) -> Written:
    return write(conn, desk, utcnow(), jobs, {}, prepare)


def _write_quickly(desk: Desk, jobs: list[Append], found: dict[str, int], conn: Connection) -> Written | None:
    written = quick.write(conn, desk, utcnow(), jobs, {}, prepare)
    found["quick"] += written is not None
    return written


async def main(url: str, inbox_id: str, worker: int) -> None:
    facts = InboxFacts(UUID(inbox_id), "sms", "sms", "", SMS, lambda key: None)
    desk = Desk(Keys("x" * 40), "https://hub.example", {facts.id: facts}.get, lambda: [facts], shard=worker)
    db = Database(url)
    found = {"stored": 0, "conflicts": 0, "quick": 0}
    messages, rng = shuffled(worker), random.Random(100 + worker)
    while messages:
        size = rng.randint(16, 128)
        batch, messages = messages[:size], messages[size:]
        jobs = [
            Append(
                Arrived(
                    facts,
                    dedup_key=key,
                    sealed=b"",
                    items=(Heard(Message(key, Address("phone", who), key), unique=True),),
                )
            )
            for key, who in batch
        ]
        try:
            written = await db.write(partial(_write, desk, jobs), partial(_write_quickly, desk, jobs, found))
        except Exception as error:
            if not is_conflict(error):
                raise
            found["conflicts"] += 1
            continue
        found["stored"] += sum(receipt.state == "done" for receipt in written.results)
    await db.close()
    print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
