"""What configuration, corrections and changed rules make of stored items; against a real store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from aggregator import tagging
from aggregator.model import Authority, DateTrust, Item, SourceState, SourceUpdate, Story, Taxonomy, Verdict
from aggregator.passes import matching, settle_stories
from aggregator.store import connect, items
from aggregator.store.connect import Store
from aggregator.text import digest

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = settle_stories.Rules(
    merging=matching.Merging(),
    sites={},
    authority={"amt": Authority.ISSUER, "portal": Authority.REPEATER, "blog": Authority.REPEATER},
    fixed={},
    tagging=tagging.compiled(Taxonomy(version="1", labels=())),
    minting="test.example,2026",
)
RELEASE = (
    "Der Landkreis baut in Seewalde eine Schule für 420 Kinder. Die Kosten liegen bei 18,4 Millionen Euro, das Land trägt ein "
    "Drittel. Baubeginn ist im April, eingezogen wird zum Schuljahr 2028. Bis dahin lernen sechs Klassen in Containern."
)
CORRECTED = RELEASE.replace("18,4", "19,2")


def item(source: str, guid: str = "1", text: str = RELEASE, *, title: str = "Neue Schule", **changed: object) -> Item:
    said: dict[str, object] = {
        "id": f"{source}-{guid}",
        "url": f"https://{source}.example/{guid}",
        "title": title,
        "summary": "",
        "html": f"<p>{text}</p>",
        "text": text,
        "published": NOW - timedelta(days=3),
        "updated": None,
        "date_trust": DateTrust.EXACT,
        "published_text": None,
        "first_seen": NOW,
        "language": "de",
        "authors": (),
        "categories": (),
        "issuer": None,
        "enclosures": (),
        "content_hash": digest(title, text),
        "fingerprint": digest(guid, text),
    }
    return Item(source_id=source, guid=guid, **(said | changed))  # type: ignore[arg-type]


def settled(
    store: Store, new: Sequence[Item] = (), *, changed: Sequence[Item] = (), hours: int = 0, **rules: object
) -> list[Story]:
    now = NOW + timedelta(hours=hours)
    for one in (*new, *changed):
        state = SourceState(source_id=one.source_id, last_checked=now)
        update = SourceUpdate(state=state, new=(one,) if one in new else (), changed=(one,) if one in changed else ())
        store.commit(update)
    settle_stories.settle(store, replace(RULES, merging=replace(RULES.merging, **rules)), now=now)
    found = store.stories([headline.id for headline in store.headlines()])
    return sorted(found.values(), key=lambda story: story.id)


def carriers(stories: Sequence[Story]) -> set[frozenset[str]]:
    return {frozenset(one.id for one in story.carriers) for story in stories}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with connect.opened(f"sqlite:///{tmp_path}/s.sqlite") as opened:
        yield opened


def test_a_correction_sent_as_a_new_item_corrects_the_story_and_is_no_news(store: Store) -> None:
    [before] = settled(store, [item("amt"), item("portal", title="Schule kommt")])
    correction = item("amt", "2", CORRECTED, title="Korrektur: Neue Schule", published=NOW)
    [after] = settled(store, [correction], hours=5)
    assert (after.id, after.published) == (before.id, before.published)
    assert after.origin == correction
    assert after.changed == NOW + timedelta(hours=5)
    assert carriers([after]) == {frozenset({"amt-1", "amt-2", "portal-1"})}


def test_who_carried_the_first_version_stays_when_the_issuer_corrects_its_page(store: Store) -> None:
    first = item("amt")
    [before] = settled(store, [first, item("portal")])
    corrected = replace(item("amt", text=CORRECTED), fingerprint="other")
    [after] = settled(store, changed=[corrected], hours=5)
    assert (after.id, after.origin.text) == (before.id, CORRECTED)
    assert {one.id for one in after.carriers} == {"amt-1", "portal-1"}
    [carried] = matching.provenance(after, RULES.merging)[1:]
    assert (carried.differences, carried.other_title) == ((("19,2", "18,4"),), False)


def test_a_text_that_changes_to_and_fro_is_corrected_once_and_kept_once(store: Store, tmp_path: Path) -> None:
    first, second = item("amt"), replace(item("amt", text=CORRECTED), fingerprint="other")
    settled(store, [first])
    changes = []
    for hour, version in enumerate((second, first, second, first), start=1):
        [story] = settled(store, changed=[version], hours=hour)
        changes.append(story.changed)
        assert story.origin.text == version.text
    assert set(changes) == {NOW + timedelta(hours=1)}, "the correction moves `updated`, and nothing after it does"
    with connect.sqlite.sqlite3.connect(tmp_path / "s.sqlite") as raw:
        assert raw.execute("SELECT count(*) FROM revisions").fetchone() == (2,)


def test_what_an_item_said_before_is_kept_so_many_times(store: Store, tmp_path: Path) -> None:
    settled(store, [item("amt")])
    for number in range(items.REVISIONS + 5):
        settled(store, changed=[item("amt", text=f"{RELEASE} Stand: {number}. Minute", fingerprint=str(number))])
    with connect.sqlite.sqlite3.connect(tmp_path / "s.sqlite") as raw:
        kept = [text for (text,) in raw.execute("SELECT text FROM revisions ORDER BY number")]
    assert len(kept) == items.REVISIONS
    assert kept[-1].endswith(f"Stand: {items.REVISIONS + 3}. Minute")


ONE, OTHER = item("amt"), item("portal")
LONELY = item("blog", text="Gestern war ich auf dem Markt und habe Kürbisse gekauft.", title="Vom Markt")


@pytest.mark.parametrize(
    ("pair", "verdict", "expected"),
    [
        pytest.param((ONE, OTHER), Verdict.DIFFERENT, {"amt-1", "portal-1", "blog-1"}, id="a pair that is kept apart"),
        pytest.param((OTHER, LONELY), Verdict.SAME, {"amt-1 blog-1 portal-1"}, id="a pair that no rule would find"),
    ],
)
def test_what_the_configuration_decides(
    store: Store, pair: tuple[Item, Item], verdict: Verdict, expected: set[str]
) -> None:
    decided = {frozenset(one.url.removeprefix("https://") for one in pair): verdict}
    answers = set()
    for order in permutations((ONE, OTHER, LONELY)):
        store.withdraw([one.key for one in order])
        for one in order:
            found = settled(store, [replace(one, guid=f"{one.guid}{order.index(one)}", id=one.id)], decided=decided)
        answers.add(frozenset(" ".join(sorted(its)) for its in carriers(found)))
    assert answers == {frozenset(expected)}


def test_two_items_that_people_ask_about(store: Store) -> None:
    settled(store, [ONE, OTHER, LONELY])
    kinds, match = matching.between(ONE, OTHER, RULES.merging)
    assert match is not None
    assert ("lead" in kinds, match.rule) == (True, "content-hash")
    assert matching.between(ONE, LONELY, RULES.merging) == ((), None)


def test_hundreds_of_the_same_page_of_one_source_are_not_compared_with_each_other(store: Store) -> None:
    """That one of them is the original's carrier is found; that no pass can be drowned counts more than all the others."""
    original = item("amt", title="Seite nicht gefunden")
    settled(store, [original])
    pages = [item("blog", str(number), title="Seite nicht gefunden") for number in range(matching.OF_ONE_SOURCE + 2)]
    store.commit(SourceUpdate(state=SourceState(source_id="blog", last_checked=NOW), new=tuple(pages)))
    found = settled(store)
    assert len(found) == len(pages)
    matches = store.matches([page.key for page in pages])
    assert {original.key} == {match.left for match in matches}
