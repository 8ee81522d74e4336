"""What a connector lets slip: its secrets must be in no log line, no error and no repr."""

from __future__ import annotations

import traceback
from dataclasses import replace

from hub.contract import ConnectorError, Raw
from hub.testkit.bench import Bench
from hub.testkit.broken import ALWAYS
from hub.testkit.simulator import Fault
from hub.testkit.verdict import NotApplicable, require


async def secrets(bench: Bench) -> None:
    hidden = bench.secrets()
    if not hidden:
        raise NotApplicable("its settings hold no secret")
    for line in [*_reprs(bench), *_refusals(bench), *await _failures(bench), *bench.said]:
        found = [secret for secret in hidden if secret in line]
        require(not found, f"A secret can be read in: {_hide(line, found)}")


def _reprs(bench: Bench) -> list[str]:
    connector = bench.build()
    return [
        repr(connector),
        str(connector),
        repr(bench.settings),
        str(bench.settings),
        bench.settings.model_dump_json(),
    ]


def _refusals(bench: Bench) -> list[str]:
    genuine = bench.greeting()
    broken = [bench.signed(replace(genuine, body=body)) for body in ALWAYS]
    return [_error(bench, raw) for raw in (bench.kit.incoming("Hello"), replace(genuine, body=b"x"), *broken)]


def _error(bench: Bench, raw: Raw) -> str:
    bench.now = raw.received_at
    connector = bench.build()
    try:
        connector.verify(raw)
        list(connector.normalise(raw))
    except ConnectorError as error:
        return _told(error)
    return ""


async def _failures(bench: Bench) -> list[str]:
    if bench.kit.simulator(bench.settings) is None:
        return []
    told = []
    async with bench.provider() as (connector, provider):
        for fault in [fault for fault in Fault if fault in provider.plays] + [None]:
            if fault:
                provider.misbehave(fault)
            else:
                await provider.stop()
            for attempt in (bench.reach(connector, "Hello"), connector.health()):
                try:
                    await attempt
                except ConnectorError as error:
                    told.append(_told(error))
    return told


def _told(error: Exception) -> str:
    """All that a log with a traceback would show, causes included."""
    return "".join(traceback.format_exception(error))


def _hide(line: str, found: list[str]) -> str:
    for secret in found:
        line = line.replace(secret, "[secret]")
    return line[:500]
