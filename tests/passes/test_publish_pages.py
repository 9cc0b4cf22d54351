"""Every story has a page as long as it is a story, what its page tells is current, and only what changed is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import urljoin

import pytest
from lxml import html

from aggregator.config import load
from aggregator.errors import Failure, OutputError
from aggregator.model import DateTrust, Failing, Item, SourceState, SourceUpdate
from aggregator.passes import one_pass, publish_changed
from aggregator.passes.publish_changed import Published
from aggregator.publish import shown
from aggregator.store import connect
from aggregator.text import digest

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BASE = "base_url: https://news.example/\ntitle: News\nlanguage: de\ncontact: desk@news.example\n"
SOURCES = """sources:
  - {id: amt, name: Das Amt, url: 'https://amt.example/feed', authority: issuer}
  - {id: portal, name: Das Portal, url: 'https://portal.example/feed', authority: repeater}
"""
TEXT = " ".join(
    f"Satz {number} über den Speicher, der in der Stadt am Fluss entsteht."
    for number in ("eins", "zwei", "drei", "vier")
)


def item(guid: str, source: str = "amt", **changes: object) -> Item:
    values: dict[str, object] = {
        "id": digest(source, guid)[:16],
        "source_id": source,
        "guid": guid,
        "url": f"https://{source}.example/{guid}",
        "title": f"Meldung {guid}",
        "summary": "",
        "html": f"<p>{guid} {TEXT}</p>",
        "text": f"{guid} {TEXT}",
        "published": NOW,
        "updated": None,
        "date_trust": DateTrust.EXACT,
        "published_text": None,
        "first_seen": NOW,
        "language": "de",
        "authors": (),
        "categories": (),
        "issuer": None,
        "enclosures": (),
        "fingerprint": guid,
    }
    made = values | changes
    return Item(**{"content_hash": digest(str(made["title"]), str(made["text"])), **made})  # type: ignore[arg-type]


def told(guid: str, text: str, source: str = "amt", **changes: object) -> Item:
    return item(guid, source, text=text, html=f"<p>{text}</p>", **changes)


@dataclass
class World:
    """An installation whose sources say what a test wants."""

    folder: Path
    store: connect.Store
    more: str = ""  # of aggregator.yaml
    sources: str = SOURCES
    now: datetime = NOW

    @property
    def public(self) -> Path:
        return self.folder / "public"

    @cached_property
    def config(self) -> load.Config:
        (self.folder / "config").mkdir(exist_ok=True)
        (self.folder / "config/aggregator.yaml").write_text(BASE + self.more)
        (self.folder / "config/sources.yaml").write_text(self.sources)
        return load.load(self.folder / "config", environment={})

    def say(self, *items: Item, changed: bool = False) -> Published:
        """A pass in which these items come."""
        for one in items:
            state = SourceState(source_id=one.source_id, last_checked=self.now)
            self.store.commit(SourceUpdate(state=state, **{"changed" if changed else "new": (one,)}))
        return self.publish()

    def publish(self, output: Path | None = None, *, everything: bool = False) -> Published:
        self.now += HOUR
        config = self.config
        one_pass.settle(config, self.store, now=self.now)
        return publish_changed.publish(config, self.store, output or self.public, everything=everything)

    def page(self, one: Item) -> Path:
        """Of the story that the item is in."""
        story = self.store.find(one.id)
        assert story is not None
        return self.public / shown.page(story.id)

    def said(self, one: Item) -> str:
        return words(self.page(one))

    def pages(self) -> dict[str, int]:
        """The stories' pages with the time at which each was written."""
        return {path.name: path.stat().st_mtime_ns for path in (self.public / "stories").iterdir()}


def words(path: Path) -> str:
    return " ".join(html.document_fromstring(path.read_bytes()).find(".//main").text_content().split())


pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with connect.opened(f"sqlite:///{tmp_path}/a.sqlite") as store:
        yield World(tmp_path, store)


def test_every_story_has_a_page_and_every_link_of_ours_leads_somewhere(world: World) -> None:
    one, two = item("1"), item("2", title="Anderes", text="Ganz anders.", html="<p>Ganz anders.</p>")
    assert world.say(one, two).written == 3 * 4 + 5 + 4 + 2  # feeds, the site, about it, stories
    assert len(world.pages()) == 2
    for path in world.public.rglob("*.html"):
        at = f"https://x.example/{path.relative_to(world.public)}"
        for link in html.document_fromstring(path.read_bytes()).iter("a", "link"):
            target = urljoin(at, str(link.get("href"))).partition("#")[0].removeprefix("https://x.example/")
            assert re.match(r"[a-z]+:", target) or (world.public / target).is_file(), (path, target)


def test_a_pass_without_news_writes_nothing(world: World) -> None:
    world.say(item("1"))
    before = world.pages()
    assert world.publish().written == 0
    assert world.publish(everything=True).written == 0
    assert world.pages() == before


def test_an_installation_without_stories_is_known_as_well(world: World) -> None:
    assert world.publish().written > 0
    assert world.publish() == Published(written=0, unchanged=21)


def test_a_new_story_leaves_the_pages_of_others_alone(world: World) -> None:
    world.say(item("1"))
    before = world.pages()
    world.say(told("2", "Ganz anders."))
    after = world.pages()
    assert len(after) == 2
    assert {name: after[name] for name in before} == before


def test_who_carries_it_later_stands_on_its_page(world: World) -> None:
    one = item("1")
    world.say(one)
    assert "Bisher nur diese Quelle." in world.said(one)
    world.say(told("x", one.text, "portal", title=one.title))
    assert "Das Amt Ursprung" in world.said(one)
    assert "Das Portal 20. November 2026, 12:00 Uhr · vollständig übernommen" in world.said(one)


def test_what_a_carrier_says_later_stands_on_the_page_though_the_story_is_the_same(world: World) -> None:
    one = item("1")
    copy = told("x", one.text, "portal", title=one.title, url=one.url)
    world.say(one, copy)
    story = world.store.find(one.id)
    short = told("x", one.text[:130], "portal", title=one.title, url=one.url)
    world.say(short, changed=True)
    after = world.store.find(one.id)
    assert story is not None
    assert after is not None
    assert after.version == story.version
    assert "gekürzt" in world.said(one)


def test_a_correction_tells_what_was_said_before(world: World) -> None:
    text = f"Die Zelle erreicht 33,7 Prozent. {TEXT}"
    one = told("1", text)
    world.say(one)
    world.say(told("1", text.replace("33,7", "33,1")), changed=True)
    assert "Was sich geändert hat Bis 20. November 2026, 13:00 Uhr „33,7“, jetzt „33,1“" in world.said(one)


def test_a_story_that_proves_to_be_another_leads_there(world: World) -> None:
    one, two = item("1"), told("2", "Ganz anders.", "portal", published=NOW + HOUR)
    world.say(one, two)
    pages = [world.page(one), world.page(two)]
    world.more = f"stories: {{same: [['{one.url}', '{two.url}']]}}\n"
    del world.config
    world.store.unsettle()
    world.publish()
    kept = world.page(one)
    assert world.page(two) == kept
    (former,) = set(pages) - {kept}
    assert f'content="0; url={kept.name}"' in former.read_text()
    assert set(world.pages()) == {kept.name, former.name}


def test_a_withdrawn_story_loses_its_page_and_other_peoples_files_stay(world: World) -> None:
    one, two = item("1"), told("2", "Ganz anders.")
    world.say(one, two)
    gone = world.page(two)
    mine = world.public / "stories" / "notes.html"
    mine.write_text("mine")
    world.store.withdraw([two.key])
    world.publish()
    assert not gone.exists()
    assert world.page(one).exists()
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("lost", ["one page", "the folder"])
def test_what_somebody_took_away_comes_back(world: World, lost: str) -> None:
    one = item("1")
    world.say(one)
    page = world.page(one)
    before = page.read_bytes()
    page.unlink()
    if lost == "the folder":
        page.parent.rmdir()
        world.publish()
    else:  # is seen when there is news
        world.say(told("2", "Ganz anders."))
    assert page.read_bytes() == before


def test_pages_written_bit_by_bit_are_those_written_at_once(world: World, tmp_path: Path) -> None:
    one, portal = item("1"), told("x", f"1 {TEXT}", "portal", title="Meldung 1")
    for step in ([one], [portal], [told("3", "Ganz anders."), told("4", "Noch anders, drei Wörter mehr.")]):
        world.say(*step)
    world.say(told("1", f"1 {TEXT} Nachtrag: Es eilt."), changed=True)
    world.store.withdraw([told("4", "").key])
    world.publish()
    world.publish(tmp_path / "anew", everything=True)
    assert contents(world.public) == contents(tmp_path / "anew")


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_what_can_not_be_shown_is_named_and_the_others_are_written(world: World) -> None:
    bad = replace(item("1"), published=datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
    world.more = "timezone: Asia/Tokyo\n"
    done = world.say(bad, told("2", "Ganz anders."))
    assert len(done.dropped) == 1
    assert len(world.pages()) == 1
    assert world.publish().written == 0


def test_a_folder_that_leads_elsewhere_is_refused(world: World, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    world.public.mkdir()
    (world.public / "stories").symlink_to(tmp_path / "outside", target_is_directory=True)
    with pytest.raises(OutputError, match="leads out of"):
        world.say(item("1"))
    assert list((tmp_path / "outside").iterdir()) == []


def test_the_page_of_sources_changes_only_when_there_is_something_to_tell(world: World) -> None:
    well = SourceState(source_id="amt", last_checked=NOW, last_success=NOW)
    world.say(item("1"))
    world.store.commit(SourceUpdate(state=well))
    world.publish()
    assert "in Ordnung" in words(world.public / "sources.html")
    world.store.commit(SourceUpdate(state=replace(well, last_success=NOW + HOUR)))  # once more: nothing to tell
    assert world.publish().written == 0
    failing = Failing(failure=Failure.TIMEOUT, message="no answer in 30 s", since=NOW)
    later = NOW + 30 * HOUR
    world.store.commit(SourceUpdate(state=replace(well, failing=failing, failures=4, last_checked=later)))
    assert world.publish().written == 1
    assert "gestört zuletzt erreicht 20. November 2026" in words(world.public / "sources.html")


def test_of_a_source_that_allows_an_excerpt_there_is_no_more_on_the_page(world: World) -> None:
    (world.folder / "config").mkdir(exist_ok=True)
    one = item("1", "portal")
    world.sources = SOURCES.replace("authority: repeater", "authority: repeater, publish: excerpt")
    world.say(one)
    said = world.said(one)
    assert "Satz eins" in said
    assert "Satz vier" not in said
    assert "nur ein Auszug" in said
