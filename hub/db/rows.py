"""Statements whose text doesn't vary with the number of rows: written once, run on both engines (rule 18)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator, TypeEngine

from hub.db.direct import Prepared, run, run_many


class Many(TypeDecorator[list[Any]]):
    """A list as one parameter: an array on PostgreSQL, JSON text on SQLite."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(self.item))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> Any:
        items = list(value or ())
        if dialect.name == "postgresql":
            return items
        return json.dumps([item.hex if isinstance(item, UUID) else item for item in items])


class _Among(sa.ColumnElement[bool]):
    inherit_cache = True
    type = sa.Boolean()
    _traverse_internals = [  # noqa: RUF012  (an instance variable to the base class)
        ("column", sa.sql.visitors.InternalTraversal.dp_clauseelement),
        ("many", sa.sql.visitors.InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: sa.ColumnElement[Any], name: str) -> None:
        self.column = column
        self.many = sa.bindparam(name, type_=Many(column.type))

    def self_group(self, against: Any = None) -> _Among:
        """As it is: SQLAlchemy would write `(… IN …) = 1` on SQLite, which no index answers."""
        return self


def among(column: Any, name: str) -> sa.ColumnElement[bool]:
    """`column` is one of the values passed as `name`; the statement's text is the same for any number of them."""
    return _Among(column, name)


@compiles(_Among, "postgresql")
def _any(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    return f"{compiler.process(element.column, **options)} = ANY ({compiler.process(element.many, **options)})"


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, many = compiler.process(element.column, **options), compiler.process(element.many, **options)
    return f"{column} IN (SELECT value FROM json_each({many}))"


_ARRAYS: dict[str, str] = {
    "UUID": "uuid",
    "TEXT": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "BOOLEAN": "boolean",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "BYTEA": "bytea",
    "JSONB": "jsonb",
}


_POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]
_SQLITE = sqlite.dialect()


@cache
def _pg_type(column: sa.Column[Any]) -> str:
    return _ARRAYS[column.type.compile(dialect=_POSTGRES)]


MANY = 8


class _Columns:
    """Rows as parameters of one PostgreSQL statement: a column is an array, or a scalar where all rows agree.

    The driver looks at every element of an array, and half of a batch's columns say the same in each row. Few rows are
    all arrays: they agree by chance, and each new text is another statement to prepare and to plan.
    """

    def __init__(self, table: sa.Table, names: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> None:
        self.same = tuple(len(rows) >= MANY and _agree(rows, name) for name in names)
        self.values: list[Any] = []
        for name, same in zip(names, self.same, strict=True):
            values = [row[name] for row in (rows[:1] if same else rows)]
            if isinstance(table.c[name].type, sa.JSON):
                # documents travel as text: the driver has no array codec for them
                values = [None if value is None else json.dumps(value) for value in values]
            self.values.append(values[0] if same else values)


def _agree(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    first = rows[0][name]
    return all(row[name] == first for row in rows)


@cache
def _sources(
    table: sa.Table, names: tuple[str, ...], same: tuple[bool, ...], first: int
) -> tuple[tuple[str, ...], str]:
    """What each column is read from, and the `unnest` of those that are arrays; parameters count from `first`."""
    picks, arrays, aliases = [], [], []
    for place, (name, is_same) in enumerate(zip(names, same, strict=True), first):
        kind = _pg_type(table.c[name])
        sent = "text" if kind == "jsonb" else kind
        pick = f"${place}::{sent}" if is_same else f'v."{name}"'
        picks.append(f"{pick}::jsonb" if kind == "jsonb" else pick)
        if not is_same:
            arrays.append(f"${place}::{sent}[]")
            aliases.append(f'"{name}"')
    return tuple(picks), f"unnest({', '.join(arrays)}) AS v({', '.join(aliases)})"


@cache
def _insert_text(table: sa.Table, names: tuple[str, ...], same: tuple[bool, ...], tail: str, first: int = 1) -> str:
    """`INSERT … SELECT … FROM unnest(…)`: constant text, a fourteenth of the CPU of `VALUES` (rule 18)."""
    picks, source = _sources(table, names, same, first)
    columns = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table.name}" ({columns}) SELECT {", ".join(picks)} FROM {source} {tail}'


@cache
def _update_text(table: sa.Table, key: str, names: tuple[str, ...], same: tuple[bool, ...], first: int = 1) -> str:
    picks, source = _sources(table, (key, *names), same, first)
    sets = ", ".join(f'"{name}" = {pick}' for name, pick in zip(names, picks[1:], strict=True))
    return f'UPDATE "{table.name}" AS t SET {sets} FROM {source} WHERE t."{key}" = {picks[0]}'


@cache
def _lift_text(table: sa.Table, column: str, first: int) -> str:
    """Skipping what is locked, it waits for nobody: the order in which others lock need not be its own."""
    kind = _pg_type(table.c[column])
    free = (
        f"SELECT o.id, g.value FROM unnest(${first}::uuid[], ${first + 1}::{kind}[]) AS g(id, value)"
        f' JOIN "{table.name}" AS o ON o.id = g.id WHERE o."{column}" < g.value FOR NO KEY UPDATE OF o SKIP LOCKED'
    )
    return f'UPDATE "{table.name}" AS t SET "{column}" = v.value FROM ({free}) AS v WHERE t.id = v.id'


def is_sqlite(conn: Connection) -> bool:
    return conn.dialect.name == "sqlite"


def insert(conn: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same keys; a conflict is an error."""
    if not rows:
        return
    names = _worth_sending(table, rows)
    if is_sqlite(conn):
        run_many(conn, _plain_insert(table, names), _stored(table, names, rows))
    else:
        columns = _Columns(table, names, rows)
        run(conn, _insert_text(table, names, columns.same, ""), columns.values)


def _worth_sending(table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The columns in which some row differs from what the database would fill in by itself: half of an entry's."""
    silent = _silent(table)
    return tuple(name for name in rows[0] if any(row[name] != silent[name] for row in rows))


@cache
def _silent(table: sa.Table) -> dict[str, Any]:
    """What each column holds when nothing is said of it; an object equal to nothing where something must be said."""
    return {column.name: _default(column) for column in table.c}


def _default(column: sa.Column[Any]) -> Any:
    if isinstance(column.server_default, sa.DefaultClause):
        text = str(column.server_default.arg)
        return text if isinstance(column.type, sa.Text) else int(text)
    return None if column.nullable else object()


@cache
def _plain_insert(table: sa.Table, names: tuple[str, ...]) -> str:
    columns, holes = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    return f'INSERT INTO "{table.name}" ({columns}) VALUES ({holes})'


def _stored(table: sa.Table, names: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """The rows in the forms SQLite keeps, by SQLAlchemy's own converters but without its work for every row."""
    columns: list[Iterable[Any]] = []
    for name in names:
        values, convert = [row[name] for row in rows], _converter(table.c[name])
        columns.append(map(convert, values) if convert else values)
    return list(zip(*columns, strict=True))


@cache
def _converter(column: sa.Column[Any]) -> Callable[[Any], Any] | None:
    return column.type.dialect_impl(_SQLITE).bind_processor(_SQLITE)


def insert_missing(
    conn: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: tuple[str, ...]
) -> set[tuple[Any, ...]]:
    """Insert those rows whose `key` isn't there yet, in the given order; returns the keys that went in.

    PostgreSQL's answer is the insert's own. On SQLite this process holds the one write lock, so looking first is safe.
    """
    if not rows:
        return set()
    if is_sqlite(conn):
        known = _present(conn, table, rows, key)
        fresh = {found: row for row in rows if (found := tuple(row[k] for k in key)) not in known}
        insert(conn, table, list(fresh.values()))
        return set(fresh)
    names = tuple(dict.fromkeys((*key, *_worth_sending(table, rows))))
    columns = ", ".join(f'"{name}"' for name in key)
    tail = f"ON CONFLICT ({columns}) DO NOTHING RETURNING {columns}"
    sent = _Columns(table, names, rows)
    return {tuple(row) for row in run(conn, _insert_text(table, names, sent.same, tail), sent.values)}


def _present(
    conn: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: tuple[str, ...]
) -> set[tuple[Any, ...]]:
    values = {name: list({row[name] for row in rows}) for name in key}
    return set(map(tuple, _by_key(table, key).rows(conn, **values)))


@cache
def _by_key(table: sa.Table, key: tuple[str, ...]) -> Prepared:
    return Prepared(sa.select(*(table.c[name] for name in key)).where(*(among(table.c[name], name) for name in key)))


def update(conn: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: str = "id") -> None:
    """Set the other columns of each row where `key` matches; all rows have the same keys."""
    if not rows:
        return
    names = tuple(name for name in rows[0] if name != key)
    if is_sqlite(conn):
        run_many(conn, _plain_update(table, key, names), _stored(table, (*names, key), rows))
        return
    columns = _Columns(table, (key, *names), rows)
    run(conn, _update_text(table, key, names, columns.same), columns.values)


@cache
def _plain_update(table: sa.Table, key: str, names: tuple[str, ...]) -> str:
    sets = ", ".join(f'"{name}" = ?' for name in names)
    return f'UPDATE "{table.name}" SET {sets} WHERE "{key}" = ?'


VERSION = "xmin::text"
"""Of a row on PostgreSQL: whoever writes it, whatever the columns, changes that; whoever only locks it doesn't."""
_DIVISION_BY_ZERO = "22012"


@cache
def _hold_text(table: sa.Table, before: int, first: int) -> str:
    # to ask the earlier inserts how many they are is to have them done before the locks
    done = "".join(f" AND (SELECT count(*) FROM w{n}) >= 0" for n in range(before))
    return (
        f'SELECT t.id FROM "{table.name}" AS t JOIN unnest(${first}::uuid[], ${first + 1}::text[]) AS v(id, version)'
        f" ON t.id = v.id WHERE t.{VERSION} = v.version{done} ORDER BY t.id FOR NO KEY UPDATE OF t"
    )


class Changed(Exception):
    """A row is no longer what it was when it was read; nothing was written."""


class Together:
    """Writes that go out in one statement on PostgreSQL, where a round trip costs more than its rows.

    They must not touch a row twice, and none may need to see another's work. On SQLite each goes out as it is given.
    """

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._parts: list[str] = []
        self._values: list[Any] = []
        self._hold = ""

    def insert(self, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, missing: tuple[str, ...] = ()) -> None:
        """As `insert`; with `missing` only those rows whose key of these columns isn't there yet."""
        if not rows:
            return
        if is_sqlite(self._conn):
            if missing:
                insert_missing(self._conn, table, rows, missing)
            else:
                insert(self._conn, table, rows)
            return
        names = tuple(dict.fromkeys((*missing, *_worth_sending(table, rows))))
        tail = "ON CONFLICT DO NOTHING" if missing else ""
        columns = _Columns(table, names, rows)
        self._add(_insert_text(table, names, columns.same, tail, len(self._values) + 1), columns.values)

    def update(self, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: str = "id") -> None:
        """As `update`."""
        if not rows:
            return
        if is_sqlite(self._conn):
            update(self._conn, table, rows, key)
            return
        names = tuple(name for name in rows[0] if name != key)
        columns = _Columns(table, (key, *names), rows)
        self._add(_update_text(table, key, names, columns.same, len(self._values) + 1), columns.values)

    def lift(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Raise the column beside `id` where it is lower; a row that another transaction holds is left as it is."""
        if not rows:
            return
        column = next(name for name in rows[0] if name != "id")
        if is_sqlite(self._conn):
            statement = f'UPDATE "{table.name}" SET "{column}" = ?1 WHERE "id" = ?2 AND "{column}" < ?1'
            run_many(self._conn, statement, _stored(table, (column, "id"), rows))
            return
        first = len(self._values) + 1
        self._add(_lift_text(table, column, first), ([row["id"] for row in rows], [row[column] for row in rows]))

    def add(self, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: tuple[str, ...], counter: str) -> None:
        """Raise `counter` of the rows with these keys, making those that aren't there."""
        if not rows:
            return
        on = ", ".join(f'"{name}"' for name in key)
        tail = f'ON CONFLICT ({on}) DO UPDATE SET "{counter}" = "{table.name}"."{counter}" + excluded."{counter}"'
        names = (*key, counter)
        if is_sqlite(self._conn):
            listed, holes = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
            statement = f'INSERT INTO "{table.name}" ({listed}) VALUES ({holes}) {tail}'
            run_many(self._conn, statement, [tuple(row[name] for name in names) for row in rows])
            return
        columns = _Columns(table, names, rows)
        self._add(_insert_text(table, names, columns.same, tail, len(self._values) + 1), columns.values)

    def hold(self, table: sa.Table, versions: Mapping[UUID, str]) -> None:
        """Write nothing at all unless these rows are the versions that were read; PostgreSQL only, as the first locks.

        The rows are locked in the order of their ids after the inserts given so far, before all that follows.
        """
        if not (versions or self._parts):
            return
        self._parts = [f"{part} RETURNING 1" for part in self._parts]
        place, first = len(self._parts), len(self._values) + 1
        self._hold = f"SELECT 1 / (count(*) = cardinality(${first}::uuid[]))::int FROM w{place}"
        self._add(_hold_text(table, place, first), (list(versions), list(versions.values())))

    def send(self) -> None:
        """Raises `Changed` if what was to be held isn't as it was."""
        if not self._parts:
            return
        parts = ", ".join(f"w{n} AS ({part})" for n, part in enumerate(self._parts))
        try:
            run(self._conn, f"WITH {parts} {self._hold or 'SELECT'}", self._values)
        except DBAPIError as error:
            if self._hold and getattr(error.orig, "sqlstate", "") == _DIVISION_BY_ZERO:
                raise Changed from None
            raise

    def _add(self, part: str, values: Sequence[Any]) -> None:
        self._parts.append(part)
        self._values.extend(values)
