from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import DateTrust, Item, Match, Verdict
from aggregator.stories import compare, keys, profile

WINDOW = timedelta(days=7)
KEYS = (re.compile(r"(pressemitteilung\.\d+)"), re.compile(r"(bb1\.c\.\d+)"))
MakeItem = Callable[..., Item]


def shared(left: Item, right: Item) -> set[int]:
    one, other = (set(keys.keys(each, stable_keys=KEYS)) for each in (left, right))
    return {asked for key in one for asked in keys.asked(key)} & other


def compared(left: Item, right: Item, window: timedelta = WINDOW) -> Match | None:
    found = shared(left, right)
    if not keys.worth(found, one_source=left.source_id == right.source_id):
        return None
    return compare.compare(ready(left), ready(right), shared=found, window=window)


def ready(item: Item) -> compare.Compared:
    return compare.Compared(item, profile.profile(item))


@pytest.mark.parametrize(
    "carried",
    [
        pytest.param("{}", id="word for word"),
        pytest.param("{}\nQuelle: Ministerium für Wirtschaft", id="with a credit"),
        pytest.param(
            "{}\nDer Beitrag Neue Anlage erschien zuerst auf Regio-Presse.", id="with a feed plug-in's footer"
        ),
        pytest.param("{} Weiterlesen …", id="with a link to the rest"),
        pytest.param("Potsdam, den 12.10.2026 – {}", id="with a dateline"),
    ],
)
def test_the_same_words_are_one_story_under_any_address(item: MakeItem, release: str, carried: str) -> None:
    copied = carried.format(release.replace("ü", "u\u0308").replace(". ", ".\n\n"))
    match = compared(
        item("a", title="Wasserstoff: Land fördert", text=release),
        item("b", title="WASSERSTOFF – Land foerdert", text=copied),
    )
    assert match is not None
    assert (match.verdict, match.rule, match.strength) == (Verdict.SAME, "content-hash", 0.9)


def test_a_title_alone_is_no_proof(item: MakeItem) -> None:
    assert compared(item("a", title="Terminhinweis der Woche"), item("b", title="Terminhinweis der Woche")) is None


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


def test_a_number_that_stands_for_another_page_as_well_proves_nothing(item: MakeItem) -> None:
    left, right = item("a", title="Meldung"), item("b", title="Meldung")
    hit = {key for key in keys.keys(left, stable_keys=()) if keys.kind(key) is keys.Kind.URL}
    assert compare.compare(ready(left), ready(right), shared=hit, window=WINDOW) is None


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
    one, other = ready(item("a")), ready(item("b"))
    assert compare.compare(one, one, shared={1}, window=WINDOW) is None
    assert compare.compare(one, other, shared=(), window=WINDOW) is None


TEXTS = (
    "Das Land fördert den Bau einer Anlage für grünen Wasserstoff mit 12,5 Millionen Euro. Den Bescheid gab es in Cottbus.",
    "Das Land fördert den Bau einer Anlage für grünen Wasserstoff mit 13,5 Millionen Euro. Den Bescheid gab es in Cottbus.",
    "The state supports a plant for green hydrogen with 12.5 million euros. The grant was handed over in Cottbus.",
    "Im Museum ist eine Ausstellung zu sehen.",
)


@given(
    days=st.integers(0, 20),
    titles=st.tuples(*[st.sampled_from(["Neue Anlage", "Korrektur: Neue Anlage", "Museum"])] * 2),
    texts=st.tuples(*[st.sampled_from(TEXTS)] * 2),
    sources=st.tuples(*[st.sampled_from("ab")] * 2),
)
def test_the_order_of_two_items_does_not_matter(
    item: MakeItem, days: int, titles: tuple[str, str], texts: tuple[str, str], sources: tuple[str, str]
) -> None:
    left = item(sources[0], "1", title=titles[0], text=texts[0])
    right = item(sources[1], "2", title=titles[1], text=texts[1], days=days)
    assert shared(left, right) or not shared(right, left)
    match = compared(left, right)
    assert match == compared(right, left)
    assert match is None or match.left < match.right
