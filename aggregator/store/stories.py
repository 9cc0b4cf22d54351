"""Stories: which items they are made of, what was published of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, union, update

from aggregator.model import Headline, Item, ItemKey, Match, Since, Story, StoryName, StoryUpdate
from aggregator.store import columns, items, schema, sqlite
from aggregator.store.columns import INSTANT, STRINGS

_TABLE = schema.stories
_MEMBERS = schema.members
_ALIASES = schema.story_aliases
_FIELDS = ("id", "minted", "related", "published", "changed", "tags", "near_misses", "absorbed", "version")
_COLUMNS = tuple(_TABLE.c[name] for name in _FIELDS)
_read = columns.reading(_COLUMNS)
_HEADLINE = ("id", "version", "minted", "published", "changed", "labels", "sources", "language")
_HEADLINES = select(*(_TABLE.c[name] for name in _HEADLINE))
_ALL_HEADLINES = _HEADLINES.order_by(_TABLE.c.published.desc(), _TABLE.c.id)
_GONE = schema.gone_stories
_CHANGED_SINCE = select(_TABLE.c.id).where(_TABLE.c.generation > bindparam("of_generation"))
_GONE_SINCE = select(_GONE.c.story_id).where(_GONE.c.generation > bindparam("of_generation"))
_PUT_GONE = sqlite.upsert(_GONE, "generation")
_DROP_GONE = delete(_GONE).where(_GONE.c.story_id == bindparam("of_story"))

_PUT = sqlite.upsert(_TABLE, *(column.name for column in _TABLE.c if column.name != "id"))
_write = columns.writing(tuple(_TABLE.c))
_PUT_MEMBER = insert(_MEMBERS)
_DROP_MEMBERS = delete(_MEMBERS).where(sqlite.among(_MEMBERS.c.item))
_DROP_MEMBERS_OF = delete(_MEMBERS).where(_MEMBERS.c.story_id == bindparam("of_story"))
_LABELS = schema.story_labels
_PUT_LABEL = insert(_LABELS)
_DROP_LABELS_OF = delete(_LABELS).where(_LABELS.c.story_id == bindparam("of_story"))
_PUT_ALIAS = sqlite.upsert(_ALIASES, "story_id")
_PUT_MATCH = sqlite.upsert(schema.matches, "verdict", "rule", "strength", "evidence")
_COUNTER = schema.counters
_PUT_COUNTER = sqlite.upsert(_COUNTER, "value")
_GENERATION = select(_COUNTER.c.value).where(_COUNTER.c.name == bindparam("of_name"))

_SLUGS = select(_TABLE.c.slug, _TABLE.c.id)
_FORMER = select(_ALIASES.c.slug, _TABLE.c.id).join_from(_ALIASES, _TABLE, _ALIASES.c.story_id == _TABLE.c.id)

_LEFT, _RIGHT = schema.items.alias("left_item"), schema.items.alias("right_item")
_MATCHES = (
    select(
        _LEFT.c.source_id,
        _LEFT.c.guid,
        _RIGHT.c.source_id,
        _RIGHT.c.guid,
        *(schema.matches.c[name] for name in ("verdict", "rule", "strength", "evidence")),
    )
    .join_from(schema.matches, _LEFT, schema.matches.c.left == _LEFT.c.number)
    .join(_RIGHT, schema.matches.c.right == _RIGHT.c.number)
)


# ---------------------------------------------------------------------------------------------------------------- reading


def matches(connection: Connection, keys: Collection[ItemKey]) -> tuple[Match, ...]:
    """All stored comparisons that touch any of the items, sorted."""
    touched: set[Match] = set()
    for batch in items.batches(items.numbers(connection, keys).values()):
        # two questions instead of one with OR: each has its index
        for side in (schema.matches.c.left, schema.matches.c.right):
            touched.update(map(_match, connection.execute(_MATCHES.where(side.in_(batch)))))
    return tuple(sorted(touched, key=lambda match: (match.left, match.right)))


def _match(row: Sequence[Any]) -> Match:
    left_source, left_guid, right_source, right_guid, verdict, rule, strength, evidence = row
    return Match(
        left=ItemKey(left_source, left_guid),
        right=ItemKey(right_source, right_guid),
        verdict=verdict,
        rule=rule,
        strength=strength,
        evidence=evidence,
    )


def names(connection: Connection, keys: Collection[ItemKey]) -> tuple[StoryName, ...]:
    """The stories that contain any of the items, each with all its members, sorted by id."""
    ids: set[str] = set()
    for batch in items.batches(items.numbers(connection, keys).values()):
        ids.update(connection.scalars(select(_MEMBERS.c.story_id).where(_MEMBERS.c.item.in_(batch))))
    members = _member_keys(connection, ids)
    query = select(_TABLE.c.id, _TABLE.c.minted, _TABLE.c.absorbed)
    rows = (row for batch in items.batches(ids) for row in connection.execute(query.where(_TABLE.c.id.in_(batch))))
    return tuple(
        StoryName(id=story_id, minted=minted, members=tuple(sorted(members[story_id])), absorbed=absorbed)
        for story_id, minted, absorbed in rows
    )


def _member_keys(connection: Connection, ids: Collection[str]) -> Mapping[str, list[ItemKey]]:
    query = select(_MEMBERS.c.story_id, schema.items.c.source_id, schema.items.c.guid).join_from(_MEMBERS, schema.items)
    found: dict[str, list[ItemKey]] = defaultdict(list)
    for batch in items.batches(ids):
        for story_id, source_id, guid in connection.execute(query.where(_MEMBERS.c.story_id.in_(batch))):
            found[story_id].append(ItemKey(source_id, guid))
    return found


def load(connection: Connection, ids: Collection[str]) -> dict[str, Story]:
    """The stories of these ids, whole. An id that was absorbed is not resolved."""
    found: dict[str, Story] = {}
    for batch in items.batches(set(ids)):
        carriers = _carriers(connection, batch)
        for row in sqlite.plain(connection, select(*_COLUMNS).where(_TABLE.c.id.in_(batch))):
            of_one = tuple(carriers[row[0]])
            found[row[0]] = Story(origin=of_one[0], carriers=of_one, **dict(zip(_FIELDS, _read(row), strict=True)))
    return found


def _carriers(connection: Connection, ids: Sequence[str]) -> Mapping[str, list[Item]]:
    query = (
        select(*items.COLUMNS, _MEMBERS.c.story_id)
        .join_from(_MEMBERS, schema.items)
        .where(_MEMBERS.c.story_id.in_(ids))
        .order_by(_MEMBERS.c.story_id, _MEMBERS.c.position)
    )
    found: dict[str, list[Item]] = defaultdict(list)
    for row in sqlite.plain(connection, query):
        found[row[-1]].append(items.made(row))
    return found


def headlines(connection: Connection, ids: Collection[str] | None = None) -> tuple[Headline, ...]:
    """What selecting needs of these stories (None: of all), newest first, those of one instant by id."""
    if ids is None:
        return _headlines(sqlite.each(connection, _ALL_HEADLINES))
    some = [
        row
        for batch in items.batches(set(ids))
        for row in sqlite.plain(connection, _HEADLINES.where(_TABLE.c.id.in_(batch)))
    ]
    found = sorted(_headlines(some), key=lambda headline: headline.id)
    return tuple(sorted(found, key=lambda headline: headline.published, reverse=True))


def _headlines(rows: Iterable[tuple[Any, ...]]) -> tuple[Headline, ...]:
    # Column by column and not as everywhere (`columns.reading`), each row gone before the next is read: a pass may read them
    # all, 20,000 in 80 ms. Many were minted and changed in the same pass.
    instant, strings = INSTANT.read, STRINGS.read
    of_pass = lru_cache(instant)
    return tuple(
        Headline(
            id=story_id,
            version=version,
            minted=of_pass(minted),
            published=instant(published),
            changed=of_pass(changed),
            labels=strings(labels),
            sources=strings(sources),
            language=language,
        )
        for story_id, version, minted, published, changed, labels, sources, language in rows
    )


def changed_since(connection: Connection, since: int) -> Since:
    """The stories that settlings after that generation wrote or took away."""
    return Since(
        generation=generation(connection),
        changed=tuple(sorted(story_id for (story_id,) in sqlite.each(connection, _CHANGED_SINCE, since))),
        gone=tuple(sorted(story_id for (story_id,) in sqlite.each(connection, _GONE_SINCE, since))),
    )


def generation(connection: Connection) -> int:
    """How often stories were settled: grows by one with every `commit`."""
    return sum(number for (number,) in sqlite.rows(connection, _GENERATION, "generation"))


def address_count(connection: Connection) -> int:
    """How many names stories can be asked for by."""
    named = union(select(_TABLE.c.slug), select(_FORMER.subquery().c.slug)).subquery()
    return int(connection.scalar(select(func.count()).select_from(named)) or 0)


def addresses(connection: Connection) -> dict[str, str]:
    """Slug to id of every story, and the slugs of those it absorbed; a story's own before another's former one."""
    former = sqlite.rows(connection, _FORMER)
    return dict((*former, *sqlite.rows(connection, _SLUGS)))


# ---------------------------------------------------------------------------------------------------------------- writing


def commit(connection: Connection, update: StoryUpdate) -> None:
    """Writes all of one settling."""
    numbers = items.numbers(connection, _touched(update))
    settled = [numbers[key] for key in update.settled]
    items.settle(connection, settled)
    items.replace_keys(
        connection,
        {*settled, *(numbers[key] for key in update.keys)},
        {numbers[key]: its for key, its in update.keys.items()},
    )
    _put_matches(connection, update, numbers)
    now = generation(connection) + 1
    _drop(connection, update.gone, now)
    _put(connection, update.stories, numbers, now)
    connection.execute(_PUT_COUNTER, [{"name": "generation", "value": now}])


def _touched(update: StoryUpdate) -> set[ItemKey]:
    touched = {*update.settled, *update.keys, *update.rematched}
    touched.update(key for match in update.matches for key in (match.left, match.right))
    touched.update(item.key for story in update.stories for item in story.carriers)
    return touched


def _put_matches(connection: Connection, update: StoryUpdate, numbers: Mapping[ItemKey, int]) -> None:
    left, right = schema.matches.c.left, schema.matches.c.right
    for batch in items.batches(numbers[key] for key in update.rematched):
        connection.execute(delete(schema.matches).where(or_(left.in_(batch), right.in_(batch))))
    rows = [
        {
            "left": numbers[match.left],
            "right": numbers[match.right],
            "verdict": match.verdict,
            "rule": match.rule,
            "strength": match.strength,
            "evidence": match.evidence,
        }
        for match in update.matches
    ]
    if rows:
        connection.execute(_PUT_MATCH, rows)


def _drop(connection: Connection, gone: Iterable[str], generation: int) -> None:
    for batch in items.batches(set(gone)):  # members and labels go with them
        connection.execute(delete(_TABLE).where(_TABLE.c.id.in_(batch)))
    sqlite.run_many(connection, _PUT_GONE, [(story_id, generation) for story_id in gone])


def _put(connection: Connection, stories: Sequence[Story], numbers: Mapping[ItemKey, int], generation: int) -> None:
    if not stories:
        return
    sqlite.run_many(connection, _PUT, [_row(story, generation) for story in stories])
    ids = [(story.id,) for story in stories]
    for statement in (_DROP_MEMBERS_OF, _DROP_LABELS_OF, _DROP_GONE):
        sqlite.run_many(connection, statement, ids)
    members = [
        (numbers[item.key], story.id, position) for story in stories for position, item in enumerate(story.carriers)
    ]
    # from stories that are another's now
    sqlite.run(connection, _DROP_MEMBERS, sqlite.numbers(number for number, _, _ in members))
    sqlite.run_many(connection, _PUT_MEMBER, members)
    labels = [(label, story.id) for story in stories for label in dict.fromkeys(story.labels)]
    sqlite.run_many(connection, _PUT_LABEL, labels)
    _put_absorbed(connection, stories)


def _put_absorbed(connection: Connection, stories: Sequence[Story]) -> None:
    for story in stories:
        if not story.absorbed:
            continue
        # what an absorbed story had absorbed itself comes along
        handed_on = update(_ALIASES).where(_ALIASES.c.story_id.in_(story.absorbed)).values(story_id=story.id)
        connection.execute(handed_on)
        rows = [{"alias": alias, "slug": slug(alias), "story_id": story.id} for alias in dict.fromkeys(story.absorbed)]
        connection.execute(_PUT_ALIAS, rows)


def _row(story: Story, generation: int) -> list[Any]:
    """In the order of the table's columns."""
    return _write(
        (
            story.id,
            slug(story.id),
            story.version,
            story.minted,
            story.published,
            story.changed,
            story.labels,
            tuple(dict.fromkeys(item.source_id for item in story.carriers)),
            story.origin.language,
            story.related,
            story.absorbed,
            story.tags,
            story.near_misses,
            generation,
        )
    )


def slug(story_id: str) -> str:
    """The part of a story's id that stands in URLs: what follows `story/`."""
    return story_id.rpartition("story/")[2]
