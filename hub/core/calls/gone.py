"""Calls leave with the sample they belong to; nothing else ever deletes one."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.db import among
from hub.models.tables import CALL, CALL_LINE, COMMAND, LEG, RECORDING


def remove_calls(conn: Connection, threads: list[UUID]) -> None:
    calls = list(conn.scalars(sa.select(CALL.c.id).where(among(CALL.c.thread_id, "ids")), {"ids": threads}))
    for column in (COMMAND.c.call_id, CALL_LINE.c.call_id, RECORDING.c.call_id, LEG.c.call_id, CALL.c.id):
        conn.execute(sa.delete(column.table).where(among(column, "ids")), {"ids": calls})


def took_calls(conn: Connection, agent_id: UUID) -> bool:
    """Is the agent named by a call that stays?"""
    named = [sa.select(table.c.id).where(table.c.agent_id == agent_id).limit(1) for table in (CALL, LEG)]
    return any(conn.execute(statement).first() for statement in named)
