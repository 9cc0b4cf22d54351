"""What stands in which published feed, on which page of its archive, and what was last written of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, literal_column, select

from aggregator.model import FeedStory
from aggregator.store import columns, items, schema, sqlite

_TABLE = schema.feed_stories
_COLUMNS = tuple(_TABLE.c)
_read, _write = columns.reading(_COLUMNS), columns.writing(_COLUMNS)
_NONE: ColumnElement[int] = literal_column("0")
_STANDS = _TABLE.c.left == _NONE
_OF_FEED = select(*_COLUMNS).where(_TABLE.c.feed_id == bindparam("of_feed"))
_TAIL = _OF_FEED.where(_TABLE.c.page == _NONE, _STANDS)
_IDS = select(_TABLE.c.story_id).where(_TABLE.c.feed_id == bindparam("of_feed"))
_ON_PAGE = _IDS.where(_TABLE.c.page == bindparam("of_page"), _STANDS)
# in the order of the index: by moment, then by id
_NEWS = (
    _IDS.where(_TABLE.c.page > _NONE, _STANDS)
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


def places(connection: Connection, feed_id: str) -> dict[str, FeedStory]:
    """Of all stories that ever stood in the feed, by story id."""
    return {place.story_id: place for place in map(_made, sqlite.each(connection, _OF_FEED, feed_id))}


def places_of(connection: Connection, story_ids: Collection[str]) -> tuple[FeedStory, ...]:
    """Of these stories, in every feed."""
    query = select(*_COLUMNS)
    return tuple(
        _made(row)
        for batch in items.batches(set(story_ids))
        for row in sqlite.plain(connection, query.where(_TABLE.c.story_id.in_(batch)))
    )


def tail(connection: Connection, feed_id: str) -> tuple[FeedStory, ...]:
    """Of the stories that stand in the feed and on no page of its archive yet."""
    return tuple(map(_made, sqlite.each(connection, _TAIL, feed_id)))


def _made(row: Sequence[Any]) -> FeedStory:
    place = FeedStory(*_read(row))
    return place._replace(left=bool(place.left))


def on_page(connection: Connection, feed_id: str, page: int) -> tuple[str, ...]:
    """Ids of the stories on that page of the feed's archive that still stand in the feed."""
    return tuple(story_id for (story_id,) in sqlite.each(connection, _ON_PAGE, feed_id, page))


def news(connection: Connection, feed_id: str, at_most: int) -> tuple[str, ...]:
    """Ids of the stories in the feed's archive that were published or corrected last, the latest first."""
    return tuple(story_id for (story_id,) in sqlite.each(connection, _NEWS, feed_id, at_most))


def rendered(connection: Connection) -> dict[str, str]:
    """Feed id to digest of what was last published of it."""
    return dict(sqlite.rows(connection, _ALL_RENDERED))


def archives(connection: Connection) -> dict[str, dict[int, str]]:
    """Feed id to the pages of its archive, each with the digest of what was last published of it; "" where nothing was yet."""
    found: dict[str, dict[int, str]] = {}
    for feed_id, page, digest in sqlite.each(connection, _ALL_ARCHIVES):
        found.setdefault(feed_id, {})[page] = digest
    return found


# ---------------------------------------------------------------------------------------------------------------- writing


def put(connection: Connection, changed: Collection[FeedStory], pages: Iterable[tuple[str, int]]) -> None:
    """Writes these places; the pages (feed id and number) wait to be published."""
    sqlite.run_many(connection, _PUT, [_write(place) for place in changed])
    put_archives(connection, dict.fromkeys(pages, ""))


def put_rendered(connection: Connection, digests: Mapping[str, str]) -> None:
    """Remembers what was published of these feeds; others stay as they are."""
    sqlite.run_many(connection, _PUT_RENDERED, list(digests.items()))


def put_archives(connection: Connection, digests: Mapping[tuple[str, int], str]) -> None:
    """As `put_rendered`, of pages of archives."""
    sqlite.run_many(connection, _PUT_ARCHIVE, [(*page, digest) for page, digest in digests.items()])


def forget(connection: Connection, feed_ids: Collection[str]) -> None:
    """These feeds are no more."""
    for batch in items.batches(set(feed_ids)):
        for table in (_TABLE, _ARCHIVES, _RENDERED):
            connection.execute(delete(table).where(table.c.feed_id.in_(batch)))
