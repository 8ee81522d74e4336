"""P3: mails over SMTP with a MIME body, until the 250 and until they stand in their threads; on PostgreSQL."""

import asyncio
import time
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from uuid import uuid4

import asyncpg

from tests.bench.intake import PEER
from tests.bench.polling import until
from tests.bench.report import Figure, at_least, say
from tests.bench.stage import Product, Stage
from tests.bench.words import sentence
from tests.support.processes import free_port

TO = "support@shop.example"
SENDERS = 997
LINES = 32
PER_LINE = 20
"""Connections at a time, and mails on each before it hangs up, as mail servers do."""
SHOWN_WITHIN_S = 120


async def measure(stage: Stage, runs: int, mails: int) -> list[Figure]:
    accepted, shown = [], []
    database = stage.new_database()
    async with stage.reference() as reference, stage.product(database) as product:
        port = free_port()
        await product.owner.new_inbox("email", address=TO, receive="smtp", listen_port=port)
        counter = await asyncpg.connect(database)
        await deliver(port, written(100))
        for run in range(runs):
            say(f"mail, turn {run + 1} of {runs}")
            peer = (await reference.closed_loop(2)).per_second * PEER
            took, read = await timed(port, counter, written(mails))
            accepted.append(mails / took / peer)
            shown.append(mails / read / peer)
        cpu = await cpu_per_mail(product, port, mails)
        await counter.close()
    rates = f"{mails / took:.0f}/s"
    seen = f"{mails / read:.0f}/s, {cpu:.0f} µs of CPU a mail"
    return [
        at_least("P3", "mail accepted: times the fastest help desk", accepted, 10, 15, behind=rates),
        at_least("P3", "mail shown in its thread: times the fastest help desk", shown, 3, 6, behind=seen),
    ]


async def timed(port: int, counter: asyncpg.Connection, mails: Sequence[bytes]) -> tuple[float, float]:
    """Seconds until all were accepted, and until all were entries."""
    target = await entries(counter) + len(mails)
    started = time.perf_counter()
    await deliver(port, mails)
    accepted = time.perf_counter() - started
    return accepted, accepted + await until(lambda: all_shown(counter, target), SHOWN_WITHIN_S)


async def all_shown(counter: asyncpg.Connection, target: int) -> bool:
    return await entries(counter) >= target


async def entries(counter: asyncpg.Connection) -> int:
    count: int = await counter.fetchval("SELECT count(*) FROM entry WHERE direction = 'in'")
    return count


async def cpu_per_mail(product: Product, port: int, mails: int) -> float:
    before = await product.meter.settled()
    await deliver(port, written(mails))
    return (await product.meter.settled() - before) / mails * 1e6


def written(count: int) -> list[bytes]:
    run = uuid4().hex[:8]
    return [mail(run, n).as_bytes(policy=SMTP) for n in range(count)]


def mail(run: str, n: int) -> EmailMessage:
    text = sentence(120, seed=n)
    message = EmailMessage()
    message["From"] = f"Customer {n % SENDERS} <customer{n % SENDERS}@customers.example>"
    message["To"] = TO
    message["Subject"] = f"Problem with order {100_000 + n}"
    message["Message-ID"] = f"<{run}-{n}@customers.example>"
    message["Date"] = "Sat, 21 Nov 2026 10:00:00 +0000"
    message.set_content(text + "\n")
    message.add_alternative(f"<html><body><p>{text}</p></body></html>\n", subtype="html")
    return message


async def deliver(port: int, mails: Sequence[bytes]) -> None:
    waiting = iter(enumerate(mails))

    async def line() -> None:
        while batch := [one for _, one in zip(range(PER_LINE), waiting, strict=False)]:
            await one_connection(port, batch)

    await asyncio.gather(*(line() for _ in range(LINES)))


async def one_connection(port: int, mails: Sequence[tuple[int, bytes]]) -> None:
    """SMTP by hand: a full client would cost the sender more than the hub."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await said(reader, b"220")
    await asked(reader, writer, b"EHLO customers.example", b"250")
    for n, content in mails:
        await asked(reader, writer, b"MAIL FROM:<customer%d@customers.example>" % (n % SENDERS), b"250")
        await asked(reader, writer, b"RCPT TO:<%s>" % TO.encode(), b"250")
        await asked(reader, writer, b"DATA", b"354")
        await asked(reader, writer, content + b".", b"250")
    await asked(reader, writer, b"QUIT", b"221")
    writer.close()
    await writer.wait_closed()


async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes, expected: bytes) -> None:
    writer.write(line + b"\r\n")
    await said(reader, expected)


async def said(reader: asyncio.StreamReader, expected: bytes) -> None:
    line: Any = await reader.readline()
    while line[3:4] == b"-":
        line = await reader.readline()
    assert line.startswith(expected), line
