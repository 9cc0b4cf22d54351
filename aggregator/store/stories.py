"""Stories: which items they are made of, what was published of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from aggregator.model import Headline, Item, ItemKey, Match, Story, StoryName, StoryUpdate
from aggregator.store import items, schema, sqlite

_TABLE = schema.stories
_MEMBERS = schema.members
_ALIASES = schema.story_aliases
_FIELDS = ("id", "minted", "related", "published", "changed", "tags", "near_misses", "absorbed", "version")
_COLUMNS = tuple(_TABLE.c[name] for name in _FIELDS)
_HEADLINE = ("id", "version", "published", "changed", "labels", "sources", "language")
_HEADLINES = select(*(_TABLE.c[name] for name in _HEADLINE)).order_by(_TABLE.c.published.desc(), _TABLE.c.id)

_PUT = sqlite.upsert(_TABLE, *(column.name for column in _TABLE.c if column.name != "id"))
_PUT_ALIAS = sqlite.upsert(_ALIASES, "story_id")
_PUT_MATCH = sqlite.upsert(schema.matches, "verdict", "rule", "strength", "evidence")
_PUT_RENDERED = sqlite.upsert(schema.rendered, "digest")
_COUNTER = schema.counters
_PUT_COUNTER = sqlite.upsert(_COUNTER, "value")

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
        for row in connection.execute(select(*_COLUMNS).where(_TABLE.c.id.in_(batch))):
            of_one = tuple(carriers[row.id])
            found[row.id] = Story(origin=of_one[0], carriers=of_one, **dict(zip(_FIELDS, row, strict=True)))
    return found


def _carriers(connection: Connection, ids: Sequence[str]) -> Mapping[str, list[Item]]:
    query = (
        select(*items.COLUMNS, _MEMBERS.c.story_id)
        .join_from(_MEMBERS, schema.items)
        .where(_MEMBERS.c.story_id.in_(ids))
        .order_by(_MEMBERS.c.story_id, _MEMBERS.c.position)
    )
    found: dict[str, list[Item]] = defaultdict(list)
    for row in connection.execute(query):
        found[row[-1]].append(items.made(row))
    return found


def headlines(connection: Connection) -> tuple[Headline, ...]:
    """What selecting needs of all stories, newest first, those of one instant by id."""
    return tuple(
        Headline(
            id=story_id,
            version=version,
            published=published,
            changed=changed,
            labels=labels,
            sources=sources,
            language=language,
        )
        for story_id, version, published, changed, labels, sources, language in connection.execute(_HEADLINES).all()
    )


def generation(connection: Connection) -> int:
    """How often stories were settled: grows by one with every `commit`."""
    return connection.scalar(select(_COUNTER.c.value).where(_COUNTER.c.name == "generation")) or 0


def rendered(connection: Connection) -> dict[str, str]:
    """Feed id to digest of what was last published of it."""
    return {row.feed_id: row.digest for row in connection.execute(select(schema.rendered))}


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
    _drop(connection, update.gone)
    _put(connection, update.stories, numbers)
    connection.execute(_PUT_COUNTER, [{"name": "generation", "value": generation(connection) + 1}])


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


def _drop(connection: Connection, gone: Iterable[str]) -> None:
    for batch in items.batches(set(gone)):  # members and labels go with them
        connection.execute(delete(_TABLE).where(_TABLE.c.id.in_(batch)))


def _put(connection: Connection, stories: Sequence[Story], numbers: Mapping[ItemKey, int]) -> None:
    if not stories:
        return
    connection.execute(_PUT, [_row(story) for story in stories])
    ids = [story.id for story in stories]
    members = [
        {"item": numbers[item.key], "story_id": story.id, "position": position}
        for story in stories
        for position, item in enumerate(story.carriers)
    ]
    for batch in items.batches(ids):
        connection.execute(delete(_MEMBERS).where(_MEMBERS.c.story_id.in_(batch)))
        connection.execute(delete(schema.story_labels).where(schema.story_labels.c.story_id.in_(batch)))
    for moved in items.batches(member["item"] for member in members):  # from stories that are another's now
        connection.execute(delete(_MEMBERS).where(_MEMBERS.c.item.in_(moved)))
    connection.execute(insert(_MEMBERS), members)
    labels = [{"label": label, "story_id": story.id} for story in stories for label in dict.fromkeys(story.labels)]
    if labels:
        connection.execute(insert(schema.story_labels), labels)
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


def _row(story: Story) -> Mapping[str, Any]:
    row = {name: getattr(story, name) for name in _FIELDS}
    return row | {
        "slug": slug(story.id),
        "labels": story.labels,
        "sources": tuple(dict.fromkeys(item.source_id for item in story.carriers)),
        "language": story.origin.language,
    }


def slug(story_id: str) -> str:
    """The part of a story's id that stands in URLs: what follows `story/`."""
    return story_id.rpartition("story/")[2]


def commit_rendered(connection: Connection, digests: Mapping[str, str]) -> None:
    """Remembers what was published of these feeds; others stay as they are."""
    if digests:
        rows = [{"feed_id": feed_id, "digest": digest} for feed_id, digest in digests.items()]
        connection.execute(_PUT_RENDERED, rows)
