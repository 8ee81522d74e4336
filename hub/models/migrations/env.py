"""Alembic's entry: one linear history for both engines."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

import hub.models  # noqa: F401  (declares the tables)
from hub.db import postgres_engine, sqlite_engine

MIGRATION_LOCK = 7_355_608


def run(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        conn.execute(sa.text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
    context.configure(connection=conn, target_metadata=SQLModel.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


async def on_postgres(url: str) -> None:
    engine = postgres_engine(url, pool_size=1)
    try:
        async with engine.begin() as conn:
            await conn.run_sync(run)
    finally:
        await engine.dispose()


def main(url: str) -> None:
    if not url.startswith("sqlite"):
        asyncio.run(on_postgres(url))
        return
    engine = sqlite_engine(url, write=True)
    try:
        with engine.begin() as conn:
            run(conn)
    finally:
        engine.dispose()


main(context.config.attributes["url"])
