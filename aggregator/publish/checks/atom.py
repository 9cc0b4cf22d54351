"""The rules for Atom 1.0 (RFC 4287) with its archives (RFC 5005)."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element

from aggregator.publish.checks import tree, values
from aggregator.publish.checks.faults import Broken, Fault, Reading, shortened
from aggregator.publish.checks.tree import ATOM, DC, Kind


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
    yield from tree.walk(root, _FEED, reading)
    yield from _missing(root, ("title", "id", "updated"), "MissingElement", "")
    links = root.findall(f"{ATOM}link")
    for rule, value in (*tree.history(root, links, reading, "MissingSelf"), *tree.alternates(links)):
        yield Fault(rule, "feed", shortened(value))
    entries = root.findall(f"{ATOM}entry")
    if entries and any(child.tag != f"{ATOM}entry" for child in entries[0].itersiblings(tag=etree.Element)):
        yield Fault("MisplacedMetadata", "feed", "an element after the first entry")
    yield from _entries(root, entries, reading)


def _entries(root: _Element, entries: list[_Element], reading: Reading) -> Iterator[Fault]:
    authored = root.find(f"{ATOM}author") is not None
    ids: set[str] = set()
    instants: set[str] = set()
    for entry in entries:
        own = (entry.findtext(f"{ATOM}id") or "").strip() or "?"
        yield from _entry(entry, reading, own)
        if not authored and entry.find(f"{ATOM}author") is None and entry.find(f"{ATOM}source/{ATOM}author") is None:
            yield Fault("MissingElement", "author", "", own)
        updated = (entry.findtext(f"{ATOM}updated") or "").strip()
        if own in ids:
            yield Fault("DuplicateEntries", "id", shortened(own), own)
        if updated in instants:
            yield Fault("DuplicateUpdated", "updated", updated, own)
        ids.add(own)
        instants.add(updated)


def _entry(entry: _Element, reading: Reading, own: str) -> Iterator[Fault]:
    if (language := entry.get(f"{tree.XML}lang")) is not None:
        yield from (Fault(rule, "entry", value, own) for rule, value in values.language(language))
    yield from tree.walk(entry, _ENTRY, reading, entry=own)
    yield from _missing(entry, ("title", "id", "updated"), "MissingElement", own)
    links = entry.findall(f"{ATOM}link")
    for rule, value in (*tree.alternates(links), *_substance(entry, links)):
        yield Fault(rule, "entry", shortened(value), own)
    for source in entry.findall(f"{ATOM}source"):
        yield from tree.walk(source, _SOURCE, reading, entry=own)
        yield from _missing(source, ("title", "id", "updated"), "MissingSourceElement", own)
        for rule, value in tree.alternates(source.findall(f"{ATOM}link")):
            yield Fault(rule, "source", shortened(value), own)


def _missing(parent: _Element, names: tuple[str, ...], rule: str, entry: str) -> Iterator[Fault]:
    for name in names:
        if parent.find(f"{ATOM}{name}") is None:
            yield Fault(rule, name, "", entry)


def _substance(entry: _Element, links: list[_Element]) -> Broken:
    """Something to read, or a place to read it (RFC 4287 section 4.1.2)."""
    content, summary = entry.find(f"{ATOM}content"), entry.find(f"{ATOM}summary")
    if content is None and summary is None:
        yield "MissingTextualContent", ""
    if content is None and not any(tree.relation(link) == "alternate" for link in links):
        yield "MissingContentOrAlternate", ""
    if content is not None and content.get("src") is not None and summary is None:
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
    yield from ((fault.rule, fault.value) for fault in tree.walk(element, _PERSON, reading))
    if element.find(f"{ATOM}name") is None:
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
