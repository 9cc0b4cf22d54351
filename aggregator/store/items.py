"""Items: what a source published, what it said before, what it shares with others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from aggregator.model import Item, ItemKey, Known, KnownItem
from aggregator.store import schema, sqlite
from aggregator.store.columns import INSTANT

# How much of a source identity looks at: the newest by first sight. No document of a source is longer (limits: 2,000).
KNOWN = 5_000
# Values in one IN (...): SQLite takes 32,766 parameters in a statement, a pair is two.
_BATCH = 1_000

_TABLE = schema.items
_OURS = frozenset({"number", "settled", "withdrawn"})
_FIELDS = tuple(column.name for column in _TABLE.c if column.name not in _OURS)
COLUMNS = tuple(_TABLE.c[name] for name in _FIELDS)
_UNSETTLED = schema.UNSETTLED
_SETTLED = _TABLE.c.settled == literal_column("1")
PRESENT = _TABLE.c.withdrawn == literal_column("0")
_NEWEST = _TABLE.c.first_seen.desc()

_UNIQUE = ("guid", "source_id")
# An item that identity took for new although it is stored stood beyond the newest `KNOWN`: it is no news.
_ADD = sqlite.upsert_by(_TABLE, _UNIQUE, "fingerprint")
_CHANGE = sqlite.upsert_by(_TABLE, _UNIQUE, "settled", *(name for name in _FIELDS if name not in _UNIQUE))
_THIS = (_TABLE.c.source_id == bindparam("of_source"), _TABLE.c.guid == bindparam("of_guid"))
_REFRESH = update(_TABLE).where(*_THIS).values(fingerprint=bindparam("new_fingerprint"))
_KEEP = insert(schema.revisions).from_select(
    ["item", "replaced", "content_hash", "title", "summary", "text"],
    select(
        _TABLE.c.number,
        bindparam("replaced", type_=INSTANT),
        _TABLE.c.content_hash,
        _TABLE.c.title,
        _TABLE.c.summary,
        _TABLE.c.text,
    ).where(*_THIS, _TABLE.c.content_hash != bindparam("new_hash")),
)
_ALIAS = sqlite.upsert(schema.aliases, "guid")

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A stored item with the story it is in, None while it is not settled."""

    item: Item
    story_id: str | None
    labels: tuple[str, ...]


def batches(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    """The values in lists that fit into one statement, sorted: the same question is the same SQL."""
    ordered = sorted(values)  # type: ignore[type-var]
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]


# ---------------------------------------------------------------------------------------------------------- what is known


def known(connection: Connection, source_id: str) -> Known:
    """The newest items of a source with their further names."""
    columns = [_TABLE.c[name] for name in ("guid", "content_hash", "fingerprint", "first_seen", "title", "url")]
    query = select(*columns).where(_TABLE.c.source_id == source_id).order_by(_NEWEST).limit(KNOWN)
    found = {
        guid: KnownItem(
            guid=guid, content_hash=content_hash, fingerprint=fingerprint, first_seen=first_seen, title=title, url=url
        )
        for guid, content_hash, fingerprint, first_seen, title, url in connection.execute(query)
    }
    named = select(schema.aliases.c.alias, schema.aliases.c.guid).where(schema.aliases.c.source_id == source_id)
    return Known(
        items=found,
        aliases={alias: guid for alias, guid in connection.execute(named) if guid in found},
        fingerprints=frozenset(item.fingerprint for item in found.values()),
    )


def fingerprints(connection: Connection, source_id: str) -> frozenset[str]:
    """The fingerprints of a source's newest items; from an index alone."""
    query = select(_TABLE.c.fingerprint).where(_TABLE.c.source_id == source_id).order_by(_NEWEST).limit(KNOWN)
    return frozenset(connection.scalars(query))


def load(connection: Connection, keys: Collection[ItemKey]) -> dict[ItemKey, Item]:
    """The stored items of these keys."""
    query = select(*COLUMNS)
    wanted = batches(numbers(connection, keys).values())
    rows = (row for batch in wanted for row in connection.execute(query.where(_TABLE.c.number.in_(batch))))
    return {item.key: item for item in map(made, rows)}


def made(row: Sequence[Any]) -> Item:
    """The item in a row that starts with `COLUMNS`."""
    return Item(**dict(zip(_FIELDS, row, strict=False)))


# --------------------------------------------------------------------------------------------------------- what is written


def add(connection: Connection, new: Sequence[Item]) -> None:
    if new:
        connection.execute(_ADD, [_row(item) for item in new])


def change(connection: Connection, changed: Sequence[Item], *, replaced: datetime | None) -> None:
    """Overwrites items; what they said before is kept where it was something else."""
    if not changed:
        return
    rows = [
        {
            "of_source": item.source_id,
            "of_guid": item.guid,
            "new_hash": item.content_hash,
            "replaced": replaced or item.first_seen,
        }
        for item in changed
    ]
    connection.execute(_KEEP, rows)
    connection.execute(_CHANGE, [_row(item) for item in changed])


def refresh(connection: Connection, source_id: str, refreshed: Sequence[tuple[str, str]]) -> None:
    """Other bytes of the same content: the fingerprint is new, nothing has to be settled."""
    if refreshed:
        rows = [
            {"of_source": source_id, "of_guid": guid, "new_fingerprint": fingerprint} for guid, fingerprint in refreshed
        ]
        connection.execute(_REFRESH, rows)


def add_aliases(connection: Connection, source_id: str, aliases: Sequence[tuple[str, str]]) -> None:
    if aliases:
        rows = [{"source_id": source_id, "alias": alias, "guid": guid} for alias, guid in aliases]
        connection.execute(_ALIAS, rows)


def _row(item: Item) -> Mapping[str, Any]:
    return {name: getattr(item, name) for name in _FIELDS} | {"settled": 0, "withdrawn": 0}


# -------------------------------------------------------------------------------------------------------------- to settle


def unsettled(connection: Connection, limit: int) -> tuple[Item, ...]:
    """Items that wait to be settled, in an order that the items give."""
    query = (
        select(*COLUMNS)
        .where(_UNSETTLED, PRESENT)
        .order_by(_TABLE.c.published, _TABLE.c.source_id, _TABLE.c.guid)
        .limit(limit)
    )
    return tuple(map(made, connection.execute(query)))


def unsettled_withdrawn(connection: Connection) -> tuple[ItemKey, ...]:
    """Withdrawn items whose stories still name them, sorted."""
    query = select(_TABLE.c.source_id, _TABLE.c.guid).where(_UNSETTLED, _TABLE.c.withdrawn == literal_column("1"))
    return tuple(sorted(ItemKey(*row) for row in connection.execute(query)))


def withdraw(connection: Connection, keys: Collection[ItemKey]) -> None:
    """The items are no more. They stay known, so that they do not come back as news; their texts go when they are settled."""
    for batch in batches(numbers(connection, keys).values()):
        connection.execute(update(_TABLE).where(_TABLE.c.number.in_(batch)).values(withdrawn=1, settled=0))


def unsettle(connection: Connection, source_ids: Collection[str] | None) -> int:
    """Has items settled again; how many."""
    statement = update(_TABLE).where(_SETTLED, PRESENT).values(settled=0)
    if source_ids is None:
        return connection.execute(statement).rowcount
    return sum(
        connection.execute(statement.where(_TABLE.c.source_id.in_(batch))).rowcount for batch in batches(source_ids)
    )


def settle(connection: Connection, numbers: Collection[int]) -> None:
    """The items are settled; of withdrawn ones nothing is kept but what identity needs."""
    gone = {"summary": "", "text": "", "html": ""}
    for batch in batches(numbers):
        these = _TABLE.c.number.in_(batch)
        connection.execute(update(_TABLE).where(these).values(settled=1))
        emptied = connection.execute(update(_TABLE).where(these, ~PRESENT).values(**gone))
        if emptied.rowcount:
            withdrawn = select(_TABLE.c.number).where(these, ~PRESENT)
            connection.execute(delete(schema.revisions).where(schema.revisions.c.item.in_(withdrawn)))


# ------------------------------------------------------------------------------------------------------------------- keys


def numbers(connection: Connection, keys: Collection[ItemKey]) -> dict[ItemKey, int]:
    """Under which numbers the other tables name these items."""
    wanted = set(keys)
    query = select(_TABLE.c.source_id, _TABLE.c.guid, _TABLE.c.number)
    guids = batches({key.guid for key in wanted})
    rows = (row for batch in guids for row in connection.execute(query.where(_TABLE.c.guid.in_(batch))))
    found = ((ItemKey(source_id, guid), number) for source_id, guid, number in rows)
    return {key: number for key, number in found if key in wanted}  # other sources may use the same guid


def replace_keys(connection: Connection, of: Collection[int], keys: Mapping[int, Collection[str]]) -> None:
    """The keys of the items `of` are from now on `keys`."""
    for batch in batches(of):
        connection.execute(delete(schema.item_keys).where(schema.item_keys.c.item.in_(batch)))
    rows = sorted({(key, number) for number, its_keys in keys.items() for key in its_keys})
    sqlite.insert_many(connection, schema.item_keys, rows)


def candidates(connection: Connection, keys: Collection[str]) -> dict[str, tuple[ItemKey, ...]]:
    """Who else has these keys: settled items, sorted."""
    columns = (schema.item_keys.c.key, _TABLE.c.source_id, _TABLE.c.guid)
    query = select(*columns).join_from(schema.item_keys, _TABLE).where(_SETTLED, PRESENT)
    holders: dict[str, list[ItemKey]] = defaultdict(list)
    for batch in batches(keys):
        for key, source_id, guid in connection.execute(query.where(schema.item_keys.c.key.in_(batch))):
            holders[key].append(ItemKey(source_id, guid))
    return {key: tuple(sorted(its_holders)) for key, its_holders in holders.items()}


# ----------------------------------------------------------------------------------------------------------------- counts


def counts(connection: Connection) -> dict[str, int]:
    """How many items, stories and sources there are."""
    present = select(func.count()).select_from(_TABLE).where(PRESENT)
    return {
        "items": connection.scalar(present) or 0,
        "stories": connection.scalar(select(func.count()).select_from(schema.stories)) or 0,
        "sources": connection.scalar(select(func.count()).select_from(schema.sources)) or 0,
    }


def source_counts(connection: Connection) -> dict[str, int]:
    """How many items each source has."""
    query = select(_TABLE.c.source_id, func.count().label("number")).where(PRESENT).group_by(_TABLE.c.source_id)
    return {row.source_id: row.number for row in connection.execute(query)}
