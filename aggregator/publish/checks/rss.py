"""The rules for RSS 2.0 (rssboard.org/rss-specification, rssboard.org/rss-profile)."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element

from aggregator.publish.checks import tree, values
from aggregator.publish.checks.faults import Broken, Fault, Reading, shortened
from aggregator.publish.checks.tree import ATOM, CONTENT, DC, DCTERMS, Kind, Parts


def faults(content: bytes, location: str, sound: set[str]) -> tuple[Fault, ...]:
    """All faults of a document that stands at this address; none is what one may publish.

    `sound` holds HTML that is known to be without fault, and grows.
    """
    root = tree.parsed(content)
    if isinstance(root, Fault):
        return (root,)
    return tuple(_document(content, root, values.reading(content, location, sound)))


def _document(content: bytes, root: _Element, reading: Reading) -> Iterator[Fault]:
    yield from tree.head(content, root)
    if root.tag != "rss" or root.get("version") != "2.0":
        yield Fault("InvalidRSSVersion", str(root.tag), root.get("version", ""))
    parts = tree.parts_of(root)
    yield from tree.walk(root, parts, _ROOT, reading)
    for channel in parts.get("channel", ()):
        yield from _channel(channel, tree.parts_of(channel), reading)


def _channel(channel: _Element, parts: Parts, reading: Reading) -> Iterator[Fault]:
    yield from tree.walk(channel, parts, _CHANNEL, reading)
    for needed, rule in (("description", "MissingDescription"), ("link", "MissingLink"), ("title", "MissingTitle")):
        if needed not in parts:
            yield Fault(rule, "channel", "")
    for rule, value in tree.history(parts, reading, "MissingAtomSelfLink"):
        yield Fault(rule, "channel", shortened(value))
    items = parts.get("item", ())
    if items and any(child.tag != "item" for child in items[0].itersiblings(tag=etree.Element)):
        yield Fault("MisplacedItem", "channel", "an element after the first item")
    seen: set[str] = set()
    for item in items:
        yield from _item(item, tree.parts_of(item), reading, seen)


def _item(item: _Element, parts: Parts, reading: Reading, seen: set[str]) -> Iterator[Fault]:
    guids = parts.get("guid")
    guid = (guids[0].text or "").strip() if guids else ""
    yield from tree.walk(item, parts, _ITEM, reading, entry=guid or "?")
    for rule, value in _together(list(parts), guid):
        yield Fault(rule, "item", shortened(value), guid or "?")
    if guid in seen:
        yield Fault("DuplicateValue", "guid", shortened(guid), guid)
    seen.add(guid)


def _together(names: list[str], guid: str) -> Broken:
    if "title" not in names and "description" not in names:
        yield "ItemMustContainTitleOrDescription", ""
    if "guid" not in names:
        yield "MissingGuid", ""
    elif not guid:
        yield "NotBlank", "guid"
    encoded = f"{CONTENT}encoded"
    if encoded in names and "description" not in names[: names.index(encoded)]:
        yield "NeedDescriptionBeforeContent", ""
    for core, extension in (("author", f"{DC}creator"), ("category", f"{DC}subject"), ("pubDate", f"{DC}date")):
        if core in names and extension in names:
            yield "DuplicateItemSemantics", core


def _plain(element: _Element, reading: Reading) -> Broken:
    yield from tree.without_markup(element, reading)
    yield from values.character_data(element.text or "")


def _guid(element: _Element, _: Reading) -> Broken:
    value, permanent = (element.text or "").strip(), element.get("isPermaLink", "true")
    if permanent not in {"true", "false"}:
        yield "InvalidBooleanAttribute", permanent
    if permanent == "true":
        if value.lower().startswith(("tag:", "urn:uuid:")):
            yield "InvalidPermalink", value
        yield from values.link(value, "InvalidHttpGUID")
    elif len(value) < 9 and value.isdigit():
        yield "NotSufficientlyUnique", value


_PLAIN = Kind(checks=(_plain,))
_FILLED = Kind(checks=(_plain, tree.of_text(values.filled)))
_LINK = Kind(checks=(tree.of_text(values.link),))
_DATE = Kind(checks=(tree.of_text(values.date_2822),))
_CONTACT = Kind(checks=(_plain, tree.of_text(values.named_address)))
_HTML = Kind(checks=(tree.markup,))
_PARTS = Kind(parts=True)
_CATEGORY = Kind(checks=_FILLED.checks, attributes=frozenset({"domain"}), many=True)

_ROOT = {"channel": _PARTS}
_CHANNEL = {
    "title": _FILLED,
    "link": _LINK,
    "description": _PLAIN,
    "language": tree.LANGUAGE,
    "copyright": _PLAIN,
    "managingEditor": _CONTACT,
    "webMaster": _CONTACT,
    "pubDate": _DATE,
    "lastBuildDate": _DATE,
    "category": _CATEGORY,
    "generator": Kind(),
    "docs": _LINK,
    "ttl": Kind(checks=(tree.of_text(values.size),)),
    "item": Kind(parts=True, many=True),
    f"{ATOM}link": Kind(checks=(tree.a_feeds_link,), attributes=tree.LINK_ATTRIBUTES, many=True),
    f"{DC}publisher": tree.NAME,
    **tree.HISTORY_MARKS,
}
_ITEM = {
    "title": _FILLED,
    "link": _LINK,
    "description": _HTML,
    f"{CONTENT}encoded": _HTML,
    "guid": Kind(checks=(_guid,), attributes=frozenset({"isPermaLink"})),
    "author": _CONTACT,
    "category": _CATEGORY,
    "comments": _LINK,
    "pubDate": _DATE,
    "enclosure": Kind(
        checks=(
            tree.of_attribute("url", values.download, needed=True),
            tree.of_attribute("length", values.size, needed=True),
            tree.of_attribute("type", lambda value: values.media_type(value, "InvalidMIMEAttribute"), needed=True),
        ),
        attributes=frozenset({"url", "length", "type"}),
        twice="DuplicateEnclosure",
    ),
    "source": Kind(checks=(_plain, tree.of_attribute("url", values.link, needed=True)), attributes=frozenset({"url"})),
    f"{ATOM}link": Kind(checks=(tree.an_entrys_link,), attributes=tree.LINK_ATTRIBUTES, many=True),
    f"{DC}creator": tree.NAME,
    f"{DC}publisher": tree.NAME,
    f"{DC}contributor": tree.NAME,
    f"{DC}language": tree.LANGUAGE,
    f"{DCTERMS}modified": tree.MODIFIED,
}
