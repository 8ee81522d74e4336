"""What people are called, where their provider knows and their messages don't say. No message waits for it.

Asked when somebody without a name writes, once in this process: a failure costs nothing but the name, and the next
start asks again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from functools import cache, partial
from typing import Any

from hub.contract import Address, Connector, ConnectorError, Introduces
from hub.core.changes import Change
from hub.core.people import Introduce, nameless
from hub.core.receive import Arrived, Heard
from hub.db import Database, DatabaseGone
from hub.writer import Writer

log = logging.getLogger(__name__)

AT_ONCE = 4
MOST_REMEMBERED = 10_000


@cache
def _introduces(kind: type[Connector[Any]]) -> bool:
    """Asked with every arrival, and slow to find out."""
    return issubclass(kind, Introduces)


class Names:
    """One per process."""

    def __init__(self, db: Database, writer: Writer[Change]) -> None:
        self._db, self._writer = db, writer
        self._asked: dict[Address, None] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    def asks(self, connector: Connector[Any], arrived: Arrived) -> list[Coroutine[Any, Any, None]]:
        """What to find out, once it is stored: each a task of its own."""
        if not _introduces(type(connector)):
            return []
        return [self._ask(connector, address) for address in self._unknown(arrived)]

    def _unknown(self, arrived: Arrived) -> list[Address]:
        """They count as asked from now on."""
        heard = [item.message.sender for item in arrived.items or () if isinstance(item, Heard) and not item.ours]
        found = [sender for sender in dict.fromkeys(heard) if not sender.name and sender not in self._asked]
        self._asked.update(dict.fromkeys(found))
        while len(self._asked) > MOST_REMEMBERED:
            del self._asked[next(iter(self._asked))]
        return found

    async def _ask(self, connector: Connector[Any], address: Address) -> None:
        assert isinstance(connector, Introduces)
        async with self._room:
            try:
                who = await self._db.read(partial(nameless, address=address))
                name = (await connector.name_of(address)).replace("\0", "").strip() if who else ""
                if who and name:
                    await self._writer.submit(Introduce(who, name))
            except (ConnectorError, DatabaseGone) as error:
                log.info("nobody says what %s is called: %s", address.value, error)
