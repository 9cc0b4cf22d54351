"""Which stories stand in which feed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Authority, Headline, PublishedFeed, Selection, Source
from aggregator.publish import select
from tests import patience

NOON = datetime(2026, 10, 12, 12, tzinfo=UTC)
SOURCES = {
    "amt": Source(id="amt", name="Amt", url="https://amt.example/", authority=Authority.ISSUER, region=("berlin",)),
    "blatt": Source(id="blatt", name="Blatt", url="https://blatt.example/", region=("brandenburg", "berlin")),
    "echo": Source(
        id="echo", name="Echo", url="https://echo.example/", authority=Authority.REPEATER, region=("brandenburg",)
    ),
}


def headline(
    name: str,
    hours: int = 0,
    labels: tuple[str, ...] = (),
    sources: tuple[str, ...] = ("amt",),
    language: str | None = "de",
) -> Headline:
    when = NOON - timedelta(hours=hours)
    return Headline(
        id=name,
        version="1",
        minted=when,
        published=when,
        changed=when,
        labels=labels,
        sources=sources,
        language=language,
    )


SHELF = select.shelve(
    [
        headline("d", 3, ("energie",), ("blatt", "echo")),
        headline("b", 1, ("energie", "digital"), ("amt",), "de-AT"),
        headline("c", 1, ("digital",), ("echo",), "en"),
        headline("a", 0, (), ("amt", "echo"), None),
    ]
)
FOUND = {"speicher": frozenset("abc"), "netz": frozenset("bcd"), "anzeige": frozenset("c")}


def feed(**selection: tuple[str, ...]) -> PublishedFeed:
    return PublishedFeed(id="f", title="F", description="", language="de", selection=Selection(**selection))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        pytest.param({}, "abcd", id="nothing asked takes everything, newest first, one instant by id"),
        pytest.param({"labels": ("energie",)}, "bd", id="one label"),
        pytest.param({"labels": ("energie", "digital")}, "bcd", id="any of two labels, each story once"),
        pytest.param({"labels": ("unbekannt",)}, "", id="a label that no story has"),
        pytest.param({"sources": ("echo",)}, "acd", id="a source that carries it, origin or not"),
        pytest.param({"regions": ("berlin",)}, "abd", id="the region of any carrier"),
        pytest.param({"regions": ("bayern",)}, "", id="a region of no source takes nothing, not everything"),
        pytest.param({"authorities": (Authority.ISSUER,)}, "ab", id="the authority of any carrier"),
        pytest.param(
            {"sources": ("echo",), "authorities": (Authority.ISSUER,)}, "a", id="each part by its own carrier"
        ),
        pytest.param({"languages": ("de",)}, "bd", id="a language takes its regional forms, not the unknown"),
        pytest.param({"languages": ("de-at",)}, "b", id="a regional form takes itself alone"),
        pytest.param({"words": ("speicher", "netz")}, "bc", id="every word must occur"),
        pytest.param({"words": ("speicher",), "without_words": ("anzeige",)}, "ab", id="a word that must not occur"),
        pytest.param({"labels": ("digital",), "without_labels": ("energie",)}, "c", id="a label that must not be"),
        pytest.param({"without_sources": ("echo",)}, "b", id="a source that must not carry it"),
        pytest.param({"without_regions": ("brandenburg",)}, "b", id="a region none of whose sources may carry it"),
        pytest.param({"without_regions": ("bayern",)}, "abcd", id="a region of no source keeps nothing out"),
        pytest.param({"without_authorities": (Authority.REPEATER,)}, "b", id="an authority that must not carry it"),
        pytest.param(
            {"without_languages": ("de",)}, "ac", id="a language and its regional forms; the unknown is not it"
        ),
        pytest.param({"without_languages": ("de-at",)}, "acd", id="a regional form alone"),
        pytest.param(
            {"regions": ("berlin",), "without_authorities": (Authority.REPEATER,), "without_languages": ("en",)},
            "b",
            id="wanted and unwanted together",
        ),
    ],
)
def test_selection(selection: dict[str, tuple[str, ...]], taken: str) -> None:
    assert "".join(each.id for each in select.select(feed(**selection), SHELF, SOURCES, FOUND)) == taken


names = st.lists(st.sampled_from("xyz"), max_size=3, unique=True).map(tuple)
headlines = st.lists(
    st.builds(
        headline,
        st.text("abcdef", min_size=1, max_size=3),
        st.integers(0, 3),
        names,
        st.lists(st.sampled_from(list(SOURCES)), max_size=2).map(tuple),
    ),
    max_size=12,
    unique_by=lambda each: each.id,
)


@given(
    headlines,
    st.randoms(),
    names,
    st.lists(st.sampled_from([*SOURCES, "weg"]), max_size=2).map(tuple),
)
def test_the_shelf_changes_nothing_but_the_speed(stories, random, labels, sources) -> None:
    shuffled = random.sample(stories, len(stories))
    taken = select.select(feed(labels=labels, sources=sources), select.shelve(shuffled), SOURCES, {})
    plainly = [
        each
        for each in sorted(stories, key=lambda each: (-each.published.timestamp(), each.id))
        if (not labels or set(labels) & set(each.labels)) and (not sources or set(sources) & set(each.sources))
    ]
    assert list(taken) == plainly


@pytest.mark.slow
def test_a_thousand_feeds_of_one_source_over_20_000_headlines_take_well_under_a_second() -> None:
    sources = {f"s{n}": Source(id=f"s{n}", name="S", url="https://s.example/") for n in range(1000)}
    stories = [headline(f"h{n}", n % 5000, (f"l{n % 20}",), (f"s{n % 1000}", f"s{n % 7}")) for n in range(20_000)]
    start = time.perf_counter()
    shelf = select.shelve(stories)
    taken = [select.select(feed(sources=(name,)), shelf, sources, {}) for name in sources]
    assert time.perf_counter() - start < patience.busy()
    assert sum(map(len, taken)) > 19_000
