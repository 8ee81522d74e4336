"""Runs the conformance checks over an installed connector: for `onethread conformance KEY` and for tests."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp

from hub import registry
from hub.contract import Connector, ConnectorError
from hub.testkit.bench import Bench
from hub.testkit.checks import CHECKS
from hub.testkit.checks.read import record
from hub.testkit.fixtures import BadFixture, Fixture
from hub.testkit.kit import Kit
from hub.testkit.verdict import Disagreement, NotApplicable

MARKS = {"agrees": "ok", "exempt": "exempt", "disagrees": "FAILED"}


class NoKit(Exception):
    """The connector can't be checked; the text says what its package lacks."""


@dataclass(frozen=True)
class Result:
    check: str
    state: Literal["agrees", "exempt", "disagrees"]
    why: str = ""


def kit_of(connector: type[Connector[Any]]) -> Kit:
    """The `KIT` of the module `conformance` beside the connector, or in a package above it."""
    package = connector.__module__
    while package:
        name = f"{package}.conformance"
        if _exists(name):
            kit = getattr(importlib.import_module(name), "KIT", None)
            if not isinstance(kit, Kit):
                raise NoKit(f"{name} has no KIT: write KIT = …, an instance of a class derived from hub.testkit.Kit")
            if unknown := sorted(set(kit.exempt) - set(CHECKS)):
                raise NoKit(f"{name} exempts {', '.join(unknown)}, which is no check; checks are {', '.join(CHECKS)}")
            return kit
        package = package.rpartition(".")[0]
    raise NoKit(f"There is no module conformance beside {connector.__module__}: write one with a KIT")


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # what should be its package is a plain module
        return False


async def examine(kit: Kit, check: str) -> Result:
    """One check over one connector."""
    if reason := kit.exempt.get(check):
        return Result(check, "exempt", reason)
    async with aiohttp.ClientSession() as http:
        try:
            await CHECKS[check](Bench(kit, http))
        except NotApplicable as error:
            return Result(check, "exempt", str(error))
        except (Disagreement, BadFixture) as error:
            return Result(check, "disagrees", str(error))
        except ConnectorError as error:
            return Result(check, "disagrees", f"It raised {type(error).__name__} where nothing was wrong: {error}")
    return Result(check, "agrees")


async def examine_all(kit: Kit) -> list[Result]:
    return [await examine(kit, check) for check in CHECKS]


def run(key: str, *, record_missing: bool = False, say: Callable[[str], None] = print) -> int:
    """Print a report over the connector `key`; 0 if it conforms, 1 if it doesn't, 2 if it can't be checked."""
    registry.refresh()
    try:
        kit = kit_of(registry.find(key))
        if record_missing:
            asyncio.run(_record(kit, say))
        results = asyncio.run(examine_all(kit))
    except (ConnectorError, NoKit, BadFixture) as error:
        say(str(error))
        return 2
    say(f"{kit.connector.label} ({key})")
    for line in report(results):
        say(line)
    return 1 if any(result.state == "disagrees" for result in results) else 0


def report(results: Iterable[Result]) -> list[str]:
    listed = list(results)
    lines = [f"  {MARKS[result.state]:7}{result.check:10} {result.why}".rstrip() for result in listed]
    failed = sum(result.state == "disagrees" for result in listed)
    exempt = sum(result.state == "exempt" for result in listed)
    passed = len(listed) - failed - exempt
    verdict = f"{failed} of {len(listed)} checks failed." if failed else "The connector conforms."
    return [*lines, "", f"{verdict} {passed} passed, {exempt} exempt."]


async def _record(kit: Kit, say: Callable[[str], None]) -> None:
    async with aiohttp.ClientSession() as http:
        bench = Bench(kit, http)
        for fixture in bench.fixtures():
            if fixture.expected is None:
                _write(fixture, record(bench, fixture))
                say(f"Wrote {fixture.expect_path}: read it before you commit it.")


def _write(fixture: Fixture, meaning: dict[str, Any]) -> None:
    fixture.expect_path.write_text(json.dumps(meaning, indent=2, ensure_ascii=False) + "\n")
