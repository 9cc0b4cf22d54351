"""What in a published document could run, frame, submit, restyle or name something in a reader's browser.

Two parsers look at every piece of HTML, because what one of them takes for text another may take for a tag: libxml2 (repairs
as old browsers did) and Python's `html.parser` (a tokenizer that repairs nothing). What either finds counts.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml import etree
from lxml import html as lxml_html

STRICT = etree.XMLParser(recover=False, resolve_entities=False, no_network=True, huge_tree=False)


def _names(written: str) -> frozenset[str]:
    return frozenset(written.split())


RUNS = _names(
    "script style iframe frame frameset object embed applet form input button textarea select option isindex meta base link "
    "svg math image template noscript noembed noframes xmp plaintext listing audio video source track portal dialog marquee "
    "keygen bgsound layer ilayer xml animate set slot title"
)
NAMES = frozenset({"style", "class", "id", "name", "srcdoc", "is", "slot", "target", "ping", "formaction"})
ADDRESSES = _names(
    "href src action formaction data poster cite background longdesc usemap manifest codebase classid archive profile icon "
    "dynsrc lowsrc xlink:href srcset to from values ping"
)
SAFE = frozenset({"http", "https", "mailto", "tel"})
_IGNORED = re.compile(r"[\x00-\x20\x7f-\xa0\u200b\u2028\u2029\ufeff]")  # browsers skip most of these inside a scheme
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*(?=:)", re.IGNORECASE)


class Element(NamedTuple):
    """A start tag: its name, and its attributes with their entities decoded."""

    name: str
    attributes: tuple[tuple[str, str], ...]

    @property
    def shape(self) -> tuple[str, ...]:
        return (self.name, *sorted(name for name, _ in self.attributes))


class _Tokens(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(Element(tag, tuple((name, value or "") for name, value in attrs)))

    def parse_html_declaration(self, i: int) -> int:
        """`<![` in text makes the parser of Python 3.11 raise; HTML takes it for a comment up to the next `>`."""
        return self.parse_comment(i) if self.rawdata.startswith("<!--", i) else self.parse_bogus_comment(i)


def tokens(markup: str) -> list[Element]:
    """The start tags that a plain tokenizer sees."""
    parser = _Tokens()
    parser.feed(markup)
    parser.close()
    return parser.found


def tree(markup: str) -> list[Element]:
    """The elements that libxml2 makes of it, without those it puts around a fragment."""
    if "<" not in markup:
        return []
    parser = lxml_html.HTMLParser(huge_tree=True, no_network=True, encoding="utf-8")
    root = lxml_html.document_fromstring(
        b"<!DOCTYPE html><body>" + markup.encode("utf-8", "replace"), parser=parser, ensure_head_body=True
    )
    written = (each for each in root.iter() if isinstance(each.tag, str))
    return [
        Element(each.tag.lower(), tuple((str(name).lower(), str(value)) for name, value in each.attrib.items()))
        for each in written
        if each.attrib or each.tag not in {"html", "head", "body", "p"}  # it wraps text in <p>, which is harmless
    ]


def address(value: str, *, relative: bool) -> str | None:
    """What is wrong with a URL, None when nothing is."""
    bare = _IGNORED.sub("", value)
    scheme = _SCHEME.match(bare)
    if scheme:
        return None if scheme[0].lower() in SAFE else f"scheme {scheme[0]}"
    if not relative:
        return "relative"
    return "another host" if bare.startswith(("//", "\\", "/\\")) else None


def content(markup: str) -> list[str]:
    """What is live in the HTML of one entry as it stands in a feed."""
    return [finding for element in (*tokens(markup), *tree(markup)) for finding in _of_content(element)]


def _of_content(element: Element) -> Iterator[str]:
    if element.name in RUNS:
        yield f"<{element.name}>"
    for name, value in element.attributes:
        if name.startswith("on") or name in NAMES or ":" in name:
            yield f"<{element.name} {name}>"
        if name in ADDRESSES and (wrong := address(value, relative=False)):
            yield f"<{element.name} {name}> {wrong}: {value[:60]!r}"


def plain(value: str) -> list[str]:
    """What is live in a text that a reader takes for HTML though it is none."""
    return [f"<{element.name}> in a text" for element in tokens(value)] + [
        f"<{element.name}> in a text, repaired" for element in tree(value)
    ]


# ------------------------------------------------------------------------------------------------------------- documents


class Shapes(NamedTuple):
    """What a page consists of while nobody attacks: every shape of element, and how often those stand there that could run."""

    known: frozenset[tuple[str, ...]]
    running: Mapping[tuple[str, ...], int]


def shapes(*pages: bytes) -> Shapes:
    """Of harmless pages of one kind; the counts are the last one's."""
    all_of = [[element.shape for element in tokens(page.decode())] for page in pages]
    return Shapes(frozenset(shape for page in all_of for shape in page), _running(all_of[-1]))


def _running(found: Iterable[tuple[str, ...]]) -> Counter[tuple[str, ...]]:
    # the form of a search has as many choices as there are sources and labels: `options` counts them
    return Counter(shape for shape in found if shape[0] in RUNS and shape != ("option", "value"))


def options(document: bytes) -> int:
    """How many choices its lists have."""
    return sum(element.name == "option" for element in tokens(document.decode()))


def page(document: bytes, harmless: Shapes) -> list[str]:
    """What is live in one of our own pages: whatever no harmless page has."""
    markup = document.decode()
    found = tokens(markup)
    findings = [f"a new shape: {element.shape}" for element in found if element.shape not in harmless.known]
    findings += [f"more of {shape}" for shape in (_running(e.shape for e in found) - Counter(harmless.running))]
    for element in (*found, *tree(markup)):
        findings += [f"<{element.name} {name}>" for name, _ in element.attributes if name.startswith("on")]
        findings += [
            f"<{element.name} {name}> {wrong}: {value[:60]!r}"
            for name, value in element.attributes
            if name in ADDRESSES and (wrong := address(value, relative=True))
        ]
    # As an XML parser sees it, which is the third opinion: the pages are well-formed
    etree.fromstring(document, STRICT)
    return findings


_FOREIGN = ("http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML")
_RSS_TEXTS = ("title", "creator", "publisher", "category", "source", "name", "copyright", "language")
_RSS_HTML = ("description", "encoded")


def feed(document: bytes) -> list[str]:
    """What is live in RSS or Atom: elements a browser would run, links, the unescaped HTML, and texts taken for HTML."""
    root = etree.fromstring(document, STRICT)
    atom = str(root.tag).startswith("{http://www.w3.org/2005/Atom}")
    findings = ["a processing instruction"] if root.getprevious() is not None else []
    for element in root.iter():
        if not isinstance(element.tag, str):
            findings.append("a comment or processing instruction")
            continue
        findings += _of_element(element, atom=atom)
    return findings


def _of_element(element: etree._Element, *, atom: bool) -> Iterator[str]:
    name = etree.QName(element)
    value = element.text or ""
    if name.namespace in _FOREIGN:
        yield f"<{name.localname}> of {name.namespace}"
    for attribute, written in element.attrib.items():
        if attribute in {"href", "url", "src", "uri"} and (wrong := address(str(written), relative=False)):
            yield f"{name.localname}@{attribute} {wrong}"
    if name.localname in {"link", "uri", "docs", "logo", "icon"} and value.strip():
        yield from filter(None, [address(value, relative=False)])
    if (atom and element.get("type") == "html") or (not atom and name.localname in _RSS_HTML):
        yield from content(value)
    elif not atom and name.localname in _RSS_TEXTS:
        yield from plain(value)


def json_feed(document: bytes) -> list[str]:
    """What is live in a JSON Feed: its HTML, and every URL."""
    told = json.loads(document)
    return list(_of_value(told, ""))


def _of_value(value: object, key: str) -> Iterator[str]:
    match value:
        case dict():
            for name, part in value.items():
                yield from _of_value(part, name)
        case list():
            for part in value:
                yield from _of_value(part, key)
        case str() if key == "content_html":
            yield from content(value)
        case str() if key == "url" or key.endswith("_url"):
            yield from filter(None, [address(value, relative=False)])


def opml(document: bytes) -> list[str]:
    """What is live in a subscription list: any address but http(s)."""
    root = etree.fromstring(document, STRICT)
    return [
        f"outline@{name}: {value[:60]!r}"
        for outline in root.iter("outline")
        for name, value in outline.attrib.items()
        if str(name).endswith("Url") and urlsplit(str(value)).scheme not in {"http", "https"}
    ]
