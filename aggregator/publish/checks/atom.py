"""The rules for Atom 1.0 (RFC 4287) with its archives (RFC 5005)."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element

from aggregator.publish.checks import tree, values
from aggregator.publish.checks.faults import Broken, Fault, Reading, shortened
from aggregator.publish.checks.tree import ATOM, DC, Kind, Parts


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
    if root.tag != f"{ATOM}feed":
        yield Fault("InvalidNamespace", str(root.tag), "")
    if (language := root.get(f"{tree.XML}lang")) is not None:
        yield from (Fault(rule, "feed", value) for rule, value in values.language(language))
    parts = tree.parts_of(root)
    yield from tree.walk(root, parts, _FEED, reading)
    yield from _missing(parts, "MissingElement", "")
    for rule, value in (*tree.history(parts, reading, "MissingSelf"), *tree.alternates(parts)):
        yield Fault(rule, "feed", shortened(value))
    entries = parts.get(f"{ATOM}entry", ())
    if entries and any(child.tag != f"{ATOM}entry" for child in entries[0].itersiblings(tag=etree.Element)):
        yield Fault("MisplacedMetadata", "feed", "an element after the first entry")
    ids: set[str] = set()
    instants: set[str] = set()
    for entry in entries:
        within = tree.parts_of(entry)
        own = _text(within, "id") or "?"
        yield from _entry(entry, within, reading, own)
        if f"{ATOM}author" not in parts and f"{ATOM}author" not in within:
            yield Fault("MissingElement", "author", "", own)
        if own in ids:
            yield Fault("DuplicateEntries", "id", shortened(own), own)
        if (updated := _text(within, "updated")) in instants:
            yield Fault("DuplicateUpdated", "updated", updated, own)
        ids.add(own)
        instants.add(updated)


def _entry(entry: _Element, parts: Parts, reading: Reading, own: str) -> Iterator[Fault]:
    if (language := entry.get(f"{tree.XML}lang")) is not None:
        yield from (Fault(rule, "entry", value, own) for rule, value in values.language(language))
    yield from tree.walk(entry, parts, _ENTRY, reading, entry=own)
    yield from _missing(parts, "MissingElement", own)
    for rule, value in (*tree.alternates(parts), *_substance(parts)):
        yield Fault(rule, "entry", shortened(value), own)
    for source in parts.get(f"{ATOM}source", ()):
        within = tree.parts_of(source)
        yield from tree.walk(source, within, _SOURCE, reading, entry=own)
        yield from _missing(within, "MissingSourceElement", own)
        for rule, value in tree.alternates(within):
            yield Fault(rule, "source", shortened(value), own)


def _text(parts: Parts, name: str) -> str:
    found = parts.get(f"{ATOM}{name}")
    return (found[0].text or "").strip() if found else ""


def _missing(parts: Parts, rule: str, entry: str) -> Iterator[Fault]:
    for name in ("title", "id", "updated"):
        if f"{ATOM}{name}" not in parts:
            yield Fault(rule, name, "", entry)


def _substance(parts: Parts) -> Broken:
    """Something to read, or a place to read it (RFC 4287 section 4.1.2)."""
    contents, summary = parts.get(f"{ATOM}content"), f"{ATOM}summary" in parts
    if not contents and not summary:
        yield "MissingTextualContent", ""
    if not contents and not any(tree.relation(link) == "alternate" for link in parts.get(tree.LINK, ())):
        yield "MissingContentOrAlternate", ""
    if contents and contents[0].get("src") is not None and not summary:
        yield "MissingSummary", ""


def _construct(element: _Element, reading: Reading) -> Broken:
    """A text construct (RFC 4287 section 3.1), of type text or html."""
    value, kind = element.text or "", element.get("type", "text")
    if not value:
        yield "NotBlank", ""
    match kind:
        case "text":
            yield from values.without_markup(value, reading, "ContainsUndeclaredHTML")
        case "html":
            yield from tree.html(value, reading)
        case _:
            yield "InvalidTextType", kind


def _person(element: _Element, reading: Reading) -> Broken:
    parts = tree.parts_of(element)
    yield from ((fault.rule, fault.value) for fault in tree.walk(element, parts, _PERSON, reading))
    if f"{ATOM}name" not in parts:
        yield "MissingElement", "name"


def _person_name(element: _Element, reading: Reading) -> Broken:
    yield from tree.without_markup(element, reading)
    yield from values.without_address(element.text or "")


def _label(element: _Element, reading: Reading) -> Broken:
    yield from values.without_markup(element.get("label", ""), reading)


def _generator(element: _Element, reading: Reading) -> Broken:
    yield from tree.without_markup(element, reading)


_TEXT = Kind(checks=(_construct,), attributes=frozenset({"type"}))
_ID = Kind(checks=(tree.of_raw_text(values.identifier),))
_INSTANT = Kind(checks=(tree.of_raw_text(values.date_3339),))
_PERSON = {
    f"{ATOM}name": Kind(checks=(_person_name, tree.of_text(values.filled))),
    f"{ATOM}email": Kind(checks=(tree.of_text(values.address),)),
    f"{ATOM}uri": Kind(checks=(tree.of_raw_text(lambda value: values.link(value, "InvalidIRI")),)),
}
_AUTHOR = Kind(checks=(_person,), parts=True, many=True)
_CATEGORY = Kind(
    checks=(
        tree.of_attribute("term", values.filled, needed=True),
        tree.of_attribute("scheme", values.link),
        _label,
    ),
    attributes=frozenset({"term", "scheme", "label"}),
    many=True,
)
_ABOUT = {  # of a feed, and of the feed that an entry comes from
    f"{ATOM}id": _ID,
    f"{ATOM}title": _TEXT,
    f"{ATOM}updated": _INSTANT,
    f"{ATOM}subtitle": _TEXT,
    f"{ATOM}rights": _TEXT,
    f"{ATOM}author": _AUTHOR,
    f"{ATOM}contributor": _AUTHOR,
    f"{ATOM}category": _CATEGORY,
    f"{ATOM}generator": Kind(
        checks=(
            _generator,
            tree.of_text(values.filled),
            tree.of_attribute("uri", lambda value: values.link(value, "InvalidURIAttribute")),
        ),
        attributes=frozenset({"uri", "version"}),
    ),
    f"{ATOM}icon": Kind(checks=(tree.of_raw_text(values.link),)),
    f"{ATOM}logo": Kind(checks=(tree.of_raw_text(values.link),)),
}
_FEED = {
    **_ABOUT,
    **tree.HISTORY_MARKS,
    f"{ATOM}link": Kind(checks=(tree.a_feeds_link,), attributes=tree.LINK_ATTRIBUTES, many=True),
    f"{ATOM}entry": Kind(parts=True, many=True),
}
_SOURCE = {
    **_ABOUT,
    f"{ATOM}link": Kind(checks=(tree.a_link,), attributes=tree.LINK_ATTRIBUTES, many=True),
}
_ENTRY = {
    f"{ATOM}id": _ID,
    f"{ATOM}title": _TEXT,
    f"{ATOM}updated": _INSTANT,
    f"{ATOM}published": _INSTANT,
    f"{ATOM}summary": _TEXT,
    f"{ATOM}content": _TEXT,
    f"{ATOM}rights": _TEXT,
    f"{ATOM}author": _AUTHOR,
    f"{ATOM}contributor": _AUTHOR,
    f"{ATOM}category": _CATEGORY,
    f"{ATOM}link": Kind(checks=(tree.an_entrys_link,), attributes=tree.LINK_ATTRIBUTES, many=True),
    f"{ATOM}source": Kind(parts=True),
    f"{DC}publisher": tree.NAME,
    f"{DC}creator": tree.NAME,
}
