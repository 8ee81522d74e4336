"""What the conformance suite must be told about one connector."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from hub.contract import Connector, File, Outgoing, Raw, Settings
from hub.testkit.simulator import Simulator


class Kit(ABC):
    """One connector's answers. What doesn't apply goes into `exempt`, with a reason that people can read."""

    connector: ClassVar[type[Connector[Any]]]
    settings: ClassVar[Mapping[str, Any]]
    """A valid example. Every secret has eight characters or more and occurs nowhere else: the suite looks for it."""
    exempt: ClassVar[Mapping[str, str]] = {}
    """Check name -> why it can't apply here."""
    window: ClassVar[timedelta] = timedelta(minutes=5)
    """How old a signed request may be."""

    @property
    def fixtures(self) -> Path:
        """The folder of fixtures, beside the kit unless told otherwise."""
        return Path(inspect.getfile(type(self))).parent / "fixtures"

    @abstractmethod
    def sign(self, raw: Raw, settings: Settings) -> Raw:
        """The request as the provider would send it at `raw.received_at`; add only what proves it genuine."""

    @abstractmethod
    def incoming(self, text: str, file: File | None = None) -> Raw:
        """An unsigned request by which a customer says `text`, with a file if there is one; or just calls."""

    def echo(self, outgoing: Outgoing, ref: str) -> Raw | None:
        """The unsigned request by which the provider reports our own message back to us, if it does such a thing."""
        return None

    def simulator(self, settings: Settings) -> Simulator | None:
        """The provider, played, with the other half of these settings' secrets; None where there is no provider."""
        return None
