"""What is remembered of sources: their states, and what was rejected of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from aggregator import text
from aggregator.model import Failing, Rejected, SourceState, Validators
from aggregator.store import columns, schema, sqlite

_TABLE = schema.sources
_PUT = sqlite.upsert(_TABLE, *(column.name for column in _TABLE.c if column.name != "source_id"))
_ALL = select(_TABLE)
_ONE = _ALL.where(_TABLE.c.source_id == bindparam("of_source"))
_write = columns.writing(tuple(_TABLE.c))
_read = columns.reading(tuple(_TABLE.c))
_DROP_REJECTS = delete(schema.rejects).where(schema.rejects.c.source_id == bindparam("of_source"))
_TITLE = 300  # characters of a rejected entry's title: enough to find it


def states(connection: Connection) -> dict[str, SourceState]:
    found = map(_state, sqlite.rows(connection, _ALL))
    return {state.source_id: state for state in found}


def state(connection: Connection, source_id: str) -> SourceState:
    """The state of a source; a fresh one for a source never asked."""
    for row in sqlite.rows(connection, _ONE, source_id):
        return _state(row)
    return SourceState(source_id=source_id)


def put(connection: Connection, states: Sequence[SourceState]) -> None:
    if states:
        sqlite.run_many(connection, _PUT, [_row(state) for state in states])


def put_rejects(connection: Connection, source_id: str, rejected: Sequence[Rejected]) -> None:
    """Replaces what was last rejected of a source."""
    sqlite.run(connection, _DROP_REJECTS, source_id)
    rows = [
        {"source_id": source_id, "position": position, "reason": text.line(one.reason), "title": _title(one)}
        for position, one in enumerate(rejected)
    ]
    if rows:
        connection.execute(insert(schema.rejects), rows)


def _title(rejected: Rejected) -> str:
    entry = rejected.entry
    named = entry.title.value if entry.title else entry.link or entry.guid or ""
    return text.shorten(text.line(named), _TITLE)


def _state(row: Sequence[Any]) -> SourceState:
    source_id, etag, last_modified, body_hash, checked, success, changed, due, failures, *rest = _read(row)
    failure, message, since, cadence, moved_to, rights = rest
    return SourceState(
        source_id=source_id,
        validators=Validators(etag=etag, last_modified=last_modified),
        body_hash=body_hash,
        last_checked=checked,
        last_success=success,
        last_changed=changed,
        next_due=due,
        failures=failures,
        failing=Failing(failure=failure, message=message, since=since) if failure else None,
        cadence=cadence,
        moved_to=moved_to,
        rights=rights,
    )


def _row(state: SourceState) -> list[Any]:
    """In the order of the table's columns."""
    failing = state.failing
    return _write(
        (
            state.source_id,
            _storable(state.validators.etag),
            _storable(state.validators.last_modified),
            state.body_hash,
            state.last_checked,
            state.last_success,
            state.last_changed,
            state.next_due,
            state.failures,
            failing.failure if failing else None,
            _storable(failing.message) if failing else None,
            failing.since if failing else None,
            state.cadence,
            _storable(state.moved_to),
            state.rights,
        )
    )


def _storable(foreign: str | None) -> str | None:
    """Verbatim, but for lone surrogates, which no database takes: one odd header must not end a pass."""
    return foreign.encode("utf-8", "replace").decode("utf-8") if foreign is not None else None
