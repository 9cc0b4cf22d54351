"""The publish stroke: what changed in the store becomes files.

A feed is rendered only when the versions of its stories, or what the configuration says of it, differ from what was last written
for it, or when one of its files is missing; a file is replaced only when its bytes differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import opml, urls
from aggregator.model import Headline, PublishedFeed, Source, Story
from aggregator.publish import files, select
from aggregator.publish.view import Rendered, View
from aggregator.text import digest

if TYPE_CHECKING:
    from aggregator.config.load import Config
    from aggregator.store.connect import Store

# Grows when the renderers write something else for the same stories: everything is then rendered again.
RENDERING = "3"
_FRONT = 30  # stories on the start page
_FEED_FILES = ("feeds/{}.rss", "feeds/{}.atom", "feeds/{}.json", "{}/index.html")
_SITE_FILES = ("index.html", "style.css", "opml.xml", "feeds.opml")
HEALTH = "health"  # what the operator is told: no published feed, and in no list of them (told.py)
_EVERYTHING = "*"  # under this name the store keeps what all files were made from; no feed can be called so


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What the stroke did: files written, files that stay as they are, stories that a document had to leave out."""

    written: int
    unchanged: int
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """A feed with the stories that stand in it, and the digest of all that its files are made from."""

    feed: PublishedFeed
    headlines: tuple[Headline, ...]
    digest: str


@dataclass(slots=True)
class _Left:
    """Stories that documents had to leave out, collected while they are written."""

    ids: set[str] = field(default_factory=set)

    def out(self, rendered: Rendered) -> bytes:
        self.ids.update(rendered.dropped)
        return rendered.content


def publish(config: Config, store: Store, output: Path, *, everything: bool = False) -> Published:
    """Writes what differs from the store's stories; with `everything` nothing is taken as known. Raises OutputError."""
    config = replace(config, feeds=_standing(config, store))
    rendered = {} if everything else store.rendered()
    total = len(config.feeds) * len(_FEED_FILES) + len(_SITE_FILES)
    whole = digest(RENDERING, config.digest, str(store.generation()))
    missing = _missing(config.feeds, output)
    if rendered.get(_EVERYTHING) == whole and not missing:
        return Published(written=0, unchanged=total)
    chosen = _chosen(config, store)
    stale = [one for one in chosen if rendered.get(one.feed.id) != one.digest or one.feed.id in missing]
    left = _Left()
    fates = files.write_all(_documents(config, store, output, stale, left))
    files.prune(output, [*(feed.id for feed in config.feeds), HEALTH])
    store.commit_rendered({_EVERYTHING: whole, **{one.feed.id: one.digest for one in chosen}})
    written = sum(fate is files.Writing.WRITTEN for fate in fates)
    return Published(written=written, unchanged=total - written, dropped=tuple(sorted(left.ids)))


def _standing(config: Config, store: Store) -> tuple[PublishedFeed, ...]:
    """The feeds without those of sources that are switched off and never gave anything: a configuration may list many."""
    states = store.states()
    silent = {
        source.id
        for source in config.sources
        if not source.enabled and (source.id not in states or states[source.id].last_success is None)
    }
    return tuple(feed for feed in config.feeds if feed.group != "source" or feed.id not in silent)


def absent(config: Config, store: Store, output: Path) -> tuple[str, ...]:
    """What should be published and is not there, as addresses in the output directory."""
    missing = _missing(_standing(config, store), output)
    names = sorted("index.html" if one == _EVERYTHING else f"feeds/{one}" for one in missing)
    return (*names, *(() if (output / f"feeds/{HEALTH}.atom").is_file() else (f"feeds/{HEALTH}.atom",)))


def _missing(feeds: Sequence[PublishedFeed], output: Path) -> set[str]:
    """Feeds of which a file is not there: somebody cleared the output directory."""
    missing = {feed.id for feed in feeds for name in _FEED_FILES if not (output / name.format(feed.id)).is_file()}
    return missing if all((output / name).is_file() for name in _SITE_FILES) else missing | {_EVERYTHING}


def _chosen(config: Config, store: Store) -> list[_Chosen]:
    shelf = select.shelve(store.headlines())
    words = {word for feed in config.feeds for word in (*feed.selection.words, *feed.selection.without_words)}
    found = store.containing(words) if words else {}
    sources = sources_by_id(config)
    chosen = []
    for feed in config.feeds:
        headlines = select.select(feed, shelf, sources, found)
        versions = (part for headline in headlines for part in (headline.id, headline.version, str(headline.changed)))
        chosen.append(
            _Chosen(feed=feed, headlines=headlines, digest=digest(RENDERING, config.digest, feed.id, *versions))
        )
    return chosen


def sources_by_id(config: Config) -> Mapping[str, Source]:
    return {source.id: source for source in config.sources}


def _documents(
    config: Config, store: Store, output: Path, stale: Sequence[_Chosen], left: _Left
) -> Iterator[tuple[Path, bytes]]:
    """Every document that may differ, one at a time."""
    from aggregator.publish import jsonfeed, pages, xml

    frame = pages.frame(config.site, config.feeds, live=config.site.served)
    for one in stale:
        view = _view(config, store, one.feed, one.headlines)
        feed_id = one.feed.id
        yield files.place(output, f"feeds/{feed_id}.rss"), left.out(xml.rss(view))
        yield files.place(output, f"feeds/{feed_id}.atom"), left.out(xml.atom(view))
        yield files.place(output, f"feeds/{feed_id}.json"), left.out(jsonfeed.render(view))
        yield files.place(output, f"{feed_id}/index.html"), left.out(pages.feed(view, frame))
    yield files.place(output, "index.html"), left.out(pages.index(_front(config, store), frame))
    yield files.place(output, "style.css"), pages.style(frame)
    yield files.place(output, "opml.xml"), sources_opml(config)
    yield files.place(output, "feeds.opml"), feeds_opml(config)


def _view(config: Config, store: Store, feed: PublishedFeed, headlines: Sequence[Headline]) -> View:
    by_id = store.stories([headline.id for headline in headlines])
    stories: tuple[Story, ...] = tuple(by_id[headline.id] for headline in headlines)
    return View(
        site=config.site,
        feed=feed,
        stories=stories,
        sources=sources_by_id(config),
        labels={label.id: label for label in config.taxonomy.labels},
    )


def _front(config: Config, store: Store) -> View:
    """The newest stories of the first feed, which is `all` unless the configuration says otherwise."""
    feed = config.feeds[0]
    found = store.containing({*feed.selection.words, *feed.selection.without_words})
    headlines = select.select(feed, select.shelve(store.headlines()), sources_by_id(config), found)
    return _view(config, store, feed, headlines[:_FRONT])


def sources_opml(config: Config) -> bytes:
    """The configured sources as a subscription list, in groups by who they are; keys and passwords stay here."""
    groups: dict[str, list[opml.Outline]] = {}
    for source in config.sources:
        outline = opml.Outline(
            title=source.name, xml_url=urls.public(source.url), html_url=source.homepage, kind=source.kind.value
        )
        groups.setdefault(source.authority.value, []).append(outline)
    return opml.write(config.site.title, sorted(groups.items()))


def feeds_opml(config: Config) -> bytes:
    """The published feeds as a subscription list (Atom), grouped as on the start page."""
    groups: dict[str, list[opml.Outline]] = {}
    base = config.site.base_url
    for feed in config.feeds:
        outline = opml.Outline(
            title=feed.title, xml_url=f"{base}feeds/{feed.id}.atom", html_url=f"{base}{feed.id}/", kind="atom"
        )
        groups.setdefault(feed.group, []).append(outline)
    return opml.write(config.site.title, list(groups.items()))
