from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from time import perf_counter
from typing import Any

import pytest

from aggregator.model import (
    Authority,
    DateTrust,
    Enclosure,
    Group,
    Item,
    ItemKey,
    Match,
    Story,
    StoryName,
    Tag,
    Tagging,
    Verdict,
)
from aggregator.stories import merge

WINDOW = timedelta(days=7)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
MINTING = "example.org,2026"
MakeItem = Callable[..., Item]
MakeMatch = Callable[..., Match]


def key(name: str) -> ItemKey:
    """`a1` is item 1 of source a."""
    return ItemKey(name[0], name[1:])


def keys(names: str) -> tuple[ItemKey, ...]:
    return tuple(key(name) for name in names.split())


def partition(items: list[Item], matches: list[Match], **authority: Authority) -> list[str]:
    groups = merge.partition(items, matches, authority=authority, window=WINDOW)
    return [" ".join("".join(member) for member in group.members) for group in groups]


# ------------------------------------------------------------------------------------------------------------------- reach


def test_reach_goes_over_matches_that_join(match: MakeMatch) -> None:
    matches = [
        match(key("a1"), key("b1")),
        match(key("b1"), key("c1"), verdict=Verdict.UPDATE),
        match(key("c1"), key("d1"), verdict=Verdict.DIFFERENT),
        match(key("c1"), key("e1"), verdict=Verdict.RELATED),
        match(key("f1"), key("g1")),
    ]
    assert merge.reach([key("a1")], matches) == set(keys("a1 b1 c1"))
    assert merge.reach([key("z9")], matches) == {key("z9")}


# --------------------------------------------------------------------------------------------------------------- partition


@pytest.mark.parametrize(
    ("days", "matched", "expected"),
    [
        pytest.param({"a1": 0, "b1": 0}, [], ["a1", "b1"], id="what nothing joins stays alone"),
        pytest.param(
            {"a1": 0, "b1": 0, "c1": 0}, [("a1", "b1"), ("b1", "c1")], ["a1 b1 c1"], id="a chain is one story"
        ),
        pytest.param(
            {"a1": 0, "b1": 0, "a2": 0},
            [("a1", "b1", 0.9), ("b1", "a2", 1.0)],
            ["a1", "a2 b1"],
            id="the stronger match joins first, and then two of one source stand against each other",
        ),
        pytest.param(
            {"a1": 0, "b1": 0, "a2": 0},
            [("a1", "b1"), ("b1", "a2")],
            ["a1 b1", "a2"],
            id="of two equal matches the one of the smaller keys",
        ),
        pytest.param(
            {"a1": 0, "b1": 5, "c1": 10},
            [("a1", "b1"), ("b1", "c1")],
            ["a1 b1", "c1"],
            id="a bridge in the middle does not join what is further apart than the window",
        ),
    ],
)
def test_what_belongs_together(
    item: MakeItem, match: MakeMatch, days: dict[str, float], matched: list[Any], expected: list[str]
) -> None:
    items = [item(*key(name), days=published) for name, published in days.items()]
    matches = [match(key(left), key(right), *strength) for left, right, *strength in matched]
    for order in permutations(range(len(items))):
        assert partition([items[position] for position in order], matches[::-1]) == expected


def test_a_stored_veto_between_two_members_keeps_their_groups_apart(item: MakeItem, match: MakeMatch) -> None:
    items = [item(*key(name)) for name in ("a1", "b1", "c1")]
    matches = [
        match(key("a1"), key("b1")),
        match(key("b1"), key("c1")),
        match(key("c1"), key("a1"), verdict=Verdict.DIFFERENT),
    ]
    assert partition(items, matches) == ["a1 b1", "c1"]


def test_matches_with_what_is_not_there_any_more_are_left_out(item: MakeItem, match: MakeMatch) -> None:
    assert partition([item("a", "1")], [match(key("a1"), key("b1"))]) == ["a1"]


def test_related_items_stand_beside_the_group(item: MakeItem, match: MakeMatch) -> None:
    items = [item(*key(name)) for name in ("a1", "b1", "c1")]
    matches = [match(key("a1"), key("b1")), match(key("c1"), key("b1"), verdict=Verdict.RELATED)]
    groups = merge.partition(items, matches, authority={}, window=WINDOW)
    assert [(group.members, group.related) for group in groups] == [
        (keys("a1 b1"), keys("c1")),
        (keys("c1"), keys("b1")),
    ]


@pytest.mark.parametrize(
    ("said", "authority", "origin"),
    [
        pytest.param(
            {"a": {"days": -1}, "b": {}, "c": {"days": 1}},
            {"a": Authority.REPEATER, "c": Authority.ISSUER},
            "c",
            id="the issuer, however late; a source without a standing is a publisher",
        ),
        pytest.param({"a": {}, "b": {"days": -1}}, {"a": Authority.REPEATER}, "b", id="a publisher before a repeater"),
        pytest.param({"a": {"days": 1}, "b": {}, "c": {"days": 2}}, {}, "b", id="of equals the earliest"),
        pytest.param(
            {"a": {"days": -3, "date_trust": DateTrust.FIRST_SEEN}, "b": {}},
            {},
            "b",
            id="no date comes after every date",
        ),
        pytest.param(
            {"b": {"days": -3, "date_trust": DateTrust.FIRST_SEEN}, "a": {"date_trust": DateTrust.FIRST_SEEN}},
            {},
            "a",
            id="without dates the source's id, never who was seen first",
        ),
    ],
)
def test_the_origin_is_the_same_in_every_order(
    item: MakeItem,
    match: MakeMatch,
    said: dict[str, dict[str, Any]],
    authority: dict[str, Authority],
    origin: str,
) -> None:
    items = [item(source, "1", **values) for source, values in said.items()]
    matches = [match(items[0].key, other.key) for other in items[1:]]
    for order in permutations(items):
        (group,) = merge.partition(order, matches, authority=authority, window=WINDOW)
        assert group.origin == key(f"{origin}1")


def test_whose_link_leads_to_another_site_is_not_the_origin_whatever_date_it_claims(
    item: MakeItem, match: MakeMatch
) -> None:
    ours = item("amt", "1", url="https://www.amt.example/1", days=1)
    theirs = item("dieb", "1", url="https://www.amt.example/1", days=0)
    sites = {"amt": frozenset({"amt.example"}), "dieb": frozenset({"dieb.example"})}
    for order in permutations([ours, theirs]):
        joined = [match(ours.key, theirs.key)]
        (group,) = merge.partition(order, joined, authority={}, window=WINDOW, sites=sites)
        assert group.origin == ours.key


@pytest.mark.slow
def test_twenty_thousand_items_are_parted_at_once(item: MakeItem, match: MakeMatch) -> None:
    items = [item(f"s{number % 50}", f"{number:05}") for number in range(20_000)]
    matches = [match(items[first].key, items[first + 1].key) for first in range(0, 10_000, 2)]
    started = perf_counter()
    groups = merge.partition(items, matches, authority={}, window=WINDOW)
    assert perf_counter() - started < 2  # 0.1 on a quiet machine
    assert len(groups) == 15_000


# ------------------------------------------------------------------------------------------------------------------- names


def group(names: str) -> Group:
    """The first is the origin."""
    members = keys(names)
    return Group(origin=members[0], members=tuple(sorted(members)))


def named(groups: list[str], earlier: tuple[StoryName, ...] = (), now: datetime = NOW) -> merge.Naming:
    return merge.name([group(names) for names in groups], {}, earlier, minting=MINTING, now=now)


def names_of(naming: merge.Naming) -> tuple[StoryName, ...]:
    return tuple(one.name for one in naming.named)


def test_a_new_story_is_named_after_its_origin() -> None:
    (first,) = names_of(named(["b1 a1"]))
    assert first.id.startswith("tag:example.org,2026:story/")
    assert first == StoryName(id=first.id, minted=NOW, members=keys("a1 b1"))
    assert names_of(named(["b1"]))[0].id == first.id
    assert names_of(named(["a1"]))[0].id != first.id


def test_a_story_that_grows_keeps_its_name() -> None:
    before = names_of(named(["b1"]))
    after = named(["a1 b1"], before, LATER)
    assert names_of(after) == (replace(before[0], members=keys("a1 b1")),)
    assert after.gone == ()


def test_of_two_stories_that_are_one_the_older_name_stays() -> None:
    older = names_of(named(["b1"]))
    younger = names_of(named(["a1"], now=LATER))
    merged = named(["a1 b1"], younger + older, LATER)
    assert names_of(merged) == (replace(older[0], members=keys("a1 b1"), absorbed=(younger[0].id,)),)
    assert merged.gone == (younger[0].id,)


def test_what_was_absorbed_stays_absorbed_through_the_next_merge() -> None:
    first, second = names_of(named(["a1", "b1"]))
    third = names_of(named(["c1"], now=NOW - timedelta(days=1)))
    once = named(["a1 b1"], (first, second))
    twice = named(["a1 b1 c1"], names_of(once) + third)
    assert names_of(twice)[0].id == third[0].id
    assert names_of(twice)[0].absorbed == tuple(sorted((first.id, second.id)))
    assert twice.gone == (names_of(once)[0].id,)


@pytest.mark.parametrize(
    ("before", "after", "keeper"),
    [
        pytest.param("a1 b1 c1", ["a1", "b1 c1"], "a1", id="the part with the item that it was named after"),
        pytest.param("a1 b1 c1 d1", ["b1", "c1 d1"], "c1 d1", id="that item is gone: the part with most members"),
        pytest.param("a1 b1 c1", ["b1", "c1"], "b1", id="a tie: the first group"),
    ],
)
def test_a_story_that_falls_apart_leaves_its_name_to_one_part(before: str, after: list[str], keeper: str) -> None:
    earlier = names_of(named([before]))
    found = named(after, earlier, LATER)
    kept = [one for one in found.named if one.name.id == earlier[0].id]
    assert [one.group for one in kept] == [group(keeper)]
    assert len({one.name.id for one in found.named}) == len(after)
    assert found.gone == ()


def test_an_absorbed_story_that_falls_out_again_has_its_old_id() -> None:
    first, second = names_of(named(["a1", "b1"]))
    merged = names_of(named(["a1 b1"], (first, second)))
    apart = names_of(named(["a1", "b1"], merged, LATER))
    assert [name.id for name in apart] == [first.id, second.id]
    assert [name.absorbed for name in apart] == [(), ()]


def test_an_absorbed_id_moves_on_with_its_item() -> None:
    first, third = names_of(named(["a1", "c1"]))
    (second,) = names_of(named(["b1"], now=LATER))
    merged = names_of(named(["a1 b1"], (first, second)))
    moved = names_of(named(["a1", "b1 c1"], (*merged, third), LATER))
    assert [(name.id, name.absorbed) for name in moved] == [(first.id, ()), (third.id, (second.id,))]


def test_a_story_without_members_is_gone() -> None:
    before = names_of(named(["a1", "b1"]))
    found = named(["b1"], before)
    assert found.gone == (before[0].id,)
    assert names_of(found) == (before[1],)


def test_a_taken_id_is_not_given_twice() -> None:
    (story,) = names_of(named(["a1 b1"]))
    without = names_of(named(["b1"], (story,)))  # a1 is withdrawn, its story goes on
    back = named(["a1", "b1"], without, LATER)
    assert len({one.name.id for one in back.named}) == 2
    assert back.named[1].name.id == story.id


# ----------------------------------------------------------------------------------------------------------------- stories

TAGGING = Tagging(tags=(Tag(label="energietechnik", score=2.5, evidence=()),))


def told(items: list[Item], previous: Story | None = None, now: datetime = NOW, tagging: Tagging = TAGGING) -> Story:
    (one,) = merge.name(
        [Group(origin=items[0].key, members=tuple(sorted(item.key for item in items)))],
        {},
        (),
        minting=MINTING,
        now=NOW,
    ).named
    by_key = {item.key: item for item in items}
    return merge.story(one, by_key, tagging=tagging, related=(), previous=previous, now=now)


def test_carriers_stand_origin_first_then_by_date_then_by_key(item: MakeItem) -> None:
    items = [
        item("c", days=2),
        item("a", days=-5, date_trust=DateTrust.FIRST_SEEN),
        item("e", days=1),
        item("d", days=1),
        item("b", days=3),
    ]
    assert [carrier.source_id for carrier in told(items).carriers] == ["c", "d", "e", "b", "a"]


@pytest.mark.parametrize(
    ("origin", "carrier", "expected"),
    [
        pytest.param({"days": 2}, {"days": 0}, 2, id="the origin's date, which no carrier moves"),
        pytest.param(
            {"days": 2, "date_trust": DateTrust.FIRST_SEEN},
            {"days": -4},
            -4,
            id="an origin without a date takes a carrier's",
        ),
        pytest.param(
            {"days": 2, "date_trust": DateTrust.FIRST_SEEN},
            {"days": 0, "date_trust": DateTrust.FIRST_SEEN},
            2,
            id="no date anywhere: when the origin was first seen",
        ),
    ],
)
def test_when_a_story_was_published(
    item: MakeItem, origin: dict[str, Any], carrier: dict[str, Any], expected: int
) -> None:
    story = told([item("b", **origin), item("a", **carrier)])
    assert story.published == item(days=expected).published


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"title": "Berichtigt"}, id="title"),
        pytest.param({"summary": "Kurz"}, id="summary"),
        pytest.param({"html": "<p>Neu</p>"}, id="html"),
        pytest.param({"url": "https://a.example/neu"}, id="url"),
        pytest.param({"published": NOW}, id="published"),
        pytest.param({"updated": NOW}, id="updated"),
        pytest.param({"language": "en"}, id="language"),
        pytest.param({"authors": ("Presseamt",)}, id="authors"),
        pytest.param({"issuer": "Ministerium"}, id="issuer"),
        pytest.param({"enclosures": (Enclosure(url="https://a.example/bild.jpg"),)}, id="enclosures"),
    ],
)
def test_a_change_of_what_is_published_is_a_new_version(item: MakeItem, changed: dict[str, Any]) -> None:
    before = told([item()])
    after = told([item(**changed)], before, LATER)
    assert after.version != before.version
    assert (before.changed, after.changed) == (NOW, LATER)


def test_a_new_carrier_and_a_new_label_are_a_new_version_and_no_correction(item: MakeItem) -> None:
    before = told([item("a")])
    carried = told([item("a"), item("b")], before, LATER)
    assert carried.version != before.version
    assert carried.changed == before.changed
    relabelled = told([item("a")], before, LATER, tagging=Tagging(tags=()))
    assert relabelled.version != before.version
    assert relabelled.changed == before.changed


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"fingerprint": "other"}, id="the entry's bytes"),
        pytest.param({"first_seen": LATER}, id="when it was first seen"),
        pytest.param({"categories": ("Energie",)}, id="categories"),
    ],
)
def test_what_is_not_published_makes_no_new_version(item: MakeItem, changed: dict[str, Any]) -> None:
    before = told([item()])
    near = replace(TAGGING, near_misses=(Tag(label="verkehr", score=0.4, evidence=()),))
    after = told([item(**changed)], before, LATER, near)
    assert (after.version, after.changed) == (before.version, NOW)
