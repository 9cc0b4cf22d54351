"""Changed rules applied to what is stored: a preview that changes nothing, and then just what it showed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.model import DateTrust, Item, SourceState, SourceUpdate
from aggregator.passes import again, one_pass
from aggregator.store import connect

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = """
version: "{version}"
clusters:
  - {{id: energie, names: {{de: Energie, en: Energy}}, strong: [{words}]}}
by_hand: [{by_hand}]
"""


def item(guid: str, title: str) -> Item:
    url = f"https://house.example/{guid}"
    dates = {
        "published": NOW,
        "first_seen": NOW,
        "updated": None,
        "date_trust": DateTrust.EXACT,
        "published_text": None,
    }
    rest = {
        "authors": (),
        "categories": (),
        "issuer": None,
        "enclosures": (),
        "language": "de",
        "summary": "",
        "html": "",
    }
    names = {"id": guid, "source_id": "house", "guid": guid, "url": url, "title": title, "text": f"{title}."}
    return Item(**names, **dates, **rest, content_hash=guid, fingerprint=guid)


def config(folder: Path, *, version: str, words: str, by_hand: str = "") -> load.Config:
    (folder / "aggregator.yaml").write_text("base_url: https://n.example/\ntitle: N\n", encoding="utf-8")
    (folder / "sources.yaml").write_text("sources: []\n", encoding="utf-8")
    rules = RULES.format(version=version, words=words, by_hand=by_hand)
    (folder / "clusters.yaml").write_text(rules, encoding="utf-8")
    return load.load(folder, environment={})


@pytest.fixture
def store(tmp_path: Path):
    with connect.opened(f"sqlite:///{tmp_path}/store.sqlite") as opened:
        new = (item("1", "Strom im Land"), item("2", "Wärme im Netz"), item("3", "Ein Fest"))
        opened.commit(SourceUpdate(state=SourceState(source_id="house", last_checked=NOW), new=new))
        one_pass.settle(config(tmp_path, version="1", words="Strom"), opened, now=NOW)
        yield opened


def tags(store: connect.Store) -> dict[str, list[tuple[str, str]]]:
    stories = store.stories([headline.id for headline in store.headlines()]).values()
    return {story.origin.title: [(tag.label, tag.version) for tag in story.tags] for story in stories}


def test_the_preview_names_what_would_come_and_go_and_changes_nothing(store, tmp_path: Path) -> None:
    before = tags(store)
    changed = config(tmp_path, version="2", words="Wärme")
    preview = again.retag(changed, store, now=NOW, dry_run=True)
    assert [(one.sign, one.label, one.title) for one in preview.tags] == [
        ("+", "energie", "Wärme im Netz"),
        ("-", "energie", "Strom im Land"),
    ]
    assert tags(store) == before
    assert again.retag(changed, store, now=NOW, dry_run=False) == preview
    assert tags(store) == {"Strom im Land": [], "Wärme im Netz": [("energie", "2")], "Ein Fest": []}


def test_a_new_version_that_changes_nothing_touches_no_story(store, tmp_path: Path) -> None:
    before = tags(store)
    assert again.retag(config(tmp_path, version="2", words="Strom"), store, now=NOW, dry_run=False).tags == ()
    assert tags(store) == before == {"Strom im Land": [("energie", "1")], "Wärme im Netz": [], "Ein Fest": []}


def test_what_people_decide_holds_for_stories_by_id(store, tmp_path: Path) -> None:
    ids = {story.origin.title: story.id for story in store.stories([one.id for one in store.headlines()]).values()}
    by_hand = (
        f'{{item: "{ids["Ein Fest"]}", labels: [energie]}}, {{item: "{ids["Strom im Land"]}", without: [energie]}}'
    )
    changed = config(tmp_path, version="1", words="Strom", by_hand=by_hand)
    again.retag(changed, store, now=NOW, dry_run=False)
    assert {title: [label for label, _ in found] for title, found in tags(store).items()} == {
        "Strom im Land": [],
        "Wärme im Netz": [],
        "Ein Fest": ["energie"],
    }
