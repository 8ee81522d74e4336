"""Only the provider gets in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from hub.contract import Connector, Raw, Settings, Unverified
from hub.testkit.bench import Bench, later, with_header
from hub.testkit.fixtures import HOOK_URL
from hub.testkit.verdict import Disagreement, require

MARGIN = timedelta(seconds=60)


async def forged(bench: Bench) -> None:
    connector = bench.build()
    plain = bench.kit.incoming("Hello")
    genuine = bench.signed(plain)
    require(genuine != plain, "Kit.sign adds nothing: if nothing can prove a request, say why in Kit.exempt")
    accepts(bench, connector, genuine, "a genuine request")
    refuses(bench, connector, plain, "an unsigned request")
    for name, value in genuine.headers.items():
        if plain.headers.get(name) != value:
            refuses(bench, connector, with_header(genuine, name, None), f"a request without its {name}")
            for rubbish in _rubbish(value):
                refuses(bench, connector, with_header(genuine, name, rubbish), f"{name}: {rubbish[:60]!r}")


async def posted(bench: Bench) -> None:
    """Every inbox has a hook address, also one that is meant to get its requests by another way."""
    for method in ("POST", "GET", "PUT", "SMTP", "IMAP"):
        raw = replace(bench.kit.incoming("Hello"), method=method, url=HOOK_URL)
        refuses(bench, bench.build(), raw, f"an unsigned request by {method} to the hook address")


async def tampered(bench: Bench) -> None:
    connector, genuine = bench.build(), bench.greeting()
    for body in _altered(genuine.body):
        refuses(
            bench, connector, replace(genuine, body=body), f"a genuine signature over other bytes ({body[:60]!r} …)"
        )


async def stale(bench: Bench) -> None:
    genuine, window = bench.greeting(), bench.kit.window
    for late in (window + MARGIN, -window - MARGIN):
        refuses(bench, bench.build(), later(genuine, genuine.received_at + late), f"a request signed {late} ago")
    for late in (window - MARGIN, MARGIN - window):
        accepts(bench, bench.build(), later(genuine, genuine.received_at + late), f"a request signed {late} ago")


async def stranger(bench: Bench) -> None:
    settings: Settings = bench.strangers_settings()
    refuses(bench, bench.build(settings), bench.greeting(), "a request signed with another inbox's secret")


def accepts(bench: Bench, connector: Connector[Settings], raw: Raw, what: str) -> None:
    bench.now = raw.received_at
    try:
        connector.verify(raw)
    except Exception as error:
        raise Disagreement(f"verify refuses {what}: {error!r}") from error


def refuses(bench: Bench, connector: Connector[Settings], raw: Raw, what: str) -> None:
    bench.now = raw.received_at
    try:
        answer = connector.verify(raw)
    except Unverified:
        return
    except Exception as error:
        raise Disagreement(f"verify raises {error!r} instead of Unverified for {what}") from error
    raise Disagreement(f"verify accepts {what}, and answers {answer}")


def _rubbish(value: str) -> Iterator[str]:
    yield from ("", " ", "x", "é", "\u0130\u212a", "\udcff", "\0", "0" * 5000, "=,=,=", "t=,v1=")
    yield value[:-1]
    yield value + "0"
    yield value[::-1]
    yield value[:-1] + ("1" if value[-1:] == "0" else "0")
    yield re.sub(r"[0-9]+", "9" * 5000, value, count=1)
    yield re.sub(r"[0-9]+", "abc", value, count=1)
    yield re.sub(r"[0-9]", "\u0663", value)
    yield "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in value)


def _altered(body: bytes) -> Iterator[bytes]:
    middle = len(body) // 2
    yield b""
    yield body + b" "
    yield body + b"x"
    yield body[:-1]
    yield body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
    yield body.replace(b"Hello", b"Hallo")
