"""Items: what a source published, what it said before, what it shares with others."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Insert,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)

from aggregator.model import Item, ItemKey, Keyed, Known, KnownItem, Revision, Shared, Sought
from aggregator.store import columns, schema, sqlite, vocabulary
from aggregator.store.columns import INSTANT

# How much of a source identity looks at: the newest by first sight. No document of a source is longer (limits: 2,000).
KNOWN = 5_000
# Values in one IN (...): SQLite takes 32,766 parameters in a statement, a pair is two.
_BATCH = 1_000

_TABLE = schema.items
_WAITING = schema.waiting
_OURS = frozenset({"number", "withdrawn"})
COLUMNS = tuple(column for column in _TABLE.c if column.name not in _OURS)
_FIELDS = tuple(column.name for column in COLUMNS)
_values = attrgetter(*_FIELDS)
_written = columns.writing(COLUMNS)
_read = columns.reading(COLUMNS)

PRESENT = _TABLE.c.withdrawn == literal_column("0")
_SETTLED = ~exists().where(_WAITING.c.item == _TABLE.c.number)
_NEWEST = _TABLE.c.first_seen.desc()
_KNOWN: ColumnElement[int] = literal_column(str(KNOWN))
_NONE: ColumnElement[int] = literal_column("0")  # a LIMIT without one gets a value of the library's own
_OF_SOURCE = _TABLE.c.source_id == bindparam("of_source")
_THIS = (_OF_SOURCE, _TABLE.c.guid == bindparam("of_guid"))
_THESE = sqlite.among(_TABLE.c.number)

_KNOWN_FIELDS = tuple(field.name for field in fields(KnownItem))
_KNOWN_COLUMNS = tuple(_TABLE.c[name] for name in _KNOWN_FIELDS)
_known = columns.reading(_KNOWN_COLUMNS)
_KNOWN_ITEMS = select(*_KNOWN_COLUMNS).where(_OF_SOURCE).order_by(_NEWEST).limit(_KNOWN).offset(_NONE)
_KNOWN_ALIASES = select(schema.aliases.c.alias, schema.aliases.c.guid).where(
    schema.aliases.c.source_id == bindparam("of_source")
)
_FINGERPRINTS = select(_TABLE.c.fingerprint).where(_OF_SOURCE).order_by(_NEWEST).limit(_KNOWN).offset(_NONE)

_UNIQUE = ("guid", "source_id")
# An item that identity took for new although it is stored stood beyond the newest `KNOWN`: it is no news.
_ADD = sqlite.upsert_by(_TABLE, _UNIQUE, "fingerprint")
_CHANGE = sqlite.upsert_by(_TABLE, _UNIQUE, *(name for name in _FIELDS if name not in _UNIQUE))
_REFRESH = update(_TABLE).where(*_THIS).values(fingerprint=bindparam("new_fingerprint"))
_REVISIONS = schema.revisions
_KEPT = _REVISIONS.alias("kept")
_SAID_BEFORE = (_REVISIONS.c.item == _TABLE.c.number) & (_REVISIONS.c.content_hash == _TABLE.c.content_hash)
# A text that changes to and fro at every fetch is kept once
_KEEP = insert(schema.revisions).from_select(
    ["item", "replaced", "content_hash", "title", "summary", "text"],
    select(
        _TABLE.c.number,
        bindparam("replaced", type_=BigInteger),
        _TABLE.c.content_hash,
        _TABLE.c.title,
        _TABLE.c.summary,
        _TABLE.c.text,
    ).where(*_THIS, _TABLE.c.content_hash != bindparam("new_hash"), ~exists().where(_SAID_BEFORE)),
)
_BEFORE = (
    select(
        _TABLE.c.source_id, _TABLE.c.guid, *(_REVISIONS.c[name] for name in ("replaced", "title", "summary", "text"))
    )
    .join_from(_REVISIONS, _TABLE)
    .where(sqlite.among(_REVISIONS.c.item))
    .order_by(_REVISIONS.c.replaced.desc(), _REVISIONS.c.number.desc())
)
_AGAIN = select(_TABLE.c.source_id, _TABLE.c.guid).where(_THESE, exists().where(_SAID_BEFORE))
# Of one item; a page with the time of day in its text is another one at every fetch
REVISIONS = 20
_TOO_MANY = delete(_REVISIONS).where(
    _REVISIONS.c.item.in_(select(_TABLE.c.number).where(*_THIS)),
    _REVISIONS.c.number.not_in(
        select(_KEPT.c.number)
        .where(_KEPT.c.item.in_(select(_TABLE.c.number).where(*_THIS)))
        .order_by(_KEPT.c.number.desc())
        .limit(literal_column(str(REVISIONS)))
        .offset(literal_column("0"))
    ),
)
_ALIAS = sqlite.upsert(schema.aliases, "guid")


def _waits(*conditions: ColumnElement[bool], fresh: int, overwriting: str = "published") -> Insert:
    """Has the items wait to be settled. Whether they are new stays as it is for those that wait already."""
    found = select(_TABLE.c.number, _TABLE.c.published, _TABLE.c.withdrawn, literal_column(str(fresh)))
    statement = sqlite.upsert(_WAITING, overwriting)
    return statement.from_select([column.name for column in _WAITING.c], found.where(*conditions))


_LAST = select(func.max(_TABLE.c.number))
_NEW_WAIT = _waits(_TABLE.c.number > bindparam("last"), fresh=1)
_THIS_WAITS = _waits(*_THIS, fresh=0)
_THESE_WAIT = _waits(_THESE, fresh=0, overwriting="withdrawn")
_SETTLED_WAIT = _waits(_SETTLED, PRESENT, fresh=0)
_SETTLED_OF_SOURCE_WAIT = _waits(_OF_SOURCE, _SETTLED, PRESENT, fresh=0)
_AS_THEY_GIVE = attrgetter("published", "source_id", "guid")
_END = 2**63 - 1

_READY = _WAITING.c.withdrawn == literal_column("0")
# Two walks over small rows instead of an index: every new item would write a page of it
_LATEST = (
    select(_WAITING.c.published)
    .where(_READY)
    .order_by(_WAITING.c.published)
    .limit(literal_column("1"))
    .offset(bindparam("before"))
)
_FIRST = (
    select(_WAITING.c.item)
    .join_from(_WAITING, _TABLE)
    .where(_READY, _WAITING.c.published <= bindparam("latest", type_=BigInteger))
    .order_by(_WAITING.c.published, _TABLE.c.source_id, _TABLE.c.guid)
    .limit(bindparam("limit"))
    .offset(_NONE)
)
_UNSETTLED = select(*COLUMNS).where(_TABLE.c.number.in_(_FIRST))
_ITEMS = select(*COLUMNS).where(_THESE)

_WITHDRAW = update(_TABLE).where(_THESE).values(withdrawn=literal_column("1"))
_WITHDRAWN = select(_TABLE.c.number).where(_THESE, _TABLE.c.withdrawn == literal_column("1"))
_EMPTY = update(_TABLE).where(_THESE).values(dict.fromkeys(("summary", "text", "html"), literal_column("''")))
_DROP_REVISIONS = delete(schema.revisions).where(sqlite.among(schema.revisions.c.item))
_FRESH = (
    select(_TABLE.c.title, _TABLE.c.summary, _TABLE.c.text)
    .join_from(_WAITING, _TABLE)
    .where(sqlite.among(_WAITING.c.item), _WAITING.c.fresh == literal_column("1"))
    .order_by(_WAITING.c.item)  # FTS5 writes a segment to the disk whenever a number is smaller than the one before
)
_INDEX = sqlite.indexing(
    _FRESH.with_only_columns(_TABLE.c.number, *map(sqlite.searched, (_TABLE.c.title, _TABLE.c.summary, _TABLE.c.text)))
)
_DONE = delete(_WAITING).where(sqlite.among(_WAITING.c.item))

_KEYS, _SKETCHES = schema.item_keys, schema.sketches
_ADD_KEY = insert(_KEYS)
_DROP_KEY = delete(_KEYS).where(*(_KEYS.c[name] == bindparam(f"of_{name}") for name in ("key", "day", "item")))
_ADD_SKETCH = insert(_SKETCHES)
_SKETCHED = select(_SKETCHES.c.item, _SKETCHES.c.day, _SKETCHES.c.packed).where(sqlite.among(_SKETCHES.c.item))
_DROP_SKETCHES = delete(_SKETCHES).where(sqlite.among(_SKETCHES.c.item))
_HOLDERS = select(_TABLE.c.number, _TABLE.c.source_id, _TABLE.c.guid).where(_THESE, _SETTLED, PRESENT)

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
    rows = map(_known, sqlite.rows(connection, _KNOWN_ITEMS, source_id))
    found = {row[0]: KnownItem(**dict(zip(_KNOWN_FIELDS, row, strict=True))) for row in rows}
    named = sqlite.rows(connection, _KNOWN_ALIASES, source_id)
    return Known(
        items=found,
        aliases={alias: guid for alias, guid in named if guid in found},
        fingerprints=frozenset(item.fingerprint for item in found.values()),
    )


def fingerprints(connection: Connection, source_id: str) -> frozenset[str]:
    """The fingerprints of a source's newest items; from an index alone."""
    return frozenset(fingerprint for (fingerprint,) in sqlite.rows(connection, _FINGERPRINTS, source_id))


def load(connection: Connection, keys: Collection[ItemKey]) -> dict[ItemKey, Item]:
    """The stored items of these keys."""
    wanted = sqlite.numbers(numbers(connection, keys).values())
    return {item.key: item for item in map(made, sqlite.rows(connection, _ITEMS, wanted))}


def made(row: Sequence[Any]) -> Item:
    """The item in a row of the driver that starts with `COLUMNS`."""
    return Item(**dict(zip(_FIELDS, _read(row), strict=False)))


# --------------------------------------------------------------------------------------------------------- what is written


def add(connection: Connection, new: Sequence[Item]) -> None:
    """Stores what is not stored yet; it waits to be settled."""
    if new:
        _put(connection, _ADD, new)


def change(connection: Connection, changed: Sequence[Item], *, replaced: datetime | None) -> None:
    """Overwrites items; what they said before is kept where it was something else. They wait to be settled."""
    if not changed:
        return
    rows = [
        (INSTANT.write(replaced or item.first_seen), item.source_id, item.guid, item.content_hash) for item in changed
    ]
    sqlite.run_many(connection, _KEEP, rows)
    sqlite.run_many(connection, _TOO_MANY, [(item.source_id, item.guid) * 2 for item in changed])
    _put(connection, _CHANGE, changed)
    sqlite.run_many(connection, _THIS_WAITS, [item.key for item in changed])
    vocabulary.learn(connection, [(item.title, item.summary, item.text) for item in changed])


def _put(connection: Connection, statement: Insert, put: Sequence[Item]) -> None:
    ((last,),) = sqlite.rows(connection, _LAST)
    sqlite.run_many(connection, statement, [[0, *_written(_values(item))] for item in put])
    sqlite.run(connection, _NEW_WAIT, last or 0)


def refresh(connection: Connection, source_id: str, refreshed: Sequence[tuple[str, str]]) -> None:
    """Other bytes of the same content: the fingerprint is new, nothing has to be settled."""
    sqlite.run_many(connection, _REFRESH, [(fingerprint, source_id, guid) for guid, fingerprint in refreshed])


def add_aliases(connection: Connection, source_id: str, aliases: Sequence[tuple[str, str]]) -> None:
    sqlite.run_many(connection, _ALIAS, [(source_id, alias, guid) for alias, guid in aliases])


# -------------------------------------------------------------------------------------------------------------- to settle


def unsettled(connection: Connection, limit: int) -> tuple[Item, ...]:
    """Items that wait to be settled, in an order that the items give."""
    latest = sqlite.rows(connection, _LATEST, max(limit - 1, 0))
    rows = sqlite.rows(connection, _UNSETTLED, latest[0][0] if latest else _END, limit)
    return tuple(sorted(map(made, rows), key=_AS_THEY_GIVE))


def unsettled_withdrawn(connection: Connection) -> tuple[ItemKey, ...]:
    """Withdrawn items whose stories still name them, sorted."""
    query = select(_TABLE.c.source_id, _TABLE.c.guid).join_from(_WAITING, _TABLE).where(~_READY)
    return tuple(sorted(ItemKey(*row) for row in connection.execute(query)))


def said_before(connection: Connection, keys: Collection[ItemKey]) -> frozenset[ItemKey]:
    """Those of the items that say again what they said before their last change."""
    these = sqlite.numbers(numbers(connection, keys).values())
    return frozenset(ItemKey(*row) for row in sqlite.rows(connection, _AGAIN, these))


def revisions(connection: Connection, keys: Collection[ItemKey]) -> dict[ItemKey, list[Revision]]:
    """What the items said before, the latest first; nothing for those that never changed."""
    found: dict[ItemKey, list[Revision]] = {}
    these = sqlite.numbers(numbers(connection, keys).values())
    for source_id, guid, replaced, title, summary, text in sqlite.rows(connection, _BEFORE, these):
        one = Revision(replaced=INSTANT.read(replaced), title=title, summary=summary, text=text)
        found.setdefault(ItemKey(source_id, guid), []).append(one)
    return found


def withdraw(connection: Connection, keys: Collection[ItemKey]) -> None:
    """The items are no more. They stay known, so that they do not come back as news; their texts go when they are settled."""
    these = sqlite.numbers(numbers(connection, keys).values())
    sqlite.run(connection, _WITHDRAW, these)
    sqlite.run(connection, _THESE_WAIT, these)


def unsettle(connection: Connection, source_ids: Collection[str] | None) -> int:
    """Has items settled again; how many."""
    if source_ids is None:
        return sqlite.run(connection, _SETTLED_WAIT)
    return sum(sqlite.run(connection, _SETTLED_OF_SOURCE_WAIT, source_id) for source_id in sorted(set(source_ids)))


def settle(connection: Connection, settled: Collection[int]) -> None:
    """The items are settled and can be searched; of withdrawn ones nothing is kept but what identity needs."""
    these = sqlite.numbers(settled)
    withdrawn = sqlite.numbers(number for (number,) in sqlite.rows(connection, _WITHDRAWN, these))
    sqlite.run(connection, _EMPTY, withdrawn)
    sqlite.run(connection, _DROP_REVISIONS, withdrawn)
    vocabulary.learn(connection, sqlite.each(connection, _FRESH, these))
    sqlite.run(connection, _INDEX, these)
    sqlite.run(connection, _DONE, these)


# ------------------------------------------------------------------------------------------------------------------- keys


def numbers(connection: Connection, keys: Collection[ItemKey]) -> dict[ItemKey, int]:
    """Under which numbers the other tables name these items."""
    wanted = set(keys)
    query = select(_TABLE.c.source_id, _TABLE.c.guid, _TABLE.c.number)
    guids = batches({key.guid for key in wanted})
    rows = (row for batch in guids for row in connection.execute(query.where(_TABLE.c.guid.in_(batch))))
    found = ((ItemKey(source_id, guid), number) for source_id, guid, number in rows)
    return {key: number for key, number in found if key in wanted}  # other sources may use the same guid


def replace_keys(connection: Connection, of: Collection[int], keys: Mapping[int, Keyed]) -> None:
    """The keys of the items `of` are from now on `keys`."""
    these = sqlite.numbers(of)
    gone = [
        (key, day, number)
        for number, day, packed in sqlite.rows(connection, _SKETCHED, these)
        for key in _unpacked(packed)
    ]
    sqlite.run_many(connection, _DROP_KEY, gone)
    sqlite.run(connection, _DROP_SKETCHES, these)
    held = [(number, its.day, tuple(sorted(set(its.keys)))) for number, its in sorted(keys.items()) if its.keys]
    # in the order of the index: 40,000 rows touch each of its pages once
    sqlite.run_many(connection, _ADD_KEY, sorted((key, day, number) for number, day, its in held for key in its))
    sqlite.run_many(connection, _ADD_SKETCH, [(number, day, _packed(its)) for number, day, its in held])


def _packed(keys: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(keys)}q", *keys)


def _unpacked(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(packed) // 8}q", packed)


def candidates(connection: Connection, sought: Mapping[ItemKey, Collection[Sought]]) -> dict[ItemKey, Shared]:
    """Which settled items each of these items shares which keys with; itself not."""
    askers = sorted(sought)
    rows = [(number, *one) for number, asker in enumerate(askers) for one in sorted(sought[asker])]
    found = sqlite.holding(connection, rows)
    holders = {
        number: ItemKey(source_id, guid)
        for number, source_id, guid in sqlite.rows(connection, _HOLDERS, sqlite.numbers({row[2] for row in found}))
    }
    shared: dict[ItemKey, Shared] = {}
    for asker, key, number in found:
        holder = holders.get(number)
        if holder is not None and holder != askers[asker]:
            shared.setdefault(askers[asker], {}).setdefault(holder, set()).add(key)
    return shared


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
