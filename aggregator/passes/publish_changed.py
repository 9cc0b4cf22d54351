"""The publish stroke: what changed in the store becomes files.

What settling changed is looked up, the feeds and the pages of archives in which it stands are rendered, and a file is replaced
only when its bytes differ. After a change of the configuration or the program, and where files are missing, more is looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import opml, urls
from aggregator.model import Kind, PublishedFeed, Source
from aggregator.passes import entering, faults, publish_pages
from aggregator.passes.faults import Told
from aggregator.passes.feed_documents import KINDS, RENDERING, Press
from aggregator.publish import files
from aggregator.publish.view import View, page_name
from aggregator.text import digest

if TYPE_CHECKING:
    from aggregator.config.load import Config
    from aggregator.store.connect import Store

HEALTH = "health"  # what the operator is told: no published feed, and in no list of them (told.py)
_FRONT = 30  # stories on the start page
_SITE_FILES = ("index.html", "style.css", "icon.svg", "opml.xml", "feeds.opml")
# Under these names the store keeps what all files were made from; no feed can be called so
_EVERYTHING = "*"
_GENERATION = "*generation"
_Pages = Mapping[str, set[int]]  # feed id to pages of its archive; 0 is the document that is subscribed to


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What the stroke did: files written, files that stay as they are, stories that a document had to leave out; and the
    faults for which stories and whole documents were refused, those of earlier passes too."""

    written: int
    unchanged: int
    dropped: tuple[str, ...] = ()
    faults: tuple[Told, ...] = ()


def publish(config: Config, store: Store, output: Path, *, everything: bool = False) -> Published:
    """Writes what differs from the store's stories; with `everything` nothing is taken as known. Raises OutputError."""
    config = replace(config, feeds=_standing(config, store))
    rendered, generation = store.rendered(), str(store.generation())
    basis = digest(RENDERING, config.digest, *(feed.id for feed in config.feeds))
    known = rendered.get(_EVERYTHING) == basis and not everything
    archives = store.feeds.archives()
    missing = _missing(config.feeds, archives, output)
    pages = publish_pages.look(config, store, output, None if everything else rendered.get(publish_pages.MARK))
    current = publish_pages.current(pages, int(generation))
    if known and rendered[_GENERATION] == generation and not missing and current:
        total = _total(config, archives) + publish_pages.count(config, pages)
        return Published(written=0, unchanged=total, faults=faults.standing(rendered))
    since = store.changed_since(int(rendered[_GENERATION])) if known else None
    names = {feed.id for feed in config.feeds}
    store.feeds.forget([name for name in rendered if not name.startswith("*") and name not in names])
    touched = entering.enter(store, config.feeds, sources_by_id(config), since)
    press = Press(config, store, everything=everything)
    planned = publish_pages.plan(config, store, pages)
    fates = files.write_all(_documents(press, output, touched, missing, planned))
    publish_pages.prune(planned, output)
    if since is None:  # else neither feeds nor pages have become fewer
        files.prune(output, {HEALTH: 0, **{feed.id: press.last(feed) for feed in config.feeds}})
    found = press.faults(rendered)
    marks = {_EVERYTHING: basis, _GENERATION: generation, faults.KEY: found, publish_pages.MARK: planned.mark}
    press.remember(marks)
    written = sum(fate is files.Writing.WRITTEN for fate in fates)
    total = _total(config, press.archives) + planned.total
    return Published(
        written=written,
        unchanged=total - written,
        dropped=tuple(sorted(press.dropped)),
        faults=faults.standing({faults.KEY: found}),
    )


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
    missing = _missing(_standing(config, store), store.feeds.archives(), output)
    names = sorted("index.html" if one == _EVERYTHING else f"feeds/{one}" for one in missing)
    return (*names, *(() if (output / f"feeds/{HEALTH}.atom").is_file() else (f"feeds/{HEALTH}.atom",)))


def _missing(feeds: Sequence[PublishedFeed], archives: Mapping[str, Mapping[int, str]], output: Path) -> _Pages:
    """Of which feeds which pages lack a file: somebody cleared the output directory. Under "*": the site's own."""
    missing: dict[str, set[int]] = defaultdict(set)
    subscribed = files.standing(output / "feeds")
    for feed in feeds:
        pages = files.standing(output / feed.id)
        if "index.html" not in pages or any(f"{feed.id}.{kind}" not in subscribed for kind in KINDS):
            missing[feed.id].add(0)
        archived = files.standing(output / "feeds" / feed.id) if feed.id in archives else ()
        for number in archives.get(feed.id, ()):
            if page_name(number) not in pages or any(f"{number}.{kind}" not in archived for kind in KINDS):
                missing[feed.id].add(number)
    if not files.standing(output).issuperset(_SITE_FILES):
        missing[_EVERYTHING].add(0)
    return missing


def _total(config: Config, archives: Mapping[str, Mapping[int, str]]) -> int:
    """How many files there are."""
    documents = len(config.feeds) + sum(len(archives.get(feed.id, ())) for feed in config.feeds)
    return documents * (len(KINDS) + 1) + len(_SITE_FILES)


def sources_by_id(config: Config) -> Mapping[str, Source]:
    return {source.id: source for source in config.sources}


def _documents(
    press: Press, output: Path, touched: _Pages, missing: _Pages, planned: publish_pages.Plan
) -> Iterator[tuple[Path, bytes]]:
    """Every document that may differ, one at a time; what a document leads to comes before it."""
    place = files.placing(output)
    for name, content in _named(press, touched, missing, planned):
        yield place(name), content


def _named(press: Press, touched: _Pages, missing: _Pages, planned: publish_pages.Plan) -> Iterator[tuple[str, bytes]]:
    from aggregator.publish import pages

    config, frame = press.config, press.frame
    for feed in config.feeds:
        yield from press.feed(feed, touched[feed.id], missing.get(feed.id, frozenset()))
    front = _front(press)
    yield from press.put("index.html", pages.index(front, frame), front)
    yield "style.css", pages.style(frame)
    yield "icon.svg", pages.icon(frame)
    yield "opml.xml", sources_opml(config)
    yield "feeds.opml", feeds_opml(config)
    for name, page in publish_pages.documents(planned, press.config, press.store, frame):
        press.dropped.update(page.dropped)
        if page.content:
            yield name, page.content


def _front(press: Press) -> View:
    """The newest stories of the first feed, which is `all` unless the configuration says otherwise."""
    view = press.subscribed(press.config.feeds[0])
    return replace(view, stories=view.stories[:_FRONT])


def sources_opml(config: Config) -> bytes:
    """The configured sources as a subscription list, in groups by who they are; keys and passwords stay here."""
    groups: dict[str, list[opml.Outline]] = {}
    for source in config.sources:
        # rss for whatever feed it is, by custom of the readers; what is none says so
        kind = source.kind.value if source.kind in {Kind.LISTING, Kind.SITEMAP} else "rss"
        outline = opml.Outline(
            title=source.name, xml_url=urls.public(source.url, source.secrets), html_url=source.homepage, kind=kind
        )
        groups.setdefault(source.authority.value, []).append(outline)
    return opml.write(config.site.title, sorted(groups.items()))


def feeds_opml(config: Config) -> bytes:
    """The published feeds as a subscription list (Atom), grouped as on the start page."""
    groups: dict[str, list[opml.Outline]] = {}
    base = config.site.base_url
    for feed in config.feeds:
        outline = opml.Outline(title=feed.title, xml_url=f"{base}feeds/{feed.id}.atom", html_url=f"{base}{feed.id}/")
        groups.setdefault(feed.group, []).append(outline)
    return opml.write(config.site.title, list(groups.items()))
