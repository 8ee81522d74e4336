"""Clients that take their time: they are cut, and nobody else waits for them."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import ClientSession, web

from hub.config import Config
from hub.http import bodies, door
from hub.http.bodies import read_body
from hub.http.door import Door, runner
from hub.http.errors import problems
from hub.serving import open_port


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await read_body(request, 1024))


@pytest_asyncio.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(door, "HEAD_TIME_S", 0.5)
    monkeypatch.setattr(bodies, "BODY_TIME_S", 0.5)
    app = web.Application(middlewares=[problems])
    app.router.add_post("/", echo)
    running = runner(app)
    await running.setup()
    sock = open_port(Config(port=0))
    await Door(running, sock).start()
    yield sock.getsockname()[1]
    await running.cleanup()


async def drip(port: int, head: bytes, *drops: bytes) -> tuple[bytes, float]:
    """Send a little every 0.1 s; returns what was answered, and how long the line stayed open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began, answered = time.perf_counter(), asyncio.ensure_future(reader.read())
    writer.write(head)
    for drop in drops:
        await asyncio.wait([answered], timeout=0.1)
        if answered.done():
            break
        writer.write(drop)
    try:
        return await asyncio.wait_for(answered, 5), time.perf_counter() - began
    except ConnectionResetError:
        return b"", time.perf_counter() - began
    finally:
        writer.close()


async def test_a_head_that_never_ends_is_cut(port: int) -> None:
    answer, took = await drip(port, b"POST / HTTP/1.1\r\n", *[b"X: y\r\n"] * 100)
    assert answer == b""
    assert 0.4 < took < 3


async def test_who_says_nothing_is_cut(port: int) -> None:
    answer, took = await drip(port, b"")
    assert answer == b""
    assert 0.4 < took < 3


async def test_a_body_that_drips_is_refused(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\nConnection: close\r\n\r\n"
    answer, took = await drip(port, head, *[b"x"] * 100)
    assert answer.startswith(b"HTTP/1.1 408"), answer
    assert b"Send it again" in answer
    assert took < 5


async def test_a_head_in_two_pieces_is_a_head(port: int) -> None:
    answer, _ = await drip(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r", b"\nok")
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"ok")


async def test_a_connection_may_rest_between_requests_longer_than_a_head_may_take(port: int) -> None:
    async with ClientSession() as session:
        for _ in range(2):
            async with session.post(f"http://127.0.0.1:{port}/", data=b"x") as answer:
                assert await answer.read() == b"x"
            await asyncio.sleep(0.7)


async def test_five_hundred_half_open_lines_keep_nobody_waiting(port: int) -> None:
    lines = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(500)))
    for _, writer in lines:
        writer.write(b"POST / HT")
    began = time.perf_counter()
    async with ClientSession() as session, session.post(f"http://127.0.0.1:{port}/", data=b"x") as answer:
        assert answer.status == 200
    assert time.perf_counter() - began < 0.5
    for _, writer in lines:
        writer.close()
