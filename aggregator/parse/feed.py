"""RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0 (feedparser) to a `Document`. Pure."""

from __future__ import annotations

import html.entities
import io
import re
import xml.sax
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING

from aggregator import text, urls
from aggregator.errors import Failure
from aggregator.model import Document, Hints, Unreadable
from aggregator.parse import decode, entry, mending, plain, rest, spans

if TYPE_CHECKING:
    import feedparser

    from aggregator.parse.decode import Decoded
    from aggregator.parse.entry import Parsed
    from aggregator.parse.spans import Spans

# What XML 1.0 forbids makes expat give up, and feedparser then reads the whole feed with its SGML parser, which is slower, has
# no CPU bound and lets the characters through. Reading on without them loses nothing.
_CONTROL = bytes({*range(32)} - {9, 10, 13})
_NO_CHARACTERS = re.compile(rb"\xef\xbf[\xbe\xbf]")  # U+FFFE, U+FFFF
_REFERENCE = re.compile(rb"&#(?:0*(?:[12]?\d|3[01]|\d{5,})|[xX](?:0*1?[0-9a-fA-F]|[0-9a-fA-F]{4,}));")
_ENTITY = re.compile(rb"&(?!(?:lt|gt|amp|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31});")
_XML_TYPE = re.compile(r"(?:application|text)/(?:xml(?:-dtd|-external-parsed-entity)?|.*\+xml)$")
_TAG = re.compile(r"<[^<>]*>")
_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
# expat's errors 3, 5 and 20
_UNFINISHED = frozenset({"no element found", "unclosed token", "unclosed CDATA section"})
# What feedparser 6.0.14 was seen to raise on hostile documents, besides its own bozo
_FEEDPARSER_RAISES = (
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
    OverflowError,
    xml.sax.SAXException,
)


def read(decoded: Decoded, hints: Hints, known: frozenset[str] = frozenset()) -> Document | Unreadable:
    """The feed with those of its first `hints.limit` entries that are not `known`."""
    utf8, repairs = _mended(decoded.utf8)
    cut = _cut(mending.captions_apart(utf8), known, hints.limit)
    document = _plainly(cut, hints)
    faults: tuple[str, ...] = ()
    unfinished = False
    if document is None:
        result = _attempt(cut.utf8)
        if isinstance(result, Unreadable):
            cut = _readable(cut)
            result = _attempt(cut.utf8)
        if isinstance(result, Unreadable):
            return result
        unfinished = _unfinished(result, cut.utf8)
        if result["bozo"]:
            result, repairs = _closed(cut.utf8, result, repairs)
        if not result["version"] and not result["entries"] and not cut.known:
            return Unreadable(failure=Failure.NOT_A_FEED, detail="XML, but neither RSS nor Atom")
        document, faults = _document(result, hints, cut.fingerprints, cut.utf8), _fault(result)
    entries = tuple(entry for entry in document.entries if entry.fingerprint not in known)
    left_out = (entry.fingerprint for entry in document.entries if entry.fingerprint in known)
    return replace(
        document,
        entries=entries,
        known=(*cut.known, *left_out),
        truncated=cut.cut_off or unfinished,
        repairs=(*decoded.repairs, *repairs, *cut.repairs, *faults),
    )


def parsed(
    body: bytes, hints: Hints, *, sanitize: bool, resolve: bool = True, headers: Mapping[str, str] | None = None
) -> feedparser.FeedParserDict:
    """feedparser's own view of a body that was decoded and mended by us; `headers` are further ones of the answer.

    `read` asks neither for sanitising nor for resolving: `clean` and `links` do that in a fraction of the time.
    """
    import feedparser

    decoded = decode.read(body, hints)
    utf8, repairs = _mended(decoded.utf8)
    based = {**(headers or {}), "content-location": hints.url} if resolve else {}
    result = _parse(utf8, sanitize=sanitize, resolve=resolve, headers=based)
    result["encoding"] = decoded.encoding
    if repairs:
        result.update(bozo=True, bozo_exception=xml.sax.SAXException("; ".join(repairs)))
    if decoded.mislabelled:
        said = "; ".join(decoded.repairs) or f"labels are wrong, parsed as {decoded.encoding}"
        result.update(bozo=True, bozo_exception=feedparser.CharacterEncodingOverride(said))
    if hints.content_type and not _XML_TYPE.match(hints.content_type):
        said = f"{hints.content_type} is not an XML media type"
        result.update(bozo=True, bozo_exception=feedparser.NonXMLContentType(said))
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """What is left to be read, with the fingerprint of each entry in it; without `parts` where it is not to be taken apart."""

    utf8: bytes
    parts: Spans | None = None
    fingerprints: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    cut_off: bool = False
    repairs: tuple[str, ...] = ()


def _mended(utf8: bytes) -> tuple[bytes, tuple[str, ...]]:
    repairs = []
    legal = _REFERENCE.sub(_legal, _NO_CHARACTERS.sub(b"", utf8.translate(None, _CONTROL)))
    if len(legal) != len(utf8):
        repairs.append("characters that XML forbids were removed")
    mended = _without_entities(legal)
    if mended != legal:
        repairs.append("entities of HTML, which XML does not know, were replaced")
    mended, further = mending.mended(mended)
    return mended, (*repairs, *further)


def _without_entities(utf8: bytes) -> bytes:
    if not _ENTITY.search(utf8):
        return utf8
    # In CDATA an entity is text, and HTML's own affair
    return mending.outside_cdata(utf8, lambda markup: _ENTITY.sub(_numeric, markup))


def _numeric(reference: re.Match[bytes]) -> bytes:
    code = html.entities.name2codepoint.get(reference[1].decode())
    return b"&#%d;" % code if code else reference[0]


def _legal(reference: re.Match[bytes]) -> bytes:
    digits = reference[0][2:-1].lstrip(b"0xX")
    if len(digits) > 7:
        return b""
    code = int(digits or b"0", 16 if reference[0][2:3] in b"xX" else 10)
    return reference[0] if code < 0x110000 and text.xml(chr(code)) else b""


def _cut(utf8: bytes, known: frozenset[str], limit: int) -> _Cut:
    parts = spans.take_apart(utf8)
    if not parts:
        return _Cut(utf8=utf8)
    fingerprints = [spans.fingerprint(span) for span in parts.entries[:limit]]
    new = [fingerprint not in known for fingerprint in fingerprints]
    beyond = len(parts.entries) - len(new)
    repairs = ["the document ends within an entry, which was left out"] if parts.cut_off else []
    if beyond:
        repairs.append(f"{beyond} entries beyond the limit of {limit} were left out")
    left = parts.only(new + [False] * beyond)
    return _Cut(
        utf8=left.document([True] * len(left.entries)),
        parts=left,
        fingerprints=tuple(compress(fingerprints, new)),
        known=tuple(one for one in fingerprints if one in known),
        cut_off=parts.cut_off,
        repairs=tuple(repairs),
    )


def _plainly(cut: _Cut, hints: Hints) -> Document | None:
    """The document with its plain entries read by `plain` and the others, and one plain one, by feedparser; None where that one
    is not the same to both, or where anything else is not as it should be: then all of it is feedparser's."""
    if cut.parts is None or len(cut.parts.entries) < 2:
        return None
    read = plain.all_of(cut.parts.entries, cut.parts.gaps[0])
    witness = next((place for place, one in enumerate(read) if one is not None), None)
    asked = [one is None or place == witness for place, one in enumerate(read)]
    if witness is None or all(asked):
        return None
    utf8 = cut.parts.document(asked)
    result = _attempt(utf8)
    if isinstance(result, Unreadable) or result["bozo"] or len(result["entries"]) != asked.count(True):
        return None
    document = _document(result, hints, tuple(compress(cut.fingerprints, asked)), utf8)
    if not document.format.startswith("rss"):
        return None
    theirs = iter(document.entries)
    base = document.homepage or hints.url
    entries = tuple(
        next(theirs) if is_asked else entry.read(one or {}, atom=False, base=base, fingerprint=fingerprint)
        for one, is_asked, fingerprint in zip(read, asked, cut.fingerprints, strict=True)
    )
    own = entry.read(read[witness] or {}, atom=False, base=base, fingerprint=cut.fingerprints[witness])
    return replace(document, entries=entries) if own == entries[witness] else None


def _attempt(utf8: bytes) -> feedparser.FeedParserDict | Unreadable:
    try:
        return _parse(utf8, sanitize=False)
    except _FEEDPARSER_RAISES as error:
        said = text.shorten(text.line(str(error)), 200)
        return Unreadable(failure=Failure.MALFORMED, detail=f"feedparser: {type(error).__name__}: {said}")


def _closed(
    utf8: bytes, result: feedparser.FeedParserDict, repairs: tuple[str, ...]
) -> tuple[feedparser.FeedParserDict, tuple[str, ...]]:
    """The same document read with the closing tags that it lacks, where that is what is wrong with it."""
    closed = mending.leaves_closed(utf8)
    again = result if closed == utf8 else _attempt(closed)
    if again is result or isinstance(again, Unreadable) or len(again["entries"]) < len(result["entries"]):
        return result, repairs
    return again, (*repairs, "closing tags that are missing or misspelt were added")


def _readable(cut: _Cut) -> _Cut:
    """Without the entries that feedparser can not read even when each stands alone: one bad entry drops itself."""
    parts = spans.take_apart(cut.utf8)
    if not parts:
        return cut
    total = len(parts.entries)
    alone = (parts.document([place == only for place in range(total)]) for only in range(total))
    keep = [not isinstance(_attempt(one), Unreadable) for one in alone]
    return replace(
        cut,
        utf8=parts.document(keep),
        fingerprints=tuple(compress(cut.fingerprints, keep)),
        repairs=(*cut.repairs, f"entries that feedparser can not read were left out: {keep.count(False)}"),
    )


def _parse(
    utf8: bytes, *, sanitize: bool, resolve: bool = False, headers: Mapping[str, str] | None = None
) -> feedparser.FeedParserDict:
    # No Content-Location, no base: guids stay as they are written, which feedparser would resolve too. And a stream, because a
    # string could be an address.
    import feedparser

    return feedparser.parse(
        io.BytesIO(utf8),
        response_headers={**(headers or {}), "content-type": "application/xml; charset=utf-8"},
        sanitize_html=sanitize,
        resolve_relative_uris=resolve,
    )


def _document(result: Parsed, hints: Hints, fingerprints: Sequence[str], utf8: bytes) -> Document:
    feed = result["feed"]
    version: str = result["version"]
    homepage = urls.absolute(feed.get("link"), hints.url)
    listed = result["entries"][: hints.limit]
    if len(fingerprints) != len(listed):  # no spans, or feedparser sees other entries than we did
        fingerprints = [""] * len(listed)
    atom, base = version.startswith("atom"), homepage or hints.url
    return Document(
        format=version or "xml",
        title=_plain(feed.get("title")),
        homepage=homepage,
        language=feed.get("language") or None,
        hubs=_links(feed, "hub", hints.url),
        topic=next(iter(_links(feed, "self", hints.url)), None),
        rest=rest.read(feed, utf8),
        entries=tuple(
            entry.read(one, atom=atom, base=base, fingerprint=fingerprint)
            for one, fingerprint in zip(listed, fingerprints, strict=True)
        ),
    )


def _links(feed: Parsed, rel: str, base: str) -> tuple[str, ...]:
    found = (urls.absolute(link.get("href"), base) for link in feed.get("links", ()) if link.get("rel") == rel)
    return tuple(dict.fromkeys(link for link in found if link))


def _plain(title: str | None) -> str | None:
    if not title:
        return None
    return text.line(html.unescape(_TAG.sub("", title)) if entry.title_is_html(title) else title) or None


def _unfinished(result: Parsed, utf8: bytes) -> bool:
    """Whether expat was still waiting for something when the bytes ended. Where the root's end is there, somebody forgot to
    close a CDATA section: the document is broken, but whole."""
    error = result.get("bozo_exception") if result["bozo"] else None
    waiting = isinstance(error, xml.sax.SAXParseException) and error.getMessage() in _UNFINISHED
    return waiting and not _END.search(utf8[-200:])


def _fault(result: Parsed) -> tuple[str, ...]:
    """What made expat give up, in its words; the entries are there all the same, so it is no reason to drop anything."""
    if not result["bozo"]:
        return ()
    error = result.get("bozo_exception")
    said = error.getMessage() if isinstance(error, xml.sax.SAXException) else str(error)
    line = f", line {error.getLineNumber()}" if isinstance(error, xml.sax.SAXParseException) else ""
    return (f"not well-formed: {text.shorten(text.line(said), 120)}{line}",)
