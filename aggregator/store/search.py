"""Finding what is stored: by words, by id, by URL."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from aggregator import urls
from aggregator.model import Story
from aggregator.store import items, schema, sqlite, stories
from aggregator.store.columns import STRINGS
from aggregator.store.items import Listed

_ITEMS = schema.items
_MEMBERS = schema.members
_STORIES = schema.stories
_STORY_OF = select(_MEMBERS.c.story_id).join_from(_MEMBERS, _ITEMS).order_by(_ITEMS.c.published.desc(), _ITEMS.c.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which items to list; every part that is given must be met."""

    labels: Collection[str] = ()  # any of them
    source: str | None = None
    since: datetime | None = None
    search: str | None = None


def search(connection: Connection, query: str, limit: int) -> tuple[str, ...]:
    """Ids of the stories one of whose items has all the words, best first; the last word may go on."""
    terms = sqlite.terms(query)
    if not terms:
        return ()
    found = sqlite.found(terms)
    ranked = (
        select(_STORIES.c.id)
        .join_from(found, _MEMBERS, _MEMBERS.c.item == found.c.number)
        .join(_STORIES)
        .group_by(_STORIES.c.id)
        .order_by(func.min(found.c.rank), _STORIES.c.published.desc(), _STORIES.c.id)
    )
    return tuple(connection.scalars(ranked.limit(limit)))


def containing(
    connection: Connection, words: Collection[str], among: Collection[str] | None = None
) -> dict[str, frozenset[str]]:
    """Each word (or words in a row) with the ids of the stories (None: of all) in one of whose items it stands."""
    if among is None:
        return {word: _containing(connection, sqlite.phrase(word)) for word in words}
    of_items = _items_of(connection, among)
    return {word: frozenset(of_items[number] for number in _numbers(connection, word, of_items)) for word in words}


def _containing(connection: Connection, phrase: str) -> frozenset[str]:
    if not phrase:
        return frozenset()
    found = sqlite.found(phrase)
    query = select(_MEMBERS.c.story_id).join_from(found, _MEMBERS, _MEMBERS.c.item == found.c.number)
    return frozenset(connection.scalars(query))


def _items_of(connection: Connection, story_ids: Collection[str]) -> dict[int, str]:
    query = select(_MEMBERS.c.item, _MEMBERS.c.story_id)
    batches = (query.where(_MEMBERS.c.story_id.in_(batch)) for batch in items.batches(set(story_ids)))
    return {number: story_id for one in batches for number, story_id in sqlite.plain(connection, one)}


def _numbers(connection: Connection, word: str, numbers: Collection[int]) -> Iterator[int]:
    """Those of the items that contain it."""
    phrase = sqlite.phrase(word)
    for batch in items.batches(numbers) if phrase else ():
        yield from sqlite.found_among(connection, phrase, batch)


def listed(connection: Connection, wanted: Wanted, limit: int) -> tuple[Listed, ...]:
    """Items newest first."""
    query = (
        select(*items.COLUMNS, _MEMBERS.c.story_id, _STORIES.c.labels)
        .select_from(_ITEMS.outerjoin(_MEMBERS).outerjoin(_STORIES))
        .where(items.PRESENT)
        .order_by(_ITEMS.c.published.desc(), _ITEMS.c.source_id, _ITEMS.c.guid)
    )
    rows = sqlite.plain(connection, _narrowed(query, wanted).limit(limit))
    return tuple(Listed(item=items.made(row), story_id=row[-2], labels=STRINGS.read(row[-1])) for row in rows)


def _narrowed(query: Select[*tuple[Any, ...]], wanted: Wanted) -> Select[*tuple[Any, ...]]:
    if wanted.labels:
        labelled = select(schema.story_labels.c.story_id).where(schema.story_labels.c.label.in_(wanted.labels))
        query = query.where(_MEMBERS.c.story_id.in_(labelled))
    if wanted.source is not None:
        query = query.where(_ITEMS.c.source_id == wanted.source)
    if wanted.since is not None:
        query = query.where(_ITEMS.c.published >= wanted.since)
    if wanted.search is not None:
        found = sqlite.found(sqlite.terms(wanted.search) or '""')  # "" finds nothing
        query = query.where(_ITEMS.c.number.in_(select(found.c.number)))
    return query


def find(connection: Connection, text: str) -> Story | None:
    """The story that a person means by a story's id, an item's id or a URL."""
    asked = text.strip().encode("utf-8", "replace").decode("utf-8")
    story_id = _by_id(connection, asked) or _by_item(connection, asked)
    return stories.load(connection, [story_id]).get(story_id) if story_id else None


def _by_id(connection: Connection, asked: str) -> str | None:
    """A story's own id or its last part, also of a story that was absorbed."""
    slug = stories.slug(asked.rstrip("/")).removesuffix(".html")
    if not slug:
        return None
    absorbed = schema.story_aliases
    for query in (
        select(_STORIES.c.id).where(_STORIES.c.id == asked),
        select(absorbed.c.story_id).where(absorbed.c.alias == asked),
        select(_STORIES.c.id).where(_STORIES.c.slug == slug).order_by(_STORIES.c.id),
        select(absorbed.c.story_id).where(absorbed.c.slug == slug).order_by(absorbed.c.alias),
    ):
        found: str | None = connection.scalar(query.limit(1))
        if found is not None:
            return found
    return None


def _by_item(connection: Connection, asked: str) -> str | None:
    """The story of an item by its id, its URL, or another way to write that URL; the newest where several have it."""
    keys = schema.item_keys
    same_page = select(keys.c.item).where(keys.c.key == urls.numbered(urls.canonical(asked)))
    for condition in (_ITEMS.c.id == asked, _ITEMS.c.url == asked, _ITEMS.c.number.in_(same_page)):
        found: str | None = connection.scalar(_STORY_OF.where(condition).limit(1))
        if found is not None:
            return found
    return None
