"""What the conformance suite must know about Messenger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from connectors.meta.conformance import COMMON, MetaKit
from connectors.meta.rules import Platform

from . import Messenger

ACCOUNT = "101234567890123"


class MessengerKit(MetaKit):
    connector = Messenger
    platform: ClassVar[Platform] = "page"
    account = ACCOUNT
    settings: ClassVar[Mapping[str, Any]] = {**COMMON, "page_id": ACCOUNT}


KIT = MessengerKit()
