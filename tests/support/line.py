"""A telephone line for tests: no provider, a test plays everybody at the other end through the real intake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import orjson
from pydantic import SecretStr

from hub.contract import (
    Address,
    Answer,
    AnsweredBy,
    CallFeatures,
    CallUpdate,
    Capabilities,
    Connector,
    Ended,
    Event,
    Fetched,
    File,
    Leg,
    LegState,
    Line,
    Malformed,
    Outgoing,
    Proof,
    Raw,
    Record,
    Recording,
    Refused,
    Settings,
    Step,
    Unverified,
)

SECRET = "the secret of the line"
OURS = "+493012345678"
ALL = CallFeatures(
    browser=True, hold=True, mute=True, keypad=True, transfer=True, record=True, pause=True, machines=True,
    voicemail_drop=True, transcript=True,
)  # fmt: skip


@dataclass
class Exchange:
    """What the hub asked of the line, and how it shall go."""

    dialled: list[Leg] = field(default_factory=list)
    told: list[tuple[str, str, Any]] = field(default_factory=list)
    """What, to which leg, with what."""
    fails: dict[str, Exception] = field(default_factory=dict)
    """By what is asked."""
    sounds: dict[str, bytes] = field(default_factory=dict)
    listed: list[dict[str, Any]] = field(default_factory=list)
    """Updates that the provider's own list holds."""
    slow: asyncio.Event | None = None
    """Dialling waits for it."""

    def of(self, what: str) -> list[tuple[str, Any]]:
        return [(leg, with_) for told, leg, with_ in self.told if told == what]


class LineSettings(Settings):
    number: str = OURS
    secret: SecretStr = SecretStr(SECRET)
    log: str = ""
    """A file that every dialled number is written into, for tests whose hub is another process."""


class TestLine(Connector[LineSettings]):
    """Speaks JSON: a list of updates in, a list of steps out."""

    __test__: ClassVar[bool] = False
    key = "line"
    label = "Line"
    Settings = LineSettings
    capabilities = Capabilities(channel="voice", identity="phone", label="Telephone", messages=False, calls=ALL)
    exchanges: ClassVar[dict[str, Exchange]] = {}

    @property
    def address(self) -> str:
        return self.settings.number

    @property
    def exchange(self) -> Exchange:
        return self.exchanges.setdefault(self.settings.number, Exchange())

    def verify(self, raw: Raw) -> Answer | None:
        if raw.method != "LIST" and raw.headers.get("x-secret") != self.settings.secret.get_secret_value():
            raise Unverified("This isn't our exchange.")
        return None

    def normalise(self, raw: Raw) -> Iterable[Event]:
        try:
            told = orjson.loads(raw.body)
            return [_update(item) for item in told["updates"]]
        except (ValueError, KeyError, TypeError) as error:
            raise Malformed(str(error)) from error

    def dedup_key(self, raw: Raw) -> str:
        try:
            return str(orjson.loads(raw.body)["key"])
        except (ValueError, KeyError, TypeError):
            return super().dedup_key(raw)

    async def send(self, outgoing: Outgoing) -> str:
        raise Refused("A telephone line carries no messages.")

    async def dial(self, leg: Leg) -> str:
        if self.settings.log:
            with Path(self.settings.log).open("a") as log:  # noqa: ASYNC230
                log.write(f"{leg.to.kind} {leg.to.value}\n")
        self.exchange.dialled.append(leg)
        if self.exchange.slow:
            await self.exchange.slow.wait()
        self._fail("dial")
        return f"ref-{leg.id}"

    async def hang_up(self, leg: Leg) -> None:
        self._told("hang_up", leg, "")

    async def steer(self, leg: Leg, steps: Sequence[Step]) -> None:
        self._told("steer", leg, named(steps))

    async def hold(self, leg: Leg, on: bool) -> None:
        self._told("hold", leg, on)

    async def mute(self, leg: Leg, on: bool) -> None:
        self._told("mute", leg, on)

    async def keys(self, leg: Leg, digits: str) -> None:
        self._told("keys", leg, digits)

    async def record(self, leg: Leg, what: Record) -> None:
        self._told("record", leg, what.value)

    def script(self, leg: Leg, steps: Sequence[Step]) -> Answer:
        return Answer(
            body=orjson.dumps({"leg": leg.id, "steps": named(steps)}).decode(), content_type="application/json"
        )

    def phone_token(self, agent: str) -> str:
        return f"token-of-{agent}"

    async def fetch(self, file: File, most: int) -> Fetched:
        if file.url not in self.exchange.sounds:
            raise Refused("This recording is gone.")
        return Fetched(self.exchange.sounds[file.url], "audio/wav")

    async def reconcile(self, since: datetime) -> AsyncIterator[Raw]:
        for update in list(self.exchange.listed):
            body = orjson.dumps({"key": f"listed-{update['ref']}", "updates": [update]})
            yield Raw("LIST", self.context.hook_url, {}, body, self.context.now())

    def _told(self, what: str, leg: Leg, with_: Any) -> None:
        self.exchange.told.append((what, leg.id, with_))
        self._fail(what)

    def _fail(self, what: str) -> None:
        if error := self.exchange.fails.get(what):
            raise error


def named(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [{"step": type(step).__name__, **asdict(step)} for step in steps]


def _update(told: dict[str, Any]) -> CallUpdate:
    kinds: dict[str, Any] = {
        "state": LegState,
        "ended": Ended,
        "answered_by": AnsweredBy,
        "proof": Proof,
        "at": datetime.fromisoformat,
        "caller": lambda number: Address("phone", number),
        "called": lambda number: Address("phone", number),
        "recording": lambda given: Recording(**given),
        "line": lambda given: Line(**given),
    }
    return CallUpdate(**{name: kinds[name](value) if name in kinds else value for name, value in told.items()})


def request(*updates: dict[str, Any], key: str = "") -> tuple[dict[str, str], bytes]:
    """Headers and body of what the line tells."""
    return {"x-secret": SECRET}, orjson.dumps({"key": key or uuid4().hex, "updates": updates})


def build(original: Any) -> Any:
    """The registry's `build`, with this line besides what is installed."""

    def with_line(key: str, settings: Any, context: Any) -> Connector[Any]:
        if key != TestLine.key:
            return original(key, settings, context)  # type: ignore[no-any-return]
        return TestLine(LineSettings.model_validate(settings), context)

    return with_line
