"""Stories: round trips, what replaces what, ids that outlive merges."""

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

from aggregator.errors import StoreError
from aggregator.model import (
    Evidence,
    Headline,
    Item,
    ItemKey,
    Keyed,
    Match,
    Since,
    Sought,
    Story,
    StoryName,
    StoryUpdate,
    Tag,
    Verdict,
)
from aggregator.store.connect import Store

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
INSTANTS = st.datetimes(timezones=st.just(UTC))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
EVIDENCE = st.builds(Evidence, rule=TEXTS, field=TEXTS, text=TEXTS, weight=NUMBERS)
TAGS = st.lists(st.builds(Tag, label=TEXTS, score=NUMBERS, evidence=st.lists(EVIDENCE, max_size=3).map(tuple))).map(
    tuple
)
LISTS = st.lists(TEXTS).map(tuple)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    fields=st.fixed_dictionaries(
        {
            "id": TEXTS,
            "minted": INSTANTS,
            "published": INSTANTS,
            "changed": INSTANTS,
            "version": TEXTS,
            "related": LISTS,
            "absorbed": LISTS,
            "tags": TAGS,
            "near_misses": TAGS,
        }
    )
)
def test_a_story_comes_back_as_it_was(
    fields: dict[str, Any],
    store: Store,
    settle: Callable[..., None],
    make_item: Callable[..., Item],
    make_story: Callable[..., Story],
) -> None:
    story = make_story("x", make_item("z"), make_item("a"), make_item("m"), **fields)
    settle(story)
    assert store.stories([story.id, "another"]) == {story.id: story}
    assert store.headlines() == (
        Headline(
            id=story.id,
            version=story.version,
            minted=story.minted,
            published=story.published,
            changed=story.changed,
            labels=story.labels,
            sources=("z", "a", "m"),
            language="de",
        ),
    )
    store.commit_stories(StoryUpdate(settled=(), keys={}, matches=(), rematched=(), stories=(), gone=(story.id,)))
    assert store.headlines() == ()


def test_headlines_stand_newest_first(
    store: Store,
    settle: Callable[..., None],
    make_item: Callable[..., Item],
    make_story: Callable[..., Story],
    now: datetime,
) -> None:
    old, new = make_item(guid="1"), make_item(guid="2", published=now + timedelta(days=1))
    settle(make_story("b", old), make_story("c", new), make_story("a", make_item(guid="3")))
    assert [headline.id[-1] for headline in store.headlines()] == ["c", "a", "b"]
    some = store.headlines(["tag:example.org,2026:story/b", "tag:example.org,2026:story/a", "nobody"])
    assert some == store.headlines()[1:]


def test_an_items_correction_is_seen_through_its_story(
    store: Store, settle: Callable[..., None], make_item: Callable[..., Item], make_story: Callable[..., Story]
) -> None:
    first, second = make_item(guid="1"), make_item(guid="2")
    settle(make_story("a", first, second))
    both = make_story("b", second)
    settle(both, make_story("a", first))
    assert store.stories([both.id]) == {both.id: both}
    assert [name.members for name in store.names([first.key, second.key])] == [(first.key,), (second.key,)]


def test_names_bring_all_members(
    store: Store, settle: Callable[..., None], make_item: Callable[..., Item], make_story: Callable[..., Story]
) -> None:
    one, two, alone = make_item("b"), make_item("a"), make_item("c")
    story = make_story("s", one, two, absorbed=("younger",))
    settle(story, make_story("t", alone))
    assert store.names([one.key, ItemKey("nobody", "1")]) == (
        StoryName(id=story.id, minted=story.minted, members=(two.key, one.key), absorbed=("younger",)),
    )


def match(left: Item, right: Item, verdict: Verdict = Verdict.SAME) -> Match:
    return Match(left=left.key, right=right.key, verdict=verdict, rule="title", strength=0.1 + 0.2, evidence="Ähnlich")


def test_matches_that_touch_a_settled_item_are_replaced(
    store: Store, put: Callable[..., None], make_item: Callable[..., Item]
) -> None:
    a, b, c, d = (make_item(name) for name in "abcd")
    put(a, b, c, d)

    def commit(rematched: tuple[Item, ...], *matches: Match) -> None:
        keys = tuple(item.key for item in rematched)
        store.commit_stories(StoryUpdate(settled=keys, keys={}, matches=matches, rematched=keys, stories=(), gone=()))

    commit((a, b, c, d), match(a, b), match(b, c), match(c, d, Verdict.DIFFERENT))
    assert store.matches([b.key]) == (match(a, b), match(b, c))
    assert store.matches([a.key, b.key, c.key]) == (match(a, b), match(b, c), match(c, d, Verdict.DIFFERENT))
    commit((b,), match(a, b, Verdict.RELATED))
    assert store.matches([a.key, d.key]) == (match(a, b, Verdict.RELATED), match(c, d, Verdict.DIFFERENT))
    assert store.matches([]) == ()


def test_what_changed_since_a_generation_is_told(
    store: Store, settle: Callable[..., None], make_item: Callable[..., Item], make_story: Callable[..., Story]
) -> None:
    one, two = make_story("a", make_item(guid="1")), make_story("b", make_item(guid="2"))
    settle(one)
    settle(two)
    since = store.changed_since(0)
    assert since == Since(generation=2, changed=(one.id, two.id), gone=())
    assert store.changed_since(1).changed == (two.id,)
    settle(replace(one, version="2", absorbed=(two.id,)), gone=(two.id,))
    assert store.changed_since(since.generation) == Since(generation=3, changed=(one.id,), gone=(two.id,))
    settle(two)
    assert store.changed_since(since.generation) == Since(generation=4, changed=(one.id, two.id), gone=())
    assert store.changed_since(4) == Since(generation=4, changed=(), gone=())


def test_the_generation_grows_with_every_settling(store: Store) -> None:
    assert store.generation() == 0
    nothing = StoryUpdate(settled=(), keys={}, matches=(), rematched=(), stories=(), gone=())
    store.commit_stories(nothing)
    store.commit_stories(nothing)
    assert store.generation() == 2


def test_absorbed_ids_are_handed_on(
    store: Store, settle: Callable[..., None], make_item: Callable[..., Item], make_story: Callable[..., Story]
) -> None:
    first, second, third = (make_item(guid=guid) for guid in "123")
    a, b, c = make_story("a", first), make_story("b", second), make_story("c", third)
    settle(a, b, c)
    b = replace(b, carriers=(second, third), absorbed=(c.id,))
    settle(b, gone=(c.id,))
    a = replace(a, carriers=(first, second, third), absorbed=(b.id,))
    settle(a, gone=(b.id,))
    assert store.find(c.id) == store.find(b.id) == store.find("b") == a
    assert store.stories([b.id, c.id]) == {}


def test_addresses_lead_to_the_story_that_answers(
    store: Store, make_item: Callable[..., Item], make_story: Callable[..., Story], settle: Callable[..., None]
) -> None:
    one, two = make_story("one", make_item(guid="1")), make_story("two", make_item(guid="2"))
    settle(one, two)
    assert store.addresses() == {"one": one.id, "two": two.id}
    settle(replace(one, carriers=(*one.carriers, *two.carriers), absorbed=(two.id,)), gone=(two.id,))
    assert store.addresses() == {"one": one.id, "two": one.id}
    settle(one, two)  # the younger is a story of its own again: its address is its own
    assert store.addresses() == {"one": one.id, "two": two.id}
    settle(two, gone=(one.id,))
    assert store.addresses() == {"two": two.id}


def test_what_was_published_is_remembered(store: Store) -> None:
    store.commit_rendered({"all": "1", "energie": "2"})
    store.commit_rendered({"all": "3"})
    store.commit_rendered({})
    assert store.rendered() == {"all": "3", "energie": "2"}


def test_a_settling_that_fails_leaves_nothing(
    store: Store,
    path: Path,
    settle: Callable[..., None],
    make_item: Callable[..., Item],
    make_story: Callable[..., Story],
) -> None:
    item = make_item()
    settle(make_story("a", item))
    broken = make_story("b", item, version=None)
    with pytest.raises(StoreError, match="NOT NULL"):
        store.commit_stories(
            StoryUpdate(
                settled=(), keys={item.key: Keyed((7,), 20_000)}, matches=(), rematched=(), stories=(broken,), gone=()
            )
        )
    assert store.candidates({ItemKey("b", "2"): [Sought(7, 0, 99_999)]}) == {}
    assert [headline.id[-1] for headline in store.headlines()] == ["a"]
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
