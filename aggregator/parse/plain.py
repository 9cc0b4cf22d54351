"""RSS entries that hold nothing but text in their elements, read without feedparser. Pure.

feedparser takes some 400 µs an entry, though most entries are a short row of elements with text in them. Those are read here,
in 30 µs, into the dictionary that feedparser would make of them; everything else is left to feedparser: elements in elements,
attributes and names that mean something to it and nothing here, mail addresses, doubtful characters. The caller holds the first
entry of each document against feedparser's own reading; tests hold recorded feeds and feedparser's own cases against it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_RSS = re.compile(rb"<rss((?:\s[^<>]*+)?)>")
_ATTRIBUTE = re.compile(r"""\s+([A-Za-z][A-Za-z0-9]*(?::[A-Za-z0-9]+)?)\s*=\s*(?:"([^"<&]*)"|'([^'<&]*)')""")
# An element with nothing but text and at most one CDATA section in it. Atomic and possessive: what does not fit fails at once.
_ELEMENT = re.compile(
    r"""\s*+<([A-Za-z]++(?::[A-Za-z]++)?)((?:\s++[A-Za-z:]++\s*+=\s*+(?:"[^"<&]*+"|'[^'<&]*+'))*+)\s*+"""
    r"""(?:/>|>([^<]*+)(?:(?>(?s:<!\[CDATA\[(.*?)\]\]>))([^<]*+))?</\1\s*+>)"""
)
_OPENING = re.compile(r"<item\s*>")
_CLOSING = re.compile(r"\s*</item\s*>")
_UNKNOWN_REFERENCE = re.compile(r"&(?!(?:lt|gt|amp|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)")
_NUMERIC = re.compile(r"&#(?:x([0-9a-fA-F]+)|([0-9]+));")
_C1 = re.compile("[\x80-\x9f]")  # of windows-1252 in feedparser's eyes
_HALF_REFERENCE = re.compile(r"&[A-Za-z0-9_]+;")  # what feedparser takes for a badly written `&` in a link
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?!/)[^\s]*$")

# What a prefix must stand for where it is used
_NAMESPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
# Elements that may stand in an entry once, with the attributes they may have and the name that feedparser gives them
_SINGLE = {
    "title": ((), "title"),
    "link": ((), "link"),
    "guid": (("isPermaLink",), "id"),
    "description": ((), "summary"),
    "content:encoded": ((), "content"),
    "pubDate": ((), "published"),
    "dc:date": ((), "updated"),
    "comments": ((), ""),  # "": says nothing that we keep
    "slash:comments": ((), ""),
    "wfw:commentRss": ((), ""),
}
_MANY = {
    "category": ("domain",),
    "dc:subject": (),
    "author": (),
    "dc:creator": (),
    "enclosure": ("url", "type", "length"),
}


class _NotPlainError(Exception):
    """Something that feedparser shall judge; never leaves the room."""


def prefixes(head: bytes) -> frozenset[str] | None:
    """The namespace prefixes with which the plain elements of a document may be written, from what stands before its first entry;
    None where it is not RSS or says something that its entries inherit (a language, a base, a namespace of its own)."""
    root = _RSS.search(head)
    if root is None or b"xml:" in head or b"<channel>" not in head[root.end() :]:
        return None
    declared = root[1].decode("utf-8", "replace")
    names = {name: one or other for name, one, other in _ATTRIBUTE.findall(declared)}
    if _ATTRIBUTE.sub("", declared).strip() or not all(_harmless(name) for name in names):
        return None
    return frozenset(prefix for prefix, url in _NAMESPACES.items() if names.get(f"xmlns:{prefix}") == url)


def _harmless(attribute: str) -> bool:
    return attribute == "version" or attribute.startswith("xmlns:")


def read(entry: bytes, declared: frozenset[str]) -> Mapping[str, Any] | None:
    """What feedparser would make of these bytes, as far as an `Entry` needs it; None where feedparser must be asked."""
    written = entry.decode("utf-8", "replace")
    if "\r" in written:  # XML 1.0 section 2.11
        written = written.replace("\r\n", "\n").replace("\r", "\n")
    opening = _OPENING.match(written)
    if opening is None:
        return None
    at = opening.end()
    made = _Made()
    try:
        while element := _ELEMENT.match(written, at):
            made.add(element, declared)
            at = element.end()
        closing = _CLOSING.match(written, at)
        return made.parsed() if closing and closing.end() == len(written) else None
    except _NotPlainError:
        return None


class _Made:
    """An entry as feedparser keeps it, while its elements come one after the other."""

    __slots__ = ("_authors", "_fields", "_is_link", "_links", "_seen", "_tags")

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._seen: set[str] = set()
        self._links: list[dict[str, str]] = []
        self._tags: list[dict[str, str]] = []
        self._authors: list[dict[str, str]] = []
        self._is_link = False

    def add(self, element: re.Match[str], declared: frozenset[str]) -> None:
        name = element[1]
        attributes = _attributes(name, element[2], declared)
        if name == "enclosure":
            if (element[3] or "").strip() or element[4]:
                raise _NotPlainError
            self._links.append(_enclosure(attributes))
            return
        value = _value(element)
        if name in _MANY:
            self._repeated(name, value)
            return
        if name in self._seen:
            raise _NotPlainError
        self._seen.add(name)
        self._single(_SINGLE[name][1], value, attributes)

    def _single(self, field: str, value: str, attributes: Mapping[str, str]) -> None:
        match field:
            case "":
                return
            case "content":
                self._fields["content"] = [{"value": value}]
                self._fields.setdefault("summary", value)  # feedparser copies it until a summary comes
            case "id":
                self._is_link = attributes.get("isPermaLink", "true") == "true"
                self._fields["id"] = _uri(value) if self._is_link else value
                if self._is_link:
                    self._fields.setdefault("link", value)
            case "link":
                self._fields["link"] = _uri(value)
            case _:
                self._fields[field] = value

    def _repeated(self, name: str, value: str) -> None:
        if name in {"category", "dc:subject"}:
            if value:
                self._tags.append({"term": value})
            return
        if "@" in value:  # feedparser divides it into name and address
            raise _NotPlainError
        self._fields["author"] = value
        self._authors.append({"name": value} if value else {})

    def parsed(self) -> Mapping[str, Any]:
        return {**self._fields, "links": self._links, "tags": self._tags, "authors": self._authors}


def _attributes(name: str, written: str, declared: frozenset[str]) -> Mapping[str, str]:
    allowed = _SINGLE[name][0] if name in _SINGLE else _MANY.get(name)
    if allowed is None:
        raise _NotPlainError
    attributes = {each: one or other for each, one, other in _ATTRIBUTE.findall(written)} if written else {}
    prefix = name.partition(":")[0] if ":" in name else ""
    if prefix:
        own = attributes.pop(f"xmlns:{prefix}", None)
        if own != _NAMESPACES[prefix] if own is not None else prefix not in declared:
            raise _NotPlainError
    if any(each not in allowed for each in attributes):
        raise _NotPlainError
    return attributes


def _enclosure(attributes: Mapping[str, str]) -> dict[str, str]:
    """As feedparser has it: the address is `href`, the type in lower case."""
    link = {"rel": "enclosure", **{name: value for name, value in attributes.items() if name == "length"}}
    if "url" in attributes:
        link["href"] = attributes["url"]
    if "type" in attributes:
        link["type"] = attributes["type"].lower()
    if any(re.search(r"[\t\n]", value) for value in link.values()):  # XML makes spaces of them
        raise _NotPlainError
    return link


def _value(element: re.Match[str]) -> str:
    before, data, after = element.group(3, 4, 5)
    value = _unescaped(before or "")
    if data is not None:
        value = f"{value}{data}{_unescaped(after)}"
    value = value.strip()
    if value.isascii():
        return value
    value = _encoded_once(value)
    if _C1.search(value):
        raise _NotPlainError
    return value


def _encoded_once(value: str) -> str:
    """Text that was UTF-8 already when somebody made UTF-8 of it: feedparser mends it, and so must this."""
    try:
        return value.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return value


def _unescaped(text: str) -> str:
    if "]]>" in text:
        raise _NotPlainError
    if "&" not in text:
        return text
    if _UNKNOWN_REFERENCE.search(text):
        raise _NotPlainError
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&apos;", "'")
    if "&#" in text:
        text = _NUMERIC.sub(_character, text)
    return text.replace("&amp;", "&")


def _character(reference: re.Match[str]) -> str:
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    if code == 38 or code > 0x10FFFF:  # an `&` here would be taken for the begin of the next reference
        raise _NotPlainError
    return chr(code)


def _uri(value: str) -> str:
    """A link or a guid that is one: those which feedparser's resolving against no base leaves as they are."""
    if ("&" in value and _HALF_REFERENCE.search(value)) or ("://" in value and not _SCHEME.match(value)):
        raise _NotPlainError
    return value


def all_of(entries: Sequence[bytes], head: bytes) -> list[Mapping[str, Any] | None]:
    """Each entry as `read` has it, None where feedparser must be asked; of all of them where `head` says so."""
    declared = prefixes(head)
    if declared is None:
        return [None] * len(entries)
    return [read(entry, declared) for entry in entries]
