"""What leaves arrives as it was written, once, and a failure is called by its right name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import web

from hub.contract import (
    Connector,
    Message,
    Outgoing,
    OutgoingFile,
    Refused,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from hub.testkit.bench import Bench
from hub.testkit.simulator import Fault, Simulator
from hub.testkit.storable import MOST_REF_BYTES
from hub.testkit.texts import TEXTS, long
from hub.testkit.verdict import Disagreement, NotApplicable, require

CONTENT = bytes(range(256)) * 4


async def sends(bench: Bench) -> None:
    _carries_messages(bench)
    async with bench.provider() as (connector, provider):
        for name, text in {**TEXTS, "long": long(bench.capabilities.max_chars)}.items():
            outgoing = bench.outgoing(text)
            await _deliver(connector, outgoing)
            shown = provider.shown[-1]
            require(shown.text == text, f"The {name} text reaches the customer as {shown.text[:200]!r}")
            require(shown.to == outgoing.to.value, f"It was sent to {shown.to!r}, not to {outgoing.to.value!r}")
        if bench.capabilities.media:
            async with _a_file(bench) as file:
                text = "" if bench.capabilities.files_apart else "With a file"
                await _deliver(connector, bench.outgoing(text, files=(file,)))
            require(provider.shown[-1].files == (CONTENT,), "The file doesn't reach the customer as it was")


def _carries_messages(bench: Bench) -> None:
    if not bench.capabilities.messages:
        raise NotApplicable("capabilities.messages is false: it carries no text")


async def _deliver(connector: Connector[Any], outgoing: Outgoing) -> str:
    ref = await connector.send(outgoing)
    require(isinstance(ref, str) and 0 < len(ref.encode()) <= MOST_REF_BYTES, f"send must return a ref, not {ref!r}")
    known = connector.own_ref(outgoing.key)
    require(known in (None, ref), f"own_ref says {known!r} and send returns {ref!r}: they must be the same")
    return ref


@asynccontextmanager
async def _a_file(bench: Bench) -> AsyncIterator[OutgoingFile]:
    """Of a type that this channel takes, and served to providers that come and take it."""
    wanted = bench.capabilities.media_types[0]
    kind = wanted.replace("*/*", "application/octet-stream").replace("/*", "/png")

    async def read() -> bytes:
        return CONTENT

    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=CONTENT, content_type=kind)

    app = web.Application()
    app.router.add_get("/file", serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        yield OutgoingFile("héllo wörld.bin", kind, len(CONTENT), read, url=f"http://{host}:{port}/file")
    finally:
        await runner.cleanup()


async def errors(bench: Bench) -> None:
    async with bench.provider() as (connector, provider):
        if Fault.REFUSED in provider.plays:
            await _fails(bench, connector, provider, Fault.REFUSED, Refused)
        if Fault.UNAUTHORISED in provider.plays:
            await _fails(bench, connector, provider, Fault.UNAUTHORISED, Unauthorised)
        if Fault.MOVED in provider.plays:
            await _fails(bench, connector, provider, Fault.MOVED, Refused, Unavailable)
        if Fault.DOWN in provider.plays:
            await _fails(bench, connector, provider, Fault.DOWN, Unavailable)
        if Fault.BUSY in provider.plays:
            error = await _fails(bench, connector, provider, Fault.BUSY, Unavailable)
            after = getattr(error, "retry_after", None)
            require(
                after == provider.retry_after,
                f"The provider says wait {provider.retry_after} s; the error says {after}",
            )
        if Fault.DROPPED in provider.plays:
            harmless = bench.capabilities.idempotent_send
            await _fails(bench, connector, provider, Fault.DROPPED, *((Unavailable,) if harmless else ()), Uncertain)
        if Fault.SLOW in provider.plays:
            provider.misbehave(Fault.SLOW)
            await bench.reach(connector, "Hello, slowly")
        await bench.reach(connector, "Hello again")
    async with bench.provider() as (connector, provider):
        await provider.stop()
        await _fails(bench, connector, provider, None, Unavailable)


async def _fails(
    bench: Bench, connector: Connector[Any], provider: Simulator, fault: Fault | None, *kinds: type[Exception]
) -> Exception:
    if fault:
        provider.misbehave(fault)
    what = f"When the provider is {fault.value}" if fault else "When the provider can't be reached"
    names = " or ".join(kind.__name__ for kind in kinds)
    try:
        ref = await bench.reach(connector, f"Hello {fault}")
    except kinds as error:
        require(str(error), f"{what}, send raises {type(error).__name__} without a word: say what happened")
        return error
    except Exception as error:
        raise Disagreement(f"{what}, send raises {error!r}: it should be {names}") from error
    raise Disagreement(f"{what}, send returns {ref!r}: it should raise {names}")


async def repeats(bench: Bench) -> None:
    if not bench.capabilities.idempotent_send:
        raise NotApplicable("capabilities.idempotent_send is not declared")
    async with bench.provider() as (connector, provider):
        outgoing = bench.outgoing("Once")
        first = await connector.send(outgoing)
        second = await connector.send(replace(outgoing, attempt=2))
        require(first == second, f"The same key gets the ref {first!r}, then {second!r}")
        _shown_once(provider, "Once")
        if Fault.DROPPED in provider.plays:
            provider.misbehave(Fault.DROPPED)
            outgoing = bench.outgoing("Once more")
            try:
                await connector.send(outgoing)
            except (Unavailable, Uncertain):
                await connector.send(replace(outgoing, attempt=2))
            _shown_once(provider, "Once more")


def _shown_once(provider: Simulator, text: str) -> None:
    times = sum(shown.text == text for shown in provider.shown)
    require(times == 1, f"The same key sent twice reaches the customer {times} times")


async def echo(bench: Bench) -> None:
    _carries_messages(bench)
    outgoing = bench.outgoing("Our own words")
    ref = bench.build().own_ref(outgoing.key) or "conformance-ref"
    raw = bench.kit.echo(outgoing, ref)
    if raw is None:
        raise Disagreement(
            "Kit.echo gives None: write what the provider sends, or say in Kit.exempt that it sends nothing"
        )
    events = bench.read(bench.signed(raw))
    mine = [event for event in events if isinstance(event, Message)]
    require(not mine, f"Our own message comes back as a customer's: {mine}")
