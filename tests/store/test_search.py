"""Finding by words, id and URL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator import urls
from aggregator.model import Found, Item, Narrowed, SourceState, SourceUpdate, Story
from aggregator.store.connect import Store


@pytest.fixture
def world(
    store: Store,
    settle: Callable[..., None],
    put: Callable[..., None],
    make_item: Callable[..., Item],
    make_story: Callable[..., Story],
    now: datetime,
) -> Store:
    grant = make_item(
        "amt", "foerderung", title="Förderung für die E-Mobilität", text="Acht Millionen Euro für Cottbus."
    )
    copy = make_item("portal", "9", title="Geld für Cottbus", published=now - timedelta(hours=1))
    night = make_item(
        "verein", "nacht", title="Lange Nacht", text="Nebenbei: Wasserstoff und Förderung.", language="en"
    )
    put(make_item("verein", "wartet", title="Noch nicht eingeordnet", published=now + timedelta(days=1)))
    settle(
        make_story(
            "grant", grant, copy, labels=("energie", "mobilitaet"), absorbed=("tag:example.org,2026:story/old",)
        ),
        make_story("night", night, labels=("energie",)),
        keys={grant.key: (urls.numbered(urls.canonical(grant.url)), 1)},
    )
    return store


def names(ids: Found | tuple[str, ...] | frozenset[str]) -> list[str]:
    return [story_id.rpartition("/")[2] for story_id in (ids.ids if isinstance(ids, Found) else ids)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("förderung", ["grant", "night"], id="the title counts more than the text"),
        pytest.param("FOERDERUNG", ["grant", "night"], id="capitals do not count, an umlaut may be spelt out"),
        pytest.param("Forderung", [], id="without its umlaut it is another word"),
        pytest.param("euros", ["grant"], id="another form of the word"),
        pytest.param("stoff", ["night"], id="the last part of a word"),
        pytest.param("millionen -cottbus", [], id="a word that must not occur"),
        pytest.param(
            "förderung -cottbus", ["night"], id="out is the story with the word, whoever of its carriers says it"
        ),
        pytest.param('förderung -"acht millionen"', ["night"], id="words in a row that must not occur"),
        pytest.param("-cottbus", ["night"], id="whatever does not say it"),
        pytest.param("förderung cottbus", ["grant"], id="all words must occur"),
        pytest.param("E-Mobilität", ["grant"], id="a hyphen is no operator"),
        pytest.param("mobil", ["grant"], id="the last word may go on"),
        pytest.param("mob förderung", [], id="the others may not"),
        pytest.param("mobil förderung", ["grant"], id="but a long word finds what is made of it"),
        pytest.param("lange nacht", ["night"], id="in any place"),
        pytest.param('"nacht lange"', [], id="quoted words stand in a row"),
        pytest.param('"acht millionen"', ["grant"], id="quoted words found"),
        pytest.param('"acht mill"', [], id="a quoted word does not go on"),
        pytest.param("geld", ["grant"], id="what a carrier says finds the story"),
        pytest.param("eingeordnet", [], id="an item without a story"),
        pytest.param("title: OR NEAR(", [], id="operators are words"),
        pytest.param("- * ! \udcff \0", [], id="no word at all"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_search(query: str, found: list[str], world: Store) -> None:
    assert names(world.search(query, 10)) == found


OPERATORS = [
    "AND",
    "OR",
    "NOT",
    "NEAR(",
    "NEAR(a b, 2)",
    "title:",
    "{title}:",
    "^",
    "förderung",
    "cottbus",
    "' OR 1=1 --",
    "%",
    "_",
]
typed = st.one_of(
    st.text(st.characters(exclude_categories=()) | st.sampled_from('"*()-:^+ \0{}')),
    st.lists(st.sampled_from([*OPERATORS, '"', "*", "(", ")", "-", "+", "\0", "\udcff", "\U0001f600"])).map(" ".join),
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(query=typed)
def test_whatever_a_person_types_is_answered(query: str, world: Store) -> None:
    before = world.counts()
    assert set(names(world.search(query, 5))) <= {"grant", "night"}
    world.listed(search=query)
    world.containing([query])
    world.find(query)
    assert world.counts() == before


@pytest.mark.parametrize(
    ("query", "narrowed", "found"),
    [
        pytest.param("förderung", Narrowed(labels=("mobilitaet",)), ["grant"], id="a label"),
        pytest.param(
            "förderung", Narrowed(labels=("mobilitaet", "energie")), ["grant", "night"], id="any of the labels"
        ),
        pytest.param("förderung", Narrowed(source="portal"), ["grant"], id="whoever carried it"),
        pytest.param("förderung", Narrowed(source="nobody"), [], id="an unknown source"),
        pytest.param("", Narrowed(labels=("energie",)), ["grant", "night"], id="no words: the newest first"),
        pytest.param("?", Narrowed(source="verein"), ["night"], id="no word at all"),
        pytest.param("cottbus", Narrowed(labels=("' OR 1=1 --",)), [], id="SQL is a label like any other"),
    ],
)
def test_narrowed(query: str, narrowed: Narrowed, found: list[str], world: Store) -> None:
    assert names(world.search(query, 10, narrowed=narrowed)) == found


def test_narrowed_to_days(world: Store, now: datetime) -> None:
    hour = timedelta(hours=1)
    for since, until, found in [
        (now - hour, None, 2), (now + hour, None, 0), (None, now + hour, 2), (None, now - 9 * hour, 0),
        (now - hour, now + hour, 2),
    ]:  # fmt: skip
        assert world.search("förderung", 10, narrowed=Narrowed(since=since, until=until)).total == found


def test_pages_of_a_search_and_what_it_looked_for(world: Store) -> None:
    first, second, third = (world.search("förderung", 1, offset=at) for at in range(3))
    assert (names(first), names(second), names(third)) == (["grant"], ["night"], [])
    assert (first.total, second.total) == (2, 2)
    marks = world.search('"acht Millionen" für FÖRDERUNGEN', 1).marks
    assert marks.rows == (("acht", "millionen"),)
    assert {"fuer", "foerderung", "foerderungen"} <= marks.words
    assert marks.starts == ("foerderungen",)


def test_a_search_is_cut_after_the_best(world: Store) -> None:
    assert names(world.search("förderung", 1)) == ["grant"]


def test_what_an_item_no_longer_says_is_no_longer_found(world: Store, make_item: Callable[..., Item]) -> None:
    item = next(row.item for row in world.listed(search="lange nacht"))
    corrected = replace(item, title="Kurze Nacht", text="", content_hash="new")
    world.commit(SourceUpdate(state=SourceState(source_id="verein"), changed=(corrected,)))
    assert world.search("lange", 10).ids == world.search("wasserstoff", 10).ids == ()
    assert names(world.search("kurze nacht", 10)) == ["night"]


def test_words_with_the_stories_they_stand_in(world: Store) -> None:
    found = world.containing(["Förderung", "acht millionen", "mobil", "!", "nirgends"])
    assert {word: sorted(names(ids)) for word, ids in found.items()} == {
        "Förderung": ["grant", "night"],
        "acht millionen": ["grant"],
        "mobil": [],
        "!": [],
        "nirgends": [],
    }


@pytest.mark.parametrize("among", [(), ("grant",), ("grant", "night", "nobody")])
def test_words_are_found_in_some_stories_as_in_all(among: tuple[str, ...], world: Store) -> None:
    words = ["Förderung", "acht millionen", "mobil", "geld", "!", "\udcff", "nirgends"]
    ids = {f"tag:example.org,2026:story/{name}" for name in among}
    assert world.containing(words, ids) == {word: found & ids for word, found in world.containing(words).items()}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param("tag:example.org,2026:story/grant", "grant", id="a story's id"),
        pytest.param("grant", "grant", id="the last part of it"),
        pytest.param("https://news.example/story/grant.html", "grant", id="its page"),
        pytest.param("https://news.example/story/grant/", "grant", id="its page with a slash"),
        pytest.param("tag:example.org,2026:story/old", "grant", id="an absorbed story's id"),
        pytest.param("old", "grant", id="the last part of an absorbed story's id"),
        pytest.param("portal-9", "grant", id="an item's id"),
        pytest.param("https://verein.example/meldung/nacht", "night", id="an item's URL"),
        pytest.param(
            " http://www.amt.example/meldung/foerderung/?utm_source=x ", "grant", id="another way to write it"
        ),
        pytest.param("verein-wartet", None, id="an item that waits to be settled"),
        pytest.param("nothing", None, id="unknown"),
        pytest.param("", None, id="empty"),
        pytest.param("https://[broken", None, id="no URL"),
    ],
)
def test_find(asked: str, found: str | None, world: Store) -> None:
    story = world.find(asked)
    assert (names((story.id,))[0] if story else None) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({}, ["wartet", "foerderung", "nacht", "9"], id="all, newest first, then by source"),
        pytest.param({"limit": 2}, ["wartet", "foerderung"], id="a limit"),
        pytest.param({"source": "verein"}, ["wartet", "nacht"], id="of a source"),
        pytest.param({"labels": ["mobilitaet"]}, ["foerderung", "9"], id="every item of a labelled story"),
        pytest.param({"labels": ("mobilitaet", "energie")}, ["foerderung", "nacht", "9"], id="any of the labels"),
        pytest.param({"search": "cottbus"}, ["foerderung", "9"], id="with a word"),
        pytest.param({"search": "?"}, [], id="with a word that is none"),
        pytest.param({"labels": ["energie"], "source": "amt", "search": "acht"}, ["foerderung"], id="all at once"),
    ],
)
def test_listed(wanted: dict[str, Any], found: list[str], world: Store) -> None:
    assert [row.item.guid for row in world.listed(**wanted)] == found


def test_listed_since(world: Store, now: datetime) -> None:
    rows = world.listed(since=now)
    assert [row.item.guid for row in rows] == ["wartet", "foerderung", "nacht"]
    assert [row.story_id and names((row.story_id,))[0] for row in rows] == [None, "grant", "night"]
    assert [row.labels for row in rows] == [(), ("energie", "mobilitaet"), ("energie",)]


def test_counts(world: Store) -> None:
    assert world.counts() == {"items": 4, "stories": 2, "sources": 3}
    assert world.source_counts() == {"amt": 1, "portal": 1, "verein": 2}
