"""One entry of feedparser's result to an `Entry`. Pure."""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from aggregator import text, urls
from aggregator.model import Enclosure, Entry, Prose
from aggregator.parse import links

Parsed: TypeAlias = Mapping[str, Any]  # feedparser's dictionaries know no types

_MARKUP = re.compile(r"<(?:!--|/?[a-zA-Z][^<>]*>)")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)\b[^<>]*>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|([a-zA-Z][a-zA-Z0-9]*));")
# What editors put into titles. Anything else in pointed brackets, <script> before all, is what the title is about.
_INLINE = frozenset(
    re.findall(
        r"\w+",
        "a abbr b big br cite code del dfn em font i img ins kbd mark nobr p q s small span strike strong sub sup tt u var wbr",
    )
)
_VOID = frozenset({"br", "img", "wbr"})
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_LENGTH = re.compile(r"[1-9]\d{0,14}$", re.ASCII)  # "0" and "" stand for unknown
# "mail (name)" of RSS and "name <mail>". feedparser knows no top-level domain of more than four letters, such as .berlin
_MAILED = re.compile(r"\s*\S+@\S+\s*\(([^()]+)\)\s*$|([^<>@]+?)\s*<\S+@\S+>\s*$")
_PERMALINK = re.compile(r"https?://|www\.|/", re.IGNORECASE)


def read(parsed: Parsed, *, atom: bool, base: str, fingerprint: str = "") -> Entry:
    """The entry as it was written; links absolute against `base`. Without a fingerprint of its bytes one of its fields."""
    published, updated = _dates(parsed, atom=atom)
    summary, content = _texts(parsed, atom=atom, base=base)
    entry = Entry(
        guid=_written(parsed, "id"),
        link=_link(parsed, base),
        title=_title(parsed, atom=atom),
        summary=summary,
        content=content,
        published_text=published,
        updated_text=updated,
        authors=_authors(parsed),
        categories=_categories(parsed),
        enclosures=_enclosures(parsed, base),
        issuer_text=_written(_field(parsed, "source", {}), "title"),
        language=_language(parsed),
        fingerprint=fingerprint,
    )
    return entry if fingerprint else fingerprinted(entry)


def fingerprinted(entry: Entry) -> Entry:
    """The entry with the hash of its own fields, for formats whose entries have no bytes of their own."""
    fields = (
        *(entry.guid or "", entry.link or "", entry.published_text or "", entry.updated_text or ""),
        *(
            "" if prose is None else f"{prose.html}{prose.value}"
            for prose in (entry.title, entry.summary, entry.content)
        ),
        *(repr(many) for many in (entry.authors, entry.categories, entry.enclosures)),
        *(entry.issuer_text or "", entry.language or ""),
    )
    return replace(entry, fingerprint=text.digest(*fields))


def _field(parsed: Parsed, name: str, default: Any = None) -> Any:
    # dict.get: feedparser's own warns when `updated` falls back to `published`, and computes `category`
    return dict.get(parsed, name, default) if isinstance(parsed, dict) else default


def _written(parsed: Parsed, name: str) -> str | None:
    value = _field(parsed, name)
    return value if isinstance(value, str) and value else None


def _links(parsed: Parsed, relation: str) -> Iterator[Parsed]:
    return (link for link in _field(parsed, "links", ()) if _field(link, "rel") == relation and _field(link, "href"))


def _link(parsed: Parsed, base: str) -> str | None:
    """The original behind FeedBurner's redirect, else the link, else any alternate, where feedparser has put a guid that is
    the only link: every guid without isPermaLink="false", also a bare number (Laravel's feeds have such guids)."""
    guid, link = _written(parsed, "id"), _written(parsed, "link")
    if link == guid and guid and not _PERMALINK.match(guid):
        link = None
    alternates = (_written(alternate, "href") for alternate in _links(parsed, "alternate"))
    # An empty <link/> keeps feedparser from that
    instead = guid if guid and _field(parsed, "link") == "" and _PERMALINK.match(guid) else None
    candidates = (_written(parsed, "feedburner_origlink"), link, *alternates, instead)
    return next((url for url in (urls.absolute(candidate, base) for candidate in candidates) if url), None)


def _title(parsed: Parsed, *, atom: bool) -> Prose | None:
    value = _written(parsed, "title")
    if value is None:
        return None
    declared = _field(_field(parsed, "title_detail", {}), "type")
    return Prose(value, declared in _HTML_TYPES if atom else title_is_html(value))


def title_is_html(value: str) -> bool:
    """Whether a title that says nothing about itself (RSS) was meant as HTML: it has character references, or closed inline
    tags and none but these. `<script> in HTML5` is plain text, and so is `5 < 6`."""
    tags = _TAG.findall(value)
    if any(name.lower() not in _INLINE for _, name in tags):
        return False
    return _has_entity(value) or any(closing or name.lower() in _VOID for closing, name in tags)


def prose_is_html(value: str) -> bool:
    """Whether a description that says nothing about itself (RSS) is HTML: any tag, comment or character reference."""
    return bool(_MARKUP.search(value)) or _has_entity(value)


def _has_entity(value: str) -> bool:
    return any(not found[1] or f"{found[1]};" in html.entities.html5 for found in _ENTITY.finditer(value))


def _texts(parsed: Parsed, *, atom: bool, base: str) -> tuple[Prose | None, Prose | None]:
    """Summary and content, the longest of all that there is. feedparser copies the content where there is no summary, and
    calls content what comes second: of a description of 5,000 characters and an itunes:summary of 50 the latter."""
    contents = [part for part in _field(parsed, "content", ()) if _written(part, "value")]
    longest = max(contents, key=lambda part: len(part["value"]), default=None)
    content = _prose(longest, atom=atom, base=base) if longest else None
    summary = _written(parsed, "summary") or _written(parsed, "media_caption")
    if summary is None or any(summary == part["value"] for part in contents):
        return None, content
    detail = {**_field(parsed, "summary_detail", {}), "value": summary}
    said = _prose(detail, atom=atom, base=base)
    return (content, said) if content and len(said.value) > len(content.value) else (said, content)


def _prose(detail: Parsed, *, atom: bool, base: str) -> Prose:
    value: str = detail["value"]
    is_html = _field(detail, "type") in _HTML_TYPES if atom else prose_is_html(value)
    if is_html:
        inner = _written(detail, "base")  # of xml:base, itself relative at times
        value = links.absolute(value, urls.absolute(inner, base) or base)
    return Prose(value, is_html)


def _dates(parsed: Parsed, *, atom: bool) -> tuple[str | None, str | None]:
    """(published, updated). Dublin Core's only date, in RSS, is when it was published; feedparser calls it updated."""
    published = _written(parsed, "published") or _written(parsed, "created")
    updated = _written(parsed, "updated")
    if not atom and not published:
        return updated, None
    return published, updated


def _authors(parsed: Parsed) -> tuple[str, ...]:
    names = [_written(author, "name") or _written(author, "email") for author in _field(parsed, "authors", ())]
    written = _written(parsed, "author") or ""  # of the last one
    mailed = _MAILED.match(written[:500])
    if mailed or not any(names):
        names[-1:] = [mailed[1] or mailed[2] if mailed else written]
    return tuple(dict.fromkeys(name for name in names if name))


def _categories(parsed: Parsed) -> tuple[str, ...]:
    named = (_written(tag, "label") or _written(tag, "term") for tag in _field(parsed, "tags", ()))
    return tuple(dict.fromkeys(name for name in named if name))


def _enclosures(parsed: Parsed, base: str) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for link in _links(parsed, "enclosure"):
        _add(found, link, link["href"], base)
    for media in _field(parsed, "media_content", ()):
        _add(found, media, _written(media, "url"), base)
    return tuple(found.values())


def _add(found: dict[str, Enclosure], attributes: Parsed, url: str | None, base: str) -> None:
    absolute = urls.absolute(url, base)
    if not absolute or absolute in found:
        return
    # feedparser says text/html of every link that says nothing
    stated = _written(attributes, "type")
    length = _written(attributes, "length") or _written(attributes, "filesize") or ""
    found[absolute] = Enclosure(
        url=absolute,
        type=stated if stated and stated != "text/html" else links.media_type(absolute),
        length=int(length) if _LENGTH.match(length) else None,
    )


def _language(parsed: Parsed) -> str | None:
    details = [_field(parsed, f"{name}_detail", {}) for name in ("title", "summary")] + list(
        _field(parsed, "content", ())
    )
    return next((language for language in (_written(detail, "language") for detail in details) if language), None)
