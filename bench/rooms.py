"""µs per entry of the rooms that decide, each beside a peer or a floor in the same run; the ratio is what counts.

    ./do python bench/rooms.py [parse] [clean] [stories] [publish]

parse: `document.read` of new and of known entries beside `feedparser.parse`; clean: `item.clean` beside `nh3.clean` of the same
HTML alone; stories: `identity.recognise` and `keys.keys` beside hashing the same text once; publish: RSS, Atom, JSON Feed and
page together beside plain feedgen's RSS and Atom. Input: the made-up feeds of bench/feeds_server.py, 20 entries of 2 kB.
"""

import hashlib
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import feedparser
import nh3
from feedgen.feed import FeedGenerator
from feeds_server import made_up

from aggregator.clean import item as clean
from aggregator.model import (
    Document,
    Group,
    Hints,
    Item,
    Known,
    PublishedFeed,
    Selection,
    Site,
    Source,
    StoryName,
    Tagging,
)
from aggregator.parse import document
from aggregator.publish import jsonfeed, pages, xml
from aggregator.publish.view import View
from aggregator.stories import identity, merge
from aggregator.stories import keys as of_items

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SOURCE = Source(id="s", name="S", url="https://site1.example/feed", timezone="Europe/Berlin")
NOTHING = Known(items={}, aliases={}, fingerprints=frozenset())
BODIES = [made_up(feed, gained=False) for feed in range(25)]
HINTS = Hints(url=SOURCE.url)
ENTRIES = 20 * len(BODIES)


def best(work: Callable[[], object], *, of: int = ENTRIES, rounds: int = 5) -> float:
    """Median µs per entry over a few rounds."""
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) / of * 1e6


def row(what: str, ours: float, peer: str, theirs: float) -> None:
    print(f"{what:<34} {ours:>8.1f} µs   {peer:<28} {theirs:>8.1f} µs   ratio {ours / theirs:>6.2f}")


def documents() -> list[Document]:
    read = [document.read(body, HINTS) for body in BODIES]
    return [one for one in read if isinstance(one, Document)]


def items() -> list[Item]:
    recognised = [one for read in documents() for one in identity.recognise(read.entries, NOTHING, stable_keys=())]
    cleaned = [clean.clean(one, SOURCE, now=NOW) for one in recognised]
    return [one for one in cleaned if isinstance(one, Item)]


def parse() -> None:
    known = frozenset(entry.fingerprint for read in documents() for entry in read.entries)
    peer = best(lambda: [feedparser.parse(body) for body in BODIES], rounds=3)
    row("parse: new entries", best(documents, rounds=3), "feedparser.parse", peer)
    row(
        "parse: known entries",
        best(lambda: [document.read(body, HINTS, known) for body in BODIES]),
        "feedparser.parse",
        peer,
    )


def clean_() -> None:
    recognised = [one for read in documents() for one in identity.recognise(read.entries, NOTHING, stable_keys=())]
    markup = [one.entry.content.value for one in recognised if one.entry.content]
    ours = best(lambda: [clean.clean(one, SOURCE, now=NOW) for one in recognised])
    row("clean: entry to item", ours, "nh3.clean of its HTML alone", best(lambda: [nh3.clean(one) for one in markup]))


def stories() -> None:
    read, made = documents(), items()
    floor = best(lambda: [hashlib.blake2b(one.text.encode()).digest() for one in made])
    recognising = best(lambda: [identity.recognise(one.entries, NOTHING, stable_keys=()) for one in read])
    row("stories: recognise new entries", recognising, "one hash of the text", floor)
    row(
        "stories: keys",
        best(lambda: [of_items.keys(one, stable_keys=()) for one in made]),
        "one hash of the text",
        floor,
    )
    alone = best(lambda: merge.partition(made, (), authority={}, window=timedelta(days=14)))
    row("stories: partition, all alone", alone, "one hash of the text", floor)


def publish() -> None:
    made = {one.key: one for one in items()[:100]}
    site = Site(
        base_url="https://n.example/",
        title="N",
        description="N",
        language="de",
        contact="a@n.example",
        timezone="Europe/Berlin",
    )
    feed = PublishedFeed(id="all", title="All", description="All", language="de", selection=Selection())
    told = []
    for key in made:
        named = merge.Named(
            group=Group(origin=key, members=(key,)),
            name=StoryName(id=f"tag:n.example,2026:{key.guid}", minted=NOW, members=(key,)),
        )
        told.append(merge.story(named, made, tagging=Tagging(tags=()), related=(), previous=None, now=NOW))
    view = View(site=site, feed=feed, stories=tuple(told), sources={"s": SOURCE}, labels={})
    frame = pages.frame(site, (feed,))

    def ours() -> None:
        fresh = replace(view, memory={})
        xml.rss(fresh), xml.atom(fresh), jsonfeed.render(fresh), pages.feed(fresh, frame)

    def plain() -> None:
        generator = FeedGenerator()
        generator.id("https://n.example/")
        generator.title("N")
        generator.description("N")
        generator.link(href="https://n.example/")
        for one in made.values():
            entry = generator.add_entry(order="append")
            entry.id(one.guid)
            entry.title(one.title)
            entry.link(href=one.url)
            entry.content(one.html, type="html")
            entry.published(one.published.astimezone(ZoneInfo("Europe/Berlin")))
        generator.rss_str()
        generator.atom_str()

    row("publish: RSS, Atom, JSON, page", best(ours, of=100), "feedgen alone: RSS, Atom", best(plain, of=100))


ROOMS = {"parse": parse, "clean": clean_, "stories": stories, "publish": publish}
for name in sys.argv[1:] or ROOMS:
    ROOMS[name]()
