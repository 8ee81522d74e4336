"""What a batch that failed leaves on its jobs must not decide how their next try ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import TimeoutError as NoConnection

from hub.contract import Address, Message, Proof
from hub.core.append import Append
from hub.core.batch import Written
from hub.core.receive import Arrived, Heard, Receipt
from hub.db import DatabaseGone
from hub.models import Entry, Envelope
from tests.support.workshop import Workshop


class Poison:
    """A job that fails as nothing a customer said could."""

    def wants(self, wants: Any) -> None:
        """Nothing."""

    def run(self, batch: Any) -> None:
        raise ZeroDivisionError


def arrival(workshop: Workshop, stored: UUID | None = None) -> Append:
    heard = Heard(Message("r", Address("email", "maya@example.com"), "Hello", proof=Proof.PROVIDER))
    return Append(Arrived(workshop.email, "one", sealed=b"raw", items=(heard,), stored=stored))


@pytest.mark.parametrize("is_stored", [False, True])
async def test_a_double_is_no_double_once_the_first_of_them_failed(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, is_stored: bool
) -> None:
    """First and double are in one batch that fails; then the database is away for the half with the first."""
    kept = (await workshop.arrive(workshop.email, "one", None)).envelope_id if is_stored else None
    write, tries = workshop.writer._write, iter((False,))

    def gone_for_the_first_half(conn: Connection, jobs: Sequence[Any], marks: dict[UUID, int]) -> Written:
        written = write(conn, jobs, marks)
        if not next(tries, True):
            raise DatabaseGone("away")
        return written  # type: ignore[return-value]

    monkeypatch.setattr(workshop.writer, "_write", gone_for_the_first_half)
    jobs = [arrival(workshop, kept), arrival(workshop, kept), Poison()]
    monkeypatch.setattr("hub.writer.LIMIT", len(jobs))
    outcomes = await asyncio.gather(*map(workshop.writer.submit, jobs), return_exceptions=True)
    gone, second, poison = outcomes
    assert isinstance(gone, DatabaseGone)
    assert isinstance(poison, ZeroDivisionError)
    assert isinstance(second, Receipt)
    assert second.state == "done"
    assert [envelope["state"] for envelope in await workshop.rows(Envelope)] == ["done"]
    assert [entry["text"] for entry in await workshop.rows(Entry)] == ["Hello"]


async def test_no_free_connection_is_the_database_away_and_kills_no_message(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy pool says nothing of what waits for it: the provider shall come again."""

    async def busy(_fn: Any) -> Any:
        raise NoConnection("QueuePool limit of size 10 overflow 0 reached")

    async def through(fn: Any, _quick: Any) -> Any:
        from hub.db import raise_gone

        try:
            return await busy(fn)
        except Exception as error:
            raise_gone(error)
            raise

    monkeypatch.setattr(workshop.db, "write", through)
    with pytest.raises(DatabaseGone):
        await workshop.hear("maya@example.com")
