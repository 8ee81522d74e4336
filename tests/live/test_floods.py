"""What one socket does wrong hurts that socket alone, and leaves one line in the log at most."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from hub.live.limits import Limits, Meter, Rate, is_loopback
from tests.support.live import House, address_in, say


async def raw_socket(http: aiohttp.ClientSession, house: House) -> aiohttp.ClientWebSocketResponse:
    return await http.ws_connect(f"{house.url}/socket.io/?EIO=4&transport=websocket")


async def closed(stream: aiohttp.ClientWebSocketResponse) -> bool:
    """Reads until the end, or for some seconds."""
    try:
        async with asyncio.timeout(5):
            while not stream.closed:
                message = await stream.receive()
                if message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSE):
                    return True
    except TimeoutError:
        return False
    return True


@pytest.mark.db("sqlite")
@pytest.mark.parametrize(
    "frame",
    [
        "4",
        "49",
        "42/visitor,",
        "42/agent,[",
        '42/visitor,["say"',
        "4" + "[" * 5000,
        "451-/visitor,[]",
        "bQUFB",
        "b!",
        "é",
    ],
)
async def test_rubbish_ends_its_own_connection(
    house: House, http: aiohttp.ClientSession, frame: str, caplog: pytest.LogCaptureFixture
) -> None:
    stream = await raw_socket(http, house)
    with suppress(ConnectionError):
        for _ in range(300):
            await stream.send_str(frame)
    assert await closed(stream)
    visitor = await house.visitor()
    assert (await visitor.ask("say", say("Hello")))["ok"]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.db("sqlite")
async def test_a_frame_over_the_limit_ends_its_own_connection(house: House, http: aiohttp.ClientSession) -> None:
    stream = await raw_socket(http, house)
    await stream.send_str("42/visitor," + "x" * 200_000)
    assert await closed(stream)
    assert (await (await house.visitor()).ask("say", say("x" * 10_000)))["ok"]


@pytest.mark.db("sqlite")
async def test_the_longest_message_of_the_widest_letters_fits_into_a_frame(house: House) -> None:
    answer = await (await house.visitor()).ask("say", say("👩‍🚀"[:1] * 10_000))
    assert answer["ok"], answer


@pytest.mark.db("sqlite")
async def test_a_flood_of_events_or_acks_is_cut(house: House, http: aiohttp.ClientSession) -> None:
    calm = await house.visitor()
    for frame in ('42/visitor,7["typing",{"on":true}]', '43/visitor,7["x"]'):
        stream = await raw_socket(http, house)
        await stream.send_str('40/visitor,{"inbox":"' + str(house.chat) + '"}')
        with suppress(ConnectionError):
            for _ in range(2000):
                await stream.send_str(frame)
        assert await closed(stream)
    assert (await calm.ask("say", say("Unhurt")))["ok"]
    assert len(house.live.visitors.seats) == 1


@pytest.mark.db("sqlite")
async def test_a_visitor_who_writes_too_fast_waits(house: House) -> None:
    visitor = await house.visitor()
    answers = [await visitor.ask("say", say(str(n))) for n in range(14)]
    refused = [answer for answer in answers if not answer["ok"]]
    assert len(answers) - len(refused) in (10, 11)
    assert all(answer["retry"] for answer in refused)
    assert (await (await house.visitor()).ask("say", say("Somebody else isn't slowed")))["ok"]


@pytest.mark.db("sqlite")
async def test_a_handlers_failure_is_an_answer(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    agent, visitor = await house.agent(), await house.visitor()

    def fail(*_: Any) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("hub.core.access.may", fail)
    monkeypatch.setattr("hub.core.read.visitors.uploads", fail)
    told = await agent.ask("open", {"thread": "00000000-0000-7000-8000-000000000000"})
    assert told == {"ok": False, "error": "Something went wrong here; the log says what."}
    answer = await visitor.ask("say", say("Hello"))
    assert answer == {"ok": False, "error": "Something went wrong here. Try again in a moment.", "retry": True}
    assert len([record for record in caplog.records if record.exc_info]) == 2
    monkeypatch.undo()
    assert (await visitor.ask("say", say("Hello")))["ok"]


@pytest.mark.db("sqlite")
async def test_a_connection_that_says_nothing_is_cut(house: House, http: aiohttp.ClientSession) -> None:
    stream = await raw_socket(http, house)
    await stream.receive()
    visitor = await house.visitor()
    house.live.server._since = {sid: (ip, since - 60) for sid, (ip, since) in house.live.server._since.items()}
    await house.live.check()
    assert await closed(stream)
    assert (await visitor.ask("say", say("I did say something")))["ok"]


@pytest.mark.db("sqlite")
async def test_sockets_of_one_address_are_counted(
    house: House, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.live.fanout.is_loopback", lambda ip: False)
    monkeypatch.setattr(house.live.server, "_limits", Limits(sockets_by_ip=3))
    streams = [await raw_socket(http, house) for _ in range(3)]
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await raw_socket(http, house)
    await streams[0].close()
    async with asyncio.timeout(5):
        while True:
            try:
                await raw_socket(http, house)
                break
            except aiohttp.WSServerHandshakeError:
                await asyncio.sleep(0.05)


@pytest.mark.db("sqlite")
async def test_a_screen_that_stops_reading_is_cut_and_the_others_go_on(
    house: House, http: aiohttp.ClientSession
) -> None:
    """The client's process stands still: its connection is open, and nothing is taken from it."""
    visitor, agent = await house.visitor(), await house.agent()
    address = address_in((await visitor.ask("say", say("Hello")))["visitor"])
    thread_id = await house.thread_of(address)
    await agent.ask("open", {"thread": str(thread_id)})
    secret, _ = await house.session("Stopped")
    stopped = await _stopped_agent(house, secret, str(thread_id))
    await agent.wait("presence", lambda told: len(told["agents"]) == 2)
    house.live.rooms._limits = Limits(waiting=20)
    large = "x" * 100_000
    for n in range(150):
        await house.live.rooms.emit("thread", {"n": n, "filler": large}, "/agent", f"thread:{thread_id}")
        await asyncio.sleep(0.005)
    assert await agent.wait("thread", lambda told: told["n"] == 149)
    assert [desk.viewer.name for desk in house.live.agents.desks.values()] == ["Ann"]
    stopped.close()


async def _stopped_agent(house: House, secret: str, thread: str) -> socket.socket:
    """A WebSocket by hand, which after opening the thread is never read again."""
    where = urlsplit(house.url)
    connection = socket.create_connection((where.hostname, where.port or 80))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    request = (
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c3RvcHBlZC1zdG9wcGVkIQ==\r\n"
        f"Cookie: onethread_session={secret}\r\n\r\n"
    )
    await loop.sock_sendall(connection, request.encode())
    for text in ("40/agent,", f'42/agent,["open",{{"thread":"{thread}"}}]'):
        await loop.sock_recv(connection, 4096)
        await loop.sock_sendall(connection, _masked(text.encode()))
    return connection


def _masked(content: bytes) -> bytes:
    """One text frame, with a mask of zeros."""
    return bytes([0x81, 0x80 | len(content), 0, 0, 0, 0]) + content


def test_a_meter_lets_a_burst_through_and_then_a_trickle(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("hub.live.limits.time.monotonic", lambda: now)
    meter = Meter(Rate(per_s=2, burst=5), keys=2)
    assert [meter.take("a") for _ in range(7)] == [True] * 5 + [False] * 2
    assert meter.take("b")
    now += 1
    assert [meter.take("a") for _ in range(3)] == [True, True, False]
    meter.take("b")
    meter.take("c")  # the one unused for longest is forgotten
    assert [meter.take("a") for _ in range(6)] == [True] * 5 + [False]


def test_loopback_is_our_own_proxy() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("192.0.2.7")
    assert not is_loopback("")
