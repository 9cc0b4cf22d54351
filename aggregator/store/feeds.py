"""What stands in which published feed, on which page of its archive, and what was last written of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, bindparam, delete, literal_column, select

from aggregator.model import FeedStory
from aggregator.store import columns, items, schema, sqlite

Opened: TypeAlias = Callable[[], AbstractContextManager[Connection]]  # a transaction

_TABLE = schema.feed_stories
_COLUMNS = tuple(_TABLE.c)
_read, _write = columns.reading(_COLUMNS), columns.writing(_COLUMNS)
_NONE: ColumnElement[int] = literal_column("0")
_STANDS = _TABLE.c.left == _NONE
_OF_FEED = select(*_COLUMNS).where(_TABLE.c.feed_id == bindparam("of_feed"))
_TAIL = _OF_FEED.where(_TABLE.c.page == _NONE, _STANDS)
_IDS = select(_TABLE.c.story_id).where(_TABLE.c.feed_id == bindparam("of_feed"))
_ON_PAGE = _IDS.where(_TABLE.c.page == bindparam("of_page"), _STANDS)
# In the order of the index: by moment, then by id. With a sum SQLite takes that of the pages for no help: it would read all the
# feed's stories by it and sort them (100,000 in 1.3 s).
_NEWS = (
    _IDS.where(_TABLE.c.page + _NONE > _NONE, _STANDS)
    .order_by(_TABLE.c.moment.desc(), _TABLE.c.story_id.desc())
    .limit(bindparam("at_most"))
    .offset(_NONE)  # a LIMIT without one gets a value of the library's own
)
_PUT = sqlite.upsert(_TABLE, "page", "left", "published", "moment")
_RENDERED, _ARCHIVES = schema.rendered, schema.archives
_PUT_RENDERED = sqlite.upsert(_RENDERED, "digest")
_PUT_ARCHIVE = sqlite.upsert(_ARCHIVES, "digest")
_ALL_RENDERED = select(_RENDERED.c.feed_id, _RENDERED.c.digest)
_ALL_ARCHIVES = select(_ARCHIVES.c.feed_id, _ARCHIVES.c.page, _ARCHIVES.c.digest)


class Feeds:
    """The places of stories in feeds, as questions and commits. Every method is one transaction."""

    def __init__(self, reading: Opened, writing: Opened) -> None:
        self._reading = reading
        self._writing = writing

    def places(self, feed_id: str) -> dict[str, FeedStory]:
        """Of all stories that ever stood in the feed, by story id."""
        with self._reading() as connection:
            return {place.story_id: place for place in map(_made, sqlite.each(connection, _OF_FEED, feed_id))}

    def places_of(self, story_ids: Collection[str]) -> tuple[FeedStory, ...]:
        """Of these stories, in every feed."""
        query = select(*_COLUMNS)
        with self._reading() as connection:
            return tuple(
                _made(row)
                for batch in items.batches(set(story_ids))
                for row in sqlite.plain(connection, query.where(_TABLE.c.story_id.in_(batch)))
            )

    def tail(self, feed_id: str) -> tuple[FeedStory, ...]:
        """Of the stories that stand in the feed and on no page of its archive yet."""
        with self._reading() as connection:
            return tuple(map(_made, sqlite.each(connection, _TAIL, feed_id)))

    def news(self, feed_id: str, at_most: int) -> tuple[str, ...]:
        """Ids of the stories in the feed's archive that were published or corrected last, the latest first."""
        with self._reading() as connection:
            return tuple(story_id for (story_id,) in sqlite.each(connection, _NEWS, feed_id, at_most))

    def on_page(self, feed_id: str, page: int) -> tuple[str, ...]:
        """Ids of the stories on that page of the feed's archive that still stand in the feed."""
        with self._reading() as connection:
            return tuple(story_id for (story_id,) in sqlite.each(connection, _ON_PAGE, feed_id, page))

    def archives(self) -> dict[str, dict[int, str]]:
        """Feed id to the pages of its archive with the digest of what was last published; "" where nothing was yet."""
        found: dict[str, dict[int, str]] = {}
        with self._reading() as connection:
            for feed_id, page, digest in sqlite.each(connection, _ALL_ARCHIVES):
                found.setdefault(feed_id, {})[page] = digest
        return found

    def commit(self, changed: Collection[FeedStory], pages: Collection[tuple[str, int]]) -> None:
        """Writes these places; the pages (feed id and number) wait to be published."""
        if changed or pages:
            with self._writing() as connection:
                sqlite.run_many(connection, _PUT, [_write(place) for place in changed])
                sqlite.run_many(connection, _PUT_ARCHIVE, [(*page, "") for page in pages])

    def commit_published(self, digests: Mapping[str, str], pages: Mapping[tuple[str, int], str]) -> None:
        """Remembers what was published of these feeds, and of these pages of their archives."""
        with self._writing() as connection:
            put_rendered(connection, digests)
            sqlite.run_many(connection, _PUT_ARCHIVE, [(*page, digest) for page, digest in pages.items()])

    def forget(self, feed_ids: Collection[str]) -> None:
        """These feeds are no more."""
        if feed_ids:
            with self._writing() as connection:
                for table in (_TABLE, _ARCHIVES, _RENDERED):
                    connection.execute(delete(table).where(table.c.feed_id.in_(sorted(feed_ids))))


def _made(row: Sequence[Any]) -> FeedStory:
    place = FeedStory(*_read(row))
    return place._replace(left=bool(place.left))


def rendered(connection: Connection) -> dict[str, str]:
    """Feed id to digest of what was last published of it."""
    return dict(sqlite.rows(connection, _ALL_RENDERED))


def put_rendered(connection: Connection, digests: Mapping[str, str]) -> None:
    """Remembers what was published of these feeds; others stay as they are."""
    sqlite.run_many(connection, _PUT_RENDERED, list(digests.items()))
