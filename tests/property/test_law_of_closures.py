"""The law of closures: settling in any order and in rounds of any size gives the stories that settling everything at once gives.

`Store` and `settle` are the settle stroke as plainly as it can be said, with dicts in place of tables.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Authority, DateTrust, Item, ItemKey, Match, StoryName, Tagging
from aggregator.stories import compare, keys, merge, profile

DAY = datetime(2026, 10, 12, 8, tzinfo=UTC)
WINDOW = timedelta(days=7)
STABLE_KEYS = (re.compile(r"(bb1\.c\.\d+)"),)


# ---------------------------------------------------------------------------------------------------------- the settle stroke


@dataclass
class Store:
    items: dict[ItemKey, Item] = field(default_factory=dict)
    matches: dict[tuple[ItemKey, ItemKey], Match] = field(default_factory=dict)
    names: dict[str, StoryName] = field(default_factory=dict)
    origins: dict[str, ItemKey] = field(default_factory=dict)

    def touching(self, keys: Collection[ItemKey]) -> list[Match]:
        return [match for pair, match in self.matches.items() if set(pair) & set(keys)]


def settle(
    store: Store,
    fresh: Sequence[Item],
    withdrawn: Collection[ItemKey] = (),
    *,
    authority: Mapping[str, Authority],
    now: datetime = DAY,
) -> None:
    """One round: `fresh` are items that are new or say something else than before, `withdrawn` are no more."""
    touched = {*(item.key for item in fresh), *withdrawn}
    # 1. What was connected with them before is to be put together again, too.
    old = list(store.matches.values())
    # 2. Their matches are dropped and made anew, with everything that shares a key with them; vetoes are stored as well.
    for match in store.touching(touched):
        del store.matches[match.left, match.right]
    store.items.update({item.key: item for item in fresh})
    for key in withdrawn:
        store.items.pop(key, None)
    for match in compared(fresh, store.items.values()):
        store.matches[match.left, match.right] = match
    # 3. Everything that can be reached over the old and the new matches.
    reached = merge.reach(touched, [*old, *store.matches.values()])
    items = {key: store.items[key] for key in reached if key in store.items}
    # 4. That closure is put together again from its stored matches.
    groups = merge.partition(items.values(), store.touching(reached), authority=authority, window=WINDOW)
    # 5. The stories that held any of it hand their ids on.
    earlier = [name for name in store.names.values() if set(name.members) & reached]
    naming = merge.name(groups, items, earlier, minting="example.org,2026", now=now)
    for name in earlier:
        del store.names[name.id], store.origins[name.id]
    for named in naming.named:
        assert named.name.id not in store.names, "one id for two stories"
        store.names[named.name.id] = named.name
        store.origins[named.name.id] = named.group.origin


def compared(fresh: Sequence[Item], everything: Collection[Item]) -> list[Match]:
    ready = {item.key: compare.Compared(item, profile.profile(item)) for item in everything}
    held = {item.key: set(keys.keys(item, stable_keys=STABLE_KEYS)) for item in everything}
    found = []
    for one in fresh:
        asked = {wanted for key in held[one.key] for wanted in keys.asked(key)}
        for other in everything:
            shared = asked & held[other.key]
            if keys.worth(shared, one_source=one.source_id == other.source_id):
                found.append(compare.compare(ready[one.key], ready[other.key], shared=shared, window=WINDOW))
    return [match for match in found if match is not None]


def stories(store: Store) -> set[tuple[tuple[ItemKey, ...], ItemKey]]:
    return {(name.members, store.origins[name.id]) for name in store.names.values()}


# ------------------------------------------------------------------------------------------------------------------- worlds

GRANT = (
    "Das Land fördert den Bau einer Anlage für grünen Wasserstoff in der Lausitz mit zwölf Millionen Euro. Den Bescheid "
    "überreichte die Staatssekretärin am Montag in Cottbus. Die Anlage soll im Frühjahr 2028 vierzig Arbeitsplätze schaffen."
)
MUSEUM = (
    "Im Museum am Markt ist von Sonntag an eine Ausstellung über die Geschichte der Weberei in der Stadt zu sehen. Gezeigt "
    "werden Webstühle, Muster und Briefe aus zwei Jahrhunderten, viele davon zum ersten Mal. Der Eintritt ist frei."
)
COPIES = (
    GRANT.replace("zwölf", "vierzehn"),
    f"Cottbus, den 12.10.2026 – {GRANT[:170]} …",
    f"{GRANT} Der Landkreis hofft auf weitere Zulieferer und will eine Buslinie zur Anlage einrichten.",
    (
        "The state supports a plant for green hydrogen in Lusatia with twelve million euros. The grant was handed "
        "over in Cottbus. From spring 2028 the plant is to create forty jobs."
    ),
)
URLS = (
    "https://x.example/p/1",
    "http://www.x.example/p/1/?utm_source=rss",
    "https://x.example/p/2",
    "https://land.example/de/bb1.c.1.de",
    "https://haus.land.example/bb1.c.1.de",
    "https://x.example/",
)
SAID = st.fixed_dictionaries(
    {
        "url": st.sampled_from(URLS),
        "title": st.sampled_from(
            [
                "Neue Anlage gefördert",
                "Land fördert neue Anlage",
                "Ausstellung im Museum",
                "Korrektur: Neue Anlage gefördert",
            ]
        ),
        "text": st.sampled_from(["", GRANT, MUSEUM, *COPIES]),
        "days": st.sampled_from([0, 1, 5, 6, 12, 30]),
        "date_trust": st.sampled_from(DateTrust),
    }
)
SOURCES = "abcde"
AUTHORITY = st.dictionaries(st.sampled_from(SOURCES), st.sampled_from(Authority))


def item(source: str, guid: str, said: Mapping[str, Any]) -> Item:
    return Item(
        id=f"{source}-{guid}",
        source_id=source,
        guid=guid,
        summary="",
        html="",
        published=DAY + timedelta(days=said["days"]),
        updated=None,
        published_text=None,
        first_seen=DAY,
        language="de",
        authors=(),
        categories=(),
        issuer=None,
        enclosures=(),
        content_hash="",
        fingerprint="",
        **{name: value for name, value in said.items() if name != "days"},
    )


Life = tuple[Item | None, ...]  # what one item says first, then after corrections; None: it is withdrawn


@st.composite
def lives(draw: st.DrawFn) -> list[Life]:
    keys = draw(
        st.lists(st.tuples(st.sampled_from(SOURCES), st.sampled_from("123")), min_size=3, max_size=9, unique=True)
    )
    found: list[Life] = []
    for source, guid in keys:
        versions = [item(source, guid, draw(SAID)) for _ in range(draw(st.sampled_from([1, 1, 2])))]
        found.append((*versions, None) if draw(st.integers(0, 5)) == 0 else tuple(versions))
    return found


@st.composite
def rounds(draw: st.DrawFn, world: Sequence[Life]) -> list[list[tuple[ItemKey, Item | None]]]:
    """Every life in its own order, all mixed, one to three events at a time; an item at most once in a round."""
    order = draw(st.permutations([position for position, life in enumerate(world) for _ in life]))
    waiting = [list(life) for life in world]
    found: list[list[tuple[ItemKey, Item | None]]] = [[]]
    size = draw(st.integers(1, 3))
    for position in order:
        first = world[position][0]
        assert first is not None
        if len(found[-1]) == size or any(key == first.key for key, _ in found[-1]):
            found.append([])
            size = draw(st.integers(1, 3))
        found[-1].append((first.key, waiting[position].pop(0)))
    return found


@settings(max_examples=400, deadline=None)
@given(data=st.data(), world=lives(), authority=AUTHORITY)
@pytest.mark.slow
def test_any_order_in_rounds_of_any_size_gives_the_same_stories(
    data: st.DataObject, world: list[Life], authority: dict[str, Authority]
) -> None:
    store = Store()
    for number, events in enumerate(data.draw(rounds(world))):
        fresh = [version for _, version in events if version is not None]
        withdrawn = [key for key, version in events if version is None]
        settle(store, fresh, withdrawn, authority=authority, now=DAY + timedelta(hours=number))
        _check_names(store)
    at_once = Store()
    settle(at_once, [life[-1] for life in world if life[-1] is not None], authority=authority)
    assert stories(store) == stories(at_once)
    assert store.matches == at_once.matches


def _check_names(store: Store) -> None:
    """Every item is in one story; no id is two stories', and none is at once alive and absorbed."""
    members = [key for name in store.names.values() for key in name.members]
    assert sorted(members) == sorted(store.items)
    absorbed = [alias for name in store.names.values() for alias in name.absorbed]
    assert len(set(absorbed)) == len(absorbed)
    assert not set(absorbed) & store.names.keys()


@settings(max_examples=100, deadline=None)
@given(world=lives(), authority=AUTHORITY)
@pytest.mark.slow
def test_settling_again_changes_nothing(world: list[Life], authority: dict[str, Authority]) -> None:
    store = Store()
    items = [life[0] for life in world if life[0] is not None]
    settle(store, items, authority=authority)
    names, matches = dict(store.names), dict(store.matches)
    settle(store, items, authority=authority, now=DAY + timedelta(days=9))
    assert (store.names, store.matches) == (names, matches)


@settings(max_examples=100, deadline=None)
@given(versions=st.lists(SAID, min_size=3, max_size=3), authority=AUTHORITY)
@pytest.mark.slow
def test_three_sources_in_all_orders_give_one_answer(
    versions: list[dict[str, Any]], authority: dict[str, Authority]
) -> None:
    items = [item(source, "1", said) for source, said in zip("abc", versions, strict=True)]
    answers = set()
    for order in permutations(items):
        store = Store()
        for one in order:
            settle(store, [one], authority=authority)
        answers.add(frozenset(stories(store)))
    assert len(answers) == 1


@pytest.mark.parametrize(
    "hostile_first", [pytest.param(True, id="hijacker first"), pytest.param(False, id="hijacker last")]
)
@pytest.mark.parametrize(
    "hijack",
    [
        pytest.param({"title": "Neue Anlage gefördert"}, id="with the same title"),
        pytest.param({"title": "Ganz anderes Thema"}, id="with another title"),
        pytest.param({"title": "Neue Anlage gefördert", "text": GRANT}, id="with the whole text"),
    ],
)
def test_a_source_that_takes_over_guid_and_link_changes_nothing_of_the_other_item(
    hijack: dict[str, Any], hostile_first: bool
) -> None:
    said = {"url": URLS[0], "title": "Neue Anlage gefördert", "text": GRANT, "days": 0, "date_trust": DateTrust.EXACT}
    honest, hostile = item("b", "1", said), item("a", "1", said | {"url": URLS[0], "days": -2} | hijack)
    store = Store()
    for one in (hostile, honest) if hostile_first else (honest, hostile):
        settle(store, [one], authority={"a": Authority.REPEATER})
    assert store.items[honest.key] == honest
    (name,) = (name for name in store.names.values() if honest.key in name.members)
    assert store.origins[name.id] == honest.key
    group = merge.Group(origin=honest.key, members=name.members)
    story = merge.story(
        merge.Named(group=group, name=name),
        store.items,
        tagging=Tagging(tags=()),
        related=(),
        previous=None,
        now=DAY,
    )
    shown = story.origin
    assert (shown.title, shown.url, shown.text, story.published) == (
        honest.title,
        honest.url,
        honest.text,
        honest.published,
    )
    assert replace(shown) == honest
