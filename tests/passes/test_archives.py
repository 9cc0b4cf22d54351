"""Archives (RFC 5005 section 4): who walks along the chain gets every story of a feed, whatever happens to the stories."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator.config import load
from aggregator.model import DateTrust, Item, SourceState, SourceUpdate, Story, StoryUpdate, Tag
from aggregator.passes import publish_changed
from aggregator.store import connect

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
BASE = "https://news.example/"
FEEDS = {"all": None, "energie": "energie"}  # a feed and the label that it takes
SIZE = 3  # stories on a page: as many as the feeds have


def item(number: int, hours: int, text: str) -> Item:
    name = f"meldung-{number}"
    return Item(
        id=name, source_id="amt", guid=name, url=f"https://amt.example/{name}", title=f"Meldung {number}", summary=text,
        html=f"<p>{text}</p>", text=text, published=NOW - timedelta(hours=hours), updated=None, language="de",
        date_trust=DateTrust.EXACT, published_text=None, first_seen=NOW, authors=(), categories=(), issuer=None,
        enclosures=(), content_hash=text, fingerprint=text,
    )  # fmt: skip


def story(number: int, hours: int, *labels: str, text: str = "", changed: int = 0) -> Story:
    """As settling makes it: `changed` is the number of the correction."""
    origin = item(number, hours, text or f"Text {number}, Fassung {changed}")
    return Story(
        id=f"tag:news.example,2026:story/{number:04}", minted=NOW, origin=origin, carriers=(origin,), related=(),
        published=origin.published, changed=NOW + timedelta(hours=changed), near_misses=(), absorbed=(),
        tags=tuple(Tag(label=label, score=1.0, evidence=()) for label in labels), version=f"{changed} {labels}",
    )  # fmt: skip


class World:
    """A configuration, a store, and what is published of it."""

    def __init__(self, folder: Path, limit: int = SIZE) -> None:
        self.folder = folder
        self.output = folder / "public"
        self.configure(limit)

    def configure(self, limit: int = SIZE, *, feeds: Iterable[str] = FEEDS, title: str = "News") -> None:
        texts = {
            "aggregator": f"base_url: {BASE}\ntitle: {title}\nminting: news.example,2026\nfeed_limit: {limit}\n",
            "sources": "sources:\n  - {id: amt, name: Das Amt, url: 'https://amt.example/feed'}\n",
            "clusters": "clusters:\n  - {id: energie, names: {de: Energie, en: Energy}, strong: [Strom]}\n",
            "feeds": "feeds:\n"
            + "".join(
                f"  - {{id: {name}, title: {name}" + (f", select: {{labels: [{label}]}}}}\n" if label else "}\n")
                for name, label in FEEDS.items()
                if name in feeds
            ),
        }
        for name, text in texts.items():
            (self.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        self.config = load.load(self.folder, environment={})

    def settle(self, *stories: Story, gone: Iterable[str] = ()) -> None:
        with self.store() as store:
            new = tuple(each.origin for each in stories if each.origin.key not in store.items([each.origin.key]))
            store.commit(SourceUpdate(state=SourceState(source_id="amt", last_checked=NOW), new=new))
            again = [each.origin for each in stories if each.origin not in new]
            store.commit(SourceUpdate(state=SourceState(source_id="amt", last_checked=NOW), changed=tuple(again)))
            keys = tuple(sorted(each.origin.key for each in stories))
            store.commit_stories(
                StoryUpdate(settled=keys, keys={}, matches=(), rematched=keys, stories=stories, gone=tuple(gone))
            )

    def store(self):
        return connect.opened(f"sqlite:///{self.folder}/aggregator.sqlite")

    def publish(self, output: Path | None = None, *, everything: bool = False) -> publish_changed.Published:
        with self.store() as store:
            return publish_changed.publish(self.config, store, output or self.output, everything=everything)

    def files(self, output: Path | None = None) -> dict[str, bytes]:
        root = output or self.output
        return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}

    def walk(self, feed_id: str, *, killed: bool = False) -> Walk:
        """As a reader does it (RFC 5005 section 4): from the document it subscribes to along `prev-archive` to the end. After a
        kill a page may not yet lead to the one that came after it."""
        current = self._read(f"feeds/{feed_id}.atom")
        assert "current" not in current.links
        pages, document = [], current
        while "prev-archive" in document.links:
            before = document.links["self"]
            document = self._read(document.links["prev-archive"].removeprefix(BASE))
            assert document.archive == (len(document.links.keys() & {"prev-archive", "next-archive"}) > 0)
            assert document.links["current"] == f"{BASE}feeds/{feed_id}.atom"
            assert killed or document.links.get("next-archive", current.links["self"]) == before
            pages.append(document.ids)
        return Walk(current.ids, pages[::-1])

    def _read(self, name: str) -> Document:
        feed = etree.fromstring((self.output / name).read_bytes())
        return Document(
            archive=feed.find(f"{HISTORY}archive") is not None,
            ids=[entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")],
            links={link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")},
        )


class Document(NamedTuple):
    archive: bool
    ids: list[str]
    links: Mapping[str, str]


class Walk(NamedTuple):
    current: list[str]
    pages: list[list[str]]  # the oldest first

    @property
    def archived(self) -> list[str]:
        return [name for page in self.pages for name in page]


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fresh") / "aggregator.sqlite"
    with connect.opened(f"sqlite:///{path}"):
        pass
    return path


@pytest.fixture
def world(tmp_path: Path, fresh: Path) -> World:
    shutil.copy(fresh, tmp_path)
    return World(tmp_path)


def numbers(ids: Iterable[str]) -> list[int]:
    return [int(name[-4:]) for name in ids]


def test_pages_are_cut_from_the_oldest_and_stay(world: World) -> None:
    world.settle(*(story(number, 100 - number) for number in range(1, 8)))
    world.publish()
    walk = world.walk("all")
    assert [numbers(page) for page in walk.pages] == [[3, 2, 1], [6, 5, 4]]
    assert numbers(walk.current) == [7, 6, 5], "what is in no archive yet, and then the newest"
    before = world.files()
    world.settle(story(8, 1), story(9, 2))
    world.publish()
    walk = world.walk("all")
    assert [numbers(page) for page in walk.pages] == [[3, 2, 1], [6, 5, 4], [8, 9, 7]]
    after = world.files()
    assert {name for name in before if before[name] != after[name] and "/all/" in f"/{name}"} == {
        "all/index.html", "all/page-2.html", "feeds/all/2.atom", "feeds/all/2.rss",
    }, "the page before leads to the new one; JSON Feed leads backwards alone"  # fmt: skip


def filled(world: World, count: int) -> None:
    """So many stories, one an hour, the oldest first, all with the label."""
    world.settle(*(story(number, 100 - number, "energie") for number in range(1, count + 1)))
    world.publish()


def written(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    return {name for name in after if before.get(name) != after[name]}


def test_a_correction_stands_in_what_is_subscribed_to_and_on_its_page(world: World) -> None:
    filled(world, 10)
    before = world.files()
    world.settle(story(2, 98, "energie", changed=1))
    told = "page and document of two feeds in four formats, the start page, and the story's own page"
    assert world.publish().written == 2 * 8 + 2, told
    walk = world.walk("all")
    assert numbers(walk.current) == [10, 9, 2]
    assert numbers(walk.pages[0]) == [3, 2, 1]
    after = world.files()
    assert b"Fassung 1" in after["feeds/all/1.atom"], "an archive does not go on telling what was wrong"
    assert {name for name in written(before, after) if name.startswith("feeds/all")} == {
        f"feeds/all{part}.{kind}" for part in ("", "/1") for kind in ("rss", "atom", "json")
    }


def test_a_label_more_or_less_touches_one_feed_and_a_story_finds_its_place_again(world: World) -> None:
    filled(world, 10)
    before = world.files()
    world.settle(story(2, 98))
    world.publish()
    walk = world.walk("energie")
    assert [numbers(page) for page in walk.pages] == [[3, 1], [6, 5, 4], [9, 8, 7]]
    assert numbers(world.walk("all").pages[0]) == [3, 2, 1]
    world.settle(story(2, 98, "energie"))
    world.publish()
    assert world.files() == before


def test_a_story_that_came_late_is_seen_by_everyone(world: World) -> None:
    filled(world, 10)
    world.settle(story(11, 5_000, "energie"))
    world.publish()
    assert numbers(world.walk("all").current) == [10, 9, 11], "older than any, and new to readers"


def test_an_absorbed_story_leaves_its_page_and_is_not_replaced(world: World) -> None:
    filled(world, 10)
    world.settle(replace(story(5, 95, "energie"), absorbed=(story(4, 96).id,), version="2"), gone=[story(4, 96).id])
    world.publish()
    assert [numbers(page) for page in world.walk("all").pages] == [[3, 2, 1], [6, 5], [9, 8, 7]]


def test_other_words_of_the_site_are_said_everywhere_and_other_feeds_touch_no_archive(world: World) -> None:
    filled(world, 10)
    before = world.files()
    world.configure(feeds=["all"])
    world.publish()
    after = world.files()
    assert not [name for name in after if "energie" in name], "what is gone takes its archive with it"
    assert not [name for name in written(before, after) if name.startswith("feeds/all/") or "page-" in name]
    world.configure()
    world.publish()
    assert world.files() == before
    world.configure(title="Other news")
    world.publish()
    assert b"Other news" in world.files()["feeds/all/1.atom"]


def test_a_feed_without_stories_says_what_the_configuration_says(world: World) -> None:
    world.publish()
    world.configure(title="Other news")
    world.publish()
    assert b"Other news" in world.files()["feeds/energie.atom"]
    assert world.walk("energie") == ([], [])


def test_another_limit_leaves_the_pages_that_are_there(world: World) -> None:
    filled(world, 8)
    world.configure(2)
    world.publish()
    assert [numbers(page) for page in world.walk("all").pages] == [[3, 2, 1], [6, 5, 4], [8, 7]]
    world.configure(200)
    world.settle(*(story(number, 100 - number) for number in range(9, 112)))
    world.publish()
    walk = world.walk("all")
    assert [len(page) for page in walk.pages] == [3, 3, 2, 100]
    assert len(walk.current) == 111


def test_missing_files_are_written_again_and_no_others(world: World) -> None:
    filled(world, 10)
    before = world.files()
    for name in ("feeds/all/2.rss", "energie/page-1.html", "feeds/energie.json"):
        (world.output / name).unlink()
    assert world.publish().written == 3
    assert world.files() == before


def test_new_evidence_alone_writes_the_pages_of_the_stories(world: World) -> None:
    filled(world, 10)
    world.settle(*(replace(story(number, 100 - number, "energie"), near_misses=(Tag(label="x", score=0.1, evidence=()),))
                   for number in range(1, 11)))  # fmt: skip
    assert world.publish().written == 10


@pytest.mark.slow
def test_what_does_not_fit_into_what_is_subscribed_to_gets_a_page_early(tmp_path: Path, fresh: Path) -> None:
    shutil.copy(fresh, tmp_path)
    world = World(tmp_path, 200)
    world.settle(*(story(number, 100 - number, text="日本&" * 900) for number in range(1, 91)))
    world.publish()
    walk = world.walk("all")
    assert [len(page) for page in walk.pages] == [90]
    assert 1 < len(walk.current) < 90
    assert all(len(world.files()[f"feeds/all.{kind}"]) <= 1_000_000 for kind in ("rss", "atom", "json"))
    before = world.files()
    assert world.publish(everything=True).written == 0
    assert world.files() == before
    world.settle(*(story(number, 100 - number, text="日本&" * 900) for number in range(91, 181)))
    world.publish()
    assert [len(page) for page in world.walk("all").pages] == [90, 90], "the page before leads to the new one"


KILLED = """
import os, signal, sys
from pathlib import Path
from aggregator.config import load
from aggregator.passes import publish_changed
from aggregator.store import connect
left = int(sys.argv[2])
replaced = Path.replace
def replace(path, target):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return replaced(path, target)
Path.replace = replace
folder = Path(sys.argv[1])
with connect.opened(f"sqlite:///{folder}/aggregator.sqlite") as store:
    publish_changed.publish(load.load(folder, environment={}), store, folder / "public")
"""


@pytest.mark.slow
def test_killed_between_an_archive_and_what_leads_to_it_nothing_leads_nowhere(world: World, tmp_path: Path) -> None:
    filled(world, 10)
    world.settle(*(story(number, 100 - number, "energie") for number in range(11, 15)), story(1, 99, changed=2))
    ends = set()
    for files in (0, 1, 5, 9, 40):  # that took their places before
        shutil.copytree(world.folder, tmp_path / f"killed-{files}", ignore=shutil.ignore_patterns("killed-*"))
        killed = World(tmp_path / f"killed-{files}")
        command = [sys.executable, "-c", KILLED, str(killed.folder), str(files)]
        ends.add(subprocess.run(command, check=False).returncode)
        for feed_id in FEEDS:
            killed.walk(feed_id, killed=True)  # no document leads to one that is not there
        killed.publish()
        assert killed.publish().written == 0
    assert ends == {0, -9}
    world.publish()
    expected = world.files()
    assert all(World(tmp_path / f"killed-{files}").files() == expected for files in (0, 1, 5, 9, 40))


NUMBERS = st.integers(1, 14)
STEP = st.one_of(
    st.tuples(st.just("new"), st.lists(NUMBERS, min_size=1, max_size=6, unique=True), st.integers(0, 50)),
    st.tuples(st.just("changed"), st.lists(NUMBERS, min_size=1, max_size=3, unique=True), st.just(0)),
    st.tuples(st.just("labelled"), st.lists(NUMBERS, min_size=1, max_size=4, unique=True), st.just(0)),
    st.tuples(st.just("gone"), st.lists(NUMBERS, min_size=1, max_size=3, unique=True), st.just(0)),
    st.tuples(st.just("configured"), st.just([]), st.integers(1, 4)),
)


class Told:
    """What a sequence of steps comes to."""

    def __init__(self) -> None:
        self.stories: dict[int, Story] = {}
        self.step = 0

    def take(self, world: World, kind: str, names: list[int], value: int) -> set[int]:
        """Carries out a step; the numbers of the stories that it touched."""
        self.step += 1
        if kind == "configured":
            world.configure(value)
            return set()
        if kind == "new":
            made = {
                name: story(name, value + name, *(["energie"] * (name % 2)))
                for name in names
                if name not in self.stories
            }
            self.stories |= made
            world.settle(*made.values())
            return set(made)
        known = [name for name in names if name in self.stories]
        if kind == "gone":
            gone = [self.stories.pop(name).id for name in known]
            world.settle(gone=gone)
            return set(known)
        for name in known:
            old = self.stories[name]
            labels = old.labels if kind == "changed" else () if old.labels else ("energie",)
            changed = self.step if kind == "changed" else int((old.changed - NOW).total_seconds() // 3600)
            hours = int((NOW - old.published).total_seconds() // 3600)
            self.stories[name] = story(name, hours, *labels, changed=changed)
        world.settle(*(self.stories[name] for name in known))
        return set(known)

    def selected(self, feed_id: str) -> set[int]:
        label = FEEDS[feed_id]
        return {name for name, each in self.stories.items() if label is None or label in each.labels}


@pytest.mark.slow
@settings(
    deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, min_size=1, max_size=8))
def test_who_walks_the_chain_gets_every_story_whatever_happens(
    steps: list[tuple[str, list[int], int]], fresh: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("world")
    shutil.copy(fresh, folder)
    world, told = World(folder), Told()
    first: dict[tuple[str, int], set[int]] = {}
    before: dict[str, bytes] = {}
    for step in steps:
        touched = told.take(world, *step)
        world.publish()
        after = world.files()
        for feed_id in FEEDS:
            walk = world.walk(feed_id)
            pages = [set(numbers(page)) for page in walk.pages]
            assert len(walk.archived) == len(set(walk.archived)), "none twice"
            assert set().union(*pages, numbers(walk.current)) == told.selected(feed_id), "all, and no other"
            assert len(walk.current) <= world.config.feeds[0].limit
            for number, page in enumerate(pages, start=1):
                assert page <= first.setdefault((feed_id, number), page), "no story comes to a page that was there"
                if number < len(pages) and not first[feed_id, number] & touched and step[0] != "configured":
                    name = f"feeds/{feed_id}/{number}.json"
                    assert before.get(name, after[name]) == after[name], "nothing changed on it"
        before = after
        assert world.publish().written == 0
    world.publish(folder / "again", everything=True)
    assert world.files(folder / "again") == before, "the same store gives the same bytes"
