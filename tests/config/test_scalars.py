"""How single texts are read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import soupsieve
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.config import scalars
from aggregator.model import Selector


@pytest.mark.parametrize(
    ("read", "written", "value"),
    [
        pytest.param(scalars.seconds, "30s", 30.0, id="seconds"),
        pytest.param(scalars.seconds, "5 m", 300.0, id="minutes after a space"),
        pytest.param(scalars.seconds, "0.5s", 0.5, id="half a second"),
        pytest.param(scalars.seconds, "2", 2.0, id="a number alone is seconds"),
        pytest.param(scalars.size, "10MB", 10_000_000, id="megabytes are decimal"),
        pytest.param(scalars.size, "500 kB", 500_000, id="kilobytes"),
        pytest.param(scalars.size, "1.5GiB", 1_610_612_736, id="gibibytes are binary"),
        pytest.param(scalars.size, "4096", 4096, id="a number alone is bytes"),
        pytest.param(scalars.interval, "auto", "auto", id="auto"),
        pytest.param(scalars.interval, "30 m", "30m", id="an interval loses its space"),
        pytest.param(scalars.interval, "0 6 * * mon-fri", "0 6 * * mon-fri", id="a cron line"),
        pytest.param(scalars.interval, "0 6 * * 1-5", "0 6 * * mon,tue,wed,thu,fri", id="cron counts days from Sunday"),
        pytest.param(scalars.interval, "*/15  8-18 * *  0,7", "*/15 8-18 * * sun", id="0 and 7 are both Sunday"),
        pytest.param(scalars.interval, "0 6 * * 5-7", "0 6 * * sun,fri,sat", id="a range up to Sunday as 7"),
        pytest.param(scalars.interval, "0 6 * * */2", "0 6 * * sun,tue,thu,sat", id="every second day of the week"),
        pytest.param(
            scalars.base_url, "https://news.example.org/a", "https://news.example.org/a/", id="a slash at the end"
        ),
        pytest.param(scalars.contact, "news@example.org", "news@example.org", id="a mail address"),
        pytest.param(scalars.contact, "https://example.org/contact", "https://example.org/contact", id="a page"),
        pytest.param(scalars.minting, "example.org,2026-01", "example.org,2026-01", id="a domain and a month"),
        pytest.param(scalars.language, "de-AT", "de-AT", id="a language of a region"),
        pytest.param(scalars.timezone, "Europe/Berlin", "Europe/Berlin", id="a time zone"),
        pytest.param(scalars.label, "  Amt\u00a0für \u0007 X ", "Amt für X", id="a name is one clean line"),
        pytest.param(
            scalars.url, "http://bücher.example:8080/x?y=1", "http://bücher.example:8080/x?y=1", id="an address"
        ),
        pytest.param(
            scalars.store_url, "postgresql+psycopg://localhost/news", "postgresql+psycopg://localhost/news", id="store"
        ),
        pytest.param(scalars.selector, "h3 a@href", Selector(css="h3 a", attribute="href"), id="an attribute"),
        pytest.param(scalars.selector, "@href", Selector(css="", attribute="href"), id="of the element itself"),
        pytest.param(scalars.selector, "h3", Selector(css="h3"), id="a text"),
        pytest.param(
            scalars.selector, "img@data-src", Selector(css="img", attribute="data-src"), id="a data attribute"
        ),
        pytest.param(
            scalars.selector,
            "a[href*='@x']",
            Selector(css="a[href*='@x']"),
            id="an at sign inside a selector is no attribute",
        ),
        pytest.param(scalars.css, "ul > li:not(.x):nth-child(2)", "ul > li:not(.x):nth-child(2)", id="a long selector"),
        pytest.param(scalars.key_pattern, r"(bb1\.c\.\d+)", r"(bb1\.c\.\d+)", id="a key pattern"),
        pytest.param(scalars.date_pattern, r"~(\d\d-\d\d-\d{4})-", r"~(\d\d-\d\d-\d{4})-", id="one group for a date"),
        pytest.param(
            scalars.date_pattern,
            r"/(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)/",
            r"/(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)/",
            id="day, month and year",
        ),
    ],
)
def test_good(read: Callable[[str], object], written: str, value: object) -> None:
    assert read(written) == value


@pytest.mark.parametrize(
    ("read", "written"),
    [
        pytest.param(scalars.identifier, "-x", id="an id that begins with a hyphen"),
        pytest.param(scalars.identifier, "Ämter", id="an id with capitals and umlauts"),
        pytest.param(scalars.identifier, "../etc", id="an id that leaves its folder"),
        pytest.param(scalars.identifier, "x\n", id="an id with a line end"),
        pytest.param(scalars.identifier, "x" * 65, id="a long id"),
        pytest.param(scalars.label, " \u200b ", id="a name of nothing but invisible characters"),
        pytest.param(scalars.seconds, "5x", id="a unit nobody knows"),
        pytest.param(scalars.seconds, "-5s", id="a negative duration"),
        pytest.param(scalars.size, "10 Mbit", id="bits"),
        pytest.param(scalars.interval, "5x", id="an interval in x"),
        pytest.param(scalars.interval, "0m", id="an interval of nothing"),
        pytest.param(scalars.interval, "61 6 * * *", id="the 61st minute"),
        pytest.param(scalars.interval, "0 6 * * 8", id="the eighth day"),
        pytest.param(scalars.interval, "0 6 * *", id="four fields"),
        pytest.param(scalars.interval, "0 6 * * fri-mon", id="a range backwards"),
        pytest.param(scalars.url, "ftp://example.org/", id="another scheme"),
        pytest.param(scalars.url, "file:///etc/passwd", id="a file"),
        pytest.param(scalars.url, "javascript:alert(1)", id="a script"),
        pytest.param(scalars.url, "https://", id="no host"),
        pytest.param(scalars.url, "example.org/feed", id="no scheme"),
        pytest.param(scalars.url, "https://example.org/a b", id="a space"),
        pytest.param(scalars.url, "https://example.org/\r\nX-Evil: 1", id="a header"),
        pytest.param(scalars.url, "https://example.org:99999/", id="a port past the last"),
        pytest.param(scalars.url, "https://[::1/", id="half an address"),
        pytest.param(scalars.base_url, "https://example.org/?x=1", id="a query in the public address"),
        pytest.param(scalars.contact, "Redaktion", id="a word as contact"),
        pytest.param(scalars.contact, "x@example.org\nX: y", id="a header in the contact"),
        pytest.param(scalars.contact, "büro@example.org", id="a contact that no header can hold"),
        pytest.param(scalars.minting, "example.org", id="no year"),
        pytest.param(scalars.minting, "exämple,2026", id="umlauts in a tag"),
        pytest.param(scalars.language, "deutsch", id="a language by its name"),
        pytest.param(scalars.language, "", id="no language"),
        pytest.param(scalars.timezone, "Berlin", id="a city alone"),
        pytest.param(scalars.timezone, "Europe", id="a continent, which is a folder"),
        pytest.param(scalars.timezone, "../../etc/passwd", id="a path"),
        pytest.param(scalars.timezone, "", id="no zone"),
        pytest.param(scalars.store_url, "mysql://localhost/x", id="a store we have not"),
        pytest.param(scalars.selector, "", id="no selector"),
        pytest.param(scalars.selector, "h3 >> a", id="a selector that is none"),
        pytest.param(scalars.selector, "a[@href", id="an open bracket"),
        pytest.param(scalars.selector, "p::before", id="a pseudo-element, which no page holds"),
        pytest.param(scalars.css, "div:unknown", id="an unknown pseudo-class"),
        pytest.param(scalars.key_pattern, r"news\d+", id="no group"),
        pytest.param(scalars.key_pattern, r"(a)(b)", id="two groups"),
        pytest.param(scalars.key_pattern, r"(a", id="an open group"),
        pytest.param(scalars.key_pattern, r"((?:a+)+)$", id="a pattern that takes for ever"),
        pytest.param(scalars.key_pattern, r"([a-z]*)*", id="another pattern that takes for ever"),
        pytest.param(scalars.date_pattern, r"(?P<day>\d\d)", id="a day without month and year"),
        pytest.param(scalars.date_pattern, r"(\d)(\d)", id="two groups that are no date"),
    ],
)
def test_bad(read: Callable[[str], object], written: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read(written)


SELECTOR_PIECES = st.sampled_from(
    [
        "a",
        "h3",
        "div",
        ".news",
        "#main",
        ".a-b",
        "-",
        ".",
        "#",
        " ",
        " > ",
        ">",
        "+",
        "~",
        ",",
        ", ",
        "1",
        "_",
        "*",
        "@",
    ]
)


@settings(deadline=None)
@given(st.lists(SELECTOR_PIECES, min_size=1, max_size=8).map("".join))
def test_what_passes_without_the_compiler_compiles(written: str) -> None:
    if scalars._PLAIN_SELECTOR.fullmatch(written):
        soupsieve.compile(written)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(written: str) -> None:
    for read in (
        scalars.url,
        scalars.interval,
        scalars.selector,
        scalars.key_pattern,
        scalars.timezone,
        scalars.contact,
    ):
        try:
            read(written)
        except ValueError as error:
            assert str(error)  # noqa: PT017
