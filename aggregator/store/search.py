"""Finding what is stored: by words, by id, by URL."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy import Connection, Select, func, select

from aggregator import urls
from aggregator.model import Found, Narrowed, Story
from aggregator.store import items, query, schema, sqlite, stories, vocabulary
from aggregator.store.columns import STRINGS
from aggregator.store.items import Listed

_ITEMS = schema.items
_MEMBERS = schema.members
_STORIES = schema.stories
_STORY_OF = select(_MEMBERS.c.story_id).join_from(_MEMBERS, _ITEMS).order_by(_ITEMS.c.published.desc(), _ITEMS.c.number)


ANYTHING = Narrowed()
_Ranked: TypeAlias = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which items to list; every part that is given must be met."""

    labels: Collection[str] = ()  # any of them
    source: str | None = None
    since: datetime | None = None
    search: str | None = None


def search(
    connection: Connection,
    typed: str,
    limit: int,
    *,
    offset: int = 0,
    narrowed: Narrowed = ANYTHING,
    by_date: bool = False,
) -> Found:
    """The stories one of whose items has all the words: those that have them in the title first, unless `by_date`, then the
    newest. Without words those that `narrowed` leaves; nothing where neither is given.

    By what stands where, not by how often: bm25 looks at every form of a word in every item found (twice the time and more),
    and its order changes with whatever else is stored, which a feed of a search must not.
    """
    asked = _read(connection, typed)
    if not (asked.wanted or asked.unwanted or narrowed):
        return Found()
    newest = (_STORIES.c.published.desc(), _STORIES.c.id)
    if not asked.wanted:
        ranked = select(_STORIES.c.id, func.count().over()).order_by(*newest)
    else:
        found = sqlite.found_all(asked.wanted, "found")
        titled = sqlite.found_all(asked.wanted, "titled", in_title=True)
        in_title = func.min(found.c.number.not_in(select(titled.c.number)))
        ranked = (
            select(_STORIES.c.id, func.count().over())
            .join_from(found, _MEMBERS, _MEMBERS.c.item == found.c.number)
            .join(_STORIES)
            .group_by(_STORIES.c.id)
            .order_by(*(() if by_date else (in_title,)), *newest)
        )
    rows = connection.execute(_among(ranked, narrowed, asked.unwanted).limit(limit).offset(offset)).all()
    total = rows[0][1] if rows else 0
    return Found(ids=tuple(row[0] for row in rows), total=total, marks=asked.marks)


def _read(connection: Connection, typed: str) -> query.Query:
    forms_of = partial(vocabulary.forms_of, connection)
    return query.read(typed, forms_of, partial(vocabulary.inflected, connection))


def _among(of: _Ranked, narrowed: Narrowed, unwanted: tuple[str, ...]) -> _Ranked:
    if narrowed.labels:
        labels = schema.story_labels
        of = of.where(_STORIES.c.id.in_(select(labels.c.story_id).where(labels.c.label.in_(narrowed.labels))))
    if narrowed.source is not None:
        carried = select(_MEMBERS.c.story_id).join_from(_MEMBERS, _ITEMS).where(_ITEMS.c.source_id == narrowed.source)
        of = of.where(_STORIES.c.id.in_(carried))
    if narrowed.since is not None:
        of = of.where(_STORIES.c.published >= narrowed.since)
    if narrowed.until is not None:
        of = of.where(_STORIES.c.published < narrowed.until)
    if unwanted:  # of no item of the story: a carrier may say what the origin does not
        found = sqlite.found_all([unwanted], "unwanted")
        out = select(_MEMBERS.c.story_id).join_from(found, _MEMBERS, _MEMBERS.c.item == found.c.number)
        of = of.where(_STORIES.c.id.not_in(out))
    return of


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
    containing_it = select(_MEMBERS.c.story_id).join_from(found, _MEMBERS, _MEMBERS.c.item == found.c.number)
    return frozenset(connection.scalars(containing_it))


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
    chosen = (
        select(*items.COLUMNS, _MEMBERS.c.story_id, _STORIES.c.labels)
        .select_from(_ITEMS.outerjoin(_MEMBERS).outerjoin(_STORIES))
        .where(items.PRESENT)
        .order_by(_ITEMS.c.published.desc(), _ITEMS.c.source_id, _ITEMS.c.guid)
    )
    rows = sqlite.plain(connection, _narrowed(connection, chosen, wanted).limit(limit))
    return tuple(Listed(item=items.made(row), story_id=row[-2], labels=STRINGS.read(row[-1])) for row in rows)


def _narrowed(connection: Connection, rows: Select[*tuple[Any, ...]], wanted: Wanted) -> Select[*tuple[Any, ...]]:
    if wanted.labels:
        labelled = select(schema.story_labels.c.story_id).where(schema.story_labels.c.label.in_(wanted.labels))
        rows = rows.where(_MEMBERS.c.story_id.in_(labelled))
    if wanted.source is not None:
        rows = rows.where(_ITEMS.c.source_id == wanted.source)
    if wanted.since is not None:
        rows = rows.where(_ITEMS.c.published >= wanted.since)
    if wanted.search is not None:
        asked = _read(connection, wanted.search)
        found = sqlite.found_all(asked.wanted or [('""',)], "found")  # "" finds nothing
        rows = rows.where(_ITEMS.c.number.in_(select(found.c.number)))
        if asked.unwanted:
            out = sqlite.found_all([asked.unwanted], "unwanted")
            rows = rows.where(_ITEMS.c.number.not_in(select(out.c.number)))
    return rows


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
    for one in (
        select(_STORIES.c.id).where(_STORIES.c.id == asked),
        select(absorbed.c.story_id).where(absorbed.c.alias == asked),
        select(_STORIES.c.id).where(_STORIES.c.slug == slug).order_by(_STORIES.c.id),
        select(absorbed.c.story_id).where(absorbed.c.slug == slug).order_by(absorbed.c.alias),
    ):
        found: str | None = connection.scalar(one.limit(1))
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
