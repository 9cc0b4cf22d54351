"""What is remembered of sources: their states, and what was rejected of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select

from aggregator import text
from aggregator.model import Failing, Rejected, SourceState, Validators
from aggregator.store import schema, sqlite

_TABLE = schema.sources
_PUT = sqlite.upsert(_TABLE, *(column.name for column in _TABLE.c if column.name != "source_id"))
_ALL = select(_TABLE)
_DROP_REJECTS = delete(schema.rejects)
_TITLE = 300  # characters of a rejected entry's title: enough to find it


def states(connection: Connection) -> dict[str, SourceState]:
    return {row["source_id"]: _state(row) for row in connection.execute(_ALL).mappings()}


def state(connection: Connection, source_id: str) -> SourceState:
    """The state of a source; a fresh one for a source never asked."""
    row = connection.execute(_ALL.where(_TABLE.c.source_id == source_id)).mappings().first()
    return _state(row) if row else SourceState(source_id=source_id)


def put(connection: Connection, states: Sequence[SourceState]) -> None:
    if states:
        connection.execute(_PUT, [_row(state) for state in states])


def put_rejects(connection: Connection, source_id: str, rejected: Sequence[Rejected]) -> None:
    """Replaces what was last rejected of a source."""
    connection.execute(_DROP_REJECTS.where(schema.rejects.c.source_id == source_id))
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


def _state(row: RowMapping) -> SourceState:
    return SourceState(
        source_id=row["source_id"],
        validators=Validators(etag=row["etag"], last_modified=row["last_modified"]),
        body_hash=row["body_hash"],
        last_checked=row["last_checked"],
        last_success=row["last_success"],
        last_changed=row["last_changed"],
        next_due=row["next_due"],
        failures=row["failures"],
        failing=_failing(row),
        cadence=row["cadence"],
        moved_to=row["moved_to"],
    )


def _failing(row: RowMapping) -> Failing | None:
    if row["failure"] is None:
        return None
    return Failing(failure=row["failure"], message=row["failure_message"], since=row["failing_since"])


def _row(state: SourceState) -> Mapping[str, Any]:
    failing = state.failing
    return {
        "source_id": state.source_id,
        "etag": _storable(state.validators.etag),
        "last_modified": _storable(state.validators.last_modified),
        "body_hash": state.body_hash,
        "last_checked": state.last_checked,
        "last_success": state.last_success,
        "last_changed": state.last_changed,
        "next_due": state.next_due,
        "failures": state.failures,
        "failure": failing.failure if failing else None,
        "failure_message": _storable(failing.message) if failing else None,
        "failing_since": failing.since if failing else None,
        "cadence": state.cadence,
        "moved_to": _storable(state.moved_to),
    }


def _storable(foreign: str | None) -> str | None:
    """Verbatim, but for lone surrogates, which no database takes: one odd header must not end a pass."""
    return foreign.encode("utf-8", "replace").decode("utf-8") if foreign is not None else None
