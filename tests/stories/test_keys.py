from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import DateTrust, Item, Keyed
from aggregator.stories import keys
from aggregator.stories.keys import Kind

KEYS = (re.compile(r"(pressemitteilung\.\d+)"), re.compile(r"(bb1\.c\.\d+)"))
MakeItem = Callable[..., Item]
EXACT = {Kind.URL, Kind.STABLE, Kind.HASH}


def kinds(item: Item) -> set[Kind]:
    return {keys.kind(key) for key in keys.keys(item, stable_keys=KEYS)}


@pytest.mark.parametrize(
    ("url", "text_factor", "expected"),
    [
        pytest.param("https://a.example/p/1", 0, {Kind.URL}, id="a page without a text"),
        pytest.param("https://a.example/p/1", 1, {Kind.URL, Kind.HASH}, id="a page with a text"),
        pytest.param("https://a.example/", 1, {Kind.HASH}, id="a front page says nothing"),
        pytest.param("https://www.a.example/de/", 0, set(), id="nor one of its languages"),
        pytest.param("https://a.example/?p=7", 0, {Kind.URL}, id="a page behind a query is a page"),
        pytest.param("https://a.example/p/pressemitteilung.7.php", 0, {Kind.URL, Kind.STABLE}, id="a publisher's id"),
    ],
)
def test_what_is_proof_alone(item: MakeItem, release: str, url: str, text_factor: int, expected: set[Kind]) -> None:
    assert kinds(item(url=url, text=release * text_factor)) & EXACT == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Der Regierende Bürgermeister nimmt am Dienstag an der Sitzung teil.", id="a notice"),
        pytest.param("Wasserstoffwirtschaftsstandortentwicklungsgesellschaft " * 10, id="many letters, few words"),
        pytest.param("so ist es nun " * 10, id="many words, few letters"),
    ],
)
def test_a_text_too_short_to_be_anyones_own_is_no_proof(item: MakeItem, text: str) -> None:
    assert kinds(item(text=text)) & EXACT == {Kind.URL}


@given(text=st.text(max_size=400), title=st.text(min_size=1, max_size=80))
def test_keys_are_few_sorted_and_what_any_store_takes(item: MakeItem, text: str, title: str) -> None:
    found = keys.keys(item(text=text, title=title), stable_keys=KEYS)
    assert list(found) == sorted(set(found))
    assert len(found) <= 21
    assert all(0 <= key < 2**63 for key in found)


@pytest.mark.parametrize(
    ("shared", "one_source", "expected"),
    [
        pytest.param({Kind.LEAD}, False, False, id="one run of words is a phrase"),
        pytest.param({Kind.LEAD, Kind.BODY}, False, True, id="two are a passage"),
        pytest.param({Kind.TITLE}, False, False, id="a title alone is none"),
        pytest.param({Kind.FACTS}, False, True, id="two figures in common"),
        pytest.param({Kind.URL}, True, False, id="a link that many items of one source share"),
        pytest.param({Kind.URL, Kind.TITLE}, True, True, id="the same link under the same title"),
        pytest.param({Kind.LEAD, Kind.BODY}, True, False, id="a series of one source begins alike"),
        pytest.param({Kind.BEGIN}, True, True, id="a correction"),
    ],
)
def test_what_is_worth_a_comparison(shared: set[Kind], one_source: bool, expected: bool) -> None:
    assert keys.worth({kind | 1 << 20 for kind in shared}, one_source=one_source) is expected


def test_a_dated_item_is_looked_for_near_its_day_and_by_proof_at_any_time(item: MakeItem, release: str) -> None:
    one = item(text=release)
    found = keys.sought(Keyed(keys.keys(one, stable_keys=()), keys.day(one)), window=timedelta(days=14))
    spans = {keys.kind(each.key): each.last - each.first for each in found}
    assert spans[Kind.LEAD] == spans[Kind.FACTS if Kind.FACTS in spans else Kind.BODY] == 32
    assert spans[Kind.URL] == spans[Kind.HASH] > 365_000


def test_an_item_without_a_date_is_compared_with_those_of_all_days(item: MakeItem, release: str) -> None:
    one = item(text=release, date_trust=DateTrust.FIRST_SEEN)
    assert keys.day(one) == 0
    found = keys.sought(Keyed(keys.keys(one, stable_keys=()), 0), window=timedelta(days=14))
    assert {(each.first, each.last) for each in found} == {keys.ALWAYS}
