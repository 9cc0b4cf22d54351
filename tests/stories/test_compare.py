from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import DateTrust, Item, Match, Verdict
from aggregator.stories import compare

WINDOW = timedelta(days=7)
KEYS = (re.compile(r"(pressemitteilung\.\d+)"), re.compile(r"(bb1\.c\.\d+)"))
MakeItem = Callable[..., Item]


def kinds(item: Item) -> set[str]:
    return {key.partition(":")[0] for key in compare.keys(item, stable_keys=KEYS)}


def compared(left: Item, right: Item, window: timedelta = WINDOW) -> Match | None:
    shared = set(compare.keys(left, stable_keys=KEYS)) & set(compare.keys(right, stable_keys=KEYS))
    return compare.compare(left, right, shared=shared, window=window)


@pytest.mark.parametrize(
    ("url", "text_factor", "expected"),
    [
        pytest.param("https://a.example/p/1", 0, {"url"}, id="a page without a text"),
        pytest.param("https://a.example/p/1", 1, {"url", "hash"}, id="a page with a text"),
        pytest.param("https://a.example/", 1, {"hash"}, id="a front page says nothing"),
        pytest.param("https://www.a.example/de/", 0, set(), id="nor one of its languages"),
        pytest.param("https://a.example/?p=7", 0, {"url"}, id="a page behind a query is a page"),
        pytest.param("https://a.example/p/pressemitteilung.7.php", 0, {"url", "key"}, id="a publisher's id"),
    ],
)
def test_what_an_item_is_compared_by(
    item: MakeItem, release: str, url: str, text_factor: int, expected: set[str]
) -> None:
    assert kinds(item(url=url, text=release * text_factor)) == expected


def test_keys_are_sorted(item: MakeItem, release: str) -> None:
    found = compare.keys(item(url="https://a.example/pressemitteilung.7.php", text=release), stable_keys=KEYS)
    assert list(found) == sorted(found)
    assert len(found) == 3


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Der Regierende Bürgermeister nimmt am Dienstag an der Sitzung teil.", id="a notice"),
        pytest.param("Wasserstoffwirtschaftsstandortentwicklungsgesellschaft " * 10, id="many letters, few words"),
        pytest.param("so ist es nun " * 10, id="many words, few letters"),
    ],
)
def test_a_text_too_short_to_be_anyones_own_is_no_key(item: MakeItem, text: str) -> None:
    assert kinds(item(text=text)) == {"url"}


@pytest.mark.parametrize(
    "carried",
    [
        pytest.param("{}", id="word for word"),
        pytest.param("{}\nQuelle: Ministerium für Wirtschaft", id="with a credit"),
        pytest.param(
            "{}\nDer Beitrag Neue Anlage erschien zuerst auf Regio-Presse.", id="with a feed plug-in's footer"
        ),
        pytest.param("{} Weiterlesen …", id="with a link to the rest"),
    ],
)
def test_the_same_words_are_one_story_under_any_address(item: MakeItem, release: str, carried: str) -> None:
    copied = carried.format(release.replace("ü", "u\u0308").replace(". ", ".\n\n"))
    match = compared(
        item("a", title="Wasserstoff: Land fördert"), item("b", title="Wasserstoff – Land fördert", text=copied), WINDOW
    )
    assert match is None
    match = compared(
        item("a", title="Wasserstoff: Land fördert", text=release),
        item("b", title="WASSERSTOFF – Land foerdert", text=copied),
    )
    assert match is not None
    assert (match.verdict, match.rule, match.strength) == (Verdict.SAME, "content-hash", 0.9)


def test_a_title_alone_is_no_proof(item: MakeItem) -> None:
    assert compared(item("a", title="Terminhinweis"), item("b", title="Terminhinweis")) is None


@pytest.mark.parametrize(
    ("left", "right", "verdict", "rule"),
    [
        pytest.param(
            {"url": "http://www.x.example/p/1/?utm_source=rss", "title": "Neue Anlage eröffnet"},
            {"url": "https://x.example/p/1", "title": "x.example: Neue Anlage eröffnet"},
            Verdict.SAME,
            "canonical-url",
            id="the same page under another spelling",
        ),
        pytest.param(
            {"url": "https://land.example/bb1.c.528958.de", "title": "Neue Anlage eröffnet"},
            {"url": "https://haus.land.example/de/bb1.c.528958.de/a", "title": "Anlage eröffnet"},
            Verdict.SAME,
            "stable-key",
            id="the publisher's id under another host",
        ),
        pytest.param(
            {"url": "https://x.example/newsletter", "title": "Straße gesperrt"},
            {"url": "https://x.example/newsletter", "title": "Leiterin im Museum"},
            Verdict.DIFFERENT,
            "other-words",
            id="a page that carries one item after the other",
        ),
        pytest.param(
            {"url": "https://x.example/p/1", "days": 0},
            {"url": "https://x.example/p/1", "days": 8},
            Verdict.DIFFERENT,
            "dates",
            id="published further apart than the window",
        ),
    ],
)
def test_what_two_items_with_one_key_are(
    item: MakeItem, left: dict[str, Any], right: dict[str, Any], verdict: Verdict, rule: str
) -> None:
    match = compared(item("a", **{"title": "Meldung"} | left), item("b", **{"title": "Meldung"} | right))
    assert match is not None
    assert (match.verdict, match.rule) == (verdict, rule)


def test_another_title_over_the_same_text_is_the_same_page(item: MakeItem, release: str) -> None:
    page = "https://x.example/p/1"
    match = compared(
        item("a", url=page, title="Zwölf Millionen für Cottbus", text=release),
        item("b", url=page, title="Neues aus der Lausitz", summary=release[:110]),
    )
    assert match is not None
    assert match.rule == "canonical-url"


def test_items_of_one_source_are_never_one_story(item: MakeItem) -> None:
    match = compared(item("a", "1", url="https://x.example/p"), item("a", "2", url="https://x.example/p"))
    assert match is not None
    assert (match.verdict, match.rule) == (Verdict.DIFFERENT, "one-source")


@pytest.mark.parametrize(
    ("days", "trusts", "expected"),
    [
        pytest.param(7, (DateTrust.EXACT, DateTrust.EXACT), None, id="just within the window"),
        pytest.param(9, (DateTrust.EXACT, DateTrust.ZONE_ASSUMED), "published 9 days apart", id="outside"),
        pytest.param(8, (DateTrust.DAY, DateTrust.EXACT), None, id="a day alone may mean its last hour"),
        pytest.param(8, (DateTrust.EXACT, DateTrust.DAY), "published 8 days apart", id="but not an hour before it"),
        pytest.param(99, (DateTrust.FIRST_SEEN, DateTrust.EXACT), None, id="when we first saw it is no date"),
    ],
)
def test_dates_that_forbid(
    item: MakeItem, days: int, trusts: tuple[DateTrust, DateTrust], expected: str | None
) -> None:
    left = item("a", date_trust=trusts[0])
    right = item("b", days=days, date_trust=trusts[1])
    assert compare.veto(left, right, window=WINDOW) == expected
    assert compare.veto(right, left, window=WINDOW) == expected


def test_no_item_is_compared_with_itself_or_without_a_key(item: MakeItem) -> None:
    assert compare.compare(item("a"), item("a"), shared={"url:x"}, window=WINDOW) is None
    assert compare.compare(item("a"), item("b"), shared=(), window=WINDOW) is None


@given(
    shared=st.sets(st.sampled_from(["url:x.example/1", "url:x.example/2", "key:7", "hash:1"])),
    days=st.integers(0, 20),
    titles=st.tuples(*[st.sampled_from(["Neue Anlage", "Anlage", "Museum"])] * 2),
    sources=st.tuples(*[st.sampled_from("ab")] * 2),
)
def test_the_order_of_two_items_does_not_matter(
    item: MakeItem, shared: set[str], days: int, titles: tuple[str, str], sources: tuple[str, str]
) -> None:
    left = item(sources[0], "1", title=titles[0])
    right = item(sources[1], "2", title=titles[1], days=days)
    match = compare.compare(left, right, shared=shared, window=WINDOW)
    assert match == compare.compare(right, left, shared=sorted(shared, reverse=True), window=WINDOW)
    assert match is None or match.left < match.right
