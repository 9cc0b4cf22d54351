"""Subscription lists: OPML 2.0 out, OPML of any kind in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aggregator import text, urls
from aggregator.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One subscription. `kind` is the `type` of the outline: rss also for Atom and JSON Feed, by custom of the readers."""

    title: str
    xml_url: str
    html_url: str | None = None
    kind: str = "rss"
    groups: tuple[str, ...] = ()  # the folders it stands in, the outermost first; filled by `read` alone


def write(title: str, groups: Sequence[tuple[str, Sequence[Outline]]]) -> bytes:
    """OPML 2.0 (opml.org/spec2) in the order given; the outlines of a group without a name stand outside any folder.

    It names no date: the same lists give the same bytes.
    """
    from lxml.etree import Element, SubElement, tostring

    root = Element("opml", version="2.0")
    SubElement(SubElement(root, "head"), "title").text = text.line(title)
    body = SubElement(root, "body")
    for name, outlines in groups:
        shown = text.line(name)  # said twice: Thunderbird shows the title, Miniflux and FreshRSS the text
        folder = SubElement(body, "outline", text=shown, title=shown) if name else body
        for outline in outlines:
            SubElement(folder, "outline", _attributes(outline))
    document: bytes = tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return document


def _attributes(outline: Outline) -> dict[str, str]:
    title = text.line(outline.title) or outline.xml_url
    attributes = {"type": outline.kind, "text": title, "title": title, "xmlUrl": outline.xml_url}
    if outline.html_url:
        attributes["htmlUrl"] = outline.html_url
    return {name: text.legal(value) for name, value in attributes.items()}


def read(content: bytes) -> tuple[Outline, ...]:
    """The subscriptions of a list, each address once, in their order. Folders become `groups`.

    Lists of the wild are seldom well-formed, so whatever can be understood is taken; addresses that are not http(s) are left
    out. Raises UsageError for what is no list, a list without subscriptions, and a list that was cut short.
    """
    import listparser

    document = _decoded(content)
    if _START.search(document) and not _END.search(document):
        # A download that broke off still parses, and half of the subscriptions would be missing without a word
        raise UsageError("the OPML ends before </opml>: it was cut short; expected the whole file")
    # Bytes, never text: listparser would take a text that starts with https:// for an address and fetch it
    found = listparser.parse(_PROLOG + document.encode())
    if not found["version"]:
        raise UsageError("no OPML: there is no <opml> element; expected a subscription list as feed readers export it")
    homepages = _homepages(_PROLOG + document.encode())
    outlines = tuple(_outline(feed, homepages) for feed in found["feeds"] if urls.absolute(feed["url"]))
    if not outlines:
        raise UsageError("OPML without subscriptions; expected <outline> elements with an xmlUrl that is http or https")
    return outlines


def _outline(feed: Mapping[str, Any], homepages: Mapping[str, str]) -> Outline:
    url = feed["url"]
    folders = feed["categories"][0] if feed["categories"] else ()
    return Outline(
        title=text.line(feed["title"]),
        xml_url=url,
        html_url=homepages.get(url),
        groups=tuple(text.line(name) for name in folders if name.strip()),
    )


_START = re.compile(r"<(?:\w+:)?opml\b", re.IGNORECASE)
_END = re.compile(r"</(?:\w+:)?opml\s*>", re.IGNORECASE)
_PROLOG = b'<?xml version="1.0" encoding="utf-8"?>'
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][\w.-]*)""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def _decoded(content: bytes) -> str:
    """The text without its XML declaration. Decoded here, because listparser reads by libxml2's rules for HTML: UTF-8 that
    declares nothing comes out of it as Latin-1."""
    declared = _DECLARED.search(content)
    names = [declared.group(1).decode("ascii")] if declared else []
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        names = ["utf-16"]
    for name in [*names, "utf-8"]:
        try:
            return _DECLARATION.sub("", content.decode(name).removeprefix("\ufeff"))
        except (LookupError, UnicodeError):
            continue
    return _DECLARATION.sub("", content.decode("cp1252", "replace"))


def _homepages(content: bytes) -> Mapping[str, str]:
    """htmlUrl by xmlUrl: listparser leaves it out."""
    from lxml.etree import HTMLParser, fromstring

    root = fromstring(content, HTMLParser(recover=True, no_network=True))
    outlines: Iterable[Any] = () if root is None else root.iter("{*}outline")
    return {
        each.get("xmlurl", "").strip(): each.get("htmlurl", "").strip()
        for each in outlines
        if each.get("xmlurl") and urls.absolute(each.get("htmlurl"))
    }
