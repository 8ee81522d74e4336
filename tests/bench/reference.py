"""The measure of all ratios: the least that takes a message durably and tells an agent, with no product code in it.

POST -> one row, committed in a group with whatever else waits -> 200 -> a Socket.IO event to every agent. No
verification, no customers, no threads, no envelopes: what the hub costs above this is the price of what it does.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import orjson
import socketio
from aiohttp import web

from tests.bench.loops import new_event_loop

TABLE = """
CREATE TABLE IF NOT EXISTS reference_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref text NOT NULL UNIQUE,
    author text NOT NULL,
    body text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
)
"""
STORE = """
INSERT INTO reference_entry (ref, author, body)
SELECT DISTINCT ON (ref) ref, author, body FROM unnest($1::text[], $2::text[], $3::text[]) AS given (ref, author, body)
ON CONFLICT (ref) DO NOTHING RETURNING ref, id
"""
KNOWN = "SELECT ref, id FROM reference_entry WHERE ref = ANY($1)"
MOST_IN_A_GROUP = 256

Waiting = tuple[dict[str, Any], asyncio.Future[int]]


class GroupCommit:
    """One connection and one statement for all that waits; every caller gets the id of its own row."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._waiting: asyncio.Queue[Waiting] = asyncio.Queue()

    async def store(self, message: dict[str, Any]) -> int:
        stored: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((message, stored))
        return await stored

    async def run(self) -> None:
        while True:
            group = [await self._waiting.get()]
            while len(group) < MOST_IN_A_GROUP and not self._waiting.empty():
                group.append(self._waiting.get_nowait())
            try:
                ids = await self._commit([message for message, _ in group])
            except asyncpg.PostgresError as error:
                for _, stored in group:
                    stored.set_exception(error)
            else:
                for message, stored in group:
                    stored.set_result(ids[message["id"]])

    async def _commit(self, messages: list[dict[str, Any]]) -> dict[str, int]:
        columns = ([m["id"] for m in messages], [m["from"]["address"] for m in messages], [m["text"] for m in messages])
        ids = dict(await self._connection.fetch(STORE, *columns))
        if doubles := [ref for ref in columns[0] if ref not in ids]:
            ids.update(await self._connection.fetch(KNOWN, doubles))
        return ids


class Json:
    """What python-socketio calls for packets; its own default costs four times as much."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return orjson.dumps(value).decode()

    loads = staticmethod(orjson.loads)


def application(database_url: str) -> web.Application:
    sockets = socketio.AsyncServer(async_mode="aiohttp", json=Json)
    app = web.Application()
    sockets.attach(app)
    telling: set[asyncio.Task[None]] = set()
    writer: GroupCommit

    async def joined(sid: str, _environ: dict[str, Any], _auth: Any = None) -> None:
        await sockets.enter_room(sid, "agents")

    async def receive(request: web.Request) -> web.Response:
        message = orjson.loads(await request.read())
        stored = await writer.store(message)
        event = {"id": stored, "ref": message["id"], "author": message["from"]["address"], "text": message["text"]}
        task = asyncio.create_task(sockets.emit("entry", event, room="agents"))
        telling.add(task)
        task.add_done_callback(telling.discard)
        return web.Response()

    async def writing(_: web.Application) -> AsyncIterator[None]:
        nonlocal writer
        connection = await asyncpg.connect(database_url)
        await connection.execute(TABLE)
        writer = GroupCommit(connection)
        task = asyncio.create_task(writer.run())
        yield
        task.cancel()
        await connection.close()

    sockets.on("connect", joined)
    app.cleanup_ctx.append(writing)
    app.router.add_post("/in", receive)
    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    app = application(given.database)
    web.run_app(app, host="127.0.0.1", port=given.port, access_log=None, print=None, loop=new_event_loop())


if __name__ == "__main__":
    main()
