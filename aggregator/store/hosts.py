"""What is remembered of servers: until when they are closed, and their robots.txt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from aggregator.model import Host
from aggregator.store import columns, schema, sqlite

_TABLE = schema.hosts
_WITHOUT_TEXT = tuple(column for column in _TABLE.c if column.name != "robots")
_ALL = select(*_WITHOUT_TEXT)
_TEXT = select(_TABLE.c.robots).where(_TABLE.c.origin == bindparam("of_origin"))
_OTHERS = [column.name for column in _WITHOUT_TEXT if column.name != "origin"]
_PUT = sqlite.upsert(_TABLE, *_OTHERS, "robots")
_PUT_WITHOUT_TEXT = sqlite.upsert(_TABLE, *_OTHERS)
_write = columns.writing(tuple(_TABLE.c))
_read = columns.reading(_WITHOUT_TEXT)


def load(connection: Connection) -> dict[str, Host]:
    """Of all servers ever asked, by origin, without their robots.txt."""
    return {host.origin: host for host in map(_host, sqlite.rows(connection, _ALL))}


def robots(connection: Connection, origin: str) -> str | None:
    """The robots.txt of a server as last read."""
    for (text,) in sqlite.rows(connection, _TEXT, origin):
        return None if text is None else str(text)
    return None


def put(connection: Connection, hosts: Sequence[Host]) -> None:
    """A host whose robots.txt was not loaded keeps that which is stored."""
    sqlite.run_many(connection, _PUT, [_row(host) for host in hosts if host.robots is not None])
    sqlite.run_many(connection, _PUT_WITHOUT_TEXT, [_row(host) for host in hosts if host.robots is None])


_OFFLINE = "offline_since"
_COUNTERS = schema.counters
_SINCE = select(_COUNTERS.c.value).where(_COUNTERS.c.name == _OFFLINE)
_PUT_SINCE = sqlite.upsert(_COUNTERS, "value")
_NOT_OFFLINE = delete(_COUNTERS).where(_COUNTERS.c.name == _OFFLINE)


def offline_since(connection: Connection) -> datetime | None:
    for (value,) in connection.execute(_SINCE):
        found: datetime | None = columns.INSTANT.read(value)
        return found
    return None


def put_offline(connection: Connection, since: datetime | None) -> None:
    if since is None:
        connection.execute(_NOT_OFFLINE)
    else:
        connection.execute(_PUT_SINCE, {"name": _OFFLINE, "value": columns.INSTANT.write(since)})


def _host(row: Sequence[object]) -> Host:
    origin, closed, refusals, status, checked, read, since, delay, verdicts = _read(row)
    return Host(
        origin=origin,
        closed_until=closed,
        refusals=refusals,
        robots_status=status,
        robots_checked=checked,
        robots_read=read,
        robots_since=since,
        crawl_delay=delay,
        verdicts=verdicts,
    )


def _row(host: Host) -> list[object]:
    """In the order of the table's columns."""
    return _write(
        (
            host.origin,
            host.closed_until,
            host.refusals,
            host.robots_status,
            host.robots_checked,
            host.robots_read,
            host.robots_since,
            host.crawl_delay,
            host.verdicts,
            host.robots,
        )
    )
