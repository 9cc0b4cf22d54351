"""How much of an entry is passed on: what is longer is no text, no address and no date, but an attempt. Pure.

Not only for those who read it: what a parser process hands over is held by the program itself, which has no limit of memory.
"""

from __future__ import annotations

from dataclasses import replace

from aggregator.model import Document, Enclosure, Entry, Prose

_URL = 4_096  # characters; browsers and servers stop at 2,000 to 8,000
_DATE = 200
_NAME = 1_000  # of an author, a category, a title of the document
_MANY = 100  # authors, categories, enclosures of one entry; hubs of a document


def document(read: Document, characters: int) -> Document:
    """The document with no field longer than is passed on, texts as long as `characters`; the repairs say so."""
    entries = tuple(entry(one, characters) for one in read.entries)
    kept = replace(
        read,
        title=_name(read.title),
        homepage=_url(read.homepage),
        language=_name(read.language),
        hubs=tuple(hub for hub in read.hubs[:_MANY] if _url(hub)),
        topic=_url(read.topic),
        next_page=_url(read.next_page),
        entries=entries,
    )
    cut = sum(one is not before for one, before in zip(entries, read.entries, strict=True))
    return kept if not cut else replace(kept, repairs=(*read.repairs, f"entries with fields that were cut: {cut}"))


def entry(read: Entry, characters: int) -> Entry:
    """The entry with no field longer than is passed on; itself where none is."""
    kept = replace(
        read,
        link=_url(read.link),
        title=_prose(read.title, characters),
        summary=_prose(read.summary, characters),
        content=_prose(read.content, characters),
        published_text=_cut(read.published_text, _DATE),
        updated_text=_cut(read.updated_text, _DATE),
        authors=_names(read.authors),
        categories=_names(read.categories),
        enclosures=_enclosures(read.enclosures),
        issuer_text=_name(read.issuer_text),
        language=_name(read.language),
    )
    return read if kept == read else kept


def _prose(prose: Prose | None, characters: int) -> Prose | None:
    return prose if prose is None or len(prose.value) <= characters else Prose(prose.value[:characters], prose.html)


def _cut(written: str | None, characters: int) -> str | None:
    return written if written is None or len(written) <= characters else written[:characters]


def _name(written: str | None) -> str | None:
    return _cut(written, _NAME)


def _names(written: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name[:_NAME] for name in written[:_MANY])


def _url(url: str | None) -> str | None:
    """None for one that is too long: a part of an address is another address."""
    return url if url is None or len(url) <= _URL else None


def _enclosures(files: tuple[Enclosure, ...]) -> tuple[Enclosure, ...]:
    return tuple(file for file in files[:_MANY] if len(file.url) <= _URL and len(file.type) <= _NAME)
