"""Each check must be able to fail: connectors with one fault each, and the check that finds it."""

import hmac
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import Field

from connectors.webhook import Webhook, WebhookSettings
from connectors.webhook.conformance import WebhookKit
from hub import contract
from hub.contract import Capabilities, Event, Malformed, Message, Outgoing, Raw, State, Unavailable, Unverified
from hub.testkit.checks import CHECKS
from hub.testkit.kit import Kit
from hub.testkit.run import examine

Fault = tuple[str, type[Webhook]]
FAULTS: list[Fault] = []


def found_by(*checks: str) -> Callable[[type[Webhook]], type[Webhook]]:
    def note(connector: type[Webhook]) -> type[Webhook]:
        FAULTS.extend((check, connector) for check in checks)
        return connector

    return note


def able(**changes: Any) -> Capabilities:
    return replace(Webhook.capabilities, **changes)


@found_by("posted", "forged", "tampered", "stale", "stranger")
class LetsEverybodyIn(Webhook):
    def verify(self, raw: Raw) -> None:
        return


@found_by("forged")
class StumblesOverLetters(Webhook):
    def verify(self, raw: Raw) -> None:
        if not hmac.compare_digest(raw.headers.get("x-onethread-signature", ""), "t=0"):
            super().verify(raw)


@found_by("forged")
class CountsTheTime(Webhook):
    def verify(self, raw: Raw) -> None:
        int(raw.headers.get("x-onethread-signature", "t=0").removeprefix("t=").split(",")[0])
        super().verify(raw)


@found_by("tampered")
class LooksOnlyForASignature(Webhook):
    def verify(self, raw: Raw) -> None:
        if not raw.headers.get("x-onethread-signature"):
            raise Unverified("no signature")


@found_by("stale")
class HasNoClock(Webhook):
    def verify(self, raw: Raw) -> None:
        moment = raw.headers.get("x-onethread-signature", "").partition(",")[0].removeprefix("t=")
        stopped = (
            datetime.fromtimestamp(int(moment), UTC) if moment.isdecimal() and len(moment) < 11 else raw.received_at
        )
        Webhook(self.settings, replace(self.context, now=lambda: stopped)).verify(raw)


@found_by("stranger")
class KnowsOneSecret(Webhook):
    def verify(self, raw: Raw) -> None:
        Webhook(WebhookSettings.model_validate(WebhookKit.settings), self.context).verify(raw)


@found_by("fixtures", "texts")
class Shouts(Webhook):
    def normalise(self, raw: Raw) -> Iterator[Event]:
        for event in super().normalise(raw):
            yield replace(event, text=event.text.upper()) if isinstance(event, Message) else event


@found_by("fixtures")
class IsFickle(Webhook):
    turns = 0

    def normalise(self, raw: Raw) -> Iterator[Event]:
        type(self).turns += 1
        for event in super().normalise(raw):
            yield replace(event, subject=str(self.turns)) if isinstance(event, Message) else event


@found_by("fixtures", "broken")
class KeepsNul(Webhook):
    def normalise(self, raw: Raw) -> Iterator[Event]:
        for event in super().normalise(raw):
            yield replace(event, quoted="a\0b") if isinstance(event, Message) else event


@found_by("pure")
class ReadsTheDisk(Webhook):
    def normalise(self, raw: Raw) -> Iterator[Event]:
        Path(__file__).read_bytes()
        yield from super().normalise(raw)


@found_by("pure")
class ReadsAClock(Webhook):
    def normalise(self, raw: Raw) -> Iterator[Event]:
        time.time()
        yield from super().normalise(raw)


@found_by("pure")
class ReadsADate(Webhook):
    def normalise(self, raw: Raw) -> Iterator[Event]:
        datetime.now(UTC)
        yield from super().normalise(raw)


@found_by("pure")
class ReadsTheHubsClock(Webhook):
    def normalise(self, raw: Raw) -> Iterator[Event]:
        self.context.now()
        yield from super().normalise(raw)


@found_by("pure")
class ThrowsDice(Webhook):
    def dedup_key(self, raw: Raw) -> str:
        random.random()
        return super().dedup_key(raw)


@found_by("unknown", "fixtures")
class GuessesUnknownKinds(Webhook):
    def normalise(self, raw: Raw) -> Iterator[Event]:
        events = list(super().normalise(raw))
        yield from events or [Message("guess", contract.Address("webhook", "x"), raw.body.decode())]


@found_by("broken")
class TrustsJson(Webhook):
    def normalise(self, raw: Raw) -> Iterator[Event]:
        json.loads(raw.body)
        yield from super().normalise(raw)


@found_by("broken")
class TrustsShapes(Webhook):
    def normalise(self, raw: Raw) -> Iterator[Event]:
        try:
            body = orjson.loads(raw.body)
        except ValueError as error:
            raise Malformed("no JSON") from error
        if "from" in body:
            body["from"]["address"].upper()
        yield from super().normalise(raw)


@found_by("broken")
class TrustsIds(Webhook):
    def dedup_key(self, raw: Raw) -> str:
        return str(orjson.loads(raw.body)["id"])


@found_by("broken")
class IsSlowOnLongBodies(Webhook):
    def normalise(self, raw: Raw) -> Iterator[Event]:
        time.sleep(2.1 if len(raw.body) > 50_000 else 0)
        yield from super().normalise(raw)


@found_by("dedup")
class CountsArrivals(Webhook):
    def dedup_key(self, raw: Raw) -> str:
        return f"{raw.received_at} {super().dedup_key(raw)}"


@found_by("dedup")
class HasOneKey(Webhook):
    def dedup_key(self, raw: Raw) -> str:
        return "same"


@found_by("texts")
class TrimsLines(Webhook):
    def normalise(self, raw: Raw) -> Iterator[Event]:
        for event in super().normalise(raw):
            yield replace(event, text=" ".join(event.text.split())) if isinstance(event, Message) else event


@found_by("texts")
class LosesFiles(Webhook):
    def normalise(self, raw: Raw) -> Iterator[Event]:
        for event in super().normalise(raw):
            yield replace(event, files=()) if isinstance(event, Message) else event


@found_by("receipts")
class ForgetsRead(Webhook):
    capabilities = able(receipts=(State.DELIVERED,))


@found_by("declared")
class HasFilesOfNoSize(Webhook):
    capabilities = able(media_bytes=0)


@found_by("declared")
class ReachesOthers(Webhook):
    capabilities = able(identity="email")


@found_by("sends")
class CutsShort(Webhook):
    async def send(self, outgoing: Outgoing) -> str:
        return await super().send(replace(outgoing, text=outgoing.text[:1000]))


@found_by("sends")
class LeavesFilesOut(Webhook):
    async def send(self, outgoing: Outgoing) -> str:
        return await super().send(replace(outgoing, files=()))


@found_by("sends", "repeats")
class SaysAnotherRef(Webhook):
    async def send(self, outgoing: Outgoing) -> str:
        return f"{await super().send(outgoing)}-{outgoing.attempt}"


@found_by("errors")
class SwallowsFailures(Webhook):
    async def send(self, outgoing: Outgoing) -> str:
        try:
            return await super().send(outgoing)
        except contract.ConnectorError:
            return outgoing.key


@found_by("errors")
class CallsEverythingUnavailable(Webhook):
    async def send(self, outgoing: Outgoing) -> str:
        try:
            return await super().send(outgoing)
        except contract.ConnectorError as error:
            raise Unavailable("try again") from error


@found_by("repeats")
class MakesNewKeys(Webhook):
    def own_ref(self, key: str) -> str:
        return key

    async def send(self, outgoing: Outgoing) -> str:
        await super().send(replace(outgoing, key=f"{outgoing.key}-{outgoing.attempt}"))
        return outgoing.key


@found_by("echo")
class HearsItself(Webhook):
    def normalise(self, raw: Raw) -> Iterator[Event]:
        body = orjson.loads(raw.body)
        if "to" in body:
            body["from"] = body.pop("to")
        yield from super().normalise(replace(raw, body=orjson.dumps(body)))


@found_by("secrets")
class NamesItsSecret(Webhook):
    def verify(self, raw: Raw) -> None:
        try:
            super().verify(raw)
        except Unverified as error:
            raise Unverified(f"not signed with {self.settings.secret.get_secret_value()}") from error


@found_by("secrets")
class LogsItsSecret(Webhook):
    async def send(self, outgoing: Outgoing) -> str:
        self.context.log.debug("signing with %s", self.settings.secret.get_secret_value())
        return await super().send(outgoing)


class OpenSettings(WebhookSettings):
    password: str = Field("canary-open-password")


@found_by("schema")
class ShowsItsSecret(Webhook):
    Settings = OpenSettings


@pytest.mark.parametrize(("check", "connector"), FAULTS, ids=[f"{check}-{made.__name__}" for check, made in FAULTS])
async def test_check_finds_the_fault(check: str, connector: type[Webhook]) -> None:
    result = await examine(kit_for(connector), check)
    assert (result.state, result.check) == ("disagrees", check)
    assert len(result.why) > 20


def test_every_check_has_a_fault_that_it_finds() -> None:
    assert {check for check, _ in FAULTS} == set(CHECKS)


async def test_a_check_does_not_find_what_is_not_there() -> None:
    """The sound connector, through the same harness that the faulty ones go through."""
    assert [(await examine(kit_for(Webhook), check)).why for check in CHECKS] == [""] * len(CHECKS)


def kit_for(faulty: type[Webhook]) -> Kit:
    class FaultyKit(WebhookKit):
        connector = faulty
        fixtures = WebhookKit().fixtures

    return FaultyKit()
