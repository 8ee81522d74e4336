"""The other of two processes: it stores what people write while the first merges them; run by test_merge_race."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hub.app import prepare
from hub.contract import Address, Message
from hub.core.append import Append
from hub.core.batch import Written, write
from hub.core.changes import Change
from hub.core.desk import Desk, InboxFacts
from hub.core.receive import Arrived, Heard
from hub.db import Database
from hub.models import utcnow
from hub.secrets import Keys
from hub.writer import Writer
from tests.support.workshop import SMS

MESSAGES, PEOPLE = 1200, 24


def person(n: int) -> str:
    return f"+44770090{n:04d}"


async def main(url: str, inbox_id: str) -> None:
    facts = InboxFacts(UUID(inbox_id), "sms", "sms", "", SMS, lambda key: None)
    desk = Desk(Keys("x" * 40), "https://hub.example", {facts.id: facts}.get, lambda: [facts], shard=7)
    db = Database(url)

    def batch(conn: Connection, jobs: Sequence[Any], published: dict[UUID, int]) -> Written:
        return write(conn, desk, utcnow(), jobs, published, prepare)

    writer: Writer[Change] = Writer(db, batch, lambda changes: None)
    writer.start()
    dice = random.Random(3)
    left = list(range(MESSAGES))
    while left:
        size = dice.randint(1, 24)
        now, left = left[:size], left[size:]
        jobs = []
        for n in now:
            message = Message(f"m{n}", Address("phone", person(dice.randrange(PEOPLE))), f"m{n}")
            jobs.append(Append(Arrived(facts, dedup_key=f"m{n}", sealed=b"", items=(Heard(message),))))
        await asyncio.gather(*(writer.submit(job) for job in jobs))
        print(len(now), flush=True)
    await writer.close()
    await db.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
