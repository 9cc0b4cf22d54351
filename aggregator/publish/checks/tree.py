"""Walking a document's elements by a table of what may stand there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree
from lxml.etree import _Element

from aggregator.publish.checks import markup as of_markup
from aggregator.publish.checks import values
from aggregator.publish.checks.faults import Broken, Fault, Reading, shortened

ATOM = "{http://www.w3.org/2005/Atom}"
LINK = f"{ATOM}link"
XML = "{http://www.w3.org/XML/1998/namespace}"
DC = "{http://purl.org/dc/elements/1.1/}"
DCTERMS = "{http://purl.org/dc/terms/}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
_NAMESPACES = {name[1:-1] for name in (ATOM, XML, DC, DCTERMS, HISTORY, CONTENT)}
_PREFIXES = {
    "atom": ATOM,
    "dc": DC,
    "dcterms": DCTERMS,
    "fh": HISTORY,
    "content": CONTENT,
}
_LARGEST = 5_000_000  # bytes that the validator reads

Check: TypeAlias = Callable[[_Element, Reading], Broken]

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What an element may be: how often it stands, its attributes, and the rules for it."""

    checks: tuple[Check, ...] = ()
    attributes: frozenset[str] = frozenset()
    many: bool = False
    twice: str = "DuplicateElement"  # the rule that a second one breaks
    parts: bool = False  # it holds elements, which its checks look at


Table: TypeAlias = Mapping[str, Kind]
Parts: TypeAlias = Mapping[str, Sequence[_Element]]


def parsed(content: bytes) -> _Element | Fault:
    """The root element, or why the bytes are no XML that everybody reads."""
    if len(content) > _LARGEST:
        return Fault("ValidatorLimit", "document", f"{len(content)} bytes")
    try:
        content.decode("utf-8")
        return etree.fromstring(content, _PARSER)
    except UnicodeDecodeError as error:
        return Fault("UnicodeError", "document", str(error))
    except etree.XMLSyntaxError as error:
        return Fault("SAXError", "document", str(error))


def head(content: bytes, root: _Element) -> Iterator[Fault]:
    """The XML declaration, the document type, and the namespaces of the root element."""
    start = content[:100].replace(b"'", b'"').lower()
    if not start.startswith(b'<?xml version="1.0"'):
        yield Fault("BadXmlVersion", "document", shortened(repr(content[:40])))
    elif b'encoding="utf-8"' not in start:
        yield Fault("NotUTF8", "document", shortened(repr(content[:60])))
    if b"<!DOCTYPE" in content[:1000]:
        yield Fault("InvalidDoctype", "document", "<!DOCTYPE")
    for prefix, uri in root.nsmap.items():
        if uri not in _NAMESPACES:
            yield Fault("UnknownNamespace", f"xmlns:{prefix}", uri)
        elif prefix and _PREFIXES.get(prefix) != f"{{{uri}}}":
            yield Fault("ReservedPrefix" if prefix in _PREFIXES else "AvoidNamespacePrefix", f"xmlns:{prefix}", uri)


def parts_of(parent: _Element) -> Parts:
    """The children by name, in the order in which each name comes first. Looked up once: lxml's `find` takes 5 µs."""
    found: dict[str, list[_Element]] = {}
    for child in parent:
        if isinstance(child.tag, str):  # not a comment or an instruction
            found.setdefault(child.tag, []).append(child)
    return found


def walk(parent: _Element, parts: Parts, table: Table, reading: Reading, *, entry: str = "") -> Iterator[Fault]:
    """Every fault of the children of this element, each looked up in the table."""
    if parent.text and parent.text.strip():
        yield Fault("UnexpectedText", name(parent), shortened(parent.text.strip()), entry)
    for tag, children in parts.items():
        kind = table.get(tag)
        if kind is None:
            yield Fault("UndefinedElement", name(children[0]), shortened(children[0].text or ""), entry)
            continue
        if len(children) > 1 and not kind.many:
            yield Fault(kind.twice, name(children[1]), shortened(children[1].text or ""), entry)
        for child in children:
            for rule, value in _broken(child, kind, reading):
                yield Fault(rule, name(child), shortened(value), entry)


def _broken(child: _Element, kind: Kind, reading: Reading) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if child.tail and not child.tail.isspace():
        found.append(("UnexpectedText", child.tail.strip()))
    if not kind.parts and len(child):
        found.append(("UndefinedElement", name(child[0])))
    for attribute, value in child.items():
        found += _of_attribute(str(attribute), str(value), kind, reading)
    if reading.odd and child.text:
        found += values.characters(child.text)
    for check in kind.checks:
        found += check(child, reading)
    return found


def _of_attribute(attribute: str, value: str, kind: Kind, reading: Reading) -> Broken:
    if attribute == f"{XML}lang":
        yield from values.language(value)
    elif attribute not in kind.attributes:
        yield "UnexpectedAttribute", attribute
    if reading.odd:
        yield from values.characters(value)


def name(element: _Element) -> str:
    """The element's name as it stands in the document."""
    return f"{element.prefix}:{etree.QName(element).localname}" if element.prefix else etree.QName(element).localname


def of_text(rule: Callable[[str], Broken]) -> Check:
    """The rule for an element's text, whitespace around it aside."""
    return lambda element, _: rule((element.text or "").strip())


def of_raw_text(rule: Callable[[str], Broken]) -> Check:
    """The rule for an element's text as it is."""
    return lambda element, _: rule(element.text or "")


def of_attribute(attribute: str, rule: Callable[[str], Broken], *, needed: bool = False) -> Check:
    """The rule for an attribute, where there is one; `needed` where there has to be one."""

    def check(element: _Element, _: Reading) -> Broken:
        value = element.get(attribute)
        if value is not None:
            yield from rule(value)
        elif needed:
            yield "MissingAttribute", attribute

    return check


def without_markup(element: _Element, reading: Reading) -> Broken:
    return values.without_markup(element.text or "", reading)


def markup(element: _Element, reading: Reading) -> Broken:
    """HTML as an element's text. What is known to be sound is not looked at again."""
    return html(element.text or "", reading)


def html(value: str, reading: Reading) -> Broken:
    if value in reading.sound:
        return
    broken = list(of_markup.html(value))
    if not broken:
        reading.sound.add(value)
    yield from broken


# ------------------------------------------------------------------------------------------------------------- atom:link

_HISTORY = frozenset({"current", "first", "last", "next", "previous", "next-archive", "prev-archive"})  # RFC 5005
_RELATIONS = _HISTORY | {
    "alternate",
    "describedby",
    "enclosure",
    "hub",
    "license",
    "related",
    "replies",
    "search",
    "self",
    "service",
    "up",
    "via",
}
_FEEDS = frozenset({"application/atom+xml", "application/rss+xml"})
LINK_ATTRIBUTES = frozenset({"type", "title", "rel", "href", "length", "hreflang"})


def relation(element: _Element) -> str:
    return element.get("rel", "alternate")


def a_link(element: _Element, reading: Reading) -> Broken:
    """atom:link (RFC 4287 section 4.2.7)."""
    rel, href, media = relation(element), element.get("href"), element.get("type")
    if (element.text or "").strip():
        yield "AtomLinkNotEmpty", element.text or ""
    if rel not in _RELATIONS:
        yield ("UnregisteredAtomLinkRel" if rel.strip() else "AttrNotBlank"), rel
    if href is None:
        yield "MissingHref", rel
    else:
        yield from values.link(href, "InvalidIRI")
    if media is not None:
        yield from values.media_type(media)
    title = element.get("title")
    if title is not None:
        if not title.strip():
            yield "AttrNotBlank", "title"
        yield from values.without_markup(title, reading)
    yield from _measures(element)


def _measures(element: _Element) -> Broken:
    if (length := element.get("length")) is not None:
        yield from values.size(length)
    if (language := element.get("hreflang")) is not None:
        yield from values.language(language)


def an_entrys_link(element: _Element, reading: Reading) -> Broken:
    if relation(element) in _HISTORY:
        yield "FeedHistoryRelInEntry", relation(element)
    yield from a_link(element, reading)


def a_feeds_link(element: _Element, reading: Reading) -> Broken:
    if relation(element) == "self":
        href = element.get("href", "")
        if "://" not in href:
            yield "RelativeSelf", href
        if href != reading.location:
            yield "SelfDoesntMatchLocation", href
        if element.get("type", "application/atom+xml").partition(";")[0] not in _FEEDS:
            yield "SelfNotAtom", element.get("type", "")
    yield from a_link(element, reading)


def history(parts: Parts, reading: Reading, missing_self: str) -> Broken:
    """What the links of a feed say together: itself, its archive (RFC 5005), its pages."""
    relations = {relation(link): link.get("href") for link in parts.get(LINK, ())}
    if "self" not in relations:
        yield missing_self, ""
    archive, complete = f"{HISTORY}archive" in parts, f"{HISTORY}complete" in parts
    if archive and not complete:
        if relations.keys().isdisjoint({"prev-archive", "next-archive"}):
            yield "ArchiveIncomplete", ""
        if "current" not in relations:
            yield "MissingCurrentInArchive", ""
    if complete:
        for rel in sorted(_HISTORY & relations.keys() - {"current"}):
            yield "FeedRelInCompleteFeed", rel
        if relations.get("current", reading.location) != reading.location:
            yield "CurrentNotSelfInCompleteFeed", str(relations["current"])
    for end, beyond in (("first", "previous"), ("last", "next")):
        if relations.get(end) == reading.location and beyond in relations:
            yield "LinkPastEnd", beyond


def alternates(parts: Parts) -> Broken:
    """One alternate a type and language (RFC 4287 section 4.1.1)."""
    seen = set()
    for link in parts.get(LINK, ()):
        kind = (link.get("type"), link.get("hreflang"))
        if relation(link) == "alternate" and kind in seen:
            yield "DuplicateAtomLink", link.get("href", "")
        if relation(link) == "alternate":
            seen.add(kind)


HISTORY_MARKS: Table = {f"{HISTORY}archive": Kind(), f"{HISTORY}complete": Kind()}
LANGUAGE = Kind(checks=(of_text(values.language),))
MODIFIED = Kind(checks=(of_text(values.date_3339),))
NAME = Kind(many=True)
