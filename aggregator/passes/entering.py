"""Which stories stand in which published feed: what settling changed is looked at, and each story keeps its place for ever."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from aggregator.model import FeedStory, PublishedFeed, Since, Source
from aggregator.publish import archive, select

if TYPE_CHECKING:
    from aggregator.store.connect import Store


def enter(
    store: Store, feeds: Sequence[PublishedFeed], sources: Mapping[str, Source], since: Since | None
) -> dict[str, set[int]]:
    """Brings the feeds' places up to what the store holds: after these changes, or (None) after any, with other feeds too.

    Feed id to the pages that may say something else now; 0 stands for the document that is subscribed to. Pages that filled up
    wait in the store as well: a pass that is killed has forgotten nothing.
    """
    headlines = store.headlines() if since is None else store.headlines(since.changed)
    shelf = select.shelve(headlines)
    words = {word for feed in feeds for word in (*feed.selection.words, *feed.selection.without_words)}
    found = store.containing(words, None if since is None else since.changed) if words else {}
    generation = store.generation() if since is None else since.generation
    known = None if since is None else _known(store, (*since.changed, *since.gone))
    pages = {feed_id: max(its) for feed_id, its in store.feeds.archives().items()}
    touched = {}
    for feed in feeds:
        places = store.feeds.places(feed.id) if known is None else known.get(feed.id, {})
        changed = archive.entered(feed.id, select.select(feed, shelf, sources, found), places, generation)
        after = places | {place.story_id: place for place in changed}
        if after:
            _commit(store, feed, changed, after, pages.get(feed.id, 0), whole=since is None)
        touched[feed.id] = {place.page for place in after.values()}
        if after or since is None:
            touched[feed.id].add(0)
    return touched


def _known(store: Store, story_ids: Collection[str]) -> dict[str, dict[str, FeedStory]]:
    """The places of these stories by feed and story."""
    found: dict[str, dict[str, FeedStory]] = defaultdict(dict)
    for place in store.feeds.places_of(story_ids):
        found[place.feed_id][place.story_id] = place
    return found


def _commit(
    store: Store,
    feed: PublishedFeed,
    changed: Sequence[FeedStory],
    after: Mapping[str, FeedStory],
    last: int,
    *,
    whole: bool,
) -> None:
    """Writes the places that changed, and the pages that fill up with them."""
    others = () if whole else (place for place in store.feeds.tail(feed.id) if place.story_id not in after)
    tail = [place for place in (*others, *after.values()) if not place.page and not place.left]
    closed = archive.closed(tail, min(archive.PAGE, feed.limit), last)
    paged = {place.story_id: place for place in closed}
    places = [*(place for place in changed if place.story_id not in paged), *closed]
    store.feeds.commit(places, _pages(closed))


def close(store: Store, feed_id: str, last: int) -> None:
    """Puts all that stands on no page yet on one of its own: the document that is subscribed to has not enough room for it."""
    tail = store.feeds.tail(feed_id)
    closed = archive.closed(tail, len(tail), last)
    store.feeds.commit(closed, _pages(closed))


def _pages(closed: Sequence[FeedStory]) -> set[tuple[str, int]]:
    return {(place.feed_id, place.page) for place in closed}
