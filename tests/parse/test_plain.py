"""Plain entries are read as feedparser reads them: same bytes, same values, whichever of the two does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Document, Hints, Unreadable
from aggregator.parse import document, plain
from tests.shared_data import folder as recorded

HINTS = Hints(url="https://news.example/feed")
HEAD = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Neues</title><link>https://news.example/</link>'
)
DECLARED = frozenset({"content", "dc"})


def by_feedparser(body: bytes) -> Document | Unreadable:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "all_of", lambda entries, head: [None] * len(entries))
        return document.read(body, HINTS)


def feed(*entries: str, head: str = HEAD) -> bytes:
    return (head + "".join(entries) + "</channel></rss>").encode()


WITNESS = "<item><title>Zeuge</title><link>https://news.example/0</link></item>"


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param("<item></item>", id="an entry with nothing in it"),
        pytest.param("<item><title>A &amp;lt;b&amp;gt; C</title></item>", id="a reference escaped twice"),
        pytest.param("<item><title>&#60;b&#x3E;fett&lt;/b></title></item>", id="numeric references to markup"),
        pytest.param("<item><title><![CDATA[Wärme & Kälte]]></title></item>", id="CDATA with a bare ampersand"),
        pytest.param("<item><title>\n  <![CDATA[ Wärme ]]>\n </title></item>", id="blanks around CDATA"),
        pytest.param("<item><title>FÃ¶rderung</title></item>", id="UTF-8 that was encoded twice"),
        pytest.param("<item><title>Tag\r\nNacht\rAbend</title></item>", id="line ends of other systems"),
        pytest.param("<item><guid>https://news.example/1</guid></item>", id="a guid that is the only link"),
        pytest.param(
            "<item><guid>https://news.example/g</guid><link>https://news.example/l</link></item>",
            id="the link after the guid",
        ),
        pytest.param("<item><link>https://news.example/l</link><guid>abc</guid></item>", id="a guid that is no link"),
        pytest.param('<item><guid isPermaLink="false">https://x.example/</guid></item>', id="a guid that says so"),
        pytest.param("<item><guid isPermaLink='True'>https://x.example/</guid></item>", id="another spelling of true"),
        pytest.param("<item><link></link><guid>https://news.example/g</guid></item>", id="an empty link"),
        pytest.param("<item><link>/seite/3</link></item>", id="a relative link"),
        pytest.param("<item><link>https://news.example/?a=1&amp;b=2</link></item>", id="a query"),
        pytest.param(
            "<item><content:encoded>&lt;p>Lang&lt;/p></content:encoded><description>Kurz</description></item>",
            id="content before its summary",
        ),
        pytest.param(
            "<item><description/><content:encoded>&lt;p>Lang&lt;/p></content:encoded></item>", id="an empty summary"
        ),
        pytest.param("<item><content:encoded>&lt;p>Lang&lt;/p></content:encoded></item>", id="content alone"),
        pytest.param(
            '<item><category domain="https://x.example/">Energie</category><category/><category>Energie</category>'
            "<dc:subject>Wasser</dc:subject></item>",
            id="categories",
        ),
        pytest.param(
            "<item><author>Redaktion</author><dc:creator>Eva Muster</dc:creator><dc:creator/></item>", id="authors"
        ),
        pytest.param(
            '<item><enclosure url="https://news.example/a.MP3" length="12" type="Audio/MPEG"/></item>',
            id="an enclosure",
        ),
        pytest.param('<item><enclosure url="a.pdf"></enclosure></item>', id="an enclosure that is relative"),
        pytest.param(
            "<item><pubDate> Mon, 12 Oct 2026 10:00:00 MESZ </pubDate><dc:date>2026-10-12</dc:date></item>", id="dates"
        ),
        pytest.param(
            '<item><content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">Text</content:encoded></item>',
            id="a namespace declared where it is used",
        ),
    ],
)
def test_read_without_feedparser_as_with_it(entry: str) -> None:
    assert plain.read(entry.encode(), DECLARED) is not None
    body = feed(WITNESS, entry)
    assert document.read(body, HINTS) == by_feedparser(body)


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param("<item><title>A <b>B</b></title></item>", id="elements in elements"),
        pytest.param("<item><title type='html'>A</title></item>", id="an attribute that feedparser knows"),
        pytest.param("<item><title>A</title><title>B</title></item>", id="two titles"),
        pytest.param("<item><title>A & B</title></item>", id="a bare ampersand"),
        pytest.param("<item><title>A ]]> B</title></item>", id="the end of a CDATA section that never began"),
        pytest.param("<item><title>\u0096</title></item>", id="a character of windows-1252"),
        pytest.param("<item><author>eva@news.example (Eva)</author></item>", id="a mail address"),
        pytest.param("<item><link>http:///news.example/</link></item>", id="slashes that feedparser takes away"),
        pytest.param("<item><link>https://x.example/?a=1&amp;copy;=2</link></item>", id="half a reference in a link"),
        pytest.param("<item><media:title>A</media:title></item>", id="a name that is not known here"),
        pytest.param("<item><itunes:title>A</itunes:title></item>", id="a prefix that is not declared"),
        pytest.param("<item rdf:about='x'><title>A</title></item>", id="an attribute of the entry"),
        pytest.param("<item><title>A</title>Text</item>", id="text between elements"),
        pytest.param("<item><title>A</titel></item>", id="tags that do not match"),
    ],
)
def test_left_to_feedparser(entry: str) -> None:
    assert plain.read(entry.encode(), DECLARED) is None
    body = feed(WITNESS, entry, WITNESS.replace("Zeuge", "Ende").replace("/0", "/2"))
    assert document.read(body, HINTS) == by_feedparser(body)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(HEAD.replace("<channel>", '<channel xml:lang="de">'), id="a language that entries inherit"),
        pytest.param(HEAD.replace("<rss", '<rss xml:base="https://b.example/"'), id="a base that entries inherit"),
        pytest.param(HEAD.replace("<rss", '<rss xmlns="http://purl.org/rss/1.0/"'), id="a namespace of its own"),
        pytest.param(
            HEAD.replace("purl.org/dc/elements/1.1/", "news.example/"), id="a prefix that means something else"
        ),
        pytest.param(HEAD.replace("<channel>", "<channel><textinput>"), id="an element that never ends"),
        pytest.param(HEAD.replace("<rss", "<!DOCTYPE rss [<!ENTITY auml 'x'>]><rss"), id="entities of its own"),
    ],
)
def test_what_stands_before_the_entries(head: str) -> None:
    entries = [
        f"<item><title>T{n}</title><link>/seite/{n}</link><dc:date>2026-10-1{n}</dc:date></item>" for n in range(3)
    ]
    body = feed(*entries, head=head)
    assert document.read(body, HINTS) == by_feedparser(body)


def test_a_known_entry_is_not_read_at_all() -> None:
    body = feed(*(WITNESS.replace("/0", f"/{n}") for n in range(4)))
    whole = document.read(body, HINTS)
    assert isinstance(whole, Document)
    again = document.read(body, HINTS, frozenset(entry.fingerprint for entry in whole.entries[:3]))
    assert isinstance(again, Document)
    assert (again.entries, len(again.known)) == (whole.entries[3:], 3)


_TEXT = st.text(max_size=12) | st.sampled_from(
    [
        "&amp;",
        "&#228;",
        "&lt;p&gt;",
        "<![CDATA[<p>&auml;</p>]]>",
        "<b>",
        "]]>",
        "&x;",
        "https://a.example/?b&amp;c",
        "\r\n",
        "Ã¤",
    ]
)
_NAMES = [
    "title",
    "link",
    "guid",
    "description",
    "content:encoded",
    "pubDate",
    "dc:date",
    "category",
    "dc:creator",
    "source",
]


@st.composite
def _elements(draw: Any) -> str:
    name = draw(st.sampled_from(_NAMES))
    attribute = draw(st.sampled_from(["", "", "", ' isPermaLink="false"', " domain='x'", ' type="html"']))
    return f"<{name}{attribute}>{''.join(draw(st.lists(_TEXT, max_size=3)))}</{name}>"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(_elements(), max_size=6).map("".join), max_size=4))
def test_any_entries(entries: list[str]) -> None:
    body = (HEAD + WITNESS + "".join(f"<item>{entry}</item>" for entry in entries) + "</channel></rss>").encode(
        "utf-8", "replace"
    )
    assert document.read(body, HINTS) == by_feedparser(body)


def _same(files: list[Path]) -> None:
    for path in files:
        body = path.read_bytes()
        assert document.read(body, HINTS) == by_feedparser(body), path


def test_own_feeds() -> None:
    _same(sorted((Path(__file__).parents[1] / "golden/feeds").glob("*/input.*")))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["real-feeds", "feedparser-tests"])
def test_recorded_feeds(name: str) -> None:
    _same([path for path in sorted(recorded(name).rglob("*")) if path.is_file()])
