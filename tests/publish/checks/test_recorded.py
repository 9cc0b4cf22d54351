"""Whatever recorded feeds hold, what is published of them breaks no rule. Skipped where there are none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.clean import item
from aggregator.model import Document, Hints, Item, Known, PublishedFeed, Selection, Site, Source, Story
from aggregator.parse import document
from aggregator.publish import jsonfeed, xml
from aggregator.publish.checks import atom, rss
from aggregator.publish.checks import jsonfeed as json_rules
from aggregator.publish.view import View
from aggregator.stories import identity
from tests.shared_data import ROOT, folder

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SITE = Site(
    base_url="https://news.example/", title="T", description="", language="de", contact="a@news.example", timezone="UTC"
)
FEED = PublishedFeed(id="all", title="All", description="", language="de", selection=Selection())


def items(path: Path, source: Source) -> Iterator[Item]:
    read = document.read(path.read_bytes(), Hints(url=source.url))
    if isinstance(read, Document):
        for recognised in identity.recognise(
            read.entries, Known(items={}, aliases={}, fingerprints=frozenset()), stable_keys=()
        ):
            cleaned = item.clean(recognised, source, now=NOW)
            if isinstance(cleaned, Item):
                yield cleaned


def story(number: int, origin: Item) -> Story:
    return Story(
        id=f"tag:news.example,2026:{number}",
        minted=NOW,
        origin=origin,
        carriers=(origin,),
        related=(),
        published=origin.published,
        changed=NOW,
        tags=(),
        near_misses=(),
        absorbed=(),
        version="1",
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "recorded", ["real-feeds", "feedparser-tests/illformed", "feedparser-tests/encoding", "json-feeds"]
)
def test_recorded(recorded: str) -> None:
    broken: list[str] = []
    count = 0
    for path in sorted(
        path for path in folder(recorded).rglob("*") if path.is_file() and path.suffix not in {".md", ".tsv"}
    ):
        source = Source(id="s", name=path.name, url="https://s.example/feed?a[]=1", homepage="https://s.example/")
        stories = tuple(story(number, each) for number, each in enumerate(items(path, source)))
        view = View(site=SITE, feed=FEED, stories=stories, sources={"s": source}, labels={})
        for render, rules, kind in (
            (xml.rss, rss, "rss"),
            (xml.atom, atom, "atom"),
            (jsonfeed.render, json_rules, "json"),
        ):
            rendered = render(view)
            count += len(stories)
            broken += [f"{path.relative_to(ROOT)} {kind}: {fault}" for fault in rendered.faults]
            assert rules.faults(rendered.content, view.document(kind), set()) == ()  # nothing taken as known
    assert broken == []
    assert count
