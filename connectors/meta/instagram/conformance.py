"""What the conformance suite must know about Instagram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from connectors.meta.conformance import COMMON, MetaKit
from connectors.meta.rules import Platform

from . import Instagram

ACCOUNT = "17841400000000001"


class InstagramKit(MetaKit):
    connector = Instagram
    platform: ClassVar[Platform] = "instagram"
    account = ACCOUNT
    settings: ClassVar[Mapping[str, Any]] = {**COMMON, "instagram_id": ACCOUNT}


KIT = InstagramKit()
