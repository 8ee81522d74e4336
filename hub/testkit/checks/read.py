"""What arrives is understood: always the same, whatever else is going on, and whatever it is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hub.contract import Connector, Fetches, File, Ignored, Malformed, Raw, State, Unverified
from hub.testkit import broken as broken_bodies
from hub.testkit import storable
from hub.testkit.bench import Bench, later
from hub.testkit.fixtures import Fixture, dump
from hub.testkit.pure import watched
from hub.testkit.texts import TEXTS, long
from hub.testkit.verdict import Disagreement, NotApplicable, require

LONGEST_KEY = 200
LONGEST_TEXT = 100_000
SLOW_S = 2.0
A_FILE = File("héllo wörld.txt", "text/plain", "Grüße\n".encode())


async def fixtures(bench: Bench) -> None:
    for fixture in bench.fixtures():
        if fixture.expected is None:
            raise Disagreement(f"{fixture.name} has no expectation: run with --record, read what it wrote, commit it")
        for attempt in ("first", "second"):
            found = _meaning(bench, fixture)
            require(_agrees(found, fixture.expected), f"{fixture.name}, {attempt} time, means {found}")


def _meaning(bench: Bench, fixture: Fixture) -> dict[str, Any]:
    try:
        events = bench.read(bench.signed(fixture.raw))
    except Malformed as error:
        return {"malformed": str(error)}
    for event in events:
        storable.check(event)
    return {"events": dump(events)}


def _agrees(found: dict[str, Any], expected: Any) -> bool:
    if "malformed" in expected:
        return expected["malformed"] in found.get("malformed", ())
    return bool(found == expected)


def record(bench: Bench, fixture: Fixture) -> dict[str, Any]:
    """What a fixture means today, for its author to read."""
    return _meaning(bench, fixture)


async def receipts(bench: Bench) -> None:
    told = {State(part["status"]["state"]) for part in _expected(bench) if "status" in part}
    told |= {State(part["read_until"].get("state", "read")) for part in _expected(bench) if "read_until" in part}
    declared = set(bench.capabilities.receipts)
    unseen = declared - told
    require(not unseen, f"No fixture shows {', '.join(sorted(unseen))}, which capabilities.receipts declares")
    extra = told - declared - {State.SENT, State.FAILED}
    require(not extra, f"Fixtures show {', '.join(sorted(extra))}, which capabilities.receipts doesn't declare")


async def pure(bench: Bench) -> None:
    for fixture in bench.fixtures():
        connector, raw = bench.build(), bench.signed(fixture.raw)
        _read_all(connector, raw)
        bench.clock_asked = 0
        with watched() as seen:
            _read_all(connector, raw)
        require(not seen, f"Reading {fixture.name} isn't pure: it {seen[0] if seen else ''}")
        require(not bench.clock_asked, f"Reading {fixture.name} asks context.now: use raw.received_at")


def _read_all(connector: Connector[Any], raw: Raw) -> None:
    connector.dedup_key(raw)
    connector.lane(raw)
    with suppress(Malformed):
        list(connector.normalise(raw))


async def unknown(bench: Bench) -> None:
    silent = [fixture for fixture in bench.fixtures() if _is_silent(fixture)]
    require(silent, 'No fixture is of an unknown kind: add one that expects {"events": []} or only Ignored')
    for fixture in silent:
        events = bench.read(bench.signed(fixture.raw))
        require(all(isinstance(event, Ignored) for event in events), f"{fixture.name} yields {events}")


def _is_silent(fixture: Fixture) -> bool:
    expected = fixture.expected or {}
    return "events" in expected and all("ignored" in part for part in expected["events"])


async def broken(bench: Bench) -> None:
    greeting = bench.kit.incoming("Hello")
    samples = [greeting, *(fixture.raw for fixture in bench.fixtures())]
    connector = bench.build()
    for like in samples[:1] + samples[1::4]:
        for body in broken_bodies.ALWAYS:
            _survives(bench, connector, replace(like, body=body))
    for body in broken_bodies.bodies([sample.body for sample in samples]):
        _survives(bench, connector, replace(greeting, body=body))


def _survives(bench: Bench, connector: Connector[Any], raw: Raw) -> None:
    shown, started = f"the body {raw.body[:120]!r}", time.perf_counter()
    try:
        raw = bench.signed(raw)
        bench.now = raw.received_at
        connector.verify(raw)
        events = list(connector.normalise(raw))
    except (Malformed, Unverified):
        events = []
    except Exception as error:
        raise Disagreement(f"{type(error).__name__} instead of Malformed for {shown}: {str(error)[:300]}") from error
    for event in events:
        try:
            storable.check(event)
        except Disagreement as error:
            raise Disagreement(f"{error} It came from {shown}") from error
    _key(connector, raw)
    took = time.perf_counter() - started
    require(took < SLOW_S, f"Reading {shown} took {took:.1f} s: one request must not hold up the others")


def _key(connector: Connector[Any], raw: Raw) -> str:
    try:
        key, lane = connector.dedup_key(raw), connector.lane(raw)
    except Exception as error:
        raise Disagreement(f"dedup_key or lane raises {error!r} for the body {raw.body[:120]!r}") from error
    require(
        isinstance(key, str) and 0 < len(key) <= LONGEST_KEY,
        f"dedup_key must be 1 to {LONGEST_KEY} characters: {key!r}",
    )
    require("\0" not in key and "\0" not in lane, "dedup_key and lane must hold no NUL character")
    require(key.isprintable() or key.encode(errors="ignore").decode() == key, f"dedup_key can't be stored: {key!r}")
    return key


async def dedup(bench: Bench) -> None:
    found, keys = bench.fixtures(), {}
    names = {fixture.name for fixture in found}
    for fixture in found:
        first = bench.signed(fixture.raw)
        again = bench.signed(later(fixture.raw, fixture.raw.received_at + timedelta(seconds=30)))
        again = replace(again, headers={**again.headers, "x-retry-number": "1"})
        key = _key(bench.build(), first)
        require(key == _key(bench.build(), again), f"A redelivery of {fixture.name} has another dedup key")
        keys[fixture.name] = key
        require(
            not fixture.redelivery_of or fixture.redelivery_of in names,
            f"{fixture.name} is a redelivery of {fixture.redelivery_of}, which doesn't exist",
        )
    for one in found:
        for other in found:
            same = one.name == other.name or other.name == one.redelivery_of or one.name == other.redelivery_of
            same = same or bool(one.redelivery_of and one.redelivery_of == other.redelivery_of)
            agree = (keys[one.name] == keys[other.name]) == same
            require(agree, f"{one.name} and {other.name} {'must' if same else 'must not'} have the same dedup key")


async def texts(bench: Bench) -> None:
    if not bench.capabilities.messages:
        raise NotApplicable("capabilities.messages is false: it carries no text")
    longest = min(bench.capabilities.max_chars, LONGEST_TEXT)
    for name, text in {**TEXTS, "long": long(longest)}.items():
        message = bench.message(bench.signed(bench.kit.incoming(text)))
        require(message.text == text, f"The {name} text arrives as {message.text[:200]!r}")
        storable.check(message)
    if bench.capabilities.media:
        for text in ("", "With a file"):
            message = bench.message(bench.signed(bench.kit.incoming(text, A_FILE)))
            require(message.text == text, f"The text beside a file arrives as {message.text!r}, not {text!r}")
            require(len(message.files) == 1, f"A message with one file arrives with {len(message.files)}")
            arrived = message.files[0]
            if arrived.url and isinstance(bench.build(), Fetches):
                continue  # the provider keeps the file, and may tell its name no sooner than its content
            require(arrived.ref or arrived.content == A_FILE.content, "The file's content arrives changed")
            require(arrived.name == A_FILE.name, f"The file's name arrives as {arrived.name!r}")


def _expected(bench: Bench) -> Sequence[dict[str, Any]]:
    return [part for fixture in bench.fixtures() for part in (fixture.expected or {}).get("events", ())]
