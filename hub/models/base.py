"""What every table shares: permanent ids, UTC times, JSON, and names for constraints that migrations can rely on."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, DateTime, ForeignKey, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_clock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562, 5.7): made by us, sortable by time, and rising within this process."""
    global _last
    with _clock:
        # milliseconds in the first 48 bits, 12 bits of a millisecond's fraction behind the version
        _last = max(_last + 1, time.time_ns() * 4096 // 1_000_000)
        tick = _last
    value = (tick >> 12) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64 | 0b10 << 62
    return UUID(int=value | random.getrandbits(62))


def utcnow() -> datetime:
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC on both engines: SQLite would hand back naive times."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC) if value else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def uuid_column(
    foreign: str | None = None,
    *,
    primary: bool = False,
    null: bool = False,
    late: bool = False,
    index: bool = False,
    unique: bool = False,
) -> Any:
    """A UUID column; `late` defers the foreign key to the commit, on both engines."""
    keys = [ForeignKey(foreign, deferrable=late or None, initially="DEFERRED" if late else None)] if foreign else []
    return Column(
        Uuid, *keys, primary_key=primary, nullable=null and not primary, index=index or None, unique=unique or None
    )


def text_column(default: str | None = "", *, null: bool = False) -> Any:
    return Column(Text, nullable=null, server_default=default if not null else None)


def time_column(*, null: bool = False) -> Any:
    return Column(UtcDateTime, nullable=null)


def json_column(*, null: bool = True) -> Any:
    return Column(Json, nullable=null)
