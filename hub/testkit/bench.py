"""A connector on the bench: built from its kit, with a clock that stands still and everything it says written down."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

import aiohttp
from pydantic import SecretBytes, SecretStr

from hub.contract import Address, CallUpdate, Connector, Context, Dials, Event, Leg, Message, Outgoing, Raw, Settings
from hub.registry import validate
from hub.testkit.fixtures import HOOK_URL, MOMENT, Fixture, load
from hub.testkit.kit import Kit
from hub.testkit.simulator import Simulator
from hub.testkit.verdict import Disagreement, NotApplicable, require


class Bench:
    """What the checks work with."""

    def __init__(self, kit: Kit, http: aiohttp.ClientSession) -> None:
        self.kit = kit
        self.capabilities = kit.connector.capabilities
        self.http = http
        self.now = MOMENT
        self.clock_asked = 0
        self.said: list[str] = []
        """Every log line of the connector."""
        self.log = logging.Logger(f"conformance.{kit.connector.key}", logging.DEBUG)
        self.log.addHandler(_Recorder(self.said))
        self.settings = validate(kit.connector, kit.settings)
        self._keys = count(1)

    def build(self, settings: Settings | None = None) -> Connector[Any]:
        context = Context(
            http=self.http,
            log=self.log,
            now=self._ask_clock,
            public_url="https://hub.example",
            hook_url=HOOK_URL,
            sign=hub_sign,
        )
        return self.kit.connector(settings or self.settings, context)

    def _ask_clock(self) -> datetime:
        self.clock_asked += 1
        return self.now

    def fixtures(self) -> list[Fixture]:
        folder = self.kit.fixtures
        found = load(folder) if folder.is_dir() else []
        require(found, f"There are no fixtures in {folder}: record a request of every kind the provider sends")
        return found

    def signed(self, raw: Raw) -> Raw:
        return self.kit.sign(raw, self.settings)

    def greeting(self) -> Raw:
        """An authentic, ordinary message."""
        return self.signed(self.kit.incoming("Hello"))

    def read(self, raw: Raw) -> list[Event]:
        """Verified and normalised, as the hub does it, at the moment it came."""
        self.now = raw.received_at
        connector = self.build()
        connector.verify(raw)
        return list(connector.normalise(raw))

    def message(self, raw: Raw) -> Message:
        events = self.read(raw)
        if len(events) != 1 or not isinstance(events[0], Message):
            raise Disagreement(f"Kit.incoming should mean one message, and means {events}")
        return events[0]

    def sender(self) -> Address:
        """The one who greets: by a message, or by a call."""
        match self.read(self.greeting()):
            case [Message(sender=sender)] | [CallUpdate(caller=Address() as sender)]:
                return sender
            case events:
                raise Disagreement(f"Kit.incoming should mean one message or one call, and means {events}")

    async def reach(self, connector: Connector[Any], text: str) -> str:
        """By a message, or by a call where the channel carries none."""
        if self.capabilities.messages:
            return await connector.send(self.outgoing(text))
        require(isinstance(connector, Dials), "The channel carries neither messages nor calls")
        leg = Leg(f"conformance-{next(self._keys)}-7f3a", "room", "customer", self.sender(), connector.address)
        ref: str = await connector.dial(leg)  # type: ignore[attr-defined]
        return ref

    def outgoing(self, text: str, **more: Any) -> Outgoing:
        """An answer to the one who greets."""
        sender = self.sender()
        to = Address(sender.kind, sender.value, sender.name)
        return Outgoing(key=f"conformance-{next(self._keys)}-7f3a", to=to, text=text, author="Robin", **more)

    @asynccontextmanager
    async def provider(self) -> AsyncIterator[tuple[Connector[Any], Simulator]]:
        """The connector, set to a simulator of its provider that runs for this block."""
        simulator = self.kit.simulator(self.settings)
        if simulator is None:
            raise Disagreement(
                "Kit.simulator gives None: write a simulator, or say in Kit.exempt why there is no provider"
            )
        async with simulator:
            changed = validate(self.kit.connector, {**self.kit.settings, **simulator.settings()})
            yield self.build(changed), simulator

    def secrets(self) -> list[str]:
        """The secret values of the example, which must not be seen anywhere."""
        held = (getattr(self.settings, name) for name in type(self.settings).model_fields)
        values = [value.get_secret_value() for value in held if isinstance(value, (SecretStr, SecretBytes))]
        texts = [value.decode() if isinstance(value, bytes) else value for value in values]
        return [text for text in texts if text]

    def strangers_settings(self) -> Settings:
        """The same inbox with other secrets."""
        secrets = self.secrets()
        if not secrets:
            raise NotApplicable("its settings hold no secret")
        other = {
            name: _other(value) if isinstance(value, str) and value in secrets else value
            for name, value in self.kit.settings.items()
        }
        return validate(self.kit.connector, other)


def later(raw: Raw, moment: datetime) -> Raw:
    return replace(raw, received_at=moment)


def with_header(raw: Raw, name: str, value: str | None) -> Raw:
    headers: Mapping[str, str] = {key: held for key, held in raw.headers.items() if key != name}
    return replace(raw, headers=headers if value is None else {**headers, name: value})


def _other(secret: str) -> str:
    turned = secret[::-1]
    return turned if turned != secret else secret[:-1] + ("a" if secret[-1] != "a" else "b")


def hub_sign(text: str) -> str:
    """What `Context.sign` is on the bench; kits of connectors that sign their own requests need it too."""
    digest = hmac.new(b"conformance", text.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:20]


class _Recorder(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))
