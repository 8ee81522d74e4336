"""The only package that knows which database it is: engines and transactions, and statements for both engines."""

from hub.db.direct import Prepared, run, run_many
from hub.db.engines import (
    Database,
    DatabaseGone,
    is_conflict,
    is_gone,
    migrate,
    postgres_engine,
    raise_gone,
    sqlite_engine,
)
from hub.db.rows import VERSION, Changed, Many, Together, among, insert, insert_missing, is_sqlite, update

__all__ = [
    "VERSION",
    "Changed",
    "Database",
    "DatabaseGone",
    "Many",
    "Prepared",
    "Together",
    "among",
    "insert",
    "insert_missing",
    "is_conflict",
    "is_gone",
    "is_sqlite",
    "migrate",
    "postgres_engine",
    "raise_gone",
    "run",
    "run_many",
    "sqlite_engine",
    "update",
]
