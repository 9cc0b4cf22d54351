import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import Failure
from aggregator.model import Document, Hints, Kind, Listing, Selector, Unreadable
from aggregator.parse import document

URL = "https://a.example/feed"
RECIPE = Listing(
    item="div, li", link=Selector(css="a", attribute="href"), title=Selector(css=""), next=Selector(css="a.next")
)
ITEM = "<item><title>{0}</title><link>https://a.example/{0}</link></item>"
# What documents are made of, so that chance finds the places where readers part
PIECES = st.sampled_from(
    [
        *rb"""<rss> <channel> <item> </item> <entry> </entry> <feed xmlns='http://www.w3.org/2005/Atom'> <title> <![CDATA[ ]]>
    <!-- --> &#xD800; &#99999999999; &nbsp; & <?xml ?> <link href='http://[x'/> xml:base='http://[b'
    <urlset> <url><loc> <sitemapindex> {
    "items":[ 1]} <html> <div><a href=x> <!DOCTYPE x [<!ENTITY a '&#38;'>]> <content type='a/x' mode='base64'>% <guid>0</guid>
    <x:pos xmlns:x='http://www.opengis.net/gml'>1</x:pos> <svg:svg>""".split(),
        b"\x00",
        b"\x1f\x8b",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b" ",
    ]
)


def rss(*titles: str) -> bytes:
    items = "".join(ITEM.format(title) for title in titles)
    return f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode()


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(Kind))
@settings(max_examples=150, deadline=None)  # the first one imports the readers
@given(body=st.binary(max_size=60) | st.lists(PIECES | st.binary(max_size=4), max_size=14).map(b"".join))
def test_any_bytes_give_a_document_or_a_reason(kind: Kind, body: bytes) -> None:
    found = document.read(body, Hints(url=URL, kind=kind, listing=RECIPE))
    assert isinstance(found, Document | Unreadable)
    if isinstance(found, Document):
        assert all(entry.fingerprint for entry in found.entries)


@pytest.mark.parametrize("content_type", ["text/html", "application/octet-stream", "application/json", ""])
def test_the_content_type_is_not_asked(content_type: str) -> None:
    found = document.read(rss("a"), Hints(url=URL, content_type=content_type))
    assert isinstance(found, Document)
    assert found.format == "rss20"


@pytest.mark.parametrize(
    ("body", "kind", "failure", "detail"),
    [
        pytest.param(b"", Kind.AUTO, Failure.EMPTY, "empty", id="nothing"),
        pytest.param(b" \r\n\0", Kind.FEED, Failure.EMPTY, "empty", id="blanks"),
        pytest.param(gzip.compress(b""), Kind.AUTO, Failure.EMPTY, "empty", id="nothing, compressed"),
        pytest.param(b"Bad Gateway", Kind.AUTO, Failure.NOT_A_FEED, "Bad Gateway", id="a sentence"),
        pytest.param(
            b"<!-- x --><!DOCTYPE html><HTML><title>Wartung</title>",
            Kind.AUTO,
            Failure.NOT_A_FEED,
            "Wartung",
            id="a page",
        ),
        pytest.param(
            b"<urlset/>", Kind.FEED, Failure.NOT_A_FEED, "neither RSS nor Atom", id="a sitemap where a feed was named"
        ),
        pytest.param(
            rss("a"), Kind.SITEMAP, Failure.NOT_A_FEED, "not a sitemap", id="a feed where a sitemap was named"
        ),
        pytest.param(b'{"error": 1}', Kind.AUTO, Failure.NOT_A_FEED, "no JSON Feed", id="JSON of another kind"),
        pytest.param(b'{"items": [', Kind.AUTO, Failure.TRUNCATED, "JSON", id="JSON that ends too early"),
        pytest.param(
            b"<html><body><div>x</div>", Kind.LISTING, Failure.NO_ENTRIES, "has a link", id="a listing without links"
        ),
        pytest.param(b"<html><body>x", Kind.LISTING, Failure.NO_ENTRIES, "is found", id="a listing that was rebuilt"),
    ],
)
def test_what_is_no_document(body: bytes, kind: Kind, failure: Failure, detail: str) -> None:
    found = document.read(body, Hints(url=URL, kind=kind, listing=RECIPE if kind is Kind.LISTING else None))
    assert isinstance(found, Unreadable)
    assert found.failure is failure
    assert detail in found.detail


@pytest.mark.parametrize(
    ("body", "read_as"),
    [
        pytest.param(
            b"<?xml version='1.0'?><!-- a > b --><?style x?>" + rss("a"), "rss20", id="a feed behind comments"
        ),
        pytest.param(gzip.compress(rss("a")), "rss20", id="a feed in gzip that nobody announced"),
        pytest.param(b"<urlset><url><loc>https://a.example/1</loc></url></urlset>", "sitemap", id="a sitemap"),
        pytest.param(b"<div><a href='/1'>x</a></div>", "listing", id="a page for which there is a recipe"),
        pytest.param(b'\xef\xbb\xbf {"version": "1.1", "items": []}', "json11", id="a JSON Feed"),
        pytest.param(
            b"<rss><channel><title>t</title></channel></rss>", "rss", id="a feed without entries is a document"
        ),
    ],
)
def test_what_the_bytes_are(body: bytes, read_as: str) -> None:
    found = document.read(body, Hints(url=URL, listing=RECIPE))
    assert isinstance(found, Document)
    assert found.format == read_as


def test_only_new_entries_are_read_and_their_fingerprints_last() -> None:
    first = document.read(rss("a", "b"), Hints(url=URL))
    assert isinstance(first, Document)
    known = frozenset(entry.fingerprint for entry in first.entries)
    second = document.read(rss("new", "a", "b"), Hints(url=URL), known)
    assert isinstance(second, Document)
    assert ([entry.title.value for entry in second.entries if entry.title], len(second.known)) == (["new"], 2)
    again = document.read(rss("b", "a"), Hints(url="https://other.example/"), known)
    assert isinstance(again, Document)
    assert (again.entries, set(again.known)) == ((), known)


def test_entries_beyond_the_limit_are_left_out_and_named() -> None:
    found = document.read(rss("a", "b", "c"), Hints(url=URL, limit=2))
    assert isinstance(found, Document)
    assert len(found.entries) == 2
    assert found.repairs == ("1 entries beyond the limit of 2 were left out",)


def test_one_entry_that_feedparser_can_not_read_drops_only_itself() -> None:
    stray = b"<title>b</title><gml:pos xmlns:gml='http://www.opengis.net/gml'>52.5 13.4</gml:pos>"  # KeyError: 'where'
    hostile = rss("a", "b", "c").replace(b"<title>b</title>", stray)
    found = document.read(hostile, Hints(url=URL))
    assert isinstance(found, Document)
    assert [entry.title.value for entry in found.entries if entry.title] == ["a", "c"]
    assert found.repairs == ("entries that feedparser can not read were left out: 1",)


def test_recorded_json_feeds_are_read_or_refused() -> None:
    from tests import shared_data

    for path in sorted(shared_data.folder("json-feeds").glob("*.json")):
        items = json.loads(path.read_text()).get("items")
        found = document.read(path.read_bytes(), Hints(url=URL))
        if isinstance(items, list):
            assert isinstance(found, Document), path.name
            assert len(found.entries) == len([item for item in items if item]), path.name
