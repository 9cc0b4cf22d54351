"""What feedgen 1.0.0 leaves out or writes wrongly, written by its own extension hooks.

Two classes for `register_extension`. In Atom, feedgen's tree has no namespace (xmlns is a plain attribute), so Atom's own
elements are named plainly; a namespaced one would come out as `ns0:link`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape
from typing import TypeAlias

from lxml.etree import SubElement, _Element

from aggregator.model import Enclosure
from aggregator.publish.shown import Shown

_DC = "http://purl.org/dc/elements/1.1/"
_HISTORY = "http://purl.org/syndication/history/1.0"
_DCTERMS = "http://purl.org/dc/terms/"
_ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# RSS does not say whether a title is text or HTML, and readers differ. What looks like a tag is escaped once more, so that
# nobody runs it; other text is left alone, so that nobody reads "AT&amp;T".
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")

BYTES = "application/octet-stream"  # a type that was not told (RFC 2046 section 4.5.1)

Link: TypeAlias = dict[str, str]


def plain(text: str) -> str:
    """Plain text for an RSS element that some readers take for HTML."""
    return _TAG.sub("&lt;", text)


class FeedExtension:
    """Hub and archive, of which feedgen writes the links in Atom alone; and the prefix of the entries' Dublin Core elements."""

    def __init__(self) -> None:
        self.hub: str | None = None
        self.archive = False  # whether this is a page of an archive
        self.chain: Mapping[str, str] = {}

    def extend_ns(self) -> dict[str, str]:
        prefixes = {"dc": _DC, "dcterms": _DCTERMS}
        return {**prefixes, "fh": _HISTORY} if self.archive else prefixes

    def extend_rss(self, rss: _Element) -> None:
        channel = rss[0]
        self._mark(channel)
        if self.hub:
            SubElement(channel, f"{{{_ATOM}}}link", rel="hub", href=self.hub)
        for relation, url in self.chain.items():
            SubElement(channel, f"{{{_ATOM}}}link", rel=relation, type="application/rss+xml", href=url)

    def extend_atom(self, feed: _Element) -> None:
        self._mark(feed)
        _declare_markup(feed)

    def _mark(self, feed: _Element) -> None:
        """RFC 5005 section 4: what tells a reader that nothing will be added here."""
        if self.archive:
            SubElement(feed, f"{{{_HISTORY}}}archive")


class EntryExtension:
    """Links, source, authors and dates of one entry."""

    def __init__(self) -> None:
        self.shown: Shown | None = None

    def extend_rss(self, item: _Element) -> None:
        shown = self.shown
        assert shown is not None
        # feedgen's own pubDate calls locale.setlocale for every date: slow, and it changes the whole process
        SubElement(item, "pubDate").text = _rfc822(shown.published)
        for author in shown.authors:  # RSS's own `author` wants a mail address
            SubElement(item, f"{{{_DC}}}creator").text = plain(author)
        if shown.issuer:
            SubElement(item, f"{{{_DC}}}publisher").text = plain(shown.issuer)
        if shown.language:
            SubElement(item, f"{{{_DC}}}language").text = shown.language
        if shown.updated != shown.published:  # RSS has no word for a correction
            SubElement(item, f"{{{_DCTERMS}}}modified").text = shown.updated.isoformat()
        for link in _links(shown, shown.enclosures[1:]):  # RSS takes one enclosure
            SubElement(item, f"{{{_ATOM}}}link", link)

    def extend_atom(self, entry: _Element) -> None:
        """feedgen#135: links given to an entry lose rel, type, length and title, and become alternates. None is given to it."""
        shown = self.shown
        assert shown is not None
        _declare_markup(entry)
        if shown.url:
            SubElement(entry, "link", rel="alternate", type="text/html", href=shown.url)
        for link in _links(shown, shown.enclosures):
            SubElement(entry, "link", link)
        if shown.issuer:
            SubElement(entry, f"{{{_DC}}}publisher").text = shown.issuer
        if shown.language:
            entry.set(_LANG, shown.language)
        if shown.outlet.feed:
            _add_source(entry, shown)


def _declare_markup(parent: _Element) -> None:
    """RFC 4287 section 3.1: a text that somebody might take for HTML is written as HTML, where nobody can mistake it."""
    for name in ("title", "subtitle", "summary", "rights"):
        found = parent.find(name)
        if found is not None and found.text and "</" in found.text:
            found.set("type", "html")
            found.text = escape(found.text, quote=False)


def _links(shown: Shown, enclosures: tuple[Enclosure, ...]) -> Iterator[Link]:
    """Enclosures, and everywhere else the story stands."""
    for each in enclosures:
        measures = {"length": str(each.length)} if each.length else {}
        yield {"rel": "enclosure", "type": each.type or BYTES, **measures, "href": each.url}
    for place in shown.also:
        yield {"rel": "related", "title": place.name, "href": place.url}


def _add_source(entry: _Element, shown: Shown) -> None:
    """RFC 4287 section 4.2.11: where the entry was taken from; feedgen writes neither id nor updated."""
    source = SubElement(entry, "source")
    SubElement(source, "id").text = shown.outlet.feed
    SubElement(source, "title").text = shown.outlet.name
    SubElement(source, "updated").text = shown.updated.isoformat()
    SubElement(source, "link", rel="self", href=shown.outlet.feed)
    if shown.outlet.page:
        SubElement(source, "link", rel="alternate", type="text/html", href=shown.outlet.page)


def _rfc822(instant: datetime) -> str:
    """RFC 822 section 5 with four digits of the year; `instant` is in UTC."""
    day, month = _DAYS[instant.weekday()], _MONTHS[instant.month - 1]
    return f"{day}, {instant.day:02} {month} {instant.year:04} {instant:%H:%M:%S} +0000"
