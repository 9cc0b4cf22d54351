"""Everything in a store as JSON Lines, and back: for another machine, another database, or a look at it.

The first line says what it is, each further one is a row: `{"table": "items", "source_id": ..., ...}`, values as they stand in
the columns (instants are microseconds since 1970, lists are JSON in a text), bytes as base64 under `{"base64": ...}`. Every id
is among them, so nothing that was published gets another name by moving.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Table, delete, func, select

from aggregator.errors import StoreError
from aggregator.store import schema, sqlite

FORMAT = "aggregator store"
_BATCH = 500  # rows in one statement
# What was published where belongs to the output directory of the old machine
_LOCAL = frozenset({"rendered"})

Row: TypeAlias = dict[str, Any]
_Read = TypeVar("_Read")


def tables() -> list[Table]:
    """In the order in which they can be filled: what others point to first."""
    return [table for table in schema.metadata.sorted_tables if table.name not in _LOCAL]


def export(connection: Connection) -> Iterator[str]:
    """The lines, without their ends; inside one transaction they are one state of the store."""
    yield _line({"format": FORMAT, "schema": schema.VERSION})
    for table in tables():
        names = table.columns.keys()
        for row in sqlite.each(connection, select(*table.columns).order_by(*table.primary_key.columns)):
            yield _line({"table": table.name, **dict(zip(names, map(_out, row), strict=True))})


def load(connection: Connection, lines: Iterable[str], name: str) -> int:
    """Fills an empty store with what was exported; how many rows. StoreError names the line; nothing is stored then."""
    if not empty(connection):
        raise StoreError("this store holds something already; expected an empty one, in a data directory of its own")
    by_name = {table.name: table for table in tables()}
    sqlite.defer_foreign_keys(connection)
    for table in by_name.values():  # what a new store begins with (counters)
        connection.execute(delete(table))
    numbered = enumerate(lines, start=1)
    _line_read(next(numbered, (1, "")), name, _headed)
    rows = (_line_read(one, name, lambda row: _row(row, by_name)) for one in numbered)
    count = 0
    for table_name, group in groupby(rows, key=itemgetter(0)):
        while batch := [row for _, row in islice(group, _BATCH)]:
            sqlite.fill(connection, by_name[table_name], batch)
            count += len(batch)
    sqlite.index_anew(connection)
    return count


def empty(connection: Connection) -> bool:
    """Whether nothing was ever gathered into the store."""
    return not any(
        connection.scalar(select(func.count()).select_from(table)) for table in (schema.items, schema.sources)
    )


def _line_read(numbered: tuple[int, str], name: str, read: Callable[[Row], _Read]) -> _Read:
    number, line = numbered
    try:
        row = json.loads(line)
        if not isinstance(row, dict):
            raise ValueError("no object")
        return read(row)
    except (ValueError, KeyError) as error:
        raise StoreError(f"{name}:{number}: {error}; expected a line that `aggregator export` wrote") from error


def _headed(row: Row) -> None:
    if row.get("format") != FORMAT:
        raise ValueError("the file does not begin like an export")
    if row.get("schema") != schema.VERSION:
        raise ValueError(f"schema {row.get('schema')}, this program has {schema.VERSION}")


def _row(row: Row, by_name: Mapping[str, Table]) -> tuple[str, list[Any]]:
    """The table and the values in the order of its columns; a column that is not there is NULL."""
    name = row.pop("table", None)
    if name not in by_name:
        raise ValueError(f"unknown table {name!r}")
    columns = by_name[name].columns.keys()
    if strange := sorted(row.keys() - set(columns)):
        raise ValueError(f"unknown column {strange[0]!r} of {name}")
    return name, [_back(row.get(column)) for column in columns]


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _out(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _back(value: Any) -> Any:
    # binascii.Error is a ValueError
    return base64.b64decode(value["base64"], validate=True) if isinstance(value, dict) else value
