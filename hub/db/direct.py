"""Statements handed straight to the driver: on the busiest paths SQLAlchemy's own road costs three times the driver's.

Compiling, converting and the errors stay SQLAlchemy's, and so do the listeners that count statements.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

Convert = Callable[[Any], Any] | None


def run(conn: Connection, text: str, values: Sequence[Any] = ()) -> list[Any]:
    """The rows of one statement in the driver's own words, its values in the driver's own forms."""
    return _run(conn, text, values, many=False)


def run_many(conn: Connection, text: str, rows: Sequence[Sequence[Any]]) -> None:
    """The same statement for each of the rows."""
    _run(conn, text, rows, many=True)


def _run(conn: Connection, text: str, values: Sequence[Any], *, many: bool) -> list[Any]:
    cursor = conn.connection.cursor()
    conn.dispatch.before_cursor_execute(conn, cursor, text, values, None, many)
    try:
        (cursor.executemany if many else cursor.execute)(text, values)
        return list(cursor.fetchall()) if cursor.description else []
    except conn.dialect.loaded_dbapi.Error as error:
        raise _explained(conn, text, error) from error
    finally:
        cursor.close()


def _explained(conn: Connection, text: str, error: Any) -> BaseException:
    """The error that `Connection.execute` would have raised, without the values: they may be anybody's mail."""
    explained: BaseException = DBAPIError.instance(
        text,
        (),
        error,
        conn.dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=conn.dialect.is_disconnect(error, None, None),
        dialect=conn.dialect,
    )
    return explained


class Prepared:
    """A SELECT whose text doesn't vary with its values, compiled once for each engine."""

    def __init__(self, select: sa.Select[Any]) -> None:
        self._select = select
        self._compiled: dict[str, _Compiled] = {}
        self._names = tuple(str(column.key) for column in select.selected_columns)
        self._row: Any = namedtuple("Row", self._names, rename=True)  # type: ignore[misc]

    def rows(self, conn: Connection, **values: Any) -> list[Any]:
        """Named tuples."""
        return list(map(self._row._make, self._converted(conn, values)))

    def dicts(self, conn: Connection, **values: Any) -> list[dict[str, Any]]:
        return [dict(zip(self._names, row, strict=True)) for row in self._converted(conn, values)]

    def _converted(self, conn: Connection, values: dict[str, Any]) -> list[Any]:
        compiled = self._compiled.get(conn.dialect.name) or self._compile(conn.dialect)
        return compiled.converted(run(conn, compiled.text, compiled.bound(values)))

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled[dialect.name] = _Compiled(self._select, dialect)
        return compiled


class _Compiled:
    def __init__(self, select: sa.Select[Any], dialect: Dialect) -> None:
        compiled = select.compile(dialect=dialect)
        assert isinstance(compiled, sa.sql.compiler.SQLCompiler)
        self.text = str(compiled)
        self._given = compiled.params
        self._bind: list[tuple[str, Convert]] = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or ()
            if name
        ]
        self._convert: list[Convert] = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in select.selected_columns
        ]
        self._plain = not any(self._convert)

    def bound(self, values: dict[str, Any]) -> tuple[Any, ...]:
        found = ((values[name] if name in values else self._given[name], convert) for name, convert in self._bind)
        return tuple([convert(value) if convert else value for value, convert in found])

    def converted(self, rows: list[Any]) -> list[Any]:
        if self._plain or not rows:
            return rows
        columns = [
            map(convert, values) if convert else values
            for convert, values in zip(self._convert, zip(*rows, strict=True), strict=True)
        ]
        return list(zip(*columns, strict=True))
