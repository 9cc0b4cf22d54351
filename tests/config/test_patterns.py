"""Patterns of the configuration: those that may take for ever are refused, those that people write are not."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import urls
from aggregator.config import load, patterns, scalars
from aggregator.errors import ConfigError
from aggregator.model import Document, Hints, Kind, Listing, Selector
from aggregator.parse import document

ROOT = Path(__file__).resolve().parent.parent.parent
LONG = 50_000

DANGEROUS = [
    pytest.param(r"(a+)+$", id="a repetition in a repetition"),
    pytest.param(r"(a|a)*$", id="two ways to take one letter, repeated"),
    pytest.param(r"(a|aa)+$", id="a choice in a repetition"),
    pytest.param(r"((a+)b?)+$", id="a repetition in a repetition, something optional behind it"),
    pytest.param(r"(?:a?b?)*(c)", id="nothing but optional letters, repeated"),
    pytest.param(r"(?:(?:(a*)))*!", id="hidden behind brackets"),
    pytest.param(r"(?:a{1,200}){1,200}(x)", id="a repetition with a high bound counts as one without"),
    pytest.param(r"(?:(a+)+b)++", id="inside of something possessive"),
    pytest.param(r"(?>(a+)+b)", id="inside of an atomic group"),
    pytest.param(r"(x)(?=(?:a+)+b)", id="inside of a look-ahead"),
    pytest.param(r"(?P<a>\w+\s?)*$", id="words, each with or without a space"),
    pytest.param("(" * 9 + "a?" + "){10}" * 9, id="ten times ten times ten"),
    pytest.param(r"(a?){30}a{30}", id="thirty optional letters, then thirty"),
    pytest.param("a?" * 30 + "(" + "a" * 30 + ")", id="thirty optional letters one by one"),
    pytest.param("(?:a|a)" * 30 + "(b)", id="thirty choices one by one"),
    pytest.param(r".*.*(.*)x", id="three repetitions that take the same"),
    pytest.param(r"(\w*)\w*\b!", id="two of them, searched from every place"),
    pytest.param(r"\d+\d+(\d+)$", id="digits, digits, digits, the end"),
    pytest.param(r"(\d{1,400})\d{1,400}x", id="bounds near the length of an address"),
    pytest.param(r"(.+)\1+\1+x", id="what was found, repeated"),
]

HARMLESS = [
    pytest.param(r"/(release-\d+)\.html", id="a number between words"),
    pytest.param(r"(pressemitteilung\.\d+)", id="a number at the end"),
    pytest.param(r"^https?://(?:[^/?#]*\.)?berlin\.de/[^?#]*(pressemitteilung\.\d+)\.php", id="host and path"),
    pytest.param(r"^https?://(?:[^/?#]*\.)?idw-online\.de/(?:[a-z]{2}/)?(news\d+)", id="perhaps a language"),
    pytest.param(r"^https?://(?:[^/?#]*\.)?proagro\.de/[^#]*[?&](news-meldung=\d+)", id="a parameter"),
    pytest.param(r"[?&](?:id|news_id|nid)=(\d+)(?:&|$)", id="a parameter of several names"),
    pytest.param(r"/(?:presse|news|aktuelles)/(?:\d{4}/)?([a-z0-9-]+)\.html?$", id="a slug in one of several folders"),
    pytest.param(r"/presse/.*?(\d+)\.html", id="any number below a folder"),
    pytest.param(r"news/.*-(\d+)", id="the last number"),
    pytest.param(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", id="a UUID"),
    pytest.param(r"([ab]+)x", id="a class, repeated"),
    pytest.param(r"(a|b)+x", id="single letters, which Python makes a class of"),
    pytest.param(r"([^/]++)/", id="possessive"),
    pytest.param(r"(?>[^/]+)/(\d+)", id="atomic"),
    pytest.param(r"/(\d{1,2})-\d{1,2}-\d{4}", id="a day with one digit or two"),
    pytest.param(r"(?i)/NEWS/(\d+)", id="in either case"),
    pytest.param(r"(?<=artikel-)(\d+)(?!\d)", id="with looks to both sides"),
]

HOSTILE = (
    "a" * LONG + "!",
    "1" * LONG + "!",
    "ab" * (LONG // 2),
    "/presse/" * (LONG // 8),
    "news/1-" * (LONG // 7),
    "https://" + "berlin.de/" * (LONG // 10),
    "https://proagro.de/" + "?news-meldung=&" * (LONG // 15),
    "a-" * (LONG // 2) + "\u0663" * 9,
)


def seconds(run: Callable[[], object]) -> float:
    """Of the processor, the better of two."""
    taken = []
    for _ in range(2):
        begun = time.process_time()
        run()
        taken.append(time.process_time() - begun)
    return min(taken)


@pytest.mark.parametrize("pattern", DANGEROUS)
def test_a_pattern_that_may_take_for_ever_is_refused(pattern: str) -> None:
    re.compile(pattern)  # nothing else is wrong with it
    with pytest.raises(patterns.TooManyWaysError):
        patterns.check(pattern)


@pytest.mark.parametrize("pattern", HARMLESS)
def test_an_accepted_pattern_is_quick_on_hostile_text(pattern: str) -> None:
    assert scalars.key_pattern(pattern) == pattern
    compiled = re.compile(pattern)
    for text in HOSTILE:
        assert seconds(lambda text=text: urls.stable_key(text, [compiled])) <= 0.1


def test_a_date_is_looked_for_in_the_beginning_of_an_address_alone() -> None:
    page = "<ul><li><a href='https://a.example/{}/2026-03-02'>Meldung</a></ul>"
    recipe = Listing(item="li", link=Selector(css="a"), date_in_url=r"/(\d{4}-\d\d-\d\d)")
    dates = []
    for filling in ("x", "x" * LONG):
        hints = Hints(url="https://a.example/", kind=Kind.LISTING, listing=recipe)
        found = document.read(page.format(filling).encode(), hints)
        assert isinstance(found, Document)
        dates.append(found.entries[0].published_text)
    assert dates == ["2026-03-02", None]


def test_every_pattern_that_is_in_use_is_accepted() -> None:
    config = load.load(ROOT / "config", environment={})
    used = [*config.stable_keys, *(one.listing.date_in_url for one in config.sources if one.listing)]
    assert len(config.stable_keys) >= 6
    for pattern in filter(None, used):
        patterns.check(pattern)


@pytest.mark.parametrize(
    ("files", "place"),
    [
        pytest.param(
            {"aggregator": "title: X\nbase_url: https://x.example\nstable_keys:\n  - '(\\d+)'\n  - '((a+)b?)+'\n"},
            "aggregator.yaml:5: stable_keys: ((a+)b?)+; expected a regular expression that can not take long",
            id="a key",
        ),
        pytest.param(
            {
                "sources": "sources:\n  - id: s\n    name: S\n    url: https://s.example/\n    kind: listing\n"
                "    listing:\n      item: li\n      link: a\n      date_in_url: '(?:a|ab)*(\\d)'\n"
            },
            "sources.yaml:9: date_in_url: (?:a|ab)*(\\d); expected a regular expression that can not take long",
            id="a date",
        ),
    ],
)
def test_the_error_says_where(folder: Callable[..., Path], files: dict[str, str], place: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(place)):
        load.load(folder(**files), environment={})


PIECES = st.sampled_from(
    [
        "a",
        "b",
        "/",
        ".",
        r"\d",
        r"\w",
        "[^/]",
        "(?:ab)",
        "(?:a|b/)",
        "(?:a.)?",
        "*",
        "+",
        "?",
        "*?",
        "{2,9}",
        "++",
        "$",
        "^",
        "x",
    ]
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=9).map("".join))
def test_whatever_is_accepted_ends_soon(pattern: str) -> None:
    try:
        patterns.check(pattern)
    except (patterns.TooManyWaysError, re.error):
        return
    compiled = re.compile(pattern)
    for text in ("a" * 500, "ab" * 250, "1" * 500, "a/" * 250, "/" * 499 + "!"):
        assert seconds(lambda text=text: compiled.search(text)) <= 0.5
