"""The documents of a feed: those that are subscribed to, its page, its archive; each only where it says something else now."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from aggregator.model import Headline, PublishedFeed, Story
from aggregator.passes import entering, faults
from aggregator.passes.faults import Told
from aggregator.publish import bounds
from aggregator.publish.view import Rendered, View, archived_name, page_name
from aggregator.text import digest

if TYPE_CHECKING:
    from aggregator.config.load import Config
    from aggregator.publish.pages import Frame
    from aggregator.store.connect import Store

# Grows when the renderers write something else for the same stories: everything is then rendered again.
RENDERING = "6"
KINDS = ("rss", "atom", "json")


class Press:
    """What the documents of one pass share, and what is to be remembered of them when they are on the disk."""

    def __init__(self, config: Config, store: Store, *, everything: bool) -> None:
        self.config = config
        self.archives = store.feeds.archives()
        self.hub = config.site.hub
        self.dropped: set[str] = set()  # stories that a document had to leave out
        self._documents: set[str] = set()
        self._faults: set[Told] = set()
        self.store = store
        self._everything = everything
        self._rendered = store.rendered()
        self._feeds: dict[str, str] = {}  # digests of what was looked at
        self._pages: dict[tuple[str, int], str] = {}
        self._sources = {source.id: source for source in config.sources}
        self._labels = {label.id: label for label in config.taxonomy.labels}

    @cached_property
    def frame(self) -> Frame:
        from aggregator.publish import pages

        return pages.frame(self.config.site, self.config.feeds, live=self.config.site.served)

    def remember(self, digests: Mapping[str, str]) -> None:
        """What was looked at stands on the disk as it is to be."""
        self.store.feeds.commit_published({**self._feeds, **digests}, self._pages)

    def last(self, feed: PublishedFeed) -> int:
        """The newest page of the feed's archive; 0 where there is none."""
        return max(self.archives.get(feed.id, ()), default=0)

    def put(self, name: str, rendered: Rendered, view: View) -> Iterator[tuple[str, bytes]]:
        """The one way of every document to its file, when it may take the place of the one that stands there; what it had to
        leave out, and why it is refused, is written down."""
        self._documents.add(name)
        self._faults.update(faults.told(name, rendered, view))
        if not rendered.refused:
            self.dropped.update(rendered.dropped)
            yield name, rendered.content

    def faults(self, remembered: Mapping[str, str]) -> str:
        """What the store shall keep of documents' faults, those of earlier passes too."""
        feeds = {feed.id for feed in self.config.feeds}
        return faults.packed(faults.standing(remembered), self._faults, self._documents, feeds)

    def feed(
        self, feed: PublishedFeed, touched: Collection[int], missing: Collection[int]
    ) -> Iterator[tuple[str, bytes]]:
        """Names and contents of the feed's files that may differ: new pages of the archive, the oldest first, then what leads to
        them. A pass may be killed after any file."""
        if not touched and not missing:
            return
        subscribed = self._subscribed(feed, missing)  # first of all, for it may need another page of the archive
        waiting = {number for number, known in self.archives.get(feed.id, {}).items() if not known}
        before = {number - 1 for number in waiting}
        others = {*touched, *missing, *before} - waiting - {0}
        for number in (*sorted(waiting), *sorted(others)):
            yield from self._page(feed, number, missing)
        yield from subscribed

    # ----------------------------------------------------------------------------------------------------------- the archive

    def _page(self, feed: PublishedFeed, number: int, missing: Collection[int]) -> Iterator[tuple[str, bytes]]:
        ids = self.store.feeds.on_page(feed.id, number)
        told = digest(self._names(feed), str(number < self.last(feed)), *self._versions(self.store.headlines(ids)))
        self._pages[feed.id, number] = told
        if number in missing or self._everything or self.archives[feed.id].get(number) != told:
            view = self._view(feed, self._stories(ids), number)
            for kind, document in zip(KINDS, _rendered(view), strict=True):
                yield from self.put(archived_name(feed.id, number, kind), document, view)
            yield from self._for_people(view)

    def _names(self, feed: PublishedFeed) -> str:
        """All that is said on every page of a feed's archive."""
        return digest(RENDERING, repr(self.config.site), feed.id, feed.title, feed.description, feed.language)

    def _versions(self, headlines: Sequence[Headline]) -> Iterator[str]:
        """What these stories say, and what the configuration says of their sources and labels: a source more or less in it is
        no reason to make every archive anew."""
        for headline in headlines:
            yield from (headline.id, headline.version, headline.changed.isoformat())
        for source_id in sorted({name for headline in headlines for name in headline.sources}):
            yield repr(self._sources.get(source_id))
        for label_id in sorted({name for headline in headlines for name in headline.labels}):
            label = self._labels.get(label_id)
            yield from (repr(label and label.names), self.frame.labels.get(label_id, ""))

    # --------------------------------------------------------------------------------------------- what is subscribed to

    def _subscribed(self, feed: PublishedFeed, missing: Collection[int]) -> list[tuple[str, bytes]]:
        ids, tail = self._ranked(feed)
        told = digest(
            RENDERING,
            self.config.digest,
            self.hub or "",
            feed.id,
            str(self.last(feed)),
            *self._versions(self.store.headlines(ids)),
        )
        self._feeds[feed.id] = told
        if not (0 in missing or self._everything or self._rendered.get(feed.id) != told):
            return []
        stories = self._stories(ids)
        view, documents = bounds.bounded(self._view(feed, stories), [stories[name] for name in ids], _rendered)
        if not tail <= {story.id for story in view.stories}:
            # What does not fit stands in the archive: all that stands on no page of it yet gets one
            entering.close(self.store, feed.id, self.last(feed))
            self.archives.setdefault(feed.id, {})[self.last(feed) + 1] = ""
            return self._subscribed(feed, missing)
        named = zip(KINDS, documents, strict=True)
        found: list[tuple[str, bytes]] = []
        for kind, document in named:
            found += self.put(f"feeds/{feed.id}.{kind}", document, view)
        return [*found, *self._for_people(view)]

    def _ranked(self, feed: PublishedFeed) -> tuple[tuple[str, ...], set[str]]:
        """Ids of the stories to subscribe to, the most needed first, and those of them that stand on no page of the archive."""
        tail = sorted(self.store.feeds.tail(feed.id), key=lambda place: (place.moment, place.story_id), reverse=True)
        ids = tuple(place.story_id for place in tail)
        return (*ids, *self.store.feeds.news(feed.id, max(0, feed.limit - len(ids)))), set(ids)

    def subscribed(self, feed: PublishedFeed) -> View:
        """All that the document which is subscribed to may show."""
        ids, _ = self._ranked(feed)
        return self._view(feed, self._stories(ids))

    # ------------------------------------------------------------------------------------------------------------------ both

    def _stories(self, ids: Sequence[str]) -> dict[str, Story]:
        return self.store.stories(ids)

    def _view(self, feed: PublishedFeed, stories: Mapping[str, Story], number: int = 0) -> View:
        """The one place where views are made: newest first, those of one instant by id."""
        ordered = sorted(stories.values(), key=lambda story: story.id)
        ordered.sort(key=lambda story: story.published, reverse=True)
        return View(
            site=self.config.site,
            feed=feed,
            stories=tuple(ordered),
            sources=self._sources,
            labels=self._labels,
            hub=None if number else self.hub,  # nothing new will be delivered of a page of the archive
            number=number,
            last=self.last(feed),
        )

    def _for_people(self, view: View) -> Iterator[tuple[str, bytes]]:
        from aggregator.publish import pages

        name = page_name(view.number) if view.number else "index.html"
        return self.put(f"{view.feed.id}/{name}", pages.feed(view, self.frame), view)


def _rendered(view: View) -> tuple[Rendered, Rendered, Rendered]:
    """In the order of KINDS."""
    from aggregator.publish import jsonfeed, xml

    return xml.rss(view), xml.atom(view), jsonfeed.render(view)
