"""The settle stroke against a real store: whatever the order and the size of rounds, the same items give the same stories."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator import tagging
from aggregator.model import Authority, DateTrust, Item, SourceState, SourceUpdate, Taxonomy
from aggregator.passes import matching, settle_stories
from aggregator.store import connect
from aggregator.text import digest

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = settle_stories.Rules(
    merging=matching.Merging(stable_keys=(re.compile(r"(pressemitteilung\.\d+)"),)),
    sites={},
    authority={"a": Authority.ISSUER, "b": Authority.PUBLISHER, "c": Authority.REPEATER},
    fixed={},
    tagging=tagging.compiled(Taxonomy(version="1", labels=())),
    minting="test.example,2026",
)
TEXTS = [
    " ".join(
        f"Der Bescheid über Vorhaben {number} wurde heute in Seewalde übergeben." for number in range(start, start + 9)
    )
    for start in (0, 20)
]
RELEASE = (
    "Das Land fördert den Bau einer Anlage für grünen Wasserstoff in der Lausitz mit {} Millionen Euro. Den Bescheid überreichte "
    "die Staatssekretärin am Montag in Cottbus. Die Anlage soll 2028 in Betrieb gehen und 140 Arbeitsplätze schaffen, {} davon "
    "in Spremberg. Bis zu 4.200 Tonnen im Jahr sind geplant."
)
TEXTS += [
    RELEASE.format("12,5", 45),
    RELEASE.format("13,5", 45),
    RELEASE.format("12,5", 45)[:150] + " …",
    RELEASE.format("12,5", 45)
    + " Der Landkreis hofft auf Zulieferer aus der Region und will eine Buslinie einrichten.",
    (
        "The state supports a plant for green hydrogen in Lusatia with 12.5 million euros. The grant came to Cottbus. The "
        "plant is to create 140 jobs, 45 of them in Spremberg, and to produce 4,200 tonnes a year from 2028."
    ),
    (
        "Mit 12,5 Millionen Euro fördert das Land eine Anlage für Wasserstoff: 140 Stellen in der Lausitz, 45 in Spremberg. "
        "4.200 Tonnen sollen es jährlich werden. Die Anlage geht 2028 ans Netz, der Bescheid liegt in Cottbus."
    ),
    (
        "Zu wenig, sagt der Verband: 140 Arbeitsplätze in der Lausitz sind für Spremberg kein Ersatz. Die Anlage für "
        "Wasserstoff hätte das Land früher fördern müssen. Die Staatssekretärin müsse nachbessern, Millionen fehlten."
    ),
]


def item(source: str, guid: str, *, url: str, text: str = TEXTS[0], day: int = 0, trusted: bool = True) -> Item:
    title = f"Bescheid übergeben {min(2, TEXTS.index(text))}" if text in TEXTS else "Bescheid"
    return Item(
        id=digest(source, guid)[:16],
        source_id=source,
        guid=guid,
        url=url,
        title=title,
        summary="",
        html=f"<p>{text}</p>",
        text=text,
        published=NOW - timedelta(days=day),
        updated=None,
        date_trust=DateTrust.EXACT if trusted else DateTrust.FIRST_SEEN,
        published_text=None,
        first_seen=NOW,
        language="de",
        authors=(),
        categories=(),
        issuer=None,
        enclosures=(),
        content_hash=digest(title, text),
        fingerprint=guid,
    )


worlds = st.lists(
    st.builds(
        item,
        st.sampled_from("abc"),
        st.sampled_from(["1", "2", "3"]),
        url=st.sampled_from(
            [
                "http://a.example/x",
                "http://a.example/y",
                "http://b.example/pressemitteilung.7.php",
                "http://c.example/z",
                "http://c.example/z-aktualisiert",
                "http://d.example/v",
            ]
        ),
        text=st.sampled_from(TEXTS),
        day=st.sampled_from([0, 3, 10, 20]),
        trusted=st.booleans(),
    ),
    min_size=2,
    max_size=8,
    unique_by=lambda made: made.key,
)


def commit(store: connect.Store, items: Sequence[Item], *, changed: bool = False) -> None:
    for one in items:
        state = SourceState(source_id=one.source_id, last_checked=NOW)
        update = SourceUpdate(state=state, changed=(one,)) if changed else SourceUpdate(state=state, new=(one,))
        store.commit(update)


def stories(store: connect.Store) -> set[tuple[object, ...]]:
    """The stories without their ids: origin, members, and the origins of those that tell of the same event."""
    found = store.stories([headline.id for headline in store.headlines()])
    return {
        (
            story.origin.key,
            frozenset(carrier.key for carrier in story.carriers),
            frozenset(found[other].origin.key for other in story.related),
        )
        for story in found.values()
    }


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settle")


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds, data=st.data())
def test_order_rounds_corrections_and_removals_do_not_matter(
    folder: Path, world: list[Item], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(world))
    corrected = data.draw(st.lists(st.sampled_from(world), max_size=2, unique_by=lambda made: made.key))
    removed = data.draw(st.lists(st.sampled_from(world), max_size=2, unique_by=lambda made: made.key))
    final = {one.key: one for one in world}
    for one in corrected:
        final[one.key] = replace(one, url="http://a.example/x", content_hash=digest(one.guid))
    for one in removed:
        final.pop(one.key)

    (folder / "at-once.sqlite").unlink(missing_ok=True)
    with connect.opened(f"sqlite:///{folder}/at-once.sqlite") as store:
        commit(store, list(final.values()))
        settle_stories.settle(store, RULES, now=NOW)
        expected = stories(store)

    for left in folder.glob("in-rounds*"):
        left.unlink()
    with connect.opened(f"sqlite:///{folder}/in-rounds.sqlite") as store:
        position = 0
        while position < len(order):
            size = data.draw(st.integers(1, 3))
            commit(store, order[position : position + size])
            settle_stories.settle(store, RULES, now=NOW)
            position += size
        commit(store, [final.get(one.key, one) for one in corrected if one.key in final], changed=True)
        settle_stories.settle(store, RULES, now=NOW)
        if removed:
            store.withdraw([one.key for one in removed])
        settle_stories.settle(store, RULES, now=NOW)
        assert stories(store) == expected
    for left in folder.glob("at-once*"):
        left.unlink()


def test_a_story_keeps_its_id_when_the_issuer_is_found_later(tmp_path: Path) -> None:
    with connect.opened(f"sqlite:///{tmp_path}/s.sqlite") as store:
        commit(store, [item("c", "1", url="http://a.example/x?utm_source=portal", day=1)])
        settle_stories.settle(store, RULES, now=NOW)
        [before] = store.headlines()
        commit(store, [item("a", "9", url="https://a.example/x", day=2)])
        settled = settle_stories.settle(store, RULES, now=NOW)
        [after] = store.headlines()
        assert (after.id, settled.new, settled.changed) == (before.id, 0, 1)
        assert store.stories([after.id])[after.id].origin.source_id == "a"


def test_settling_again_changes_nothing(tmp_path: Path) -> None:
    with connect.opened(f"sqlite:///{tmp_path}/s.sqlite") as store:
        commit(store, [item("a", "1", url="http://a.example/x"), item("b", "2", url="http://a.example/x")])
        settle_stories.settle(store, RULES, now=NOW)
        before = store.headlines()
        store.unsettle()
        again = settle_stories.settle(store, RULES, now=NOW + timedelta(days=1))
        assert (again.new, again.changed) == (0, 0)
        assert store.headlines() == before
