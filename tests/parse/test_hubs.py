"""Who tells of a document's news, and under which name, as the document says."""

from __future__ import annotations

import json

import pytest

from aggregator.model import Document, Fetched, Hints, HubLink, Kind, Listing, Selector, Validators
from aggregator.parse import document
from aggregator.passes import remember

URL = "https://amt.example/feed"
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>urn:t</id>
<link rel="hub" href="{hub}"/><link rel="self" href="{topic}"/><entry><id>1</id><title>A</title>
<link rel="hub" href="https://entry.example/"/></entry></feed>"""
RSS = """<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>T</title><link>https://amt.example/</link>
<atom:link rel="hub" href="{hub}"/><atom:link rel="self" href="{topic}"/>
<item><title>A</title><link>https://amt.example/1</link></item></channel></rss>"""
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "T",
        "feed_url": "TOPIC",
        "hubs": [{"type": "rssCloud", "url": "https://cloud.example/"}, {"type": "WebSub", "url": "HUB"}],
        "items": [{"id": "1", "content_text": "A"}],
    }
)


def written(template: str, hub: str, topic: str) -> bytes:
    return template.replace("{hub}", hub).replace("{topic}", topic).replace("HUB", hub).replace("TOPIC", topic).encode()


@pytest.mark.parametrize("template", [ATOM, RSS, JSON], ids=["Atom", "RSS", "JSON Feed"])
def test_every_format_names_hub_and_topic(template: str) -> None:
    read = document.read(written(template, "/hub", "https://amt.example/topic"), Hints(url=URL))
    assert isinstance(read, Document)
    assert (read.hubs, read.topic) == (("https://amt.example/hub",), "https://amt.example/topic")


def test_a_page_names_its_hub_in_the_head_alone() -> None:
    page = b"""<html><head><title>T</title><link rel="hub" href="/hub"><link rel="self" href="/topic"></head>
<body><link rel="hub" href="https://visitor.example/"><li><a href="/1">A</a></li></body></html>"""
    recipe = Listing(item="li", link=Selector(css="a", attribute="href"))
    read = document.read(page, Hints(url=URL, kind=Kind.LISTING, listing=recipe))
    assert isinstance(read, Document)
    assert (read.hubs, read.topic) == (("https://amt.example/hub",), "https://amt.example/topic")


@pytest.mark.parametrize("template", [ATOM, RSS], ids=["Atom", "RSS"])
def test_also_where_every_entry_is_known(template: str) -> None:
    body = written(template, "https://hub.example/", URL)
    first = document.read(body, Hints(url=URL))
    assert isinstance(first, Document)
    known = frozenset(entry.fingerprint for entry in first.entries)
    again = document.read(body, Hints(url=URL), known)
    assert isinstance(again, Document)
    assert (set(again.known), again.hubs, again.topic) == (known, first.hubs, first.topic)


@pytest.mark.parametrize(
    ("header", "hubs", "topic", "found"),
    [
        pytest.param(None, (), URL, None, id="nobody"),
        pytest.param(None, ("https://h.example/",), URL, HubLink("https://h.example/", URL), id="the document"),
        pytest.param(
            None, ("https://h.example/",), None, HubLink("https://h.example/", URL), id="without self its own address"
        ),
        pytest.param(
            None, ("http://a.example/", "https://b.example/"), URL, HubLink("https://b.example/", URL), id="https first"
        ),
        pytest.param(
            HubLink("https://x.example/", "t"), ("https://h.example/",), URL, HubLink("https://x.example/", "t"),
            id="the headers before the document",
        ),
    ],
)  # fmt: skip
def test_which_hub_counts(header: HubLink | None, hubs: tuple[str, ...], topic: str | None, found: object) -> None:
    fetched = Fetched(url=URL, status=200, content_type="", charset=None, body=b"", validators=Validators(), hub=header)
    assert remember.hub(fetched, Document(format="atom10", hubs=hubs, topic=topic)) == found
