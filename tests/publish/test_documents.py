"""RSS, Atom and JSON Feed as readers see them."""

from __future__ import annotations

import calendar
import json
from dataclasses import replace
from datetime import datetime, timedelta

import feedparser
import pytest
from lxml import etree

from aggregator.model import Enclosure, Tag
from aggregator.publish import jsonfeed, xml

ATOM = "{http://www.w3.org/2005/Atom}"
STRICT = etree.XMLParser(recover=False, resolve_entities=False, no_network=True)


@pytest.fixture
def told(make_item, make_story, make_view):
    """Two stories: one with two further carriers and two enclosures, one issued by somebody else and corrected since."""
    first = make_story(
        1,
        origin=make_item(
            1,
            enclosures=(
                Enclosure(url="https://ministerium.example/1.pdf", type="application/pdf", length=1234),
                Enclosure(url="https://ministerium.example/1.ogg"),
            ),
        ),
        further=(
            make_item(1, "cluster"),
            make_item(1, "zeitung"),
            make_item(9, "zeitung", url="https://zeitung.example/meldung.1"),
        ),
        tags=(Tag(label="energie", score=1, evidence=()), Tag(label="digital", score=1, evidence=())),
    )
    second = make_story(2, origin=make_item(2, issuer="Wirtschaftsförderung", authors=(), language="en"))
    second = replace(second, changed=second.minted + timedelta(hours=3))
    return make_view(first, second, hub="https://news.example/hub")


def seconds(instant) -> int:
    return int(instant.timestamp())


@pytest.mark.parametrize("render", [xml.rss, xml.atom])
def test_a_reader_gets_back_what_was_told(told, render) -> None:
    rendered = render(told)
    assert rendered.dropped == ()
    parsed = feedparser.parse(rendered.content)
    assert not parsed.bozo
    assert [entry.id for entry in parsed.entries] == [story.id for story in told.stories]
    for entry, story in zip(parsed.entries, told.stories, strict=True):
        links = [(link.rel, link.href) for link in entry.links]
        assert [href for rel, href in links if rel == "alternate"] == [story.origin.url]
        assert entry.link == story.origin.url
        assert entry.title == story.origin.title
        assert calendar.timegm(entry.published_parsed) == seconds(story.published)
        assert {href for rel, href in links if rel == "enclosure"} == {each.url for each in story.origin.enclosures}
        assert entry.summary == story.origin.summary
        assert story.origin.html in entry.content[0].value
        assert len(set(links)) == len(links)
    related = [(link.title, link.href) for link in parsed.entries[0].links if link.rel == "related"]
    assert related == [
        ("Clustermanagement", "https://cluster.example/meldung.1"),
        ("Die Zeitung", "https://zeitung.example/meldung.1"),
    ]
    assert parsed.entries[0].enclosures[0].length == "1234"
    assert parsed.entries[0].source.title == "Ministerium für Wirtschaft"
    assert parsed.entries[1].publisher == "Wirtschaftsförderung"
    assert parsed.entries[1].author == "Wirtschaftsförderung"  # nobody else is named, and we did not write it


def test_categories_carry_name_and_scheme(told) -> None:
    rss = feedparser.parse(xml.rss(told).content).entries[0].tags
    atom = feedparser.parse(xml.atom(told).content).entries[0].tags
    assert [tag.term for tag in rss] == ["Energietechnik", "Digitalisierung"]
    assert [(tag.term, tag.label) for tag in atom] == [("energie", "Energietechnik"), ("digital", "Digitalisierung")]
    assert {tag.scheme for tag in rss + atom} == {"https://news.example/labels"}


def test_channel_links_in_rss(told) -> None:
    channel = etree.fromstring(xml.rss(told).content, STRICT)[0]
    assert channel.findtext("link") == "https://news.example/energie/"  # feedgen takes the last link that is not `self`
    links = {link.get("rel"): link.get("href") for link in channel.findall(f"{ATOM}link")}
    assert links == {"self": "https://news.example/feeds/energie.rss", "hub": "https://news.example/hub"}
    assert channel.findtext("generator") == "aggregator"
    assert channel.findtext("managingEditor") == "redaktion@news.example (Nachrichten aus der Region)"
    assert channel.find("docs") is None


def test_atom_is_complete(told) -> None:
    """RFC 4287 section 4.1.1 and 4.1.2: what a validator asks for."""
    feed = etree.fromstring(xml.atom(told).content, STRICT)
    assert feed.findtext(f"{ATOM}id") == "tag:news.example,2026:feeds/energie"
    assert {link.get("rel") for link in feed.findall(f"{ATOM}link")} == {"self", "alternate", "hub"}
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    for entry in feed.findall(f"{ATOM}entry"):
        for name in ("id", "title", "updated", "published", "content", "summary", "author", "source"):
            assert len(entry.findall(ATOM + name)) == 1, name
        assert {child.tag.removeprefix(ATOM) for child in entry.find(f"{ATOM}source")} == {
            "id",
            "title",
            "updated",
            "link",
        }
    assert [each.get("{http://www.w3.org/XML/1998/namespace}lang") for each in feed.findall(f"{ATOM}entry")] == [
        None,
        "en",
    ]
    assert b"ns0:" not in xml.atom(told).content


@pytest.mark.parametrize("render", [xml.rss, xml.atom])
def test_no_element_is_empty(told, render) -> None:
    for element in etree.fromstring(render(told).content, STRICT).iter():
        assert element.text or len(element) or element.attrib, element.tag
        assert all(element.attrib.values()), element.tag


def test_json_feed(told) -> None:
    feed = json.loads(jsonfeed.render(told).content)
    assert list(feed) == [
        "version", "title", "home_page_url", "feed_url", "description", "language", "authors", "hubs", "items",
    ]  # fmt: skip
    first, second = feed["items"]
    assert first["id"] == told.stories[0].id
    assert first["tags"] == ["Energietechnik", "Digitalisierung"]
    assert first["attachments"][1] == {
        "url": "https://ministerium.example/1.ogg",
        "mime_type": "application/octet-stream",
    }
    assert [place["source"] for place in first["_aggregator"]["carriers"]] == [
        "ministerium",
        "cluster",
        "zeitung",
        "zeitung",
    ]
    assert "date_modified" not in first
    assert second["date_modified"] == "2026-10-12T13:00:00Z"
    assert second["_aggregator"]["issuer"] == "Wirtschaftsförderung"
    assert b"\\u" not in jsonfeed.render(told).content


def test_people_read_where_it_comes_from(told) -> None:
    first, second = json.loads(jsonfeed.render(told).content)["items"]
    assert first["content_html"].endswith(
        '<p>Quelle: <a href="https://ministerium.example/meldung.1">Ministerium für Wirtschaft</a>'
        ' · Auch bei: <a href="https://cluster.example/meldung.1">Clustermanagement</a>,'
        ' <a href="https://zeitung.example/meldung.1">Die Zeitung</a></p>'
    )
    assert "Herausgegeben von: Wirtschaftsförderung" in second["content_html"]


def test_an_english_feed_speaks_english(told) -> None:
    told = replace(told, feed=replace(told.feed, language="en"), memory={})
    (first, _) = json.loads(jsonfeed.render(told).content)["items"]
    assert first["tags"] == ["Energy", "Digitisation"]
    assert "Source: " in first["content_html"]
    assert first["language"] == "de"


@pytest.mark.parametrize(
    ("minutes", "origin_updated", "expected"),
    [
        pytest.param(
            0, None, "2026-10-12T09:00:00+00:00", id="nothing changed: when it was published, not when we saw it"
        ),
        pytest.param(0, 30, "2026-10-12T09:30:00+00:00", id="the origin says when it changed"),
        pytest.param(0, -90, "2026-10-12T09:00:00+00:00", id="never before it was published"),
        pytest.param(5, 30, "2026-10-12T10:05:00+00:00", id="a correction that came after the first publication"),
    ],
)
def test_updated(make_item, make_story, make_view, minutes, origin_updated, expected) -> None:
    origin = make_item(1)
    if origin_updated is not None:
        origin = replace(origin, updated=origin.published + timedelta(minutes=origin_updated))
    story = make_story(1, origin=origin)
    story = replace(story, changed=story.minted + timedelta(minutes=minutes))
    feed = etree.fromstring(xml.atom(make_view(story)).content, STRICT)
    updated = datetime.fromisoformat(feed.findtext(f"{ATOM}entry/{ATOM}updated"))
    assert updated.replace(microsecond=0).isoformat() == expected
    # the feed changed when the story came in
    assert feed.findtext(f"{ATOM}updated") == max(updated, story.changed).isoformat()


@pytest.mark.parametrize("render", [xml.rss, xml.atom, jsonfeed.render])
def test_an_empty_feed_is_a_whole_document(make_view, render) -> None:
    first, second = render(make_view()), render(make_view())
    assert first == second
    assert feedparser.parse(first.content).entries == [] or render is jsonfeed.render
    assert b"2026-1" not in first.content  # the day of publishing


@pytest.mark.parametrize("render", [xml.rss, xml.atom, jsonfeed.render])
def test_what_left_the_configuration_is_named_by_its_id(make_item, make_story, make_view, render) -> None:
    story = make_story(1, origin=make_item(1, "ehemalig"), tags=(Tag(label="alt", score=1, evidence=()),))
    content = render(make_view(story)).content.decode()
    assert "ehemalig" in content
    assert "alt" in content


@pytest.mark.parametrize("render", [xml.rss, xml.atom, jsonfeed.render])
def test_no_secret_of_a_source_is_published(make_story, make_view, sources, render) -> None:
    secret = replace(
        sources["ministerium"], url="https://nutzer:geheim@ministerium.example/rss?id=7&token=geheim&api_key=geheim"
    )
    content = render(make_view(make_story(1), sources={"ministerium": secret})).content.decode()
    assert "geheim" not in content
    assert "nutzer" not in content


@pytest.mark.parametrize("render", [xml.rss, xml.atom, jsonfeed.render])
def test_a_document_stays_small(make_item, make_story, make_view, render) -> None:
    """Five megabytes are the validator's limit, and readers give up earlier."""
    stories = [make_story(n, origin=make_item(n, html=f"<p>{'Wort ' * 10_000}</p>")) for n in range(1, 101)]
    giant = make_story(101, origin=make_item(101, html=f"<p>{'Wort ' * 100_000}</p>"))
    rendered = render(make_view(giant, *stories))
    assert rendered.dropped == ()
    assert len(rendered.content) < 1_500_000
    assert "Das Land fördert 101 Speicher" in rendered.content.decode()


def test_a_title_that_looks_like_markup_is_no_markup_in_rss(make_item, make_story, make_view) -> None:
    """Half of the readers take an RSS title for HTML."""
    story = make_story(
        1, origin=make_item(1, title="<img src=x onerror=alert(1)> R&D: 3 < 4", summary="<script>alert(1)</script>")
    )
    item = etree.fromstring(xml.rss(make_view(story)).content, STRICT).find("channel/item")
    assert item.findtext("title") == "&lt;img src=x onerror=alert(1)> R&D: 3 < 4"
    assert item.findtext("description") == "&lt;script&gt;alert(1)&lt;/script&gt;"
    entry = etree.fromstring(xml.atom(make_view(story)).content, STRICT).find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == story.origin.title  # type="text": no reader may take it for anything else


def test_a_link_that_is_no_web_address_gives_way_to_the_source(make_item, make_story, make_view) -> None:
    bad = make_item(1, url="javascript:alert(1)", enclosures=(Enclosure(url="data:text/html,x"),))
    story = make_story(1, origin=bad, further=(make_item(2, "cluster", url="vbscript:x"),))
    for render in (xml.rss, xml.atom):
        links = [link.href for link in feedparser.parse(render(make_view(story)).content).entries[0].links]
        assert links == ["https://ministerium.example/"]


def test_a_search_is_a_feed_of_its_own_address(told) -> None:
    found = replace(told, query="Speicher & Netz", memory={})
    feed = feedparser.parse(xml.atom(found).content).feed
    address = "https://news.example/search.atom?q=Speicher%20%26%20Netz"
    assert feed.id == address
    assert {link.href for link in feed.links if link.rel == "self"} == {address}
