"""What is kept and what goes: what sources show, what is held of them, and giving space back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, literal_column, select

from aggregator.model import Holding, ItemKey
from aggregator.store import columns, schema, sqlite
from aggregator.store.columns import INSTANT, STRINGS

_ITEMS, _MEMBERS, _LISTINGS, _HOSTS = schema.items, schema.members, schema.listings, schema.hosts
_PUT_LISTING = sqlite.upsert(_LISTINGS, "fingerprints")
_HELD = (
    select(
        _ITEMS.c.source_id,
        _ITEMS.c.guid,
        _MEMBERS.c.story_id,
        _ITEMS.c.published,
        _ITEMS.c.first_seen,
        _ITEMS.c.fingerprint,
    )
    .join_from(_MEMBERS, _ITEMS)
    .where(_ITEMS.c.withdrawn == literal_column("0"), _ITEMS.c.number.not_in(select(schema.waiting.c.item)))
)
_RETAINED = "retained"
_COUNTERS = schema.counters
_WHEN = select(_COUNTERS.c.value).where(_COUNTERS.c.name == _RETAINED)
_PUT_WHEN = sqlite.upsert(_COUNTERS, "value")
_FORGET_HOSTS = delete(_HOSTS).where(
    func.max(
        func.coalesce(_HOSTS.c.closed_until, literal_column("0")),
        func.coalesce(_HOSTS.c.robots_checked, literal_column("0")),
    )
    < bindparam("before", type_=columns.INSTANT)
)


def put_listings(connection: Connection, listed: Mapping[str, Sequence[str]]) -> None:
    """The fingerprints of all that these sources show now."""
    rows = [(source_id, STRINGS.write(tuple(shown))) for source_id, shown in listed.items()]
    sqlite.run_many(connection, _PUT_LISTING, rows)


def holdings(connection: Connection) -> tuple[Holding, ...]:
    """Every settled item that is in a story, sorted by key."""
    shown: Mapping[str, frozenset[str]] = defaultdict(
        frozenset, {row[0]: frozenset(row[1]) for row in connection.execute(select(_LISTINGS))}
    )
    instant = INSTANT.read
    found = (
        Holding(
            key=ItemKey(source_id, guid),
            story_id=story_id,
            published=instant(published),
            first_seen=instant(first_seen),
            listed=fingerprint in shown[source_id],
        )
        for source_id, guid, story_id, published, first_seen, fingerprint in sqlite.each(connection, _HELD)
    )
    return tuple(sorted(found, key=lambda held: held.key))


def retained(connection: Connection) -> datetime | None:
    """When retention last came to its end."""
    found: datetime | None = INSTANT.read(connection.scalar(_WHEN))
    return found


def put_retained(connection: Connection, now: datetime) -> None:
    connection.execute(_PUT_WHEN, {"name": _RETAINED, "value": INSTANT.write(now)})


def forget_hosts(connection: Connection, before: datetime) -> int:
    """Servers that nobody has asked since then; how many."""
    return connection.execute(_FORGET_HOSTS, {"before": before}).rowcount


def forget_sources(connection: Connection, configured: Collection[str]) -> None:
    """What sources show that are configured no more."""
    gone = [row[0] for row in connection.execute(select(_LISTINGS.c.source_id)) if row[0] not in configured]
    sqlite.run_many(
        connection, delete(_LISTINGS).where(_LISTINGS.c.source_id == bindparam("of_source")), [(one,) for one in gone]
    )
