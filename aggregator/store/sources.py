"""What is remembered of sources: their states, and what was rejected of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, literal_column, select

from aggregator import text
from aggregator.model import Drift, Face, Failing, Move, PushState, Rejected, SourceState, Validators
from aggregator.store import columns, schema, sqlite

_TABLE = schema.sources
_PUT = sqlite.upsert(_TABLE, *(column.name for column in _TABLE.c if column.name != "source_id"))
_PUSHES = schema.pushes
# Of several subscriptions of one source, which a moved hub leaves behind, the one that lives longest
_UNTIL = (
    select(func.max(_PUSHES.c.expires))
    .where(_PUSHES.c.source_id == _TABLE.c.source_id, _PUSHES.c.state == literal_column(f"'{PushState.LIVE}'"))
    .scalar_subquery()
)
_ALL = select(_TABLE, _UNTIL.label("pushed_until"))
_ONE = _ALL.where(_TABLE.c.source_id == bindparam("of_source"))
_write = columns.writing(tuple(_TABLE.c))
_read = columns.reading(tuple(_TABLE.c))
_NAMES = tuple(column.name for column in _TABLE.c)
# Fields that stand in a column of their name as they are
_SAME = (
    "body_hash",
    "last_checked",
    "last_success",
    "last_changed",
    "last_full",
    "next_due",
    "failures",
    "cadence",
    "rhythm",
    "rest",
    "rights",
    "hub",
    "profile",
    "well_since",
)
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
    *stored, pushed_until = _read(row)
    column = dict(zip(_NAMES, stored, strict=True))
    failure, moved_to, drift = column["failure"], column["moved_to"], column["drift_message"]
    faced = column["title"] is not None or column["link_host"] is not None
    return SourceState(
        source_id=column["source_id"],
        validators=Validators(etag=column["etag"], last_modified=column["last_modified"]),
        failing=Failing(failure=failure, message=column["failure_message"], since=column["failing_since"])
        if failure
        else None,
        move=Move(url=moved_to, since=column["moved_since"], times=column["moved_times"]) if moved_to else None,
        face=Face(title=column["title"], host=column["link_host"]) if faced else None,
        drift=Drift(message=drift, since=column["drifting_since"]) if drift is not None else None,
        strikes=column["strikes"] or 0,
        pushed_until=columns.INSTANT.read(pushed_until),
        **{name: column[name] for name in _SAME},
    )


def _row(state: SourceState) -> list[Any]:
    """In the order of the table's columns."""
    failing, move, drift = state.failing, state.move, state.drift
    column = {name: getattr(state, name) for name in (*_SAME, "source_id", "strikes")} | {
        "etag": _storable(state.validators.etag),
        "last_modified": _storable(state.validators.last_modified),
        "failure": failing.failure if failing else None,
        "failure_message": _storable(failing.message) if failing else None,
        "failing_since": failing.since if failing else None,
        "moved_to": _storable(move.url) if move else None,
        "moved_since": move.since if move else None,
        "moved_times": move.times if move else None,
        "title": _storable(state.face.title) if state.face else None,
        "link_host": _storable(state.face.host) if state.face else None,
        "drift_message": _storable(drift.message) if drift else None,
        "drifting_since": drift.since if drift else None,
    }
    return _write(column[name] for name in _NAMES)


def _storable(foreign: str | None) -> str | None:
    """Verbatim, but for lone surrogates, which no database takes: one odd header must not end a pass."""
    return foreign.encode("utf-8", "replace").decode("utf-8") if foreign is not None else None
