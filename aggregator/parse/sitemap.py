"""Sitemaps (https://www.sitemaps.org/protocol.html), with Google's news and image extensions, to a `Document`. Pure.

An index names further sitemaps and no pages: its document has no entries, and `next_page` is the child that changed last.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from aggregator import urls
from aggregator.errors import Failure
from aggregator.model import Document, Enclosure, Entry, Hints, Prose, Unreadable
from aggregator.parse import links
from aggregator.parse.entry import fingerprinted

if TYPE_CHECKING:
    from aggregator.parse.decode import Decoded

Fields: TypeAlias = dict[str, list[str]]  # local names of what stands in a <url> or <sitemap>, in any depth -> texts

_END = re.compile(rb"</(?:[\w.-]+:)?(?:urlset|sitemapindex)\s*>")


def read(decoded: Decoded, hints: Hints) -> Document | Unreadable:
    """Pages in the order of the document; where there are more than `hints.limit`, those that changed last. An entry of a
    plain sitemap has a link and at most a date: title and text come from its page."""
    index, found, fault = _scan(decoded.utf8)
    if not found and fault:
        return Unreadable(failure=Failure.MALFORMED, detail=f"no sitemap: {fault}")
    repairs = (*decoded.repairs, *((f"not well-formed: {fault}",) if fault else ()))
    if index:
        return _index(found, hints, repairs)
    newest = _newest(found, hints.limit)
    if len(newest) < len(found):
        repairs += (f"{len(found) - len(newest)} pages beyond the limit of {hints.limit} were left out",)
    entries = tuple(entry for entry in (_entry(fields, hints.url) for fields in newest) if entry)
    news = any("publication_date" in fields for fields in newest)
    return Document(
        format="news-sitemap" if news else "sitemap",
        entries=entries,
        truncated=bool(fault) and not _END.search(decoded.utf8),
        repairs=repairs,
    )


def _scan(utf8: bytes) -> tuple[bool, list[Fields], str]:
    """(whether it is an index, what each element holds, what is wrong with the XML)."""
    from lxml import etree

    found: list[Fields] = []
    index = False
    context = etree.iterparse(
        io.BytesIO(utf8),
        events=("end",),
        tag=("{*}url", "{*}sitemap"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=False,
    )
    try:
        for _, element in context:
            index = index or etree.QName(element).localname == "sitemap"
            found.append(_fields(element))
            element.clear()
            while element.getprevious() is not None:  # cleared elements are still hung up in the root
                del element.getparent()[0]
    except (etree.XMLSyntaxError, ValueError) as error:
        return index, found, str(error)[:200]
    return index, found, ""


def _fields(element: object) -> Fields:
    fields: Fields = {}
    for name, value in _texts(element):
        fields.setdefault(name, []).append(value)
    return fields


def _texts(element: object) -> Iterator[tuple[str, str]]:
    for child in element.iterdescendants("{*}*"):  # type: ignore[attr-defined]
        value = (child.text or "").strip()
        if value:
            parent = child.getparent().tag.rpartition("}")[2]
            name = child.tag.rpartition("}")[2]
            yield (name if parent in {"url", "sitemap", "news", "publication"} else f"{parent}.{name}"), value


def _first(fields: Fields, name: str) -> str | None:
    return fields.get(name, [None])[0]


def _newest(found: list[Fields], limit: int) -> list[Fields]:
    if len(found) <= limit:
        return found
    dated = sorted(range(len(found)), key=lambda place: (_changed(found[place]), -place), reverse=True)
    return [found[place] for place in sorted(dated[:limit])]


def _changed(fields: Fields) -> str:
    # W3C dates sort as text, but for their zones; a day more or less does not matter here
    return _first(fields, "lastmod") or _first(fields, "publication_date") or ""


def _index(found: list[Fields], hints: Hints, repairs: tuple[str, ...]) -> Document:
    children = [fields for fields in found if urls.absolute(_first(fields, "loc"), hints.url)]
    newest = max(children, key=_changed, default={})
    note = f"an index of {len(children)} sitemaps: the one that changed last is followed"
    return Document(
        format="sitemap-index", next_page=urls.absolute(_first(newest, "loc"), hints.url), repairs=(*repairs, note)
    )


def _entry(fields: Fields, base: str) -> Entry | None:
    link = urls.absolute(_first(fields, "loc"), base)
    if not link:
        return None
    title = _first(fields, "title")
    pictures = (urls.absolute(url, base) for url in fields.get("image.loc", ()))
    keywords = (word.strip() for word in (_first(fields, "keywords") or "").split(","))
    return fingerprinted(
        Entry(
            link=link,
            title=Prose(title, html=False) if title else None,
            published_text=_first(fields, "publication_date"),
            updated_text=_first(fields, "lastmod"),
            categories=tuple(dict.fromkeys(word for word in keywords if word)),
            enclosures=tuple(Enclosure(url=url, type=links.media_type(url)) for url in pictures if url),
            language=_first(fields, "language"),
            fingerprint="",
        )
    )
