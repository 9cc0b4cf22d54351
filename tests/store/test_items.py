"""Items: what comes in comes out, what was known stays known."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.model import DateTrust, Enclosure, Item, ItemKey, KnownItem, Sought, SourceState, SourceUpdate
from aggregator.store import items
from aggregator.store.connect import Store

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
INSTANTS = st.datetimes(timezones=st.just(UTC))
ENCLOSURES = st.builds(Enclosure, url=TEXTS, type=TEXTS, length=st.none() | st.integers())
ITEMS = st.builds(
    Item,
    published=INSTANTS,
    updated=st.none() | INSTANTS,
    first_seen=INSTANTS,
    date_trust=st.sampled_from(DateTrust),
    published_text=st.none() | TEXTS,
    language=st.none() | TEXTS,
    issuer=st.none() | TEXTS,
    authors=st.lists(TEXTS).map(tuple),
    categories=st.lists(TEXTS).map(tuple),
    enclosures=st.lists(ENCLOSURES).map(tuple),
    **dict.fromkeys(
        ("id", "source_id", "guid", "url", "title", "summary", "html", "text", "content_hash", "fingerprint"), TEXTS
    ),
)
UNHURRIED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


def update(item: Item, **fields: Any) -> SourceUpdate:
    return SourceUpdate(state=SourceState(source_id=item.source_id, last_checked=item.first_seen), **fields)


@pytest.mark.slow
@UNHURRIED
@given(item=ITEMS)
def test_an_item_comes_back_as_it_was(item: Item, store: Store, path: Path) -> None:
    store.commit(update(item, changed=(item,)))
    assert store.items([item.key]) == {item.key: item}
    known = store.known(item.source_id)
    assert known.items[item.guid].first_seen == item.first_seen
    assert item.fingerprint in known.fingerprints
    assert known.fingerprints == store.fingerprints(item.source_id)
    with sqlite3.connect(path) as raw:  # raises where the index and the items differ
        raw.execute("INSERT INTO items_search (items_search, rank) VALUES ('integrity-check', 1)")


def test_identity_gets_what_it_needs(store: Store, make_item: Callable[..., Item], now: datetime) -> None:
    item = make_item(guid="a", published_text="12. Oktober")
    store.commit(update(item, new=(item,), aliases=(("amt.example/a", "a"), ("of an entry that was rejected", "b"))))
    known = store.known("amt")
    assert known.items == {
        "a": KnownItem(
            guid="a",
            content_hash=item.content_hash,
            fingerprint=item.fingerprint,
            first_seen=now,
            title=item.title,
            url=item.url,
            published_text="12. Oktober",
        )
    }
    assert known.aliases == {"amt.example/a": "a"}
    assert known.fingerprints == {item.fingerprint}
    assert store.known("another").items == {}


def test_one_source_can_not_touch_anothers_item(
    store: Store, put: Callable[..., None], make_item: Callable[..., Item]
) -> None:
    ours, theirs = make_item("amt", "same"), make_item("verein", "same", title="Übernommen")
    put(ours, theirs)
    store.commit(update(theirs, changed=(replace(theirs, content_hash="x"),), refreshed=(("same", "y"),)))
    assert store.items([ours.key]) == {ours.key: ours}


@pytest.mark.slow
def test_identity_sees_the_newest_items(
    store: Store, put: Callable[..., None], make_item: Callable[..., Item], now: datetime
) -> None:
    put(*(make_item(guid=str(n), first_seen=now + timedelta(seconds=n)) for n in range(items.KNOWN + 1)))
    known = store.known("amt")
    assert known.items.keys() == {str(number) for number in range(1, items.KNOWN + 1)}
    assert known.fingerprints == store.fingerprints("amt")


def test_an_item_taken_for_new_again_is_no_news(
    store: Store, settle: Callable[..., None], make_item: Callable[..., Item], make_story: Callable[..., Any]
) -> None:
    item = make_item()
    settle(make_story("a", item))
    store.commit(update(item, new=(replace(item, fingerprint="other bytes", title="Anders"),)))
    assert store.items([item.key])[item.key] == replace(item, fingerprint="other bytes")
    assert store.unsettled(10) == ()


def test_what_an_item_said_before_is_kept(
    store: Store, path: Path, put: Callable[..., None], make_item: Callable[..., Item], now: datetime
) -> None:
    first = make_item(title="Erste Fassung", summary="kurz", text="lang")
    put(first)
    second = replace(first, title="Zweite Fassung", content_hash="new")
    later = SourceState(source_id="amt", last_checked=now + timedelta(hours=1))
    store.commit(SourceUpdate(state=later, changed=(second,)))
    moved = replace(second, url="https://amt.example/neu")
    store.commit(SourceUpdate(state=later, changed=(moved,)))
    assert store.items([first.key]) == {first.key: moved}
    with sqlite3.connect(path) as raw:
        rows = raw.execute("SELECT content_hash, title, summary, text, replaced FROM revisions").fetchall()
    hour = round(later.last_checked.timestamp() * 1_000_000) if later.last_checked else 0
    assert rows == [(first.content_hash, "Erste Fassung", "kurz", "lang", hour)], "another URL is no revision"


def test_what_an_item_said_before_is_told_the_latest_first(
    store: Store, make_item: Callable[..., Item], now: datetime
) -> None:
    item, other = make_item(text="eins"), make_item("ihk")
    store.commit(update(item, new=(item,)))
    store.commit(update(other, new=(other,)))
    for hours, text in enumerate(("zwei", "drei")):
        after = replace(item, text=text, content_hash=text)
        state = SourceState(source_id=item.source_id, last_checked=now + timedelta(hours=hours))
        store.commit(SourceUpdate(state=state, changed=(after,)))
    told = store.revisions([item.key, other.key])
    assert {key: [(one.replaced, one.title, one.text) for one in said] for key, said in told.items()} == {
        item.key: [(now + timedelta(hours=1), item.title, "zwei"), (now, item.title, "eins")]
    }


def test_what_is_new_or_changed_waits_to_be_settled(
    store: Store, settle: Callable[..., None], make_item: Callable[..., Item], make_story: Callable[..., Any]
) -> None:
    item = make_item()
    store.commit(update(item, new=(item,)))
    assert store.unsettled(10) == (item,)
    settle(make_story("a", item))
    assert store.unsettled(10) == ()
    store.commit(update(item, refreshed=((item.guid, "other bytes"),)))
    assert store.unsettled(10) == (), "other bytes of the same content settle nothing"
    assert store.fingerprints("amt") == {"other bytes"}
    store.commit(update(item, changed=(item,)))
    assert store.unsettled(10) == (item,)


def test_items_are_settled_in_an_order_that_they_give(
    store: Store, put: Callable[..., None], make_item: Callable[..., Item], now: datetime
) -> None:
    wanted = [
        make_item("b", "9", published=now - timedelta(days=1)),
        make_item("a", "1"),
        make_item("a", "2"),
        make_item("a", "ä"),
        make_item("b", "1"),
    ]
    put(*reversed(wanted))
    assert store.unsettled(10) == tuple(wanted)
    assert store.unsettled(2) == tuple(wanted[:2])


def test_a_withdrawn_item_is_gone_but_known(
    store: Store, settle: Callable[..., None], make_item: Callable[..., Item], make_story: Callable[..., Any]
) -> None:
    item, other = make_item(text="geheim"), make_item(guid="2")
    settle(make_story("a", item), make_story("b", other), keys={item.key: (7,), other.key: (7,)})
    store.withdraw([item.key, ItemKey("amt", "never seen")])
    assert store.unsettled_withdrawn() == (item.key,)
    assert store.unsettled(10) == ()
    assert sharing(store, 7) == {other.key: {7}}
    keys = {item.key: (7,), other.key: (7,)}
    settle(make_story("b", other, item), keys=keys, gone=("tag:example.org,2026:story/a",))
    assert sharing(store, 7) == {other.key: {7}}
    assert store.unsettled_withdrawn() == ()
    assert store.items([item.key])[item.key].text == ""
    assert store.search("geheim", 10).ids == ()
    assert item.guid in store.known("amt").items
    assert store.counts()["items"] == 1
    assert store.source_counts() == {"amt": 1}
    store.commit(update(item, changed=(replace(item, content_hash="again"),)))
    assert store.unsettled(10) == (), "what was withdrawn does not come back"


def test_a_round_is_as_long_as_asked_whatever_was_withdrawn(
    store: Store, put: Callable[..., None], make_item: Callable[..., Item], now: datetime
) -> None:
    items = [make_item(guid=str(number), published=now + timedelta(hours=number)) for number in range(6)]
    put(*items)
    store.withdraw([items[0].key, items[2].key])
    assert store.unsettled(2) == (items[1], items[3])
    assert store.unsettled(4) == (items[1], *items[3:])
    assert store.unsettled(1_000) == (items[1], *items[3:])


def found(path: Path, words: str) -> list[str]:
    """Guids that the search table holds, where it and the items agree."""
    with sqlite3.connect(path) as raw:
        raw.execute("INSERT INTO items_search (items_search, rank) VALUES ('integrity-check', 1)")
        rows = raw.execute(
            "SELECT guid FROM items_search JOIN items ON number = items_search.rowid WHERE items_search MATCH ?",
            (words,),
        )
        return sorted(guid for (guid,) in rows)


def test_the_search_table_agrees_with_the_items_whatever_happens_to_them(
    store: Store,
    path: Path,
    settle: Callable[..., None],
    make_item: Callable[..., Item],
    make_story: Callable[..., Any],
) -> None:
    first, second = (make_item(guid=guid, text=f"wasser {guid}") for guid in ("eins", "zwei"))
    store.commit(update(first, new=(first, second)))
    assert found(path, "wasser") == []
    corrected = replace(first, text="strom eins", content_hash="corrected before it was settled")
    store.commit(update(first, changed=(corrected,)))
    settle(make_story("a", corrected))
    assert (found(path, "wasser"), found(path, "strom")) == ([], ["eins"])
    corrected = replace(first, text="wasser eins", content_hash="corrected again")
    store.commit(update(first, changed=(corrected,)))
    assert (found(path, "wasser"), found(path, "strom")) == (["eins"], [])
    settle(make_story("a", corrected))
    assert found(path, "wasser") == ["eins"]
    store.withdraw([second.key])
    settle(make_story("a", corrected, second))
    store.unsettle()
    settle(make_story("a", corrected))
    assert found(path, "wasser") == ["eins"]


@pytest.mark.parametrize("settled", [pytest.param(False, id="new"), pytest.param(True, id="settled")])
def test_a_deleted_item_leaves_nothing_behind(
    settled: bool,
    store: Store,
    path: Path,
    settle: Callable[..., None],
    make_item: Callable[..., Item],
    make_story: Callable[..., Any],
) -> None:
    item = make_item(text="wasser")
    store.commit(update(item, new=(item,)))
    if settled:
        settle(make_story("a", item), keys={item.key: (7,)})
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("DELETE FROM items")
        left = [
            raw.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("waiting", "members", "sketches")
        ]
    assert left == [0, 0, 0]
    assert found(path, "wasser") == []


def test_items_are_unsettled_again(
    store: Store, settle: Callable[..., None], make_item: Callable[..., Item], make_story: Callable[..., Any]
) -> None:
    one, two, gone = make_item("a"), make_item("b"), make_item("c")
    settle(*(make_story(item.source_id, item) for item in (one, two, gone)))
    store.withdraw([gone.key])
    assert store.unsettle(["a", "nobody"]) == 1
    assert store.unsettled(10) == (one,)
    assert store.unsettle() == 1
    assert store.unsettled(10) == (one, two)
    assert store.unsettle([]) == 0


ASKER = ItemKey("somebody", "new")


def sharing(store: Store, *keys: int, first: int = 1, last: int = 99_999) -> dict[ItemKey, set[int]]:
    return store.candidates({ASKER: [Sought(key, first, last) for key in keys]}).get(ASKER, {})


def test_candidates_are_settled_items_with_the_key(
    store: Store,
    put: Callable[..., None],
    settle: Callable[..., None],
    make_item: Callable[..., Item],
    make_story: Callable[..., Any],
) -> None:
    one, two, waiting = make_item("b"), make_item("a"), make_item("c")
    put(waiting)
    settle(make_story("one", one), make_story("two", two), keys={one.key: (1, 8, 1), two.key: (8,)})
    assert sharing(store, 8, 1, 2**62) == {one.key: {1, 8}, two.key: {8}}
    settle(make_story("one", one), keys={one.key: (9,)})
    assert sharing(store, 8, 1, 9) == {two.key: {8}, one.key: {9}}
    assert store.candidates({}) == {}
    assert store.candidates({two.key: [Sought(8, 0, 99_999)]}) == {}, "not itself"


@pytest.mark.parametrize(
    ("day", "days", "found"),
    [
        pytest.param(20_000, (19_990, 20_010), True, id="published on one of the days"),
        pytest.param(20_000, (20_001, 20_010), False, id="before"),
        pytest.param(20_000, (19_000, 19_999), False, id="after"),
        pytest.param(0, (19_990, 20_010), True, id="without a date of its own"),
        pytest.param(20_000, (0, 99_999), True, id="asked for by an item without a date"),
        pytest.param(0, (0, 99_999), True, id="both without a date"),
    ],
)
def test_candidates_are_published_near_each_other(
    day: int, days: tuple[int, int], found: bool, store: Store, settle: Callable[..., None], request: Any
) -> None:
    one = request.getfixturevalue("make_item")()
    settle(request.getfixturevalue("make_story")("one", one), keys={one.key: (8,)}, day=day)
    assert sharing(store, 8, first=days[0], last=days[1]) == ({one.key: {8}} if found else {})


def test_questions_may_be_longer_than_a_statement(
    store: Store, put: Callable[..., None], make_item: Callable[..., Item]
) -> None:
    item = make_item(guid="5")
    put(item)
    keys = [ItemKey("amt", str(number)) for number in range(2_500)]
    assert store.items(keys) == {item.key: item}
    assert sharing(store, *range(2_500)) == {}
    assert store.names(keys) == store.matches(keys) == ()
