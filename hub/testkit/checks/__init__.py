"""The conformance checks, in the order of the report; `hub.testkit` says what each means."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from hub.testkit.bench import Bench
from hub.testkit.checks import declare, read, send, tell, verify

Check = Callable[[Bench], Awaitable[None]]

CHECKS: Mapping[str, Check] = {
    "declared": declare.declared,
    "schema": declare.schema,
    "posted": verify.posted,
    "forged": verify.forged,
    "tampered": verify.tampered,
    "stale": verify.stale,
    "stranger": verify.stranger,
    "fixtures": read.fixtures,
    "receipts": read.receipts,
    "pure": read.pure,
    "unknown": read.unknown,
    "broken": read.broken,
    "dedup": read.dedup,
    "texts": read.texts,
    "sends": send.sends,
    "errors": send.errors,
    "repeats": send.repeats,
    "echo": send.echo,
    "secrets": tell.secrets,
}
