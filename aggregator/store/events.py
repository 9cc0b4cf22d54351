"""What somebody was told of the health of sources and of the installation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, func, literal_column, or_, select

from aggregator import text
from aggregator.model import Event, Telling
from aggregator.store import columns, schema, sqlite

KEPT = 500  # events; of what is older nobody asks
_TABLE = schema.events
_NAMES = tuple(column.name for column in _TABLE.c)
_PUT = sqlite.upsert(_TABLE, *(name for name in _NAMES if name != "number"))
_write = columns.writing(tuple(_TABLE.c))
_read = columns.reading(tuple(_TABLE.c))
_EMPTY: ColumnElement[str] = literal_column("'[]'")
_ALL = select(_TABLE).order_by(_TABLE.c.number.desc())
_LEFT = _ALL.where(or_(_TABLE.c.open != _EMPTY, _TABLE.c.waiting != _EMPTY))
_LAST = select(func.max(_TABLE.c.number))
_NEWEST = _ALL.where(_TABLE.c.number > _LAST.scalar_subquery() - bindparam("most"))  # there are no gaps
_DROP = delete(_TABLE).where(_TABLE.c.number <= bindparam("until"), _TABLE.c.open == _EMPTY)


def unfinished(connection: Connection) -> tuple[tuple[Event, ...], int]:
    """The events that are open or not yet told everywhere, oldest first; and the highest number of all."""
    [(last,)] = sqlite.rows(connection, _LAST)
    return tuple(reversed(_events(connection, _LEFT))) if last else (), last or 0


def newest(connection: Connection, limit: int) -> tuple[Event, ...]:
    return tuple(_events(connection, _NEWEST, limit))


def put(connection: Connection, events: Sequence[Event]) -> None:
    sqlite.run_many(connection, _PUT, [_row(event) for event in events])
    sqlite.run(connection, _DROP, max(event.number for event in events) - KEPT)


def _events(connection: Connection, query: Select[Any], *values: int) -> list[Event]:
    rows = (dict(zip(_NAMES, _read(row), strict=True)) for row in sqlite.rows(connection, query, *values))
    return [Event(**{**row, "waiting": tuple(map(Telling, row["waiting"]))}) for row in rows]


def _row(event: Event) -> list[Any]:
    values = {name: getattr(event, name) for name in _NAMES}
    return _write({**values, "detail": text.legal(event.detail)}[name] for name in _NAMES)
