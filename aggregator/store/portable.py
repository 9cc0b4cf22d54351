"""Everything in a store as JSON Lines, and back: for another machine, another database, or a look at it.

The first line says what it is, each further one is a row: `{"table": "items", "source_id": ..., ...}`, values as they stand in
the columns (instants are microseconds since 1970, lists are JSON in a text), bytes as base64 under `{"base64": ...}`. Every id
is among them, so nothing that was published gets another name by moving. The last line counts the rows: a file that was cut off
is not taken for a whole one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import (
    BigInteger,
    Connection,
    Float,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    delete,
    exists,
    select,
)

from aggregator import text
from aggregator.errors import StoreError
from aggregator.store import columns, schema, sqlite

FORMAT = "aggregator store"
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
    count = 0
    for table in tables():
        names = table.columns.keys()
        for row in sqlite.each(connection, select(*table.columns).order_by(*table.primary_key.columns)):
            count += 1
            yield _line({"table": table.name, **dict(zip(names, map(_out, row), strict=True))})
    yield _line({"rows": count})


def load(connection: Connection, lines: Iterable[str], name: str) -> int:
    """Fills an empty store with what was exported; how many rows. StoreError names the line; nothing is stored then."""
    if not empty(connection):
        raise StoreError("this store holds something already; expected an empty one, in a data directory of its own")
    sqlite.defer_foreign_keys(connection)
    into = {}
    for table in tables():
        connection.execute(delete(table))  # what a new store begins with (counters)
        into[table.name] = _Into(table, sqlite.filling(connection, table))
    numbered = enumerate(lines, start=1)
    _line_read(next(numbered, (1, "")), name, _headed)
    count, written = 0, None
    for line in numbered:
        written = _line_read(line, name, partial(_row, into))
        if written is not None:
            _nothing_after(numbered, name)
            break
        count += 1
    if written != count:
        found = f"{count} rows of {written or 'more'}"
        raise StoreError(f"{name}: {found}; expected a file that `aggregator export` wrote to its end")
    if dangling := sqlite.dangling(connection):
        raise StoreError(f"{name}: {dangling}; expected a file that `aggregator export` wrote")
    sqlite.index_anew(connection)
    return count


def _nothing_after(numbered: Iterator[tuple[int, str]], name: str) -> None:
    if more := next(numbered, None):
        raise StoreError(f"{name}:{more[0]}: a line after the last; expected one file that `aggregator export` wrote")


def empty(connection: Connection) -> bool:
    """Whether nothing was ever stored, but for what a new store begins with."""
    begun = {schema.counters.name}
    return not any(connection.scalar(select(exists().select_from(each))) for each in tables() if each.name not in begun)


class _Into:
    """One table that is being filled."""

    def __init__(self, table: Table, put: Callable[[Sequence[Any]], None]) -> None:
        self.put = put
        self.columns = table.columns.keys()
        self._kinds = [_KINDS[type(column.type)] for column in table.columns]
        self._read = columns.reading(tuple(table.columns))

    def check(self, values: Sequence[Any]) -> None:
        """ValueError for what could be stored and not be read again."""
        for column, value, kind in zip(self.columns, values, self._kinds, strict=True):
            if value is None or (isinstance(value, kind) and not isinstance(value, bool)):
                continue
            raise ValueError(f"{column}: {type(value).__name__}")
        self._read(values)


_KINDS: Mapping[type, tuple[type, ...]] = {
    Text: (str,),
    Integer: (int,),
    BigInteger: (int,),
    SmallInteger: (int,),
    Float: (int, float),
    LargeBinary: (bytes,),
    columns.Written: (int, str),
}
# What json.loads raises, what the readers of columns raise, and what the database says of a row: twice there, out of range
_WRONG = (ValueError, KeyError, TypeError, OverflowError, RecursionError, sqlite.RowError)


def _line_read(numbered: tuple[int, str], name: str, read: Callable[[Row], _Read]) -> _Read:
    number, line = numbered
    try:
        line.encode()  # half a character, or a byte that is none (surrogateescape)
        row = json.loads(line)
        if not isinstance(row, dict):
            raise ValueError("no object")
        return read(row)
    except _WRONG as error:
        said = text.shorten(text.line(str(error)), 200)
        raise StoreError(f"{name}:{number}: {said}; expected a line that `aggregator export` wrote") from error


def _headed(row: Row) -> None:
    if row.get("format") != FORMAT:
        raise ValueError("the file does not begin like an export")
    if row.get("schema") != schema.VERSION:
        raise ValueError(f"schema {row.get('schema')}, this program has {schema.VERSION}")


def _row(into: Mapping[str, _Into], row: Row) -> int | None:
    """Stores a row, a column that is not there as NULL. How many rows were written, where it is the last line instead."""
    if row.keys() == {"rows"}:
        return int(row["rows"])
    name = row.pop("table", None)
    if name not in into:
        raise ValueError(f"unknown table {name!r}")
    table = into[name]
    if strange := sorted(row.keys() - set(table.columns)):
        raise ValueError(f"unknown column {strange[0]!r} of {name}")
    values = [_back(row.get(column)) for column in table.columns]
    table.check(values)
    table.put(values)
    return None


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _out(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _back(value: Any) -> Any:
    # binascii.Error is a ValueError
    return base64.b64decode(value["base64"], validate=True) if isinstance(value, dict) else value
